"""A whole course: read, hold out, train, count, blend, measure each part, train on all, write."""

import hashlib
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from finetune.errors import TrainingDataError
from finetune.sequence import measures
from finetune.sequence.batches import Lines
from finetune.sequence.blend import Case, learn_weights, pools
from finetune.sequence.histories import Histories, Told, Whole, numbered
from finetune.sequence.neighbours import Following
from finetune.sequence.network import SequenceNet
from finetune.sequence.recipe import SequenceRecipe
from finetune.sequence.spectral import spectral_vectors
from finetune.sequence.steps import Step, unseen
from finetune.sequence.trainer import CHECKPOINT, Progress, Report, train
from finetune.sequence.tuning import item_knn, tuned_following
from finetune.sequence.written import Written, put_together, write
from retrieval.ranking.sequence.card import SIGNALS
from retrieval.ranking.sequence.history import Counted
from retrieval.ranking.sequence.model import SequenceModel

Texts = Mapping[str, NDArray[np.float32]]
Figures = dict[str, dict[str, float]]
_TOP = 10
_TESTED = 6000
"""Customers at most that test."""
_REFIT = "refit"
_OFTEN = 0.02
"""Share of customers who take again what they had, above which it is not hidden."""
_GENTLY = 0.2
"""What the learning rate is multiplied with when the held-out events are learnt."""


@dataclass(frozen=True)
class HeldOut:
    """What is not learnt but looked at to choose: one item that came next, of some customers.

    Attributes:
        customers: their numbers.
        targets: (customers,) the items.
        repeats: whether customers take again what they had; if hardly ever, it is hidden.
    """

    customers: list[int]
    targets: Whole
    repeats: bool


@dataclass(frozen=True)
class Fitted:
    """A network and the way of counting that were best for what was held out."""

    net: SequenceNet
    how: Following
    progress: Progress


def train_sequence(
    told: list[Told],
    counted: Counted,
    folder: Path,
    recipe: SequenceRecipe,
    texts: Texts | None = None,
    test: bool = False,
    report: Report = lambda row: None,
    step: Step = unseen,
) -> dict[str, Any]:
    """Trains a next-item model and writes a folder that ``SequenceModel.load`` opens.

    The last event of each customer is the validation item: it stops the network's training, and
    the way of counting and the blend are chosen by it. What is written then learns it too.

    Args:
        told: customers' events.
        counted: what cleaning found, for the metrics.
        folder: to write; a run that was cut off there goes on.
        recipe: how.
        texts: by item, unit vectors of their texts; items that nobody had may be among them.
        test: hold out the last event of each customer for good, the one before is the validation
            item; the metrics then tell how each part ranks the last.
        report: called after every epoch of the network.
        step: called as each stage goes on.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        TrainingDataError: no customer has three events (four with ``test``).
    """
    begun = time.monotonic()
    every = numbered(told, list(texts or {}))
    vectors = text_vectors(every.items, texts)
    known = without_last(every) if test else every
    before, held = hold_out(known, recipe)
    fitted = fit(before, held, vectors, recipe, folder, report, step)
    first = put_together(fitted.net, before, fitted.how, held.repeats, vectors)
    model = first.model()
    cases = [
        Case(model.past(before.events(customer)), held.targets[place : place + 1])
        for place, customer in enumerate(held.customers)
    ]
    weights = learn_weights(pools(model, cases, "next", held.repeats, step), _TOP)
    metrics: dict[str, Any] = {
        "customers": len(told),
        "items": len(every.items),
        "events": sum(map(len, every.rows)),
        "cleaned": {name: getattr(counted, name) for name in Counted.__dataclass_fields__},
        "held_out": len(held.customers),
        "best_epoch": fitted.progress.best_epoch,
        "seconds_per_epoch": _per_epoch(fitted.progress, "seconds"),
        "processor_seconds_per_epoch": _per_epoch(fitted.progress, "processor_seconds"),
        "validation": parts(
            model.weighted({"next": weights}, held.repeats), before, held, "validation", step
        ),
    }
    final = refit(fitted, known, held.repeats, vectors, recipe, folder, step)
    final = final.weighted({"next": weights})
    if test:
        able = [customer for customer, row in enumerate(known.rows) if len(row)]
        last = last_events(every, _drawn(able, _TESTED, recipe.seed))
        metrics["test"] = parts(final.model(), known, last, "test", step)
        metrics["tested"] = len(last.customers)
    metrics["seconds"] = round(time.monotonic() - begun, 1)
    write(folder, final, metrics, fitted.progress.rows, recipe.model_dump_json(indent=1))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    shutil.rmtree(folder / _REFIT, ignore_errors=True)
    return metrics


def fit(
    before: Histories,
    held: HeldOut,
    texts: NDArray[np.float32] | None,
    recipe: SequenceRecipe,
    folder: Path,
    report: Report = lambda row: None,
    step: Step = unseen,
) -> Fitted:
    """Trains the network and finds the way of counting, both by what was held out.

    Args:
        before: what customers had before the held-out items; nothing else is learnt.
        held: what to choose by.
        texts: (items, text size), if the items have any.
        recipe: how.
        folder: for the checkpoint.
        report: called after every epoch.
        step: called as each stage goes on.

    Raises:
        TrainingDataError: nothing follows anything in ``before``.
    """
    lines = Lines(before, recipe)
    if not len(lines):
        raise TrainingDataError("No customer has enough events: nothing follows anything.")
    torch.manual_seed(recipe.seed)
    net = SequenceNet(
        recipe,
        len(before.items),
        len(before.kinds),
        None if texts is None else torch.from_numpy(texts),
    )

    start = spectral_vectors(before, recipe.size, recipe.seed) if recipe.spectral else None
    if start is not None:
        net.items.data.copy_(start)

    def measure(trained: SequenceNet) -> dict[str, float]:
        score = measures.network_score(trained, before)
        return measures.figures(
            measures.ranks(score, before, held.customers, held.targets, held.repeats)
        )

    progress = train(net, lines, measure, recipe, folder, _mark(before), report, step)
    how = tuned_following(before, held.customers, held.targets, held.repeats, step)
    return Fitted(net, how, progress)


def refit(
    fitted: Fitted,
    histories: Histories,
    repeats: bool,
    texts: NDArray[np.float32] | None,
    recipe: SequenceRecipe,
    folder: Path,
    step: Step = unseen,
) -> Written:
    """The same with the held-out events learnt too: counted anew, the network trained on."""
    if recipe.refit_epochs:
        gently = recipe.model_copy(
            update={"epochs": recipe.refit_epochs, "rate": recipe.rate * _GENTLY}
        )
        lines = Lines(histories, gently)
        mark = _mark(histories)
        train(fitted.net, lines, None, gently, folder / _REFIT, mark, step=step, stage="all events")
    return put_together(fitted.net, histories, fitted.how, repeats, texts)


def parts(
    model: SequenceModel,
    before: Histories,
    held: HeldOut,
    stage: str = "figures",
    step: Step = unseen,
) -> Figures:
    """What each part reaches alone, beside the usual item-kNN, and what all reach blended."""
    customers, targets, repeats = held.customers, held.targets, held.repeats
    found = np.empty((len(SIGNALS) + 1, len(customers)))
    told = np.zeros(len(SIGNALS), dtype=np.bool_)
    weights = np.array(
        [model.card.weights["next"].get(name, 0.0) for name in SIGNALS], dtype=np.float32
    )
    for place, customer in enumerate(customers):
        step(stage, place + 1, len(customers))
        past = model.past(before.events(customer))
        signals = model.signals(past)
        told |= signals.max(axis=1) > signals.min(axis=1)
        told[SIGNALS.index("own")] &= repeats
        for row, scores in enumerate([*signals, weights @ signals]):
            model.hide(scores, past)
            found[row, place] = measures.rank(scores, int(targets[place]))
    knn = measures.ranks(item_knn(before), before, customers, targets, repeats)
    return {
        **{n: measures.figures(found[row]) for row, n in enumerate(SIGNALS) if told[row]},
        "item_knn": measures.figures(knn),
        "blend": measures.figures(found[-1]),
    }


def hold_out(histories: Histories, recipe: SequenceRecipe) -> tuple[Histories, HeldOut]:
    """Takes out the last item of at most ``recipe.held_out`` customers, drawn by the seed.

    Of those who have two events only half may be drawn: from the others is learnt what follows.

    Raises:
        TrainingDataError: nobody has two events.
    """
    long = [customer for customer, row in enumerate(histories.rows) if len(row) > 2]
    pairs = [customer for customer, row in enumerate(histories.rows) if len(row) == 2]
    able = long + _drawn(pairs, (len(pairs) + 1) // 2, recipe.seed)
    if not able:
        raise TrainingDataError("No customer has two events, so nothing can be held out.")
    some = _drawn(able, recipe.held_out, recipe.seed)
    return without_last(histories, some), last_events(histories, some)


def without_last(histories: Histories, customers: Sequence[int] | None = None) -> Histories:
    """Without the last event of some customers, or of all; of a single event none is kept."""
    cut = set(range(len(histories.rows)) if customers is None else customers)
    return histories.cut([max(len(row) - (n in cut), 0) for n, row in enumerate(histories.rows)])


def last_events(histories: Histories, customers: Sequence[int]) -> HeldOut:
    """What is to be predicted of some customers: the last item of each."""
    rows = [histories.rows[customer] for customer in customers]
    again = [row[-1] in row[:-1] for row in rows]
    return HeldOut(
        list(customers),
        np.array([row[-1] for row in rows], dtype=np.int64),
        bool(np.mean(again or [False]) > _OFTEN),
    )


def _drawn(customers: Sequence[int], most: int, seed: int) -> list[int]:
    """At most so many of some customers, in order."""
    drawn = np.random.default_rng(seed).permutation(len(customers))[:most]
    return sorted(customers[place] for place in drawn.tolist())


def text_vectors(items: Sequence[str], texts: Texts | None) -> NDArray[np.float32] | None:
    """(items, text size), zeros where an item has no text; None where none has."""
    if not texts:
        return None
    nothing = np.zeros_like(next(iter(texts.values())))
    return np.stack([texts.get(item, nothing) for item in items]).astype(np.float32)


def _mark(histories: Histories) -> str:
    """Tells one set of histories from another."""
    digest = hashlib.sha256("\n".join(histories.items).encode())
    for row in histories.rows:
        digest.update(row.tobytes() + b"|")
    return digest.hexdigest()


def _per_epoch(progress: Progress, name: str) -> float:
    return round(float(np.mean([row[name] for row in progress.rows])), 1)
