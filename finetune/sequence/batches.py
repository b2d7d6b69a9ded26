"""Histories as padded tensors, those of like length together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finetune.sequence.histories import Histories
from finetune.sequence.recipe import SequenceRecipe
from retrieval.ranking.sequence.history import gap_steps, slice_numbers

Whole = NDArray[np.int64]
_SORTED = 20
"""Batches' worth of customers that are sorted by length, so that little is padded."""


@dataclass(frozen=True)
class Batch:
    """Rows are customers, columns their events, oldest first, padded at the end.

    Attributes:
        items: (batch, length) numbers of items.
        following: (batch, length) the number of the item after each.
        gaps: (batch, length) how long since the event before, as ``gap_steps`` tells.
        kinds: (batch, length) numbers of the kinds of event.
        slices: (batch, length) number of each event's slice, from 0.
        present: (batch, length) whether there is an event.
    """

    items: Tensor
    following: Tensor
    gaps: Tensor
    kinds: Tensor
    slices: Tensor
    present: Tensor

    def ages(self, oldest: int) -> Tensor:
        """(batch, length, length): how many slices each event lies behind another."""
        return (self.slices[:, :, None] - self.slices[:, None, :]).clamp(0, oldest)

    def allowed(self, pooling: str, merging: bool) -> Tensor:
        """(batch, length, length): which events the vector of each event may look at."""
        length = self.items.shape[1]
        past = torch.ones(length, length, dtype=torch.bool).tril()
        if pooling == "flat":
            return past.expand(len(self.items), -1, -1)
        same = self.slices[:, :, None] == self.slices[:, None, :]
        if not merging:
            return past & same
        own = torch.eye(length, dtype=torch.bool)
        return own | (past & ~same & self.closing[:, None, :])

    @property
    def closing(self) -> Tensor:
        """(batch, length): the last event of each slice."""
        following = torch.full_like(self.slices, -1)
        following[:, :-1] = torch.where(self.present[:, 1:], self.slices[:, 1:], -1)
        return self.present & (following != self.slices)


@dataclass(frozen=True)
class _Line:
    """One customer's last events and what followed each."""

    items: Whole
    following: Whole
    gaps: Whole
    kinds: Whole
    slices: Whole


class Lines:
    """All customers that have something to learn, ready to be batched."""

    def __init__(self, histories: Histories, recipe: SequenceRecipe) -> None:
        self._recipe = recipe
        told = zip(histories.rows, histories.times, histories.acts, strict=True)
        self._lines = [
            line for row, times, acts in told for line in _lines(row, times, acts, recipe)
        ]

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def updates(self) -> int:
        """Batches in one epoch."""
        return sum(1 for _ in self._groups(np.random.default_rng(0)))

    def counts(self, items: int) -> Tensor:
        """(items,) the share of each item among what is to be learnt."""
        every = np.concatenate([line.following for line in self._lines])
        return torch.from_numpy(np.bincount(every, minlength=items) / len(every)).float()

    def epoch(self, random: np.random.Generator) -> Iterator[Batch]:
        """All customers once, in random order but those of like length together."""
        for group in self._groups(random):
            yield _padded([self._lines[number] for number in group])

    def _groups(self, random: np.random.Generator) -> list[list[int]]:
        order = random.permutation(len(self._lines))
        batch = self._recipe.batch
        groups: list[list[int]] = []
        for start in range(0, len(order), batch * _SORTED):
            near = sorted(
                order[start : start + batch * _SORTED].tolist(),
                key=lambda number: len(self._lines[number].items),
            )
            groups += [near[first : first + batch] for first in range(0, len(near), batch)]
        return [groups[number] for number in random.permutation(len(groups))]


def _lines(
    row: Whole, times: NDArray[np.float64] | None, acts: Whole, recipe: SequenceRecipe
) -> Iterator[_Line]:
    """A customer's events in stretches of at most ``recipe.longest``, the last one full."""
    for end in range(len(row), 1, -recipe.longest):
        part = slice(max(0, end - recipe.longest - 1), end)
        items, when = row[part], None if times is None else times[part]
        yield _Line(
            items[:-1],
            items[1:],
            gap_steps(when, len(items))[:-1],
            acts[part][:-1],
            slice_numbers(when, len(items), recipe.window, recipe.gap_hours)[:-1],
        )


def whole(histories: Histories, customers: Sequence[int], recipe: SequenceRecipe) -> Batch:
    """The last events of some customers, none left over to predict; ``following`` is 0."""
    lines = []
    for customer in customers:
        kept = slice(-recipe.longest, None)
        row, times = histories.rows[customer][kept], histories.times[customer]
        times = None if times is None else times[kept]
        lines.append(
            _Line(
                row,
                np.zeros_like(row),
                gap_steps(times, len(row)),
                histories.acts[customer][kept],
                slice_numbers(times, len(row), recipe.window, recipe.gap_hours),
            )
        )
    return _padded(lines)


def _padded(lines: Sequence[_Line]) -> Batch:
    longest = max(len(line.items) for line in lines)

    def block(name: str) -> Tensor:
        result = np.zeros((len(lines), longest), dtype=np.int64)
        for row, line in enumerate(lines):
            values = getattr(line, name)
            result[row, : len(values)] = values
        return torch.from_numpy(result)

    lengths = torch.tensor([len(line.items) for line in lines])
    return Batch(
        block("items"),
        block("following"),
        block("gaps"),
        block("kinds"),
        block("slices"),
        torch.arange(longest) < lengths[:, None],
    )
