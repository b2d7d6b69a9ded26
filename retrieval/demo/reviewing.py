"""Reviews of the demo store: what is judged follows hidden quality, how it is said follows phrases.

A review judges one to four aspects. The chance of praise is ``sigmoid(2.6 * quality + 0.2)``; the
stars follow from the judgements, so text, stars and quality tell the same story.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Annotated

from pydantic import Field

from retrieval.demo.blueprint import DATA, Record, read_yaml
from retrieval.demo.dice import dice
from retrieval.demo.products import LANGUAGES, MadeProduct
from retrieval.demo.truth import aspects_of
from retrieval.reviews.review import Review
from retrieval.store.customer import Customer

Lines = Annotated[list[str], Field(min_length=1)]
Spoken = dict[str, Lines]
"""Texts by language."""

EMPHASIS = {"delivery": 0.5, "packaging": 0.45, "value": 0.7}
"""Aspects that are mentioned less often than the product's own; all others count 1."""


UNREVIEWED_DAYS = 20
"""Products younger than this have no reviews yet."""


class Phrases(Record):
    """The phrase bank, ``data/reviews.yaml``."""

    aspects: dict[str, dict[str, Spoken]]
    degrees: Spoken
    openers: Spoken
    closers: dict[str, Spoken]
    titles: dict[str, Spoken]
    emoji: dict[str, Lines]
    same: Spoken
    contrast: Spoken
    relief: Spoken


@cache
def phrases() -> Phrases:
    return Phrases.model_validate(read_yaml(DATA / "reviews.yaml"))


def write_reviews(
    made: Sequence[MadeProduct],
    quality: dict[str, dict[str, float]],
    popularity: Sequence[float],
    customers: Sequence[Customer],
    seed: int,
    now: datetime,
) -> tuple[list[Review], dict[str, dict[str, int]]]:
    """Reviews of all products and the aspects each truly judges; about ten per product."""
    reviews: list[Review] = []
    labels: dict[str, dict[str, int]] = {}
    for item, weight in zip(made, popularity, strict=True):
        rng = dice(seed, "reviews", item.product.id)
        born = item.product.created_at or now
        span = min(365.0, (now - born).total_seconds() / 86_400)
        if span < UNREVIEWED_DAYS:
            continue
        writers = rng.sample(customers, min(len(customers), 1 + round(8.9 * weight)))
        for writer in writers:
            judged = _judge(item, quality[item.product.id], rng)
            rating = _stars(judged, quality[item.product.id], rng)
            language = writer.locale if writer.locale in LANGUAGES else "en"
            identifier = f"R{len(reviews) + 1:06d}"
            seconds = int(86_400 * span * rng.random())
            reviews.append(
                Review(
                    id=identifier,
                    product_id=item.product.id,
                    customer_id=writer.id,
                    rating=rating,
                    title=_title(rating, language, rng),
                    text=_text(item, judged, rating, language, rng),
                    language=language,
                    at=now - timedelta(seconds=seconds),
                )
            )
            labels[identifier] = judged
    return reviews, labels


def _judge(item: MadeProduct, quality: dict[str, float], rng: Random) -> dict[str, int]:
    names = aspects_of(item)
    amount = rng.choices((1, 2, 3, 4), (25, 40, 25, 10))[0]
    keyed = sorted(names, key=lambda name: -(rng.random() ** (1 / EMPHASIS.get(name, 1.0))))
    praise = {name: 1 / (1 + math.exp(-2.6 * quality[name] - 0.2)) for name in keyed[:amount]}
    return {name: 1 if rng.random() < chance else -1 for name, chance in praise.items()}


def _stars(judged: dict[str, int], quality: dict[str, float], rng: Random) -> int:
    mean = sum(judged.values()) / len(judged)
    whole = sum(quality.values()) / len(quality)
    stars = round(3.1 + 1.45 * mean + 0.5 * whole + rng.gauss(0, 0.4))
    low, high = (4, 5) if mean == 1 else (1, 2 if len(judged) > 1 else 3) if mean == -1 else (2, 4)
    return min(high, max(low, stars))


def _title(rating: int, language: str, rng: Random) -> str:
    return rng.choice(phrases().titles[str(rating)][language]) if rng.random() < 0.5 else ""


def _text(
    item: MadeProduct, judged: dict[str, int], rating: int, language: str, rng: Random
) -> str:
    bank = phrases()
    # Grouping by polarity keeps contrast to one turn per review, as people write.
    first = rng.choice((1, -1))
    order = sorted(judged, key=lambda name: judged[name] != first)
    text, before = "", 0
    for name in order:
        clause = _clause(item, name, judged[name], language, rng)
        if before:
            joints = (
                bank.same
                if before == judged[name]
                else (bank.contrast if judged[name] < 0 else bank.relief)
            )
            joint = rng.choice(joints[language])
            text += joint + (_sentence(clause) if joint.endswith(". ") else clause)
        else:
            text = _sentence(clause)
        before = judged[name]
    mood = "good" if rating >= 4 else "mixed" if rating == 3 else "bad"
    stop = "。" if language == "zh" else "."
    opener = _agree(rng.choice(bank.openers[language]), item)
    closer = rng.choice(bank.closers[mood][language])
    parts = [part for part in (opener, text + stop, closer) if part]
    whole = ("" if language == "zh" else " ").join(parts)
    if rng.random() < 0.07:
        whole = _slip(whole, language, rng)
    if mood != "mixed" and rng.random() < 0.12:
        whole += ("" if language == "zh" else " ") + rng.choice(bank.emoji[mood])
    return whole


def _clause(item: MadeProduct, aspect: str, polarity: int, language: str, rng: Random) -> str:
    bank = phrases()
    keys = (f"{aspect}@{item.kind.id}", f"{aspect}@{item.department.id}", aspect)
    key = next(key for key in keys if key in bank.aspects)
    phrase = rng.choice(bank.aspects[key]["good" if polarity > 0 else "bad"][language])
    phrase = phrase.replace("{very}", rng.choice(bank.degrees[language]))
    return " ".join(_agree(phrase, item).split())


def _agree(phrase: str, item: MadeProduct) -> str:
    """Fill the slots that agree with the product's noun: shoes run small, a shirt runs small."""
    name = item.kind.nouns[0].en.split(" with ")[0]
    many = name.endswith("s") and not name.endswith("ss")
    forms = (
        {"it": "they", "it2": "them", "is": "are", "was": "were", "has": "have", "s": ""}
        if many
        else {"it": "it", "it2": "it", "is": "is", "was": "was", "has": "has", "s": "s"}
    )
    return phrase.format(**forms)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _slip(text: str, language: str, rng: Random) -> str:
    """A typing slip: two letters swapped, or in Chinese a lost full stop."""
    if language == "zh":
        return text.replace("。", " ", 1).strip()
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if long:
        i = rng.choice(long)
        at = rng.randint(1, len(words[i]) - 3)
        words[i] = words[i][:at] + words[i][at + 1] + words[i][at] + words[i][at + 2 :]
    return " ".join(words)
