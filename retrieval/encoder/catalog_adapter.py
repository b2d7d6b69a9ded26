"""A low-rank adapter that fits the encoder to one catalogue, merged into both of its bodies."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from retrieval.encoder.encoder import Vectors
from retrieval.errors import WeightsError

if TYPE_CHECKING:
    from transformers import BertModel

_DOWN, _UP = ".down", ".up"


class CatalogAdapter:
    """What adapting to a catalogue adds to the encoder's linear layers.

    Args:
        layers: linear layer → ``(down, up)`` of shapes ``(rank, in)`` and ``(out, rank)``; its
            weight grows by ``up @ down`` (LoRA, https://arxiv.org/abs/2106.09685).
    """

    def __init__(self, layers: Mapping[str, tuple[Vectors, Vectors]]) -> None:
        self.layers = dict(layers)

    def merge_into(self, body: "BertModel") -> "BertModel":
        """``body`` with the adapter added to its weights, in place. Imports torch."""
        import torch  # noqa: PLC0415

        with torch.no_grad():
            for layer, (down, up) in self.layers.items():
                body.get_submodule(layer).weight += torch.from_numpy(up @ down)
        return body

    def save(self, path: Path) -> None:
        """Writes float16, 2 bytes a number; a safetensors file."""
        named = {name + _DOWN: down for name, (down, _) in self.layers.items()}
        named |= {name + _UP: up for name, (_, up) in self.layers.items()}
        save_file(
            {name: np.ascontiguousarray(part, dtype=np.float16) for name, part in named.items()},
            path,
        )

    @classmethod
    def load(cls, path: Path) -> "CatalogAdapter":
        """Reads what ``save`` wrote.

        Raises:
            WeightsError: the file is missing or damaged.
        """
        try:
            stored = {name: part.astype(np.float32) for name, part in load_file(path).items()}
            names = sorted({name.rsplit(".", 1)[0] for name in stored})
            return cls({name: (stored[name + _DOWN], stored[name + _UP]) for name in names})
        except (OSError, SafetensorError, KeyError) as error:
            raise WeightsError(f"The catalogue's adapter at {path} is unusable: {error}") from error
