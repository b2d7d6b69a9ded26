"""How well product search ranks, on judged queries over a whole catalogue of titles.

Systems side by side: ``bm25`` (bm25s as it comes, English stop words and stemmer), ``minilm`` (the
encoder's cosine alone), ``rrf`` (those two by unweighted reciprocal rank fusion, Cormack et al.
2009), ``weighted`` (the project's word index and cosine by the weights that ship), ``finetuned``
(the cosine of the encoder adapted to ``--fit``) and ``hybrid`` (all of it; its order is learnt from
``--fit`` if given).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, replace
from itertools import product as combinations
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer

from evals.judgments import (
    DEPTH,
    RELEVANT,
    Judgments,
    Scores,
    gain,
    mean_of,
    query_figures,
    read_columns,
    read_judgments,
)
from finetune.errors import TrainingDataError
from finetune.search.contrastive import Schedule, Told, TrainingQuery
from finetune.search.fit import fit_encoder, fit_order
from finetune.search.mining import is_for_encoder, training_queries
from finetune.search.order import Growth
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.exact_index import top_rows
from retrieval.index.lexical import LexicalDocument, LexicalIndex, LexicalScores
from retrieval.index.tokenize import terms, words
from retrieval.search.fusion import Fusion, fusion_parts
from retrieval.search.learnt import LearntOrder, SearchEvidence, dealt
from retrieval.search.matching import TitleTable
from retrieval.search.query import read_query
from retrieval.search.signals import signals_of
from retrieval.search.spelling import Speller

_FIT_QUERIES = 600
_STEP = 0.1
_ANSWERS = gain(RELEVANT)
_LOOK_ALIKES = gain(2.0)
_ENCODED_AT_ONCE = 2048
_TOLD_EVERY = 500

OpenAdapted = Callable[[Path], Encoder]
"""File of an adapter → the encoder with it."""


def evaluate(
    products: Path,
    judgments: Path,
    fit: Path | None,
    encoder: Encoder,
    cache: Path,
    adapted: OpenAdapted | None = None,
    schedule: Schedule | None = None,
    told: Told = lambda line: None,
) -> dict[str, Any]:
    """Runs every system on every query of ``judgments`` that has a relevant product.

    Args:
        products: Parquet or CSV with ``product_uid`` and ``product_title``.
        judgments: the same with ``search_term``, ``product_uid`` and ``relevance``.
        fit: judgments that search may be fitted on; nothing is fitted without. Where they are
            few, weights alone are.
        encoder: as it ships.
        cache: folder where the titles' vectors and what was fitted are kept between runs.
        adapted: opens the encoder with an adapter; without, the encoder stays as it is.
        schedule: of the encoder's training.
        told: is told how far it is.

    Returns:
        ``{"systems": {name: metrics}, "n_queries", "weights"}``.

    Raises:
        DataError: a file or a column is missing, or no judged query has a relevant product.
    """
    ids, titles = read_columns(products, "product_uid", "product_title")
    rows = {identifier: row for row, identifier in enumerate(ids)}
    judged = read_judgments(judgments, rows)
    known = None if fit is None else read_judgments(fit, rows)
    told(f"indexing {len(titles)} titles")
    bench = Bench(titles, encoder, cache, told)
    fitted = bench
    if known is not None:
        try:
            fitted = bench.fitted(known, cache, adapted, schedule, told)
        except TrainingDataError as error:
            told(f"{error} So the weights alone are fitted.")
            fitted = bench.weighted(known)
    systems: dict[str, Callable[[str], Scores]] = {
        "bm25": bench.bm25,
        "minilm": bench.cosines,
        "rrf": bench.rrf,
        "weighted": bench.hybrid,
        "finetuned": fitted.cosines,
        "hybrid": fitted.hybrid,
    }
    if known is None:
        del systems["finetuned"]
    figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in systems}
    for number, (query, relevance) in enumerate(judged.items(), 1):
        for name, score in systems.items():
            ranked = top_rows(score(query), DEPTH)
            figures[name].append(query_figures(ranked, relevance))
        if number % _TOLD_EVERY == 0:
            told(f"measured {number} of {len(judged)} queries")
    return {
        "systems": {name: asdict(mean_of(found)) for name, found in figures.items()},
        "n_queries": len(judged),
        "weights": {name: getattr(fitted.fusion, name) for name in ("bm25", "coverage", "cosine")},
    }


class Bench:
    """Search over one list of titles; every system scores every title for a query."""

    def __init__(
        self,
        titles: Sequence[str],
        encoder: Encoder,
        cache: Path,
        told: Told = lambda line: None,
    ) -> None:
        self._titles = titles
        self._everything = np.ones(len(titles), dtype=np.bool_)
        self._index = LexicalIndex.build([LexicalDocument(terms(t), [], []) for t in titles])
        counts: dict[str, int] = {}
        for title in titles:
            for word in words(title):
                counts[word] = counts.get(word, 0) + 1
        self._speller = Speller(counts)
        self._stemmer = Stemmer.Stemmer("english")
        self._plain = bm25s.BM25()
        self._plain.index(self._tokens(titles), show_progress=False)
        self._table: TitleTable | None = None
        self.fusion = Fusion.load()
        self._order: LearntOrder | None = None
        self._other: Bench | None = None
        self._read_with(encoder, cache, told)

    def _read_with(self, encoder: Encoder, cache: Path, told: Told) -> None:
        self._encoder = encoder
        self._matrix = encoded(self._titles, encoder, cache, told)
        self._vectors: dict[str, Vectors] = {}

    def bm25(self, query: str) -> Scores:
        known = [t for t in self._tokens([query])[0] if t in self._plain.vocab_dict]
        if not known:
            return np.zeros(len(self._titles), dtype=np.float32)
        return np.asarray(self._plain.get_scores(known), dtype=np.float32)

    def cosines(self, query: str) -> Scores:
        if query not in self._vectors:
            self._vectors[query] = self._encoder.encode([query])[0]
        cosines: Scores = self._matrix @ self._vectors[query]
        return cosines

    def rrf(self, query: str) -> Scores:
        fused = np.zeros(len(self._titles), dtype=np.float32)
        for scores in (self.bm25(query), self.cosines(query)):
            best = top_rows(scores, 1000)
            fused[best] += 1.0 / (60 + 1 + np.arange(len(best)))
        return fused

    def hybrid(self, query: str) -> Scores:
        """What a shop's search gives for free words: spelling mended, fused, in learnt order."""
        evidence = self._evidence(query)
        fused = evidence.scores["fused"]
        if self._order is None:
            return fused
        told = [self._order.candidates(evidence, self._titles_read())]
        if self._other is not None and self._other._order is not None:
            other = self._other._evidence(query)
            told.append(self._other._order.candidates(other, self._titles_read()))
        total = np.zeros(len(fused))
        for rows, scores in told:
            total[rows] += scores - scores.min()
        looked_at = np.unique(np.concatenate([rows for rows, _ in told]))
        return dealt(fused, looked_at, total[looked_at])

    def fitted(
        self,
        known: Judgments,
        cache: Path,
        adapted: OpenAdapted | None,
        schedule: Schedule | None,
        told: Told,
    ) -> "Bench":
        """The same, fitted to ``known``. Raises ``TrainingDataError`` where that is too little.

        The encoder is trained on two thirds of the queries; the order by its scores on the other
        third, which it has not seen. Lest the order know no more than that third, a second one
        learns from the first two thirds by the packaged encoder's scores, and both vote.
        """
        grades = {
            query: {row: gain(relevance) for row, relevance in judged.items()}
            for query, judged in known.items()
        }
        for_order = {q: g for q, g in grades.items() if not is_for_encoder(q)}
        for_encoder = {q: g for q, g in grades.items() if is_for_encoder(q)}
        fitted, growth = copy(self), Growth()
        table = self._titles_read()
        fitted._other = copy(self)
        fitted._other._order = fit_order(for_encoder, self._evidence, table, growth, told)
        if adapted is not None:
            file = self._adapter(for_encoder, cache, schedule or Schedule(), told)
            fitted._read_with(adapted(file), cache, told)
        fitted._order = fit_order(for_order, fitted._evidence, table, growth, told)
        return fitted

    def weighted(self, known: Judgments) -> "Bench":
        """The same with weights fitted to ``known``, where there is too little for more."""
        fitted = copy(self)
        fitted.fusion = self._fit_weights(known)
        return fitted

    def _adapter(
        self, grades: Mapping[str, Mapping[int, float]], cache: Path, schedule: Schedule, told: Told
    ) -> Path:
        said = [repr(grades), repr(schedule), self._encoder.fingerprint, *self._titles]
        key = hashlib.sha256("\n".join(said).encode()).hexdigest()[:24]
        file = cache / f"adapter-{key}.safetensors"
        if not file.exists():
            told("looking for hard negatives")
            queries: list[TrainingQuery] = training_queries(
                grades,
                lambda query: (top_rows(self.bm25(query), 40), top_rows(self.cosines(query), 40)),
                answers_from=_ANSWERS,
                look_alikes_below=_LOOK_ALIKES,
            )
            fit_encoder(queries, self._titles, schedule, told=told).save(file)
        return file

    def _evidence(self, query: str) -> SearchEvidence:
        mended = self._speller.mend(query)
        packaged = self if self._other is None else self._other
        scores = signals_of(
            self._lexical(mended), packaged.cosines(mended), self.fusion, self._everything
        )
        scores["cosine"] = self.cosines(mended)  # fused is the packaged one's: two views see more
        return SearchEvidence(mended, scores, self._matrix)

    def _fit_weights(self, judged: Judgments) -> Fusion:
        """The weights, in steps of 0.1, of the highest nDCG@10 on (a sample of) ``judged``."""
        queries = list(judged)
        picked = np.random.default_rng(0).permutation(len(queries))[:_FIT_QUERIES]
        steps = [(a, b, 10 - a - b) for a, b in combinations(range(11), repeat=2) if a + b <= 10]
        weights = np.array(steps, dtype=np.float32) * _STEP
        gained = np.zeros(len(weights))
        every_row = np.arange(len(self._titles))
        for query in (queries[number] for number in picked):
            scores = fusion_parts(self._lexical(query), self.cosines(query), every_row)
            rows = np.unique(np.concatenate([top_rows(part, 3 * DEPTH) for part in scores]))
            for number, fused in enumerate(weights @ scores[:, rows]):
                gained[number] += query_figures(rows[top_rows(fused, DEPTH)], judged[query])[2]
        bm25, coverage, cosine = (float(weight) for weight in weights[gained.argmax()])
        return replace(self.fusion, bm25=bm25, coverage=coverage, cosine=cosine)

    def _titles_read(self) -> TitleTable:
        if self._table is None:
            self._table = TitleTable(self._titles)
        return self._table

    def _lexical(self, query: str) -> LexicalScores:
        return self._index.score(read_query(query, None, ()))

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        tokens: list[list[str]] = bm25s.tokenize(
            list(texts),
            stopwords="en",
            stemmer=self._stemmer,
            return_ids=False,
            show_progress=False,
        )
        return tokens


def encoded(
    titles: Sequence[str], encoder: Encoder, cache: Path, told: Told = lambda line: None
) -> Vectors:
    """Vectors of ``titles``, kept in ``cache`` between runs."""
    key = hashlib.sha256("\n".join([encoder.fingerprint, *titles]).encode()).hexdigest()[:24]
    path = cache / f"titles-{key}.npy"
    if path.exists():
        return np.asarray(np.load(path), dtype=np.float32)
    batches = []
    for start in range(0, len(titles), _ENCODED_AT_ONCE):
        batches.append(encoder.encode(titles[start : start + _ENCODED_AT_ONCE]))
        done = min(start + _ENCODED_AT_ONCE, len(titles))
        if done % (5 * _ENCODED_AT_ONCE) == 0 or done == len(titles):
            told(f"encoded {done} of {len(titles)} titles")
    matrix = np.vstack(batches)
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path, matrix)
    return matrix
