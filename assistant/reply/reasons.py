"""Reasons: renderings of a candidate's evidence. There is no other way to make one."""

import logging
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import Any

import yaml

from assistant.reply import display
from assistant.reply.money import money
from assistant.reply.phrases import Phrases, phrases
from assistant.reply.wish import category_words_left_out
from assistant.turn import ReasonView
from retrieval.candidate import Candidate, Evidence
from retrieval.lexicon import Lexicon

log = logging.getLogger(__name__)

_AFFIRMED = ("yes", "true")
MONEY_VALUES = ("price", "budget", "floor", "list_price", "saved")


@cache
def reason_phrases(language: str) -> Phrases:
    """The templates by evidence key; see ``data/reasons.{language}.yaml``."""
    source = files("assistant.reply").joinpath("data", f"reasons.{language}.yaml")
    return Phrases(language, yaml.safe_load(source.read_text(encoding="utf-8")))


class ReasonWriter:
    """Words evidence in either language."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def reasons(
        self, candidate: Candidate, language: str, limit: int = 4, telling: bool = False
    ) -> list[ReasonView]:
        """The candidate's reasons, most important first, at most ``limit``, no wording twice.

        Args:
            telling: leave out what is true of the whole list because it was asked for.
        """
        written: dict[str, ReasonView] = {}
        asked = [] if telling else _from_constraints(candidate)
        for evidence in _interleaved(candidate.evidence, asked):
            if evidence.key == "match_words" and not _tells_apart(candidate, evidence):
                continue
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
        text = book.say(evidence.key, **self._words(candidate, evidence, language))
        return text[0].upper() + text[1:]

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
            elif f"{key}_in" in evidence.values:
                words[key] = evidence.values[f"{key}_in"].get(language, value)
            elif key == "shared":
                words[key] = phrases(language).join(
                    [self._shared(candidate, one, language) for one in value]
                )
            elif key == "words" and isinstance(value, list):
                whole = [v for v in value if not any(v in other and v != other for other in value)]
                words[key] = phrases(language).join(whole)
            elif isinstance(value, float):
                words[key] = f"{value:.1f}".removesuffix(".0")
            else:
                words[key] = value
        return words

    def _shared(self, candidate: Candidate, one: dict[str, str], language: str) -> str:
        """A value that two products have in common, as this language writes it."""
        name, value = one["name"], one["value"]
        if name == "category":
            return display.category(candidate.product, language) or value
        if name == "brand":
            return display.brand(candidate.product, language) or value
        label = self._lexicon.label("attribute", name, language)
        if value.casefold() in _AFFIRMED:
            return label
        return f"{label} {display.value(candidate.product, name, value, language, self._lexicon)}"


def _tells_apart(candidate: Candidate, match: Evidence) -> bool:
    """Whether words that a title has say more than what kind of thing it is."""
    return bool(
        category_words_left_out(" ".join(match.values["words"]), candidate.product.category_path)
    )


def _interleaved(own: list[Evidence], asked: list[Evidence]) -> list[Evidence]:
    """What speaks for the product and what was asked for, in turn, so that both are said."""
    pairs = zip_longest(own, asked)
    return [evidence for pair in pairs for evidence in pair if evidence is not None]


def _from_constraints(candidate: Candidate) -> list[Evidence]:
    """Evidence for every constraint that the search recorded as satisfied."""
    found: list[Evidence] = []
    price = candidate.variant.price
    for satisfied in candidate.satisfied:
        name, wanted, value = satisfied.name, satisfied.wanted, satisfied.value
        if name == "price_max":
            found.append(Evidence("price", "price_under", {"price": price, "budget": wanted}))
        elif name == "price_min":
            found.append(Evidence("price", "price_over", {"price": price, "floor": wanted}))
        elif name == "rating_min" and value is not None:
            found.append(Evidence("reviews", "rating_wanted", {"rating": value, "wanted": wanted}))
        elif name == "brand" and value:
            found.append(Evidence("attribute", "brand_wanted", {"brand": value}))
        elif name == "category" and value:
            found.append(Evidence("match", "match_category", {"category": value[-1]}))
        elif name in candidate.product.all_attributes():
            found.extend(
                Evidence("attribute", "attribute_wanted", {"name": name, "value": own})
                for own in (value if isinstance(value, list) else [value])
            )
    # What is the same for the whole list comes last.
    return sorted(found, key=lambda evidence: evidence.key in ("match_category", "price_over"))
