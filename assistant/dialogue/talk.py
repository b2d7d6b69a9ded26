"""Everything that is talk and not shopping: greetings, thanks, starting over, not understanding."""

from assistant.dialogue.narrow import departments
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.update import reset as reset_state
from assistant.dialogue.work import Draft, Work, book_of
from assistant.understanding.understanding import IntentName

PATIENCE = 2
"""Turns in a row not understood before a person is offered."""
PLAUSIBLE = 0.12
"""Runners-up less probable than this are not worth asking about."""
OPENERS = ["quick_shipping", "quick_person"]


def chat(rooms: Rooms, work: Work) -> Work:
    """Answers small talk in kind."""
    state, name, book = work["state"], work["understanding"].intent.name, book_of(work)
    key = {
        IntentName.GREETING: "greeting_again",
        IntentName.THANKS_BYE: "thanks",
        IntentName.AFFIRM: "affirm_without_question",
        IntentName.DENY: "handoff_declined"
        if work["settled"].get("kind") == "offer_person"
        else "deny_without_question",
    }.get(name, "greeting_again")
    state = state.model_copy(update={"misses": 0})
    return {"draft": Draft("chat", [book.say(key)]), "state": state}


def reset(rooms: Rooms, work: Work) -> Work:
    """Forgets what was asked for."""
    return {
        "draft": Draft("chat", [book_of(work).say("reset_done")]),
        "state": reset_state(work["state"]),
    }


def lost(rooms: Rooms, work: Work) -> Work:
    """Not understood, or not about shopping: first ask which of two, then offer a person."""
    state, heard, book = work["state"], work["understanding"], book_of(work)
    if heard.other_language:
        return {"draft": Draft("refuse", [book.say("only_languages")]), "state": state}
    state = state.model_copy(update={"misses": state.misses + 1})
    if state.misses >= PATIENCE:
        state = state.model_copy(update={"pending": {"kind": "offer_person", "reason": "lost"}})
        said = [book.say("out_of_scope"), book.say("handoff_offer")]
        return {"draft": Draft("refuse", said, quick=["quick_yes", "quick_no"]), "state": state}
    named = [(heard.intent.name, heard.intent.confidence), *heard.intent.alternatives]
    likely = [
        f"intent_{name.value}"
        for name, probability in named
        if probability >= PLAUSIBLE and f"intent_{name.value}" in book
    ]
    out = heard.intent.name == IntentName.OUT_OF_SCOPE
    if not out and len(likely) > 1:
        said = [book.say("which_of_two", first=book.say(likely[0]), second=book.say(likely[1]))]
        return {"draft": Draft("clarify", said, quick=["quick_person"]), "state": state}
    quick = [*departments(rooms, book.language)[:3], *OPENERS]
    return {"draft": Draft("refuse", [book.say("out_of_scope")], quick=quick), "state": state}
