"""``shopkeeper eval diversity``: what variety in a list costs and brings."""

import json
from pathlib import Path
from typing import Annotated

import typer


def diversity(
    customers: Annotated[int, typer.Option(help="Customers measured, at most.")] = 400,
    validation: Annotated[
        bool, typer.Option("--validation", help="The other half, on which weights are chosen.")
    ] = False,
    svg: Annotated[Path | None, typer.Option(help="Where the curve is drawn.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """True liking against likeness and calibration, on the demo store."""
    from assistant.settings import Settings
    from evals.diversity import draw, run
    from retrieval.demo.cache import cached_store

    report = run(cached_store(Settings().home / "cache"), customers, validation)
    if svg is not None:
        svg.write_text(draw(report), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(report, indent=2))
        return
    typer.echo(f"{report['customers']} customers; served: {report['served']}")
    names = ("relevance_share", "calibration", "liking", "likeness", "miscalibration", "categories")
    tables = {"as ranked": [report["as_ranked"]]}
    tables |= {name.replace("_", " "): report[name] for name in names[:2]}
    for title, points in tables.items():
        typer.echo(f"\n{title}\n" + " ".join(f"{name:>15}" for name in names))
        for point in points:
            typer.echo(" ".join(f"{point[name]:>15g}" for name in names))
