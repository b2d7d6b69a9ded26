"""``shopkeeper import-reviews``: customers' reviews out of a feed file."""

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.import_ import errors_file, show_report


def register(parent: typer.Typer) -> None:
    parent.command("import-reviews")(import_reviews)


def import_reviews(
    file: Annotated[Path, typer.Argument(help="JSONL, JSON, CSV, TSV or Parquet; may be gzipped.")],
    mapping: Annotated[
        Path | None, typer.Option(help="YAML file that says which column is which field.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report what would happen.")
    ] = False,
    errors: Annotated[
        Path | None, typer.Option(help="Write every rejected row to this JSONL file.")
    ] = None,
) -> None:
    """Import reviews. Exit code 0: all rows good; 3: some rejected; 2: nothing usable."""
    from rich.console import Console

    from assistant.migrations import migrate
    from assistant.settings import Settings
    from retrieval.catalog.review_importer import import_reviews as run
    from retrieval.catalog.review_importer import parse_review_mapping
    from retrieval.errors import RetrievalError
    from retrieval.insights.watch import watch
    from retrieval.reviews.indexing import index_reviews
    from retrieval.reviews.judge import ShippedJudge
    from retrieval.store import ReviewStore, connect, session_factory
    from retrieval.store.alarm_store import AlarmStore
    from retrieval.store.insight_store import InsightStore

    console = Console(stderr=True)
    try:
        columns = parse_review_mapping(mapping.read_text(encoding="utf-8")) if mapping else None
        settings = Settings()
        engine = connect(settings.resolved_database_url())
        migrate(engine)
        sessions = session_factory(engine)
        reviews = ReviewStore(sessions)
        with console.status("Importing reviews …") as status, errors_file(errors) as write:
            report = run(
                file,
                reviews,
                columns,
                write,
                lambda n: status.update(f"{n:,} reviews read …"),
                dry_run,
            )
            raised = []
            if not dry_run:
                index_reviews(
                    reviews,
                    lambda n: status.update(f"{n:,} reviews judged …"),
                    judge=ShippedJudge(settings.home / "models"),
                )
                status.update("Looking for turns for the worse …")
                alarms = AlarmStore(sessions)
                raised = watch(InsightStore(sessions), alarms, settings.webhook_url is not None)
    except (RetrievalError, OSError, UnicodeDecodeError) as error:
        console.print(f"Nothing was imported. {error}", style="red", markup=False)
        raise typer.Exit(2) from None
    show_report(report, errors)
    if raised:
        console.print(f"{len(raised)} new alarms; see the merchant's page.")
    raise typer.Exit(report.exit_code)
