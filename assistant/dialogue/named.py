"""Products called by a word of their own: "the Gale" for the one desk fan of that name."""

from collections.abc import Sequence
from itertools import pairwise

from assistant.reply import display
from assistant.turn import TurnLanguage
from retrieval.candidate import Candidate
from retrieval.index.tokenize import terms
from retrieval.language import fold
from retrieval.lexicon.tokens import tokenise
from retrieval.reviews.vocabulary import vocabulary, words_of


def named(listed: Sequence[Candidate], text: str, language: TurnLanguage) -> list[Candidate]:
    """Those of several products that a word of the message tells from all others listed: a word
    that carries meaning, or two Chinese characters in a row, that one title alone has.

    Words of aspects and opinions tell of no product: "is it quiet?" does not mean the Quiet Fan.
    """
    spoken = _signs(_without_opinions(text))
    signs = [_signs(display.title(candidate.product, language)) for candidate in listed]
    return [
        candidate
        for place, candidate in enumerate(listed)
        if (signs[place] - set().union(*signs[:place], *signs[place + 1 :])) & spoken
    ]


def _signs(text: str) -> set[str]:
    han = [token for token in tokenise(fold(text)) if token.is_han]
    pairs = {a.text + b.text for a, b in pairwise(han) if a.end == b.start}
    return pairs | {term for term in terms(text) if term.isascii()}


def _without_opinions(text: str) -> str:
    words = words_of(text)
    for item in vocabulary().find(words, hints=True):
        start, end = words[item.first].start, words[item.last - 1].end
        text = text[:start] + " " * (end - start) + text[end:]
    return text
