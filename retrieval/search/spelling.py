"""Mends misspelt words against the words that the catalogue uses."""

from collections.abc import Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from retrieval.encoder.minilm import minilm_tokenizer
from retrieval.index.tokenize import is_stop_word, stem, words

_SHORTEST = 4
_LONG = 8  # from here on two edits may be mended


class Speller:
    """Corrections from one catalogue's words.

    A word is let stand when the catalogue uses it in any form, or when it is a whole word of the
    encoder's vocabulary: "helicopter" is no misspelling in a shop that has none.
    """

    def __init__(self, word_counts: Mapping[str, int]) -> None:
        self._words = frozenset(word_counts)
        self._counts = {w: n for w, n in word_counts.items() if len(w) >= _SHORTEST}
        self._known = set(word_counts) | {stem(word) for word in word_counts}
        self._choices = list(self._counts)

    def knowing(self, word_counts: Mapping[str, int]) -> "Speller":
        """This speller with words that have come since; making one anew takes far longer."""
        new = word_counts.keys() - self._words
        if not new:
            return self
        more = Speller({word: word_counts[word] for word in new})
        joined = object.__new__(Speller)
        joined._counts = self._counts | more._counts
        joined._known = self._known | more._known
        joined._choices = self._choices + more._choices
        joined._words = self._words | new
        return joined

    def correct(self, text: str) -> dict[str, str]:
        """Misspelt word → what was probably meant, for the Latin words of ``text``."""
        mended = {}
        for word in words(text):
            meant = None if self._stands(word) else self._nearest(word)
            if meant is not None:
                mended[word] = meant
        return mended

    def mend(self, text: str) -> str:
        """``text`` with its misspelt words replaced."""
        meant = self.correct(text)
        if not meant:
            return text
        return " ".join(meant.get(word.lower().strip(".,;:!?"), word) for word in text.split())

    def _stands(self, word: str) -> bool:
        if len(word) < _SHORTEST or not word.isascii() or is_stop_word(word):
            return True
        return word in self._known or stem(word) in self._known or word in _common_words()

    def _nearest(self, word: str) -> str | None:
        edits = 1 if len(word) < _LONG else 2
        found = process.extract(
            word, self._choices, scorer=OSA.distance, score_cutoff=edits, limit=20
        )
        # A first letter is seldom wrong; after that the nearest, then the most used word.
        ranked = sorted(
            (choice[0] != word[0], distance, -self._counts[choice], choice)
            for choice, distance, _ in found
        )
        return ranked[0][3] if ranked else None


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    vocabulary = minilm_tokenizer().get_vocab()
    return frozenset(word for word in vocabulary if word.isalpha() and len(word) >= _SHORTEST)
