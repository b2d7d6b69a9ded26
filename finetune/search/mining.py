"""From judged or clicked queries to what the encoder and the learnt order train on."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from finetune.search.contrastive import TrainingQuery

Grades = Mapping[int, float]
"""Row of a product → its gain for the query, 0 or more; rows not named gain nothing."""

_SURELY_NOT = 5  # the first few found may answer without anyone having said so
_DEPTH = 40


def half_of(query: str) -> int:
    """0 or 1, by hash: which half of all queries this one is of.

    An encoder scores what it was trained on better than anything new, and an order that learnt
    from those scores would trust them too much. So there is an encoder of each half, and the order
    reads of a query what the other half's encoder says of it.
    """
    return int(hashlib.sha256(f"part:{query}".encode()).hexdigest()[:8], 16) % 2


def training_queries(
    graded: Mapping[str, Grades],
    found: Callable[[str], Sequence[NDArray[np.int64]]],
    answers_from: float,
    look_alikes_below: float,
) -> list[TrainingQuery]:
    """Queries with answers and look-alikes; those without any answer are left out.

    Args:
        graded: query → gains of products.
        found: query → ranked rows of one search each, best first.
        answers_from: the least gain of an answer.
        look_alikes_below: products found that gain less than this are look-alikes, except for
            the first few without a grade.
    """
    queries = []
    for text, grades in graded.items():
        answers = {row: gain for row, gain in grades.items() if gain >= answers_from}
        if not answers:
            continue
        low = [row for row, gain in grades.items() if gain < look_alikes_below]
        lists = [[int(row) for row in ranked[:_DEPTH]] for ranked in found(text)]
        unknown = [row for rows in lists for row in rows[_SURELY_NOT:] if row not in grades]
        queries.append(
            TrainingQuery(
                text,
                tuple(answers),
                tuple(answers.values()),
                tuple(dict.fromkeys([*low, *unknown])),
            )
        )
    return queries
