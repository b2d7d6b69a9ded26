"""``shopkeeper settings``: every setting, what it is now, and where it can be set."""

from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from assistant.settings import Settings


def register(app: typer.Typer) -> None:
    @app.command("settings")
    def show(
        markdown: Annotated[
            bool, typer.Option(help="Print the table of docs/operations.md instead.")
        ] = False,
    ) -> None:
        """Print all settings with their present values; secrets are not shown."""
        if markdown:
            typer.echo(settings_table())
            return
        settings = Settings()
        table = Table()
        table.add_column(
            "Variable", no_wrap=True, min_width=max(len(variable(n)) for n in Settings.model_fields)
        )
        table.add_column("Now")
        table.add_column("What it is")
        for name, field in Settings.model_fields.items():
            table.add_row(variable(name), _shown(getattr(settings, name)), field.description or "")
        Console().print(table)


def settings_table() -> str:
    """The settings as a Markdown table, with their defaults."""
    rows = [
        f"| `{variable(name)}` | {_shown(field.get_default(call_default_factory=True))} "
        f"| {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | what it is |", "|---|---|---|", *rows])


def variable(name: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"SHOPKEEPER_{name.upper()}"


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)"
    if isinstance(value, dict):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)
