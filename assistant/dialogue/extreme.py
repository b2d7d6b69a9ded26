"""Which of the products shown its reviews judge best, or worst, on the whole or in an aspect."""

from assistant.dialogue.review_teller import ReviewTeller
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import focused
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from retrieval.candidate import Candidate
from retrieval.reviews.ratings import weighed


def extreme(rooms: Rooms, work: Work) -> Work:
    """The one judged best, or worst where that is asked for; by aspect where one is named."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    listed = rooms.describe(state.shown, work["owner"].customer_id)
    rated = [c for c in listed if c.reviews and c.reviews.count and c.reviews.rating is not None]
    if not rated:
        return {"draft": Draft("answer", [book.say("reviews_best_none")]), "state": state}
    if heard.aspects:
        return _by_aspects(rooms, work, rated)
    worst = heard.asks_worst
    merits = weighed([c.reviews for c in rated if c.reviews])
    pick = min if worst else max
    found, _ = pick(zip(rated, merits, strict=True), key=lambda pair: pair[1])
    assert found.reviews is not None
    said = [
        book.say(
            "reviews_worst" if worst else "reviews_best",
            title=display.title(found.product, book.language),
            rating=f"{found.reviews.rating:.1f}",
            n=found.reviews.count,
        )
    ]
    teller = ReviewTeller(rooms, heard, book)
    said += teller.sides(found, complaints_first=worst)
    return _told(work, found, said, teller)


def _by_aspects(rooms: Rooms, work: Work, rated: list[Candidate]) -> Work:
    """By the aspects asked about; those nobody judged in them are named."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    names = heard.aspects
    label = book.join([rooms.lexicon.label("aspect", name, book.language) for name in names])

    def merit(candidate: Candidate) -> float:
        assert candidate.reviews is not None
        told = [a.sentiment for name in names if (a := candidate.reviews.aspect(name))]
        return sum(told) / len(told)

    judged = [c for c in rated if c.reviews and any(c.reviews.aspect(name) for name in names)]
    silent = [display.title(c.product, book.language) for c in rated if c not in judged]
    unknown = book.say("no_evidence", aspects=label, titles=book.join(silent)) if silent else ""
    if not judged:
        return {"draft": Draft("answer", [unknown]), "state": state}
    worst = heard.asks_worst
    found = (min if worst else max)(judged, key=merit)
    said = [
        book.say(
            _verdict(merit(found), worst=worst, alone=len(judged) == 1),
            title=display.title(found.product, book.language),
            aspects=label,
        )
    ]
    teller = ReviewTeller(rooms, heard, book)
    for name in names:
        said += teller.aspect(found, name)
    return _told(work, found, [*said, unknown], teller)


def _told(work: Work, found: Candidate, said: list[str], teller: ReviewTeller) -> Work:
    """The answer, of one product; the worst is not offered for the cart."""
    worst = work["understanding"].asks_worst
    quick = ["quick_more"] if worst else ["quick_add_it", "quick_more"]
    draft = Draft("answer", said, [found], quick, quotes=teller.quotes)
    return {"draft": draft, "state": focused(work["state"], [found])}


def _verdict(merit: float, *, worst: bool, alone: bool) -> str:
    """Key of the sentence. The first of those that are all complained of is not "the best"."""
    if alone:
        return "reviews_only_aspect"
    if worst:
        return "reviews_worst_aspect" if merit < 0 else "reviews_worst_aspect_praised"
    return "reviews_best_aspect" if merit > 0 else "reviews_best_aspect_blamed"
