"""A trained sequence model: customer vectors and scores of what comes next."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file

from retrieval.errors import WeightsError
from retrieval.ranking.sequence.card import SIGNALS, SequenceCard, Task
from retrieval.ranking.sequence.history import (
    SequenceEvent,
    cleaned,
    gap_steps,
    slice_numbers,
    step_numbers,
)
from retrieval.ranking.sequence.neighbours import Neighbours
from retrieval.ranking.sequence.network import SequenceNetwork, Shape
from retrieval.ranking.sequence.newcomers import newcomers
from retrieval.ranking.sequence.repeats import Repeats

CARD = "card.json"
ITEMS = "items.json"
WEIGHTS = "model.safetensors"

_FADED = 1e-3
"""Moments that count less than that are let go."""

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Past:
    """What counts of a history: the last events with known items, as numbers, oldest first."""

    items: Whole
    kinds: Whole
    gaps: Whole
    slices: Whole
    steps: Whole
    days: Floats

    def __len__(self) -> int:
        return len(self.items)


class SequenceModel:
    """Scores the catalogue for a customer. Immutable, so threads may share it.

    A call takes one to three milliseconds for 12,000 items and the longest history.
    """

    def __init__(
        self,
        card: SequenceCard,
        items: Sequence[str],
        network: SequenceNetwork,
        follows: Neighbours,
        together: Neighbours,
        popularity: Floats,
        texts: Floats | None = None,
        text_weights: Floats | None = None,
        again: Repeats | None = None,
    ) -> None:
        """Args:
        card: of the model.
        items: ids, in the order of all rows.
        network: with the items' vectors.
        follows: how strongly items come after others.
        together: how strongly items belong to one moment.
        popularity: (items,) logarithm of each item's share of events.
        texts: (items, text size) unit vectors of the items' texts, where there are any.
        text_weights: (size, text size) turns them into a part of an item's vector.
        again: how likely customers take again what they had, where that was learnt.
        """
        self.card = card
        self.items = tuple(items)
        self.network = network
        self._numbers = {item: number for number, item in enumerate(self.items)}
        self._kinds = {kind: number for number, kind in enumerate(card.kinds)}
        self._follows = follows
        self._together = together
        self._popularity = popularity
        self._texts = texts
        self._text_weights = text_weights
        self._again = again

    @classmethod
    def load(cls, folder: Path) -> "SequenceModel":
        """Opens what ``shopkeeper train sequence`` wrote.

        Raises:
            WeightsError: a file is missing, damaged or does not fit the others.
        """
        try:
            card = SequenceCard.model_validate_json((folder / CARD).read_text(encoding="utf-8"))
            items = json.loads((folder / ITEMS).read_text(encoding="utf-8"))
            weights = load_file(folder / WEIGHTS)
            model = cls.of(card, items, weights)
        except (OSError, ValueError, KeyError, SafetensorError, ValidationError) as error:
            raise WeightsError(f"{folder} holds no sequence model: {error}") from error
        if len(weights["network.items"]) != len(items) or len(weights["popularity"]) != len(items):
            raise WeightsError(f"{folder}: {ITEMS} does not fit {WEIGHTS}.")
        return model

    @classmethod
    def of(
        cls, card: SequenceCard, items: Sequence[str], weights: dict[str, NDArray[Any]]
    ) -> "SequenceModel":
        """The model of a card and the arrays that its folder holds.

        Raises:
            KeyError: an array is missing.
        """
        inner = {
            name.removeprefix("network."): values
            for name, values in weights.items()
            if name.startswith("network.")
        }
        return cls(
            card,
            items,
            SequenceNetwork(Shape(card.pooling, card.heads, card.blocks), inner),
            _neighbours(weights, "follows"),
            _neighbours(weights, "together"),
            weights["popularity"],
            weights.get("texts"),
            weights.get("text_weights"),
            _repeats(weights),
        )

    def with_items(self, ids: Sequence[str], texts: Floats) -> "SequenceModel":
        """The model with more items, known by their texts only; for what is new in the shop.

        Args:
            ids: those the model knows already are passed over.
            texts: (ids, text size) unit vectors by the encoder that it was trained with.

        Raises:
            WeightsError: the model was trained without texts.
        """
        if self._texts is None or self._text_weights is None:
            raise WeightsError("This sequence model was trained without the items' texts.")
        new = [row for row, item in enumerate(ids) if item not in self._numbers]
        added = texts[new].astype(np.float32)
        vectors = np.concatenate([self.network.items, added @ self._text_weights.T])
        every = np.concatenate([self._texts, added])
        like = newcomers(every, np.arange(len(every)) < len(self._texts))
        return SequenceModel(
            self.card,
            [*self.items, *(ids[row] for row in new)],
            self.network.with_vectors(vectors),
            like.joined(self._follows.grown(len(vectors))),
            like.joined(self._together.grown(len(vectors))),
            # As an item that nobody has had yet.
            np.append(self._popularity, np.full(len(new), self._popularity.min())),
            every,
            self._text_weights,
            self._again and self._again.grown(len(vectors)),
        )

    def customer_vector(self, history: Sequence[SequenceEvent]) -> Floats | None:
        """(size,) for what a customer did, or None where none of it is known.

        Only the last ``card.longest`` events count, after cleaning.
        """
        past = self.past(history)
        return self._vector(past) if len(past) else None

    def item_vectors(self, items: Sequence[str]) -> Floats:
        """(items, size): multiplied with a customer's vector they give the network's scores.

        An unknown item has zeros.
        """
        result = np.zeros((len(items), self.network.items.shape[1]), dtype=np.float32)
        known = [
            (row, self._numbers[item]) for row, item in enumerate(items) if item in self._numbers
        ]
        for row, number in known:
            result[row] = self.network.items[number]
        return result

    def scores(
        self, history: Sequence[SequenceEvent], candidates: Sequence[str], task: Task = "next"
    ) -> Floats:
        """(candidates,): higher is likelier. An unknown one scores like an item nobody had.

        Args:
            history: what the customer did, oldest first; for ``with`` it ends with the basket,
                whose events have one and the same time.
            candidates: ids of items.
            task: what the scores are for.
        """
        past = self.past(history)
        every = self.catalogue_scores(past, task)
        weight = self._weight(task, "popularity") if len(past) else 1.0
        least = np.float32(self._popularity.min() * weight)
        numbers = [self._numbers.get(item, -1) for item in candidates]
        return np.array([every[n] if n >= 0 else least for n in numbers], dtype=np.float32)

    def best(
        self, history: Sequence[SequenceEvent], count: int, task: Task = "next"
    ) -> list[tuple[str, float]]:
        """The items that score highest in the whole catalogue, with their scores."""
        past = self.past(history)
        scores = self.catalogue_scores(past, task)
        self.hide(scores, past, task)
        count = min(count, len(scores))
        top = np.argpartition(-scores, count - 1)[:count]
        top = top[np.argsort(-scores[top], kind="stable")]
        return [(self.items[n], float(scores[n])) for n in top if np.isfinite(scores[n])]

    def past(self, history: Sequence[SequenceEvent]) -> Past:
        """What counts of a history."""
        # Bounded before it is cleaned: a flood costs no time.
        bound = self.card.remembered
        known = [event for event in history[-2 * bound :] if event.item in self._numbers]
        events = cleaned(known)[0][-bound:]
        times = None
        days = np.zeros(len(events), dtype=np.float32)
        if events and events[0].at is not None:
            times = np.array([event.at for event in events])
            days = ((times[-1] - times) / 86400).astype(np.float32)
        return Past(
            np.array([self._numbers[event.item] for event in events], dtype=np.int64),
            np.array([self._kinds.get(event.kind or "", 0) for event in events], dtype=np.int64),
            gap_steps(times, len(events)),
            slice_numbers(times, len(events), self.card.window, self.card.gap_hours),
            step_numbers(times, len(events)),
            days,
        )

    def catalogue_scores(self, past: Past, task: Task = "next") -> Floats:
        """(all items,) in the order of ``items``. A newcomer is offered what is popular."""
        if not len(past):
            return self._popularity.copy()
        weights = np.array([self._weight(task, name) for name in SIGNALS], dtype=np.float32)
        result: Floats = weights @ self.signals(past)
        return result

    def signals(self, past: Past) -> Floats:
        """(signals, all items): each of ``SIGNALS`` for every item."""
        result = np.zeros((len(SIGNALS), len(self.items)), dtype=np.float32)
        result[4] = self._popularity
        if not len(past):
            return result
        logits = self.network.items @ self._vector(past)
        top = logits.max()
        result[0] = logits - (top + np.log(np.exp(logits - top).sum()))
        back = past.steps[-1] - past.steps
        decayed = np.power(np.float32(self.card.decay), back).astype(np.float32)
        # A moment with many items counts as much as one with a single item.
        size = np.bincount(past.steps)[past.steps].astype(np.float32)
        share = np.where(decayed > _FADED, decayed / size, 0).astype(np.float32)
        result[1] = self._follows.scores(past.items, share)
        last = past.items[back == 0]
        result[2] = self._together.scores(last, np.full(len(last), 1 / len(last), dtype=np.float32))
        np.add.at(result[3], past.items, decayed)
        if self._texts is not None:
            liked = share @ self._texts[past.items] / share.sum()
            result[5] = self._texts @ liked
        if self._again is not None:
            own, likely = self._again.scores(past.items, past.steps, past.days)
            result[6, own] = likely
        return result

    def hide(self, scores: Floats, past: Past, task: Task = "next") -> None:
        """Takes out, in place, what should not be offered: what the customer or basket has."""
        if task == "with":
            scores[past.items[past.steps == past.steps[-1:]]] = -np.inf
        elif not self.card.repeats:
            scores[past.items] = -np.inf

    def number(self, item: str) -> int | None:
        """The item's row, or None where the model does not know it."""
        return self._numbers.get(item)

    def weighted(self, weights: dict[Task, dict[str, float]], repeats: bool) -> "SequenceModel":
        """The same model, blended otherwise."""
        card = self.card.model_copy(update={"weights": weights, "repeats": repeats})
        return SequenceModel(
            card,
            self.items,
            self.network,
            self._follows,
            self._together,
            self._popularity,
            self._texts,
            self._text_weights,
            self._again,
        )

    def _vector(self, past: Past) -> Floats:
        last = slice(-self.card.longest, None)
        return self.network.vector(
            past.items[last], past.gaps[last], past.kinds[last], past.slices[last]
        )

    def _weight(self, task: Task, signal: str) -> float:
        return self.card.weights.get(task, {}).get(signal, 0.0)


def _repeats(weights: dict[str, NDArray[Any]]) -> Repeats | None:
    if "repeats.weights" not in weights:
        return None
    return Repeats(weights["repeats.weights"], weights["repeats.again"], weights["popularity"])


def _neighbours(weights: dict[str, NDArray[Any]], name: str) -> Neighbours:
    return Neighbours(*(weights[f"{name}.{part}"] for part in ("starts", "items", "values")))
