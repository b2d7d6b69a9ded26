"""Labels of the pages in both languages."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def _labels() -> dict[str, dict[str, str]]:
    source = files("ui").joinpath("data", "words.yaml")
    labels: dict[str, dict[str, str]] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return labels


def label(key: str, language: str, **values: Any) -> str:
    """The label ``key`` in ``language`` (English where the language has no labels)."""
    return _labels().get(language, _labels()["en"])[key].format(**values)
