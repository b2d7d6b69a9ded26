"""Requests written by people, as a stress test: no error, and no constraint without its words."""

import random
from pathlib import Path
from time import process_time

import pyarrow.parquet as pq
import pytest

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply
from assistant.understanding.understander import Understander

REQUESTS = (
    Path(__file__).parents[4] / "shared" / "data" / "requests_webshop" / "instructions.parquet"
)


@pytest.fixture(scope="module")
def requests() -> list[str]:
    assert REQUESTS.is_file(), f"The WebShop requests are missing: {REQUESTS}"
    texts: list[str] = pq.read_table(REQUESTS).column("instruction").to_pylist()
    return random.Random(11).sample(texts, 1000)


def test_webshop_requests(understander: Understander, requests: list[str]) -> None:
    for text in requests:
        heard = understander.read(text, DialogueState())
        assert not heard.references, (text, heard.references)
        for change in heard.changes:
            assert change.words and heard.text[change.start : change.end] == change.words
        state = apply(DialogueState(), heard)
        told = {(p.slot, str(p.value)) for p in state.provenance}
        for slot, values in state.constraints.attributes.items():
            assert all((f"attributes.{slot}", v) in told for v in values), text


def test_a_short_message_is_understood_in_a_few_milliseconds(understander: Understander) -> None:
    """The goal is a millisecond; the bound leaves room for a busy machine."""
    spent = []
    for _ in range(60):
        begun = process_time()
        understander.read("black leather boots under 100, not suede", DialogueState())
        spent.append(process_time() - begun)
    assert sorted(spent)[len(spent) // 2] < 0.008
