"""The words that make a number a bound: patterns over folded text, from ``bounds.yaml``."""

import re
from collections.abc import Iterable
from functools import lru_cache

from assistant.understanding.cues import read_data

_NOT_NEGATED = r"(?<!不)(?<!别)(?<!\bno )(?<!\bnot )"
"""Before a bound: "no less than" is not "less than"."""
_LATIN = re.compile(r"[a-z]")


def alternatives(phrases: Iterable[str]) -> str:
    """A pattern for any of ``phrases``, the longest first; Latin words match only as a whole."""
    return f"(?:{'|'.join(map(_whole, sorted(phrases, key=len, reverse=True)))})"


@lru_cache(maxsize=1)
def bound_words() -> dict[str, str]:
    """Patterns by heading of ``bounds.yaml``; those of the comparisons are left out."""
    return {
        heading: (_NOT_NEGATED if heading.endswith("_before") else "")
        + alternatives(word for words in lists for word in words)
        for heading, lists in read_data("bounds.yaml").items()
        if isinstance(lists, list)
    }


def either(*headings: str) -> str:
    """A pattern for the words of any of these headings."""
    return f"(?:{'|'.join(bound_words()[heading] for heading in headings)})"


def _whole(phrase: str) -> str:
    before = r"(?<![a-z])" if _LATIN.match(phrase[0]) else ""
    after = r"(?![a-z]|-[a-z])" if _LATIN.match(phrase[-1]) else ""
    return before + r"\s+".join(map(re.escape, phrase.split())) + after
