import pytest

from assistant.conversation.mood import mood, turns_bad


@pytest.mark.parametrize(
    "text",
    [
        "This is terrible and the box was broken",
        "I am not happy",
        "太差了，我要投诉",
        "我对服务不满意",
    ],
)
def test_bad_moods(text):
    assert mood([text]) < 0


@pytest.mark.parametrize(
    "text", ["thank you, perfect", "not unhappy at all", "很好，谢谢", "没有问题"]
)
def test_good_moods(text):
    assert mood([text]) > 0


def test_plain_facts_have_no_mood_and_more_words_weigh_more():
    assert mood(["where is order 17", "订单在哪里"]) == mood([]) == 0
    assert -1 < mood(["bad", "broken", "awful"]) < mood(["bad"])


@pytest.mark.parametrize(
    "text", ["nothing with bad sizing", "good battery is a must", "质量差的不要", "a nice dress"]
)
def test_what_is_said_of_products_is_no_mood(text):
    assert mood([text]) == 0


@pytest.mark.parametrize(
    "texts",
    [
        ["hello", "This is awful, terrible and useless!"],
        ["that is wrong", "wrong again, ridiculous"],
        ["你好", "不对，错了", "又错了，太差了"],
        ["气死我了，垃圾，我要投诉"],
    ],
)
def test_a_mood_that_turns_bad_is_noticed_with_the_message_that_turns_it(texts):
    assert turns_bad(texts)
    assert not any(turns_bad(texts[:n]) for n in range(len(texts)))


def test_once_turned_it_has_to_turn_again():
    bad = "This is awful, terrible and useless!"
    assert not turns_bad([bad, "show me dresses"])
    assert turns_bad([bad, "show me dresses", bad])


@pytest.mark.parametrize(
    "texts",
    [
        ["wrong", "show me more", "cheaper", "wrong"],
        ["nothing with bad sizing", "质量差的不要", "not the black one"],
        ["thanks", "perfect", "wrong one, the second"],
        [],
    ],
)
def test_a_word_now_and_then_turns_nothing(texts):
    assert not turns_bad(texts)
