"""From a message to what it means: readers take their words out of it, one after another."""

from collections.abc import Collection, Sequence
from functools import lru_cache, partial

from assistant.dialogue.state import DialogueState
from assistant.understanding import (
    measures,
    persons,
    prices,
    quantities,
    ratings,
    references,
    relaxing,
    service,
    topics,
)
from assistant.understanding.asides import part_intents
from assistant.understanding.aspects import read_aspects
from assistant.understanding.cues import cantonese, cue_entries
from assistant.understanding.emoji import read_things
from assistant.understanding.intent import IntentClassifier
from assistant.understanding.intent_context import IntentContext
from assistant.understanding.message import Message, Unit
from assistant.understanding.polarity import mark_polarity
from assistant.understanding.query import note_unwanted_words, read_queries, unknown_words
from assistant.understanding.questions import is_question, read_questions
from assistant.understanding.relative import note_relative
from assistant.understanding.reviews import asks_for_worst, doubts_reviews, leaning
from assistant.understanding.shown import ShownProduct
from assistant.understanding.spelling import Speller
from assistant.understanding.stock import asks_for_stock
from assistant.understanding.understanding import Intent, IntentName, Reference, Understanding
from assistant.understanding.values import (
    choose_senses,
    note_unheld_sizes,
    note_unknown,
    note_values,
)
from assistant.understanding.vocabulary import CatalogVocabulary, Meaning, Sense
from retrieval.catalog.facets import CatalogFacets
from retrieval.constraints import Constraints
from retrieval.language import detect, fold, normalise
from retrieval.lexicon import Lexicon
from retrieval.lexicon.phrases import Phrase
from retrieval.lexicon.tokens import tokenise

LONGEST = 2000
"""Characters of a message that are read; what comes after is left out."""


_UNKNOWN = Intent(name=IntentName.OUT_OF_SCOPE, confidence=0.0)
"""Stands in until the classifier has been asked."""


class Understander:
    """Understands messages about one catalogue. Safe to share between threads once built."""

    def __init__(
        self,
        lexicon: Lexicon,
        facets: CatalogFacets,
        intents: IntentClassifier | None = None,
        words: Collection[str] | None = None,
    ) -> None:
        """Without ``intents`` only the substance is understood. ``words`` are the Latin words of
        the catalogue's texts, folded, where they are at hand: those are left as they are written,
        and words missing there are reported as unknown."""
        self.vocabulary = CatalogVocabulary(lexicon, facets)
        self._intents = intents
        self._speller = Speller(self.vocabulary.words, words or ())
        self._words = frozenset(words) | self.vocabulary.words if words else None

    def understand(
        self, text: str, state: DialogueState, shown: Sequence[ShownProduct] = ()
    ) -> Understanding:
        """Everything ``text`` says, in the light of the state and of the products shown."""
        heard = self.read(text, state, shown)
        if self._intents is None:
            return heard
        context = IntentContext(
            has_shown=bool(state.shown),
            pending=str(state.pending["kind"])
            if state.pending and "kind" in state.pending
            else None,
            has_constraints=not state.constraints.is_empty(),
        )
        intent, aside = part_intents(heard, self._intents, context)
        return heard.model_copy(update={"intent": intent, "aside": aside})

    def read(
        self, text: str, state: DialogueState, shown: Sequence[ShownProduct] = ()
    ) -> Understanding:
        """``understand`` without the intent: constraints never depend on it."""
        message, other = self._open(text, state)
        order_id = quantities.read_order_id(message)
        service.use_service_clauses(message)
        ratings.read_rating(message)
        bounds = self._read_bounds(message)
        self._read_prices(message, state)
        message.units = self._units(message, state.constraints, bounds)
        elsewhere = message.find("elsewhere") is not None and not message.changes
        if elsewhere:
            message.give_up()
        relaxing.release_prices(message)
        relaxing.refuse_prices(message)
        mark_polarity(message)
        pointed = references.read_references(message, state, shown)
        quantity = quantities.read_quantity(message)
        relaxing.read_sort(message, superlative_sorts=not pointed)
        relaxing.read_relative_price(message)
        cleared = relaxing.read_clearing(message, state)
        same = relaxing.read_same(message, state)
        named = [] if _names_shown(message, pointed) else self._topics(message, state)
        topic = named[0] if named else topics.Topic()
        change = topics.is_change(message, topic, state, self.vocabulary)
        held = topic.label or (None if change else state.constraints.category)
        category_at = partial(topics.category_at, named, held=held)
        chosen = choose_senses(message, self.vocabulary, category_at)
        chosen = {i: s for i, s in chosen.items() if not _taken(message, message.units[i])}
        asked = read_questions(message, chosen, pointed, state, cleared, shown)
        topics.note_topics(message, named, state.constraints.category, self.vocabulary)
        note_values(message, chosen, state, self.vocabulary.leanings(held))
        if not message.find("difference"):
            measures.note_bounds(message, bounds, self.vocabulary, category_at)
            if not topic.label and note_relative(message, pointed, state, shown, self.vocabulary):
                pointed = []  # only said what to compare with
        persons.read_person(message, self.vocabulary, held)
        if not pointed and not asked.attributes:
            note_unheld_sizes(message, self.vocabulary, category_at)
        note_unknown(message, chosen)
        aspects = read_aspects(
            message,
            state.constraints,
            question=is_question(message),
            named=bool(topic.label),
            about_product=bool(pointed) or (not topic.label and bool(state.shown or state.focus)),
            judged=frozenset().union(*(product.aspects for product in shown)),
        )
        message.use_all(asked.units)
        if named or state.constraints.category:
            note_unwanted_words(message)
        back = topics.is_return(message, topic, state)
        resumes = topics.resumed(topic, state, self.vocabulary, back=back)
        if resumes and topic.label and self.vocabulary.covers(topic.label, resumes):
            message.changes = [c for c in message.changes if c.slot != "category"]
        read_queries(message, named)
        changes, *further = topics.part(message, named)
        return Understanding(
            text=message.text,
            language=message.language,
            intent=_UNKNOWN,
            changes=changes,
            further=further,
            references=pointed,
            aspects=aspects,
            doubts_reviews=doubts_reviews(message.folded),
            review_side=leaning(message.folded),
            asks_worst=asks_for_worst(message.folded),
            asked_attributes=asked.attributes,
            asked_values=asked.values,
            quantity=quantity,
            order_id=order_id,
            topic_change=change,
            resets=message.find("reset") is not None,
            elsewhere=elsewhere,
            asks_stock=asks_for_stock(message.folded),
            same=same,
            topic_return=back,
            resumes=resumes,
            unknown_words=[
                *dict.fromkeys([*message.unknown, *unknown_words(message, self._words)])
            ],
            corrections=message.corrections,
            other_language=other,
        )

    def _topics(self, message: Message, state: DialogueState) -> list[topics.Topic]:
        named = topics.read_topics(message, state, self.vocabulary)
        return topics.narrowed(message, named, self.vocabulary)

    def _open(self, text: str, state: DialogueState) -> tuple[Message, str | None]:
        clean = normalise(read_things(text[:LONGEST]))
        detected = detect(clean, default=state.language)
        folded = fold(clean).translate(cantonese())
        tokens, corrections = self._speller.mend(tokenise(folded))
        message = Message(
            text=clean,
            folded=folded,
            tokens=tokens,
            language=detected.spoken,
            corrections=corrections,
            used=[False] * len(tokens),
        )
        return message, detected.other

    def _read_bounds(self, message: Message) -> list[measures.Bound]:
        """The measures said; those that bound are no prices and name no single value."""
        bounds = measures.find_bounds(message.folded, self.vocabulary)
        for bound in bounds:
            if not bound.exact:
                bound.use(message)
        return bounds

    def _read_prices(self, message: Message, state: DialogueState) -> None:
        held = state.constraints
        expected = held.price_max is not None or held.price_min is not None
        expected = expected or (state.pending or {}).get("facet") == "price"
        for price in prices.find_prices(message.unread(), price_expected=expected):
            for slot, value in (("price_min", price.low), ("price_max", price.high)):
                if value is not None:
                    message.change_span("set", slot, value, price.start, price.end)
            message.use_span(price.start, price.end)

    def _units(
        self, message: Message, held: Constraints, bounds: list[measures.Bound]
    ) -> list[Unit]:
        units: list[Unit] = []
        narrowings = self.vocabulary.narrowings(held.category) if held.category else None
        spans = _measured(message, bounds)
        message.measured = spans
        position = 0
        cut: Phrase[Meaning] | None = None
        while position < len(message.tokens):
            if message.used[position]:
                position += 1
                continue
            phrase = cut or self._phrase_at(message, position)
            cut = None
            narrower = narrowings.at(message.tokens, position) if narrowings else None
            if narrower and (phrase is None or self._narrows(message, narrower, phrase, held)):
                _release(message, phrase, held)
                phrase = narrower
            if phrase and not self._stands_alone(message, phrase):
                phrase = None
            if phrase and (span := spans[position]) and phrase.last < span[1]:
                phrase = None
            if phrase and not any(message.used[phrase.first : phrase.last]):
                units.append(Unit(phrase.first, phrase.last, phrase.meanings))
                position = phrase.last
                cut = self._cut_short(message, phrase)
            else:
                units.append(Unit(position, position + 1))
                position += 1
        return units

    def _phrase_at(self, message: Message, position: int) -> Phrase[Meaning] | None:
        """The longest phrase at a token. "Shoes size 40" speaks of shoes, unlike "shoe size"."""
        phrases, tokens = self.vocabulary.phrases, message.tokens
        phrase = phrases.at(tokens, position)
        if phrase and phrase.last - position > 1 and tokens[position].text != tokens[position].key:
            noun = phrases.at(tokens[: position + 1], position)
            if noun and _names(phrase, "slot") and _names(noun, "category"):
                return noun
        return self._begins_with(message, phrase) or phrase if phrase else None

    def _begins_with(self, message: Message, phrase: Phrase[Meaning]) -> Phrase[Meaning] | None:
        """The beginning of a Chinese phrase whose end is that of a value: 不要 of 不要紧身."""
        if phrase.last - phrase.first < 3 or any(isinstance(m, Sense) for m in phrase.meanings):
            return None
        phrases, tokens = self.vocabulary.phrases, message.tokens
        for place in range(phrase.first + 1, phrase.last):
            value = phrases.at(tokens, place) if tokens[place].is_han else None
            begins = phrases.at(tokens[:place], phrase.first)
            if (
                value
                and value.last > phrase.last
                and any(isinstance(m, Sense) for m in value.meanings)
            ):
                return begins if begins and begins.last == place else None
        return None

    def _cut_short(self, message: Message, phrase: Phrase[Meaning]) -> Phrase[Meaning] | None:
        """The rest of a value that begins within a phrase and ends after it: "tea bags", of "green
        tea bags"."""
        if phrase.last - phrase.first < 2 or message.tokens[phrase.first].is_han:
            return None
        longer = self.vocabulary.phrases.at(message.tokens, phrase.last - 1)
        if longer is None or longer.last <= phrase.last:
            return None
        values = tuple(
            m
            for m in longer.meanings
            if isinstance(m, Sense) and m.name not in ("category", "slot", "unknown")
        )
        return Phrase(phrase.last, longer.last, values) if values else None

    def _narrows(
        self, message: Message, narrower: Phrase[Meaning], plain: Phrase[Meaning], held: Constraints
    ) -> bool:
        """Whether a word tells a sort of the kind held, and not another kind: "dress", of shoes."""
        if narrower.last < plain.last:
            return False
        after = message.tokens[narrower.last :]
        kinds = [
            m.values[0] for m in plain.meanings if isinstance(m, Sense) and m.name == "category"
        ]
        stands = bool(after) and after[0].key in _words_for_one()
        return stands or all(self.vocabulary.covers(held.category or "", kind) for kind in kinds)

    def _stands_alone(self, message: Message, phrase: Phrase[Meaning]) -> bool:
        """Whether a single Chinese character is a word here, and not a part of one (起球, 球)."""
        token = message.tokens[phrase.first]
        senses = [m for m in phrase.meanings if isinstance(m, Sense)]
        if token.is_han and senses and all(s.name == "category" for s in senses):
            # The noun is what a Chinese word ends in: 咖啡因 is no coffee.
            word, start = message.word_at(message.tokens[phrase.last - 1].start)
            if start + len(word) > message.tokens[phrase.last - 1].end:
                return False
        if phrase.last - phrase.first > 1 or not token.is_han:
            return True
        if not any(isinstance(meaning, Sense) for meaning in phrase.meanings):
            return True
        word, start = message.word_at(token.start)
        others = [
            index
            for index, other in enumerate(message.tokens)
            if start <= other.start < start + len(word) and index != phrase.first
        ]
        return all(
            message.filler[index] or self.vocabulary.phrases.at(message.tokens, index)
            for index in others
        )


def _names(phrase: Phrase[Meaning], name: str) -> bool:
    return any(isinstance(m, Sense) and m.name == name for m in phrase.meanings)


def _release(message: Message, plain: Phrase[Meaning] | None, held: Constraints) -> None:
    """Ends what is held and cannot be of the sort that is told: wireless, of "wired ones"."""
    for meaning in plain.meanings if plain else ():
        if not plain or not isinstance(meaning, Sense):
            continue
        values = held.attributes.get(meaning.name, [])
        if values and values[0] not in meaning.values:
            message.change("clear", f"attributes.{meaning.name}", None, plain.first, plain.last)


@lru_cache(maxsize=1)
def _words_for_one() -> frozenset[str]:
    """Words that stand for the kind held: "dress ones"."""
    return frozenset(word for word, cue in cue_entries() if cue.role == "one")


def _measured(message: Message, bounds: list[measures.Bound]) -> list[tuple[int, int] | None]:
    """For each token the measure that it is a part of: 米 in 一米八 is no rice."""
    spans: list[tuple[int, int] | None] = [None] * len(message.tokens)
    for bound in bounds:
        tokens = message.tokens_at(bound.start, bound.end)
        for index in tokens if bound.exact else ():
            spans[index] = (tokens[0], tokens[-1] + 1)
    return spans


def _taken(message: Message, unit: Unit) -> bool:
    return any(message.used[unit.first : unit.last])


def _names_shown(message: Message, pointed: list[Reference]) -> bool:
    """Whether the category named is only the noun of a pointer: "is this dress lined?"."""
    for index, unit in enumerate(message.units[:-1]):
        if unit.role("focus") and unit.role("the") and message.units[index + 1].is_category:
            following = message.units[index + 1]
            if pointed:
                message.use(following.first, following.last)
                return True
    return False
