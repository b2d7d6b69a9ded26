"""The agent's page: the queue, a conversation with all that led to it, and what to do with it."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from assistant.conversation.conversation import Transcript
from assistant.conversation.handoff import OPEN, Handoff
from assistant.errors import AssistantError, ForbiddenError, HandoffConflictError
from assistant.shop import Shop
from ui.changes import NOTHING, Changes
from ui.facts import facts_html, queue_line
from ui.render import transcript_html
from ui.staff import StaffPage
from ui.words import label

NEWS_EVERY_S = 0.4
LONGEST = 2000


@dataclass(slots=True)
class Desk:
    """Who sits at the desk; kept on the server, one per browser tab."""

    key: str
    name: str
    language: str
    open_id: str | None = None
    seen: tuple[Any, ...] = ()
    """What the page shows; as long as it is the same, the page is left alone."""


def build_agent(shop: Shop) -> gr.Blocks:
    """The page over a shop that may still be loading."""
    return AgentPage(shop).blocks


class AgentPage(StaffPage):
    """The page of one shop."""

    name, other = "agent", "merchant"

    def _lay_out(self, language: str) -> None:
        self._desk = gr.State(None)
        self._lay_out_top(language)
        with gr.Row(elem_classes="sign-in") as self._sign_in:
            self._key = gr.Textbox(
                label=label("agent_key", language), type="password", elem_id="key"
            )
            self._name = gr.Textbox(
                label=label("agent_name", language), max_length=80, elem_id="name"
            )
            self._enter = gr.Button(
                label("agent_enter", language), variant="primary", elem_id="enter"
            )
        with gr.Row(visible=False, elem_classes="room") as self._room:
            with gr.Column(scale=1, min_width=260):
                self._alert = gr.HTML("", elem_id="alert")
                self._queue = gr.Radio([], label=label("agent_queue", language), elem_id="queue")
                self._facts = gr.HTML("", elem_id="facts")
            with gr.Column(scale=3, min_width=300):
                self._talk = gr.HTML("", elem_id="talk", apply_default_css=False)
                self._status = gr.HTML("", elem_id="status")
                with gr.Row(elem_classes="write"):
                    self._text = gr.Textbox(
                        label=label("agent_reply", language),
                        show_label=False,
                        container=False,
                        max_length=LONGEST,
                        interactive=False,
                        elem_id="reply",
                        scale=8,
                        min_width=120,
                    )
                    self._send = gr.Button(
                        label("agent_send", language), elem_id="send", scale=1, min_width=76
                    )
                with gr.Row(elem_classes="below"):
                    self._claim = gr.Button(
                        label("agent_claim", language),
                        variant="primary",
                        elem_id="claim",
                        size="md",
                    )
                    self._return = gr.Button(
                        label("agent_return", language), elem_id="return", size="md"
                    )
                    self._resolve = gr.Button(
                        label("agent_resolve", language), elem_id="resolve", size="md"
                    )
                with gr.Row(elem_classes="write"):
                    self._note_text = gr.Textbox(
                        label=label("agent_note_placeholder", language),
                        placeholder=label("agent_note_placeholder", language),
                        show_label=False,
                        container=False,
                        max_length=LONGEST,
                        elem_id="note-text",
                        scale=8,
                        min_width=120,
                    )
                    self._note = gr.Button(
                        label("agent_note", language), elem_id="note", scale=1, min_width=76
                    )
        self._news = gr.Timer(NEWS_EVERY_S, active=False)

    def _connect(self) -> None:
        everything = [
            *(self._desk, self._title, self._language, self._sign_in, self._key, self._name),
            *(self._enter, self._room, self._alert, self._queue, self._facts, self._talk),
            *(self._status, self._text, self._send, self._claim, self._return, self._resolve),
            *(self._note_text, self._note, self._news),
        ]

        def on(
            event: Callable[..., Any], act: Callable[..., Any], *inputs: Any, **more: Any
        ) -> None:
            event(
                act,
                list(inputs),
                everything,
                show_progress="hidden",
                concurrency_limit=None,
                api_visibility="private",
                **more,
            )

        for entered in (self._enter.click, self._name.submit, self._key.submit):
            on(entered, self.enter, self._key, self._name, self._language)
        on(self._language.input, self.speak, self._language, self._desk)
        on(self._queue.input, self.choose, self._queue, self._desk)
        on(self._claim.click, self.claim, self._desk)
        on(self._return.click, self.give_back, self._desk)
        on(self._resolve.click, self.resolve, self._desk)
        for written in (self._text.submit, self._send.click):
            on(written, self.write, self._text, self._desk)
        for noted in (self._note_text.submit, self._note.click):
            on(noted, self.note, self._note_text, self._desk)
        on(self._news.tick, self.look, self._language, self._desk, queue=False)

    def enter(self, key: str, name: str, language: str) -> Changes:
        """Signs in with an API key of role ``agent`` or ``admin``."""
        name = (name or "").strip()
        try:
            caller = self._keys.caller(key or "", name or None)
        except ForbiddenError as error:
            raise gr.Error(label("agent_name_taken", language), print_exception=False) from error
        if caller is None:
            raise gr.Error(label("agent_wrong", language), print_exception=False)
        if caller.shared and not name:
            raise gr.Error(label("agent_name_needed", language), print_exception=False)
        return {
            **self._view(Desk(key, caller.name, language)),
            self._sign_in: gr.update(visible=False),
            self._room: gr.update(visible=True),
            self._news: gr.Timer(active=True),
        }

    def speak(self, language: str, desk: Desk | None) -> Changes:
        """Changes the language of the page."""
        changes: Changes = {
            self._title: self._heading(language),
            self._language: gr.update(label=label("language", language)),
            self._key: gr.update(label=label("agent_key", language)),
            self._name: gr.update(label=label("agent_name", language)),
            self._enter: label("agent_enter", language),
            self._queue: gr.update(label=label("agent_queue", language)),
            self._send: gr.update(value=label("agent_send", language)),
            self._note_text: gr.update(
                label=label("agent_note_placeholder", language),
                placeholder=label("agent_note_placeholder", language),
            ),
            self._note: label("agent_note", language),
        }
        if desk is None:
            return changes
        desk.language = language
        return changes | self._view(desk)

    def choose(self, handoff_id: str | None, desk: Desk | None) -> Changes:
        """Opens a conversation of the queue."""
        if desk is not None:
            desk.open_id = handoff_id
        return self._do(desk)

    def claim(self, desk: Desk | None) -> Changes:
        """Takes the conversation over, unless another agent was first."""
        return self._do(desk, self._shop.handoffs.claim)

    def give_back(self, desk: Desk | None) -> Changes:
        """Lets the assistant answer again."""
        return self._do(desk, self._shop.handoffs.give_back)

    def resolve(self, desk: Desk | None) -> Changes:
        """Ends the conversation as settled."""
        return self._do(desk, self._shop.handoffs.resolve)

    def write(self, text: str, desk: Desk | None) -> Changes:
        """Sends a message to the shopper; what could not be sent stays in the box."""
        return self._say(self._text, text, desk, self._shop.handoffs.message)

    def note(self, text: str, desk: Desk | None) -> Changes:
        """Leaves a note for agents."""
        return self._say(self._note_text, text, desk, self._shop.handoffs.note)

    def look(self, language: str, desk: Desk | None) -> Changes:
        """Looks for news; leaves the page alone when there is none."""
        if desk is None:
            return self._do(desk)
        before, desk.language = desk.seen, language
        view = self._view(desk)
        return view if desk.seen != before else NOTHING

    def _say(
        self, box: gr.Textbox, text: str, desk: Desk | None, act: Callable[[str, str, str], Any]
    ) -> Changes:
        words = (text or "").strip()
        if not words:
            return NOTHING
        done: list[bool] = []

        def say(one: str, name: str) -> None:
            act(one, name, words)
            done.append(True)

        changes = self._do(desk, say)
        if done:
            changes[box] = gr.update(value="") | changes.get(box, {})
        return changes

    def _do(self, desk: Desk | None, act: Callable[[str, str], Any] | None = None) -> Changes:
        """Acts on the conversation that is open and shows how things stand then.

        A desk that is gone, after a restart, has to be signed in to again.
        """
        if desk is None:
            return {
                self._sign_in: gr.update(visible=True),
                self._room: gr.update(visible=False),
                self._news: gr.Timer(active=False),
            }
        if act is not None and desk.open_id is not None and self._allowed(desk):
            try:
                act(desk.open_id, desk.name)
            except AssistantError as error:
                gr.Warning(self._refusal(desk, desk.open_id, error))
        return self._view(desk)

    def _refusal(self, desk: Desk, handoff_id: str, error: AssistantError) -> str:
        if not isinstance(error, HandoffConflictError):
            return label("agent_failed", desk.language, why=error)
        now = self._shop.handoffs.get(handoff_id)
        if now.status == "claimed":
            return label("agent_taken", desk.language, agent=now.agent)
        return label("agent_over", desk.language)

    def _allowed(self, desk: Desk) -> bool:
        return self._keys.caller(desk.key) is not None

    def _view(self, desk: Desk) -> Changes:
        """The desk as it is now. What is being typed stays."""
        language = desk.language
        if not self._allowed(desk):
            raise gr.Error(label("agent_wrong", language), print_exception=False)
        ready = self._shop.is_ready()
        queue = [h for h in self._shop.handoffs.queue() if h.status in OPEN] if ready else []
        chosen = next((h for h in queue if h.id == desk.open_id), None)
        desk.open_id = chosen.id if chosen else None
        mine = chosen is not None and chosen.agent == desk.name
        waiting = sum(h.status == "waiting" for h in queue)
        choices = [(queue_line(h, desk.name, language), h.id) for h in queue]
        transcript = self._transcript(chosen)
        last = transcript.conversation.last_seq if transcript else 0
        notes = len(chosen.notes) if chosen else 0
        desk.seen = (ready, tuple(choices), desk.open_id, last, notes, language)
        told = "loading" if not ready else "agent_choose" if queue else "agent_empty"
        place = "agent_reply_placeholder" if mine else "agent_reply_locked"
        count = escape(label("agent_waiting", language, n=waiting))
        return {
            self._desk: desk,
            self._alert: f'<p role="status" data-waiting="{waiting}">{count}</p>',
            self._queue: gr.update(choices=choices, value=desk.open_id),
            self._facts: self._facts_of(chosen, transcript, language),
            self._talk: (
                transcript_html(transcript, language, reader="agent") if transcript else ""
            ),
            self._status: "" if chosen else f"<p>{escape(label(told, language))}</p>",
            self._text: gr.update(
                label=label("agent_reply", language),
                placeholder=label(place, language),
                interactive=mine,
            ),
            self._send: gr.update(interactive=mine),
            self._claim: gr.update(
                value=label("agent_claim", language),
                interactive=chosen is not None and chosen.status == "waiting",
            ),
            self._return: gr.update(value=label("agent_return", language), interactive=mine),
            self._resolve: gr.update(value=label("agent_resolve", language), interactive=mine),
        }

    def _transcript(self, chosen: Handoff | None) -> Transcript | None:
        if chosen is None:
            return None
        return self._shop.conversations.transcript(chosen.conversation_id)

    def _facts_of(
        self, chosen: Handoff | None, transcript: Transcript | None, language: str
    ) -> str:
        if chosen is None or transcript is None:
            return ""
        known = self._shop.customers.get(chosen.customer_id) if chosen.customer_id else None
        customer = f"{known.name} ({known.id})" if known else chosen.customer_id
        wishes = self._shop.rooms.wish().parts(transcript.conversation.state.constraints, language)
        return facts_html(chosen, customer, wishes, language)
