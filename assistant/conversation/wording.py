"""The few texts of the conversation itself, from ``texts.yaml``."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from assistant.turn import Status


@cache
def load_words(name: str) -> dict[str, Any]:
    """A data file of this package as a dictionary."""
    text = files("assistant.conversation").joinpath(name).read_text(encoding="utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words


def status_text(status: Status, language: str) -> str:
    """What the shopper reads when ``status`` begins."""
    return str(load_words("texts.yaml")["status"][status][language])


def waiting_notice(language: str) -> str:
    """The one short answer that a waiting shopper gets."""
    return str(load_words("texts.yaml")["waiting_notice"][language])


def mood_offer(language: str) -> str:
    """The offer of a person to a shopper whose mood has turned bad."""
    return str(load_words("texts.yaml")["mood_offer"][language])
