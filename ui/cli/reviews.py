"""``shopkeeper reviews``: what reviews speak of beyond the known aspects, and taking it over."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from retrieval.store import CatalogStore, ReviewStore

app = typer.Typer(help="Reviews: aspects found in them, and taking these over.")

Department = Annotated[str, typer.Argument(help="A department, as the catalogue spells it.")]
Word = Annotated[str, typer.Argument(help="The aspect's key; one of those offered, as a rule.")]


def register(parent: typer.Typer) -> None:
    parent.add_typer(app, name="reviews")


@app.command()
def vocabulary(
    department: Annotated[str | None, typer.Option(help="Only this department.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Print the words that a department's reviews judge and that are no aspects yet."""
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from retrieval.reviews.growth import grow_department

    reviews, catalog = _open()
    found = {
        name: grow_department(reviews, catalog, name)
        for name in catalog.departments()
        if department in (None, name)
    }
    if as_json:
        data = {name: [asdict(one) for one in several] for name, several in found.items()}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for name, several in found.items():
        columns = ("word", "reviews", "praised", "criticised", "association", "for example")
        table = Table(*columns, title=escape(name))
        for one in several:
            counts = (one.reviews, one.praised, one.criticised, one.association)
            example = one.examples[0][1] if one.examples else ""
            table.add_row(escape(one.word), *map(str, counts), escape(example))
        Console().print(table)


@app.command()
def take(
    department: Department,
    name: Word,
    words: Annotated[
        list[str] | None, typer.Option("--word", help="Another word for it; may be repeated.")
    ] = None,
    en: Annotated[str | None, typer.Option(help="What it is called in English.")] = None,
    zh: Annotated[str | None, typer.Option(help="What it is called in Chinese.")] = None,
) -> None:
    """Take a word over as an aspect of a department; its reviews are read again."""
    from retrieval.store.review_store import OwnAspect

    reviews, catalog = _open()
    if department not in catalog.departments():
        raise typer.BadParameter(f"There is no department {department!r}.")
    labels = {"en": en or name, "zh": zh or name}
    named = dict.fromkeys([name, *(words or ()), *labels.values()])
    reviews.keep_own_aspect(OwnAspect(department, name, tuple(named), labels))
    _read_again(reviews)


@app.command()
def drop(department: Department, name: Word) -> None:
    """Give an aspect up that was taken over."""
    reviews, _ = _open()
    if not reviews.drop_own_aspect(department, name):
        raise typer.BadParameter(f"{department!r} has no aspect {name!r} of its own.")
    _read_again(reviews)


def _read_again(reviews: "ReviewStore") -> None:
    from rich.console import Console

    from assistant.settings import Settings
    from retrieval.reviews.indexing import index_reviews
    from retrieval.reviews.judge import ShippedJudge

    with Console(stderr=True).status("Reading reviews again …") as status:
        read = index_reviews(
            reviews,
            lambda n: status.update(f"{n:,} reviews read again …"),
            judge=ShippedJudge(Settings().home / "models"),
        )
    typer.echo(f"{read} reviews read again.")


def _open() -> "tuple[ReviewStore, CatalogStore]":
    from assistant.migrations import migrate
    from assistant.settings import Settings
    from retrieval.store import CatalogStore, ReviewStore, connect, session_factory

    engine = connect(Settings().resolved_database_url())
    migrate(engine)
    sessions = session_factory(engine)
    return ReviewStore(sessions), CatalogStore(sessions)
