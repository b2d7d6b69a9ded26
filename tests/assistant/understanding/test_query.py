import pytest

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply
from assistant.understanding.understander import Understander


@pytest.mark.parametrize(
    ("text", "category", "query"),
    [
        ("gold hoop earrings under 20", "Necklaces & earrings", "hoop earrings"),
        ("a table lamp", "Lamps", "table lamp"),
        ("running shoes", "Running shoes", ""),
        ("跑鞋", "Running shoes", ""),
        ("登山鞋", "Hiking boots", ""),
        ("a cup of tea", "Tea", "cup"),
        ("a pair of boots", "Boots", ""),
        ("能装笔记本电脑的双肩包", "Backpacks", "笔记本电脑"),
        ("办公室用的椅子", "chair", "办公室用 椅子"),
        ("非皮质的包", "Bags", ""),
        ("适合户外的防水帐篷", "Tents", "户外"),
    ],
)
def test_words_left_for_the_text_search(
    understander: Understander, text: str, category: str, query: str
) -> None:
    state = DialogueState()
    wish = apply(state, understander.read(text, state)).constraints
    assert wish.category == category
    assert wish.query == query
