import pytest

from retrieval.candidate import AspectEvidence, Candidate, ReviewEvidence
from retrieval.catalog.product import Product, Variant
from retrieval.reviews.filter import avoid


def candidate(key: str, *aspects: AspectEvidence) -> Candidate:
    variant = Variant(sku=key, price=1.0)
    reviews = ReviewEvidence(20, 15, 5, 4.0, list(aspects)) if aspects else None
    return Candidate(Product(id=key, title=key, variants=[variant]), variant, reviews=reviews)


@pytest.mark.parametrize(
    ("sentiment", "positive", "negative", "stays"),
    [
        (-0.5, 1, 9, False),
        (0.1, 6, 4, False),
        (0.5, 18, 2, True),
        (-0.25, 0, 1, True),  # one voice is not enough
        (-0.4, 0, 2, False),
    ],
)
def test_evidence_decides(sentiment: float, positive: int, negative: int, stays: bool) -> None:
    mentions = positive + negative
    one = candidate("a", AspectEvidence("sizing", sentiment, mentions, positive, negative))
    assert bool(avoid([one], ["sizing"])) is stays
    assert avoid([one], ["noise"]) == [one]


def test_what_nobody_judged_stays_and_the_order_too() -> None:
    bad = candidate("bad", AspectEvidence("noise", -0.6, 8, 0, 8))
    silent, other = candidate("silent"), candidate("other", AspectEvidence("noise", 0.6, 8, 8, 0))
    assert avoid([other, bad, silent], ["noise"]) == [other, silent]
    assert avoid([other, bad, silent], []) == [other, bad, silent]
