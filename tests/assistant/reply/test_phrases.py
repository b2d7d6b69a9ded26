import string

import pytest

from assistant.reply.phrases import Phrases, phrases
from assistant.reply.reasons import reason_phrases
from ui.words import _labels

FORMATTER = string.Formatter()


def fields(phrase: object) -> set[str]:
    """The values that a phrase names, over all its wordings."""
    if isinstance(phrase, dict):
        return set().union(*(fields(p) for p in phrase.values()))
    if isinstance(phrase, list):
        return set().union(*(fields(p) for p in phrase))
    return {name for _, name, _, _ in FORMATTER.parse(str(phrase)) if name}


@pytest.mark.parametrize("books", [phrases, reason_phrases])
def test_both_languages_have_the_same_phrases(books):
    english, chinese = books("en"), books("zh")
    assert english.keys() == chinese.keys()
    assert len(english.keys()) > 8


@pytest.mark.parametrize("books", [phrases, reason_phrases])
def test_a_translation_names_no_value_that_the_other_lacks(books):
    english, chinese = books("en"), books("zh")
    for key in sorted(english.keys()):
        ours, theirs = fields(english._book[key]), fields(chinese._book[key])
        assert ours - {"n"} == theirs - {"n"}, key


def test_labels_of_the_pages_exist_in_both_languages():
    labels = _labels()
    assert labels["en"].keys() == labels["zh"].keys()
    for key in labels["en"]:
        assert fields(labels["en"][key]) == fields(labels["zh"][key]), key


def test_number_chooses_singular_or_plural():
    book = Phrases("en", {"n_things": {"one": "one thing", "other": "{n} things"}})
    assert book.say("n_things", n=1) == "one thing"
    assert book.say("n_things", n=3) == "3 things"


def test_the_turn_number_varies_the_wording_and_repeats_it():
    book = Phrases("en", {"hi": ["hello", "good day"]})
    assert [book.say("hi", turn=t) for t in range(4)] == ["hello", "good day", "hello", "good day"]


def test_lists_are_joined_as_the_language_does():
    assert phrases("en").join(["a", "b", "c"]) == "a, b and c"
    assert phrases("zh").join(["甲", "乙", "丙"]) == "甲、乙和丙"
    assert phrases("en").join(["a", "b"], "or") == "a or b"
    assert phrases("en").join([]) == ""


def test_braces_in_a_value_are_only_text():
    book = Phrases("en", {"line": "{title} costs {price}"})
    assert book.say("line", title="{price}{0}", price="$1") == "{price}{0} costs $1"
