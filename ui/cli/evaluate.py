"""``shopkeeper eval``: one command per figure."""

import typer

from ui.cli.eval_alarms import alarms
from ui.cli.eval_compression import compression
from ui.cli.eval_constraints import constraints
from ui.cli.eval_dialogues import dialogues
from ui.cli.eval_diversity import diversity
from ui.cli.eval_encoder import encoder
from ui.cli.eval_fairness import fairness
from ui.cli.eval_fusion import fusion
from ui.cli.eval_index import index
from ui.cli.eval_intent import intent
from ui.cli.eval_next_item import next_item
from ui.cli.eval_purchases import purchases
from ui.cli.eval_queries import queries
from ui.cli.eval_recommendations import recommendations
from ui.cli.eval_search import search
from ui.cli.eval_sentiment import sentiment
from ui.cli.eval_states import states

app = typer.Typer(help="Measure: dialogues, models, search.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    app.command()(alarms)
    app.command()(constraints)
    app.command()(states)
    app.command()(dialogues)
    app.command()(encoder)
    app.command()(search)
    app.command()(index)
    app.command()(queries)
    app.command()(fusion)
    app.command()(intent)
    app.command()(compression)
    app.command()(sentiment)
    app.command("next-item")(next_item)
    app.command()(purchases)
    app.command()(diversity)
    app.command()(fairness)
    app.command()(recommendations)
    parent.add_typer(app, name="eval")
