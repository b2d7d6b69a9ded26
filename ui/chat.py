"""The shopper's page: chat, product cards, quick replies. Mounted at ``/``."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

import gradio as gr

from assistant.errors import AssistantError, ConversationNotFoundError
from assistant.shop import Shop
from ui.render import transcript_html
from ui.words import SCROLL_DOWN, label

QUICK_REPLIES = 7
VIEW = 8 + QUICK_REPLIES
"""Outputs that every turn may change."""
CUSTOMERS_LISTED = 60
NEWS_EVERY_S = 0.6
LONGEST = 2000


@dataclass(slots=True)
class Visit:
    """What the page knows of its shopper; kept on the server, one per browser tab."""

    conversation_id: str
    token: str
    customer_id: str | None
    locale: str
    language: str
    seen: int = 0


def page_css() -> str:
    return files("ui").joinpath("data", "page.css").read_text(encoding="utf-8")


def build_chat(shop: Shop) -> gr.Blocks:
    """The page over a shop that may still be loading."""
    page = ChatPage(shop)
    first = "zh" if shop.settings.locale == "zh" else "en"
    with gr.Blocks(title=shop.settings.shop_name, fill_width=True) as blocks:
        visit = gr.State(None)
        kept = gr.BrowserState(["", ""], storage_key="shopkeeper-conversation")
        with gr.Row(equal_height=True):
            gr.HTML(f'<div class="top"><h1>{escape(shop.settings.shop_name)}</h1></div>', scale=3)
            locale = gr.Dropdown(
                [(label("language_auto", first), "auto"), ("English", "en"), ("中文", "zh")],
                value=shop.settings.locale,
                label=label("language", first),
                elem_id="locale",
                filterable=False,
                scale=1,
            )
            customer = gr.Dropdown(
                page.customers(first),
                value="",
                label=label("customer", first),
                elem_id="customer",
                visible=False,
                scale=1,
            )
        personalise = gr.Checkbox(
            True, label=label("personalise", first), elem_id="personalise", visible=False
        )
        talk = gr.HTML("", elem_id="talk", autoscroll=True)
        status = gr.HTML("", elem_classes="status", visible=False)
        with gr.Row(elem_classes="quick"):
            quick = [gr.Button("", size="sm", visible=False) for _ in range(QUICK_REPLIES)]
        with gr.Row():
            text = gr.Textbox(
                placeholder=label("placeholder", first),
                show_label=False,
                container=False,
                max_length=LONGEST,
                autofocus=True,
                elem_id="message",
                scale=8,
            )
            send = gr.Button(label("send", first), variant="primary", elem_id="send", scale=1)
        with gr.Row():
            person = gr.Button(label("person", first), size="sm", elem_id="person")
            fresh = gr.Button(label("fresh", first), size="sm", elem_id="fresh")
        news = gr.Timer(NEWS_EVERY_S, active=False)

        view = [visit, talk, status, text, news, send, person, fresh, *quick]
        opened = [*view, kept, locale, customer, personalise]
        blocks.load(page.resume, [kept, locale, customer], opened).then(js=SCROLL_DOWN)
        for change in (locale.input, customer.input, fresh.click):
            change(page.start, [locale, customer], opened).then(js=SCROLL_DOWN)
        for sent in (text.submit, send.click):
            sent(page.send, [text, visit], view).then(js=SCROLL_DOWN)
        for button in quick:
            button.click(page.send, [button, visit], view).then(js=SCROLL_DOWN)
        person.click(page.ask_person, visit, view).then(js=SCROLL_DOWN)
        personalise.input(page.set_personalise, [personalise, visit])
        news.tick(page.look, visit, view, show_progress="hidden")
    return blocks


class ChatPage:
    """Handlers of the page. Each returns updates for its outputs, in their order."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def customers(self, language: str) -> list[tuple[str, str]]:
        """Guest first, then the first customers of a demo store."""
        listed = self._shop.customers.page(CUSTOMERS_LISTED) if self._shop.is_demo() else []
        names = [(f"{c.name or c.id} ({c.id})", c.id) for c in listed]
        return [(label("guest", language), ""), *names]

    def resume(self, kept: list[str], locale: str, customer: str, request: gr.Request) -> list[Any]:
        """Goes on with the conversation that the browser remembers, or opens a new one."""
        if not self._shop.is_ready():
            raise gr.Error(label("loading", _spoken(locale, request)), print_exception=False)
        conversation_id, token = kept
        store = self._shop.conversations.store
        try:
            if conversation_id and store.opens(conversation_id, token):
                held = store.get(conversation_id)
                if held.status != "closed":
                    language = held.language if locale == "auto" else locale
                    visit = Visit(conversation_id, token, held.customer_id, held.locale, language)
                    return self._opened(visit)
        except ConversationNotFoundError:
            pass
        return self.start(locale, customer, request)

    def start(self, locale: str, customer: str, request: gr.Request) -> list[Any]:
        """Opens a new conversation."""
        language = _spoken(locale, request)
        customer_id = customer if customer and self._shop.is_demo() else None
        started = self._shop.conversations.start(customer_id, locale, "page", language)
        visit = Visit(started.conversation_id, started.token, customer_id, locale, started.language)
        return self._opened(visit)

    def send(self, text: str, visit: Visit | None) -> Iterator[list[Any]]:
        """Shows the message at once, then the answer."""
        text = (text or "").strip()
        if not text or visit is None:
            yield [gr.skip()] * VIEW
            return
        if len(text) > LONGEST:
            raise gr.Error(label("too_long", visit.language), print_exception=False)
        before = self._shop.conversations.transcript(visit.conversation_id)
        waiting = transcript_html(before, visit.language, waiting=text)
        skipped = [gr.skip()] * (VIEW - 4 - QUICK_REPLIES)
        yield [visit, waiting, gr.skip(), "", *skipped, *_buttons([])]
        try:
            turn = self._shop.conversations.send(visit.conversation_id, text)
        except AssistantError as error:
            gr.Warning(str(error))
            yield self._view(visit)
            return
        if visit.locale == "auto":
            visit.language = turn.language
        yield self._view(visit, turn.quick_replies)

    def ask_person(self, visit: Visit | None) -> list[Any]:
        if visit is not None:
            try:
                self._shop.handoffs.request(visit.conversation_id, "asked")
            except AssistantError as error:
                gr.Warning(str(error))
        return self._view(visit)

    def set_personalise(self, on: bool, visit: Visit | None) -> None:
        if visit is not None and visit.customer_id:
            self._shop.customers.set_personalise(visit.customer_id, on)

    def look(self, visit: Visit | None) -> list[Any]:
        """Looks for news while a person is or may be writing."""
        if visit is None:
            return [gr.skip()] * VIEW
        held = self._shop.conversations.store.get(visit.conversation_id)
        if held.last_seq == visit.seen:
            return [gr.skip()] * VIEW
        view = self._view(visit)
        view[3] = gr.skip()  # what is being typed stays
        return view

    def _opened(self, visit: Visit) -> list[Any]:
        kept = [visit.conversation_id, visit.token]
        return [*self._view(visit), kept, *self._chrome(visit)]

    def _chrome(self, visit: Visit) -> list[Any]:
        language = visit.language
        customer = self._shop.customers.get(visit.customer_id) if visit.customer_id else None
        return [
            gr.update(label=label("language", language), value=visit.locale),
            gr.update(
                label=label("customer", language),
                choices=self.customers(language),
                value=visit.customer_id or "",
                visible=self._shop.is_demo(),
            ),
            gr.update(
                label=label("personalise", language),
                value=customer.personalise if customer else True,
                visible=visit.customer_id is not None,
            ),
        ]

    def _view(self, visit: Visit | None, quick: list[str] | None = None) -> list[Any]:
        """Visit, transcript, status line, text box, timer, the buttons and quick replies."""
        if visit is None:
            return [gr.skip()] * VIEW
        transcript = self._shop.conversations.transcript(visit.conversation_id)
        held = transcript.conversation
        visit.seen = held.last_seq
        told = label(f"status_{held.status}", visit.language)
        closed = held.status == "closed"
        return [
            visit,
            transcript_html(transcript, visit.language),
            gr.update(value=escape(told), visible=bool(told)),
            gr.update(
                value="",
                placeholder=label("placeholder", visit.language),
                interactive=not closed,
            ),
            gr.Timer(active=held.status in ("waiting_for_agent", "with_agent")),
            *(label(key, visit.language) for key in ("send", "person", "fresh")),
            *_buttons(quick or [] if held.status == "bot" else []),
        ]


def _buttons(words: list[str]) -> list[Any]:
    shown = [gr.update(value=w, visible=True) for w in words[:QUICK_REPLIES]]
    return shown + [gr.update(visible=False)] * (QUICK_REPLIES - len(shown))


def _spoken(locale: str, request: gr.Request) -> str:
    """The first language: as chosen, else as the browser prefers."""
    if locale != "auto":
        return locale
    preferred = (request.headers.get("accept-language") or "").lower()
    return "zh" if preferred.startswith("zh") else "en"
