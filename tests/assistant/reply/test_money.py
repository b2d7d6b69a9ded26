import pytest

from assistant.reply.money import money


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (1299, "USD", "$1,299"),
        (49.99, "USD", "$49.99"),
        (49.5, "EUR", "€49.50"),
        (0, "USD", "$0"),
        (200.0, "CNY", "¥200"),
        (12.5, "SEK", "12.50 SEK"),
        (19.999, "USD", "$20"),
    ],
)
def test_money(amount, currency, written):
    assert money(amount, currency) == written
