"""The words that cells are read by, from ``data/words.yaml``."""

from functools import lru_cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Words(BaseModel):
    """Word lists, all case-folded on loading except the currency codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    true: frozenset[str]
    false: frozenset[str]
    empty: frozenset[str]
    currency_signs: dict[str, list[str]]
    currency_codes: frozenset[str]
    decimal_comma: frozenset[str]
    price_fillers: frozenset[str]
    multipliers: dict[str, int]


@lru_cache(maxsize=1)
def words() -> Words:
    text = files(__package__).joinpath("data", "words.yaml").read_text(encoding="utf-8")
    # YAML reads the bare keys true and false as booleans.
    content = {str(key).lower(): value for key, value in yaml.safe_load(text).items()}
    for name in ("true", "false", "empty", "price_fillers"):
        content[name] = {str(word).casefold() for word in content[name]}
    return Words.model_validate(content)
