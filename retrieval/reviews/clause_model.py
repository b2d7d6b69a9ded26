"""The clause model: which aspects a clause judges and how, by meaning and not by its words.

An adapter and a head over the bilingual body, one sigmoid for each aspect and side ("dead by noon"
is ``battery-``). It fills what the vocabulary leaves; ``clause_reader`` joins the two.
"""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file
from scipy.special import expit
from tokenizers import Tokenizer

from retrieval.encoder.adapter import Adapter, body_fingerprint
from retrieval.encoder.bilingual import build_tokenizer
from retrieval.encoder.export import RECIPE
from retrieval.encoder.logits import Forward, one_by_one
from retrieval.encoder.script import fold_traditional
from retrieval.errors import WeightsError
from retrieval.reviews.sentiment import prepare

SHIPPED = Path(__file__).with_name("data") / "clauses.safetensors"
_REMEMBERED = 20_000

Probabilities = NDArray[np.float32]


class ClauseCard(BaseModel):
    """What belongs to a clause model besides its weights."""

    model_config = ConfigDict(frozen=True)

    labels: tuple[str, ...]
    """Aspects with ``+`` for praise or ``-`` for a complaint, in the order of the head's rows."""
    least: dict[str, float]
    """By language, ``en`` and ``zh``: from which probability on a label is taken."""
    beside: dict[str, float] = Field(default_factory=dict)
    """The same where words have told of another aspect already; without one they are trusted."""
    max_tokens: int = Field(gt=0)
    body: str
    """Fingerprint of the weights that the adapter was trained on."""


class ClauseModel:
    """Reads clauses, English and Chinese. Safe to call from several threads.

    Args:
        workers: clauses that are computed side by side.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        forward: Forward,
        card: ClauseCard,
        workers: int = 1,
        fingerprint: str = "",
    ) -> None:
        self.card = card
        self.fingerprint = fingerprint
        self._tokenizer = tokenizer
        self._forward = forward
        self._workers = workers
        self._known: dict[str, Probabilities] = {}

    @classmethod
    def open(cls, folder: Path, path: Path = SHIPPED) -> "ClauseModel":
        """The shipped model.

        The first call merges its adapter into the bilingual body and exports it into ``folder``
        (some 15 s, imports torch); later ones, of other processes too, find it there.

        Raises:
            WeightsError: the file is missing, damaged, or made for other encoder weights; or the
                encoder's own weights are not usable.
        """
        try:
            card, adapter = _card(path), Adapter.of(load_file(path))
        except (OSError, SafetensorError, KeyError) as error:
            raise WeightsError(f"The clause model at {path} is unusable: {error}") from error
        fingerprint = _fingerprint(path)
        if card.body != body_fingerprint():
            raise WeightsError(
                f"The clause model at {path} was trained on the encoder weights {card.body}, "
                f"but those here are {body_fingerprint()}."
            )
        graph = folder / f"clauses-{fingerprint}.onnx"
        tokenizer = build_tokenizer(max_tokens=card.max_tokens)
        workers = os.cpu_count() or 1
        return cls(tokenizer, adapter.open(graph, threads=1), card, workers, fingerprint)

    def probabilities(self, clauses: Sequence[str]) -> Probabilities:
        """How probable each label is, float32 of shape ``(clauses, labels)``.

        Each clause is computed by itself; those said before are remembered.
        """
        texts = [fold_traditional(prepare(clause)) for clause in clauses]
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if len(self._known) + len(fresh) > _REMEMBERED:
            self._known = {text: self._known[text] for text in texts if text in self._known}
        encodings = self._tokenizer.encode_batch(fresh)
        labels = len(self.card.labels)
        rows = expit(one_by_one(self._forward, encodings, labels, self._workers))
        found = dict(zip(fresh, rows, strict=True))
        known = self._known
        result = [found[text] if text in found else known[text] for text in texts]
        known.update(found)
        return np.array(result, dtype=np.float32).reshape(len(texts), labels)


class ShippedClauses:
    """The shipped model, opened when the first clause is to be read. Safe for several threads.

    Args:
        folder: where the exported graph is kept, see ``ClauseModel.open``.

    Raises:
        WeightsError: the model's file is missing or damaged.
    """

    def __init__(self, folder: Path, path: Path = SHIPPED) -> None:
        self.card, self.fingerprint = _card(path), _fingerprint(path)
        self._folder = folder
        self._path = path
        self._model: ClauseModel | None = None
        self._opening = Lock()

    def probabilities(self, clauses: Sequence[str]) -> Probabilities:
        """See ``ClauseModel.probabilities``.

        Raises:
            WeightsError: the model is unusable, see ``ClauseModel.open``.
        """
        if not clauses:
            return np.zeros((0, len(self.card.labels)), dtype=np.float32)
        with self._opening:
            if self._model is None:
                self._model = ClauseModel.open(self._folder, self._path)
        return self._model.probabilities(clauses)


def save_shipped(adapter: Adapter, card: ClauseCard, path: Path) -> None:
    """Writes what ``ClauseModel.open`` opens: one safetensors file, the card in its metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(adapter.tensors(), path, metadata={"card": card.model_dump_json()})


def _card(path: Path) -> ClauseCard:
    try:
        with safe_open(path, framework="numpy") as stored:
            return ClauseCard.model_validate_json((stored.metadata() or {})["card"])
    except (OSError, SafetensorError, KeyError, ValidationError) as error:
        raise WeightsError(f"The clause model at {path} is unusable: {error}") from error


def _fingerprint(path: Path) -> str:
    return f"{sha256(path.read_bytes()).hexdigest()[:16]}-{RECIPE}"
