"""The whole service: the HTTP API with the pages mounted on it."""

from importlib.resources import files

import gradio as gr
from fastapi import FastAPI

from assistant.api.app import create_app
from assistant.shop import Shop
from ui.agent import build_agent
from ui.chat import build_chat

SYSTEM_FONT = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans CJK SC", "sans-serif"]


def build_server(shop: Shop) -> FastAPI:
    """API, agent's page and shopper's page in one application."""
    app = create_app(shop)
    look = gr.themes.Soft(
        primary_hue="teal", font=SYSTEM_FONT, font_mono=["ui-monospace", "monospace"]
    )
    for path, blocks in (("/agent", build_agent(shop)), ("/", build_chat(shop))):
        app = gr.mount_gradio_app(
            app,
            blocks,
            path=path,
            theme=look,
            css=_data("page.css"),
            js=_data("page.js"),
            show_error=False,
            footer_links=[],
            ssr_mode=False,
            enable_monitoring=False,
        )
    return app


def _data(name: str) -> str:
    return files("ui").joinpath("data", name).read_text(encoding="utf-8")
