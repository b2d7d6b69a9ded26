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
from finetune.sequence.trainer import CHECKPOINT, Progress, Report, train
from finetune.sequence.tuning import item_knn, tuned_following
from finetune.sequence.written import Written, arrays, card_of, write
from retrieval.ranking.sequence.card import SIGNALS
from retrieval.ranking.sequence.history import Counted
from retrieval.ranking.sequence.model import SequenceModel

Figures = dict[str, dict[str, float]]
_TOP = 10
_REFIT = "refit"
_GENTLY = 0.2
"""What the learning rate is multiplied with when the held-out events are learnt."""


@dataclass(frozen=True)
class Fitted:
    """A model fitted on what customers had before their last event, and what it reached there."""

    net: SequenceNet
    model: SequenceModel
    how: Following
    figures: Figures
    progress: Progress
    held_out: int


def train_sequence(
    told: list[Told],
    counted: Counted,
    folder: Path,
    recipe: SequenceRecipe,
    texts: Mapping[str, NDArray[np.float32]] | None = None,
    test: bool = False,
    report: Report = lambda row: None,
) -> dict[str, Any]:
    """Trains a next-item model and writes a folder that ``SequenceModel.load`` opens.

    The last event of each customer is the validation item: it stops the network's training, and
    the ways of counting and the blend are chosen by it. What is written then learns it too.

    Args:
        told: customers' events.
        counted: what cleaning found, for the metrics.
        folder: to write; a run that was cut off there goes on.
        recipe: how.
        texts: by item, unit vectors of their texts; items that nobody had may be among them.
        test: hold out the last event of each customer for good, the one before is the validation
            item; the metrics then tell how each part ranks the last.
        report: called after every epoch of the network.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        TrainingDataError: too few customers have two events (three with ``test``).
    """
    begun = time.monotonic()
    torch.manual_seed(recipe.seed)
    every = numbered(told, list(texts or {}))
    vectors = _text_vectors(every.items, texts)
    known = every.cut([len(row) - 1 for row in every.rows]) if test else every
    fitted = fit(known, vectors, recipe, folder, report)
    metrics: dict[str, Any] = {
        "customers": len(told),
        "items": len(every.items),
        "events": sum(map(len, every.rows)),
        "cleaned": {name: getattr(counted, name) for name in Counted.__dataclass_fields__},
        "held_out": fitted.held_out,
        "best_epoch": fitted.progress.best_epoch,
        "seconds_per_epoch": _per_epoch(fitted.progress, "seconds"),
        "processor_seconds_per_epoch": _per_epoch(fitted.progress, "processor_seconds"),
        "validation": fitted.figures,
    }
    final = refit(fitted, known, vectors, recipe, folder)
    if test:
        some, targets = _last_events(every, len(every.rows), recipe.seed)
        metrics["test"] = parts(final.model(), known, some, targets)
        metrics["tested"] = len(some)
    metrics["seconds"] = round(time.monotonic() - begun, 1)
    write(folder, final, metrics, fitted.progress.rows, recipe.model_dump_json(indent=1))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    shutil.rmtree(folder / _REFIT, ignore_errors=True)
    return metrics


def fit(
    histories: Histories,
    texts: NDArray[np.float32] | None,
    recipe: SequenceRecipe,
    folder: Path,
    report: Report = lambda row: None,
) -> Fitted:
    """Fits network, counts and blend with each customer's last event held out.

    Raises:
        TrainingDataError: too few customers have two events.
    """
    some, targets = _last_events(histories, recipe.held_out, recipe.seed)
    before = histories.cut([max(len(row) - 1, min(len(row), 1)) for row in histories.rows])
    again = np.mean([t in before.rows[c] for c, t in zip(some, targets, strict=True)])
    # What customers had is hidden where they hardly ever take it again.
    repeats = bool(again > 0.02)
    net = SequenceNet(
        recipe,
        len(histories.items),
        len(histories.kinds),
        None if texts is None else torch.from_numpy(texts),
    )

    def measure(trained: SequenceNet) -> dict[str, float]:
        score = measures.network_score(trained, before)
        return measures.figures(measures.ranks(score, before, some, targets, repeats))

    lines = Lines(before, recipe)
    if not len(lines):
        raise TrainingDataError("No customer has three events, so nothing follows anything.")
    mark = _mark(histories)
    progress = train(net, lines, measure, recipe, folder, mark, report)
    how = tuned_following(before, some, targets, repeats)
    numbers = arrays(net, before, how, texts)
    card = card_of(net, histories, how, repeats)
    model = SequenceModel.of(card, histories.items, numbers)
    cases = [
        Case(model.past(before.events(customer)), targets[place : place + 1])
        for place, customer in enumerate(some)
    ]
    weights = learn_weights(pools(model, cases, "next", repeats), _TOP)
    model = model.weighted({"next": weights}, repeats)
    figures = parts(model, before, some, targets)
    return Fitted(net, model, how, figures, progress, len(some))


def refit(
    fitted: Fitted,
    histories: Histories,
    texts: NDArray[np.float32] | None,
    recipe: SequenceRecipe,
    folder: Path,
) -> Written:
    """The same model with the held-out events learnt too: counted anew, the network trained on."""
    net = fitted.net
    if recipe.refit_epochs:
        gently = recipe.model_copy(
            update={"epochs": recipe.refit_epochs, "rate": recipe.rate * _GENTLY}
        )
        train(net, Lines(histories, recipe), None, gently, folder / _REFIT, _mark(histories))
    return Written(fitted.model.card, histories.items, arrays(net, histories, fitted.how, texts))


def parts(
    model: SequenceModel, before: Histories, customers: Sequence[int], targets: Whole
) -> Figures:
    """What each part reaches alone, beside the usual item-kNN, and what all reach blended."""
    repeats = model.card.repeats
    found = np.empty((len(SIGNALS) + 1, len(customers)))
    told = np.zeros(len(SIGNALS), dtype=np.bool_)
    weights = np.array(
        [model.card.weights["next"].get(name, 0.0) for name in SIGNALS], dtype=np.float32
    )
    for place, customer in enumerate(customers):
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


def _last_events(histories: Histories, most: int, seed: int) -> tuple[list[int], NDArray[np.int64]]:
    """Customers with two events or more, at most so many, and the last item of each."""
    able = [customer for customer, row in enumerate(histories.rows) if len(row) > 1]
    if not able:
        raise TrainingDataError("No customer has two events, so nothing can be held out.")
    drawn = np.random.default_rng(seed).permutation(len(able))[:most]
    some = [able[place] for place in sorted(drawn.tolist())]
    return some, np.array([histories.rows[customer][-1] for customer in some])


def _text_vectors(
    items: Sequence[str], texts: Mapping[str, NDArray[np.float32]] | None
) -> NDArray[np.float32] | None:
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
