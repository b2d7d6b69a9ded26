"""Whether a message asks if the shop sells something: "do you have a zither?"."""

import re
from functools import lru_cache

from assistant.understanding.cues import read_data


def asks_for_stock(folded: str) -> bool:
    """Of a message's lower-case text, simplified characters."""
    return _patterns().search(folded) is not None


@lru_cache(maxsize=1)
def _patterns() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in read_data("stock.yaml")))
