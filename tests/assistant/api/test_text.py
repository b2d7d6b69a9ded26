import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from assistant.api.text import Key, MessageText, clean

MESSAGE = TypeAdapter(MessageText)


@given(st.text())
def test_what_is_let_in_is_clean_and_stays_as_it_is(text):
    try:
        message = MESSAGE.validate_python(text)
    except ValidationError:
        assert not clean(text) or all(unicodedata.category(c)[0] in "CZ" for c in clean(text))
        return
    assert 1 <= len(message) <= 2000
    assert not {c for c in message if unicodedata.category(c) == "Cc"} - {"\n", "\t"}
    assert MESSAGE.validate_python(message) == message


@pytest.mark.parametrize("key", ["", "a\x00b", "a\nb", "x" * 201, 5, None])
def test_what_is_no_key(key):
    with pytest.raises(ValidationError):
        TypeAdapter(Key).validate_python(key)


@pytest.mark.parametrize("key", ["c-1", "客户 7", "a/b", "x" * 200])
def test_what_is_a_key(key):
    assert TypeAdapter(Key).validate_python(key) == key
