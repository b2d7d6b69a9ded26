"""The whole service: the HTTP API with the pages mounted on it."""

import os
from importlib.resources import files

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse

from assistant.api.app import create_app
from assistant.shop import Shop
from ui.agent import build_agent
from ui.chat import build_chat

SYSTEM_FONT = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans CJK SC", "sans-serif"]


STATISTICS = {"GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9), "GRADIO_ANALYTICS_MAX_EVENTS": "1"}
"""Gradio would put its last ten thousand events through pandas after every single one."""


def build_server(shop: Shop) -> FastAPI:
    """API, agent's page and shopper's page in one application."""
    os.environ.update(STATISTICS)
    app = create_app(shop)

    @app.get("/agent", include_in_schema=False)
    def agent_page(request: Request) -> RedirectResponse:
        """Without it the page mounted at ``/`` would answer."""
        return RedirectResponse(f"{request.scope.get('root_path', '')}/agent/")

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
