import pytest

from retrieval.reviews.vocabulary import aspect_labels, vocabulary, words_of


def test_at_least_twenty_five_aspects_with_names_in_both_languages() -> None:
    labels = aspect_labels()
    assert len(labels) >= 25
    assert set(labels) == set(vocabulary().aspects)
    assert all(label["en"] and label["zh"] for label in labels.values())


def test_the_longest_phrase_wins() -> None:
    words = words_of("the noise cancelling")
    found = vocabulary().find(words, hints=False)
    assert [(f.first, f.last) for f in found if f.has("word")] == [(1, 3)]
    assert found[-1].meanings[0].aspect == "noise_cancelling"


def test_every_inflection_is_the_same_word() -> None:
    for text in ("battery", "Batteries", "BATTERY"):
        assert vocabulary().find(words_of(text), hints=False)[0].meanings[0].aspect == "battery"


def test_hints_are_only_found_on_request() -> None:
    words = words_of("有点大")
    assert any(f.has("hint") for f in vocabulary().find(words, hints=True))
    assert not any(f.has("hint") for f in vocabulary().find(words, hints=False))


@pytest.mark.parametrize(
    ("text", "aspects"),
    [
        ("大家都买了", set()),
        ("第一个大家喜欢吗", set()),
        ("这款有人买吗", set()),
        ("屏幕右上角有个亮点", {"screen"}),
        ("尺码太大", {"sizing"}),
        ("款式好看", {"style"}),
        ("料子薄", {"material"}),
    ],
)
def test_a_chinese_character_is_read_within_its_word(text: str, aspects: set[str]) -> None:
    found = vocabulary().find(words_of(text), hints=True)
    assert {m.aspect for f in found for m in f.meanings if m.role in ("word", "says")} == aspects
