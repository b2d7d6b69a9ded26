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
        ("a long dress", "Maxi dresses", "long dress"),
        ("plated necklace", "Necklaces & earrings", "plated necklace"),
        ("a pair of boots", "Boots", ""),
        ("能装笔记本电脑的双肩包", "Backpacks", "笔记本电脑"),
        ("办公室用的椅子", "chair", "办公室 椅子"),
        ("非皮质的包", "Bags", ""),
        ("适合户外的防水帐篷", "Tents", "户外 帐篷"),
    ],
)
def test_words_left_for_the_text_search(
    understander: Understander, text: str, category: str, query: str
) -> None:
    state = DialogueState()
    wish = apply(state, understander.read(text, state)).constraints
    assert wish.category == category
    assert wish.query == query


@pytest.mark.parametrize("text", ["not too expensive perfume", "不想要太贵的香水", "别太贵的香水"])
def test_a_price_disliked_excludes_no_kind(understander: Understander, text: str) -> None:
    wish = apply(DialogueState(), understander.read(text, DialogueState())).constraints
    assert (wish.category, wish.exclude, wish.prefer_aspects) == ("Perfumes", {}, ["price"])


@pytest.mark.parametrize("text", ["a quiet blender", "安静的搅拌机"])
def test_quiet_is_a_wish_about_noise(understander: Understander, text: str) -> None:
    wish = apply(DialogueState(), understander.read(text, DialogueState())).constraints
    assert (wish.category, wish.prefer_aspects) == ("Blenders", ["noise"])


@pytest.mark.parametrize("text", ["a sofa, green preferably", "a sofa in green ideally"])
def test_a_soft_cue_at_the_end_looks_back(understander: Understander, text: str) -> None:
    wish = apply(DialogueState(), understander.read(text, DialogueState())).constraints
    assert (wish.category, wish.attributes) == ("Sofas", {})
    assert wish.prefer_attributes == {"color": ["green"]}


def test_inflections_are_no_slips(understander: Understander) -> None:
    assert understander.read("gold plated ring", DialogueState()).corrections == {}
