from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.reviews.aspects import AspectMention, extract
from retrieval.reviews.clause_model import ClauseCard
from retrieval.reviews.clause_reader import read_all, segments


class Says:
    """A model that hears what it is told to hear."""

    fingerprint = "says"

    def __init__(self, heard: dict[str, dict[str, float]]) -> None:
        labels = ("battery+", "battery-", "comfort+", "comfort-", "noise-", "sizing+", "sizing-")
        least = {"en": 0.5, "zh": 0.5}
        self.card = ClauseCard(labels=labels, least=least, max_tokens=48, body="")
        self.heard = heard
        self.asked: list[str] = []

    def probabilities(self, clauses: Sequence[str]) -> NDArray[np.float32]:
        self.asked += clauses
        rows = [[self.heard.get(c, {}).get(la, 0.2) for la in self.card.labels] for c in clauses]
        return np.array(rows, dtype=np.float32).reshape(len(clauses), len(self.card.labels))


def read(text: str, model: Says) -> set[str]:
    return {_label(m) for m in read_all([text], [None], model)[0]}


def test_the_model_adds_what_no_word_gave_away() -> None:
    text = "Gone before the second song. Runs small."
    model = Says({"Gone before the second song": {"battery-": 0.9}})
    mentions = read_all([text], [None], model)[0]
    assert [(m.aspect, m.polarity < 0) for m in mentions] == [("battery", True), ("sizing", True)]
    for mention in mentions:
        assert text[mention.start : mention.end] == mention.clause


def test_what_the_words_found_is_not_asked_again() -> None:
    text = "It runs small. Gone before the second song."
    model = Says({"It runs small": {"sizing+": 0.9}})
    assert read(text, model) == {"sizing-"}
    assert model.asked == ["Gone before the second song"]


def test_what_is_not_sure_enough_is_left_out() -> None:
    assert read("Gone soon", Says({"Gone soon": {"battery-": 0.49, "comfort+": 0.5}})) == {
        "comfort+"
    }


def test_of_two_sides_of_an_aspect_the_likelier_is_heard() -> None:
    assert read("Gone soon", Says({"Gone soon": {"battery-": 0.8, "battery+": 0.7}})) == {
        "battery-"
    }


def test_beside_words_the_model_must_be_surer_and_never_contradicts_them() -> None:
    text = "It runs small and is gone soon"
    model = Says({text: {"sizing+": 0.99, "battery-": 0.8, "comfort-": 0.6}})
    assert read(text, model) == {"sizing-"}
    model.card = model.card.model_copy(update={"beside": {"en": 0.7}})
    assert read(text, model) == {"sizing-", "battery-"}


def test_without_a_model_only_the_words_are_read() -> None:
    text = "太小了，不过很舒服。"
    assert read_all([text], [None], None) == [extract(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Nice. Too small!", ["Nice", "Too small"]),
        ("很好。太小了！", ["很好", "太小了"]),
        ("one\ntwo and more", ["two and more"]),
        ("...", []),
        ("", []),
    ],
)
def test_segments_are_sentences(text: str, parts: list[str]) -> None:
    assert [text[a:b] for a, b in segments(text)] == parts


def test_a_long_sentence_is_cut_at_its_pauses() -> None:
    text = "，".join(["这件衣服的袖子太长了"] * 8)
    parts = [text[a:b] for a, b in segments(text)]
    assert len(parts) > 2
    assert max(map(len, parts)) <= 45
    assert not any(part.startswith("，") for part in parts)


@given(st.lists(st.text(max_size=60) | st.sampled_from(["太小了", "great battery", ", ", "。"])))
def test_every_quote_stands_in_its_review(pieces: list[str]) -> None:
    text = "".join(pieces)
    spans = list(segments(text))
    assert all(a < b for a, b in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    found = read_all([text], [None], Says({}))[0]
    assert sorted(found, key=repr) == sorted(extract(text), key=repr)
    for mention in found:
        assert text[mention.start : mention.end] == mention.clause


def _label(mention: AspectMention) -> str:
    return mention.aspect + ("+" if mention.polarity > 0 else "-")
