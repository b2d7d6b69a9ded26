"""How a query's words lie in a product's title: what a learnt ranking reads beside the scores.

All of it is computed for a few hundred candidate rows at once, over arrays, from the titles' terms
in their order. Nothing here knows of any one shop.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from retrieval.index.tokenize import terms
from retrieval.language import fold, normalise

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]
Columns = dict[str, NDArray[np.generic] | np.generic | float]

FEATURES = (
    "covered",
    "covered_softly",
    "title_covered",
    "head_covered",
    "last_word",
    "last_word_in_head",
    "last_word_ends_head",
    "first_word",
    "starts_title",
    "pairs",
    "first_place",
    "last_place",
    "spread",
    "numbers",
    "numbers_missed",
    "rarest_missed",
    "title_words",
    "head_words",
    "query_words",
    "query_rarity",
    "query_numbers",
    "query_unknown",
    "titles_starting_alike",
    "titles_ending_alike",
)
"""Names of the columns of ``TitleTable.match``."""

_HEAD_ENDS = re.compile(r"\s(?:in|with|for|w/)\s|\s[-–|]\s|[(,;，（；]")
_UNIT = re.compile(r"\d.*[a-z]")
_GRAM = 3
_SOFT = 0.35  # terms less alike than this have nothing to do with each other
_MISSED = 0.6  # a word less alike than this to any of the title is missed
_LONGEST_QUERY = 24  # terms


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query's terms, in their order."""

    numbers: NDArray[np.int64]
    """Of each term in the vocabulary; -1 where no title has it."""
    rarity: Floats
    is_number: NDArray[np.bool_]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Laid:
    """Candidate titles laid beside the query's terms; shapes (rows, ...)."""

    lengths: NDArray[np.int64]
    heads: NDArray[np.int64]
    """Terms of the head."""
    in_head: NDArray[np.bool_]
    """(rows, places)"""
    rarity: Floats
    """(rows, places), 0 beyond the title's end."""
    hits: NDArray[np.bool_]
    """(rows, terms, places)"""
    held: NDArray[np.bool_]
    """(rows, terms)"""
    softly: Floats
    """(rows, terms): 1 where held, else how alike the likest term of the title is."""
    last_alike: Floats
    """(rows, terms): how alike the term is to the last one of the title's head."""


class TitleTable:
    """The terms of every title, in their order. Immutable; read from any thread."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._vocabulary: dict[str, int] = {}
        ids: list[int] = []
        starts, heads = [0], []
        for title in titles:
            found = ordered_terms(title)
            ids.extend(self._vocabulary.setdefault(term, len(self._vocabulary)) for term in found)
            starts.append(len(ids))
            spoken = [term for term in ordered_terms(head_of(title)) if not _UNIT.fullmatch(term)]
            heads.append(min(len(found), max(1, len(spoken))))
        self._ids = np.array(ids, dtype=np.int32)
        self._starts = np.array(starts, dtype=np.int64)
        self._heads = np.array(heads, dtype=np.int64)
        self._rarity = self._rarities()
        self._words = list(self._vocabulary)
        self._grams, self._gram_numbers = _gram_matrix(self._words)
        filled = np.flatnonzero(np.diff(self._starts))
        size = len(self._vocabulary)
        self._first = np.full(len(titles), -1, dtype=np.int64)
        self._last = np.full(len(titles), -1, dtype=np.int64)
        self._first[filled] = self._ids[self._starts[filled]]
        self._last[filled] = self._ids[self._starts[filled] + self._heads[filled] - 1]
        self._starting = np.bincount(self._first[filled], minlength=size)
        self._ending = np.bincount(self._last[filled], minlength=size)

    def match(self, query: str, rows: Rows) -> Floats:
        """The features of each row's title against ``query``; shape (rows, FEATURES)."""
        nothing = np.zeros((len(rows), len(FEATURES)), dtype=np.float32)
        if not len(rows) or not self._vocabulary:
            return nothing
        asked = self._read(query)
        if not len(asked.numbers):
            return nothing
        laid = self._lay(asked, rows)
        found = {
            **_coverage(asked, laid),
            **self._head(asked, laid, rows),
            **_places(asked, laid),
            **_about_query(asked),
        }
        columns = [np.broadcast_to(found[name], len(rows)) for name in FEATURES]
        return np.column_stack(columns).astype(np.float32)

    def _lay(self, asked: _Asked, rows: Rows) -> "_Laid":
        ids, inside = self.places(rows)
        ids = np.where(inside, ids, -2)
        lengths, places = inside.sum(axis=1), np.arange(inside.shape[1])
        hits = np.equal(ids[:, None, :], asked.numbers[None, :, None])
        held = _any(hits, 2)
        some, places_of = np.unique(np.maximum(ids, 0), return_inverse=True)
        alike = self._alike(asked, some)
        near = alike[:, places_of.reshape(ids.shape)].transpose(1, 0, 2) * inside[:, None, :]
        heads = np.minimum(self._heads[rows], lengths)
        ends = self._last[rows]
        last = np.searchsorted(some, np.maximum(ends, 0)).clip(max=len(some) - 1)
        return _Laid(
            lengths=lengths,
            heads=heads,
            in_head=places < heads[:, None],
            rarity=np.where(inside, self._rarity[np.maximum(ids, 0)], 0.0).astype(np.float32),
            hits=hits,
            held=held,
            softly=np.where(held, 1.0, near.max(axis=2)).astype(np.float32),
            last_alike=np.where(ends[:, None] >= 0, alike[:, last].T, 0.0).astype(np.float32),
        )

    def _head(self, asked: _Asked, laid: "_Laid", rows: Rows) -> Columns:
        """Where the last word of the query, mostly what the thing is, stands in the titles."""
        last, starts, ends = _last_word(asked), self._first[rows], self._last[rows]
        in_head = _any(laid.hits & laid.in_head[:, None, :], 2)
        return {
            "last_word": laid.softly[:, last],
            "last_word_in_head": in_head[:, last],
            "last_word_ends_head": laid.last_alike[:, last],
            "first_word": laid.softly[:, 0],
            "starts_title": (starts[:, None] == asked.numbers[None, :]).any(axis=1),
            "titles_starting_alike": np.log1p(self._starting[np.maximum(starts, 0)]),
            "titles_ending_alike": np.log1p(self._ending[np.maximum(ends, 0)]),
        }

    def edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first term of every title and the last of its head; -1 where it has none."""
        return self._first, self._last

    def places(self, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The terms of each row's title by number, in their order, and where there is one.

        Both of shape (rows, longest); beyond a title's end stands some number.
        """
        lengths = self._starts[rows + 1] - self._starts[rows]
        places = np.arange(int(lengths.max(initial=1)))
        inside = places < lengths[:, None]
        spots = np.minimum(self._starts[rows, None] + places, max(len(self._ids) - 1, 0))
        ids = self._ids[spots] if len(self._ids) else np.zeros(spots.shape, dtype=np.int64)
        return ids, inside

    def word(self, number: int) -> str:
        """The term of that number."""
        return self._words[number]

    def _read(self, query: str) -> _Asked:
        found = list(dict.fromkeys(ordered_terms(query)))[:_LONGEST_QUERY]
        numbers = np.array([self._vocabulary.get(term, -1) for term in found], dtype=np.int64)
        rarest = float(np.log1p(2.0 * len(self._first) + 1.0))
        rarity = np.where(numbers >= 0, self._rarity[np.maximum(numbers, 0)], rarest)
        return _Asked(
            numbers,
            rarity.astype(np.float32),
            np.array([term[0].isdigit() for term in found], dtype=np.bool_),
            tuple(found),
        )

    def _alike(self, asked: _Asked, some: NDArray[np.int64]) -> Floats:
        """Dice's coefficient of character trigrams, 1 for the term itself, 0 below ``_SOFT``.

        ``some``: terms by number, ascending. Shape (terms of the query, some).
        """
        alike = np.zeros((len(asked.terms), len(some)), dtype=np.float32)
        grams = self._grams[some]
        sizes = np.diff(grams.indptr)
        for place, term in enumerate(asked.terms):
            own = _grams(term)
            known = [self._gram_numbers[g] for g in own if g in self._gram_numbers]
            if known and not asked.is_number[place]:
                wanted = np.zeros(grams.shape[1], dtype=np.float32)
                wanted[known] = 1.0
                dice = 2.0 * (grams @ wanted) / (sizes + len(own))
                alike[place] = np.where(dice >= _SOFT, dice, 0.0)
        alike[asked.numbers[:, None] == some] = 1.0
        return alike

    def _rarities(self) -> Floats:
        """Of each term, as the word index reckons it."""
        titles = len(self._starts) - 1
        owners = np.repeat(np.arange(titles, dtype=np.int64), np.diff(self._starts))
        distinct = np.unique(owners * max(len(self._vocabulary), 1) + self._ids)
        counts = np.bincount(
            distinct % max(len(self._vocabulary), 1), minlength=len(self._vocabulary)
        )
        rarity: Floats = np.log1p((titles - counts + 0.5) / (counts + 0.5)).astype(np.float32)
        return rarity


def ordered_terms(text: str) -> list[str]:
    """The terms of ``text`` in its order, those of numbers with units last."""
    found = terms(text)
    units = 0
    while units < len(found) and _UNIT.fullmatch(found[units]):
        units += 1
    return found[units:] + found[:units]


def head_of(title: str) -> str:
    """The part of a title that says what the thing is: up to the first preposition or bracket."""
    return _HEAD_ENDS.split(fold(normalise(title)), maxsplit=1)[0]


def _coverage(asked: _Asked, laid: _Laid) -> Columns:
    """How much of the query the title has, and the other way round, by rarity."""
    rarity = asked.rarity / max(float(asked.rarity.sum()), 1e-6)
    matched = _any(laid.hits, 1)
    head = laid.rarity * laid.in_head
    numbers = laid.held[:, asked.is_number]
    return {
        "covered": laid.held.astype(np.float32) @ rarity,
        "covered_softly": laid.softly @ rarity,
        "title_covered": _share(matched, laid.rarity),
        "head_covered": _share(matched, head),
        "numbers": numbers.mean(axis=1) if numbers.shape[1] else 0.0,
        "numbers_missed": (~numbers).sum(axis=1),
        "rarest_missed": np.where(laid.softly < _MISSED, rarity, 0.0).max(axis=1),
    }


def _any(flags: NDArray[np.bool_], axis: int) -> NDArray[np.bool_]:
    return np.asarray(flags.any(axis=axis), dtype=np.bool_)


def _share(matched: NDArray[np.bool_], rarity: Floats) -> Floats:
    """The matched part of summed rarity; shapes (rows, places) → (rows,)."""
    share: Floats = (matched * rarity).sum(axis=1) / np.maximum(rarity.sum(axis=1), 1e-6)
    return share


def _places(asked: _Asked, laid: _Laid) -> Columns:
    """Where in the title the matched words stand, and whether side by side."""
    matched = _any(laid.hits, 1)
    anywhere = matched.any(axis=1)
    first = np.where(anywhere, matched.argmax(axis=1), laid.lengths)
    behind = matched[:, ::-1].argmax(axis=1)
    last = np.where(anywhere, matched.shape[1] - 1 - behind, laid.lengths)
    pairs = (laid.hits[:, :-1, :-1] & laid.hits[:, 1:, 1:]).any(axis=2)
    return {
        "pairs": pairs.mean(axis=1) if len(asked.numbers) > 1 else 0.0,
        "first_place": first / np.maximum(laid.lengths, 1),
        "last_place": last / np.maximum(laid.heads, 1),
        "spread": last - first,
        "title_words": laid.lengths,
        "head_words": laid.heads,
    }


def _about_query(asked: _Asked) -> Columns:
    return {
        "query_words": float(len(asked.numbers)),
        "query_rarity": float(asked.rarity.mean()),
        "query_numbers": float(asked.is_number.sum()),
        "query_unknown": float((asked.numbers < 0).mean()),
    }


def _last_word(asked: _Asked) -> int:
    """The last term that is no number: mostly what the thing is."""
    wordy = np.flatnonzero(~asked.is_number)
    return int(wordy[-1]) if len(wordy) else len(asked.numbers) - 1


def _grams(term: str) -> set[str]:
    padded = f"^{term}$"
    return {padded[i : i + _GRAM] for i in range(max(1, len(padded) - _GRAM + 1))}


def _gram_matrix(vocabulary: Sequence[str]) -> tuple[csr_matrix, dict[str, int]]:
    numbers: dict[str, int] = {}
    columns: list[int] = []
    starts = [0]
    for term in vocabulary:
        columns.extend(numbers.setdefault(gram, len(numbers)) for gram in sorted(_grams(term)))
        starts.append(len(columns))
    ones = np.ones(len(columns), dtype=np.float32)
    shape = (len(vocabulary), len(numbers))
    return csr_matrix((ones, columns, starts), shape=shape), numbers
