"""Requests written by people, as a stress test: no error, and no constraint without its words."""

from collections.abc import Sequence
from pathlib import Path
from time import process_time

import pyarrow.parquet as pq
import pytest

from assistant.dialogue.state import DialogueState, Provenance
from assistant.dialogue.update import apply
from assistant.understanding.understander import Understander
from retrieval.constraints import Constraints

REQUESTS = (
    Path(__file__).parents[4] / "shared" / "data" / "requests_webshop" / "instructions.parquet"
)


SETTING = 0.9
"""Share of the requests of which at least one wish must be understood."""


@pytest.fixture(scope="module")
def requests() -> list[str]:
    assert REQUESTS.is_file(), f"The WebShop requests are missing: {REQUESTS}"
    texts: list[str] = pq.read_table(REQUESTS).column("instruction").to_pylist()
    assert len(texts) == 6015
    return texts


def test_webshop_requests(understander: Understander, requests: list[str]) -> None:
    """All of them, over a catalogue that was not made for them."""
    setting = 0
    for text in requests:
        heard = understander.read(text, DialogueState())
        assert not heard.references, (text, heard.references)
        for change in [*heard.changes, *(c for changes in heard.further for c in changes)]:
            assert change.words and heard.text[change.start : change.end] == change.words
        state = apply(DialogueState(), heard)
        for wish in (state, *state.waiting):
            assert untold(wish.constraints, wish.provenance) == set(), text
        setting += any(c.slot != "query" for c in heard.changes)
    assert setting / len(requests) >= SETTING


def untold(constraints: Constraints, provenance: Sequence[Provenance]) -> set[tuple[str, str]]:
    """Slots and values without words behind them."""
    told = {(p.slot, str(p.value)) for p in provenance if p.words}
    held: set[tuple[str, str]] = set()
    for slot, value in constraints.model_dump(exclude_defaults=True, exclude={"query"}).items():
        if isinstance(value, dict):
            held |= {(f"{slot}.{name}", v) for name, values in value.items() for v in values}
        else:
            held |= {(slot, str(v)) for v in (value if isinstance(value, list) else [value])}
    return held - told


def test_a_short_message_is_understood_in_a_few_milliseconds(understander: Understander) -> None:
    """The goal is a millisecond; the bound leaves room for a busy machine."""
    spent = []
    for _ in range(60):
        begun = process_time()
        understander.read("black leather boots under 100, not suede", DialogueState())
        spent.append(process_time() - begun)
    assert sorted(spent)[len(spent) // 2] < 0.008
