from datetime import timedelta

import numpy as np
import pytest

from finetune.ranking.rows import (
    COLUMNS,
    PURCHASE_WITHIN,
    early_priors,
    make_rows,
    split_by_time,
)
from retrieval.catalog.product import Product
from retrieval.events.event import Event, EventType
from retrieval.reviews.review import Review

Products = dict[str, Product]


def test_a_row_for_every_impression_with_what_followed(
    products: Products, behaviour: list[Event]
) -> None:
    rows = make_rows(behaviour, products)
    real = rows.where(~rows.stranger)
    assert len(real) == sum(e.type is EventType.IMPRESSION for e in behaviour)
    assert real.clicked.sum() == sum(e.type is EventType.CLICK for e in behaviour)
    assert rows.features.shape == (len(rows), len(COLUMNS))
    assert np.isfinite(rows.features).all()
    one = int(np.flatnonzero(real.clicked)[0])
    shown = behaviour[int(real.source[one])]
    assert (shown.customer_id, shown.product_id) == (real.customers[one], real.products[one])


def test_nothing_that_comes_later_is_in_a_row(products: Products, behaviour: list[Event]) -> None:
    """The features of the past stay the same when the future is another or is missing."""
    middle = behaviour[len(behaviour) // 2].at
    past = [e for e in behaviour if e.at < middle]
    other = [
        e.model_copy(update={"product_id": f"p{n % 3}"})
        for n, e in enumerate(behaviour)
        if e.at >= middle
    ]
    whole, alone = make_rows(behaviour, products), make_rows(past, products)
    mixed = make_rows([*other, *past], products)
    count = len(alone)
    np.testing.assert_array_equal(whole.features[:count], alone.features)
    np.testing.assert_array_equal(mixed.features[:count], alone.features)
    np.testing.assert_array_equal(whole.history[:count], alone.history)
    np.testing.assert_array_equal(mixed.actions[:count], alone.actions)


def test_a_list_is_judged_before_any_of_it_was_seen(products: Products) -> None:
    """Passing over the first product must not show in the features of the second."""
    at = Event(type=EventType.IMPRESSION, customer_id="c", product_id="p1").at
    before = [
        Event(type=kind, customer_id="c", product_id="p1", position=0, at=at - timedelta(days=1))
        for kind in (EventType.IMPRESSION, EventType.CLICK)
    ]
    shown = [
        Event(type=EventType.IMPRESSION, customer_id="c", product_id=f"p{n}", position=n, at=at)
        for n in (1, 5, 9)  # all of one brand
    ]
    together, alone = (
        make_rows([*before, *shown], products),
        make_rows([*before, shown[2]], products),
    )
    liking = COLUMNS.index("liking_brand")
    assert alone.features[-1, liking] > 0
    assert together.features[~together.stranger][-1, liking] == alone.features[-1, liking]


def test_how_tastes_differ_is_learnt_from_the_older_part(
    products: Products, behaviour: list[Event]
) -> None:
    found = early_priors(behaviour, products)
    assert found["brand"] > 0.3  # the brands are what tastes differ by in this shop
    assert early_priors([], products) == {}


def test_a_click_does_not_show_in_its_own_impression(products: Products) -> None:
    shown = Event(type=EventType.IMPRESSION, customer_id="c", product_id="p1", position=0)
    clicked = shown.model_copy(update={"type": EventType.CLICK})  # logged at the very same moment
    rows = make_rows([shown, clicked], products)
    assert rows.clicked[0] == 1
    assert rows.features[0, COLUMNS.index("clicked")] == 0
    assert rows.features[0, COLUMNS.index("click_lift")] == 0


def test_reviews_count_from_the_day_they_were_written(products: Products) -> None:
    shown = Event(type=EventType.IMPRESSION, customer_id="c", product_id="p1", position=0)
    written = {"product_id": "p1", "rating": 5}
    reviews = [
        Review(id="before", at=shown.at - timedelta(days=1), **written),
        Review(id="after", at=shown.at + timedelta(days=1), **written),
    ]
    rows = make_rows([shown], products, reviews)
    assert rows.features[0, COLUMNS.index("review_count")] == np.log1p(1)


def test_the_split_is_by_time_with_the_labels_reach_between(
    products: Products, behaviour: list[Event]
) -> None:
    split = split_by_time(make_rows(behaviour, products))
    gap = PURCHASE_WITHIN / timedelta(days=1)
    assert split.valid.day.min() - split.train.day.max() >= gap
    assert split.test.day.min() - split.valid.day.max() >= gap
    assert not split.valid.stranger.any() and not split.test.stranger.any()
    assert split.train.stranger.any()


def test_what_the_query_named_is_compared(products: Products) -> None:
    shown = Event(type=EventType.IMPRESSION, customer_id="c", product_id="p1", position=0)
    expected = {
        "alpha thing": (0.5, 1, 0, -1),
        "beta thing": (1, 1, 0, 1),
        "beta thing 12": (1, 1, 1, 1),
        "beta thing 10.5": (1, 1, -1, 1),
        "beta thing 4": (1, 1, 0, 1),  # nothing costs that little: it is no price
        "beta 20G thing": (2 / 3, 1, 0, 1),
        "thing": (1, 1, 0, 0),
        None: (0, 0, 0, 0),
    }
    first = COLUMNS.index("query_match")
    for query, figures in expected.items():
        rows = make_rows([shown.model_copy(update={"query": query})], products)
        assert tuple(rows.features[0, first : first + 4]) == pytest.approx(figures), query


def test_what_a_query_is_worth_is_learnt(products: Products, behaviour: list[Event]) -> None:
    """Who asks for a brand clicks it: naming one counts for more than what everybody likes."""
    asked = []
    for n, event in enumerate(behaviour):
        product = products[event.product_id]
        named = product.brand if event.type is EventType.CLICK or n % 3 else "Alpha"
        asked.append(event.model_copy(update={"query": f"{named} thing"}))
    rows = make_rows(asked, products)
    late = rows.where(~rows.stranger & (rows.day > np.median(rows.day)))
    answer, met = (late.features[:, COLUMNS.index(f"query_{n}")] for n in ("answer", "value"))
    assert answer[met > 0].mean() > answer[met < 0].mean() + 0.3


def test_no_events_give_no_rows(products: Products) -> None:
    rows = make_rows([], products)
    assert len(rows) == 0
    assert len(split_by_time(rows).train) == 0
