"""``shopkeeper import``: a shop's catalogue out of a feed file."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.settings import Settings
    from retrieval.catalog.report import ImportReport, RowError

FORMATS = "auto, jsonl, json, csv, tsv, parquet, shopify, google-merchant, livostyle"


def register(parent: typer.Typer) -> None:
    parent.command("import")(import_catalog)


def import_catalog(
    file: Annotated[Path, typer.Argument(help="The feed; may be gzipped.")],
    format: Annotated[str, typer.Option(help=f"One of {FORMATS}.")] = "auto",
    mapping: Annotated[
        Path | None, typer.Option(help="YAML file that says which column is which field.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove products that the feed does not have.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report what would happen.")
    ] = False,
    errors: Annotated[
        Path | None, typer.Option(help="Write every rejected row to this JSONL file.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(help="Currency of prices that name none (ISO 4217).")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the texts (en, zh ...); default: detected.")
    ] = None,
    index: Annotated[
        bool, typer.Option(help="Bring the search index up to date afterwards.")
    ] = True,
) -> None:
    """Import a catalogue. Exit code 0: all rows good; 3: some rejected; 2: nothing usable."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from assistant.migrations import migrate
    from assistant.settings import Settings
    from retrieval.catalog.importer import FORMATS as KNOWN
    from retrieval.catalog.importer import ImportOptions
    from retrieval.catalog.importer import import_catalog as run
    from retrieval.catalog.mapping import read_mapping
    from retrieval.catalog.money import known_currency
    from retrieval.errors import RetrievalError
    from retrieval.store import CatalogStore, connect, session_factory

    console = Console(stderr=True)
    settings = Settings()
    try:
        if format not in KNOWN:
            raise typer.BadParameter(f"{format} is none of {FORMATS}.")
        options = ImportOptions(
            format=format,
            mapping=read_mapping(mapping) if mapping else None,
            replace=replace,
            dry_run=dry_run,
            currency=known_currency(currency or settings.currency),
            language=language,
        )
        engine = connect(settings.resolved_database_url())
        migrate(engine)
        catalog = CatalogStore(session_factory(engine))
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("{task.completed:,} rows"),
            TimeElapsedColumn(),
        )
        with (
            Progress(*columns, console=console, transient=True) as bar,
            errors_file(errors) as write,
        ):
            task = bar.add_task(f"Importing {file.name}", total=None)
            report = run(file, catalog, options, write, lambda n: bar.update(task, completed=n))
    except RetrievalError as error:
        console.print(f"Nothing was imported. {error}", style="red", markup=False)
        raise typer.Exit(2) from None
    show_report(report, errors)
    if index and not dry_run and report.created + report.updated + report.removed:
        _index(settings, catalog.revision(), console)
    raise typer.Exit(report.exit_code)


def _index(settings: "Settings", revision: int, console: "Console") -> None:
    """Build the search index of ``revision``, unless a running server has done so by then."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assistant.shop import Shop

    shop = Shop(settings)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Indexing", total=None)
        builder = shop.index_builder(shop.open_encoder())
        builder.build(
            lambda done, total: bar.update(task, completed=done, total=total),
            newer_than=revision - 1,
        )
    shop.close()
    console.print("The search index is up to date.")


@contextmanager
def errors_file(path: Path | None) -> "Iterator[Callable[[RowError], None] | None]":
    """A function that writes one rejected row as a line of JSON."""
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8") as file:
        yield lambda error: print(json.dumps(error.as_dict(), ensure_ascii=False), file=file)


def show_report(report: "ImportReport", errors: Path | None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    title = f"Import ({report.format}, {report.encoding})" + (
        " – dry run, nothing changed" if report.dry_run else ""
    )
    table = Table("read", "created", "updated", "unchanged", "removed", "rejected", title=title)
    counts = (report.read, report.created, report.updated, report.unchanged, report.removed)
    table.add_row(*(f"{count:,}" for count in (*counts, report.rejected)))
    console.print(table)
    if report.ignored_columns:
        console.print(f"Columns not used: {escape(', '.join(report.ignored_columns))}")
    for warning, count in report.warnings.most_common():
        console.print(f"{count:,} × {escape(warning)}", highlight=False)
    if report.errors:
        rows = Table("row", "id", "field", "reason", "value", title="Rejected rows")
        for error in report.errors[:20]:
            cells = (str(error.row), error.id or "", error.field, error.reason, error.value)
            rows.add_row(*(escape(cell) for cell in cells))
        console.print(rows)
        if report.rejected > 20:
            where = errors or "a file given with --errors"
            console.print(f"… and {report.rejected - 20:,} more; see {where}")
    if not report.complete:
        console.print("The feed broke off before its end; nothing was removed.", style="yellow")
