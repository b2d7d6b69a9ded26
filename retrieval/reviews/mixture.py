"""How much each part of a sentiment model counts."""

import numpy as np
from pydantic import BaseModel, ConfigDict

from retrieval.encoder.logits import softmax
from retrieval.reviews.ngrams import Scores

PARTS = ("deep", "wide", "tone", "graded")
"""What a BERT says, what n-grams say, what the words of opinion come to with what negates and joins
them, and what the graded words come to."""


class Mixture(BaseModel):
    """The parts are multiplied by ``weights`` and added to ``bias``; that calibrates them too."""

    model_config = ConfigDict(frozen=True)

    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    """In the order of ``PARTS``."""
    bias: tuple[float, ...]
    """Of each label."""

    def probabilities(self, parts: Scores) -> Scores:
        """float32 of shape ``(parts, texts, labels)`` → ``(texts, labels)``; rows sum to 1."""
        mixed = np.tensordot(np.array(self.weights), parts, axes=1) + np.array(self.bias)
        return softmax(mixed)
