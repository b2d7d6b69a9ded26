from hypothesis import given
from hypothesis import strategies as st

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product, Variant
from retrieval.sponsored.auction import Bid, auction
from retrieval.sponsored.campaign import LEAST_BID


def bid(product: str, amount: int, rate: float, campaign: str = "") -> Bid:
    made = Product(id=product, title=product, variants=[Variant(sku=product, price=1)])
    candidate = Candidate(made, made.variants[0], score=rate)
    return Bid(campaign or f"of {product}", "Acme", candidate, amount, rate)


def test_quality_counts_as_much_as_money() -> None:
    won = auction([bid("dear", 200_000, 0.02), bid("liked", 100_000, 0.06)], 1)
    assert won[0].bid.candidate.id == "liked"
    # 200,000 · 0.02 / 0.06: just enough to stay ahead.
    assert won[0].price == 66_667


def test_who_bids_alone_pays_the_least() -> None:
    assert auction([bid("a", 500_000, 0.1)], 3)[0].price == LEAST_BID
    own = [bid("a", 500_000, 0.1, "one"), bid("b", 400_000, 0.1, "one")]
    assert [w.price for w in auction(own, 1)] == [LEAST_BID]


def test_a_product_of_two_campaigns_takes_one_place() -> None:
    won = auction([bid("a", 300_000, 0.1, "one"), bid("a", 200_000, 0.1, "two")], 2)
    assert [(w.bid.campaign_id, w.price) for w in won] == [("one", 200_000)]


BIDS = st.lists(
    st.builds(
        bid,
        st.sampled_from("abcdef"),
        st.integers(LEAST_BID, 10**7),
        st.floats(0.0001, 1),
        st.sampled_from(["one", "two", "three"]),
    ),
    max_size=9,
)


@given(BIDS, st.integers(0, 4))
def test_nobody_pays_more_than_the_bid(bids: list[Bid], places: int) -> None:
    won = auction(bids, places)
    assert len(won) <= places and len({w.bid.candidate.id for w in won}) == len(won)
    assert all(LEAST_BID <= w.price <= w.bid.bid for w in won)
    values = [w.bid.value for w in won]
    assert values == sorted(values, reverse=True)
    if won:
        assert values[0] == max(b.value for b in bids)


@given(BIDS, st.integers(LEAST_BID, 10**7), st.floats(0.0001, 1))
def test_a_higher_bid_never_raises_the_winners_price(
    others: list[Bid], amount: int, rate: float
) -> None:
    """What makes bidding one's worth pay, with one place: the price does not depend on the bid."""
    others = [o for o in others if o.candidate.id != "own"]

    def price(offer: int) -> int | None:
        won = auction([bid("own", offer, rate, "own"), *others], 1)
        return won[0].price if won[0].bid.candidate.id == "own" else None

    first, second = price(amount), price(amount * 2)
    assert first is None or first == second
