"""What reviews say: counts, aspects and verbatim quotes."""

from assistant.dialogue.decide import asks_for_best
from assistant.dialogue.extreme import extreme
from assistant.dialogue.named import named
from assistant.dialogue.review_teller import ReviewTeller, grounds
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import ask_which, focused, targets
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from assistant.understanding.understanding import IntentName
from retrieval.candidate import Candidate

MOST_TOLD = 4
"""Products that are told of one by one."""


def reviews(rooms: Rooms, work: Work) -> Work:
    """Sums up the reviews of the product meant, of each shown, or says which is judged best."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    if asks_for_best(heard) and len(state.shown) > 1 and not heard.doubts_reviews:
        return extreme(rooms, work)
    listed = rooms.describe(state.shown, work["owner"].customer_id)
    pointed = any(r.kind != "focus" for r in heard.references)
    compared = heard.intent.name == IntentName.COMPARE and not pointed
    called = [] if pointed else named(listed, heard.text, state.language)
    if not called and not pointed:
        called = _met(rooms, work, listed)
    found = called[:MOST_TOLD]
    if not found and not compared:
        found = targets(rooms, work, at_most=MOST_TOLD)
    # "Is it loud?" of several: the answer for each says more than "which one?".
    if not found and not pointed and len(state.shown) > 1:
        return _each(rooms, work, listed[:MOST_TOLD])
    if not found and heard.doubts_reviews and not heard.references:
        return _doubts_of_shop(rooms, work)
    if not found:
        return ask_which(work, "reviews")
    if len(found) > 1:
        return _each(rooms, work, found)
    teller = ReviewTeller(rooms, heard, book)
    sentences = teller.doubts(found[0]) if heard.doubts_reviews else teller.summary(found[0])
    draft = Draft("answer", sentences, found, ["quick_add_it", "quick_more"], quotes=teller.quotes)
    return {"draft": draft, "state": focused(state, found)}


def _met(rooms: Rooms, work: Work, listed: list[Candidate]) -> list[Candidate]:
    """Those called by name that were shown before, and that a wish has left out since."""
    state = work["state"]
    gone = [i for i in state.met if i not in state.shown]
    before = rooms.describe(gone, work["owner"].customer_id)
    called = named([*before, *listed], work["understanding"].text, state.language)
    return [candidate for candidate in called if candidate.id in gone]


def _each(rooms: Rooms, work: Work, found: list[Candidate]) -> Work:
    """A line for each product: what is praised and complained of, or what was asked about."""
    heard, book = work["understanding"], book_of(work)
    teller, lines = ReviewTeller(rooms, heard, book), []
    for candidate in found:
        title = display.title(candidate.product, book.language)
        evidence = candidate.reviews
        if heard.doubts_reviews or evidence is None or not evidence.count:
            lines.append(book.sentences(teller.doubts(candidate)))
            continue
        if heard.aspects:
            told = [s for name in heard.aspects for s in teller.aspect(candidate, name)]
        else:
            told = teller.sides(candidate, complaints_first=True)
        # Only the sentence that none speaks of it names the product by itself.
        silent = all(not (a := evidence.aspect(name)) or not a.mentions for name in heard.aspects)
        head = [] if heard.aspects and silent else [f"{title}{book.say('colon')}"]
        lines.append(book.sentences([*head, *told]))
    quick = ["quick_reviews", "quick_more"]
    draft = Draft("answer", lines, found, quick, lines=True, quotes=teller.quotes)
    return {"draft": draft, "state": work["state"]}


def _doubts_of_shop(rooms: Rooms, work: Work) -> Work:
    """How many of all the shop's reviews may not be genuine: nothing in particular was shown."""
    book, summaries = book_of(work), rooms.finder.summaries
    found = summaries.doubts()
    n = len({review for ids in found.values() for review in ids})
    key = "reviews_doubted_shop" if n else "reviews_doubted_shop_none"
    said = book.say(key, n=n, total=summaries.count(), grounds=grounds(found, book))
    return {"draft": Draft("answer", [said]), "state": work["state"]}
