"""What is shown for money says so: on the card, in the words, and when asked why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from assistant.shop import Shop
from retrieval.sponsored.campaign import CampaignDraft
from tests.assistant.dialogue.test_engine import Talk


@pytest.fixture
def campaign(demo_shop: Shop) -> Iterator[None]:
    """Somebody pays for every backpack there is."""
    products = [p for p in demo_shop.catalog.scan() if "backpack" in p.title.lower()]
    draft = CampaignDraft(
        name="Bags",
        advertiser="Carry & Co",
        product_ids=[p.id for p in products],
        bid=0.5,
        budget=100,
        ends_at=datetime.now(UTC) + timedelta(days=2),
    )
    made = demo_shop.campaigns.create(draft)
    sponsors = demo_shop.rooms.finder.sponsors
    assert sponsors is not None
    sponsors._due = 0.0  # read the campaigns anew
    yield
    demo_shop.campaigns.end(made.id)
    sponsors._due = 0.0


@pytest.mark.parametrize(
    ("text", "why", "label"),
    [
        ("a backpack under 150 dollars", "why the fourth one?", "Sponsored by Carry & Co."),
        ("150美元以下的背包", "为什么推荐第四个？", "广告，由Carry & Co付费展示。"),
    ],
)
def test_it_is_said_everywhere(
    demo_shop: Shop, campaign: None, text: str, why: str, label: str
) -> None:
    talk = Talk(demo_shop)
    turn = talk.say(text)
    assert len(turn.products) == 4
    kinds = [[r.kind for r in p.reasons] for p in turn.products]
    assert [k[0] == "sponsored" for k in kinds] == [False, False, False, True]
    assert label in turn.reply and all(p.price <= 150 for p in turn.products)
    explained = talk.say(why)
    assert label in explained.reply
    assert explained.products[0].reasons[0].kind == "sponsored"
