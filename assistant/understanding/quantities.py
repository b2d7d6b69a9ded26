"""How many pieces, and which order."""

import re

from assistant.understanding.message import Message
from assistant.understanding.numbers import NUMBER, parse

_MOST = 999
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<n>{NUMBER})\s+"
        r"(?:of (?:them|these|those|it|this|that|the)\b|copies\b|units\b)",
        rf"\b(?:add|buy|take|order|want|get|i'll have|i'll take|need)\s+(?P<n>{NUMBER})"
        r"(?=\s*(?:pairs?\b(?! of)|please|to (?:the|my) (?:cart|basket|bag)|in\b|more\b|[.,!]|$))",
        r"(?:\bqty|quantity|数量)\s*(?:is|of|:|是|为)?\s*(?P<n>\d+)",
        r"(?<![a-z\d])x\s?(?P<n>[1-9]|1\d)(?!\d|\s?x|[a-z])",
        r"(?:来|要|买|加|拿|订|下单|给我)\s*(?P<n>[二两俩三四五六七八九十\d]+)\s*"
        r"(?:件|个|条|双|台|只|把|张|本|套|盒|瓶|份|部|箱|袋)(?![星月年])",
    )
)
_ORDER = re.compile(
    r"(?:\border|订单|单号|order number|order no\.?|order id)[\s:#号是为number.id]*"
    r"(?P<id>[a-z]{0,4}[-_]?\d[\da-z-]{3,})|(?<!\w)#?(?P<bare>[a-z]{1,4}-?\d{5,}[\da-z-]*)(?!\w)"
)


def read_quantity(message: Message) -> int | None:
    """The number of pieces wanted; its words are used up."""
    for pattern in _PATTERNS:
        match = pattern.search(message.folded)
        value = parse(match.group("n")) if match else None
        if match and value and value == int(value) and value <= _MOST:
            message.use_span(*match.span("n"))
            return int(value)
    return None


def read_order_id(message: Message) -> str | None:
    """The id of an order as it was typed, without the ``#``."""
    match = _ORDER.search(message.folded)
    if not match:
        return None
    start, end = match.span("id") if match.group("id") else match.span("bare")
    message.use_span(start, end)
    return message.text[start:end].strip("-#")
