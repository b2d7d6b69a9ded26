"""``shopkeeper eval``: one command per figure."""

import typer

from ui.cli.eval_constraints import constraints
from ui.cli.eval_dialogues import dialogues
from ui.cli.eval_encoder import encoder
from ui.cli.eval_fusion import fusion
from ui.cli.eval_intent import intent
from ui.cli.eval_search import search

app = typer.Typer(help="Measure: dialogues, models, search.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    app.command()(constraints)
    app.command()(dialogues)
    app.command()(encoder)
    app.command()(search)
    app.command()(fusion)
    app.command()(intent)
    parent.add_typer(app, name="eval")
