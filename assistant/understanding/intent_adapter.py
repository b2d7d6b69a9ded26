"""The shipped intent model: a low-rank adapter and a head over the bilingual body."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from assistant.errors import ModelMissingError
from assistant.understanding.intent_model import ClassifierCard, Numbers
from retrieval.encoder.bilingual import build_model
from retrieval.encoder.extension import SHIPPED as SHIPPED_ROWS
from retrieval.encoder.extension import sha256_of
from retrieval.encoder.weights import MINILM_SHA256

if TYPE_CHECKING:
    from assistant.understanding.intent_network import Classifier

ADAPTER_FILE = "adapter.safetensors"
SHIPPED = Path(__file__).with_name("data") / "intent" / ADAPTER_FILE

_DOWN, _UP = ".down", ".up"
_HEAD, _BIAS = "head.weight", "head.bias"


def body_fingerprint() -> str:
    """Names the weights under the adapter: MiniLM's and those of its Chinese extension."""
    return f"{MINILM_SHA256[:12]}-{sha256_of(SHIPPED_ROWS)[:12]}"


def chosen_adapter(models: Path) -> Path:
    """The promoted version in the model registry at ``models``, else the shipped adapter."""
    pointer = models / "intent" / "current"
    if not pointer.is_file():
        return SHIPPED
    return pointer.parent / pointer.read_text(encoding="utf-8").strip() / ADAPTER_FILE


@dataclass(frozen=True)
class IntentAdapter:
    """What training adds to the body.

    ``layers``: linear layer → ``(down, up)`` of shapes ``(rank, in)`` and ``(out, rank)``; its
    weight grows by ``up @ down`` (LoRA, https://arxiv.org/abs/2106.09685). ``head`` is of shape
    ``(labels, hidden)``, ``bias`` of ``(labels,)``.
    """

    layers: Mapping[str, tuple[Numbers, Numbers]]
    head: Numbers
    bias: Numbers
    card: ClassifierCard

    def save(self, path: Path) -> None:
        """Writes float16; a safetensors file with the card in its metadata."""
        tensors: dict[str, NDArray[np.generic]] = {_HEAD: self.head, _BIAS: self.bias}
        for layer, (down, up) in self.layers.items():
            tensors |= {layer + _DOWN: down, layer + _UP: up}
        path.parent.mkdir(parents=True, exist_ok=True)
        half = {name: np.ascontiguousarray(t, dtype=np.float16) for name, t in tensors.items()}
        save_file(half, path, metadata={"card": self.card.model_dump_json()})

    @classmethod
    def load(cls, path: Path = SHIPPED, any_body: bool = False) -> "IntentAdapter":
        """Reads what ``save`` wrote.

        Args:
            path: of the file.
            any_body: also take an adapter made for another body, to train on from it.

        Raises:
            ModelMissingError: the file is missing, damaged, or made for another body.
        """
        try:
            with safe_open(path, framework="numpy") as stored:
                card = ClassifierCard.model_validate_json((stored.metadata() or {})["card"])
                tensors = {
                    name: stored.get_tensor(name).astype(np.float32)
                    for name in stored.keys()  # noqa: SIM118  (not a mapping)
                }
            head, bias = tensors.pop(_HEAD), tensors.pop(_BIAS)
            names = sorted({name.rsplit(".", 1)[0] for name in tensors})
            layers = {name: (tensors[name + _DOWN], tensors[name + _UP]) for name in names}
        except (OSError, SafetensorError, KeyError, ValidationError) as error:
            raise ModelMissingError(f"The intent model at {path} is unusable: {error}") from error
        if not any_body and card.body != body_fingerprint():
            raise ModelMissingError(
                f"The intent model at {path} was trained on the encoder weights {card.body}, but "
                f"those here are {body_fingerprint()}. Run `shopkeeper train intent`."
            )
        return cls(layers, head, bias, card)

    def build(self) -> "Classifier":
        """The whole network with the adapter merged in, in evaluation mode. Imports torch."""
        import torch  # noqa: PLC0415

        from assistant.understanding.intent_network import Classifier  # noqa: PLC0415

        network = Classifier(build_model(), len(self.card.labels))
        with torch.no_grad():
            for layer, (down, up) in self.layers.items():
                network.body.get_submodule(layer).weight += torch.from_numpy(up @ down)
            network.head.weight.copy_(torch.from_numpy(self.head))
            network.head.bias.copy_(torch.from_numpy(self.bias))
        return network.eval()


def fingerprint_of(path: Path) -> str:
    """SHA-256 of an adapter file, in hexadecimal.

    Raises:
        ModelMissingError: the file is missing.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelMissingError(f"The intent model at {path} is missing: {error}") from error
