"""Reasons: renderings of the evidence that a candidate carries. There is no other way to make one."""

import logging
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from assistant.reply import display
from assistant.reply.money import money
from assistant.reply.phrases import Phrases
from assistant.turn import ReasonView
from retrieval.candidate import Candidate, Evidence
from retrieval.lexicon import Lexicon

log = logging.getLogger(__name__)

MONEY_VALUES = ("price", "budget", "below", "list_price", "saved", "difference")


@cache
def reason_phrases(language: str) -> Phrases:
    """The templates by evidence key; see ``data/reasons.{language}.yaml``."""
    source = files("assistant.reply").joinpath("data", f"reasons.{language}.yaml")
    return Phrases(language, yaml.safe_load(source.read_text(encoding="utf-8")))


class ReasonWriter:
    """Words evidence in either language."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def reasons(self, candidate: Candidate, language: str, limit: int = 4) -> list[ReasonView]:
        """The candidate's reasons, most important first, at most ``limit``, no wording twice."""
        written: dict[str, ReasonView] = {}
        for evidence in [*candidate.evidence, *_from_constraints(candidate)]:
            text = self._text(candidate, evidence, language)
            if text and text not in written:
                written[text] = ReasonView(
                    kind=evidence.kind,
                    text=text,
                    evidence={"key": evidence.key, **evidence.values},
                )
        return list(written.values())[:limit]

    def _text(self, candidate: Candidate, evidence: Evidence, language: str) -> str | None:
        book = reason_phrases(language)
        if evidence.key not in book:
            log.warning("no template for evidence %r in %s", evidence.key, language)
            return None
        return book.say(evidence.key, **self._words(candidate, evidence, language))

    def _words(self, candidate: Candidate, evidence: Evidence, language: str) -> dict[str, Any]:
        """The evidence's values as this language writes them."""
        words: dict[str, Any] = {}
        name = str(evidence.values.get("name", ""))
        for key, value in evidence.values.items():
            if key in MONEY_VALUES:
                words[key] = money(float(value), candidate.product.currency)
            elif key == "value" and name:
                words[key] = display.value(
                    candidate.product, name, str(value), language, self._lexicon
                )
            elif key == "name":
                words[key] = self._lexicon.label("attribute", name, language)
            elif key == "aspect":
                words[key] = self._lexicon.label("aspect", str(value), language)
            elif key == "category":
                words[key] = display.category(candidate.product, language) or value
            elif key == "brand":
                words[key] = display.brand(candidate.product, language) or value
            elif key == "words" and isinstance(value, list):
                words[key] = reason_phrases(language).join([str(v) for v in value])
            elif isinstance(value, float):
                words[key] = f"{value:.1f}".removesuffix(".0")
            else:
                words[key] = value
        return words


def _from_constraints(candidate: Candidate) -> list[Evidence]:
    """Evidence for every constraint that the search recorded as satisfied."""
    found: list[Evidence] = []
    for satisfied in candidate.satisfied:
        if satisfied.name == "price_max":
            found.append(
                Evidence(
                    "price",
                    "price_under",
                    {"price": candidate.variant.price, "budget": float(satisfied.wanted)},
                )
            )
        elif satisfied.name in candidate.product.all_attributes():
            values = satisfied.value if isinstance(satisfied.value, list) else [satisfied.value]
            found.extend(
                Evidence("attribute", "attribute_wanted", {"name": satisfied.name, "value": v})
                for v in values
            )
        elif satisfied.name == "brand":
            found.append(Evidence("attribute", "brand_wanted", {"brand": satisfied.value}))
    return found
