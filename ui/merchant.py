"""The merchant's page: alarms, sentiment, products, words, loyalty, behaviour, campaigns."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, get_args

import gradio as gr

from assistant.errors import AssistantError
from assistant.insights import OwnAspectView, SeriesOf
from assistant.shop import Shop
from assistant.turn import TurnLanguage
from retrieval.errors import ProductNotFoundError
from retrieval.insights.trends import Bucket
from ui.changes import Changes
from ui.insights import (
    alarm_line,
    alarms_html,
    loyalty_html,
    product_html,
    sentiment_html,
    vocabulary_html,
)
from ui.staff import StaffPage
from ui.traffic import campaigns_html, experiments_html, exposure_html, funnel_html
from ui.words import label

VIEWS = (
    *("alarms", "sentiment", "product", "words", "loyalty"),
    *("funnel", "experiments", "campaigns", "exposure"),
)
LONGEST = 200
EXPOSURE_DAYS = 90


@dataclass(slots=True)
class Visit:
    """A merchant who is signed in; kept on the server, one per browser tab."""

    key: str
    name: str


def build_merchant(shop: Shop) -> gr.Blocks:
    """The page over a shop that may still be loading."""
    return MerchantPage(shop).blocks


class MerchantPage(StaffPage):
    """The page of one shop."""

    name, other = "merchant", "agent"

    def _lay_out(self, language: str) -> None:
        self._visit = gr.State(None)
        self._lay_out_top(language)
        with gr.Row(elem_classes="sign-in") as self._sign_in:
            self._key = gr.Textbox(
                label=label("merchant_key", language), type="password", elem_id="key"
            )
            self._enter = gr.Button(
                label("agent_enter", language), variant="primary", elem_id="enter"
            )
        with gr.Column(visible=False) as self._room:
            self._view = gr.Radio(
                self._views(language), value="alarms", label=label("merchant_view", language),
                elem_id="view",
            )  # fmt: skip
            with gr.Row(visible=False) as self._series_row:
                self._by = gr.Dropdown(
                    self._series(language), value="department", elem_id="by",
                    label=label("merchant_by", language),
                )  # fmt: skip
                self._bucket = gr.Radio(
                    self._buckets(language), value="week", elem_id="bucket",
                    label=label("merchant_bucket", language),
                )  # fmt: skip
            self._department = gr.Dropdown(
                [], visible=False, label=label("merchant_department", language),
                elem_id="department",
            )  # fmt: skip
            self._product = gr.Textbox(
                visible=False, label=label("merchant_product_id", language), max_length=LONGEST,
                elem_id="product",
            )  # fmt: skip
            self._content = gr.HTML("", elem_id="insights", apply_default_css=False)
            with gr.Row() as self._act_row:
                self._choice = gr.Dropdown(
                    [], label=label("merchant_alarm", language), elem_id="choice", scale=4
                )
                self._act = gr.Button(label("merchant_seen", language), elem_id="act", scale=1)

    def _connect(self) -> None:
        everything = [
            *(self._visit, self._title, self._language, self._sign_in, self._key, self._enter),
            *(self._room, self._view, self._series_row, self._by, self._bucket),
            *(self._department, self._product, self._content, self._act_row),
            *(self._choice, self._act),
        ]
        shown = [
            *(self._view, self._by, self._bucket, self._department, self._product),
            *(self._language, self._visit),
        ]

        def on(event: Callable[..., Any], act: Callable[..., Any], inputs: list[Any]) -> None:
            event(
                act,
                inputs,
                everything,
                show_progress="hidden",
                concurrency_limit=None,
                api_visibility="private",
            )

        for entered in (self._enter.click, self._key.submit):
            on(entered, self.enter, [self._key, self._language])
        on(self._language.input, self.speak, shown)
        for changed in (self._view.input, self._by.input, self._bucket.input):
            on(changed, self.show, shown)
        for changed in (self._department.input, self._product.submit):
            on(changed, self.show, shown)
        on(self._act.click, self.act, [self._choice, *shown])

    def enter(self, key: str, language: TurnLanguage) -> Changes:
        """Signs in with an API key of role ``admin``."""
        caller = self._keys.caller(key or "")
        if caller is None or caller.role != "admin":
            raise gr.Error(label("merchant_wrong", language), print_exception=False)
        visit = Visit(key, caller.name)
        departments = self._shop.insights.departments()
        return {
            self._visit: visit,
            self._sign_in: gr.update(visible=False),
            self._room: gr.update(visible=True),
            **self._shown("alarms", "department", "week", None, "", language),
            self._department: gr.update(choices=departments, visible=False),
        }

    def speak(self, view: str, *shown: Any) -> Changes:
        """Changes the language of the page."""
        language, visit = shown[-2], shown[-1]
        changes: Changes = {
            self._title: self._heading(language),
            self._language: gr.update(label=label("language", language)),
            self._key: gr.update(label=label("merchant_key", language)),
            self._enter: label("agent_enter", language),
            self._view: gr.update(
                choices=self._views(language), label=label("merchant_view", language)
            ),
            self._by: gr.update(
                choices=self._series(language), label=label("merchant_by", language)
            ),
            self._bucket: gr.update(
                choices=self._buckets(language), label=label("merchant_bucket", language)
            ),
        }
        return changes | self.show(view, *shown) if visit is not None else changes

    def show(self, view: str, *shown: Any) -> Changes:
        """Shows what was chosen."""
        by, bucket, department, product, language, visit = shown
        if not self._allowed(visit):
            return {
                self._sign_in: gr.update(visible=True),
                self._room: gr.update(visible=False),
            }
        return self._shown(view, by, bucket, department, product, language)

    def act(self, choice: str | None, view: str, *shown: Any) -> Changes:
        """Marks an alarm as seen, or takes a word over as an aspect of the department."""
        *_, department, _, language, visit = shown
        if choice and self._allowed(visit):
            try:
                if view == "alarms":
                    self._shop.insights.mark_seen(choice, visit.name, language)
                elif view == "words" and department:
                    self._shop.insights.take(
                        OwnAspectView(department=department, name=choice, words=[], labels={})
                    )
            except AssistantError as error:
                gr.Warning(label("agent_failed", language, why=error))
        return self.show(view, *shown)

    def _allowed(self, visit: Visit | None) -> bool:
        caller = self._keys.caller(visit.key) if visit is not None else None
        return caller is not None and caller.role == "admin"

    def _shown(
        self,
        view: str,
        by: SeriesOf,
        bucket: Bucket,
        department: str | None,
        product: str,
        language: TurnLanguage,
    ) -> Changes:
        content, choices = self._contents(view, by, bucket, department, product, language)
        acts = {"alarms": "merchant_seen", "words": "merchant_take"}
        filtered = view == "words" or (view == "sentiment" and by in ("product", "aspect", "theme"))
        return {
            self._content: content,
            self._series_row: gr.update(visible=view == "sentiment"),
            self._department: gr.update(
                visible=filtered, label=label("merchant_department", language)
            ),
            self._product: gr.update(
                visible=view == "product", label=label("merchant_product_id", language)
            ),
            self._act_row: gr.update(visible=view in acts and bool(choices)),
            self._choice: gr.update(
                choices=choices,
                value=choices[0][1] if choices else None,
                label=label("merchant_alarm" if view == "alarms" else "merchant_word", language),
            ),
            self._act: label(acts.get(view, "merchant_seen"), language),
        }

    def _contents(
        self,
        view: str,
        by: SeriesOf,
        bucket: Bucket,
        department: str | None,
        product: str,
        language: TurnLanguage,
    ) -> tuple[str, list[tuple[str, str]]]:
        """The page's HTML, and what there is to choose from below it."""
        insights = self._shop.insights
        if view == "alarms":
            found = insights.recent_alarms(language)
            ids = {key for alarm in found.alarms for key in alarm.review_ids}
            open_ones = [(alarm_line(a, language), a.id) for a in found.alarms if not a.seen_by]
            return alarms_html(found, self._shop.reviews.get_many(ids), language), open_ones
        if view == "sentiment":
            inside = department if by in ("product", "aspect", "theme") else None
            series = insights.sentiment(by, bucket, language, department=inside)
            return sentiment_html(series, language), []
        if view == "words":
            if not department:
                return _said("merchant_choose_department", language), []
            words = insights.vocabulary(department)
            return vocabulary_html(words, language), [(w.word, w.word) for w in words.offered]
        if view != "product":
            return self._figures(view, language), []
        return self._product_view((product or "").strip(), language), []

    def _figures(self, view: str, language: TurnLanguage) -> str:
        """Loyalty, behaviour, experiments, campaigns: what is only read here."""
        traffic = self._shop.traffic
        if view == "loyalty":
            return loyalty_html(self._shop.insights.loyalty(), language)
        if view == "funnel":
            return funnel_html(traffic.funnel("week"), language)
        if view == "experiments":
            return experiments_html(traffic.experiments([]).experiments, language)
        if view == "campaigns":
            campaigns = self._shop.campaigns
            return campaigns_html(campaigns.all(), campaigns.figures(), language)
        return exposure_html(traffic.exposure("brand", EXPOSURE_DAYS), language)

    def _product_view(self, product_id: str, language: TurnLanguage) -> str:
        if not product_id:
            return _said("merchant_choose_product", language)
        if not self._shop.is_ready():
            return _said("loading", language)
        try:
            product = self._shop.catalog.get(product_id)
        except ProductNotFoundError:
            return _said("merchant_no_product", language)
        found = self._shop.rooms.describe([product_id], None)
        reviews = found[0].reviews if found else None
        summary = self._shop.rooms.cards.summary(reviews, language, None)
        title = product.text(language).title
        return product_html(title, summary, self._shop.insights.suspicions(product_id), language)

    def _views(self, language: str) -> list[tuple[str, str]]:
        return [(label(f"merchant_{view}", language), view) for view in VIEWS]

    def _series(self, language: str) -> list[tuple[str, str]]:
        return [(label(f"merchant_by_{by}", language), by) for by in get_args(SeriesOf)]

    def _buckets(self, language: str) -> list[tuple[str, str]]:
        return [(label(f"merchant_{bucket}", language), bucket) for bucket in ("week", "month")]


def _said(key: str, language: str) -> str:
    return f"<p>{escape(label(key, language))}</p>"
