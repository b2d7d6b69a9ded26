"""Joins the word index's scores with the vectors' into one.

A weighted sum of scores, each first brought to [0, 1] within the query (Bruch et al. 2023,
https://arxiv.org/abs/2210.11934, find this to beat reciprocal rank fusion).
"""

from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from retrieval.errors import WeightsError
from retrieval.index.lexical import LexicalScores

FUSION_FILE = "fusion.yaml"
"""Name of the file of weights, in the package and beside a shop's adapter."""

Scores = NDArray[np.float32]

_SAMPLE = 10_000  # the median of so many is off by a thousandth of a cosine


@dataclass(frozen=True, slots=True)
class Fusion:
    """Weights of the three scores, and the lines below which a product does not answer a query."""

    bm25: float
    coverage: float
    cosine: float
    floor: float
    floor_with_topic: float
    floor_coverage: float

    @staticmethod
    @lru_cache(maxsize=1)
    def load() -> "Fusion":
        """The weights that come with the package."""
        text = files("retrieval.search").joinpath(FUSION_FILE).read_text(encoding="utf-8")
        return Fusion(**yaml.safe_load(text))

    @classmethod
    def of_shop(cls, folder: Path | None) -> "Fusion":
        """The weights in a version of a shop's own search model, where it has any.

        Raises:
            WeightsError: the file is damaged.
        """
        file = folder / FUSION_FILE if folder is not None else None
        if file is None or not file.is_file():
            return cls.load()
        try:
            return cls(**yaml.safe_load(file.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, TypeError) as error:
            raise WeightsError(f"The weights at {file} are unusable: {error}") from error

    def write(self, file: Path, head: str = "") -> None:
        """Writes the weights as ``load`` and ``of_shop`` read them; ``head`` is a comment."""
        file.write_text(head + yaml.safe_dump(asdict(self), sort_keys=False), encoding="utf-8")

    def fuse(self, lexical: LexicalScores, cosines: Scores, mask: NDArray[np.bool_]) -> Scores:
        """One score in [0, 1] per product of the mask, 0 for the others; shape (products,)."""
        fused = np.zeros(len(mask), dtype=np.float32)
        rows = np.flatnonzero(mask)
        if len(rows):
            fused[rows] = self.fuse_rows(lexical, cosines, rows, middle_of(cosines, rows))
        return fused

    def fuse_rows(
        self, lexical: LexicalScores, cosines: Scores, rows: NDArray[np.int64], middle: float
    ) -> Scores:
        """One score in [0, 1] per row of ``rows``, which are few of a large catalogue's.

        Args:
            middle: ``middle_of`` the cosines of all products that pass the filters, which is what
                the rows' own are measured by.
        """
        weights = np.array([self.bm25, self.coverage, self.cosine], dtype=np.float32)
        fused: Scores = weights / weights.sum() @ fusion_parts(lexical, cosines, rows, middle)
        return fused

    def relevant(self, lexical: LexicalScores, cosines: Scores, readily: bool) -> NDArray[np.bool_]:
        """Which products come over the floor; shape (products,).

        Args:
            readily: whether the lower floor holds: a hard constraint says what the thing is, so
                that the query only tells more of it, or the query names no thing.
        """
        floor = self.floor_with_topic if readily else self.floor
        answers: NDArray[np.bool_] = cosines + self.floor_coverage * lexical.coverage >= floor
        return answers


def fusion_parts(
    lexical: LexicalScores,
    cosines: Scores,
    rows: NDArray[np.int64],
    middle: float | None = None,
) -> Scores:
    """What is weighed, each in [0, 1] within ``rows``: BM25, coverage, cosine; shape (3, rows).

    ``middle``: see ``Fusion.fuse_rows``; that of the rows themselves where it is not given.
    """
    bm25, found = lexical.bm25[rows], cosines[rows]
    if middle is None:
        middle = middle_of(cosines, rows)
    parts: Scores = np.stack(
        [bm25 / max(float(bm25.max()), 1e-6), lexical.coverage[rows], _scaled(found, middle)]
    )
    return parts


def middle_of(cosines: Scores, rows: NDArray[np.int64]) -> float:
    """The median of the ``rows``' cosines, of an even sample where there are many."""
    sample = rows[:: 1 + len(rows) // _SAMPLE]
    return float(np.median(cosines[sample])) if len(sample) else 0.0


def _scaled(cosines: Scores, middle: float) -> Scores:
    """Cosines brought to [0, 1]: the best of them is 1, ``middle`` and all below it 0."""
    best = float(cosines.max())
    if best - middle < 1e-6:
        return np.ones_like(cosines)
    scaled: Scores = np.clip((cosines - middle) / (best - middle), 0.0, 1.0)
    return scaled
