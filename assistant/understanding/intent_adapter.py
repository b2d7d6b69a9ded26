"""The shipped intent model: a low-rank adapter and a head over the bilingual body."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from assistant.errors import ModelMissingError
from assistant.understanding.intent_model import ClassifierCard
from retrieval.encoder.adapter import Adapter, body_fingerprint

ADAPTER_FILE = "adapter.safetensors"
SHIPPED = Path(__file__).with_name("data") / "intent" / ADAPTER_FILE


def chosen_adapter(models: Path) -> Path:
    """The promoted version in the model registry at ``models``, else the shipped adapter."""
    pointer = models / "intent" / "current"
    if not pointer.is_file():
        return SHIPPED
    return pointer.parent / pointer.read_text(encoding="utf-8").strip() / ADAPTER_FILE


@dataclass(frozen=True)
class IntentAdapter(Adapter):
    """An adapter with the card of what it classifies."""

    card: ClassifierCard

    def save(self, path: Path) -> None:
        """Writes float16; a safetensors file with the card in its metadata."""
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(self.tensors(), path, metadata={"card": self.card.model_dump_json()})

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
                names = stored.keys()
                adapter = Adapter.of({name: stored.get_tensor(name) for name in names})
        except (OSError, SafetensorError, KeyError, ValidationError) as error:
            raise ModelMissingError(f"The intent model at {path} is unusable: {error}") from error
        if not any_body and card.body != body_fingerprint():
            raise ModelMissingError(
                f"The intent model at {path} was trained on the encoder weights {card.body}, but "
                f"those here are {body_fingerprint()}. Run `shopkeeper train intent`."
            )
        return cls(adapter.layers, adapter.head, adapter.bias, card)


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
