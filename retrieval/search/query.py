"""A shopper's free words, made ready for the word index."""

from collections.abc import Iterable

from retrieval.index.lexical import TermGroup
from retrieval.index.tokenize import terms
from retrieval.language import fold, normalise
from retrieval.lexicon.lexicon import Lexicon, Match

SYNONYM_WEIGHT = 0.4
_MOST_SYNONYMS = 24


def read_query(text: str, lexicon: Lexicon | None, languages: Iterable[str]) -> list[TermGroup]:
    """One group for each term of ``text``: the term itself, and what may stand for it.

    A word that means the same weighs ``SYNONYM_WEIGHT``, whatever its language.

    Args:
        languages: those of the catalogue; a synonym in another one could match nothing.
    """
    text = normalise(text)
    groups: dict[str, TermGroup] = {term: {term: 1.0} for term in terms(text)}
    if lexicon is None:
        return list(groups.values())
    spoken = tuple(languages)
    for match in lexicon.find(text):
        if match.kind == "attribute_name":
            continue
        synonyms = _synonyms(match, lexicon, spoken)
        for term in terms(text[match.start : match.end]):
            for synonym in synonyms if term in groups else ():
                groups[term].setdefault(synonym, SYNONYM_WEIGHT)
    return list(groups.values())


def _synonyms(match: Match, lexicon: Lexicon, languages: tuple[str, ...]) -> list[str]:
    values = [match.value]
    if match.name == "category":
        values += sorted(lexicon.narrower(match.value) - {match.value})
    found = {
        term: None
        for value in values
        for language in languages
        for form in lexicon.forms(match.name, value, language)
        if (term := _whole_term(form)) is not None
    }
    return list(found)[:_MOST_SYNONYMS]


def _whole_term(phrase: str) -> str | None:
    """The one term that stands for a phrase; a phrase of several words has none."""
    found = terms(phrase)
    if len(found) == 1:
        return found[0]
    whole = fold(normalise(phrase))
    return whole if whole in found else None
