"""Questions about one product: answered from its own record, or not at all."""

import re

from assistant.dialogue.review_teller import ReviewTeller
from assistant.dialogue.reviews import reviews
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import ask_which, focused, targets
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from assistant.reply.money import money
from assistant.reply.phrases import Phrases
from assistant.understanding.understanding import Understanding
from retrieval.candidate import Candidate
from retrieval.index.tokenize import terms

SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])")
QUOTE_LENGTH = 240
MOST_ASKED = 5
"""Products that one question is answered for."""
FLAG = ("yes", "no")
"""The values of an attribute that is only there or not: waterproof, wireless."""


def question(rooms: Rooms, work: Work) -> Work:
    """Answers what was asked about the product meant, or about each where several are."""
    found = targets(rooms, work, at_most=MOST_ASKED)
    if not found and work["understanding"].aspects:
        return reviews(rooms, work)  # "is it safe?" of several: what reviews say of each
    if not found:
        return ask_which(work, "question")
    candidate, heard, book = found[0], work["understanding"], book_of(work)
    told = ReviewTeller(rooms, heard, book)
    sentences = [s for each in found for s in _Teller(rooms, each, book, told).answers(heard)]
    silent = False
    if not sentences:
        teller = _Teller(rooms, candidate, book, told)
        passage = _passage(candidate, heard, book.language)
        silent = passage is None and not heard.references
        sentences = teller.passage(passage) if passage else teller.describe(silent)
    state = focused(work["state"], found) if len(found) == 1 else work["state"]
    if silent:
        state = state.model_copy(update={"pending": {"kind": "offer_person"}})
    quick = ["quick_yes", "quick_no"] if silent else ["quick_add_it", "quick_more"]
    if len(found) > 1:
        quick.remove("quick_add_it")
    draft = Draft("answer", sentences, found, quick, quotes=told.quotes)
    return {"draft": draft, "state": state}


class _Teller:
    """Words what is recorded about one product."""

    def __init__(
        self, rooms: Rooms, candidate: Candidate, book: Phrases, reviews: ReviewTeller
    ) -> None:
        self._rooms = rooms
        self._reviews = reviews
        self._candidate = candidate
        self._product = candidate.product
        self._book = book
        self._title = display.title(candidate.product, book.language)

    def answers(self, heard: Understanding) -> list[str]:
        """What was asked of attributes and of reviews, a sentence or more for each."""
        asked = [name for name in heard.asked_attributes if name not in heard.asked_values]
        return [
            *(s for name, values in heard.asked_values.items() for s in self.has(name, values)),
            *map(self.about, asked),
            *map(self.aspect, heard.aspects),
        ]

    def has(self, name: str, wanted: list[str]) -> list[str]:
        """Whether the product comes in each of the values asked about."""
        return [self._has(name, value) for value in wanted]

    def _has(self, name: str, wanted: str) -> str:
        product, language = self._product, self._book.language
        own = product.all_attributes().get(name, [])
        match = next((v for v in own if v.casefold() == wanted.casefold()), None)
        if wanted in FLAG and {v.casefold() for v in own} <= set(FLAG):
            return self._flag(name, own)
        label = display.value(product, name, match or wanted, language, self._rooms.lexicon)
        if match is None:
            options = display.values(product, name, language, self._rooms.lexicon)
            key = "question_has_not" if options else "question_has_none"
            return self._book.say(
                key, title=self._title, value=label, options=self._book.join(options)
            )
        variants = [v for v in product.variants if v.attributes.get(name) == match]
        if not variants:
            return self._book.say("question_has", title=self._title, value=label)
        stock = any(v.in_stock for v in variants)
        key = "question_has_stock" if stock else "question_has_no_stock"
        return self._book.say(key, title=self._title, value=label)

    def _flag(self, name: str, own: list[str]) -> str:
        """A yes-or-no attribute: what the listing says, or that it says nothing."""
        label = self._rooms.lexicon.label("attribute", name, self._book.language)
        key = f"question_flag_{own[0].casefold()}" if own else "question_unknown"
        return self._book.say(key, title=self._title, name=label)

    def about(self, name: str) -> str:
        """The value of an attribute, of price, stock, brand or rating."""
        own = {"price": self._price, "stock": self._stock, "rating": self._rating}
        if name in own:
            return own[name]()
        if name == "brand" and self._product.brand:
            brand = display.brand(self._product, self._book.language)
            return self._book.say("question_brand", title=self._title, brand=brand)
        language, lexicon = self._book.language, self._rooms.lexicon
        label = lexicon.label("attribute", name, language)
        values = display.values(self._product, name, language, lexicon)
        if not values:
            return self._book.say("question_unknown", title=self._title, name=label)
        varies = any(name in v.attributes for v in self._product.variants) and len(values) > 1
        key = "question_choices" if varies else "question_values"
        return self._book.say(key, title=self._title, name=label, values=self._book.join(values))

    def _price(self) -> str:
        prices = [v.price for v in self._product.variants]
        low, high = (money(p, self._product.currency) for p in (min(prices), max(prices)))
        if low == high:
            return self._book.say("question_price", title=self._title, price=low)
        return self._book.say("question_price_range", title=self._title, low=low, high=high)

    def _stock(self) -> str:
        if not self._product.in_stock:
            return self._book.say("question_stock_no", title=self._title)
        counts = [v.stock for v in self._product.variants if v.in_stock]
        if any(count is None for count in counts):
            return self._book.say("question_stock_yes", title=self._title)
        n = sum(count or 0 for count in counts)
        return self._book.say("question_stock_count", title=self._title, n=n)

    def _rating(self) -> str:
        reviews = self._candidate.reviews
        rating = reviews.rating if reviews and reviews.count else self._product.rating
        n = reviews.count if reviews and reviews.count else self._product.review_count
        if rating is None or not n:
            return self._book.say("question_rating_none", title=self._title)
        return self._book.say("question_rating", title=self._title, rating=f"{rating:.1f}", n=n)

    def aspect(self, name: str) -> str:
        """What reviews say of an aspect asked about ("is it loud?")."""
        reviews = self._candidate.reviews
        found = reviews.aspect(name) if reviews else None
        told = self._reviews.aspect(self._candidate, name)
        # Only the sentence that none speaks of it names the product by itself.
        spoken = found is not None and found.mentions > 0
        named = [f"{self._title}{self._book.say('colon')}"] if spoken else []
        return self._book.sentences([*named, *told])

    def passage(self, text: str) -> list[str]:
        return [self._book.say("question_listing", title=self._title, passage=text)]

    def describe(self, silent: bool) -> list[str]:
        """The product in short; or, asked something the listing does not answer, that."""
        if silent:
            return [self._book.say("question_silent", title=self._title)]
        price = money(self._candidate.variant.price, self._product.currency)
        said = [self._book.say("describe", title=self._title, price=price)]
        text = _sentences(self._candidate, self._book.language)
        if text:
            said.append(self._book.say("describe_listing", passage=text[0]))
        return [*said, self._stock(), self._rating()]


def _sentences(candidate: Candidate, language: str) -> list[str]:
    """The listing's description in sentences, none longer than a quotation should be."""
    text = candidate.product.text(language).description or candidate.product.description
    return [s.strip()[:QUOTE_LENGTH] for s in SENTENCE.split(text) if s.strip()]


def _passage(candidate: Candidate, heard: Understanding, language: str) -> str | None:
    """The sentence of the listing that has most of the question's words, if it has half of them."""
    asked = set(terms(heard.text)) - set(terms(display.title(candidate.product, language)))
    for reference in heard.references:
        asked -= set(terms(reference.words))
    best, most = None, len(asked) / 2
    for sentence in _sentences(candidate, language):
        shared = len(asked & set(terms(sentence)))
        if shared and shared >= most:
            best, most = sentence, shared + 0.5
    return best
