"""A trained text classifier ready to serve: texts in, calibrated probabilities out."""

import json
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from tokenizers import Tokenizer

from assistant.errors import ModelMissingError
from retrieval.encoder.logits import Forward, onnx_forward, softmax
from retrieval.encoder.script import fold_traditional, has_chinese

Numbers = NDArray[np.float32]

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
    reject_by: Literal["probability", "energy"] = "probability"
    """What is compared with ``reject_below``: the probability of the best other label, or the
    free energy of all others (Liu et al. 2020, https://arxiv.org/abs/2010.03759)."""
    reject_below: float = 0.0
    """A text that scores less than this is out of scope."""
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
        # One by one: int8 scales the activations of a whole batch at once, so that a text's
        # neighbours would move its scores.
        rows = [
            self._forward(np.array([ids], dtype=np.int64), np.ones((1, len(ids)), dtype=np.int64))
            for ids in (encoding.ids for encoding in self._tokenizer.encode_batch(list(texts)))
        ]
        return np.concatenate(rows)

    def decide(self, logits: Numbers) -> list[int]:
        """The index of the label of each row of ``logits``, rejection included."""
        return decide(logits, self.card)


def decide(logits: Numbers, card: ClassifierCard) -> list[int]:
    """The index of the label of each row of ``logits``: the best, or out of scope.

    By energy the label out of scope is not chosen for its own score, only for want of any other:
    what lies outside is like nothing, not like its examples.
    """
    if card.out_of_scope is None:
        return [int(index) for index in logits.argmax(axis=1)]
    outside = card.labels.index(card.out_of_scope)
    candidates = logits.copy()
    if card.reject_by == "energy":
        candidates[:, outside] = -np.inf
    rejected = scope_scores(logits, card) < card.reject_below
    return [int(index) for index in np.where(rejected, outside, candidates.argmax(axis=1))]


def scope_scores(logits: Numbers, card: ClassifierCard) -> Numbers:
    """How much each text is like one of the labels in scope, by the card's own measure."""
    outside = card.labels.index(card.out_of_scope or "")
    if card.reject_by == "energy":
        inside = np.delete(logits, outside, axis=1)
        best = inside.max(axis=1)
        return np.asarray(best + np.log(np.exp(inside - best[:, None]).sum(axis=1)), np.float32)
    probabilities = softmax(logits / np.float32(card.temperature))
    return np.asarray(np.delete(probabilities, outside, axis=1).max(axis=1), np.float32)
