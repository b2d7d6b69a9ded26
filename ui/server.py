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
from ui.merchant import build_merchant

SYSTEM_FONT = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans CJK SC", "sans-serif"]


STATISTICS = {"GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9), "GRADIO_ANALYTICS_MAX_EVENTS": "1"}
"""Gradio would put its last ten thousand events through pandas after every single one."""


def build_server(shop: Shop) -> FastAPI:
    """API, agent's, merchant's and shopper's page in one application."""
    os.environ.update(STATISTICS)
    app = create_app(shop)

    # Without these the page mounted at ``/`` would answer.
    @app.get("/agent", include_in_schema=False)
    def agent_page(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{request.scope.get('root_path', '')}/agent/")

    @app.get("/merchant", include_in_schema=False)
    def merchant_page(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{request.scope.get('root_path', '')}/merchant/")

    look = gr.themes.Soft(
        primary_hue="teal", font=SYSTEM_FONT, font_mono=["ui-monospace", "monospace"]
    )
    pages = (
        ("/agent", build_agent(shop)),
        ("/merchant", build_merchant(shop)),
        ("/", build_chat(shop)),
    )
    for path, blocks in pages:
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
