from random import Random

from hypothesis import given
from hypothesis import strategies as st

from finetune.text.examples import Example
from finetune.text.noise import NoiseRates, default_noise, disturbed

LOUD = NoiseRates(typo=1, case=1, synonym=1, order=1, ending=1)
SILENT = NoiseRates(typo=0, case=0, synonym=0, order=0, ending=0)


@given(st.text(min_size=1).filter(str.strip), st.integers())
def test_noise_never_blanks_a_text_and_never_fails(text: str, seed: int) -> None:
    assert default_noise().disturb(text, LOUD, Random(seed)).strip()


@given(st.text(), st.integers())
def test_the_same_dice_make_the_same_noise(text: str, seed: int) -> None:
    noise = default_noise()
    assert noise.disturb(text, LOUD, Random(seed)) == noise.disturb(text, LOUD, Random(seed))


@given(st.text())
def test_no_rates_no_noise(text: str) -> None:
    assert default_noise().disturb(text, SILENT, Random(0)) == text


@given(st.text("abcdef ", min_size=12, max_size=30), st.integers())
def test_a_typo_changes_at_most_one_place(text: str, seed: int) -> None:
    typed = default_noise().disturb(text, SILENT.model_copy(update={"typo": 1.0}), Random(seed))
    assert abs(len(typed) - len(text)) <= 1
    kept = sum(a == b for a, b in zip(text, typed, strict=False))
    after = sum(a == b for a, b in zip(reversed(text), reversed(typed), strict=False))
    assert kept + after >= len(text) - 2


def test_word_order_noise_keeps_the_words() -> None:
    rates = SILENT.model_copy(update={"order": 1.0})
    text = "where did you put my order"
    swapped = default_noise().disturb(text, rates, Random(2))
    assert swapped != text
    assert sorted(swapped.split()) == sorted(text.split())


def test_synonyms_replace_whole_words_only() -> None:
    rates = SILENT.model_copy(update={"synonym": 1.0})
    found = {default_noise().disturb("youth are you", rates, Random(s)) for s in range(30)}
    assert found == {"youth r you", "youth are u"}


def test_labels_and_prefixes_stay() -> None:
    before = [Example("please show the cheaper one", "refine", "shown | ")] * 40
    after = disturbed(before, Random(1), LOUD)
    assert {(e.label, e.prefix) for e in after} == {("refine", "shown | ")}
    assert len({e.text for e in after}) > 10
