"""The demo store's policies say the same in both languages."""

import re
from pathlib import Path

import pytest

import retrieval.demo

FOLDER = Path(retrieval.demo.__file__).parent / "policies"
NAMES = sorted(path.name for path in (FOLDER / "en").glob("*.md"))


def sections(language: str, name: str) -> list[str]:
    return re.split(r"(?m)^## ", (FOLDER / language / name).read_text("utf-8"))[1:]


def test_both_languages_have_the_same_files() -> None:
    assert sorted(path.name for path in (FOLDER / "zh").glob("*.md")) == NAMES
    assert len(NAMES) >= 6


@pytest.mark.parametrize("name", NAMES)
def test_sections_and_figures_agree(name: str) -> None:
    english, chinese = sections("en", name), sections("zh", name)
    assert len(english) == len(chinese) >= 3
    for one, other in zip(english, chinese, strict=True):
        # Times of day and months are written differently; amounts of money must agree exactly.
        money = re.findall(r"(\d+(?:\.\d+)?)(?: to (\d+))? USD", one)
        amounts = {figure for found in money for figure in found if figure}
        assert amounts <= set(re.findall(r"\d+(?:\.\d+)?", other)), one
        spans = set(re.findall(r"(\d+) (?:working days|days|years|months)", one))
        assert spans <= set(re.findall(r"\d+", other)), one
