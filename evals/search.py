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
    read_judgments,
    read_products,
)
from evals.views import View
from finetune.errors import TrainingDataError
from finetune.search.contrastive import Schedule, Told, TrainingQuery
from finetune.search.fit import fit_encoder, fit_order
from finetune.search.mining import half_of, training_queries
from finetune.search.order import FEWEST, Growth
from finetune.search.translation import fit_translation
from retrieval.encoder.encoder import Encoder
from retrieval.index.exact_index import top_rows
from retrieval.index.lexical import LexicalDocument, LexicalIndex, LexicalScores
from retrieval.index.tokenize import terms, words
from retrieval.search.asked_before import AskedBefore
from retrieval.search.fusion import Fusion, fusion_parts
from retrieval.search.learnt import LearntOrder, SearchEvidence
from retrieval.search.letters import LetterIndex
from retrieval.search.matching import TitleTable
from retrieval.search.query import read_query
from retrieval.search.signals import signals_of
from retrieval.search.spelling import Speller
from retrieval.search.translation import Translation

_FIT_QUERIES = 600
_STEP = 0.1
_ANSWERS = gain(RELEVANT)
_LOOK_ALIKES = gain(2.0)
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
    rows, titles = read_products(products)
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
    return {
        "systems": measured(systems, judged, told),
        "n_queries": len(judged),
        "weights": {name: getattr(fitted.fusion, name) for name in ("bm25", "coverage", "cosine")},
    }


def measured(
    systems: Mapping[str, Callable[[str], Scores]], judged: Judgments, told: Told
) -> dict[str, dict[str, float]]:
    """Metrics of every system on the same queries."""
    figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in systems}
    for number, (query, relevance) in enumerate(judged.items(), 1):
        for name, score in systems.items():
            ranked = top_rows(score(query), DEPTH)
            figures[name].append(query_figures(ranked, relevance))
        if number % _TOLD_EVERY == 0:
            told(f"measured {number} of {len(judged)} queries")
    return {name: asdict(mean_of(found)) for name, found in figures.items()}


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
        self._encoder = encoder
        self._packaged = self._adapted = View(titles, [encoder], cache, told)
        self._letters: LetterIndex | None = None
        self._translations: Sequence[Translation] = ()

    def bm25(self, query: str) -> Scores:
        known = [t for t in self._tokens([query])[0] if t in self._plain.vocab_dict]
        if not known:
            return np.zeros(len(self._titles), dtype=np.float32)
        return np.asarray(self._plain.get_scores(known), dtype=np.float32)

    def cosines(self, query: str) -> Scores:
        return self._adapted.cosines(query)

    def rrf(self, query: str) -> Scores:
        fused = np.zeros(len(self._titles), dtype=np.float32)
        for scores in (self.bm25(query), self.cosines(query)):
            best = top_rows(scores, 1000)
            fused[best] += 1.0 / (60 + 1 + np.arange(len(best)))
        return fused

    def hybrid(self, query: str) -> Scores:
        """What a shop's search gives for free words: spelling mended, fused, in learnt order."""
        evidence = self._evidence(query, self._adapted, self._translations)
        if self._order is None:
            return evidence.scores["fused"]
        return self._order.reorder(evidence, self._titles_read())

    def fitted(
        self,
        known: Judgments,
        cache: Path,
        adapted: OpenAdapted | None,
        schedule: Schedule | None,
        told: Told,
    ) -> "Bench":
        """The same, fitted to ``known``. Raises ``TrainingDataError`` where that is too little.

        Two encoders and two translations are trained, each on one half of the queries; the order
        learns from every query by the scores of those that have not seen it. What is asked later
        is read by both.
        """
        grades: dict[str, dict[int, float]] = {}
        for query, judged in known.items():
            found = grades.setdefault(self._speller.mend(query), {})
            for row, relevance in judged.items():
                found[row] = max(found.get(row, 0.0), gain(relevance))
        if len(grades) < FEWEST:
            raise TrainingDataError(f"Only {len(grades)} queries to learn from.")
        fitted = copy(self)
        views = [self._packaged, self._packaged]
        if adapted is not None:
            files = self._adapters(grades, cache, schedule or Schedule(), told)
            encoders = [adapted(file) for file in files]
            views = [View(self._titles, [encoder], cache, told) for encoder in encoders]
            fitted._adapted = View(self._titles, encoders, cache, told)
        told("learning how titles say what queries mean")
        halves = [{q: g for q, g in grades.items() if half_of(q) == half} for half in (0, 1)]
        translations = [fit_translation(half, self._titles, gain(2.0)) for half in halves]
        fitted._translations = translations
        fitted._letters = LetterIndex(self._titles)
        before = AskedBefore(grades, np.stack([self._packaged.vector(q) for q in grades]))

        def read_by_the_other_half(query: str) -> SearchEvidence:
            other = 1 - half_of(query)
            return fitted._evidence(query, views[other], translations[other : other + 1])

        fitted._order = fit_order(
            grades,
            read_by_the_other_half,
            self._titles_read(),
            before,
            Growth(),
            told,
        )
        return fitted

    def weighted(self, known: Judgments) -> "Bench":
        """The same with weights fitted to ``known``, where there is too little for more."""
        fitted = copy(self)
        fitted.fusion = self._fit_weights(known)
        return fitted

    def _adapters(
        self, grades: Mapping[str, Mapping[int, float]], cache: Path, schedule: Schedule, told: Told
    ) -> list[Path]:
        """Files of two adapters, each trained on one half of the queries."""
        said = [repr(grades), repr(schedule), self._encoder.fingerprint, *self._titles]
        key = hashlib.sha256("\n".join(said).encode()).hexdigest()[:24]
        files = [cache / f"adapter-{key}-{half}.safetensors" for half in (0, 1)]
        if all(file.exists() for file in files):
            return files
        told("looking for hard negatives")
        queries: list[TrainingQuery] = training_queries(
            grades,
            lambda query: (top_rows(self.bm25(query), 40), top_rows(self.cosines(query), 40)),
            answers_from=_ANSWERS,
            look_alikes_below=_LOOK_ALIKES,
        )
        for half, file in enumerate(files):
            own = [query for query in queries if half_of(query.text) == half]
            each = replace(schedule, seconds=schedule.seconds / len(files))
            told(f"encoder {half + 1} of {len(files)}: {len(own)} queries")
            fit_encoder(own, self._titles, each, told=told).save(file)
        return files

    def _evidence(
        self, query: str, adapted: View, translations: Sequence[Translation]
    ) -> SearchEvidence:
        mended = self._speller.mend(query)
        cosines = self._packaged.cosines(mended)
        scores = signals_of(self._lexical(mended), cosines, self.fusion, self._everything)
        if adapted is not self._packaged:
            scores["adapted"] = adapted.cosines(mended)
        if self._letters is not None:
            scores["letters"] = self._letters.score(mended)
            scores["plain"] = self.bm25(mended)  # other words are left out, and stems differ
        vector = self._packaged.vector(mended)
        return SearchEvidence(mended, scores, adapted.matrix, vector, translations)

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
