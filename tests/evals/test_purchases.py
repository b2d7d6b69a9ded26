import numpy as np
import pytest

from evals.baskets import Basket, Taken
from evals.errors import DataError
from evals.purchases import RECIPE, Split, baselines, evaluate
from finetune.sequence.histories import Histories, numbered
from retrieval.ranking.sequence.model import Past

DAY = 86400.0
NOTHING = Taken(0, 0, 0, 0, 0, 0)


def shop(customers: int = 40, weeks: int = 16) -> list[Basket]:
    """Everybody comes weekly, buys two things that go together, and next week the two after."""
    random = np.random.default_rng(2)
    found = []
    for customer in range(customers):
        at = int(random.integers(10))
        for week in range(weeks):
            pair = 2 * ((at + week) % 20)
            items = [f"i{pair}", f"i{pair + 1}"]
            if random.random() < 0.2:
                items.append(f"i{random.integers(40)}")
            when = week * 7 * DAY + float(random.integers(int(DAY)))
            found.append(Basket(str(customer), when, tuple(dict.fromkeys(items))))
    return sorted(found, key=lambda basket: basket.at)


@pytest.fixture
def known() -> Histories:
    baskets = [
        Basket("1", 0.0, ("a", "b")),
        Basket("1", DAY, ("c",)),
        Basket("2", 0.0, ("a", "b")),
        Basket("2", 9 * DAY, ("a",)),
    ]
    return numbered(Split(baskets, 1).told(100 * DAY), ["a", "b", "c", "d"])


def past(*items: int) -> Past:
    numbers = np.array(items)
    zeros = np.zeros_like(numbers)
    return Past(numbers, zeros, zeros, zeros, zeros, zeros.astype(np.float32))


def test_baselines_count_as_their_names_say(known: Histories) -> None:
    found = {name: score(past(0)) for name, score in baselines(known).items()}
    assert found["popularity"].tolist() == [3, 2, 1, 0]
    assert found["own purchases, latest"].argmax() == 0
    assert found["co-occurrence in baskets"].tolist() == [0, 2, 0, 0]
    assert found["item-kNN, baskets"][1] == pytest.approx(2 / 6**0.5)
    assert found["item-kNN, customers"] == pytest.approx([0, 1, 0.5**0.5, 0])


def test_what_is_asked_lies_in_its_window_and_what_is_known_before() -> None:
    split = Split(shop(), 20)
    random = np.random.default_rng(0)
    asked = list(split.asked(split.test_from, np.inf, "next", random, 50))
    assert len(asked) == 50
    for history, right in asked:
        assert history
        assert all(item.startswith("i") for item in right)
    for history, right in split.asked(split.test_from, np.inf, "with", random, 50):
        last = [event.item for event in history if event.at == history[-1].at]
        assert last
        assert not set(last) & set(right)
        assert history[-1].at >= split.test_from
    assert max(event.at or 0 for one in split.told(split.test_from) for event in one.events) < (
        split.test_from
    )


def test_ours_finds_what_follows_where_counting_baskets_cannot() -> None:
    recipe = RECIPE.model_copy(
        update={"size": 16, "epochs": 1, "longest": 16, "held_out": 30, "negatives": 0}
    )
    told = evaluate(shop(), NOTHING, None, recipe, days=20, most=60)
    follows = told["next"]["recall_at_20"]
    assert follows["ours"] > max(v for name, v in follows.items() if name != "ours")
    assert told["with"]["recall_at_20"]["ours"] > told["with"]["recall_at_20"]["popularity"]
    assert told["next"]["n"] == 60


def test_too_short_a_time_is_refused() -> None:
    with pytest.raises(DataError, match="less than three times"):
        Split(shop(weeks=3), 20)
