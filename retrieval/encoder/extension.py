"""The Chinese extension of MiniLM: new embedding rows and a low-rank adapter, kept as int8."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from retrieval.encoder.encoder import Vectors
from retrieval.errors import WeightsError

SHIPPED = Path(__file__).with_name("chinese.safetensors")

_ROWS = "rows"
_DOWN = ".lora_down"
_UP = ".lora_up"


class Extension:
    """What turns MiniLM into a bilingual encoder.

    Args:
        characters: the Chinese characters with a row, in row order, each once.
        rows: float32 of shape ``(len(characters), 384)``, their word embeddings.
        adapter: linear layer name → ``(down, up)`` of shapes ``(rank, in)`` and ``(out, rank)``;
            the layer's weight grows by ``up @ down`` (LoRA, https://arxiv.org/abs/2106.09685).
    """

    def __init__(
        self, characters: str, rows: Vectors, adapter: Mapping[str, tuple[Vectors, Vectors]]
    ) -> None:
        if len(set(characters)) != len(characters) or len(characters) != len(rows):
            raise WeightsError("An extension needs exactly one row per distinct character.")
        self.characters = characters
        self.rows = rows
        self.adapter = dict(adapter)

    def delta(self, layer: str) -> Vectors:
        """What to add to the weight of ``layer``; float32 of shape ``(out, in)``."""
        down, up = self.adapter[layer]
        return up @ down

    def save(self, path: Path) -> None:
        """Writes int8 with one float16 scale per row; a safetensors file."""
        tensors: dict[str, NDArray[np.generic]] = {}
        matrices = {_ROWS: self.rows}
        for layer, (down, up) in self.adapter.items():
            matrices |= {layer + _DOWN: down, layer + _UP: up}
        for name, matrix in matrices.items():
            tensors[name], tensors[name + ".scale"] = _quantise(matrix)
        save_file(tensors, path, metadata={"characters": self.characters})

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "Extension":
        """Reads what ``save`` wrote.

        Raises:
            WeightsError: the file is missing or damaged.
        """
        try:
            with safe_open(path, framework="numpy") as stored:
                characters = (stored.metadata() or {})["characters"]
                matrices = {
                    name: _restore(stored.get_tensor(name), stored.get_tensor(name + ".scale"))
                    for name in stored.keys()  # noqa: SIM118  (not a mapping)
                    if not name.endswith(".scale")
                }
            rows = matrices.pop(_ROWS)
            layers = {name.removesuffix(_DOWN) for name in matrices if name.endswith(_DOWN)}
            adapter = {
                name: (matrices[name + _DOWN], matrices[name + _UP]) for name in sorted(layers)
            }
        except (OSError, SafetensorError, KeyError) as error:
            raise WeightsError(f"The Chinese extension at {path} is unusable: {error}") from error
        return cls(characters, rows, adapter)


@cache
def sha256_of(path: Path = SHIPPED) -> str:
    """SHA-256 of an extension file, in hexadecimal.

    Raises:
        WeightsError: the file is missing.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"The Chinese extension at {path} is missing: {error}") from error


def _quantise(matrix: Vectors) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    scale = np.maximum(np.abs(matrix).max(axis=1, keepdims=True) / 127, 1e-7).astype(np.float16)
    steps = np.round(matrix / scale.astype(np.float32))
    return np.clip(steps, -127, 127).astype(np.int8), scale


def _restore(steps: NDArray[np.int8], scale: NDArray[np.float16]) -> Vectors:
    return steps.astype(np.float32) * scale.astype(np.float32)
