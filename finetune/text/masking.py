"""Hides who wrote: e-mail addresses, phone and order numbers become dummies of the same form.

The form stays, so that a model still learns from "where is order A00000". Names and addresses of
homes are not found.
"""

import re

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DUMMY = "name@example.com"
_NAMED = re.compile(
    r"(?P<words>(?:\border|\btracking|\bparcel|\binvoice|订单|单号|快递|运单)"
    r"(?:\s*(?:number|no\.?|id|is|was|编号|号码|号|是|为|[#:=]))*\s*)"
    r"(?P<id>#?(?=[a-z\d_-]*\d)[a-z\d][a-z\d_-]{3,})",
    re.IGNORECASE | re.ASCII,
)
"""What stands after a word for an order; a number of four digits is one there."""
_NUMBER = re.compile(
    r"(?<![a-z\d_$¥€£])(?:\+?\(?\d[\d().-]*(?: \(?\d[\d().-]+)*|[a-z]{1,4}[-_]?\d[\d_-]*)",
    re.IGNORECASE,
)
"""Digits with what people put between those of a phone number, or after a shop's letters."""
_MEASURE = re.compile(
    r"\s?(?:元|块|毫安|(?:dollars?|bucks?|usd|rmb|cm|mm|mah|g|ml)\b)", re.IGNORECASE
)
_LONG = 5
_PHONE = 7


def masked(text: str) -> str:
    """``text`` without what could lead to a person; digits become zeros.

    Runs of five digits or more count as numbers of orders, and of seven or more with spaces or
    dashes between as phone numbers; those with a currency or a unit stay.
    """
    text = _EMAIL.sub(_DUMMY, text)
    text = _NAMED.sub(
        lambda m: m.group()[: m.start("id") - m.start()] + _zeros(m.group("id")), text
    )

    def number(match: re.Match[str]) -> str:
        found = match.group()
        longest = max(map(len, re.findall(r"\d+", found)))
        whole = sum(map(str.isdigit, found))
        if _MEASURE.match(text, match.end()) or (longest < _LONG and whole < _PHONE):
            return found
        return _zeros(found)

    return _NUMBER.sub(number, text)


def _zeros(word: str) -> str:
    return re.sub(r"\d", "0", word)
