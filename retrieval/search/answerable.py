"""Whether a shop has anything for a query, and which products have to do with it.

Two questions. The first is the shop's: a logistic model over a few signs of the query against the
whole of what may be shown. The second is each product's: a floor under its cosine and coverage.
"""

from collections.abc import Collection
from dataclasses import asdict, astuple, dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from retrieval.encoder.script import has_chinese
from retrieval.index.lexical import LexicalScores
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.fusion import Fusion, Scores
from retrieval.search.wishes import Wish, read_wish

_WHOLE = 0.99

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells whether a shop has anything for a query."""

    cosine: float
    """Of the product nearest to it, 0 at least."""
    coverage: float
    """Of the product that has most of its words."""
    foreign: float
    """1 where the catalogue has no text in its script, so that none could have its words."""
    wish: float
    """Share of its words that tell for whom, for what or how."""
    wish_heads: float
    """1 where its main word is one of them."""


@dataclass(frozen=True, slots=True)
class Answerable:
    """Weights of ``Signs`` and a bias."""

    cosine: float
    coverage: float
    foreign: float
    wish: float
    wish_heads: float
    bias: float

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> "Answerable":
        """The weights that come with the package."""
        text = files("retrieval.search").joinpath("answerable.yaml").read_text(encoding="utf-8")
        return Answerable(**yaml.safe_load(text))

    def write(self, file: Path, head: str = "") -> None:
        """Writes the weights as ``load`` reads them; ``head`` is a comment."""
        file.write_text(head + yaml.safe_dump(asdict(self), sort_keys=False), encoding="utf-8")

    def holds(self, signs: Signs) -> bool:
        """Whether the shop has something. What has every word of a query always answers it."""
        if signs.coverage >= _WHOLE:
            return True
        *weights, bias = astuple(self)
        return bool(np.dot(weights, astuple(signs)) + bias >= 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, as both questions need it read."""

    wish: Wish
    is_foreign: bool


def read_asked(text: str, lexicon: Lexicon | None, languages: Collection[str]) -> Asked:
    """``languages``: those of the catalogue."""
    own = "zh" if has_chinese(text) else "en"
    return Asked(read_wish(text, lexicon), bool(languages) and own not in languages)


def signs_of(asked: Asked, lexical: LexicalScores, cosines: Scores, mask: Mask) -> Signs:
    """The signs of a query, among the products of the mask, which are one at least."""
    return Signs(
        cosine=float((cosines * mask).max()),
        coverage=float((lexical.coverage * mask).max()),
        foreign=float(asked.is_foreign),
        wish=asked.wish.share,
        wish_heads=float(asked.wish.heads),
    )


def relevant(
    asked: Asked,
    lexical: LexicalScores,
    cosines: Scores,
    mask: Mask,
    fusion: Fusion,
    answerable: Answerable,
) -> Mask:
    """Which products of the mask have to do with a query whose kind of thing is not known.

    A wish has the lower floor, and so has a query that something answers though nothing reaches
    the common one.
    """
    if not mask.any() or not answerable.holds(signs_of(asked, lexical, cosines, mask)):
        return np.zeros_like(mask)
    is_wish = asked.wish.heads or asked.wish.share == 1.0
    found = fusion.relevant(lexical, cosines, readily=is_wish) & mask
    if not found.any():
        found = fusion.relevant(lexical, cosines, readily=True) & mask
    return found
