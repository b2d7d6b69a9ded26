"""``shopkeeper eval constraints``: how well messages are turned into constraints."""

import json
from pathlib import Path
from typing import Annotated

import typer


def constraints(
    data: Annotated[Path, typer.Option(help="JSONL of annotated messages; see docs.")],
    facets: Annotated[
        Path | None, typer.Option(help="The catalogue's facets. Default: the evals' own catalogue.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    misses: Annotated[bool, typer.Option(help="List what was not understood.")] = False,
) -> None:
    """Compare understood constraints with annotated ones: exact match and F1 over slots."""
    from pydantic import ValidationError

    from evals.constraints import DATA, evaluate, open_understander, read_cases

    try:
        cases = read_cases(data)
        understander = open_understander(facets or DATA / "facets.json")
    except (OSError, ValidationError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    score = evaluate(cases, understander)
    if as_json:
        typer.echo(json.dumps(score.as_dict()))
        return
    for name, value in score.as_dict().items():
        typer.echo(f"{name:<12} {value}")
    for text, missing, extra in score.misses if misses else ():
        typer.echo(f"{text}\n  missing {missing}\n  too much {extra}")
