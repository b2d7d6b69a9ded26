"""Text as it comes in from the network."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

_KEPT_CONTROLS = "\n\t"


def clean(text: object) -> object:
    """A text without control characters and outer white space; anything else as it is."""
    if not isinstance(text, str):
        return text
    kept = (c for c in text.replace("\r\n", "\n") if not _is_control(c))
    return "".join(kept).strip()


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc" and char not in _KEPT_CONTROLS


def _has_letters(text: str) -> str:
    if all(unicodedata.category(char)[0] in "CZ" for char in text):
        raise ValueError("Text must not be blank")
    return text


MessageText = Annotated[
    str,
    BeforeValidator(clean),
    StringConstraints(min_length=1, max_length=2000),
    AfterValidator(_has_letters),
]
"""What a person writes: 1 to 2000 characters after trimming."""

ShortText = Annotated[str, BeforeValidator(clean), StringConstraints(max_length=2000)]
"""A reason, a comment, an outcome; may be empty."""

Key = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""An identifier given from outside."""
