"""``shopkeeper train``: one command per model."""

import typer

from ui.cli.train_encoder import encoder
from ui.cli.train_intent import intent
from ui.cli.train_ranking import ranking

app = typer.Typer(help="Train a model: intent, encoder or ranking.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    app.command()(intent)
    app.command()(encoder)
    app.command()(ranking)
    parent.add_typer(app, name="train")
