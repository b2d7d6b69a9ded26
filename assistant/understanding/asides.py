"""Several intents in one message: what is said beside the wish, and is not to be lost over it."""

import re
from functools import lru_cache

from assistant.understanding.bounds import alternatives
from assistant.understanding.cues import read_data
from assistant.understanding.intent import IntentClassifier
from assistant.understanding.intent_context import IntentContext
from assistant.understanding.understanding import Aside, Intent, IntentName, Understanding

SURE = 0.5
"""From this probability on, clauses without a wish have an intent of their own."""
_ANSWERED = frozenset(
    (
        IntentName.RETURN_REFUND,
        IntentName.SHIPPING_POLICY,
        IntentName.ORDER_STATUS,
        IntentName.VIEW_CART,
    )
)
_SEEKING = frozenset((IntentName.SEARCH, IntentName.REFINE))
_POLITE = frozenset(
    (IntentName.GREETING, IntentName.THANKS_BYE, IntentName.AFFIRM, IntentName.DENY)
)


def part_intents(
    heard: Understanding, intents: IntentClassifier, context: IntentContext
) -> tuple[Intent, Aside | None]:
    """The intent of the message, and what else it says.

    Clauses with a wish and clauses without one are classified apart: "thanks, now a blue scarf"
    looks for a scarf. A clause that points at the product named is no matter of its own ("I
    bought black shoes, how do I return them?").
    """
    whole = intents.classify(heard.text, context)
    wishing, other = _clauses(heard)
    if not wishing or not other or _patterns()["had"].search(heard.text.lower()):
        return whole, None
    wish, beside = intents.classify(wishing, context), intents.classify(other, context)
    if wish.name not in _SEEKING or beside.confidence < SURE:
        return whole, None
    if beside.name in _POLITE:
        return wish, None
    if beside.name in _ANSWERED and not _patterns()["pointing"].search(other.lower()):
        return wish, Aside(intent=beside, text=other)
    return whole, None


def _clauses(heard: Understanding) -> tuple[str, str]:
    """The clauses that set constraints, and the others; each as one text."""
    changes = [*heard.changes, *(c for changes in heard.further for c in changes)]
    wishes = [c for c in changes if c.slot != "query"]
    parts: tuple[list[str], list[str]] = ([], [])
    start = 0
    ends = [match.span() for match in _patterns()["break"].finditer(heard.text.lower())]
    for end, after in [*ends, (len(heard.text), len(heard.text))]:
        has_wish = any(start <= c.start < end for c in wishes)
        if words := heard.text[start:end].strip():
            parts[not has_wish].append(words)
        start = after
    return ", ".join(parts[0]), ", ".join(parts[1])


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    words = {
        heading: alternatives(word for lists in words for word in lists)
        for heading, words in read_data("asides.yaml").items()
    }
    marks = r"[?!;,，。？！；…]+|\.(?!\d)"
    return {
        "break": re.compile(rf"(?:{marks})\s*|\s*{words.pop('beside')}\s*"),
        **{heading: re.compile(pattern) for heading, pattern in words.items()},
    }
