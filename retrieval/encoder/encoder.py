"""The seam between text and vectors."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into unit vectors. Safe to call from several threads."""

    @property
    def dimension(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text could get another vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encodes ``texts``.

        Returns:
            float32 of shape ``(len(texts), dimension)``, each row of length 1. An empty or blank
            text gives a valid unit vector too. English and Chinese may be mixed freely.
        """
        ...
