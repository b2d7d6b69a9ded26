"""The policy book: finds the passages that answer a question, or says that there are none."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from assistant.policies.passage import ArticleSource, Passage
from assistant.policies.topics import topics
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.tokenize import terms

Scores = NDArray[np.float64]

# Chosen on the `dev` questions of tests/assistant/policies/questions.yaml.
SENTENCE, HEADING, WORDS = 0.7, 0.3, 0.3
TOPIC = 0.4
"""For a passage whose heading has the question's topic; half of it where only its text has."""
CLOSE_ENOUGH = 0.48
"""A passage that scores less is not an answer."""
AS_GOOD = 0.1
"""A second passage within this of the best is given too: the question leaves both open."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])")


class PolicyBook:
    """Finds passages by the meaning of their sentences and headings, and by words."""

    def __init__(self, source: ArticleSource, encoder: Encoder) -> None:
        self._source = source
        self._encoder = encoder
        self._shelf = cache(self._read)

    def find(self, question: str, language: str, at_most: int = 2) -> list[Passage]:
        """The passages that answer best, best first; empty where the shop gives no answer."""
        shelf = self._shelf(language)
        if not shelf.passages:
            return []
        scores = shelf.scores(question, self._encoder.encode([question])[0])
        order = np.argsort(-scores, kind="stable")[:at_most]
        floor = max(CLOSE_ENOUGH, float(scores[order[0]]) - AS_GOOD)
        return [shelf.passages[i] for i in order if scores[i] >= floor]

    def _read(self, language: str) -> "_Shelf":
        return _Shelf(self._source.passages(language), self._encoder)


class _Shelf:
    """The passages of one language with what they are found by."""

    def __init__(self, passages: Sequence[Passage], encoder: Encoder) -> None:
        self.passages = passages
        self._headings = encoder.encode([p.source for p in passages])
        self._sentences = [_sentence_vectors(p, encoder) for p in passages]
        self._terms = [set(terms(f"{p.source} {p.text}")) for p in passages]
        self._heading_terms = [set(terms(p.source)) for p in passages]
        self._heading_topics = [topics(p.source.split(" › ")[-1]) for p in passages]
        self._topics = [topics(p.text) for p in passages]
        self._frequency = Counter(term for found in self._terms for term in found)

    def scores(self, question: str, vector: Vectors) -> Scores:
        """One score per passage; about 1 for a perfect match, below 0.3 for strangers."""
        sentences = np.array([float((v @ vector).max()) for v in self._sentences])
        return (
            SENTENCE * sentences
            + HEADING * (self._headings @ vector)
            + WORDS * self._shared(question, self._terms)
            + WORDS / 2 * self._shared(question, self._heading_terms)
            + self._on_topic(topics(question))
        )

    def _on_topic(self, asked: frozenset[str]) -> Scores:
        pairs = zip(self._heading_topics, self._topics, strict=True)
        return np.array(
            [
                TOPIC if asked & heading else TOPIC / 2 if asked & text else 0.0
                for heading, text in pairs
            ]
        )

    def _shared(self, question: str, held: Sequence[set[str]]) -> Scores:
        """The share of the question's words, the rarer the weightier, that each passage has."""
        weights = {
            term: math.log(1 + len(self.passages) / (1 + self._frequency[term]))
            for term in set(terms(question))
        }
        total = sum(weights.values()) or 1.0
        return np.array([sum(weights[t] for t in weights.keys() & own) / total for own in held])


def _sentence_vectors(passage: Passage, encoder: Encoder) -> Vectors:
    heading = passage.source.split(" › ")[-1]
    return encoder.encode([f"{heading}. {s}" for s in _SENTENCE.split(passage.text) if s])
