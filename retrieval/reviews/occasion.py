"""Segments that judge nothing because they only say since when or for whom a thing is used."""

import re
from functools import cache
from importlib.resources import files

import yaml

from retrieval.language import fold, has_han

_ENDS = " \t\n.,!?;:…，。！？；：、~～-"


def only_tells_occasion(segment: str) -> bool:
    """Whether a segment says nothing else: "using them for two weeks now", 用了三个月了."""
    language = "zh" if has_han(segment) else "en"
    return _pattern(language).fullmatch(fold(segment).strip(_ENDS)) is not None


@cache
def _pattern(language: str) -> re.Pattern[str]:
    text = files("retrieval.reviews").joinpath("data/occasion.yaml").read_text("utf-8")
    data = yaml.safe_load(text)
    parts = {name: data[name][language] for name in ("time", "thing")}
    wholes = []
    for pattern in data["only"][language]:
        for name, part in parts.items():
            pattern = pattern.replace(f"{{{name}}}", part)  # noqa: PLW2901
        wholes.append(pattern)
    return re.compile("|".join(f"(?:{whole})" for whole in wholes))
