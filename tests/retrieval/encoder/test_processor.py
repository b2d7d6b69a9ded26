import platform
from pathlib import Path

import pytest

from retrieval.encoder.processor import multiplies_int8_exactly


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("flags : fpu sse2 avx2 avx512_vnni\n", True),
        ("model name : x\nflags : fpu avx_vnni\n", True),
        ("flags : fpu sse2 avx2 avx512f\n", False),
        ("model name : avx512_vnni\n", False),
        ("", False),
    ],
)
def test_the_flags_decide_on_x86(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, exact: bool
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    info = tmp_path / "cpuinfo"
    info.write_text(text, encoding="utf-8")
    assert multiplies_int8_exactly(info) is exact


def test_without_the_file_it_is_taken_for_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    assert not multiplies_int8_exactly(tmp_path / "none")
