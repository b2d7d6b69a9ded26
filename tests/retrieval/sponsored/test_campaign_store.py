from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from retrieval.errors import CampaignNotFoundError
from retrieval.sponsored.campaign import MICRO, CampaignDraft
from retrieval.sponsored.campaign_store import CampaignStore, Placed

NOW = datetime.now(UTC)
Draft = Callable[..., CampaignDraft]


def place(store: CampaignStore, campaign: str, customer: str | None, price: float = 0.5) -> None:
    store.place([Placed(campaign, "p1", round(price * MICRO))], customer, datetime.now(UTC))


def test_a_click_is_charged_once(store: CampaignStore, draft: Draft) -> None:
    campaign = store.create(draft())
    assert store.click("p1", "ana", NOW) == 0  # nothing was shown
    place(store, campaign.id, "ana", 0.3)
    now = datetime.now(UTC)
    assert store.click("p2", "ana", now) == store.click("p1", "bo", now) == 0
    assert store.click("p1", "ana", now) == 300_000
    assert store.click("p1", "ana", now) == 0
    assert store.get(campaign.id).spent == 0.3
    figures = store.figures()[campaign.id]
    assert (figures.shown, figures.clicked, figures.cost) == (1, 1, 0.3)


def test_a_late_click_and_one_on_somebody_elses_list_cost_nothing(
    store: CampaignStore, draft: Draft
) -> None:
    campaign = store.create(draft())
    place(store, campaign.id, "ana")
    assert store.click("p1", "ana", datetime.now(UTC) + timedelta(days=1, minutes=1)) == 0
    place(store, campaign.id, None)
    assert store.click("p1", "visitor", datetime.now(UTC)) == 500_000


def test_clicks_at_once_never_overspend(store: CampaignStore, draft: Draft) -> None:
    campaign = store.create(draft(budget=2.2))
    customers = [f"c{n}" for n in range(24)]
    for customer in customers:
        place(store, campaign.id, customer)
    now = datetime.now(UTC)
    with ThreadPoolExecutor(8) as pool:
        charged = list(pool.map(lambda c: store.click("p1", c, now), customers))
    assert sum(charged) == 2 * MICRO  # four clicks at 0.50; a fifth would go beyond 2.20
    assert store.get(campaign.id).spent == 2.0


def test_a_day_costs_no_more_than_its_share(store: CampaignStore, draft: Draft) -> None:
    campaign = store.create(draft(budget=10, ends_at=NOW + timedelta(days=9.5)))
    for n in range(8):
        place(store, campaign.id, f"c{n}")
    charged = [store.click("p1", f"c{n}", datetime.now(UTC)) for n in range(8)]
    share = 10 / ((NOW + timedelta(days=9.5) - NOW.replace(hour=0, minute=0)) / timedelta(days=1))
    assert 0 < sum(charged) <= share * MICRO


def test_a_change_keeps_what_was_spent(store: CampaignStore, draft: Draft) -> None:
    campaign = store.create(draft())
    place(store, campaign.id, "ana")
    store.click("p1", "ana", datetime.now(UTC))
    changed = store.change(campaign.id, draft(name="Summer", bid=0.2), "paused")
    assert (changed.name, changed.bid, changed.spent) == ("Summer", 0.2, 0.5)
    assert store.running(datetime.now(UTC)) == []
    with pytest.raises(ValueError, match="spent already"):
        store.change(campaign.id, draft(bid=0.1, budget=0.4), "active")
    assert store.end(campaign.id).state == "ended"
    with pytest.raises(CampaignNotFoundError):
        store.get("cm_gone")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": NOW - timedelta(days=3)},
        {"bid": 11},
        {"bid": 0},
        {"budget": float("inf")},
        {"product_ids": []},
        {"colour": "red"},
        {"starts_at": "2026-01-01T00:00:00"},
    ],
)
def test_a_campaign_that_makes_no_sense_is_refused(draft: Draft, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        draft(**wrong)


def test_a_customer_is_forgotten_and_the_books_stay(store: CampaignStore, draft: Draft) -> None:
    campaign = store.create(draft())
    place(store, campaign.id, "ana")
    store.click("p1", "ana", datetime.now(UTC))
    place(store, campaign.id, "ana")
    assert len(store.export("ana")) == 2
    store.forget("ana")
    assert store.export("ana") == []
    assert store.figures()[campaign.id].shown == 1
    assert store.get(campaign.id).spent == 0.5
