"""Behaviour follows the documented preference model."""

import numpy as np
import numpy.typing as npt
import pytest

from retrieval.demo.behaviour import KINDS, EventTable
from retrieval.demo.generator import DemoStore
from retrieval.events.event import Event, EventType


def clicks_by_impression(events: EventTable) -> npt.NDArray[np.bool_]:
    """Per impression, in order of the table, whether it was clicked."""
    clicked = set()
    for row in np.flatnonzero(events.kind == 1):
        clicked.add((events.customer[row], events.product[row], events.position[row]))
    rows = np.flatnonzero(events.kind == 0)
    columns = (events.customer[rows], events.product[rows], events.position[rows])
    return np.array([key in clicked for key in zip(*columns, strict=True)])


def auc(score: npt.NDArray[np.floating], label: npt.NDArray[np.bool_]) -> float:
    ranks = score.argsort().argsort() + 1
    positive = label.sum()
    area = ranks[label].sum() - positive * (positive + 1) / 2
    return float(area / (positive * (~label).sum()))


def test_the_true_model_explains_the_clicks(small: DemoStore) -> None:
    clicked = clicks_by_impression(small.events)
    truth = small.truth.arrays
    assert auc(truth["impression_click"], clicked) > 0.75
    assert auc(truth["impression_utility"], clicked) > 0.7
    assert truth["impression_click"].mean() == pytest.approx(clicked.mean(), abs=0.02)


def test_truth_lies_beside_its_impressions(small: DemoStore) -> None:
    rows = small.truth.arrays["impression_event"]
    assert np.array_equal(rows, np.flatnonzero(small.events.kind == 0))
    order = small.truth.arrays["impression_purchase"] <= small.truth.arrays["impression_click"]
    assert order.all()


def test_earlier_positions_are_clicked_more(small: DemoStore) -> None:
    clicked = clicks_by_impression(small.events)
    position = small.events.position[small.events.kind == 0]
    top, low = clicked[position < 2].mean(), clicked[(position > 5) & (position < 8)].mean()
    assert top > 1.5 * low


def test_people_click_what_they_like(small: DemoStore) -> None:
    """Clicked products are nearer to the customer's price level than shown ones."""
    events, truth = small.events, small.truth.arrays
    names = truth["names_brands"].tolist()
    brand = np.array([names.index(p.brand) for p in small.products])
    liking = truth["taste_brand"][events.customer, brand[events.product]]
    shown, clicked = liking[events.kind == 0].mean(), liking[events.kind == 1].mean()
    assert clicked > shown + 0.1


def test_the_funnel_narrows(small: DemoStore) -> None:
    shown, clicked, carted, bought = np.bincount(small.events.kind)
    assert 0.05 < clicked / shown < 0.15
    assert shown > clicked > carted > bought > 0


def test_what_is_sold_out_is_not_bought(small: DemoStore) -> None:
    bought = small.events.product[small.events.kind == 3]
    assert all(small.products[row].in_stock for row in bought)


def test_events_are_valid_and_in_order(small: DemoStore) -> None:
    events = list(small.events)
    assert [e.at for e in events] == sorted(e.at for e in events)
    for event in events[::97]:
        assert Event.model_validate(event.model_dump()) == event
    assert {event.type for event in events} == set(KINDS)
    queries = {event.query for event in events}
    assert None in queries and len(queries) > 200


def test_every_buyer_has_an_order(small: DemoStore) -> None:
    bought = [e for e in small.events if e.type == EventType.PURCHASE]
    assert {e.customer_id for e in bought} == {order.customer_id for order in small.orders}
    assert sum(len(order.lines) for order in small.orders) == len(bought)
    assert len({order.status for order in small.orders}) >= 4
    products = {product.id: product for product in small.products}
    for order in small.orders:
        for line in order.lines:
            assert line.sku in {v.sku for v in products[line.product_id].variants}
