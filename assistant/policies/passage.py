"""Policy passages: the shop's own rules, as Markdown, one passage per heading."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """One rule with what it takes to cite it."""

    source: str
    """``Shipping › Delivery times``: the headings above the text."""
    text: str
    language: str
    file: str


class ArticleSource(Protocol):
    """The seam to wherever a shop keeps its articles."""

    def passages(self, language: str) -> list[Passage]:
        """All passages in ``language``; empty when the shop has given none."""
        ...


class PolicyFolder:
    """Articles in ``<folder>/<language>/*.md``, or ``<folder>/*.md`` for a shop of one language."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def passages(self, language: str) -> list[Passage]:
        if self._folder is None or not self._folder.is_dir():
            return []
        own = self._folder / language
        files = sorted((own if own.is_dir() else self._folder).glob("*.md"))
        return [p for file in files for p in _split(file, language)]


def _split(file: Path, language: str) -> list[Passage]:
    """Cuts a Markdown file at its headings; lists and line breaks inside a passage are folded."""
    found: list[Passage] = []
    titles: list[str] = []
    lines: list[str] = []

    def close() -> None:
        text = _fold(lines, language)
        if text:
            found.append(Passage(" › ".join(titles) or file.stem, text, language, file.name))
        lines.clear()

    for line in file.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.match(line):
            close()
            level = len(heading[1])
            titles = [*titles[: level - 1], heading[2]]
        else:
            lines.append(line)
    close()
    return found


def _fold(lines: list[str], language: str) -> str:
    parts = [re.sub(r"^\s*(?:[-*+]|\d+\.)\s+", "", line).strip() for line in lines]
    joined = (" " if language == "en" else "").join(part for part in parts if part)
    return re.sub(r"\*\*(.+?)\*\*|__(.+?)__", lambda m: m[1] or m[2], joined)
