"""What reviews say: counts, aspects and verbatim quotes."""

from collections.abc import Sequence

from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import ask_which, focused, targets
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from assistant.reply.phrases import Phrases
from retrieval.candidate import AspectEvidence, Candidate

ASPECTS_NAMED = 3
ONE_VOICE = 1
"""A complaint made once is not "what people complain about"."""


def reviews(rooms: Rooms, work: Work) -> Work:
    """Sums up the reviews of the product meant, or says which of those shown is rated best."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    found = targets(rooms, work)
    if not found and not heard.references and len(state.shown) > 1:
        return _best(rooms, work)
    if not found:
        return ask_which(work, "reviews")
    sentences = _summary(rooms, found[0], heard.aspects, book)
    draft = Draft("answer", sentences, found, ["quick_add_it", "quick_more"])
    return {"draft": draft, "state": focused(state, found)}


def _summary(rooms: Rooms, candidate: Candidate, asked: Sequence[str], book: Phrases) -> list[str]:
    title = display.title(candidate.product, book.language)
    evidence = candidate.reviews
    if evidence is None or not evidence.count:
        return [book.say("reviews_none", title=title)]
    said = [
        book.say(
            "reviews_overall", n=evidence.count, title=title, rating=f"{evidence.rating or 0:.1f}"
        )
    ]
    if asked:
        for name in asked:
            said += tell_aspect(rooms, title, evidence.aspect(name), name, book)
        return said
    good = [a for a in evidence.aspects if a.sentiment > 0 and a.positive > a.negative]
    bad = [a for a in evidence.aspects if a.negative > ONE_VOICE and a.negative >= a.positive]
    good.sort(key=lambda a: -a.positive)
    bad.sort(key=lambda a: -a.negative)
    if good:
        said.append(book.say("reviews_good", aspects=_labels(rooms, good, book)))
    if bad:
        said.append(book.say("reviews_bad", aspects=_labels(rooms, bad, book)))
    else:
        said.append(book.say("reviews_no_bad"))
    quotes = (aspect.quote_in(book.language)[0] for aspect in [*bad, *good])
    if quote := next((q for q in quotes if q), None):
        said.append(book.say("reviews_quote", quote=quote))
    return said


def tell_aspect(
    rooms: Rooms, title: str, found: AspectEvidence | None, name: str, book: Phrases
) -> list[str]:
    """What reviews of a product say of one aspect, with a quote; or that none speaks of it."""
    label = rooms.lexicon.label("aspect", name, book.language)
    if found is None or not found.mentions:
        return [book.say("reviews_aspect_none", title=title, aspect=label)]
    said = [
        book.say(
            "reviews_aspect",
            n=found.mentions,
            aspect=label,
            positive=found.positive,
            negative=found.negative,
        )
    ]
    quote, _ = found.quote_in(book.language)
    return [*said, book.say("reviews_quote", quote=quote)] if quote else said


def _best(rooms: Rooms, work: Work) -> Work:
    """Among the products shown, the one rated best, by aspect where one was asked about."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    listed = rooms.describe(state.shown, work["owner"].customer_id)
    rated = [c for c in listed if c.reviews and c.reviews.count and c.reviews.rating is not None]
    if not rated:
        return {"draft": Draft("answer", [book.say("reviews_best_none")]), "state": state}

    def merit(candidate: Candidate) -> float:
        assert candidate.reviews is not None
        if heard.aspects:
            found = [candidate.reviews.aspect(name) for name in heard.aspects]
            return sum(a.sentiment for a in found if a)
        return candidate.reviews.rating or 0.0

    best = max(rated, key=merit)
    assert best.reviews is not None
    title = display.title(best.product, book.language)
    said = [
        book.say(
            "reviews_best", title=title, rating=f"{best.reviews.rating:.1f}", n=best.reviews.count
        )
    ]
    for name in heard.aspects:
        said += tell_aspect(rooms, title, best.reviews.aspect(name), name, book)
    draft = Draft("answer", said, [best], ["quick_add_it", "quick_more"])
    return {"draft": draft, "state": focused(state, [best])}


def _labels(rooms: Rooms, aspects: list[AspectEvidence], book: Phrases) -> str:
    names = [a.aspect for a in aspects[:ASPECTS_NAMED]]
    return book.join([rooms.lexicon.label("aspect", name, book.language) for name in names])
