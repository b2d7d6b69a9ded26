"""A shopper's mood from the words of the last messages: simple, and explained by those words."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from assistant.conversation.wording import load_words
from retrieval.language import fold

ALLOWANCE = 0.2
"""How bad a message may be without adding anything; what every other one takes away."""
LIMIT = 0.5


def mood(texts: Iterable[str]) -> float:
    """Mood in [-1, 1]: the balance of positive and negative words; 0 where there are none."""
    positive = negative = 0
    for text in texts:
        folded = fold(text)
        for sign, pattern in _patterns():
            for match in pattern.finditer(folded):
                if (sign > 0) != bool(match.group("negated")):
                    positive += 1
                else:
                    negative += 1
    return (positive - negative) / (positive + negative + 1)


def turns_bad(texts: Sequence[str]) -> bool:
    """Whether it is with the last of a shopper's messages, oldest first, that the mood turns bad.

    A CUSUM: bad messages add up, others let it go down again, so that one very bad message or a
    few bad ones in a row count, and a single wrong word does not. It begins anew where it has
    turned once, so that nobody is asked the same thing after every message.
    """
    level, turned = 0.0, False
    for text in texts:
        level = max(0.0, level - mood([text]) - ALLOWANCE)
        turned = level >= LIMIT
        level = 0.0 if turned else level
    return turned


@cache
def _patterns() -> tuple[tuple[int, re.Pattern[str]], ...]:
    words = load_words("mood.yaml")
    return tuple(
        pattern
        for sign, group in ((1, "positive"), (-1, "negative"))
        for pattern in (
            (sign, _english(words["negations"]["en"], words[group]["en"])),
            (sign, _chinese(words["negations"]["zh"], words[group]["zh"])),
        )
    )


def _english(negations: list[str], words: list[str]) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<negated>\b(?:{_either(negations)})\s+(?:\w+\s+)?)?\b(?:{_either(words)})\b"
    )


def _chinese(negations: list[str], words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?P<negated>{_either(negations)})?(?:{_either(words)})")


def _either(words: list[str]) -> str:
    # Longest first, so that 不太 is tried before 不.
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
