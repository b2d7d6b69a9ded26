"""A low-rank adapter and a head over the bilingual body: how a small classifier is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder.bilingual import build_model
from retrieval.encoder.encoder import Vectors
from retrieval.encoder.export import export_int8
from retrieval.encoder.extension import SHIPPED as SHIPPED_ROWS
from retrieval.encoder.extension import sha256_of
from retrieval.encoder.logits import OUTPUT, Forward, onnx_forward
from retrieval.encoder.weights import MINILM_SHA256

if TYPE_CHECKING:
    from torch import nn

_DOWN, _UP = ".down", ".up"
_HEAD, _BIAS = "head.weight", "head.bias"


def body_fingerprint() -> str:
    """Names the weights under an adapter: MiniLM's and those of its Chinese extension."""
    return f"{MINILM_SHA256[:12]}-{sha256_of(SHIPPED_ROWS)[:12]}"


@dataclass(frozen=True)
class Adapter:
    """What training adds to the body.

    ``layers``: linear layer → ``(down, up)`` of shapes ``(rank, in)`` and ``(out, rank)``; its
    weight grows by ``up @ down`` (LoRA, https://arxiv.org/abs/2106.09685). ``head`` is of shape
    ``(labels, hidden)``, ``bias`` of ``(labels,)``.
    """

    layers: Mapping[str, tuple[Vectors, Vectors]]
    head: Vectors
    bias: Vectors

    def tensors(self) -> dict[str, NDArray[np.float16]]:
        """The matrices by name, to store."""
        named = {_HEAD: self.head, _BIAS: self.bias}
        for layer, (down, up) in self.layers.items():
            named |= {layer + _DOWN: down, layer + _UP: up}
        return {name: np.ascontiguousarray(t, dtype=np.float16) for name, t in named.items()}

    @classmethod
    def of(cls, tensors: Mapping[str, NDArray[np.generic]]) -> "Adapter":
        """What ``tensors`` gave; other names among them are passed over.

        Raises:
            KeyError: one is missing.
        """
        layers = {name.removesuffix(_DOWN) for name in tensors if name.endswith(_DOWN)}
        full = {name: np.asarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}
        return cls(
            {layer: (full[layer + _DOWN], full[layer + _UP]) for layer in sorted(layers)},
            full[_HEAD],
            full[_BIAS],
        )

    def open(self, graph: Path, threads: int = 0) -> Forward:
        """The whole network in int8 on CPU; ``threads`` of one call, 0: all.

        The first call merges the adapter into the body and exports it to ``graph`` (some 15 s,
        imports torch); later ones, of other processes too, find it there.
        """
        if not graph.exists():
            export_int8(self.build(), graph, [OUTPUT])
        return onnx_forward(graph, threads)

    def build(self) -> "nn.Module":
        """The whole network with the adapter merged in, in evaluation mode. Imports torch.

        It is called as ``export_int8`` calls a module and returns logits ``(texts, labels)``.
        """
        import torch  # noqa: PLC0415

        from retrieval.encoder.pooling import Classified  # noqa: PLC0415

        network = Classified(build_model(), len(self.bias))
        with torch.no_grad():
            for layer, (down, up) in self.layers.items():
                network.body.get_submodule(layer).weight += torch.from_numpy(up @ down)
            network.head.weight.copy_(torch.from_numpy(self.head))
            network.head.bias.copy_(torch.from_numpy(self.bias))
        return network.eval()
