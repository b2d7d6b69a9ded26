"""Free words that name no kind of product: wishes, and things that no shop of goods sells."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from random import Random

import yaml

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class WishQuery:
    """A wish ("something nice for a picnic"), or a thing not sold, wished for or not."""

    text: str
    language: str
    is_sold: bool
    is_for_fitting: bool
    """No word of a slot is in queries of both sorts."""


def make_wishes(count: int, seed: int = 0) -> Iterator[WishQuery]:
    """About ``count`` different queries, the same for the same seed: half of each language, half
    of them sold, two thirds for fitting."""
    rng = Random(seed)  # noqa: S311 (draws queries, not secrets)
    data = _data()
    seen: set[str] = set()
    for number in range(count):
        language = "en" if number % 2 else "zh"
        is_sold = number // 2 % 2 == 0
        is_for_fitting = number // 4 % 3 > 0
        own = data[language]
        text = rng.choice(own["sold" if is_sold else "not_sold"])
        while slot := _SLOT.search(text):
            words = [word for word in own[slot[1]] if _is_for_fitting(word) == is_for_fitting]
            text = text[: slot.start()] + rng.choice(words) + text[slot.end() :]
        if text not in seen:
            seen.add(text)
            yield WishQuery(text, language, is_sold, is_for_fitting)


def _is_for_fitting(word: str) -> bool:
    return int(hashlib.sha256(word.encode()).hexdigest()[:8], 16) % 3 > 0


def _data() -> dict[str, dict[str, list[str]]]:
    text = files("finetune.search").joinpath("data/wish_queries.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return loaded
