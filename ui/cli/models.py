"""``shopkeeper models``: the versions of trained models, and which of them serves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from finetune.registry import ModelRegistry
    from retrieval.ranking.shadow_store import ShadowReport

app = typer.Typer(
    help="List, show, promote and roll back trained models; try one unseen; watch for drift.",
    no_args_is_help=True,
)
ALARM = 1
SHADOWED, OFF = "ranking", "off"
Name = Annotated[str, typer.Argument(help="Name of the model, such as ranking.")]


def register(parent: typer.Typer) -> None:
    parent.add_typer(app, name="models")


@app.command("list")
def list_models() -> None:
    """All versions of all models; the one that serves is marked."""
    registry, home = _registry()
    table = Table("model", "version", "serves", "figures")
    reports = _shadows(home)
    names = sorted({path.parent.parent.name for path in home.glob("*/*/metrics.json")})
    for name in names:
        serving, shadow = registry.current(name), registry.shadow(name)
        for version in registry.versions(name):
            figures = ", ".join(f"{k} {v:.4g}" for k, v in version.metrics().items())
            serves = "yes" if serving and serving.version == version.version else ""
            if shadow and shadow.version == version.version:
                serves = ", ".join(filter(None, (serves, "shadow")))
            if name == SHADOWED and version.version in reports:
                figures += f"; {_in_short(reports[version.version])}"
            table.add_row(name, version.version, serves, figures)
    Console().print(table)


@app.command()
def show(name: Name, version: Annotated[str, typer.Argument(help="Which version.")]) -> None:
    """The figures of one version, and where its files are."""
    from finetune.errors import RegistryError

    registry, home = _registry()
    found = next((v for v in registry.versions(name) if v.version == version), None)
    if found is None:
        _fail(RegistryError(f"There is no version {version!r} of {name!r}."))
    table = Table(f"{name} {version}", "")
    for key, value in found.metrics().items():
        table.add_row(key, f"{value:.5g}")
    report = _shadows(home).get(version) if name == SHADOWED else None
    if report is not None:
        for key, told in _in_full(report).items():
            table.add_row(f"as a shadow: {key}", told)
    Console().print(table)
    Console().print(str(found.folder), markup=False)


@app.command()
def promote(
    name: Name,
    version: Annotated[str, typer.Argument(help="Version that is to serve.")],
    metric: Annotated[
        str, typer.Option(help="Figure that must not be lower than the serving version's.")
    ] = "served_click_auc",
    force: Annotated[bool, typer.Option("--force", help="Promote in any case.")] = False,
) -> None:
    """Let a version serve from the next start on; a worse one is refused."""
    from finetune.errors import FinetuneError

    registry, _ = _registry()
    try:
        registry.promote(name, version, metric, tolerance=0.002, force=force)
    except FinetuneError as error:
        _fail(error)
    Console().print(f"{name} {version} serves from the next start on", markup=False)


@app.command()
def rollback(name: Name) -> None:
    """Let the version serve that served before."""
    from finetune.errors import FinetuneError

    registry, _ = _registry()
    try:
        version = registry.roll_back(name)
    except FinetuneError as error:
        _fail(error)
    Console().print(f"{name} {version.version} serves from the next start on", markup=False)


@app.command()
def shadow(
    name: Annotated[str, typer.Argument(help="Name of the model: ranking.")],
    version: Annotated[str, typer.Argument(help="Version that scores unseen, or off.")],
) -> None:
    """Let a version score what shoppers are shown, unseen; `list` and `show` tell how it does.

    A running service takes it up within seconds.
    """
    from finetune.errors import FinetuneError, RegistryError

    registry, _ = _registry()
    if name != SHADOWED:
        _fail(RegistryError(f"Only {SHADOWED} can run as a shadow."))
    try:
        registry.run_as_shadow(name, None if version == OFF else version)
    except FinetuneError as error:
        _fail(error)
    Console().print(f"{name}: shadow {version}", markup=False)


@app.command()
def drift(
    days: Annotated[int, typer.Option(min=1, help="How many of the latest days to look at.")] = 7,
) -> None:
    """Compare what the ranking saw lately with what it was trained on; exit code 1 on alarm."""
    from assistant.settings import Settings
    from finetune.ranking.rows import read_rows
    from finetune.ranking.verdict import NAME, drift_figures, score_rows
    from retrieval.errors import RetrievalError
    from retrieval.ranking.drift import load_reference, shifts
    from retrieval.ranking.scorers import load_scorer
    from retrieval.store.base import connect, session_factory

    registry, _ = _registry()
    serving = registry.current(NAME)
    if serving is None:
        Console().print("No ranking model of this shop serves; see `shopkeeper train ranking`.")
        raise typer.Exit(2)
    try:
        reference = load_reference(serving.folder)
        scorer = load_scorer(serving.folder)
    except RetrievalError as error:
        _fail(error)
    rows = read_rows(session_factory(connect(Settings().resolved_database_url())))
    rows = rows.where(~rows.stranger & (rows.day > rows.day.max(initial=0) - days))
    found = shifts(reference, drift_figures(rows, score_rows(scorer, rows)))
    table = Table("figure", "population stability index", "")
    for shift in found:
        table.add_row(shift.name, f"{shift.psi:.3f}", "ALARM" if shift.is_alarm else "")
    Console().print(table)
    if not found:
        Console().print("too few impressions to tell")
    if any(shift.is_alarm for shift in found):
        raise typer.Exit(ALARM)


def _shadows(home: "Path") -> "dict[str, ShadowReport]":
    """By version what was found of it as a shadow; nothing where the shop has no database yet."""
    from sqlalchemy.exc import SQLAlchemyError

    from assistant.settings import Settings
    from retrieval.errors import StoreError
    from retrieval.ranking.shadow_store import ShadowStore
    from retrieval.store.base import connect, session_factory

    url = Settings().resolved_database_url()
    if not (home / SHADOWED).is_dir():
        return {}
    try:
        reports = ShadowStore(session_factory(connect(url))).reports()
    except (StoreError, SQLAlchemyError):
        return {}
    return {report.version: report for report in reports}


def _in_short(report: "ShadowReport") -> str:
    return (
        f"as a shadow over {report.lists} lists: correlation {report.correlation:.3f}, "
        f"NDCG of clicks {report.gain:+.4f}"
    )


def _in_full(report: "ShadowReport") -> dict[str, str]:
    low, high = report.gain_interval
    return {
        "lists": f"{report.lists} since {report.since:%Y-%m-%d %H:%M} UTC",
        "correlation with the live order": f"{report.correlation:.3f}",
        "same first": f"{report.same_first:.3f}",
        "overlap of the first five": f"{report.top_overlap:.3f}",
        "lists with a click": str(report.clicked),
        "NDCG of clicks, live": f"{report.ndcg_live:.4f}",
        "NDCG of clicks, shadow": f"{report.ndcg_shadow:.4f}",
        "gain": f"{report.gain:+.4f} (95 %: {low:+.4f} to {high:+.4f})",
    }


def _registry() -> "tuple[ModelRegistry, Path]":
    from assistant.settings import Settings
    from finetune.registry import ModelRegistry

    home = Settings().home / "models"
    return ModelRegistry(home), home


def _fail(error: Exception) -> NoReturn:
    code = getattr(error, "code", "error")
    Console().print(f"{code}: {error}", markup=False)
    raise typer.Exit(2) from error
