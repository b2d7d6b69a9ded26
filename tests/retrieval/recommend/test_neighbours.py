from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from retrieval.recommend.behaviour import Acts
from retrieval.recommend.neighbours import LEAST_CUSTOMERS, Neighbours

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEAVES = {"tent": ("Outdoor", "Tents"), "bag": ("Outdoor", "Bags"), "lamp": ("Home", "Lamps")}


def acts(*lines: tuple[str, str, float]) -> Acts:
    """``(customer, product, days later)``."""
    return Acts.of((c, p, START + timedelta(days=days)) for c, p, days in lines)


NONE = acts()


def test_customers_are_counted_and_not_clicks() -> None:
    often = [("a", p, n / 24) for n in range(9) for p in ("tent", "bag")]
    assert Neighbours.learn(acts(*often), NONE, {}).looked_with == {}
    found = Neighbours.learn(acts(*often, ("b", "bag", 0), ("b", "tent", 90)), NONE, {})
    assert [(n.product_id, n.customers) for n in found.looked_with["tent"]] == [("bag", 2)]


def test_one_day_is_a_basket() -> None:
    lines = [(c, p, 0.0) for c in "ab" for p in ("tent", "bag")]
    later = [(c, "lamp", 40.0) for c in "ab"]
    found = Neighbours.learn(NONE, acts(*lines, *later), LEAVES)
    assert {n.product_id for n in found.bought_with["tent"]} == {"bag"}
    assert {n.product_id for n in found.bought_both["tent"]} == {"bag", "lamp"}
    assert {k.leaf for k in found.kinds["Home", "Lamps"]} == {LEAVES["tent"], LEAVES["bag"]}
    assert found.kinds["Home", "Lamps"][0].customers == 2


def test_what_everybody_looks_at_is_no_close_neighbour() -> None:
    lines = [(f"c{n}", "lamp", 0) for n in range(60)]
    lines += [(f"c{n}", p, 0) for n in range(5) for p in ("tent", "bag")]
    found = Neighbours.learn(acts(*lines), NONE, {})
    assert [n.product_id for n in found.looked_with["tent"]] == ["bag", "lamp"]
    assert found.looked_along(["tent", "bag"], 3) == ["lamp"]


LINES = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("pqrstu"), st.integers(0, 3)), max_size=40
)


@given(LINES)
def test_counts_are_those_of_plain_counting(lines: list[tuple[str, str, int]]) -> None:
    made = acts(*[(c, p, float(day)) for c, p, day in lines])
    found = Neighbours.learn(made, made, {})
    for one in "pqrstu":
        for other in set("pqrstu") - {one}:
            days: dict[str, set[tuple[str, int]]] = {}
            for customer, product, day in lines:
                days.setdefault(product, set()).add((customer, day))
            both = {c for c, _ in days.get(one, set())} & {c for c, _ in days.get(other, set())}
            same_day = {c for c, _ in days.get(one, set()) & days.get(other, set())}
            for table, customers in ((found.looked_with, both), (found.bought_with, same_day)):
                told = {n.product_id: n.customers for n in table.get(one, [])}
                expected = len(customers) if len(customers) >= LEAST_CUSTOMERS else None
                assert told.get(other) == expected
