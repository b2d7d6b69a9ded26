"""Finding products and saying why these."""

from collections.abc import Sequence

from assistant.dialogue import narrow
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.dialogue.targets import remember_sponsored
from assistant.dialogue.update import next_wish, remember_shown
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display
from assistant.reply.money import money
from assistant.reply.phrases import Phrases
from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.pipeline import Found, Relaxation

REASONS_SAID = 2


def find(rooms: Rooms, work: Work) -> Work:
    """Searches with the state's constraints. Where there are none it asks for a preference, once;
    who leaves that open is shown what is liked here."""
    state = work["state"]
    if state.constraints.is_empty() and narrow.PREFERENCE not in state.clarified:
        return narrow.ask_what(rooms, work)
    return _search(rooms, work, ())


def more(rooms: Rooms, work: Work) -> Work:
    """Further products for the same wish."""
    if work["state"].constraints.is_empty() and not work["state"].seen:
        return narrow.ask_what(rooms, work)
    return _search(rooms, work, work["state"].seen)


def relax(rooms: Rooms, work: Work) -> Work:
    """Takes the assistant's offer to drop a constraint."""
    state, offer = work["state"], work["settled"]
    wish = Constraints.model_validate(offer["constraints"])
    kept = tuple(p for p in state.provenance if p.slot != offer["slot"])
    state = state.model_copy(update={"constraints": wish, "provenance": kept})
    return _search(rooms, {**work, "state": state}, ())


def following(rooms: Rooms, work: Work) -> Work:
    """Takes the assistant's offer to go on to the next kind of product asked for."""
    return _search(rooms, {**work, "state": next_wish(work["state"])}, ())


def _search(rooms: Rooms, work: Work, leave_out: Sequence[str]) -> Work:
    state, owner = work["state"], work["owner"]
    found = rooms.finder.find(
        state.constraints,
        owner.customer_id,
        rooms.page_size,
        exclude_ids=leave_out,
        session_id=owner.conversation_id,
    )
    timings = {**work.get("timings_ms", {}), **found.timings_ms}
    if not found.candidates:
        draft, state = _nothing(rooms, work, found, bool(leave_out))
    else:
        draft, state = _recommend(rooms, work, found, bool(leave_out))
    return {"draft": draft, "state": state, "timings_ms": timings}


def _recommend(
    rooms: Rooms, work: Work, found: Found, further: bool
) -> tuple[Draft, DialogueState]:
    state, book = work["state"], book_of(work)
    draft = Draft("recommend", candidates=found.candidates, personal=found.personalised, lines=True)
    draft.sentences += _notes(rooms, work, by_meaning=state.constraints.query)
    draft.sentences.append(_intro(rooms, state, found, further, book))
    draft.sentences += [_line(rooms, c, state.language, book) for c in found.candidates]
    draft.sentences += _unproven(rooms, state, found.candidates, book)
    state = remember_shown(state, [c.id for c in found.candidates])
    state = remember_sponsored(state, found.candidates)
    question = None
    if not state.constraints.is_empty():
        question, state = narrow.question(rooms, state, found)
    if question:
        draft.sentences.append(question.text)
        draft.quick += question.options
    if state.waiting:
        state = _mention_waiting(rooms, state, draft, book)
    many = len(found.candidates) > 1
    draft.quick += ["quick_more"] if found.total > len(state.seen) else []
    draft.quick += ["quick_cheaper"]
    draft.quick += ["quick_compare"] if many else []
    draft.quick += ["quick_why", "quick_reviews", "quick_add"]
    return draft, state


def _mention_waiting(
    rooms: Rooms, state: DialogueState, draft: Draft, book: Phrases
) -> DialogueState:
    """Says what else was asked for in the same breath; "yes" goes on to it, unless another
    question is open."""
    writer = rooms.wish()
    kinds = [writer.write(w.constraints, state.language) for w in state.waiting]
    ask = "waiting" if state.pending else "waiting_ask"
    draft.sentences.append(book.say(ask, kinds=book.join(kinds), first=kinds[0]))
    first = Constraints(category=state.waiting[0].constraints.category)
    draft.quick.append(book.say("quick_next", kind=writer.write(first, state.language)))
    return state.model_copy(update={"pending": state.pending or {"kind": "next"}})


def _intro(rooms: Rooms, state: DialogueState, found: Found, further: bool, book: Phrases) -> str:
    n = len(found.candidates)
    wish = rooms.wish().write(state.constraints, state.language)
    if not wish:
        return book.say("found_open", n=n)
    key = "found_more" if further else "found_all" if found.total <= n else "found_some"
    return book.say(key, turn=state.turn, n=n, total=found.total, wish=wish)


def _line(rooms: Rooms, candidate: Candidate, language: str, book: Phrases) -> str:
    """``1. Title, $49.99. Reason. Reason.``"""
    reasons = [
        r.text for r in rooms.reasons.reasons(candidate, language, REASONS_SAID, telling=True)
    ]
    price = money(candidate.variant.price, candidate.product.currency)
    if not candidate.variant.in_stock:
        price = book.sentences([price, book.say("out_of_stock_mark")])
    return book.say(
        "product_line_reasons" if reasons else "product_line",
        number=candidate.position + 1,
        title=display.title(candidate.product, language),
        price=price,
        reasons=book.sentences(reasons),
    )


def _notes(rooms: Rooms, work: Work, by_meaning: str = "") -> list[str]:
    """What was read otherwise than written, or not understood at all; unknown words that stand in
    ``by_meaning``, the query of what is shown, have been searched for all the same."""
    heard, book = work["understanding"], book_of(work)
    notes = [book.say("corrected", written=w, read=r) for w, r in heard.corrections.items()]
    near = [word for word in heard.unknown_words if word.casefold() in by_meaning.casefold()]
    lost = [word for word in heard.unknown_words if word not in near]
    for key, unknown in (("unknown_words", lost), ("unknown_by_meaning", near)):
        if unknown:
            notes.append(book.say(key, words=book.join([f"“{word}”" for word in unknown])))
    currency = work["state"].constraints.currency
    if currency and currency != rooms.currency:
        notes.append(book.say("currency_note", currency=rooms.currency))
    return notes


def _unproven(
    rooms: Rooms, state: DialogueState, candidates: Sequence[Candidate], book: Phrases
) -> list[str]:
    """Names, for each aspect wanted, the products of which no review says anything about it."""
    said = []
    wish = state.constraints
    for name in dict.fromkeys([*wish.avoid_aspects, *wish.praised_aspects]):
        silent = [c for c in candidates if not (c.reviews and c.reviews.aspect(name))]
        if silent:
            label = rooms.lexicon.label("aspect", name, state.language)
            titles = book.join([display.title(c.product, state.language) for c in silent])
            said.append(book.say("no_evidence", aspects=label, titles=titles))
    return said


def _nothing(rooms: Rooms, work: Work, found: Found, further: bool) -> tuple[Draft, DialogueState]:
    """Says that nothing fits, and what dropping one constraint would give; never filler."""
    state, book = work["state"], book_of(work)
    wish = rooms.wish().write(state.constraints, state.language) or book.say("wish_anything")
    draft = Draft("recommend", personal=found.personalised)
    draft.sentences += _notes(rooms, work)
    if further:
        draft.sentences.append(book.say("nothing_more", wish=wish))
        draft.quick = ["quick_cheaper", "quick_reset"]
        return draft, state
    draft.sentences.append(book.say("nothing", wish=wish))
    draft.quick = ["quick_reset", "quick_person"]
    if found.relaxations:
        best = found.relaxations[0]
        draft.sentences.append(_offer(rooms, state, best, book))
        draft.quick = ["quick_yes", *draft.quick]
        pending = {
            "kind": "relax",
            "slot": best.slot,
            "constraints": best.constraints.model_dump(mode="json"),
        }
        state = state.model_copy(update={"pending": pending})
    return draft, state


def _offer(rooms: Rooms, state: DialogueState, offer: Relaxation, book: Phrases) -> str:
    """What the offer drops, or moves, in words, and how many products that would give."""
    writer = rooms.wish()
    now = writer.parts(state.constraints, state.language)
    then = writer.parts(offer.constraints, state.language)
    moved = [part for part in then if part not in now]
    if moved:
        return book.say("widen_offer", n=offer.total, instead=book.join(moved))
    gone = [part for part in now if part not in then]
    if offer.slot == "in_stock_only":
        return book.say("sold_out_offer", n=offer.total)
    dropped = book.join(gone) or offer.slot.replace("_", " ")
    return book.say("relax_offer", n=offer.total, dropped=dropped)
