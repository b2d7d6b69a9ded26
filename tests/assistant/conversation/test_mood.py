import pytest

from assistant.conversation.mood import mood


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
