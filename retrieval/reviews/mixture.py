"""How much each part of a sentiment model counts."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from retrieval.encoder.logits import softmax
from retrieval.reviews.ngrams import Scores

PARTS = ("deep", "wide", "graded")
"""What a BERT says, what n-grams say, and what the graded words come to."""


class Mixture(BaseModel):
    """The parts are multiplied by ``weights`` and added to ``bias``; that calibrates them too."""

    model_config = ConfigDict(frozen=True)

    weights: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """In the order of ``PARTS``."""
    bias: tuple[float, ...]
    """Of each label."""

    def probabilities(self, parts: Scores) -> Scores:
        """float32 of shape ``(parts, texts, labels)`` → ``(texts, labels)``; rows sum to 1."""
        mixed = np.tensordot(np.array(self.weights), parts, axes=1) + np.array(self.bias)
        return softmax(mixed)


class Mixtures(BaseModel):
    """A mixture for English, and where they are mixed otherwise, one for texts with Chinese."""

    model_config = ConfigDict(frozen=True)

    mixture: Mixture
    chinese: Mixture | None = None

    def probabilities(self, parts: Scores, chinese: NDArray[np.bool_]) -> Scores:
        """What the parts say together.

        Args:
            parts: of ``SentimentModel.parts``, ``(parts, texts, labels)``.
            chinese: which texts hold Chinese.
        """
        found = self.mixture.probabilities(parts)
        if self.chinese:
            found[chinese] = self.chinese.probabilities(parts[:, chinese])
        return found


class Shortcut(Mixtures):
    """Says without the first part, which is the dear one, what is clear without it."""

    sure: float = Field(ge=0.5, le=1)
    """How probable the good labels, or the bad ones, have to be together."""
