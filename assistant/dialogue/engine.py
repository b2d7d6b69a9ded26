"""The dialogue engine: one message in, one outcome out."""

from time import perf_counter

from assistant.dialogue.graph import build_graph
from assistant.dialogue.outcome import Outcome, Owner
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.dialogue.work import Draft, Work
from assistant.reply.phrases import Phrases, phrases
from assistant.turn import Personalised, ProductView, QuoteView
from retrieval.candidate import Candidate


class GraphEngine:
    """Runs the dialogue graph. Implements ``DialogueEngine``."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._graph = build_graph(rooms)

    def greet(self, language: str, customer_id: str | None) -> str:
        """The first words of a conversation."""
        turn = sum(map(ord, customer_id or ""))
        return phrases(language).say("greeting", turn=turn, shop=self._rooms.shop_name)

    def respond(self, text: str, state: DialogueState, owner: Owner) -> Outcome:
        """Answers ``text``. The state given is not changed; the new one is in the outcome."""
        begun = perf_counter()
        work: Work = self._graph.invoke({"text": text, "state": state, "owner": owner})
        draft, state = work["draft"], work["state"]
        book = phrases(state.language)
        draft.sentences = [*work.get("told", []), *draft.sentences]
        timings = {**work.get("timings_ms", {}), "total": (perf_counter() - begun) * 1000}
        return Outcome(
            state=state,
            intent=work["understanding"].intent,
            action=draft.action,
            reply=draft.text(book),
            personalised=Personalised(
                on=draft.personal == "history", why=book.say(f"personal_{draft.personal}")
            ),
            candidates=draft.candidates,
            products=[
                self._card(draft, candidate, state.language) for candidate in draft.candidates
            ],
            quick_replies=_quick(draft, book),
            handoff_reason=draft.handoff_reason,
            timings_ms={name: round(spent, 2) for name, spent in timings.items()},
        )

    def _card(self, draft: Draft, candidate: Candidate, language: str) -> ProductView:
        """The card, with what the reply quotes of its reviews."""
        card = self._rooms.cards.card(candidate, language)
        card.review_summary.quoted = [
            QuoteView(text=quote.text, review_id=quote.review_id, positive=quote.sign > 0)
            for quote in draft.quotes.get(candidate.id, ())
        ]
        return card


def _quick(draft: Draft, book: Phrases) -> list[str]:
    """Quick replies in words, each once."""
    words = [book.say(key) if key in book else key for key in draft.quick]
    return list(dict.fromkeys(words))
