"""Which kinds of product are meant, and whether that is a new topic or an old one."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from assistant.dialogue.state import DialogueState
from assistant.understanding.compounds import beside_held, note_compound, tell_closer
from assistant.understanding.message import Message, Unit
from assistant.understanding.nouns import is_purpose, label_of, names_part, names_wanted, words
from assistant.understanding.understanding import Change
from assistant.understanding.vocabulary import CatalogVocabulary, Sense
from retrieval.lexicon.tokens import tokenise

MOST = 4
"""Kinds of product that one message may ask for."""
_LOOKED_AT = 12
"""Nouns of a message that are looked at for it."""
_JOINERS = ("sentence", "and", "comma", "or")
"""What may stand between two kinds of product, what parts them best first."""


_OWN = ("category", "query")
_OF_ALL = ("price", "rating_min", "sort", "in_stock_only", "gender", "age_group")
"""What is said of everything in a message that names several kinds of product."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The kind of product named; ``label`` is ``None`` where the message names none."""

    label: str | None = None
    first: int = 0
    last: int = 0
    precise: bool = True
    begun: int = 0
    """The token from which on the message speaks of it."""
    apart: bool = False
    """Whether a sentence of its own speaks of it."""


def read_topics(
    message: Message, state: DialogueState, vocabulary: CatalogVocabulary
) -> list[Topic]:
    """The kinds named, in order. Of a compound ("kitchen table") the last word decides, unless
    an earlier one is narrower ("mystery novels")."""
    searching = state.constraints.category is not None
    wanted = [
        i
        for i, unit in enumerate(message.units)
        if names_wanted(message, i, unit, vocabulary) and not (searching and names_part(unit))
    ]
    wanted = wanted or beside_held(message, state.constraints.category, vocabulary)
    # A part of the thing is no thing looked for beside it: "a phone with a good camera".
    wanted = [i for i in wanted if not names_part(message.units[i])] or wanted
    if not wanted:
        return []
    # "A case for my laptop" is a case; with nothing else named, "for my cat" is all there is.
    heads = _heads(message, wanted)
    tell_closer(message, heads, vocabulary)
    if not heads and _describes_before(message, message.units[wanted[0]]):
        return []
    topics: list[Topic] = []
    places: set[int] = set()
    for run in islice(_runs(heads or wanted[:1], wanted), _LOOKED_AT):
        named = _topic(message, run, vocabulary)
        if topics and _is_told_closer(message, topics[-1], named, vocabulary):
            topics[-1] = replace(topics[-1], label=named.label)
            places.update(run)
            continue
        topic = _begun(message, topics[-1], named) if topics else named
        if topics and _is_corrected(message, topics[-1], named):
            topics[-1] = replace(named, begun=topics[-1].begun)
            continue
        if topic is None or any(_are_same(vocabulary, t, topic) for t in topics):
            continue
        if any(_only_stands_for(vocabulary, topic, t) for t in topics):
            message.unknown.append(message.words(topic.first, topic.last))
            places.update(run)
            continue
        topics.append(topic)
        places.update(run)
        if len(topics) == MOST:
            break
    for other in wanted:
        unit = message.units[other]
        if other not in places and unit.is_value:
            continue  # "toys for cats": whose toys
        message.use(unit.first, unit.last)
        if other not in places:
            message.kept.update(range(unit.first, unit.last))
    return topics


def _topic(message: Message, run: list[int], vocabulary: CatalogVocabulary) -> Topic:
    """The kind that a compound names."""
    labels = [label_of(message.units[i]) for i in run]
    place = len(run) - 1
    for i, label in enumerate(labels[:-1]):
        if label != labels[-1] and vocabulary.covers(labels[-1], label):
            place = i
    units = message.units
    sense = units[run[place]].sense("category")
    narrower = place < len(run) - 1
    if len(run) > 1 and not narrower:
        message.kept.update(range(units[run[0]].first, units[run[-1]].first))
    return Topic(
        labels[place],
        units[run[0 if narrower else -1]].first,
        units[run[-1]].last,
        sense is not None and sense.precise and (narrower or len(run) == 1),
    )


def _runs(heads: list[int], wanted: list[int]) -> Iterator[list[int]]:
    """Heads with the kinds named right before or after them: one compound each."""
    done = -1
    for head in heads:
        if head <= done:
            continue
        run = [head]
        while run[-1] + 1 in wanted:
            run.append(run[-1] + 1)
        done = run[-1]
        yield run


def _heads(message: Message, wanted: list[int]) -> list[int]:
    """The nouns that say what is looked for, and not what it is for or goes with."""
    purposes: set[int] = set()
    for before, place in zip([-1, *wanted], wanted, strict=False):
        joined = before in purposes and _is_joined(message, before, place)
        if joined or is_purpose(message, message.units[place]):
            purposes.add(place)
    heads = [i for i in wanted if i not in purposes]
    leading: set[int] = set()
    for place, after in zip(heads[-2::-1], heads[:0:-1], strict=True):
        joined = after in leading and _is_joined(message, place, after)
        if joined or _leads_to(message, place, after):
            leading.add(place)
    return [i for i in heads if i not in leading]


def _is_joined(message: Message, place: int, other: int) -> bool:
    """Whether nothing but "and" or "or" stands between two units: "for jeans and skirts"."""
    between = message.units[place + 1 : other]
    return bool(between) and all(unit.role("or", "and") for unit in between)


def _begun(message: Message, earlier: Topic, topic: Topic) -> Topic | None:
    """Another kind with where it begins; ``None`` where it is none of its own.

    "A desk with drawers and shelves" is one wish, "a desk with drawers and a chair" are two.
    """
    between = [u for u in message.units if earlier.last <= u.first and u.last <= topic.first]
    for role in _JOINERS:
        parting = [u for u in between if u.role(role)]
        if not parting:
            continue
        cue = parting[-1]
        after = [message.tokens[i].text for i in range(cue.last, topic.first)]
        texts = [message.tokens[i].text for i in range(earlier.last, cue.first)]
        anew = role == "sentence" or any(word in words("anew") for word in after)
        belongs = not anew and any(word in words("goes_with") for word in texts)
        return None if belongs else replace(topic, begun=cue.last, apart=role == "sentence")
    return None


def _is_told_closer(
    message: Message, earlier: Topic, topic: Topic, vocabulary: CatalogVocabulary
) -> bool:
    """Whether a later noun narrows the one before: "shoes for work, size 43, black oxfords"."""
    between = [u for u in message.units if earlier.last <= u.first and u.last <= topic.first]
    if not between or any(unit.role("or", "and") for unit in between):
        return False
    assert earlier.label is not None and topic.label is not None
    narrower = vocabulary.leaves(topic.label) < vocabulary.leaves(earlier.label)
    return narrower and vocabulary.covers(earlier.label, topic.label)


def _is_corrected(message: Message, earlier: Topic, topic: Topic) -> bool:
    """Whether a kind takes back the one before: "boots, no wait, sandals"."""
    between = [u for u in message.units if earlier.last <= u.first and u.last <= topic.first]
    return any(unit.role("correction") for unit in between)


def _are_same(vocabulary: CatalogVocabulary, one: Topic, other: Topic) -> bool:
    """Whether two kinds are one, or one of them takes in the other ("boots or ankle boots")."""
    assert one.label is not None and other.label is not None
    if vocabulary.leaves(one.label) == vocabulary.leaves(other.label):
        return True
    return (one.precise and vocabulary.covers(one.label, other.label)) or (
        other.precise and vocabulary.covers(other.label, one.label)
    )


def _only_stands_for(vocabulary: CatalogVocabulary, topic: Topic, other: Topic) -> bool:
    """Whether a kind that is not sold got a wider label, which another kind named falls under: of
    kettles and toasters, "appliances" would be kettles again."""
    assert topic.label is not None and other.label is not None
    wider = not topic.precise and topic.label != other.label
    return wider and vocabulary.covers(topic.label, other.label)


def narrowed(message: Message, topics: list[Topic], vocabulary: CatalogVocabulary) -> list[Topic]:
    """The kinds, narrowed by words that alone tell their sorts apart: "a dress, midi". A sort not
    wanted is excluded: "headphones, not over-ear"."""
    found = []
    for place, topic in enumerate(topics):
        assert topic.label is not None
        end = topics[place + 1].begun if place + 1 < len(topics) else len(message.tokens)
        for phrase in vocabulary.narrowings(topic.label).find(message.tokens):
            label = next((m.values[0] for m in phrase.meanings if isinstance(m, Sense)), None)
            unit = next(u for u in message.units if u.first <= phrase.first < u.last)
            inside = topic.begun <= phrase.first < end and not message.used[phrase.first]
            if label is None or not inside or unit.is_value or unit.is_category:
                continue
            message.use(phrase.first, phrase.last)
            if unit.polarity == "exclude":
                message.change("add", "exclude.category", label, phrase.first, phrase.last)
            elif unit.polarity == "want":
                topic = replace(topic, label=label)  # noqa: PLW2901
        found.append(topic)
    return found


def note_topics(
    message: Message, topics: list[Topic], held: str | None, vocabulary: CatalogVocabulary
) -> None:
    """Turns the categories, and categories not wanted, into changes."""
    for topic in topics:
        message.change("set", "category", topic.label, topic.first, topic.last)
        if topic.label:
            note_compound(message, topic.label, range(topic.first, topic.last), vocabulary)
        if not topic.precise:
            message.kept.update(range(topic.first, topic.last))
    for unit in message.units:
        sense = unit.sense("category")
        if sense and unit.polarity == "exclude" and not message.used[unit.first]:
            label = sense.values[0]
            if topics and held and vocabulary.covers(label, held):
                message.use(unit.first, unit.last)  # "coffee, not tea": tea is left anyway
                continue
            # Beside a kind that is looked for, another is rather a part: no jacket with a hood.
            if topics and not any(
                t.label and _takes_in(vocabulary, t.label, label) for t in topics
            ):
                words = message.words(unit.first, unit.last)
                message.change("add", "exclude.text", words, unit.first, unit.last)
            else:
                message.change("add", "exclude.category", label, unit.first, unit.last)
            message.use(unit.first, unit.last)


def _takes_in(vocabulary: CatalogVocabulary, wider: str, narrower: str) -> bool:
    """Whether a kind takes in another in this catalogue or, where it files them apart, in the
    lexicon: trousers and jeans."""
    kinds = vocabulary.lexicon.kinds_of(narrower)
    above = {
        kind
        for said in vocabulary.lexicon.kinds_of(wider)
        for kind in vocabulary.lexicon.narrower(said)
    }
    return vocabulary.covers(wider, narrower) or bool(kinds and kinds <= above)


def part(message: Message, topics: list[Topic]) -> list[list[Change]]:
    """The changes by kind of product; there is one part at least.

    What stands at the end, after the last kind, is said of all that have nothing like it: "shirts
    and trousers under 50". What stands before the first is said of those after it that are bare
    nouns ("black shirts and trousers"), and prices and persons of all.
    """
    parts: list[list[Change]] = [[] for _ in topics or (None,)]
    begun = [message.tokens[topic.begun].start for topic in topics[1:]]
    for change in message.changes:
        parts[bisect_right(begun, change.start)].append(change)
    if len(parts) == 1:
        return parts
    end = message.tokens[topics[-1].last - 1].end
    head = message.tokens[topics[0].first].start
    last = [c for c in parts[-1] if c.start >= end and c.slot not in _OWN]
    first = [c for c in parts[0] if c.end <= head and c.slot not in _OWN]
    own = [{_family(c.slot) for c in changes} for changes in parts]
    for place, topic in enumerate(topics):
        if place < len(topics) - 1 and not any(t.apart for t in topics[place + 1 :]):
            parts[place] += [c for c in last if _family(c.slot) not in own[place]]
        if place:
            bare = topic.begun == topic.first and own[place] <= {"category", "query"}
            shared = [c for c in first if bare or _family(c.slot) in _OF_ALL]
            parts[place] += [c for c in shared if _family(c.slot) not in own[place]]
    return parts


def _family(slot: str) -> str:
    """What a slot is about: both bounds of a price, and an attribute wanted or not, are one."""
    name = slot.partition(".")[2]
    return "price" if slot.startswith("price_") else name or slot


def is_change(
    message: Message, topic: Topic, state: DialogueState, vocabulary: CatalogVocabulary
) -> bool:
    """Whether the message speaks of another kind of product than the state holds."""
    held = state.constraints.category
    if not topic.label:
        return held is not None and _asks_for_present(message)
    if held is None:
        return bool(state.constraints.query) and bool(state.shown)
    if held == topic.label:
        # "Electronics" may stand for a television first and for a projector then.
        words = message.words(topic.first, topic.last)
        return not topic.precise and _name_others(words, state.constraints.query, vocabulary)
    widens = topic.precise and vocabulary.covers(topic.label, held)
    return not (widens or vocabulary.covers(held, topic.label))


def _asks_for_present(message: Message) -> bool:
    """Whether a present is what is looked for: "a gift for my dad", and not "it's a gift"."""
    texts = [token.text for token in message.tokens]
    for word in words("presents"):
        parts = [token.text for token in tokenise(word)]
        for first in range(len(texts) - len(parts) + 1):
            last = first + len(parts)
            if texts[first:last] == parts:
                told = any(text in words("is_present") for text in texts[:first])
                return not told and not set(texts[last : last + 1]) & words("about_presents")
    return False


def _name_others(words: str, query: str, vocabulary: CatalogVocabulary) -> bool:
    """Whether two texts name kinds of product of which none is the other's."""
    said, held = (
        {m.value for m in vocabulary.lexicon.find(text) if m.kind == "category"}
        for text in (words, query)
    )
    narrower = vocabulary.lexicon.narrower  # a kind itself included
    related = any(a in narrower(b) or b in narrower(a) for a in said for b in held)
    return bool(said and held) and not related


def category_at(topics: list[Topic], token: int, held: str | None) -> str | None:
    """The kind of product that a token speaks of; ``held`` where the message names none."""
    label = topics[0].label if topics else held
    for topic in topics:
        label = topic.label if topic.begun <= token else label
    return label


def _is_definite(message: Message, topic: Topic) -> bool:
    """Whether the kind is spoken of as known: "and the coffee?", "the tent again"."""
    before = message.units[: next(i for i, u in enumerate(message.units) if u.first >= topic.first)]
    after = [u for u in message.units if u.first >= topic.last]
    known = bool(before) and before[-1].role("the")
    return known or any(unit.role("again") for unit in after)


def is_return(message: Message, topic: Topic, state: DialogueState) -> bool:
    """Whether the message goes back to what was talked about before."""
    cue = message.find("return")
    if cue is not None and topic.label is not None and cue.first < topic.first:
        return True
    if topic.label is not None and _is_definite(message, topic):
        return any(wish.constraints.category == topic.label for wish in state.set_aside)
    return topic.label is None and message.find("resume") is not None


def resumed(
    topic: Topic, state: DialogueState, vocabulary: CatalogVocabulary, *, back: bool
) -> str | None:
    """The category of the waiting wish, or where the message goes ``back`` the one put aside, that
    is turned to: "back to the shoes" may mean the running shoes."""
    known = [*state.waiting, *(state.set_aside if back else ())]
    labels = [wish.constraints.category for wish in known if wish.constraints.category]
    if topic.label is None:
        return next((w.constraints.category for w in state.set_aside), None) if back else None
    for fits in (
        _equals,
        vocabulary.covers,
        lambda said, held: vocabulary.covers(held, said),
        _ends,
    ):
        for label in labels:
            if fits(topic.label, label):
                return label
    return None


def _equals(said: str, held: str) -> bool:
    return said == held


def _ends(said: str, held: str) -> bool:
    """Whether the kind held is called a sort of what is said: "the food", of Dog food."""
    return held.casefold().endswith(f" {said.casefold()}")


def _leads_to(message: Message, place: int, after: int) -> bool:
    """Whether a noun only leads to the next: "a cup of tea", "能装电脑的背包"."""
    units = message.units
    between = [message.tokens[i].text for i in range(units[place].last, units[after].first)]
    if between[:1] not in (["of"], ["的"]) and between[-1:] != ["的"]:
        return False
    return not any(units[i].role("comma", "or", "and") for i in range(place + 1, after))


def _describes_before(message: Message, unit: Unit) -> bool:
    """Whether content words before a noun name a thing of their own."""
    return any(
        not message.used[i] and not message.filler[i]
        for earlier in message.units
        if earlier.last <= unit.first and not earlier.meanings
        for i in range(earlier.first, earlier.last)
    )
