"""The console program ``shopkeeper``: one file per command, each a thin call into the rooms."""

from ui.cli.main import main

__all__ = ["main"]
