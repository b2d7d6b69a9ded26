"""Fits search to graded queries: first the encoder, then the order, each on queries of its own."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from finetune.search.contrastive import (
    Schedule,
    Told,
    TrainingQuery,
    train_contrastive,
)
from finetune.search.mining import Grades
from finetune.search.order import CandidateList, Growth, train_order
from finetune.search.student import AdaptedEncoder
from retrieval.encoder.catalog_adapter import CatalogAdapter
from retrieval.encoder.script import has_chinese
from retrieval.search.asked_before import AskedBefore
from retrieval.search.learnt import (
    CANDIDATES,
    LearntOrder,
    SearchEvidence,
    candidate_features,
    candidate_rows,
    feature_names,
)
from retrieval.search.matching import TitleTable

Read = Callable[[str], SearchEvidence]
"""Query → what search knows of it."""


def fit_encoder(
    queries: Sequence[TrainingQuery],
    texts: Sequence[str],
    schedule: Schedule,
    device: str = "cpu",
    told: Told = lambda line: None,
) -> CatalogAdapter:
    """An adapter of the encoder, trained on ``queries`` over the catalogue's ``texts``."""
    written = (*(query.text for query in queries), *texts)
    encoder = AdaptedEncoder(schedule.rank, chinese=any(has_chinese(text) for text in written))
    train_contrastive(encoder, queries, texts, schedule, device, told)
    return encoder.adapter()


def fit_order(
    graded: Mapping[str, Grades],
    read: Read,
    table: TitleTable,
    before: AskedBefore,
    growth: Growth,
    told: Told = lambda line: None,
) -> LearntOrder:
    """The learnt order, trained on queries that the encoder which ``read`` asks has not seen.

    Raises:
        TrainingDataError: too few of them have anything to order.
    """
    lists: list[CandidateList] = []
    names: list[str] = []
    for number, (query, grades) in enumerate(graded.items(), 1):
        evidence = read(query)
        names = names or feature_names(evidence.scores)
        rows = candidate_rows(evidence.scores, CANDIDATES)
        lists.append(
            CandidateList(candidate_features(evidence, rows, table, before), _gains(rows, grades))
        )
        if number % 500 == 0:
            told(f"order: read {number} of {len(graded)} queries")
    told(f"order: growing {growth.forests} x {growth.rounds} trees on {len(lists)} queries")
    return LearntOrder(train_order(lists, names, growth), before)


def _gains(rows: NDArray[np.int64], grades: Grades) -> NDArray[np.float32]:
    return np.array([grades.get(int(row), 0.0) for row in rows], dtype=np.float32)
