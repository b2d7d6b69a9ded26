"""What the documents say of the command line is what the command line says."""

import re
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from finetune.text.recipe import Recipe
from ui.cli.main import app
from ui.cli.settings import settings_table

ROOT = Path(__file__).parents[3]


def test_the_operations_page_lists_the_settings_as_they_are():
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert settings_table() in page, "update it with `shopkeeper settings --markdown`"


def test_secrets_are_not_printed(monkeypatch):
    monkeypatch.setenv("SHOPKEEPER_AGENT_API_KEY", "hunter2-hunter2")
    printed = CliRunner().invoke(app, ["settings"]).output
    assert "SHOPKEEPER_AGENT_API_KEY" in printed
    assert "hunter2" not in printed


def test_every_command_named_in_the_documents_exists():
    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    groups = {g.name: g.typer_instance for g in app.registered_groups}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for first, second in re.findall(
            r"shopkeeper (\w[\w-]*)(?: ([a-z][\w-]*))?", page.read_text(encoding="utf-8")
        ):
            if first in ("does", "is", "will"):
                continue
            assert first in known or first in groups, f"{page.name}: shopkeeper {first}"
            if first in groups and second:
                inner = groups[first].registered_commands
                names = {c.name or c.callback.__name__ for c in inner}
                assert second in names, f"{page.name}: shopkeeper {first} {second}"


def test_the_training_page_names_every_option_and_every_field_of_the_recipe():
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    root = get_command(app)
    commands = [
        root.commands["train"].commands["intent"],
        root.commands["label"],
        root.commands["eval"].commands["intent"],
        root.commands["eval"].commands["compression"],
        root.commands["train"].commands["sequence"],
        root.commands["eval"].commands["next-item"],
        root.commands["eval"].commands["purchases"],
        root.commands["adapt-encoder"],
    ]
    parameters = [parameter for command in commands for parameter in command.params]
    options = {name for parameter in parameters for name in parameter.opts}
    negated = {name for parameter in parameters for name in parameter.secondary_opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", page))
    assert options - named == set()
    of_torchrun, of_the_shop = {"--nproc-per-node", "--no-python"}, {"--reviews"}
    assert named - options - negated == of_torchrun | of_the_shop
    assert {field for field in Recipe.model_fields if f"`{field}`" not in page} == set()


def test_help_is_quick_to_read_for_every_command():
    for command in app.registered_commands:
        assert (command.help or command.callback.__doc__ or "").strip()
