"""What a customer buys next, and what goes with a basket: our model against simple ones."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evals.baskets import Basket, Taken
from evals.errors import DataError
from finetune.sequence.blend import Case, learn_weights, pools
from finetune.sequence.course import HeldOut, fit, refit, text_vectors
from finetune.sequence.histories import Histories, Told, numbered
from finetune.sequence.neighbours import divided
from finetune.sequence.recipe import SequenceRecipe
from finetune.sequence.trainer import Report
from finetune.sequence.written import put_together
from retrieval.ranking.sequence.card import SIGNALS, Task
from retrieval.ranking.sequence.history import SequenceEvent
from retrieval.ranking.sequence.model import Past, SequenceModel

TOP = 20
RECIPE = SequenceRecipe(
    pooling="slices", longest=100, epochs=6, patience=2, held_out=1500, dropout=0.3
)
"""Baskets are slices; three hundred thousand lines need few epochs."""
_DAY = 86400.0
_KNN_DECAY = 0.7
_TASKS: tuple[Task, ...] = ("next", "with")

Scores = NDArray[np.float32]
Baseline = Callable[[Past], Scores]
Texts = dict[str, NDArray[np.float32]]


class Split:
    """Everything by time: learnt, then chosen by, then measured on."""

    def __init__(self, baskets: Sequence[Basket], days: float) -> None:
        """Raises:
        DataError: the baskets span less than three windows of ``days``.
        """
        ordered = sorted(baskets, key=lambda basket: basket.at)
        self.test_from = ordered[-1].at - days * _DAY
        self.validation_from = self.test_from - days * _DAY
        self.baskets = ordered
        if ordered[0].at > self.validation_from - days * _DAY:
            raise DataError(f"The purchases span less than three times {days} days.")

    def told(self, until: float) -> list[Told]:
        """Customers' events before a time."""
        events: dict[str, list[SequenceEvent]] = defaultdict(list)
        for basket in self.baskets:
            if basket.at < until:
                events[basket.customer] += basket.events()
        return [Told(customer, some) for customer, some in events.items()]

    def asked(
        self, since: float, until: float, task: Task, random: np.random.Generator, most: int
    ) -> Iterator[tuple[list[SequenceEvent], list[str]]]:
        """What was known and what is right, for baskets between two times, at most so many.

        ``next``: everything bought before, by a customer who bought something; the whole basket is
        right. ``with``: that and a random half of the basket; the other half is right.
        """
        past: dict[str, list[SequenceEvent]] = defaultdict(list)
        found: list[tuple[list[SequenceEvent], list[str]]] = []
        for basket in self.baskets:
            before = list(past[basket.customer])
            past[basket.customer] += basket.events()
            if not since <= basket.at < until:
                continue
            if task == "next" and before:
                found.append((before, list(basket.items)))
            elif task == "with" and len(basket.items) > 1:
                items = [basket.items[n] for n in random.permutation(len(basket.items))]
                half = len(items) // 2
                found.append((before + basket.events(items[:half]), items[half:]))
        for place in sorted(random.permutation(len(found))[:most].tolist()):
            yield found[place]


def evaluate(
    baskets: Sequence[Basket],
    taken: Taken,
    texts: Texts | None = None,
    recipe: SequenceRecipe = RECIPE,
    days: float = 30.0,
    most: int = 2000,
    report: Report = lambda row: None,
) -> dict[str, Any]:
    """Recall@20 on the last ``days``, all of the catalogue ranked.

    The ``days`` before those choose: the network's epochs, the way of counting, the blend. Then
    everything before the last ``days`` is learnt. Baselines count the same purchases.

    Args:
        baskets: of all customers.
        taken: how they were read; told again.
        texts: by item, unit vectors of their names.
        recipe: of the network.
        days: of each window.
        most: baskets at most for each figure.
        report: called after every epoch.

    Raises:
        DataError: the time is too short.
        TrainingDataError: there is too little to learn.
    """
    split = Split(baskets, days)
    every = sorted({item for basket in baskets for item in basket.items})
    known = numbered(split.told(split.test_from), every)
    before = _until(known, split.validation_from)
    vectors = text_vectors(known.items, texts)
    held = _first_bought(known, before, recipe)
    random = np.random.default_rng(recipe.seed)
    weights: dict[Task, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        fitted = fit(before, held, vectors, recipe, Path(folder), report)
        model = put_together(fitted.net, before, fitted.how, True, vectors).model()
        for task in _TASKS:
            asked = split.asked(split.validation_from, split.test_from, task, random, most // 2)
            cases = list(_cases(model, asked))
            weights[task] = learn_weights(pools(model, cases, task, True), TOP)
        final = refit(fitted, known, True, vectors, recipe, Path(folder)).weighted(weights)
    return {
        "baskets": len(baskets),
        "customers": len({basket.customer for basket in baskets}),
        "items": len(every),
        "lines": taken._asdict(),
        "weights": weights,
        **{
            task: _measured(
                final.model(),
                known,
                list(split.asked(split.test_from, np.inf, task, random, most)),
                task,
            )
            for task in _TASKS
        },
    }


def _measured(
    model: SequenceModel,
    known: Histories,
    asked: Sequence[tuple[list[SequenceEvent], list[str]]],
    task: Task,
) -> dict[str, Any]:
    cases = list(_cases(model, asked))
    weights = model.card.weights[task]
    blend = np.array([weights.get(name, 0.0) for name in SIGNALS], dtype=np.float32)
    simple = baselines(known)
    reached: dict[str, list[float]] = defaultdict(list)
    new = _new_items(known)
    cold: list[float] = []
    among: list[float] = []
    for case in cases:
        signals = model.signals(case.past)
        scores = {
            "ours": blend @ signals,
            "network alone": signals[0].copy(),
            **{name: score(case.past) for name, score in simple.items()},
        }
        for name, values in scores.items():
            best = _best(model, values, case.past, task)
            reached[name].append(len(best & set(case.targets.tolist())) / len(case.targets))
            if name == "ours" and (right := new & set(case.targets.tolist())):
                cold += [float(n in best) for n in right]
                only = np.full_like(values, -np.inf)
                only[list(new)] = values[list(new)]
                found = _best(model, only, case.past, task)
                among.append(len(found & right) / len(right))
    return {
        "n": len(cases),
        "recall_at_20": {name: round(float(np.mean(r)), 4) for name, r in reached.items()},
        "new_items": {
            "items": len(new),
            "n": len(cold),
            "recall_at_20": round(float(np.mean(cold or [0.0])), 4),
            "recall_at_20_among_new": round(float(np.mean(among or [0.0])), 4),
            "by_chance_among_new": round(min(1.0, TOP / max(len(new), 1)), 4),
        },
    }


def baselines(known: Histories) -> dict[str, Baseline]:
    """Simple rankings of the whole catalogue for a past, by name."""
    rows: list[int] = []
    columns: list[int] = []
    owners: list[int] = []
    places: dict[tuple[int, float], int] = {}
    for customer, (items, times) in enumerate(zip(known.rows, known.times, strict=True)):
        moments = times if times is not None else np.arange(len(items), dtype=np.float64)
        for item, at in zip(items.tolist(), moments.tolist(), strict=True):
            place = places.setdefault((customer, at), len(places))
            rows.append(place)
            columns.append(item)
            owners.append(customer)
    count = len(known.items)
    in_baskets = _binary(rows, columns, len(places), count)
    by_customer = _binary(owners, columns, len(known.rows), count)
    popularity = np.asarray(in_baskets.sum(axis=0), dtype=np.float32).ravel()
    together = (in_baskets.T @ in_baskets).tocsr()
    together.setdiag(0)
    near_baskets = divided(in_baskets.T @ in_baskets, popularity, 0.5, 0.5)
    had = np.asarray(by_customer.sum(axis=0), dtype=np.float32).ravel()
    near_customers = divided(by_customer.T @ by_customer, had, 0.5, 0.5)

    def summed(matrix: Any, decay: float) -> Baseline:
        def score(past: Past) -> Scores:
            if not len(past):
                return popularity * 1e-9
            back = past.steps[-1] - past.steps
            weights = np.power(decay, back).astype(np.float32)
            result: Scores = (
                sparse.csr_matrix((weights, (np.zeros(len(past)), past.items)), shape=(1, count))
                @ matrix
            ).toarray()[0]
            return result

        return score

    # Among what was bought as often or as lately, what is popular comes first.
    ties = popularity / (popularity.max() + 1)

    def own(decay: float) -> Baseline:
        def score(past: Past) -> Scores:
            result: Scores = 1e-3 * ties
            if len(past):
                back = past.steps[-1] - past.steps
                np.add.at(result, past.items, np.power(decay, back).astype(np.float32))
            return result

        return score

    return {
        "own purchases, latest": own(_KNN_DECAY),
        "own purchases, most often": own(1.0),
        "popularity": lambda past: popularity.copy(),
        "co-occurrence in baskets": summed(together, _KNN_DECAY),
        "item-kNN, baskets": summed(near_baskets, _KNN_DECAY),
        "item-kNN, customers": summed(near_customers, _KNN_DECAY),
    }


def _binary(rows: Sequence[int], columns: Sequence[int], height: int, width: int) -> Any:
    ones = np.ones(len(rows), dtype=np.float32)
    matrix = sparse.csr_matrix((ones, (rows, columns)), shape=(height, width))
    matrix.data[:] = 1
    return matrix


def _best(model: SequenceModel, scores: Scores, past: Past, task: Task) -> set[int]:
    if len(past):
        model.hide(scores, past, task)
    return set(np.argpartition(-scores, TOP)[:TOP].tolist())


def _cases(model: SequenceModel, asked: Sequence[Any] | Iterator[Any]) -> Iterator[Case]:
    for history, right in asked:
        numbers = [model.number(item) for item in right]
        yield Case(model.past(history), np.array([n for n in numbers if n is not None]))


def _until(histories: Histories, time: float) -> Histories:
    return histories.cut(
        [0 if times is None else int(np.searchsorted(times, time)) for times in histories.times]
    )


def _first_bought(known: Histories, before: Histories, recipe: SequenceRecipe) -> HeldOut:
    """The first item after the cut of customers who bought before and after it."""
    some = [
        customer
        for customer, (row, earlier) in enumerate(zip(known.rows, before.rows, strict=True))
        if 0 < len(earlier) < len(row)
    ]
    if not some:
        raise DataError("No customer bought both before and in the window that chooses.")
    drawn = np.random.default_rng(recipe.seed).permutation(len(some))[: recipe.held_out]
    chosen = [some[place] for place in sorted(drawn.tolist())]
    targets = np.array([known.rows[c][len(before.rows[c])] for c in chosen])
    return HeldOut(chosen, targets, True)


def _new_items(known: Histories) -> set[int]:
    bought = {item for row in known.rows for item in row.tolist()}
    return set(range(len(known.items))) - bought
