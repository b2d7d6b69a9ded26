from datetime import UTC, datetime, timedelta

import pytest

from retrieval.catalog.product import Product, Variant
from retrieval.events.event import Event, EventType
from retrieval.insights.watch import watch
from retrieval.reviews.indexing import index_reviews
from retrieval.reviews.review import Review
from retrieval.store import CatalogStore, EventStore, ReviewStore, Sessions
from retrieval.store.alarm_store import AlarmStore
from retrieval.store.insight_store import InsightStore
from retrieval.store.review_store import day_of

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
GOOD, BAD = "The battery is great.", "The battery is awful."


def review(key: str, text: str, days_ago: int, product: str = "p1", **fields: object) -> Review:
    values: dict[str, object] = {"rating": 4 if text == GOOD else 2, "customer_id": None} | fields
    at = NOW - timedelta(days=days_ago)
    return Review.model_validate(
        {"id": key, "product_id": product, "text": text, "at": at, **values}
    )


@pytest.fixture
def shop(sessions: Sessions) -> Sessions:
    CatalogStore(sessions).upsert_many(
        Product(id=k, title=k, category_path=[d], variants=[Variant(sku=k, price=1)])
        for k, d in (("p1", "Audio"), ("p2", "Toys"))
    )
    return sessions


def test_sums_by_shop_department_product_and_aspect(shop: Sessions) -> None:
    reviews = ReviewStore(shop)
    reviews.upsert_many(
        [
            review("a", GOOD, 3),
            review("b", BAD + " Really awful battery.", 3),
            review("c", BAD, 1, "p2"),
            review("d", "It came.", 1, "gone", rating=5),
        ]
    )
    index_reviews(reviews)
    store = InsightStore(shop)
    three, one = day_of(NOW) - 3, day_of(NOW) - 1

    def told(**query: object) -> list[tuple[str, int, int, int, int]]:
        sums = store.daily(**query)  # type: ignore[arg-type]
        return [(s.key, s.day, s.reviews, s.positive, s.negative) for s in sums]

    assert told(by="shop") == [("", three, 2, 1, 1), ("", one, 2, 1, 1)]
    assert told(by="department") == [("Audio", three, 2, 1, 1), ("Toys", one, 1, 0, 1)]
    assert told(by="product", department="Toys") == [("p2", one, 1, 0, 1)]
    assert told(by="aspect") == [("battery", three, 2, 1, 1), ("battery", one, 1, 0, 1)]
    assert told(by="aspect", product_id="p2") == [("battery", one, 1, 0, 1)]
    assert told(by="department", aspect="battery", since=one) == [("Toys", one, 1, 0, 1)]
    assert told(by="shop", since=one) == [("", one, 2, 1, 1)]
    (first, second) = store.daily("aspect")
    assert abs(first.total) < abs(second.total) * 2 and second.total < 0


def test_purchases_and_satisfaction(shop: Sessions) -> None:
    events = EventStore(shop)
    events.append_many(
        Event(type=kind, customer_id=who, product_id="p1", at=NOW - timedelta(days=ago))
        for kind, who, ago in (
            (EventType.PURCHASE, "ann", 9),
            (EventType.PURCHASE, "ann", 9),
            (EventType.PURCHASE, "bo", 3),
            (EventType.VIEW, "cy", 3),
        )
    )
    ReviewStore(shop).upsert_many(
        [review("a", GOOD, 1, customer_id="ann"), review("b", BAD, 1, customer_id="ann")]
    )
    store = InsightStore(shop)
    assert [(p.customer_id, day_of(NOW) - p.day) for p in store.purchases()] == [
        ("ann", 9),
        ("bo", 3),
    ]
    assert store.satisfaction() == {"ann": (2, 1, 3.0)}


def test_alarms_are_raised_once_name_their_reviews_and_are_put_into_the_outbox(
    shop: Sessions,
) -> None:
    reviews, insights, alarms = ReviewStore(shop), InsightStore(shop), AlarmStore(shop)
    reviews.upsert_many(review(f"old{n:02}", GOOD, 100 - n) for n in range(40))
    index_reviews(reviews)
    before = insights.mark()
    assert watch(insights, alarms, notify=True) == []
    reviews.upsert_many(review(f"new{n:02}", BAD, 10 - n) for n in range(10))
    index_reviews(reviews)
    assert insights.mark() != before
    raised = watch(insights, alarms, notify=True)
    assert {(a.scope, a.key, a.aspect) for a in raised} == {
        (scope, key, aspect)
        for scope, key in (("product", "p1"), ("department", "Audio"), ("shop", ""))
        for aspect in ("battery", "")
    }
    for alarm in raised:
        assert alarm.review_ids and all(key.startswith("new") for key in alarm.review_ids)
        assert alarm.complaints >= len(alarm.review_ids) >= 3
        assert alarm.before < 0.1 and alarm.since > 0.9
    assert watch(insights, alarms, notify=True) == []
    assert alarms.outbox() == {"waiting": len(raised), "delivered": 0, "given_up": 0}
    assert {a.id for a in alarms.recent()} == {a.id for a in raised}
    assert [a.key for a in alarms.recent(key="Audio")] == ["Audio", "Audio"]


def test_old_turns_are_kept_and_sent_to_nobody(shop: Sessions) -> None:
    reviews, alarms = ReviewStore(shop), AlarmStore(shop)
    reviews.upsert_many(review(f"old{n:02}", GOOD, 400 - n) for n in range(40))
    reviews.upsert_many(review(f"new{n:02}", BAD, 300 - n) for n in range(10))
    index_reviews(reviews)
    assert watch(InsightStore(shop), alarms, notify=True)
    assert alarms.outbox()["waiting"] == 0


def test_an_alarm_is_seen_by_the_first_who_says_so(shop: Sessions) -> None:
    reviews, alarms = ReviewStore(shop), AlarmStore(shop)
    reviews.upsert_many(review(f"old{n:02}", GOOD, 100 - n) for n in range(40))
    reviews.upsert_many(review(f"new{n:02}", BAD, 10 - n) for n in range(10))
    index_reviews(reviews)
    raised = watch(InsightStore(shop), alarms, notify=False)
    first = alarms.mark_seen(raised[0].id, "ann")
    assert first is not None and first.seen_by == "ann"
    again = alarms.mark_seen(raised[0].id, "bo")
    assert again is not None and again.seen_by == "ann"
    assert alarms.mark_seen("nothing", "bo") is None
    assert raised[0].id not in {a.id for a in alarms.recent(open_only=True)}


def test_a_message_is_claimed_by_one_and_comes_back_until_it_is_settled(shop: Sessions) -> None:
    reviews, alarms = ReviewStore(shop), AlarmStore(shop)
    reviews.upsert_many(review(f"old{n:02}", GOOD, 100 - n) for n in range(40))
    reviews.upsert_many(review(f"new{n:02}", BAD, 10 - n) for n in range(10))
    index_reviews(reviews)
    count = len(watch(InsightStore(shop), alarms, notify=True))
    claimed = alarms.claim(lease_s=60)
    assert len(claimed) == count and all(m.attempts == 1 for m in claimed)
    assert AlarmStore(shop).claim(lease_s=60) == []
    alarms.delivered(claimed[0].id)
    alarms.failed(claimed[1].id, "HTTP 500", again_in_s=-1)
    alarms.failed(claimed[2].id, "HTTP 410", again_in_s=None)
    (again,) = alarms.claim(lease_s=60)
    assert (again.id, again.attempts) == (claimed[1].id, 2)
    assert alarms.outbox() == {"waiting": count - 2, "delivered": 1, "given_up": 1}
