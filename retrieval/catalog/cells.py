"""Single cells of a feed, read into the types of a product. Errors are ``RowRejectedError``."""

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from retrieval.catalog.words import words
from retrieval.errors import RowRejectedError

_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SPACES = re.compile(r"[ \t\u00a0]+")
_LINES = re.compile(r"\s*\n\s*")
_MARKUP = re.compile(r"<[a-zA-Z/!][^>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_DATE_FORMATS = (
    "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%Y年%m月%d日", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S UTC", "%b %d, %Y", "%d %b %Y",
    "%a, %d %b %Y %H:%M:%S %z",
)  # fmt: skip
_BLOCKS = {
    "p", "br", "div", "li", "ul", "ol", "tr", "table", "td", "th", "dt", "dd",
    "h1", "h2", "h3", "h4", "h5", "h6", "section", "article",
}  # fmt: skip
_UNSEEN = {"script", "style", "template", "noscript", "head", "title"}


def is_empty(value: object) -> bool:
    """Whether a cell says nothing: absent, blank, NaN, or a word such as "N/A"."""
    if value is None or value in ([], {}):
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and value.strip().casefold() in words().empty


def as_text(value: object) -> str:
    """One line of text: no control characters, runs of spaces folded, markup left as it is."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    elif isinstance(value, float) and value.is_integer():
        value = int(value)  # an id or size that a spreadsheet made "38.0"
    return " ".join(_CONTROL.sub("", str(value)).split())


def as_prose(value: object) -> str:
    """Text of several lines, without control characters and, where it is HTML, without its tags."""
    text = _CONTROL.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))
    if _MARKUP.search(text):
        text = html_to_text(text)
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def html_to_text(markup: str) -> str:
    """What a reader of the page sees; scripts and styles are not part of it."""
    reader = _TextOf()
    reader.feed(markup)
    reader.close()
    return "".join(reader.pieces)


def as_list(value: object, separator: str | None = None) -> list[str]:
    """Texts of a list, a JSON list in a cell, or a cell whose items a separator parts.

    Without ``separator`` it is the first of ``|``, ``;``, ``,`` (or their Chinese forms) to occur.
    Empty items and repetitions are left out.
    """
    if isinstance(value, str):
        value = value.strip()
        parsed = _json(value) if value.startswith("[") and value.endswith("]") else None
        value = parsed if isinstance(parsed, list) else _split(value, separator)
    elif isinstance(value, dict):
        value = list(value.values())
    elif not isinstance(value, list | tuple):
        value = [value]
    texts = (as_text(item) for item in value if not is_empty(item))
    return list(dict.fromkeys(text for text in texts if text))


def as_path(value: object, separator: str | None = None) -> list[str]:
    """A category path from the top down, parted by ``separator`` or by ``>``, ``/``, ``|`` ..."""
    if isinstance(value, list | tuple) or (isinstance(value, str) and value.startswith("[")):
        return as_list(value)
    text = as_text(value)
    marks = [separator] if separator else (">", "›", "»", "→", "|", "/")
    mark = next((mark for mark in marks if mark in text), None)
    parts = text.split(mark) if mark else [text]
    return [part.strip() for part in parts if part.strip()]


def as_bool(value: object, field: str) -> bool:
    """Yes or no, from a word of either language or a quantity."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return value > 0
    text = str(value).strip().casefold()
    if text in words().true:
        return True
    if text in words().false:
        return False
    try:
        return float(text) > 0
    except ValueError:
        raise RowRejectedError(field, "is neither yes nor no", value) from None


def as_number(value: object, field: str) -> float:
    """A finite number, also from text ("4.5", "4,5", "4.5 stars" is not one)."""
    try:
        number = float(str(value).strip().replace(",", ".") if isinstance(value, str) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise RowRejectedError(field, "is not a number", value) from None
    if not math.isfinite(number):
        raise RowRejectedError(field, "is not a finite number", value)
    return number


def as_count(value: object, field: str) -> int:
    """A whole number from 0 to a thousand million."""
    text = value.strip().replace(",", "") if isinstance(value, str) else value
    number = as_number(text, field)
    if not 0 <= number <= 1_000_000_000 or number != int(number):
        raise RowRejectedError(field, "is not a whole number of at least 0", value)
    return int(number)


def as_moment(value: object, field: str) -> datetime:
    """A date or time; UTC where no zone is given. Numbers are Unix seconds or milliseconds."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        if isinstance(value, int | float | Decimal) or (
            isinstance(value, str) and _is_epoch(value)
        ):
            seconds = float(value)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        return _read_moment(str(value).strip())
    except (ValueError, OverflowError, OSError):
        raise RowRejectedError(field, "is not a date", value) from None


def as_url(value: object, field: str) -> str:
    """An http(s) URL or a path on the shop's own site. Nothing that a browser would run."""
    text = as_text(value).replace(" ", "%20")
    if text.startswith("//"):
        text = f"https:{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        raise RowRejectedError(field, "is not a URL", value) from None
    on_site = not parts.scheme and text.startswith("/") and "\\" not in text
    if len(text) > 2000 or not (on_site or (parts.scheme in ("http", "https") and parts.netloc)):
        raise RowRejectedError(field, "is not an http or https URL", value)
    return text


class _TextOf(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data)


def _split(text: str, separator: str | None) -> Iterable[str]:
    if separator is None:
        separator = next((mark for mark in "|;；、,，" if mark in text), None)
    return text.split(separator) if separator else [text]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_epoch(text: str) -> bool:
    return text.strip().isdigit() and len(text.strip()) in (10, 13)


def _read_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        for form in _DATE_FORMATS:
            try:
                moment = datetime.strptime(text, form)
                break
            except ValueError:
                continue
        else:
            raise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
