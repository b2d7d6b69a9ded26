"""A trained text classifier ready to serve: texts in, calibrated probabilities out."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from tokenizers import Tokenizer

from assistant.errors import ModelMissingError
from retrieval.encoder.export import INPUTS
from retrieval.encoder.onnx_encoder import open_session
from retrieval.encoder.script import fold_traditional, has_chinese

Numbers = NDArray[np.float32]
Tokens = NDArray[np.int64]
Forward = Callable[[Tokens, Tokens], Numbers]
"""Token ids and mask ``(texts, tokens)`` → logits ``(texts, labels)``."""

OUTPUT = "logits"
MAX_CHARACTERS = 512  # more than any token limit in use; keeps folding quick

CARD_FILE = "classifier.json"
GRAPH_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"


class ClassifierCard(BaseModel):
    """What belongs to a classifier besides its weights."""

    model_config = ConfigDict(frozen=True)

    labels: tuple[str, ...]
    temperature: float = 1.0
    """Logits are divided by it (Guo et al. 2017, https://arxiv.org/abs/1706.04599)."""
    out_of_scope: str | None = None
    """The label of what belongs to no other; only with it can a text be rejected."""
    reject_below: float = 0.0
    """A text whose best other label is less probable than this is out of scope."""
    max_tokens: int = 64
    body: str = ""
    """Fingerprint of the weights that an adapter was trained on."""


def prepare(text: str) -> str:
    """``text`` as the models are trained on it.

    NFKC, simplified characters, no control or format characters, white space folded.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    if not text.isascii():
        text = "".join(
            " " if character.isspace() else character
            for character in text
            if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf")
        )
    if has_chinese(text):
        text = fold_traditional(text)
    return " ".join(text.split())


class ClassifierModel:
    """Tokenizer, network and calibration in one. Safe to call from several threads."""

    def __init__(self, tokenizer: Tokenizer, forward: Forward, card: ClassifierCard) -> None:
        self._tokenizer = tokenizer
        self._forward = forward
        self.card = card

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> "ClassifierModel":
        """Opens what ``shopkeeper train intent --data ... --out folder`` wrote.

        Raises:
            ModelMissingError: the folder holds no classifier, or a damaged one.
        """
        try:
            card = ClassifierCard.model_validate_json((folder / CARD_FILE).read_bytes())
            tokenizer = Tokenizer.from_str((folder / TOKENIZER_FILE).read_text(encoding="utf-8"))
        except (OSError, ValidationError, json.JSONDecodeError) as error:
            raise ModelMissingError(f"{folder} holds no usable classifier: {error}") from error
        if not (folder / GRAPH_FILE).is_file():
            raise ModelMissingError(f"{folder} holds no {GRAPH_FILE}; train it again.")
        return cls(tokenizer, onnx_forward(folder / GRAPH_FILE, threads), card)

    def probabilities(self, texts: Sequence[str]) -> Numbers:
        """Calibrated probabilities.

        Returns:
            float32 of shape ``(len(texts), len(card.labels))``; each row sums to 1.
        """
        return softmax(self.logits(texts) / self.card.temperature)

    def logits(self, texts: Sequence[str]) -> Numbers:
        """Raw scores, float32 of shape ``(len(texts), len(card.labels))``."""
        if not texts:
            return np.zeros((0, len(self.card.labels)), dtype=np.float32)
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        return self._forward(ids, mask)

    def decide(self, probabilities: Numbers) -> list[int]:
        """The index of the label of each row of ``probabilities``, rejection included."""
        best = probabilities.argmax(axis=1)
        card = self.card
        if card.out_of_scope is not None:
            outside = card.labels.index(card.out_of_scope)
            inside = np.delete(probabilities, outside, axis=1).max(axis=1)
            best = np.where(inside < card.reject_below, outside, best)
        return [int(index) for index in best]


def onnx_forward(path: Path, threads: int = 0) -> Forward:
    """A graph exported by ``retrieval.encoder.export`` on CPU."""
    session = open_session(path, threads)

    def run(ids: Tokens, mask: Tokens) -> Numbers:
        (logits,) = session.run([OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True)))
        return np.asarray(logits, dtype=np.float32)

    return run


def softmax(logits: Numbers) -> Numbers:
    """Row by row, without overflow."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)
