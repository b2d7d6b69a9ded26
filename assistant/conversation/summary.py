"""What an agent reads before taking over: rendered from the state, nothing invented."""

from collections.abc import Sequence
from typing import Any

from assistant.conversation.conversation import Message
from assistant.conversation.wording import load_words
from assistant.dialogue.state import DialogueState
from retrieval.constraints import Constraints

LAST_MESSAGES = 6
LAST_PRODUCTS = 4


def summarise(
    reason: str, state: DialogueState, messages: Sequence[Message], turn: dict[str, Any] | None
) -> dict[str, Any]:
    """The summary of a conversation; ``turn`` is the last that showed products.

    ``text`` says it in a line per fact, in both languages, because the agent's may not be the
    shopper's; the other keys hold the same facts as data.
    """
    products = [
        {key: product[key] for key in ("id", "title", "price", "currency")}
        for product in (turn or {}).get("products", [])[:LAST_PRODUCTS]
    ]
    said = [m for m in messages if m.role != "system"]
    facts = [
        ("reason", reason),
        ("turns", sum(m.role == "shopper" for m in said)),
        *_wishes(state.constraints),
        ("products", ", ".join(p["title"] for p in products)),
    ]
    return {
        "language": state.language,
        "constraints": state.constraints.model_dump(mode="json"),
        "products": products,
        "messages": [
            {"role": m.role, "text": m.text, "at": m.at.isoformat()} for m in said[-LAST_MESSAGES:]
        ],
        "text": {language: _lines(facts, language) for language in ("en", "zh")},
    }


def _wishes(constraints: Constraints) -> list[tuple[str, Any]]:
    currency = constraints.currency or ""
    wishes: list[tuple[str, Any]] = [
        ("category", constraints.category),
        ("query", constraints.query),
        *(
            (bound, f"{value:g} {currency}".strip())
            for bound in ("price_min", "price_max")
            if (value := getattr(constraints, bound)) is not None
        ),
        ("rating_min", constraints.rating_min),
        ("attributes", _pairs(constraints.attributes)),
        ("exclude", _pairs(constraints.exclude)),
        ("avoid_aspects", ", ".join(constraints.avoid_aspects)),
    ]
    return wishes if any(value for _, value in wishes) else [("no_constraints", "-")]


def _pairs(values: dict[str, list[str]]) -> str:
    return "; ".join(f"{name}: {', '.join(several)}" for name, several in values.items() if several)


def _lines(facts: list[tuple[str, Any]], language: str) -> str:
    templates = load_words("texts.yaml")["summary"]
    return "\n".join(
        templates[key][language].replace("{value}", str(value)) for key, value in facts if value
    )
