"""Finds how sequences are best counted, on held-out customers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from finetune.sequence.histories import Histories, Whole
from finetune.sequence.measures import Score, Scores, figures, ranks
from finetune.sequence.neighbours import Following, Moments, divided
from finetune.sequence.steps import Step, unseen
from retrieval.ranking.sequence.history import step_numbers

_LADDERS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("after", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)),
    ("before", (0.1, 0.3, 0.5, 0.7)),
    ("decay", (0.5, 0.6, 0.7, 0.8, 0.9)),
    ("near", (0.7, 0.85, 0.95)),
    ("back", (0.1, 0.2, 0.3, 0.5, 0.7, 1.0)),
)


def tuned_following(
    histories: Histories,
    customers: Sequence[int],
    targets: Whole,
    repeats: bool,
    step: Step = unseen,
) -> Following:
    """The way of counting with the best NDCG@10, one number at a time from short ladders.

    Args:
        histories: what customers had before.
        customers: held-out ones.
        targets: (customers,) what each had next.
        repeats: whether what a customer had competes too.
        step: called after every trial.
    """
    moments = Moments(histories)
    best, reached = Following(), -1.0
    counted = {best.near: moments.following(best.near)}
    done, total = 0, sum(len(ladder) for _, ladder in _LADDERS)
    for name, ladder in _LADDERS:
        for value in ladder:
            step("counts", done, total)
            done += 1
            how = best._replace(**{name: value})
            if how == best and reached >= 0:
                continue
            if how.near not in counted:
                counted = {best.near: counted[best.near], how.near: moments.following(how.near)}
            both = counted[how.near] + how.back * counted[how.near].T
            similar = divided(both, moments.counts, how.before, how.after)
            score = _scored(histories, similar, how.decay)
            found = figures(ranks(score, histories, customers, targets, repeats))["ndcg_at_10"]
            if found > reached:
                best, reached = how, found
    step("counts", total, total)
    return best


def item_knn(histories: Histories, decay: float = 0.7) -> Score:
    """Cosine of who had what, recent items counting more: the baseline that is usually quoted."""
    owners = np.repeat(np.arange(len(histories.rows)), [len(row) for row in histories.rows])
    columns = np.concatenate(histories.rows)
    had = sparse.csr_matrix(
        (np.ones(len(columns), dtype=np.float32), (owners, columns)),
        shape=(len(histories.rows), len(histories.items)),
    )
    had.data[:] = 1
    counts = np.asarray(had.sum(axis=0)).ravel()
    return _scored(histories, divided(had.T @ had, counts, 0.5, 0.5), decay)


def _scored(histories: Histories, similar: Any, decay: float) -> Score:
    def score(customers: Sequence[int]) -> Scores:
        rows, columns, values = [], [], []
        for row, customer in enumerate(customers):
            items, times = histories.rows[customer][-50:], histories.times[customer]
            steps = step_numbers(None if times is None else times[-50:], len(items))
            rows.append(np.full(len(items), row))
            columns.append(items)
            values.append(decay ** (steps[-1] - steps) / np.bincount(steps)[steps])
        had = sparse.csr_matrix(
            (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
            shape=(len(customers), len(histories.items)),
            dtype=np.float32,
        )
        result: Scores = (had @ similar).toarray()
        return result

    return score
