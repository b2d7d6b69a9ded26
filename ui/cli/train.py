"""``shopkeeper train``: one command per model."""

import typer

from ui.cli.train_aspects import aspects
from ui.cli.train_encoder import encoder
from ui.cli.train_intent import intent
from ui.cli.train_ranking import ranking
from ui.cli.train_sentiment import sentiment
from ui.cli.train_sequence import sequence

app = typer.Typer(
    help="Train a model: intent, encoder, ranking, sentiment, sequence or aspects.",
    no_args_is_help=True,
)


def register(parent: typer.Typer) -> None:
    app.command()(intent)
    app.command()(encoder)
    app.command()(ranking)
    app.command()(sentiment)
    app.command()(sequence)
    app.command()(aspects)
    parent.add_typer(app, name="train")
