"""``shopkeeper chat``: the assistant in the terminal."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from assistant.settings import Settings


def register(app: typer.Typer) -> None:
    @app.command()
    def chat(
        customer: Annotated[str | None, typer.Option(help="Talk as this customer.")] = None,
        locale: Annotated[str, typer.Option(help="auto, en or zh.")] = "auto",
    ) -> None:
        """Talk to the assistant here. An empty line, `exit` or Ctrl-D ends it."""
        from assistant.shop import Shop

        console = Console()
        shop = Shop(Settings())
        with console.status("Opening the shop …"):
            shop.load()
        try:
            started = shop.conversations.start(customer, locale, "terminal")
            console.print(escape(started.greeting))
            while text := _ask(console):
                turn = shop.conversations.send(started.conversation_id, text)
                console.print(escape(turn.reply), highlight=False)
                if turn.quick_replies:
                    console.print(escape(" · ".join(turn.quick_replies)), style="dim")
        finally:
            shop.close()


def _ask(console: Console) -> str:
    try:
        text = console.input("[bold]> [/bold]").strip()
    except (EOFError, KeyboardInterrupt):
        return ""
    return "" if text.lower() in ("exit", "quit") else text
