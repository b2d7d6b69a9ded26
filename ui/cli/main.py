"""Registers the commands. Heavy imports happen inside a command: ``--help`` is quick."""

from importlib import import_module

import typer

app = typer.Typer(
    name="shopkeeper",
    help="A conversational shopping assistant that a shop can run itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

for module in (
    "serve",
    "import_",
    "import_reviews",
    "reviews",
    "demo",
    "index",
    "chat",
    "evaluate",
    "train",
    "models",
    "adapt_encoder",
    "label",
    "settings",
    "db",
):
    import_module(f"ui.cli.{module}").register(app)


def main() -> None:
    """Runs the console program."""
    app()
