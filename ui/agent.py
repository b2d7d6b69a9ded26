"""The agent's page: the queue, a conversation with all that led to it, and what to do with it."""

import json
from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr

from assistant.api.keys import ApiKeys
from assistant.conversation.handoff import Handoff
from assistant.errors import AssistantError, ForbiddenError
from assistant.shop import Shop
from ui.render import transcript_html
from ui.words import SCROLL_DOWN, label

NEWS_EVERY_S = 0.6


@dataclass(slots=True)
class Desk:
    """Who sits at the desk; kept on the server, one per browser tab."""

    key: str
    name: str
    language: str
    open_id: str | None = None
    seen: tuple[Any, ...] = field(default_factory=tuple)


def build_agent(shop: Shop) -> gr.Blocks:
    """The page over a shop that may still be loading."""
    page = AgentPage(shop)
    first = "zh" if shop.settings.locale == "zh" else "en"
    with gr.Blocks(title=label("agent_title", first), fill_width=True) as blocks:
        desk = gr.State(None)
        with gr.Row():
            gr.HTML(
                f'<div class="top"><h1>{escape(shop.settings.shop_name)} · '
                f"{escape(label('agent_title', first))}</h1></div>",
                scale=3,
            )
            language = gr.Radio([("English", "en"), ("中文", "zh")], value=first, show_label=False)
        with gr.Row() as sign_in:
            key = gr.Textbox(label=label("agent_key", first), type="password", elem_id="key")
            name = gr.Textbox(label=label("agent_name", first), max_length=80, elem_id="name")
            enter = gr.Button(label("agent_enter", first), variant="primary", elem_id="enter")
        with gr.Row(visible=False) as room:
            with gr.Column(scale=1, min_width=260):
                queue = gr.Radio([], label=label("agent_queue", first), elem_id="queue")
                facts = gr.HTML("", elem_id="facts")
            with gr.Column(scale=3):
                talk = gr.HTML("", elem_id="talk", autoscroll=True)
                status = gr.HTML("", elem_classes="status")
                text = gr.Textbox(
                    placeholder=label("agent_reply_placeholder", first),
                    show_label=False,
                    max_length=2000,
                    elem_id="reply",
                )
                with gr.Row():
                    claim = gr.Button(
                        label("agent_claim", first), variant="primary", elem_id="claim"
                    )
                    give_back = gr.Button(label("agent_return", first), elem_id="return")
                    resolve = gr.Button(label("agent_resolve", first), elem_id="resolve")
                with gr.Row():
                    note_text = gr.Textbox(
                        placeholder=label("agent_note_placeholder", first),
                        show_label=False,
                        max_length=2000,
                        elem_id="note-text",
                        scale=4,
                    )
                    note = gr.Button(label("agent_note", first), elem_id="note", scale=1)
        news = gr.Timer(NEWS_EVERY_S, active=False)

        view = [desk, queue, facts, talk, status, claim, give_back, resolve]
        enter.click(page.enter, [key, name, language], [*view, sign_in, room, news])
        name.submit(page.enter, [key, name, language], [*view, sign_in, room, news])
        queue.input(page.choose, [queue, desk], view).then(js=SCROLL_DOWN)
        claim.click(page.claim, desk, view)
        give_back.click(page.give_back, desk, view)
        resolve.click(page.resolve, desk, view)
        text.submit(page.write, [text, desk], [text, *view]).then(js=SCROLL_DOWN)
        note.click(page.note, [note_text, desk], [note_text, *view])
        news.tick(page.look, desk, view, show_progress="hidden")
        language.input(
            page.speak,
            [language, desk],
            [*view, key, name, enter, text, note_text, note],
        )
    return blocks


class AgentPage:
    """Handlers of the page. The key is checked again at every one of them."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._keys = ApiKeys.load(shop.settings)

    def enter(self, key: str, name: str, language: str) -> list[Any]:
        """Signs in with an API key of role ``agent`` or ``admin``."""
        try:
            caller = self._keys.caller(key or "", (name or "").strip() or None)
        except ForbiddenError as error:
            raise gr.Error(str(error), print_exception=False) from error
        if caller is None:
            raise gr.Error(label("agent_wrong", language), print_exception=False)
        desk = Desk(key, caller.name, language)
        return [
            *self._view(desk),
            gr.update(visible=False),
            gr.update(visible=True),
            gr.Timer(active=True),
        ]

    def speak(self, language: str, desk: Desk | None) -> list[Any]:
        """Changes the language of the page."""
        if desk is not None:
            desk.language = language
        view = self._view(desk) if desk else [gr.skip()] * 8
        return [
            *view,
            gr.update(label=label("agent_key", language)),
            gr.update(label=label("agent_name", language)),
            label("agent_enter", language),
            gr.update(placeholder=label("agent_reply_placeholder", language)),
            gr.update(placeholder=label("agent_note_placeholder", language)),
            label("agent_note", language),
        ]

    def choose(self, handoff_id: str | None, desk: Desk) -> list[Any]:
        desk.open_id = handoff_id
        return self._view(desk)

    def claim(self, desk: Desk) -> list[Any]:
        return self._do(desk, lambda one: self._shop.handoffs.claim(one, desk.name))

    def give_back(self, desk: Desk) -> list[Any]:
        return self._do(desk, lambda one: self._shop.handoffs.give_back(one, desk.name))

    def resolve(self, desk: Desk) -> list[Any]:
        return self._do(desk, lambda one: self._shop.handoffs.resolve(one, desk.name))

    def write(self, text: str, desk: Desk) -> list[Any]:
        """Sends a message to the shopper; what could not be sent stays in the box."""
        words = (text or "").strip()
        if not words:
            return [gr.skip()] * 9
        done: list[bool] = []

        def send(one: str) -> None:
            self._shop.handoffs.message(one, desk.name, words)
            done.append(True)

        view = self._do(desk, send)
        return ["" if done else text, *view]

    def note(self, text: str, desk: Desk) -> list[Any]:
        words = (text or "").strip()
        if not words:
            return [gr.skip()] * 9
        return ["", *self._do(desk, lambda one: self._shop.handoffs.note(one, desk.name, words))]

    def look(self, desk: Desk | None) -> list[Any]:
        """Looks for news; leaves the page alone when there is none."""
        if desk is None:
            return [gr.skip()] * 8
        before = desk.seen
        view = self._view(desk)
        return view if desk.seen != before else [gr.skip()] * 8

    def _do(self, desk: Desk, act: Any) -> list[Any]:
        if desk.open_id is not None and self._allowed(desk):
            try:
                act(desk.open_id)
            except AssistantError as error:
                gr.Warning(str(error))
        return self._view(desk)

    def _allowed(self, desk: Desk) -> bool:
        return self._keys.caller(desk.key) is not None

    def _view(self, desk: Desk) -> list[Any]:
        """Desk, queue, facts, transcript, status and the three buttons."""
        if not self._allowed(desk):
            raise gr.Error(label("agent_wrong", desk.language), print_exception=False)
        waiting = [h for h in self._shop.handoffs.queue() if h.status in ("waiting", "claimed")]
        chosen = next((h for h in waiting if h.id == desk.open_id), None)
        if chosen is None and desk.open_id is not None:
            desk.open_id = None
        choices = [(_line(h, desk.language), h.id) for h in waiting]
        mine = chosen is not None and chosen.agent == desk.name
        talk, last = self._talk(chosen, desk)
        desk.seen = (tuple(choices), desk.open_id, last, len(chosen.notes) if chosen else 0)
        empty = label("agent_choose" if waiting else "agent_empty", desk.language)
        return [
            desk,
            gr.update(
                choices=choices, value=desk.open_id, label=label("agent_queue", desk.language)
            ),
            _facts(chosen, desk.language) if chosen else "",
            talk,
            "" if chosen else escape(empty),
            gr.update(
                value=label("agent_claim", desk.language),
                interactive=chosen is not None and chosen.status == "waiting",
            ),
            gr.update(value=label("agent_return", desk.language), interactive=mine),
            gr.update(value=label("agent_resolve", desk.language), interactive=mine),
        ]

    def _talk(self, chosen: Handoff | None, desk: Desk) -> tuple[str, int]:
        if chosen is None:
            return "", 0
        transcript = self._shop.conversations.transcript(chosen.conversation_id)
        return transcript_html(transcript, desk.language), transcript.conversation.last_seq


def _line(handoff: Handoff, language: str) -> str:
    who = handoff.customer_id or label("guest", language)
    if handoff.status == "claimed":
        return f"{who} · {label('agent_held', language, agent=handoff.agent)}"
    return f"{who} · {label('agent_waits', language, minutes=int(handoff.waiting_s // 60))}"


def _facts(handoff: Handoff, language: str) -> str:
    """Summary, constraints and notes of the conversation chosen."""
    summary = handoff.summary
    wanted = {
        slot: value
        for slot, value in summary.get("constraints", {}).items()
        if value not in (None, "", [], {}, "relevance", True)
    }
    notes = "\n".join(f"{n.agent}: {n.text}" for n in handoff.notes)
    sections = [
        ("agent_summary", summary.get("text", {}).get(language, "")),
        ("agent_constraints", "\n".join(f"{k}: {_plain(v)}" for k, v in wanted.items())),
        ("agent_notes", notes),
    ]
    return "".join(
        f"<h4>{escape(label(title, language))}</h4><div class='facts'>{escape(text)}</div>"
        for title, text in sections
        if text
    )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
