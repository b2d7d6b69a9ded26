"""Mends spelling against the catalogue's own words, and only where a word is surely none."""

from collections.abc import Collection
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.understanding.cues import phrase_keys
from retrieval.encoder.weights import model_folder
from retrieval.lexicon.tokens import Token, singular

_INFLECTIONS = ("d", "ed", "ing", "ly", "er")
_SHORTEST = 4
_LONG = 7
"""From this length on, two slips are forgiven."""


@lru_cache(maxsize=1)
def english_words() -> frozenset[str]:
    """Some 20,000 common English words: the whole words of the packaged BERT's vocabulary."""
    text = (model_folder() / "vocab.txt").read_text(encoding="utf-8")
    return frozenset(w for w in text.split("\n") if w.isascii() and w.isalpha())


class Speller:
    """Finds the catalogue's word behind a misspelt one."""

    def __init__(self, words: Collection[str], known: Collection[str] = ()) -> None:
        self._by_letter: dict[str, list[str]] = {}
        for word in sorted(words):
            self._by_letter.setdefault(word[0], []).append(word)
        self._known = (
            frozenset(words)
            | {singular(w) for w in words}
            | frozenset(known)
            | english_words()
            | phrase_keys()
        )
        self._cached = lru_cache(maxsize=10_000)(self._closest)

    def mend(self, tokens: list[Token]) -> tuple[list[Token], dict[str, str]]:
        """Tokens looked up under the mended word, and what was mended: written → read as."""
        mended: list[Token] = []
        corrections: dict[str, str] = {}
        for token in tokens:
            word = self._cached(token.text) if self._is_doubtful(token.text) else None
            if word:
                corrections[token.text] = word
                token = token._replace(key=singular(word))  # noqa: PLW2901
            mended.append(token)
        return mended, corrections

    def knows(self, word: str) -> bool:
        if word in self._known or singular(word) in self._known:
            return True
        # "Plated" is a form of "plate", not a slip.
        return any(
            word.endswith(end) and word.removesuffix(end) in self._known for end in _INFLECTIONS
        )

    def _is_doubtful(self, word: str) -> bool:
        return len(word) >= _SHORTEST and word.isascii() and word.isalpha() and not self.knows(word)

    def _closest(self, word: str) -> str | None:
        slips = 1 if len(word) < _LONG else 2
        # A wrong first letter is rare in typing.
        likely = self._by_letter.get(word[0], [])
        found = process.extract(word, likely, scorer=OSA.distance, score_cutoff=slips, limit=5)
        close = [(score, abs(len(w) - len(word)), w) for w, score, _ in found]
        return min(close)[2] if close else None
