"""``shopkeeper db``: the database's schema."""

from typing import Annotated

import typer

app = typer.Typer(help="The database: bring its schema up to date, or say where it stands.")

Url = Annotated[
    str | None, typer.Option("--database-url", help="SQLAlchemy URL instead of the settings' one.")
]


def register(parent: typer.Typer) -> None:
    parent.add_typer(app, name="db")


@app.command()
def upgrade(database_url: Url = None) -> None:
    """Create or update all tables. Every start of the server does this by itself."""
    from assistant.migrations import head, migrate
    from assistant.settings import Settings
    from retrieval.store import connect

    migrate(connect(database_url or Settings().resolved_database_url()))
    typer.echo(f"The database is at revision {head()}.")


@app.command()
def status(database_url: Url = None) -> None:
    """Tell the database's revision, and the newest one."""
    from assistant.migrations import current, head
    from assistant.settings import Settings
    from retrieval.store import connect

    engine = connect(database_url or Settings().resolved_database_url())
    with engine.connect() as connection:
        typer.echo(f"at {current(connection) or 'nothing'}, newest {head()}")
