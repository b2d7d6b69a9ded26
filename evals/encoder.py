"""How good the bilingual encoder is, and how fast: ``shopkeeper eval encoder``."""

import csv
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from evals.errors import DataError
from finetune.encoder.pairs import Pair, read_sentences
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.encoder.extension import SHIPPED
from retrieval.encoder.onnx_encoder import onnx_encoder
from retrieval.encoder.torch_encoder import torch_encoder

QUERIES = Path(__file__).with_name("data") / "encoder_queries.csv"

_TOP = 5
_TIMED = 60  # utterances per system


@dataclass(frozen=True)
class Query:
    """One shopping wish in both languages.

    Attributes:
        pattern: a title that it matches is a hit.
    """

    chinese: str
    english: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class EncoderFigures:
    """What was measured; ``*_int8`` is what serves on CPU, ``*_float32`` the reference.

    Attributes:
        zh_en, en_zh: top-1 accuracy of finding the translation of a sentence.
        english_cosine: mean cosine of product titles to the packaged model; ``_least``: the lowest.
        hits_zh, hits_en: share of titles in the first five that match the query's pattern.
        minilm_*: the packaged MiniLM in float32, the baseline.
        latency_ms_*: median time to encode one utterance.
    """

    sentence_pairs: int
    zh_en_int8: float
    en_zh_int8: float
    zh_en_float32: float
    en_zh_float32: float
    minilm_zh_en: float
    titles: int
    english_cosine_int8: float
    english_cosine_int8_least: float
    english_cosine_float32: float
    queries: int
    hits_zh_int8: float
    hits_en_int8: float
    hits_zh_float32: float
    minilm_hits_zh: float
    minilm_hits_en: float
    latency_ms_int8: float
    latency_ms_float32: float
    shipped_mb: float

    @property
    def hits_ratio(self) -> float:
        """Chinese queries' hit quality as a part of the English ones'."""
        return self.hits_zh_int8 / self.hits_en_int8

    def as_json(self) -> dict[str, float]:
        return asdict(self) | {"hits_zh_over_en": self.hits_ratio}


def evaluate_encoder(
    sentences: Path,
    products: Path,
    cache: Path,
    split: str = "test",
    extension: Path = SHIPPED,
) -> EncoderFigures:
    """Measures an extension.

    Args:
        sentences: Parquet of sentence pairs (``en``, ``zh``); its held-out part is used.
        products: Parquet of English products with a column ``title``.
        cache: folder for exported graphs.
        split: ``test``, or ``validation`` for decisions made while developing.
        extension: file of the Chinese extension.

    Raises:
        DataError: a file is unreadable or lacks a column.
        TrainingDataError: so are the sentence pairs.
        WeightsError: the weights are not usable.
    """
    cut = read_sentences(sentences)
    pairs = cut.test if split == "test" else cut.validation
    titles = _titles(products)
    queries = read_queries(split)
    int8 = onnx_encoder(cache, extension=extension)
    exact = torch_encoder("cpu", extension=extension)
    minilm = exact.english_only()
    original, served = minilm.encode(titles), int8.encode(titles)
    drift = (served * original).sum(axis=1)
    zh_en_int8, en_zh_int8 = _crossing(int8, pairs)
    zh_en_float32, en_zh_float32 = _crossing(exact, pairs)
    utterances = [query.chinese for query in queries][:_TIMED]
    utterances = utterances[::2] + [query.english for query in queries][: len(utterances) // 2]
    latency_int8, latency_float32 = _latencies([int8, exact], utterances)

    def hits(encoder: Encoder, vectors: Vectors, text: Callable[[Query], str]) -> float:
        found = encoder.encode([text(query) for query in queries])
        return _hits(found, vectors, titles, queries)

    return EncoderFigures(
        sentence_pairs=len(pairs),
        zh_en_int8=zh_en_int8,
        en_zh_int8=en_zh_int8,
        zh_en_float32=zh_en_float32,
        en_zh_float32=en_zh_float32,
        minilm_zh_en=_crossing(minilm, pairs)[0],
        titles=len(titles),
        english_cosine_int8=float(drift.mean()),
        english_cosine_int8_least=float(drift.min()),
        english_cosine_float32=float((exact.encode(titles) * original).sum(axis=1).mean()),
        queries=len(queries),
        hits_zh_int8=hits(int8, served, lambda query: query.chinese),
        hits_en_int8=hits(int8, served, lambda query: query.english),
        hits_zh_float32=hits(exact, original, lambda query: query.chinese),
        minilm_hits_zh=hits(minilm, original, lambda query: query.chinese),
        minilm_hits_en=hits(minilm, original, lambda query: query.english),
        latency_ms_int8=latency_int8,
        latency_ms_float32=latency_float32,
        shipped_mb=extension.stat().st_size / 1e6,
    )


def read_queries(split: str) -> list[Query]:
    """The queries of ``split``: ``test`` or ``validation``."""
    with QUERIES.open(encoding="utf-8", newline="") as stream:
        return [
            Query(row["zh"], row["en"], re.compile(row["pattern"], re.IGNORECASE))
            for row in csv.DictReader(stream)
            if row["split"] == split
        ]


def _titles(products: Path) -> list[str]:
    try:
        column = pyarrow.parquet.read_table(products, columns=["title"])["title"]
    except (OSError, KeyError, pyarrow.ArrowException) as error:
        raise DataError(f"Products at {products} cannot be read: {error}") from error
    return [str(title) for title in column.to_pylist()]


def _crossing(encoder: Encoder, pairs: Sequence[Pair]) -> tuple[float, float]:
    scores = (
        encoder.encode([pair.chinese for pair in pairs])
        @ encoder.encode([pair.english for pair in pairs]).T
    )
    right: NDArray[np.int64] = np.arange(len(pairs))
    there = (scores.argmax(axis=1) == right).mean()
    return float(there), float((scores.argmax(axis=0) == right).mean())


def _hits(
    found: Vectors, vectors: Vectors, titles: Sequence[str], queries: Sequence[Query]
) -> float:
    best = np.argsort(-(found @ vectors.T), axis=1)[:, :_TOP]
    return float(
        np.mean(
            [
                query.pattern.search(titles[number]) is not None
                for query, row in zip(queries, best, strict=True)
                for number in row
            ]
        )
    )


def _latencies(encoders: Sequence[Encoder], utterances: Sequence[str]) -> list[float]:
    """Medians in milliseconds; the encoders take turns, so that a busy moment hits all alike."""
    times: list[list[float]] = [[] for _ in encoders]
    for utterance in utterances:
        for encoder, taken in zip(encoders, times, strict=True):
            start = time.perf_counter()
            encoder.encode([utterance])
            taken.append(1000 * (time.perf_counter() - start))
    return [float(np.median(taken)) for taken in times]
