"""The policy book: finds the passage that answers a question, or says that there is none."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from assistant.policies.passage import ArticleSource, Passage
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.tokenize import terms

CLOSE_ENOUGH = 0.42
"""Below this a passage is not an answer. Set on the questions of tests/assistant/policies."""
LEXICAL_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Answer:
    passage: Passage
    score: float


class PolicyBook:
    """Finds passages by meaning and by words."""

    def __init__(self, source: ArticleSource, encoder: Encoder) -> None:
        self._source = source
        self._encoder = encoder
        self._shelf = cache(self._read)

    def find(self, question: str, language: str) -> Answer | None:
        """The passage that answers best, in ``language`` where the shop has it in that language."""
        passages, vectors, words = self._shelf(language)
        if not passages:
            return None
        by_meaning = vectors @ self._encoder.encode([question])[0]
        asked = set(terms(question))
        by_words = np.array([len(asked & own) / (len(asked) or 1) for own in words])
        scores = by_meaning + LEXICAL_SHARE * by_words
        best = int(scores.argmax())
        if scores[best] < CLOSE_ENOUGH:
            return None
        return Answer(passages[best], float(scores[best]))

    def _read(self, language: str) -> tuple[list[Passage], Vectors, list[set[str]]]:
        passages = self._source.passages(language)
        texts = [f"{p.source}. {p.text}" for p in passages]
        return passages, self._encoder.encode(texts), [set(terms(t)) for t in texts]
