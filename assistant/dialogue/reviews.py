"""What reviews say: counts, aspects and verbatim quotes."""

from collections.abc import Sequence

from assistant.dialogue.decide import asks_for_best
from assistant.dialogue.named import named
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import ask_which, focused, targets
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from assistant.reply.phrases import Phrases
from retrieval.candidate import AspectEvidence, Candidate, ReviewEvidence
from retrieval.reviews.ratings import weighed
from retrieval.reviews.wording import most_said

ASPECTS_NAMED = 3
ONE_VOICE = 1
"""A complaint made once is not "what people complain about"."""
MOST_TOLD = 4
"""Products that are told of one by one."""


def reviews(rooms: Rooms, work: Work) -> Work:
    """Sums up the reviews of the product meant, of each shown, or says which is judged best."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    if asks_for_best(heard) and len(state.shown) > 1:
        return _best(rooms, work)
    listed = rooms.describe(state.shown, work["owner"].customer_id)
    called = [] if heard.references else named(listed, heard.text, state.language)
    found = called[:MOST_TOLD] or targets(rooms, work, at_most=MOST_TOLD)
    # "Is it loud?" of several: the answer for each says more than "which one?".
    anyone = not heard.references or (
        heard.aspects and all(r.kind == "focus" for r in heard.references)
    )
    if not found and anyone and len(state.shown) > 1:
        return _each(rooms, work, listed[:MOST_TOLD])
    if not found:
        return ask_which(work, "reviews")
    if len(found) > 1:
        return _each(rooms, work, found)
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
            said += tell_aspect(rooms, candidate, name, book)
        return said
    good, bad = _sides(evidence)
    if good:
        said.append(book.say("reviews_good", aspects=_counted(rooms, good, 1, book)))
    if bad:
        said.append(book.say("reviews_bad", aspects=_counted(rooms, bad, -1, book)))
    else:
        said.append(book.say("reviews_no_bad"))
    quotes = [_quote(bad[0], -1, book) if bad else None, _quote(good[0], 1, book) if good else None]
    said += [book.say("reviews_quote", quote=quote) for quote in quotes if quote]
    if evidence.suspected:
        said.append(book.say("reviews_suspected", n=evidence.suspected))
    return said


def _each(rooms: Rooms, work: Work, found: list[Candidate]) -> Work:
    """A line for each product: what is praised and complained of, or the aspect asked about."""
    heard, book = work["understanding"], book_of(work)
    lines = []
    for candidate in found:
        title = display.title(candidate.product, book.language)
        evidence = candidate.reviews
        if evidence is None or not evidence.count:
            lines.append(book.say("reviews_none", title=title))
            continue
        if heard.aspects:
            told = [s for name in heard.aspects for s in tell_aspect(rooms, candidate, name, book)]
        else:
            good, bad = _sides(evidence)
            told = [book.say("reviews_no_bad")]
            if bad:
                told = [book.say("reviews_bad", aspects=_counted(rooms, bad, -1, book))]
                quote = _quote(bad[0], -1, book)
                told += [book.say("reviews_quote", quote=quote)] if quote else []
            if good:
                told.append(book.say("reviews_good", aspects=_counted(rooms, good, 1, book)))
        lines.append(book.sentences([f"{title}{book.say('colon')}", *told]))
    draft = Draft("answer", lines, found, ["quick_reviews", "quick_more"], lines=True)
    return {"draft": draft, "state": work["state"]}


def _sides(evidence: ReviewEvidence) -> tuple[list[AspectEvidence], list[AspectEvidence]]:
    """Aspects praised more than criticised, and those that more than one complains of."""
    good = [a for a in evidence.aspects if a.positive > a.negative and a.sentiment > 0]
    bad = [a for a in evidence.aspects if a.negative > ONE_VOICE]
    good.sort(key=lambda a: -a.positive)
    bad.sort(key=lambda a: (-a.negative, a.positive))
    return good, bad


def tell_aspect(rooms: Rooms, candidate: Candidate, name: str, book: Phrases) -> list[str]:
    """What reviews of a product say of one aspect, with a quote; or that none speaks of it."""
    title = display.title(candidate.product, book.language)
    label = rooms.lexicon.label("aspect", name, book.language)
    evidence = candidate.reviews
    found = evidence.aspect(name) if evidence else None
    if evidence is None or found is None or not found.mentions:
        return [book.say("reviews_aspect_none", title=title, aspect=label)]
    said = [
        book.say(
            "reviews_aspect",
            n=found.mentions,
            total=evidence.count,
            aspect=label,
            positive=found.positive,
            negative=found.negative,
        )
    ]
    if found.negative > ONE_VOICE:
        complaints = rooms.finder.summaries.complaints(candidate.id, name)
        if alike := most_said(complaints):
            said.append(book.say("reviews_alike", words=alike[0], n=alike[1]))
    if found.trend is not None and found.trend.direction != "steady":
        said.append(book.say(f"reviews_{found.trend.direction}"))
    quotes = [quote.text for quote in found.quotes_in(book.language)]
    return said + [book.say("reviews_quote", quote=quote) for quote in quotes[:1]]


def _best(rooms: Rooms, work: Work) -> Work:
    """Among the products shown, the one judged best, by aspect where one was asked about."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    listed = rooms.describe(state.shown, work["owner"].customer_id)
    rated = [c for c in listed if c.reviews and c.reviews.count and c.reviews.rating is not None]
    if not rated:
        return {"draft": Draft("answer", [book.say("reviews_best_none")]), "state": state}
    if heard.aspects:
        return _best_in(rooms, work, rated)
    merits = weighed([c.reviews for c in rated if c.reviews])
    best, _ = max(zip(rated, merits, strict=True), key=lambda pair: pair[1])
    assert best.reviews is not None
    title = display.title(best.product, book.language)
    rating, n = f"{best.reviews.rating:.1f}", best.reviews.count
    said = [book.say("reviews_best", title=title, rating=rating, n=n)]
    draft = Draft("answer", said, [best], ["quick_add_it", "quick_more"])
    return {"draft": draft, "state": focused(state, [best])}


def _best_in(rooms: Rooms, work: Work, rated: list[Candidate]) -> Work:
    """The product judged best in the aspects asked about; those nobody judged in them are named."""
    state, names, book = work["state"], work["understanding"].aspects, book_of(work)
    label = book.join([rooms.lexicon.label("aspect", name, book.language) for name in names])

    def merit(candidate: Candidate) -> list[float]:
        assert candidate.reviews is not None
        return [a.sentiment for name in names if (a := candidate.reviews.aspect(name))]

    judged = [c for c in rated if merit(c)]
    silent = [display.title(c.product, book.language) for c in rated if not merit(c)]
    unknown = book.say("no_evidence", aspects=label, titles=book.join(silent)) if silent else ""
    if not judged:
        return {"draft": Draft("answer", [unknown]), "state": state}
    best = max(judged, key=lambda c: sum(merit(c)) / len(merit(c)))
    title = display.title(best.product, book.language)
    said = [book.say("reviews_best_aspect", title=title, aspects=label)]
    for name in names:
        said += tell_aspect(rooms, best, name, book)
    draft = Draft("answer", [*said, unknown], [best], ["quick_add_it", "quick_more"])
    return {"draft": draft, "state": focused(state, [best])}


def _quote(aspect: AspectEvidence, sign: int, book: Phrases) -> str | None:
    quotes = aspect.quotes_in(book.language)
    return next((quote.text for quote in quotes if quote.sign == sign), None)


def _counted(rooms: Rooms, aspects: list[AspectEvidence], sign: int, book: Phrases) -> str:
    """Aspects with how many of those who speak of them praise them, or complain."""
    return book.join(
        [
            book.say(
                "reviews_counted",
                aspect=rooms.lexicon.label("aspect", a.aspect, book.language),
                n=a.positive if sign > 0 else a.negative,
                total=a.mentions,
            )
            for a in aspects[:ASPECTS_NAMED]
        ]
    )
