"""``shopkeeper eval alarms``: how reliably and how soon turns for the worse are noticed."""

import json
from typing import Annotated

import typer


def alarms(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Precision and delay of review alarms on planted shifts, beside a fixed weekly threshold."""
    from evals.alarms import run

    report = run()
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    typer.echo(f"{report['series']} series")
    for name, figures in report.items():
        if isinstance(figures, dict):
            typer.echo(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))
