"""A shopper's constraints in words, for replies and for the person who takes over."""

from collections.abc import Sequence

from assistant.reply.money import money
from assistant.reply.phrases import Phrases, phrases
from retrieval.catalog.facets import CatalogFacets
from retrieval.constraints import Constraints
from retrieval.encoder.script import has_chinese
from retrieval.language import fold
from retrieval.lexicon import Lexicon
from retrieval.lexicon.lexicon import name_key
from retrieval.lexicon.tokens import tokenise

VALUES_SAID = 6
"""Values of one attribute that are named."""

BARE = 4
"""Characters of a size that is said with the word "size"."""


def category_words_left_out(query: str, categories: Sequence[str]) -> str:
    """The query without the words that only name the category: "summer dress" → "summer"."""
    named = {token.key for name in categories for token in tokenise(fold(name))}
    named |= {name_key(name) for name in categories}
    folded = [fold(name) for name in categories]

    def names_it(word: str) -> bool:
        # Chinese writes words together: 围巾 is said by 围巾手套.
        within = has_chinese(word) and any(fold(word) in name for name in folded)
        return within or name_key(word) in named

    return " ".join(word for word in query.split() if not names_it(word))


class WishWriter:
    """Words constraints as the catalogue words its own values, in its own currency."""

    def __init__(self, lexicon: Lexicon, facets: CatalogFacets) -> None:
        self._lexicon = lexicon
        self._facets = facets
        self._currency = facets.currency

    def write(self, wish: Constraints, language: str) -> str:
        """All constraints in one phrase, e.g. ``dresses, under $60, not black``; may be empty."""
        comma = phrases(language).say("list_comma") + (" " if language == "en" else "")
        return comma.join(self.parts(wish, language))

    def parts(self, wish: Constraints, language: str) -> list[str]:
        """One phrase per constraint, in the order a person would say them."""
        book = phrases(language)
        parts = [*self._what(wish, language), *self._price(wish, book)]
        for name, values in wish.attributes.items():
            parts.append(self._either(name, values, book))
        query = wish.query.casefold()
        preferred = [
            words
            for name, values in wish.prefer_attributes.items()
            for value, words in zip(values, self._values(name, values, language), strict=True)
            if value.casefold() not in query and words.casefold() not in query
        ]
        if preferred:
            parts.append(book.say("wish_prefer", values=book.join(preferred)))
        excluded = [v for n, vs in wish.exclude.items() for v in self._values(n, vs, language)]
        if excluded:
            parts.append(book.say("wish_not", values=book.join(excluded, last="either")))
        if wish.rating_min is not None:
            parts.append(book.say("wish_rating", rating=f"{wish.rating_min:g}"))
        if wish.avoid_aspects:
            parts.append(book.say("wish_avoid", aspects=self._aspects(wish.avoid_aspects, book)))
        if wish.praised_aspects:
            parts.append(
                book.say("wish_prefer_aspects", aspects=self._aspects(wish.praised_aspects, book))
            )
        if wish.is_frugal:
            parts.append(book.say("wish_frugal"))
        if wish.sort != "relevance":
            parts.append(book.say(f"wish_sort_{wish.sort}"))
        return [part for part in parts if part]

    def _what(self, wish: Constraints, language: str) -> list[str]:
        category = self._category(wish.category, language) if wish.category else None
        words = category_words_left_out(wish.query, [category or "", wish.category or ""])
        if category and words:
            # "tv", not "tv electronics": nobody but the catalogue named the category.
            if self._lexicon.stands_for_finer(wish.category or "", wish.query):
                return [words]
            return [f"{words} {category}" if language == "en" else f"{words}{category}"]
        return [what for what in (category or words,) if what]

    def _price(self, wish: Constraints, book: Phrases) -> list[str]:
        low, high = wish.price_min, wish.price_max
        if low is not None and high is not None:
            return [
                book.say(
                    "wish_price_range",
                    min=money(low, self._currency),
                    max=money(high, self._currency),
                )
            ]
        if high is not None:
            return [book.say("wish_price_max", max=money(high, self._currency))]
        if low is not None:
            return [book.say("wish_price_min", min=money(low, self._currency))]
        return []

    def _either(self, name: str, values: list[str], book: Phrases) -> str:
        """Its values, or, where there are too many to hear, what they are values of."""
        if len(values) > VALUES_SAID:
            return book.say("wish_fitting", name=self._name(name, book.language))
        if all(_is_bare(name, value) for value in values):
            label = self._name(name, book.language)
            return book.say("wish_bare", name=label, values=book.join(values, last="either"))
        return book.join(self._values(name, values, book.language), last="either")

    def _name(self, attribute: str, language: str) -> str:
        return self._lexicon.label("attribute", attribute, language)

    def _values(self, name: str, values: list[str], language: str) -> list[str]:
        return [self._value(name, value, language) for value in values]

    def _value(self, name: str, value: str, language: str) -> str:
        if name == "category":
            return self._category(value, language)
        if value.casefold() == "yes":  # "wireless", not "yes"
            return self._name(name, language)
        known = self._facets.value(name, value)
        if known and (language in known.translations or language == "en"):
            return known.label(language)
        return self._lexicon.label(name, value, language)

    def _category(self, label: str, language: str) -> str:
        """A category's name as it stands within a sentence."""
        key = label.casefold()
        own = next((c for c in self._facets.categories if c.name.casefold() == key), None)
        if own and language in own.translations:
            return own.label(language)
        named = self._lexicon.label("category", label, language)
        # "Dresses" → "dresses", but "TVs" stays.
        return named.lower() if named[1:].islower() else named

    def _aspects(self, names: list[str], book: Phrases) -> str:
        labels = [self._lexicon.label("aspect", name, book.language) for name in names]
        return book.join(labels, last="either")


def _is_bare(name: str, value: str) -> bool:
    """Whether a value means nothing without its attribute's name: "43", "XL"."""
    code = name == "size" and len(value) <= BARE and value.isascii()
    return code or value.replace(".", "", 1).isdigit()
