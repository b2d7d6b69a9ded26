"""``shopkeeper eval dialogues``."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from assistant.settings import Settings

if TYPE_CHECKING:
    from evals.dialogues.run import Report


def dialogues(
    folder: Annotated[Path, typer.Argument(help="Folder of scripts, or one script.")],
    base_url: Annotated[
        str | None, typer.Option(help="A running service; default: in this process.")
    ] = None,
    store: Annotated[str, typer.Option(help="Only scripts written for this catalogue.")] = "demo",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not the table.")] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON here.")] = None,
) -> None:
    """Play scripted dialogues and check every turn. Exit code 1 when one fails, 2 when none ran."""
    from evals.dialogues.client import Client, InProcess, OverHttp
    from evals.dialogues.run import run_scripts
    from evals.dialogues.script import load_scripts
    from evals.errors import EvalError

    console = Console(stderr=True)
    shop = None
    try:
        scripts = [s for s in load_scripts(folder) if s.store == store]
        if not scripts:
            console.print(f"no script in {folder} is for the store {store!r}")
            raise typer.Exit(2)
        client: Client
        if base_url:
            client = OverHttp(base_url)
        else:
            from assistant.shop import Shop

            shop = Shop(Settings())
            with console.status("Opening the shop …"):
                shop.load()
                shop.wait_until_settled()
            client = InProcess(shop.conversations)
        with closing(client):
            report = run_scripts(scripts, client)
    except EvalError as error:
        console.print(f"{error.code}: {error}", markup=False)
        raise typer.Exit(2) from error
    finally:
        if shop is not None:
            shop.close()
    found = report.as_json()
    if out:
        out.write_text(json.dumps(found, ensure_ascii=False, indent=2), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(report, Console())
    raise typer.Exit(0 if report.passed == len(report.scripts) else 1)


def _print(report: "Report", console: Console) -> None:
    table = Table("Script", "Language", "Turns", "Result")
    for script in report.scripts:
        good = sum(not turn.failures for turn in script.turns)
        table.add_row(
            script.name,
            script.language,
            f"{good}/{len(script.turns)}",
            "[green]passed[/green]" if script.passed else "[red]failed[/red]",
        )
    console.print(table)
    for script in report.scripts:
        for number, turn in enumerate(script.turns, 1):
            for failure in turn.failures:
                console.print(f"{script.name}, turn {number} ({turn.say}): {failure}", markup=False)
    console.print(f"{report.passed} of {len(report.scripts)} scripts passed")
