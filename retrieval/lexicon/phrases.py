"""A dictionary of phrases found in a text in one pass, longest first."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from retrieval.language import fold
from retrieval.lexicon.tokens import Token, tokenise

T = TypeVar("T")

_JOINERS = frozenset("-_/.&'")


class Phrase(NamedTuple, Generic[T]):
    """Where a phrase stands (tokens ``first`` to ``last``, exclusive) and what it means."""

    first: int
    last: int
    meanings: tuple[T, ...]


class _Node(Generic[T]):
    __slots__ = ("meanings", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node[T]] = {}
        self.meanings: list[T] = []


class Phrases(Generic[T]):
    """A trie over token keys: singular and plural, hyphens and spaces are the same.

    English matches whole words only, since a Latin word is one token.
    """

    def __init__(self, entries: Iterable[tuple[str, T]] = ()) -> None:
        self._root: _Node[T] = _Node()
        for phrase, meaning in entries:
            self.add(phrase, meaning)

    def add(self, phrase: str, meaning: T) -> None:
        """Adds a meaning to a phrase; a phrase may have several. An empty phrase is ignored."""
        keys = [token.key for token in _words(tokenise(fold(phrase)))]
        if not keys:
            return
        node = self._root
        for key in keys:
            node = node.next.setdefault(key, _Node())
        if meaning not in node.meanings:
            node.meanings.append(meaning)

    def meanings(self, phrase: str) -> tuple[T, ...]:
        """What exactly this phrase means; empty where it is unknown."""
        node: _Node[T] | None = self._root
        for token in _words(tokenise(fold(phrase))):
            node = node.next.get(token.key) if node else None
        return tuple(node.meanings) if node else ()

    def at(self, tokens: Sequence[Token], position: int) -> Phrase[T] | None:
        """The longest phrase that starts at a token."""
        node, best = self._root, None
        index = position
        while index < len(tokens):
            if tokens[index].text in _JOINERS and position < index:
                index += 1
                continue
            following = node.next.get(tokens[index].key)
            if following is None:
                break
            node = following
            index += 1
            if node.meanings:
                best = Phrase(position, index, tuple(node.meanings))
        return best

    def find(self, tokens: Sequence[Token]) -> Iterator[Phrase[T]]:
        """All phrases from left to right, the longest at each place, none overlapping."""
        position = 0
        while position < len(tokens):
            phrase = self.at(tokens, position)
            if phrase:
                yield phrase
            position = phrase.last if phrase else position + 1


def _words(tokens: Iterable[Token]) -> list[Token]:
    return [token for token in tokens if token.text not in _JOINERS]
