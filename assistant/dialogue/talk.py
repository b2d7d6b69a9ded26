"""Everything that is talk and not shopping: greetings, thanks, starting over, not understanding."""

from assistant.dialogue.narrow import departments
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.update import reset as reset_state
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply.phrases import Phrases
from assistant.understanding.understanding import Intent, IntentName

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
    state, intent = state.model_copy(update={"misses": state.misses + 1}), heard.intent
    unsure = intent.is_open or intent.name != IntentName.OUT_OF_SCOPE
    if state.misses >= PATIENCE:
        state = state.model_copy(update={"pending": {"kind": "offer_person", "reason": "lost"}})
        said = [] if unsure else [book.say("out_of_scope")]
        said += [book.say("handoff_offer")]
        return {"draft": Draft("refuse", said, quick=["quick_yes", "quick_no"]), "state": state}
    choices = _likeliest_two(intent, book) if unsure else {}
    if choices:
        asked = {"kind": "which_intent", "choices": choices, "text": heard.text}
        first, second = choices
        said = [book.say("which_of_two", first=first, second=second)]
        draft = Draft("clarify", said, quick=[*choices, "quick_person"])
        return {"draft": draft, "state": state.model_copy(update={"pending": asked})}
    key = "not_understood" if unsure else "out_of_scope"
    quick = [*departments(rooms, book.language)[:3], *OPENERS]
    return {"draft": Draft("refuse", [book.say(key)], quick=quick), "state": state}


def _likeliest_two(intent: Intent, book: Phrases) -> dict[str, str]:
    """The words for the two likeliest intents, and the intents; empty where there are not two."""
    named = [(intent.name, intent.confidence), *intent.alternatives]
    named.sort(key=lambda one: -one[1])
    likely = {
        book.say(f"intent_{name.value}"): name.value
        for name, probability in named
        if probability >= PLAUSIBLE and f"intent_{name.value}" in book
    }
    return dict(list(likely.items())[:2]) if len(likely) > 1 else {}
