"""Learns how much each signal of a sequence model counts, from what really came next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetune.sequence.steps import Step, unseen
from retrieval.ranking.sequence.card import SIGNALS, Task
from retrieval.ranking.sequence.model import Past, SequenceModel

_POOL = 100
_TRIED = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0)
_SWEEPS = 3
_LITTLE = 0.05
"""What every signal but the best has to say until it is known better: where the best tells nothing,
as on little data, the others decide."""
_UNTOLD = {"network": 0.1, "follows": 1.0, "popularity": 0.1}
"""The weights where no case tells one signal from another."""

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """What a customer had, and what came next or belongs to the basket."""

    past: Past
    targets: Whole


@dataclass(frozen=True)
class Pools:
    """The best items of each signal, for some cases, with what each signal says of them.

    Attributes:
        signals: (cases, pool, signals).
        right: (cases, pool) whether the item came next; padding is never right.
        present: (cases, pool) False for padding.
        targets: (cases,) how many items are right.
    """

    signals: Floats
    right: NDArray[np.bool_]
    present: NDArray[np.bool_]
    targets: Whole


def pools(
    model: SequenceModel, cases: Sequence[Case], task: Task, repeats: bool, step: Step = unseen
) -> Pools:
    """What a blend has to order: per case the union of each signal's best items.

    An item that no signal ranks high cannot be ranked high by their sum either, so the rest of the
    catalogue need not be looked at while weights are tried.
    """
    shown = model.weighted({}, repeats)
    found: list[tuple[Floats, NDArray[np.bool_]]] = []
    for done, case in enumerate(cases, start=1):
        step("blend", done, len(cases))
        signals = shown.signals(case.past)
        union: set[int] = set()
        hidden = np.zeros(signals.shape[1], dtype=np.float32)
        shown.hide(hidden, case.past, task)
        for row in signals:
            if row.max() > row.min():
                masked = row + hidden
                count = min(_POOL, len(row) - 1)
                union.update(np.argpartition(-masked, count)[:count].tolist())
        kept = np.array(sorted(n for n in union if hidden[n] == 0), dtype=np.int64)
        found.append((signals[:, kept].T, np.isin(kept, case.targets)))
    widest = max(len(right) for _, right in found)
    values = np.zeros((len(found), widest, len(SIGNALS)), dtype=np.float32)
    right = np.zeros((len(found), widest), dtype=np.bool_)
    present = np.zeros_like(right)
    for row, (some, hits) in enumerate(found):
        values[row, : len(hits)], right[row, : len(hits)] = some, hits
        present[row, : len(hits)] = True
    return Pools(values, right, present, np.array([len(case.targets) for case in cases]))


def ndcg(pool: Pools, weights: Floats, top: int) -> float:
    """Mean NDCG among the first ``top`` with these weights; (signals,)."""
    hits, discounts = _hits(pool, weights, top)
    ideal = np.array([discounts[: min(n, top)].sum() for n in pool.targets])
    return float(((hits * discounts).sum(axis=1) / np.maximum(ideal, 1e-9)).mean())


def recall(pool: Pools, weights: Floats, top: int) -> float:
    """Mean share of the right items among the first ``top``; (signals,)."""
    hits, _ = _hits(pool, weights, top)
    return float((hits.sum(axis=1) / np.maximum(pool.targets, 1)).mean())


def learn_weights(pool: Pools, top: int) -> dict[str, float]:
    """The weights with the best NDCG, found one signal at a time from a fixed ladder.

    Signals are first brought to one spread. NDCG has no slope to follow, and a few numbers need
    none.
    """
    if not pool.present.any():
        return dict(_UNTOLD)
    spread = np.array(
        [pool.signals[..., n][pool.present].std() for n in range(len(SIGNALS))], dtype=np.float32
    )
    used = [n for n in range(len(SIGNALS)) if spread[n] > 1e-6]
    if not used:
        return dict(_UNTOLD)
    scale = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 0).astype(np.float32)
    alone = {n: ndcg(pool, _only(n) * scale, top) for n in used}
    order = sorted(used, key=lambda n: -alone[n])
    little = np.zeros(len(SIGNALS), dtype=np.float32)
    little[used] = _LITTLE
    little[order[0]] = 1.0
    # One at a time may end on a low hill; the better of two ways up is taken.
    steps, _ = max(
        (_climbed(pool, start, scale, order, top) for start in (little, _only(order[0]))),
        key=lambda found: found[1],
    )
    return {SIGNALS[n]: float(steps[n] * scale[n]) for n in used if steps[n]}


def _climbed(
    pool: Pools, steps: Floats, scale: Floats, order: Sequence[int], top: int
) -> tuple[Floats, float]:
    """The steps, changed one at a time while that helps, and the NDCG they reach."""
    best = ndcg(pool, steps * scale, top)
    for _ in range(_SWEEPS):
        before = best
        for number in [*order[1:], order[0]]:
            for value in _around(float(steps[number])):
                tried = steps.copy()
                tried[number] = value
                reached = ndcg(pool, tried * scale, top)
                if reached > best + 1e-6:
                    best, steps = reached, tried
        if best - before < 1e-5:
            break
    return steps, best


def _around(value: float) -> list[float]:
    """The ladder, and finer steps about where it stands."""
    near = [value * factor for factor in (0.7, 0.85, 1.2, 1.4)] if value else []
    return sorted({*_TRIED, *near})


def _only(number: int) -> Floats:
    weights = np.zeros(len(SIGNALS), dtype=np.float32)
    weights[number] = 1.0
    return weights


def _hits(pool: Pools, weights: Floats, top: int) -> tuple[NDArray[np.bool_], Floats]:
    scores = np.where(pool.present, pool.signals @ weights, -np.inf)
    top = min(top, scores.shape[1])
    if top < scores.shape[1]:
        first = np.argpartition(-scores, top - 1, axis=1)[:, :top]
    else:
        first = np.tile(np.arange(top), (len(scores), 1))
    order = np.argsort(-np.take_along_axis(scores, first, axis=1), axis=1, kind="stable")
    first = np.take_along_axis(first, order, axis=1)
    discounts = (1 / np.log2(np.arange(top) + 2)).astype(np.float32)
    return np.take_along_axis(pool.right, first, axis=1), discounts
