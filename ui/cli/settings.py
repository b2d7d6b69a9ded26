"""``shopkeeper settings``: every setting, what it is now, and where it can be set."""

import typer
from pydantic import AliasChoices, SecretStr
from rich.console import Console
from rich.table import Table

from assistant.settings import Settings


def register(app: typer.Typer) -> None:
    @app.command("settings")
    def show() -> None:
        """Print all settings with their present values; secrets are not shown."""
        settings = Settings()
        table = Table("Variable", "Now", "What it is", show_lines=False)
        for name, field in Settings.model_fields.items():
            table.add_row(variable(name), _shown(getattr(settings, name)), field.description or "")
        Console().print(table)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return str(alias) if alias else f"SHOPKEEPER_{name.upper()}"


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)"
    if isinstance(value, dict):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)
