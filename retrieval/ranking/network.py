"""The ranking network at serving time, in NumPy; ``finetune.ranking.network`` trains it.

What does not depend on the candidate is computed once for a list, and each projected text once for
good, so that a hundred candidates take about a millisecond on one core.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from retrieval.errors import WeightsError
from retrieval.events.event import EventType
from retrieval.ranking.features import BEHAVIOUR, TRAINING_ONLY

Floats = NDArray[np.float32]
CARD, WEIGHTS = "network.json", "network.safetensors"
NUMBERS = [name for name in (*BEHAVIOUR, *TRAINING_ONLY) if name != "position"]
_LAYERS = ("wide", "heads", "activation.0", "activation.2", "inner.0", "inner.1")
_NAMES = {"mean", "spread", "texts", "action.weight", "recency", "conversion"}
_NAMES |= {f"{layer}.weight" for layer in (*_LAYERS, "outer.0", "outer.1")}
_NAMES |= {f"{layer}.bias" for layer in (*_LAYERS[:4], "outer.0", "outer.1")}


class RankingNetwork:
    """Click and conversion log-odds of candidates for one customer. Immutable."""

    def __init__(self, weights: dict[str, Floats], card: dict[str, object]) -> None:
        """Raises ``WeightsError`` where something is missing or does not fit together."""
        missing = _NAMES - weights.keys()
        if missing:
            raise WeightsError(f"The ranking network lacks {', '.join(sorted(missing))}.")
        columns = card.get("columns")
        if not isinstance(columns, list) or not set(columns) <= set(NUMBERS):
            raise WeightsError("The ranking network was trained on other features.")
        # A network from before some features came ranks on by those that it knows.
        own = list(BEHAVIOUR)
        self._own = [own.index(name) for name in columns if name in BEHAVIOUR]
        self._circumstances = [name for name in columns if name in TRAINING_ONLY]
        if columns != [*(own[place] for place in self._own), *self._circumstances]:
            raise WeightsError("The ranking network has its features in another order.")
        ids = card.get("products")
        if not isinstance(ids, list) or len(ids) != len(weights["texts"]):
            raise WeightsError("The ranking network's products and texts differ in number.")
        self._w = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
        self._places = {str(key): place for place, key in enumerate(ids)}
        self._none = len(ids)
        texts = self._w["texts"]
        self._texts = np.concatenate([texts, np.zeros((1, texts.shape[1]), np.float32)])
        try:
            self._kinds = {
                EventType(str(kind)): n + 1 for n, kind in enumerate(_list(card, "actions"))
            }
            self.slope = float(str(card["slope"]))
            self.intercept = float(str(card["intercept"]))
            self._clip = float(str(card["clip"]))
        except (KeyError, ValueError) as error:
            raise WeightsError(f"The ranking network's card is damaged: {error}.") from error
        self._prepare()

    @classmethod
    def load(cls, folder: Path) -> "RankingNetwork":
        """Reads a folder. Raises ``WeightsError`` where a file is missing or damaged."""
        try:
            card = json.loads((folder / CARD).read_text("utf-8"))
            weights = load_file(folder / WEIGHTS)
        except (OSError, ValueError, SafetensorError) as error:
            raise WeightsError(f"The ranking network in {folder} cannot be read.") from error
        return cls(weights, card)

    def _prepare(self) -> None:
        w = self._w
        width = self._texts.shape[1]
        first = w["activation.0.weight"]
        # [c*h, c-h, h, k] W = (c*h) W1 + c W2 + h (W3 - W2) + k W4
        self._product, self._candidate = first[:, :width], first[:, width : 2 * width]
        self._past = first[:, 2 * width : 3 * width] - self._candidate
        self._action = w["action.weight"] @ first[:, 3 * width :].T + w["activation.0.bias"]
        self._fading = float(np.log1p(np.exp(w["recency"][0])) / 10)
        assumed = np.array([TRAINING_ONLY[n] for n in self._circumstances], np.float32)
        behind = slice(len(self._own), None)
        self._assumed = (assumed - w["mean"][behind]) / w["spread"][behind]

    def odds(
        self,
        rows: NDArray[np.float64],
        ids: Sequence[str],
        latest: Iterable[tuple[str, EventType]],
        circumstances: NDArray[np.float64] | None = None,
    ) -> tuple[Floats, Floats, Floats]:
        """Log-odds of candidates at the first place of a list.

        Args:
            rows: behaviour features, shape ``(n, len(BEHAVIOUR))``.
            ids: their products; one without a text in the model has none.
            latest: the customer's latest actions, the most recent last.
            circumstances: the other numbers, where they are not those assumed in serving.

        Returns:
            The click's linear parts, float32 of the shape of ``rows``; the click's other part; and
            what a conversion's log-odds given a click add to or take from the click's own, all
            (n,).
        """
        w = self._w
        known = len(self._own)
        own, behind = slice(0, known), slice(known, None)
        scaled = ((rows[:, self._own] - w["mean"][own]) / w["spread"][own]).astype(np.float32)
        if circumstances is None:
            rest = np.broadcast_to(self._assumed, (len(rows), len(self._assumed)))
        else:
            rest = ((circumstances - w["mean"][behind]) / w["spread"][behind]).astype(np.float32)
        numbers = np.concatenate([scaled, rest], axis=1).clip(-self._clip, self._clip)
        items = self._texts[[self._places.get(key, self._none) for key in ids]]
        attended = self._attend(items, [*latest][::-1])
        likeness = (attended * items).sum(axis=1, keepdims=True)
        first = np.concatenate([numbers, items, attended, likeness], axis=1)
        crossed = first
        for layer in "01":
            inner = np.maximum(crossed @ w[f"inner.{layer}.weight"].T, 0)
            outer = inner @ w[f"outer.{layer}.weight"].T + w[f"outer.{layer}.bias"]
            crossed = crossed + first * outer
        deep = crossed @ w["heads.weight"].T + w["heads.bias"]
        parts = numbers * w["wide.weight"][0]
        bias = deep[:, 0] + w["wide.bias"][0] + parts[:, behind].sum(axis=1)
        parts, bias = self.slope * parts[:, own], self.slope * bias + self.intercept
        click = (parts.sum(axis=1) + bias - self.intercept) / self.slope
        share, offset = w["conversion"][1]
        every = np.zeros(rows.shape, np.float32)
        every[:, self._own] = parts
        return every, bias, share * click + offset + deep[:, 2]

    def _attend(self, items: Floats, latest: Sequence[tuple[str, EventType]]) -> Floats:
        if not latest:
            return np.zeros_like(items)
        past = self._texts[[self._places.get(key, self._none) for key, _ in latest]]
        kinds = self._action[[self._kinds.get(kind, 0) for _, kind in latest]]
        hidden = np.einsum("nd,hd,kd->nhk", items, past, self._product, optimize=True)
        hidden += (items @ self._candidate.T)[:, None] + (past @ self._past.T + kinds)[None]
        np.maximum(hidden, 0, out=hidden)
        raw = hidden @ self._w["activation.2.weight"][0] + self._w["activation.2.bias"][0]
        fading = np.exp(-self._fading * np.arange(len(latest), dtype=np.float32))
        weights = fading / (1 + np.exp(-raw))
        attended: Floats = (weights @ past) / np.sqrt(np.float32(len(latest) + 1.0))
        return attended


def _list(card: dict[str, object], name: str) -> list[object]:
    found = card[name]
    if not isinstance(found, list):
        raise ValueError(f"{name} is no list")
    return found
