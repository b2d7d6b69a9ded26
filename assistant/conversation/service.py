"""One conversation, one message at a time: load, answer, check who holds it, store."""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.conversation.conversation import Conversation, Transcript
from assistant.conversation.handoff import open_handoff
from assistant.conversation.mood import turns_bad
from assistant.conversation.store import (
    ConversationStore,
    append,
    as_conversation,
    locked,
    new_id,
    now,
)
from assistant.conversation.tables import ConversationRow, IdempotencyRow, MessageRow, TurnRow
from assistant.conversation.wording import mood_offer, waiting_notice
from assistant.dialogue.outcome import DialogueEngine, Outcome, Owner
from assistant.errors import (
    ConversationBusyError,
    ConversationClosedError,
    IdempotencyConflictError,
)
from assistant.reply.phrases import phrases
from assistant.turn import IntentView, Personalised, Turn
from assistant.understanding.understanding import IntentName
from retrieval.events.event import Event, EventType

log = logging.getLogger(__name__)

LEASE_S = 30.0
"""How long a turn may take. A process that dies within one blocks its conversation that long."""
POLL_S = 0.02
MOOD_MESSAGES = 50
"""How far back a shopper's mood is followed."""


class Recorder(Protocol):
    """Where behaviour goes; see ``retrieval.events``."""

    def record(self, raw: Sequence[object], /) -> object: ...


@dataclass(frozen=True, slots=True)
class Started:
    """A new conversation; ``language`` is the one of the greeting."""

    conversation_id: str
    token: str
    greeting: str
    language: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that is stored and waits for its answer, or that has it already."""

    turn_id: str
    text: str
    conversation: Conversation
    began: float
    answer: Turn | None = None


class ConversationService:
    """What a shopper does with a conversation. Safe for threads and for several processes.

    Turns of one conversation follow each other: the one being made holds a lease in the
    conversation's row, never a database lock, so that an agent can claim it meanwhile.
    """

    def __init__(
        self, store: ConversationStore, engine: DialogueEngine, recorder: Recorder | None = None
    ) -> None:
        self.store = store
        self._sessions = store.sessions
        self._engine = engine
        self._recorder = recorder

    def start(
        self,
        customer_id: str | None = None,
        locale: str = "auto",
        channel: str = "web",
        language: str = "en",
    ) -> Started:
        """Open a conversation; ``language`` is the first guess where ``locale`` is ``auto``."""
        spoken = language if locale == "auto" else locale
        greeting = self._engine.greet(spoken, customer_id)
        conversation_id, token = self.store.create(customer_id, channel, locale, spoken, greeting)
        return Started(conversation_id, token, greeting, spoken)

    def send(self, conversation_id: str, text: str, key: str | None = None) -> Turn:
        """Answer a message; see ``begin`` for ``key`` and the errors."""
        return self.finish(self.begin(conversation_id, text, key))

    def begin(self, conversation_id: str, text: str, key: str | None = None) -> Pending:
        """Store a message and take the conversation's turn; ``finish`` must follow.

        A ``key`` seen before, with the same text, gives the first answer (waiting for it where it
        is still being made); with another text it raises ``IdempotencyConflictError``. Raises
        ``ConversationNotFoundError``, ``ConversationClosedError``, and ``ConversationBusyError``
        when an earlier message is not answered within ``LEASE_S``.
        """
        began = time.monotonic()
        while time.monotonic() - began < LEASE_S + 5:
            if not self._busy(conversation_id):
                with self._sessions.begin() as session:
                    pending = self._take_turn(session, conversation_id, text, key, began)
                if pending is not None:
                    return pending
            time.sleep(POLL_S)
        raise ConversationBusyError("An earlier message of this conversation is still unanswered.")

    def finish(self, pending: Pending) -> Turn:
        """Make the answer and store it, unless a person has taken over meanwhile."""
        if pending.answer is not None:
            return pending.answer
        conversation = pending.conversation
        owner = Owner(conversation.id, conversation.customer_id)
        try:
            outcome = self._engine.respond(pending.text, conversation.state, owner)
        except BaseException:
            self._release(pending)
            raise
        with self._sessions.begin() as session:
            row = locked(session, conversation.id)
            # Status and version: a person may even have come and gone while the bot was thinking.
            if row.status == "bot" and row.version == conversation.version:
                turn = _answer(session, row, pending, _with_offer(session, row, outcome))
            else:
                turn = _silent_turn(session, row, pending)
            if row.turn_lease == pending.turn_id:
                row.turn_lease = row.turn_lease_until = None
        self._record_impressions(turn, pending)
        return turn

    def transcript(self, conversation_id: str) -> Transcript:
        """Raises ``ConversationNotFoundError``."""
        return self.store.transcript(conversation_id)

    def feedback(self, conversation_id: str, turn_id: str, value: str, comment: str = "") -> None:
        """Raises ``ConversationNotFoundError`` and ``TurnNotFoundError``."""
        self.store.keep_feedback(conversation_id, turn_id, value, comment)

    def _busy(self, conversation_id: str) -> bool:
        with self._sessions() as session:
            lease = session.execute(
                select(ConversationRow.turn_lease, ConversationRow.turn_lease_until).where(
                    ConversationRow.id == conversation_id
                )
            ).one_or_none()
        return lease is not None and lease[1] is not None and lease[1] > now()

    def _take_turn(
        self, session: Session, conversation_id: str, text: str, key: str | None, began: float
    ) -> Pending | None:
        row = locked(session, conversation_id)
        if row.turn_lease is not None and row.turn_lease_until is not None:
            if row.turn_lease_until > now():
                return None
            log.warning("Turn %s was never finished; its lease ran out.", row.turn_lease)
        turn_id = _turn_of_key(session, conversation_id, key, text)
        answered = session.get(TurnRow, turn_id)
        conversation = as_conversation(row)
        if answered is not None:
            answer = Turn.model_validate(answered.document)
            return Pending(turn_id, text, conversation, began, answer)
        if row.status == "closed":
            raise ConversationClosedError("The conversation is closed.")
        # A retry of a message that failed finds it stored already.
        if not session.scalars(
            select(MessageRow.seq).where(
                MessageRow.conversation_id == conversation_id, MessageRow.turn_id == turn_id
            )
        ).first():
            append(session, row, "shopper", text, turn_id=turn_id)
        pending = Pending(turn_id, text, conversation, began)
        if row.status != "bot":
            turn = _silent_turn(session, row, pending)
            return Pending(turn_id, text, conversation, began, turn)
        row.turn_lease, row.turn_lease_until = turn_id, now() + timedelta(seconds=LEASE_S)
        return pending

    def _release(self, pending: Pending) -> None:
        with self._sessions.begin() as session:
            row = locked(session, pending.conversation.id)
            if row.turn_lease == pending.turn_id:
                row.turn_lease = row.turn_lease_until = None

    def _record_impressions(self, turn: Turn, pending: Pending) -> None:
        if self._recorder is None or not turn.products:
            return
        # Of who is not signed in the conversation is all that is known.
        shopper_id = pending.conversation.customer_id or turn.conversation_id
        try:
            self._recorder.record(
                [
                    Event(
                        type=EventType.IMPRESSION,
                        customer_id=shopper_id,
                        product_id=product.id,
                        conversation_id=turn.conversation_id,
                        turn_id=turn.turn_id,
                        position=position,
                        query=pending.text,
                    )
                    for position, product in enumerate(turn.products)
                ]
            )
        except Exception:
            # The shopper has an answer; that the ranking learns nothing from it is no failure.
            log.exception("The impressions of turn %s were not recorded.", turn.turn_id)


def _turn_of_key(session: Session, conversation_id: str, key: str | None, text: str) -> str:
    """The turn that ``key`` stands for: a new one, or the one of the first call with it."""
    turn_id = new_id("t")
    if key is None:
        return turn_id
    body_hash = hashlib.sha256(text.encode()).hexdigest()
    known = session.get(IdempotencyRow, (conversation_id, key))
    if known is None:
        session.add(
            IdempotencyRow(
                conversation_id=conversation_id,
                key=key,
                body_hash=body_hash,
                turn_id=turn_id,
                created_at=now(),
            )
        )
        return turn_id
    if known.body_hash != body_hash:
        raise IdempotencyConflictError("This idempotency key came with another message before.")
    return known.turn_id


def _with_offer(session: Session, row: ConversationRow, outcome: Outcome) -> Outcome:
    """The outcome with the offer of a person, where the shopper's mood has just turned bad."""
    offered = (outcome.state.pending or {}).get("kind") == "offer_person"
    # "What do people complain about?" is no complaint.
    asks = outcome.intent.name == IntentName.REVIEW_QUESTION
    if offered or asks or outcome.handoff_reason is not None:
        return outcome
    said = session.scalars(
        select(MessageRow.text)
        .where(MessageRow.conversation_id == row.id, MessageRow.role == "shopper")
        .order_by(MessageRow.seq.desc())
        .limit(MOOD_MESSAGES)
    ).all()
    if not turns_bad(said[::-1]):
        return outcome
    book = phrases(outcome.state.language)
    pending = {"kind": "offer_person", "reason": "mood"}
    return replace(
        outcome,
        state=outcome.state.model_copy(update={"pending": pending}),
        reply="\n".join([outcome.reply, mood_offer(outcome.state.language)]).strip(),
        quick_replies=[book.say("quick_yes"), book.say("quick_no")],
    )


def _answer(session: Session, row: ConversationRow, pending: Pending, outcome: Outcome) -> Turn:
    row.state = outcome.state.model_dump(mode="json")
    row.language = outcome.state.language
    row.version += 1
    if outcome.handoff_reason is not None:
        open_handoff(session, row, outcome.handoff_reason)
    total_ms = (time.monotonic() - pending.began) * 1000
    turn = Turn(
        turn_id=pending.turn_id,
        conversation_id=row.id,
        status=as_conversation(row).status,
        language=outcome.state.language,
        intent=IntentView(name=outcome.intent.name, confidence=outcome.intent.confidence),
        action=outcome.action,
        constraints=outcome.state.constraints,
        reply=outcome.reply,
        products=outcome.products,
        personalised=outcome.personalised,
        quick_replies=outcome.quick_replies,
        timings_ms={**outcome.timings_ms, "total": round(total_ms, 1)},
    )
    _store(session, row, turn)
    return turn


def _silent_turn(session: Session, row: ConversationRow, pending: Pending) -> Turn:
    """The turn while a person is asked for: no answer but, once, that the message is kept.

    The intent's confidence is 0, because the message was not classified.
    """
    conversation = as_conversation(row)
    told = session.scalars(
        select(MessageRow.role)
        .where(MessageRow.conversation_id == row.id, MessageRow.role.in_(("assistant", "system")))
        .order_by(MessageRow.seq.desc())
        .limit(1)
    ).first()
    first = conversation.status == "waiting_for_agent" and told == "system"
    turn = Turn(
        turn_id=pending.turn_id,
        conversation_id=row.id,
        status=conversation.status,
        language=conversation.language,
        intent=IntentView(name="human_agent", confidence=0.0),
        action="handoff",
        constraints=conversation.state.constraints,
        reply=waiting_notice(conversation.language) if first else "",
        personalised=Personalised(on=False, why=""),
        timings_ms={"total": round((time.monotonic() - pending.began) * 1000, 1)},
    )
    _store(session, row, turn)
    return turn


def _store(session: Session, row: ConversationRow, turn: Turn) -> None:
    if turn.reply:
        append(session, row, "assistant", turn.reply, turn_id=turn.turn_id)
    session.add(
        TurnRow(
            turn_id=turn.turn_id,
            conversation_id=row.id,
            document=turn.model_dump(mode="json"),
            at=now(),
        )
    )
