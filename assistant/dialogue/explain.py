"""Why a product was shown: its recorded evidence, all of it."""

from assistant.dialogue.rooms import Rooms
from assistant.dialogue.targets import ask_which, focused, label_sponsored, targets
from assistant.dialogue.work import Draft, Work, book_of
from assistant.reply import display

REASONS = 6


def explain(rooms: Rooms, work: Work) -> Work:
    """Gives the reasons for the product meant, measured against the present constraints."""
    state, book = work["state"], book_of(work)
    found = targets(rooms, work)
    if not found:
        return ask_which(work, "explain")
    candidates = rooms.finder.describe([found[0].id], state.constraints, work["owner"].customer_id)
    candidates[0].position = found[0].position
    label_sponsored(candidates, state)
    title = display.title(candidates[0].product, book.language)
    reasons = [r.text for r in rooms.reasons.reasons(candidates[0], book.language, REASONS)]
    sentences = (
        [book.say("explain_intro", title=title), *reasons]
        if reasons
        else [book.say("explain_none", title=title)]
    )
    draft = Draft("answer", sentences, candidates, ["quick_add_it", "quick_more"])
    return {"draft": draft, "state": focused(state, candidates)}
