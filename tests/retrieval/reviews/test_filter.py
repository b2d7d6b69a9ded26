import pytest

from retrieval.candidate import AspectEvidence, Candidate, ReviewEvidence
from retrieval.catalog.product import Product, Variant
from retrieval.reviews.filter import avoid, praised_first


def candidate(key: str, *aspects: AspectEvidence) -> Candidate:
    variant = Variant(sku=key, price=1.0)
    reviews = ReviewEvidence(20, 15, 5, 4.0, list(aspects)) if aspects else None
    return Candidate(Product(id=key, title=key, variants=[variant]), variant, reviews=reviews)


@pytest.mark.parametrize(
    ("sentiment", "positive", "negative", "usual", "stays"),
    [
        (-0.5, 1, 9, 0.4, False),
        (0.1, 6, 4, 0.4, False),
        (0.1, 6, 4, 0.05, True),  # of such things people always complain
        (-0.3, 3, 6, -0.05, False),  # but not that much
        (0.5, 18, 2, 0.4, True),
        (-0.25, 0, 1, 0.4, True),  # one voice is not enough
        (-0.4, 0, 2, 0.4, False),
    ],
)
def test_evidence_decides(
    sentiment: float, positive: int, negative: int, usual: float, stays: bool
) -> None:
    found = AspectEvidence("sizing", sentiment, positive + negative, positive, negative)
    found.usual = usual
    one = candidate("a", found)
    assert bool(avoid([one], ["sizing"])) is stays
    assert avoid([one], ["noise"]) == [one]


def test_what_nobody_judged_stays_and_the_order_too() -> None:
    bad = candidate("bad", AspectEvidence("noise", -0.6, 8, 0, 8))
    silent, other = candidate("silent"), candidate("other", AspectEvidence("noise", 0.6, 8, 8, 0))
    assert avoid([other, bad, silent], ["noise"]) == [other, silent]
    assert avoid([other, bad, silent], []) == [other, bad, silent]


def test_those_praised_come_first_in_the_order_they_had() -> None:
    good = [candidate(k, AspectEvidence("battery", 0.5, 4, 4, 0)) for k in ("g1", "g2")]
    mixed = candidate("mixed", AspectEvidence("battery", 0.0, 4, 2, 2))
    silent = candidate("silent")
    ranked = [mixed, good[0], silent, good[1]]
    assert praised_first(ranked, ["battery"]) == [*good, mixed, silent]
    assert praised_first(ranked, ["battery", "noise"]) == ranked


def test_praise_does_not_move_up_what_hardly_matches_the_words() -> None:
    near, far = candidate("near"), candidate("far", AspectEvidence("battery", 0.5, 4, 4, 0))
    near.fused, far.fused = 0.9, 0.1
    assert praised_first([near, far], ["battery"], "travel radio") == [near, far]
    assert praised_first([near, far], ["battery"]) == [far, near]
