"""The sequence network's forward pass for one customer, in NumPy.

Trained in ``finetune.sequence``; a history of 50 events takes about a millisecond, and neither
torch nor an ONNX session has to be loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]
Pooling = Literal["slices", "flat", "mean"]
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Shape:
    """What the weights alone do not tell."""

    pooling: Pooling
    heads: int
    blocks: int


class SequenceNetwork:
    """Turns the events of one customer into one vector. Immutable, so threads may share it."""

    def __init__(self, shape: Shape, weights: Mapping[str, Floats]) -> None:
        """Args:
        shape: of the network.
        weights: by the names that torch gave them; ``items`` holds the items' whole vectors.
        """
        self._shape = shape
        self._weights = weights
        self.items = weights["items"]

    def with_vectors(self, items: Floats) -> "SequenceNetwork":
        """The same network over other items; (items, size)."""
        return SequenceNetwork(self._shape, {**self._weights, "items": items})

    def vector(self, items: Whole, gaps: Whole, kinds: Whole, slices: Whole) -> Floats:
        """The customer's vector, (size,), after the last of some events, oldest first.

        Args:
            items: (length,) numbers of items.
            gaps: (length,) as ``gap_steps`` gives them.
            kinds: (length,) numbers of kinds of event, 0 where it is not known.
            slices: (length,) as ``slice_numbers`` gives them.
        """
        w = self._weights
        x = self.items[items] * np.float32(self.items.shape[1] ** 0.5)
        if self._shape.pooling == "mean":
            return self._normed(x.mean(axis=0), "norm")
        x = x + w["positions"][: len(items)] + w["gaps.weight"][gaps] + w["kinds.weight"][kinds]
        past = np.tri(len(items), dtype=np.bool_)
        apart = slices[:, None] - slices[None, :]
        for number in range(self._shape.blocks):
            name = f"blocks.{number}."
            if self._shape.pooling == "flat":
                x = self._block(x, past, None, name)
            elif number < self._shape.blocks - 1:
                x = self._block(x, past & (apart == 0), None, name)
            else:
                closing = np.append(slices[1:] != slices[:-1], True)
                allowed = (past & (apart > 0) & closing) | np.eye(len(items), dtype=np.bool_)
                ages = w[name + "ages"]
                bias = ages[:, np.clip(apart, 0, ages.shape[1] - 1)]
                x = self._block(x, allowed, bias, name)
        return self._normed(x[-1], "norm")

    def _block(
        self, x: Floats, allowed: NDArray[np.bool_], bias: Floats | None, name: str
    ) -> Floats:
        length, size = x.shape
        parts = self._linear(self._normed(x, name + "norm_in"), name + "query_key_value")
        split = parts.reshape(length, 3, self._shape.heads, -1).transpose(1, 2, 0, 3)
        query, key, value = split
        scores = query @ key.transpose(0, 2, 1) / np.float32(query.shape[-1] ** 0.5)
        if bias is not None:
            scores = scores + bias
        scores = np.where(allowed, scores, -np.inf)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ value
        x = x + self._linear(mixed.transpose(1, 0, 2).reshape(length, size), name + "out")
        inner = _gelu(self._linear(self._normed(x, name + "norm_mid"), name + "up"))
        return x + self._linear(inner, name + "down")

    def _linear(self, x: Floats, name: str) -> Floats:
        result: Floats = x @ self._weights[name + ".weight"].T + self._weights[name + ".bias"]
        return result

    def _normed(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + _EPSILON)
        result: Floats = (
            centred / spread * self._weights[name + ".weight"] + self._weights[name + ".bias"]
        )
        return result


def _gelu(x: Floats) -> Floats:
    # The tanh form, as trained: the exact one needs an error function that NumPy lacks.
    inner = np.sqrt(2 / np.pi, dtype=np.float32) * (x + 0.044715 * x**3)
    result: Floats = 0.5 * x * (1 + np.tanh(inner))
    return result
