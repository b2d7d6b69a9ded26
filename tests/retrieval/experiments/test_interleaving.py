from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product, Variant
from retrieval.experiments.interleaving import team_draft


def candidates(ids: list[str]) -> list[Candidate]:
    made = [Product(id=i, title=i, variants=[Variant(sku=i, price=1)]) for i in ids]
    return [Candidate(p, p.variants[0]) for p in made]


LISTS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@given(LISTS, LISTS, st.integers(0, 8), st.integers())
def test_teams_stay_even_and_choose_their_best(
    first: list[str], second: list[str], limit: int, seed: int
) -> None:
    drafted = team_draft(candidates(first), candidates(second), limit, Random(seed))
    ids = [c.id for c, _ in drafted]
    assert len(ids) == len(set(ids)) == min(limit, len({*first, *second}))
    for place, (candidate, team) in enumerate(drafted):
        own = (first, second)[team]
        assert candidate.id == next(i for i in own if i not in ids[:place])
        left = [[i for i in side if i not in ids[:place]] for side in (first, second)]
        counts = Counter(t for _, t in drafted[: place + 1])
        if all(left):
            assert abs(counts[0] - counts[1]) <= 1 or not all(
                [i for i in side if i not in ids[:place]] for side in (first, second)
            )


def test_equal_rankers_share_the_first_place_evenly() -> None:
    same = ["a", "b", "c", "d"]
    firsts = Counter(
        team_draft(candidates(same), candidates(same), 4, Random(seed))[0][1] for seed in range(400)
    )
    assert abs(firsts[0] - firsts[1]) < 80


def test_a_forbidden_choice_is_passed_over_unless_nothing_else_is_left() -> None:
    def no_b_before_last(shown: list[Candidate]) -> bool:
        return shown[-1].id != "b" or len(shown) > 2

    drafted = team_draft(
        candidates(["b", "a"]), candidates(["b", "c"]), 3, Random(1), no_b_before_last
    )
    assert [c.id for c, _ in drafted][-1] == "b"
    assert [c.id for c, _ in team_draft(candidates(["b"]), [], 1, Random(1), lambda s: False)] == [
        "b"
    ]
