"""The shopper's page: chat, product cards, quick replies. Mounted at ``/``."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from assistant import recommendations
from assistant.conversation.conversation import Conversation, Transcript
from assistant.errors import AssistantError, ConversationClosedError
from assistant.shop import Shop
from assistant.turn import TurnLanguage
from ui.changes import NOTHING, Changes
from ui.render import rows_html, transcript_html
from ui.words import label

log = logging.getLogger(__name__)

QUICK_REPLIES = 7
ROW_LENGTH = 6
CUSTOMERS_LISTED = 60
NEWS_EVERY_S = 0.4
LONGEST = 2000
STORAGE_SECRET = "shopkeeper"  # noqa: S105
"""The same at every start, so that a reload after a restart finds its conversation.

What the browser keeps is the shopper's own token: nothing there is hidden from the shopper.
"""

Kept = list[str]
"""What the browser remembers: conversation id, token, locale chosen."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A conversation that the browser has proved to be its own."""

    conversation: Conversation
    token: str
    locale: str

    @property
    def id(self) -> str:
        return self.conversation.id

    @property
    def language(self) -> str:
        return self.conversation.language if self.locale == "auto" else self.locale


def build_chat(shop: Shop) -> gr.Blocks:
    """The page over a shop that may still be loading."""
    return ChatPage(shop).blocks


class ChatPage:
    """Layout and handlers.

    The server keeps nothing of a visit but the conversation itself, so that a page goes on after a
    restart or at another replica.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        first = "zh" if shop.settings.locale == "zh" else "en"
        with gr.Blocks(
            title=shop.settings.shop_name, fill_width=True, analytics_enabled=False
        ) as self.blocks:
            self._lay_out(first)
            self._connect()

    def _lay_out(self, language: str) -> None:
        self._kept = gr.BrowserState(
            ["", "", ""], storage_key="shopkeeper-conversation", secret=STORAGE_SECRET
        )
        self._seen = gr.State(None)
        with gr.Row(elem_classes="top"):
            name = escape(self._shop.settings.shop_name)
            gr.HTML(f"<h1>{name}</h1>", elem_classes="name")
            self._locale = gr.Dropdown(
                [(label("language_auto", language), "auto"), ("English", "en"), ("中文", "zh")],
                value=self._shop.settings.locale,
                label=label("language", language),
                elem_id="locale",
                container=False,
                filterable=False,
                min_width=110,
            )
            self._customer = gr.Dropdown(
                [(label("guest", language), "")],
                value="",
                label=label("customer", language),
                elem_id="customer",
                container=False,
                visible=False,
                min_width=110,
            )
            self._personalise = gr.Checkbox(
                True,
                label=label("personalise", language),
                elem_id="personalise",
                container=False,
                visible=False,
                min_width=110,
            )
        opening = escape(label("loading", language))
        self._talk = gr.HTML("", elem_id="talk", apply_default_css=False)
        self._status = gr.HTML(f'<p role="status">{opening}</p>', elem_id="status")
        with gr.Row(elem_classes="quick"):
            self._quick = [gr.Button("", size="sm", visible=False) for _ in range(QUICK_REPLIES)]
            self._good = gr.Button(
                label("helpful", language), size="sm", visible=False, elem_id="good"
            )
            self._bad = gr.Button(
                label("not_helpful", language), size="sm", visible=False, elem_id="bad"
            )
        with gr.Row(elem_classes="write"):
            self._text = gr.Textbox(
                placeholder=label("placeholder", language),
                label=label("message", language),
                show_label=False,
                container=False,
                max_length=LONGEST,
                interactive=False,
                elem_id="message",
                scale=8,
                min_width=120,
            )
            self._send = gr.Button(
                label("send", language),
                variant="primary",
                interactive=False,
                elem_id="send",
                scale=1,
                min_width=76,
            )
        with gr.Row(elem_classes="below"):
            self._person = gr.Button(
                label("person", language), size="sm", interactive=False, elem_id="person"
            )
            self._fresh = gr.Button(
                label("fresh", language), size="sm", interactive=False, elem_id="fresh"
            )
        self._rows = gr.HTML("", elem_id="rows", apply_default_css=False)
        self._news = gr.Timer(NEWS_EVERY_S, active=False)

    def _connect(self) -> None:
        everything = [
            *(self._kept, self._seen, self._locale, self._customer, self._personalise),
            *(self._rows, self._talk, self._status, *self._quick, self._good, self._bad),
            *(self._text, self._send, self._person, self._fresh, self._news),
        ]
        who = [self._kept, self._locale]
        opening = [*who, self._customer]

        def on(
            event: Callable[..., Any], act: Callable[..., Any], inputs: list[Any], **more: Any
        ) -> None:
            event(
                act,
                inputs,
                everything,
                show_progress="hidden",
                concurrency_limit=None,
                api_visibility="private",
                **more,
            )

        # What needs no message box skips the queue, and with it a connection of its own.
        on(self.blocks.load, self.resume, opening, queue=False)
        on(self._locale.input, self.speak, opening)
        on(self._customer.input, self.start, opening)
        on(self._fresh.click, self.start, opening)
        on(self._person.click, self.ask_person, who)
        on(self._personalise.input, self.set_personalise, [self._personalise, *who])
        on(self._good.click, self.praise, who)
        on(self._bad.click, self.blame, who)
        # A message sent while another is being answered waits for its turn and is not dropped.
        for sent in (self._text.submit, self._send.click):
            on(sent, self.send, [self._text, *who], trigger_mode="multiple")
        for button in self._quick:
            on(button.click, self.send, [button, *who])
        on(self._news.tick, self.look, [self._seen, *opening], queue=False)

    def resume(self, kept: Kept, locale: str, customer: str, request: gr.Request) -> Changes:
        """Goes on with the conversation that the browser remembers, or opens a new one."""
        if not self._shop.is_ready():
            return self._not_ready(_spoken(locale, request))
        if kept[2] in ("auto", "en", "zh"):
            locale = kept[2]
        visit = self._visit(kept, locale)
        if visit is None or visit.conversation.status == "closed":
            return self.start(kept, locale, customer, request)
        return self._opened(visit)

    def start(self, kept: Kept, locale: str, customer: str, request: gr.Request) -> Changes:
        """Opens a new conversation."""
        customer_id = customer if customer and self._shop.is_demo() else None
        started = self._shop.conversations.start(
            customer_id, locale, "page", _spoken(locale, request)
        )
        held = self._shop.conversations.store.get(started.conversation_id)
        return self._opened(Visit(held, started.token, locale))

    def speak(self, kept: Kept, locale: str, customer: str, request: gr.Request) -> Changes:
        """Changes the language of the page; one that was not written in yet starts afresh."""
        visit = self._visit(kept, locale)
        if visit is None:
            return self.resume(["", "", locale], locale, customer, request)
        messages = self._shop.conversations.transcript(visit.id).messages
        if all(message.role != "shopper" for message in messages):
            return self.start(kept, locale, customer, request)
        return self._opened(visit)

    def send(self, text: str, kept: Kept, locale: str) -> Iterator[Changes]:
        """Shows the message at once, then the answer."""
        text = (text or "").strip()
        visit = self._visit(kept, locale)
        if not text or visit is None:
            yield NOTHING
            return
        if len(text) > LONGEST:
            gr.Warning(label("too_long", visit.language))
            yield NOTHING
            return
        before = self._shop.conversations.transcript(visit.id)
        hidden = gr.update(visible=False)
        yield {
            self._talk: transcript_html(before, visit.language, waiting=text),
            self._text: "",
            self._rows: "",
            **dict.fromkeys((*self._quick, self._good, self._bad), hidden),
        }
        try:
            self._shop.conversations.send(visit.id, text)
        except ConversationClosedError:
            pass  # the page shows it
        except Exception:
            # The message is stored already; the page must not stay with its sign of work going on.
            log.exception("A message of conversation %s was not answered.", visit.id)
            gr.Warning(label("failed", visit.language))
        yield self._view(visit)

    def ask_person(self, kept: Kept, locale: str) -> Changes:
        """Puts the conversation into the agents' queue."""
        if visit := self._visit(kept, locale):
            try:
                self._shop.handoffs.request(visit.id, "asked")
            except AssistantError:
                gr.Warning(label("failed", visit.language))
            return self._view(visit)
        return NOTHING

    def set_personalise(self, on: bool, kept: Kept, locale: str) -> Changes:
        """Says whether the customer's behaviour may be used."""
        visit = self._visit(kept, locale)
        if visit is not None and visit.conversation.customer_id:
            self._shop.customers.set_personalise(visit.conversation.customer_id, on)
        return NOTHING

    def praise(self, kept: Kept, locale: str) -> Changes:
        return self._judge("up", kept, locale)

    def blame(self, kept: Kept, locale: str) -> Changes:
        return self._judge("down", kept, locale)

    def look(
        self, seen: Any, kept: Kept, locale: str, customer: str, request: gr.Request
    ) -> Changes:
        """Looks for news: the shop's opening, what a person writes."""
        visit = self._visit(kept, locale) if self._shop.is_ready() else None
        if seen is None or visit is None:
            return (
                self.resume(kept, locale, customer, request) if self._shop.is_ready() else NOTHING
            )
        return NOTHING if visit.conversation.last_seq == seen else self._view(visit)

    def _visit(self, kept: Kept, locale: str) -> Visit | None:
        conversation_id, token, _ = kept
        if not self._shop.is_ready() or not conversation_id:
            return None
        store = self._shop.conversations.store
        if not store.opens(conversation_id, token):
            return None
        return Visit(store.get(conversation_id), token, locale)

    def _judge(self, value: str, kept: Kept, locale: str) -> Changes:
        visit = self._visit(kept, locale)
        if visit is None:
            return NOTHING
        turn = _last_turn(self._shop.conversations.transcript(visit.id))
        if turn is not None:
            self._shop.conversations.feedback(visit.id, turn["turn_id"], value)
            gr.Info(label("thanks", visit.language), duration=3)
        return dict.fromkeys((self._good, self._bad), gr.update(visible=False))

    def _not_ready(self, language: str) -> Changes:
        opening = all(told in (None, "loading") for told in self._shop.ready().values())
        told = label("loading" if opening else "not_open", language)
        return {
            self._status: f'<p role="status">{escape(told)}</p>',
            self._text: gr.update(placeholder=label("placeholder", language)),
            self._news: gr.Timer(active=True),
        }

    def _opened(self, visit: Visit) -> Changes:
        """Everything, at the beginning of a visit."""
        language, customer_id = visit.language, visit.conversation.customer_id
        customer = self._shop.customers.get(customer_id) if customer_id else None
        is_demo = self._shop.is_demo()
        return {
            **self._view(visit),
            self._rows: self._home(visit),
            self._locale: gr.update(label=label("language", language), value=visit.locale),
            self._kept: [visit.id, visit.token, visit.locale],
            self._customer: gr.update(
                label=label("customer", language),
                choices=self._customers(language) if is_demo else [],
                value=customer_id or "",
                visible=is_demo,
            ),
            self._personalise: gr.update(
                label=label("personalise", language),
                value=customer.personalise if customer else True,
                visible=customer_id is not None,
            ),
        }

    def _home(self, visit: Visit) -> str:
        """Rows of products before anything was said; nothing where they cannot be made."""
        messages = self._shop.conversations.transcript(visit.id).messages
        if any(message.role == "shopper" for message in messages):
            return ""
        language: TurnLanguage = "zh" if visit.language == "zh" else "en"
        try:
            found = recommendations.home(
                self._shop.recommender,
                self._shop.rooms,
                visit.conversation.customer_id,
                ROW_LENGTH,
                language,
            )
        except Exception:
            log.exception("The rows of the page could not be made.")
            return ""
        return rows_html(found.rows, language)

    def _customers(self, language: str) -> list[tuple[str, str]]:
        """Guest first, then the first customers of a demo store."""
        listed = self._shop.customers.page(CUSTOMERS_LISTED)
        names = [(f"{c.name or c.id} ({c.id})", c.id) for c in listed]
        return [(label("guest", language), ""), *names]

    def _view(self, visit: Visit) -> Changes:
        """The conversation as it is now. What is being typed stays."""
        transcript = self._shop.conversations.transcript(visit.id)
        held = transcript.conversation
        language = Visit(held, visit.token, visit.locale).language
        turn = _last_turn(transcript) if held.status == "bot" else None
        told = label(f"status_{held.status}", language)
        closed = held.status == "closed"
        quick = turn["quick_replies"] if turn else []
        return {
            self._seen: held.last_seq,
            self._talk: transcript_html(transcript, language),
            self._status: f'<p role="status">{escape(told)}</p>' if told else "",
            self._text: gr.update(
                placeholder=label("placeholder", language),
                label=label("message", language),
                interactive=not closed,
            ),
            self._news: gr.Timer(active=held.status in ("waiting_for_agent", "with_agent")),
            **self._buttons(quick),
            self._good: gr.update(value=label("helpful", language), visible=turn is not None),
            self._bad: gr.update(value=label("not_helpful", language), visible=turn is not None),
            self._send: gr.update(value=label("send", language), interactive=not closed),
            self._person: gr.update(
                value=label("person", language), interactive=held.status == "bot"
            ),
            self._fresh: gr.update(
                value=label("fresh", language),
                interactive=True,
                variant="primary" if closed else "secondary",
            ),
        }

    def _buttons(self, words: list[str]) -> Changes:
        shown = [gr.update(value=w, visible=True) for w in words[:QUICK_REPLIES]]
        hidden = [gr.update(visible=False)] * (QUICK_REPLIES - len(shown))
        return dict(zip(self._quick, [*shown, *hidden], strict=True))


def _last_turn(transcript: Transcript) -> dict[str, Any] | None:
    """The turn whose answer is the last entry of the conversation."""
    last = transcript.messages[-1] if transcript.messages else None
    if last is None or last.role != "assistant" or last.turn_id is None:
        return None
    return transcript.turns.get(last.turn_id)


def _spoken(locale: str, request: gr.Request) -> str:
    """The first language: as chosen, else as the browser prefers."""
    if locale != "auto":
        return locale
    preferred = (request.headers.get("accept-language") or "").lower()
    return "zh" if preferred.startswith("zh") else "en"
