from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dialogue.state import DialogueState
from assistant.understanding.shown import ShownProduct
from assistant.understanding.understander import Understander
from retrieval.constraints import Constraints
from tests.assistant.understanding.conftest import Reading

WISHES = [
    ("black leather boots under 100",
     {"category": "Boots", "price_max": 100,
      "attributes": {"color": ["black"], "material": ["leather"]}}),
    ("不要塑料的杯子", {"category": "Mugs & cups", "exclude": {"material": ["plastic"]}}),
    ("not black or leather bags",
     {"category": "Bags", "exclude": {"color": ["black"], "material": ["leather"]}}),
    ("黑色不要，白色的裙子",
     {"category": "Dresses", "attributes": {"color": ["white"]}, "exclude": {"color": ["black"]}}),
    ("有没有红色以外的包", {"category": "Bags", "exclude": {"color": ["red"]}}),
    ("no leather shoes", {"category": "Shoes", "exclude": {"material": ["leather"]}}),
    ("a sofa, ideally in green", {"category": "Sofas", "prefer_attributes": {"color": ["green"]}}),
    ("nothing with bad sizing, cotton t-shirts",
     {"category": "T-shirts", "attributes": {"material": ["cotton"]}, "avoid_aspects": ["sizing"]}),
    ("not too heavy laptop", {"category": "Laptops", "avoid_aspects": ["weight"]}),
    ("质量差的不要，想买个双肩包", {"category": "Backpacks", "avoid_aspects": ["quality"]}),
    ("waterproof hiking boots",
     {"category": "Hiking boots", "attributes": {"waterproof": ["yes"]}}),
    ("running shoes size 42", {"category": "Running shoes", "attributes": {"size": ["EU 42"]}}),
    ("medium t-shirt", {"category": "T-shirts", "attributes": {"size": ["M"]}}),
    ("四星以上的耳机", {"category": "Headphones", "rating_min": 4}),
    ("wooden table not oak",
     {"category": "table", "attributes": {"material": ["wood"]}, "exclude": {"material": ["oak"]}}),
    ("藍色的連衣裙", {"category": "Dresses", "attributes": {"color": ["blue"]}}),
    ("cheapest first please, tents", {"category": "Tents", "sort": "price_asc"}),
    ("hello", {}),
    ("你好，在吗", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WISHES)
def test_wishes(wish: Reading, text: str, expected: dict[str, object]) -> None:
    assert wish(text) == Constraints.model_validate(expected)


FOLLOW_UPS = [
    ("forget the colour", {"attributes": {}}),
    ("颜色无所谓", {"attributes": {}}),
    ("any price is fine", {"price_max": None}),
    ("in red instead", {"attributes": {"color": ["red"]}}),
    ("also in navy", {"attributes": {"color": ["black", "navy"]}}),
    ("or navy", {"attributes": {"color": ["black", "navy"]}}),
    ("算了不要黑色的了", {"attributes": {}, "exclude": {"color": ["black"]}}),
    ("actually make it 80", {"price_max": 80}),
    ("cheaper", {"price_max": 59.99}),
    ("cheaper than the second one", {"price_max": 79.99}),
    ("something nicer", {"price_min": 60.01}),
    ("贵一点没关系", {"price_max": 150}),
    ("does it come in M?", {}),
    ("有M码吗", {}),
    ("第二个有红色的吗", {}),
    ("the second one in size M please", {}),
    ("thanks!", {}),
]


@pytest.mark.parametrize(("text", "changed"), FOLLOW_UPS)
def test_follow_ups(
    wish: Reading,
    dress_talk: DialogueState,
    dresses: list[ShownProduct],
    text: str,
    changed: dict[str, object],
) -> None:
    expected = dress_talk.constraints.model_copy(update=changed)
    assert wish(text, dress_talk, dresses) == expected


def test_questions_are_no_filters(
    understander: Understander, dress_talk: DialogueState, dresses: list[ShownProduct]
) -> None:
    heard = understander.read("does it come in M?", dress_talk, dresses)
    assert heard.asked_values == {"size": ["M"]}
    assert heard.asked_attributes == ["size"]
    assert [r.kind for r in heard.references] == ["focus"]
    heard = understander.read("那个红色的多少钱", dress_talk, dresses)
    assert heard.asked_attributes == ["price"]
    assert heard.references[0].value == {"name": "color", "value": "red"}
    assert understander.read("is it loud?", dress_talk, dresses).aspects == ["noise"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the second one", [2]),
        ("第一个和第三个", [1, 3]),
        ("compare 2 and 3", [2, 3]),
        ("#2", [2]),
        ("the first two", [1, 2]),
        ("last one", [-1]),
        ("最后一个怎么样", [-1]),
        ("1st and 3rd", [1, 3]),
        ("first, show me some shoes", []),
        ("second hand shoes", []),
    ],
)
def test_places(
    understander: Understander,
    dress_talk: DialogueState,
    dresses: list[ShownProduct],
    text: str,
    places: list[int],
) -> None:
    heard = understander.read(text, dress_talk, dresses)
    assert [r.value for r in heard.references if r.kind == "ordinal"] == places


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("the red one", "attribute"),
        ("那个红色的", "attribute"),
        ("红的那个", "attribute"),
        ("红色的那款多少钱", "attribute"),
        ("is this one machine washable?", "focus"),
        ("the cheapest one", "extreme"),
        ("the one before", "previous"),
        ("上一个", "previous"),
        ("tell me about the Ivy silk wrap dress", "name"),
    ],
)
def test_pointers(
    understander: Understander,
    dress_talk: DialogueState,
    dresses: list[ShownProduct],
    text: str,
    kind: str,
) -> None:
    assert [r.kind for r in understander.read(text, dress_talk, dresses).references] == [kind]


def test_spelling_is_mended_and_told(understander: Understander) -> None:
    heard = understander.read("blak dreses", DialogueState())
    assert heard.corrections == {"blak": "black", "dreses": "dress"}
    assert {c.slot for c in heard.changes} >= {"category", "attributes.color"}


def test_words_that_the_catalogue_lacks_are_told(understander: Understander) -> None:
    assert understander.read("a spandex dress", DialogueState()).unknown_words == ["spandex"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("hi, could you please show me something like a red lamp", ""),
        ("a carrying case for my laptop", "carrying case laptop"),
        ("ballet flats in black", "ballet flats"),
        ("你好，请帮我找一个可爱的台灯", "可爱 台灯"),
    ],
)
def test_what_is_left_for_the_text_search(
    understander: Understander, text: str, query: str
) -> None:
    heard = understander.read(text, DialogueState())
    assert "".join(c.value for c in heard.changes if c.slot == "query") == query


def test_orders_quantities_and_languages(understander: Understander) -> None:
    state = DialogueState()
    assert understander.read("where is my order #W2378156", state).order_id == "W2378156"
    assert understander.read("来两件", state).quantity == 2
    assert understander.read("two of them please", state).quantity == 2
    assert understander.read("busco zapatos negros para mi madre", state).other_language == "es"


def test_topics(understander: Understander, dress_talk: DialogueState) -> None:
    heard = understander.read("now show me sneakers", dress_talk)
    assert heard.topic_change and not heard.topic_return
    assert not understander.read("what about evening dresses or so", DialogueState()).topic_change
    heard = understander.read("back to the shoes", dress_talk)
    assert heard.topic_return


SOUP = """
black red not no 不要 黑色 裙子 dress shoes under 50 以内 两百 or and 或者 the second one
第二个 it cheaper 便宜点 ideally 最好 forget colour 颜色 无所谓 any size M 码 吗 ? ， , . 除了
without leather 皮 4 stars 四星 以上 back to 还是看 for my niece 6 year old x2 #3
\u202e \u0336 🙂 DROP TABLE
"""
WORDS = st.sampled_from(SOUP.split())


@settings(deadline=None, max_examples=150)
@given(st.lists(WORDS, max_size=14), st.sampled_from([" ", ""]))
def test_every_change_stands_in_the_text(
    understander: Understander, words: list[str], glue: str
) -> None:
    heard = understander.read(glue.join(words), DialogueState(shown=("d1", "d2")))
    for change in heard.changes:
        assert change.words
        assert heard.text[change.start : change.end] == change.words


@settings(deadline=None, max_examples=80)
@given(st.text(max_size=200))
def test_any_text_is_understood_without_an_error(understander: Understander, text: str) -> None:
    heard = understander.read(text, DialogueState())
    assert heard.language in ("en", "zh")


@pytest.mark.parametrize(
    "text", ["🙂" * 10_000, "a" * 50_000, "不要" * 1000, "1" * 3000, "z̸̡̢͔" * 500, "\x00\u200b" * 100]
)
def test_floods_are_cut_and_understood(understander: Understander, text: str) -> None:
    assert len(understander.read(text, DialogueState()).text) <= 2000


LONG = (
    "black boots under 100, not leather or suede, ideally size 42 and lighter than 2 kg; ",
    "想要黑色的靴子，两百以内，不要真皮，最好42码，三公斤以下，",
    "不要", "1-2 ", "a b c d e ", "under ", "一二三四", "🙂 ", "not ", "最好",
)  # fmt: skip


@pytest.mark.parametrize("words", LONG)
def test_the_longest_message_is_read_in_time(understander: Understander, words: str) -> None:
    text = (words * 2000)[:2000]
    understander.read(text, DialogueState())
    spent = []
    for _ in range(3):
        begun = process_time()
        understander.read(text, DialogueState())
        spent.append(process_time() - begun)
    assert min(spent) < 0.25  # room for a busy machine: the goal is 100 ms


BOOTS = {"category": "Boots", "price_max": 300}
MESSY = [
    ("最多250的平板", {"category": "Tablets", "price_max": 250}),
    ("顶多一百八的书桌", {"category": "Desks", "price_max": 180}),
    ("espresso machine between 300 n 600",
     {"category": "Espresso machines", "price_min": 300, "price_max": 600}),
    ("黑胶唱机，400以上的不看", {"category": "Turntables", "price_max": 400}),
    ("平板，三百以内不要白色的",
     {"category": "Tablets", "price_max": 300, "exclude": {"color": ["white"]}}),
    ("羽绒服，差评多的不要", {"category": "Down jackets", "sort": "rating"}),
    ("a kettle, nothing with bad reviews", {"category": "Kettles", "sort": "rating"}),
    ("turntable, walnut", {"category": "Turntables", "attributes": {"material": ["walnut"]}}),
    ("my cat ruins everything, a sofa, not linen",
     {"category": "Sofas", "exclude": {"material": ["linen"]}}),
    ("shoes for men, size 43, black oxfords",
     {"category": "Loafers & Oxfords",
      "attributes": {"gender": ["men"], "size": ["EU 43"], "color": ["black"]}}),
    ("no heels higher than 7cm", {"category": "Heels", "attributes": {"heel": ["5 cm", "7 cm"]}}),
    ("heels 5 cm tops in red, size 37",
     {"category": "Heels",
      "attributes": {"heel": ["5 cm"], "color": ["red"], "size": ["EU 37"]}}),
    ("jeans size 28", {"category": "Jeans", "attributes": {"size": ["W28"]}}),
    ("t-shirts in m or l", {"category": "T-shirts", "attributes": {"size": ["M", "L"]}}),
    ("office chair that doesn't squeak",
     {"category": "Office chairs", "avoid_aspects": ["noise"]}),
    ("办公椅，别有异响", {"category": "Office chairs", "avoid_aspects": ["noise"]}),
    ("washable rugs", {"category": "Rugs", "prefer_aspects": ["washing"]}),
    ("想要一條黑色的連身裙", {"category": "Dresses", "attributes": {"color": ["black"]}}),
    ("对宠物安全的室内植物", {"category": "House plants", "attributes": {"pet_safe": ["yes"]}}),
    ("炭灰的大衣", {"category": "Coats", "attributes": {"color": ["charcoal"]}}),
    ("a wireless mouse", {"category": "Mice", "attributes": {"wireless": ["yes"]}}),
    ("an rc car, rechargeable",
     {"category": "Remote-controlled toys", "attributes": {"rechargeable": ["yes"]}}),
    ("含维c的精华，别有a醇",
     {"category": "Serums", "attributes": {"ingredient": ["vitamin C"]},
      "exclude": {"ingredient": ["retinol"]}}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MESSY)
def test_messy_wishes(wish: Reading, text: str, expected: dict[str, object]) -> None:
    assert wish(text) == Constraints.model_validate(expected)


@pytest.mark.parametrize(
    ("held", "text", "changed"),
    [
        (BOOTS, "40码，哦不41", {"attributes": {"size": ["EU 41"]}}),
        (BOOTS, "size 40 no wait 41", {"attributes": {"size": ["EU 41"]}}),
        (BOOTS, "a bit more is ok", {"price_max": 450}),
        (BOOTS, "稍微贵一点也没事", {"price_max": 450}),
        (BOOTS, "how long does shipping take", {}),
        (BOOTS, "凉鞋，预算一样", {"category": "Sandals"}),
        (BOOTS | {"attributes": {"color": ["brown"]}}, "coffee, not boots",
         {"category": "Coffee", "price_max": None, "attributes": {}}),
        (BOOTS | {"exclude": {"material": ["suede"]}}, "麂皮的其实也可以", {"exclude": {}}),
        ({"category": "Coffee", "attributes": {"roast": ["dark"]}}, "还是浅烘吧",
         {"attributes": {"roast": ["light"]}}),
        ({"category": "Coffee", "attributes": {"roast": ["dark"]}}, "烘焙度无所谓",
         {"attributes": {}}),
        ({"category": "Coffee", "attributes": {"caffeine": ["decaf"]}}, "不用低因了",
         {"attributes": {}}),
        ({"category": "Tea"}, "不喝茶了，来点咖啡", {"category": "Coffee"}),
    ],
)  # fmt: skip
def test_messy_follow_ups(
    wish: Reading, held: dict[str, object], text: str, changed: dict[str, object]
) -> None:
    before = Constraints.model_validate(held)
    state = DialogueState(constraints=before, turn=1)
    assert wish(text, state) == before.model_copy(update=changed)
