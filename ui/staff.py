"""What the pages behind an API key share: their frame, heading and choice of language."""

from abc import ABC, abstractmethod
from html import escape

import gradio as gr

from assistant.api.keys import ApiKeys
from assistant.shop import Shop
from ui.words import label


class StaffPage(ABC):
    """Layout and handlers. The key is checked again at every one of them.

    Args:
        shop: it may still be loading.
    """

    name: str
    """Of the page: its folder, and ``<name>_title`` its title in ``ui/words``."""
    other: str
    """The name of the page that the heading leads to."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._keys = ApiKeys.load(shop.settings)
        first = "zh" if shop.settings.locale == "zh" else "en"
        with gr.Blocks(
            title=label(f"{self.name}_title", first), fill_width=True, analytics_enabled=False
        ) as self.blocks:
            self._lay_out(first)
            self._connect()

    @abstractmethod
    def _lay_out(self, language: str) -> None: ...

    @abstractmethod
    def _connect(self) -> None: ...

    def _lay_out_top(self, language: str) -> None:
        with gr.Row(elem_classes="top"):
            self._title = gr.HTML(self._heading(language), elem_classes="name")
            self._language = gr.Radio(
                [("English", "en"), ("中文", "zh")],
                value=language,
                label=label("language", language),
                container=False,
                elem_id="language",
                min_width=150,
            )

    def _heading(self, language: str) -> str:
        name = f"{self._shop.settings.shop_name} · {label(f'{self.name}_title', language)}"
        other = escape(label(f"{self.other}_title", language))
        return f'<h1>{escape(name)}</h1><a href="../{self.other}/">{other}</a>'
