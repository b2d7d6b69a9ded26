import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.index.tokenize import needed_terms, terms, title_terms


@pytest.mark.parametrize(
    "text", ["55 inch", "55-inch", "55 inches", '55"', "55寸", "55 英寸", "５５寸"]
)
def test_a_number_and_its_unit_are_one_term(text: str) -> None:
    assert terms(text) == ["55inch", "55"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500 ml", "500ml"),
        ("500毫升", "500ml"),
        ("256GB", "256gb"),
        ("1.9 cu. ft.", "1.9cuft"),
        ("1/2 in. pipe", "1/2inch"),
        ("6-Pack", "6pack"),
        ("#SC-141", "sc141"),
        ("T-Shirts", "tshirt"),
        ("連衣裙", "连衣裙"),
        ("Café", "cafe"),
    ],
)
def test_terms_that_must_be_there(text: str, expected: str) -> None:
    assert expected in terms(text)


def test_a_number_before_another_word_has_no_unit() -> None:
    assert terms("4 in stock") == ["4", "stock"]
    assert "3m" not in terms("3 mugs")


def test_english_is_stemmed_and_stop_words_go() -> None:
    assert terms("I want the dresses for a wedding") == terms("dress wedding")
    assert terms("我想要一个杯子") == terms("杯子")


@settings(deadline=None)  # the first example loads the dictionaries
@given(st.text(max_size=40))
def test_any_text_gives_terms_without_spaces(text: str) -> None:
    assert all(term and not term.isspace() for term in terms(text))


@settings(deadline=None)  # the first example loads the dictionaries
@given(
    st.sampled_from(["真皮", "leather", "红色 dress", "沙发床"]),
    st.sampled_from(["黑", "big ", ""]),
)
def test_a_title_has_the_needed_terms_of_every_word_in_it(word: str, before: str) -> None:
    assert needed_terms(word) <= title_terms(before + word)
    assert not needed_terms(word) <= title_terms("something else 别的")
