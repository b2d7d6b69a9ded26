import pytest

from assistant.understanding.stock import asks_for_stock


@pytest.mark.parametrize(
    "text",
    [
        "do you have a zither?",
        "do you guys sell anvils",
        "have you got lutes",
        "got any ukuleles?",
        "any theremins in stock",
        "有没有二胡卖",
        "你们店有古筝吗",
        "卖不卖马桶刷",
    ],
)
def test_whether_it_is_sold_is_asked_in_many_ways(text: str) -> None:
    assert asks_for_stock(text)


@pytest.mark.parametrize(
    "text", ["i have a dog", "where is my order", "no, thank you", "多少钱", "我有一只猫"]
)
def test_other_messages_do_not_ask_it(text: str) -> None:
    assert not asks_for_stock(text)
