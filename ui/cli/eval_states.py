"""``shopkeeper eval states``: how well a conversation's wishes are held in mind."""

import json
from pathlib import Path
from typing import Annotated

import typer


def states(
    data: Annotated[
        list[Path] | None,
        typer.Option(help="JSONL of annotated conversations; default: the evals' own."),
    ] = None,
    facets: Annotated[
        Path | None, typer.Option(help="The catalogue's facets. Default: the evals' own catalogue.")
    ] = None,
    intents: Annotated[bool, typer.Option(help="Classify intents as the dialogue does.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    misses: Annotated[bool, typer.Option(help="List the turns that were not right.")] = False,
) -> None:
    """Play annotated conversations: the share right in every turn, and the share of turns."""
    from pydantic import ValidationError

    from assistant.errors import AssistantError
    from evals.constraints import DATA, open_understander
    from evals.states import evaluate, read_scripts

    paths = data or sorted(DATA.glob("states_*.jsonl"))
    try:
        scripts = [script for path in paths for script in read_scripts(path)]
        understander = open_understander(facets or DATA / "facets.json", intents=intents)
    except (OSError, ValidationError, AssistantError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    score = evaluate(scripts, understander, intents=intents)
    if as_json:
        typer.echo(json.dumps(score.as_dict()))
        return
    for name, value in score.as_dict().items():
        typer.echo(f"{name:<12} {value}")
    for script, text, missing, extra in score.misses if misses else ():
        typer.echo(f"{script}: {text}\n  missing {missing}\n  too much {extra}")
