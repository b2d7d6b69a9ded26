"""How a review sounds as a whole: a fine-tuned BERT, n-grams and words, calibrated.

Neither torch nor transformers is in memory: the BERT is an int8 ONNX graph, the n-grams are a table
in NumPy. What the parts say is added, in proportions that training chose ("wide and deep": Cheng et
al. 2016, https://arxiv.org/abs/1606.07792).
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError, model_validator
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from retrieval.encoder.adapter import Adapter, body_fingerprint
from retrieval.encoder.bilingual import build_tokenizer
from retrieval.encoder.export import RECIPE
from retrieval.encoder.logits import Forward, one_by_one, onnx_forward
from retrieval.encoder.script import has_chinese
from retrieval.errors import WeightsError
from retrieval.language import fold, normalise
from retrieval.reviews.grades import grade
from retrieval.reviews.mixture import PARTS, Mixtures, Shortcut
from retrieval.reviews.ngrams import NgramModel, Scores

CARD_FILE, NGRAMS_FILE = "sentiment.json", "ngrams.safetensors"
GRAPH_FILE, TOKENIZER_FILE = "model.onnx", "tokenizer.json"
SHIPPED = Path(__file__).with_name("data") / "sentiment.safetensors"
MAX_CHARACTERS = 5000
"""What is read of one review; a longer one is cut."""

TWO = ("0", "1")
STARS = ("1", "2", "3", "4", "5")

_VALENCE = {TWO: (-1.0, 1.0), STARS: (-1.0, -0.5, 0.0, 0.5, 1.0)}
_WEIGHTS, _SCALE = "ngrams.weights", "ngrams.scale"


class SentimentCard(Mixtures):
    """What belongs to a sentiment model besides its weights."""

    labels: tuple[str, ...]
    """``0`` and ``1``, or the stars ``1`` to ``5``."""
    shortcut: Shortcut | None = None
    """Where it is sure, the BERT is not asked."""
    offsets: tuple[float, ...]
    """Added to the log-probabilities where one label has to be named; zeros name the likeliest."""
    longest: int
    """Tokens in the longest n-gram."""
    max_tokens: int
    body: str = ""
    """Fingerprint of the weights that an adapter was trained on."""

    @property
    def valence(self) -> Scores:
        """What each label says, from -1 to 1; float32 of shape ``(labels,)``."""
        return np.array(_VALENCE[self.labels], dtype=np.float32)

    @model_validator(mode="after")
    def _fits(self) -> "SentimentCard":
        if self.labels not in _VALENCE:
            raise ValueError("labels are 0 and 1, or 1 to 5")
        several = [both for both in (self, self.shortcut) if both]
        mixtures = [m for both in several for m in (both.mixture, both.chinese) if m]
        if {len(self.offsets), *(len(m.bias) for m in mixtures)} != {len(self.labels)}:
            raise ValueError("one bias and one offset belong to each label")
        return self


@dataclass(frozen=True, slots=True)
class Sentiment:
    """Calibrated probabilities that sum to 1. A model of two labels knows no neutral."""

    negative: float
    neutral: float
    positive: float
    score: float
    """The mean of what the labels say, in [-1, 1]."""


class SentimentModel:
    """Reads reviews, English and Chinese. Safe to call from several threads."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        forward: Forward,
        ngrams: NgramModel,
        card: SentimentCard,
        workers: int = 1,
        fingerprint: str = "",
    ) -> None:
        self._tokenizer = tokenizer
        self._forward = forward
        self._ngrams = ngrams
        self._workers = workers
        self.card = card
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, folder: Path) -> "SentimentModel":
        """Opens what ``shopkeeper train sentiment --out folder`` wrote.

        Raises:
            WeightsError: the folder holds no sentiment model, or a damaged one.
        """
        try:
            card = SentimentCard.model_validate_json((folder / CARD_FILE).read_bytes())
            tokenizer = Tokenizer.from_str((folder / TOKENIZER_FILE).read_text(encoding="utf-8"))
            ngrams = load_ngrams(folder / NGRAMS_FILE, card.longest)
        except (OSError, ValidationError, json.JSONDecodeError) as error:
            raise WeightsError(f"{folder} holds no usable sentiment model: {error}") from error
        if not (folder / GRAPH_FILE).is_file():
            raise WeightsError(f"{folder} holds no {GRAPH_FILE}; train it again.")
        return cls(
            tokenizer,
            onnx_forward(folder / GRAPH_FILE, threads=1),
            ngrams,
            card,
            os.cpu_count() or 1,
        )

    @classmethod
    def open(cls, folder: Path, path: Path = SHIPPED) -> "SentimentModel":
        """The shipped model.

        The first call merges its adapter into the bilingual body and exports it into ``folder``
        (some 15 s, imports torch); later ones, of other processes too, find it there.

        Raises:
            WeightsError: the file is missing, damaged, or made for other encoder weights; or the
                encoder's own weights are not usable.
        """
        adapter, ngrams, card = read_shipped(path)
        fingerprint = f"{fingerprint_of(path)}-{RECIPE}"
        graph = folder / f"sentiment-{fingerprint}.onnx"
        tokenizer = build_tokenizer(max_tokens=card.max_tokens)
        cores = os.cpu_count() or 1
        return cls(tokenizer, adapter.open(graph, threads=1), ngrams, card, cores, fingerprint)

    def probabilities(self, texts: Sequence[str]) -> Scores:
        """Calibrated probabilities of the labels.

        Returns:
            float32 of shape ``(len(texts), len(card.labels))``; each row sums to 1.
        """
        prepared = [prepare(text) for text in texts]
        parts = self._shallow(prepared)
        chinese = np.array([has_chinese(text) for text in prepared], dtype=bool)
        shortcut, asked = self.card.shortcut, np.ones(len(prepared), dtype=bool)
        found = np.zeros((len(prepared), len(self.card.labels)), dtype=np.float32)
        if shortcut:
            found = shortcut.probabilities(parts, chinese)
            bad, _, good = self._sides(found)
            asked = np.maximum(bad, good) < shortcut.sure
        parts[0, asked] = self._deep([prepared[index] for index in np.flatnonzero(asked)])
        found[asked] = self.card.probabilities(parts[:, asked], chinese[asked])
        return found

    def parts(self, texts: Sequence[str]) -> Scores:
        """What each of ``PARTS`` says by itself, float32 ``(parts, texts, labels)``."""
        prepared = [prepare(text) for text in texts]
        parts = self._shallow(prepared)
        parts[0] = self._deep(prepared)
        return parts

    def judge(self, texts: Sequence[str]) -> list[Sentiment]:
        """How each text sounds."""
        rows = self.probabilities(texts)
        columns = (*self._sides(rows), rows @ self.card.valence)
        return [Sentiment(*map(float, row)) for row in zip(*columns, strict=True)]

    def _sides(self, probabilities: Scores) -> list[Scores]:
        """How probable it is that a text is bad, neutral and good; each ``(texts,)``."""
        signs = np.sign(self.card.valence)
        return [probabilities[:, signs == sign].sum(axis=1) for sign in (-1, 0, 1)]

    def _shallow(self, texts: Sequence[str]) -> Scores:
        """The parts without what the BERT says, of which there are zeros."""
        found = np.zeros((len(PARTS), len(texts), len(self.card.labels)), dtype=np.float32)
        found[1] = self._ngrams.scores(texts)
        grades = np.array([grade(text) for text in texts], dtype=np.float32)
        found[2] = np.outer(grades, self.card.valence)
        return found

    def _deep(self, texts: Sequence[str]) -> Scores:
        """What the BERT says, ``(texts, labels)``."""
        encodings = self._tokenizer.encode_batch(list(texts))
        return one_by_one(self._forward, encodings, len(self.card.labels), self._workers)


def decide(probabilities: Scores, card: SentimentCard) -> list[str]:
    """The label of each row of ``probabilities``."""
    weighed = np.log(np.maximum(probabilities, 1e-12)) + np.array(card.offsets)
    return [card.labels[index] for index in weighed.argmax(axis=1)]


def prepare(text: str) -> str:
    """``text`` as the models are trained on it: one spelling of characters, case and spaces."""
    return fold(normalise(text[:MAX_CHARACTERS]))


def save_shipped(adapter: Adapter, ngrams: NgramModel, card: SentimentCard, path: Path) -> None:
    """Writes what ``SentimentModel.open`` opens: one safetensors file, the card in its metadata."""
    tensors: dict[str, NDArray[Any]] = {**adapter.tensors()}
    tensors |= {_WEIGHTS: ngrams.weights, _SCALE: ngrams.scale}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata={"card": card.model_dump_json()})


@cache
def fingerprint_of(path: Path = SHIPPED) -> str:
    """Of a shipped model's file.

    Raises:
        WeightsError: it is missing.
    """
    try:
        return sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise WeightsError(f"The sentiment model at {path} is missing: {error}") from error


def read_shipped(path: Path = SHIPPED) -> tuple[Adapter, NgramModel, SentimentCard]:
    """What ``save_shipped`` wrote.

    Raises:
        WeightsError: the file is missing, damaged, or made for other encoder weights.
    """
    try:
        with safe_open(path, framework="numpy") as stored:
            card = SentimentCard.model_validate_json((stored.metadata() or {})["card"])
            names = list(stored.keys())
            tensors = {name: stored.get_tensor(name) for name in names}
        adapter = Adapter.of(tensors)
        ngrams = NgramModel(tensors[_WEIGHTS], tensors[_SCALE], card.longest)
    except (OSError, SafetensorError, KeyError, ValidationError) as error:
        raise WeightsError(f"The sentiment model at {path} is unusable: {error}") from error
    if card.body != body_fingerprint():
        raise WeightsError(
            f"The sentiment model at {path} was trained on the encoder weights {card.body}, "
            f"but those here are {body_fingerprint()}."
        )
    return adapter, ngrams, card


def save_ngrams(model: NgramModel, path: Path) -> None:
    """Writes a safetensors file."""
    save_file({_WEIGHTS: model.weights, _SCALE: model.scale}, path)


def load_ngrams(path: Path, longest: int) -> NgramModel:
    """Reads what ``save_ngrams`` wrote.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    try:
        tensors = load_file(path)
        return NgramModel(tensors[_WEIGHTS], tensors[_SCALE], longest)
    except (OSError, SafetensorError, KeyError) as error:
        raise WeightsError(f"The n-grams at {path} are unusable: {error}") from error
