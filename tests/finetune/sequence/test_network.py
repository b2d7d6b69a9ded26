import numpy as np
import pytest
import torch

from finetune.sequence.batches import Lines, whole
from finetune.sequence.histories import Histories, Told, numbered
from finetune.sequence.network import SequenceNet
from finetune.sequence.recipe import SequenceRecipe
from finetune.sequence.tuning import Following
from finetune.sequence.written import put_together
from retrieval.ranking.sequence.history import SequenceEvent

POOLINGS = ["slices", "flat", "mean"]


def made(recipe: SequenceRecipe, histories: Histories, texts: bool = False) -> SequenceNet:
    torch.manual_seed(2)
    vectors = torch.randn(len(histories.items), 8) if texts else None
    net = SequenceNet(recipe, len(histories.items), len(histories.kinds), vectors)
    for values in net.parameters():  # far from the start, where much is zero
        torch.nn.init.normal_(values, std=0.3)
    return net.eval()


@pytest.fixture
def timed() -> Histories:
    random = np.random.default_rng(1)
    told = []
    for customer in range(5):
        times = np.cumsum(random.choice([0.0, 60.0, 9000.0, 2e5], size=4 + customer))
        kinds = random.choice(["view", "purchase"], size=len(times))
        items = random.integers(0, 9, size=len(times))
        told.append(
            Told(
                str(customer),
                [
                    SequenceEvent(str(item), float(at), str(kind))
                    for item, at, kind in zip(items, times, kinds, strict=True)
                ],
            )
        )
    return numbered(told)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("texts", [False, True])
def test_what_serves_gives_the_vectors_of_what_was_trained(
    recipe: SequenceRecipe, timed: Histories, pooling: str, texts: bool
) -> None:
    recipe = recipe.model_copy(update={"pooling": pooling, "gap_hours": 2.0})
    net = made(recipe, timed, texts)
    kept = net.texts.numpy() if texts else None
    model = put_together(net, timed, Following(), False, kept).model()
    batch = whole(timed, range(5), recipe)
    with torch.no_grad():
        after, _ = net(batch, net.item_vectors())
    for customer in range(5):
        vector = model.customer_vector(timed.events(customer))
        last = after[customer, int(batch.present[customer].sum()) - 1]
        np.testing.assert_allclose(vector, last.numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_no_vector_knows_what_comes_later(
    recipe: SequenceRecipe, histories: Histories, pooling: str
) -> None:
    recipe = recipe.model_copy(update={"pooling": pooling})
    net = made(recipe, histories)
    batch = whole(histories, range(8), recipe)
    other = batch.items.clone()
    other[:, 4:] = (other[:, 4:] + 7) % len(histories.items)
    changed = type(batch)(**{**vars(batch), "items": other})
    with torch.no_grad():
        first, sliced = net(batch, net.item_vectors())
        second, also = net(changed, net.item_vectors())
    torch.testing.assert_close(first[:, :4], second[:, :4])
    assert not torch.allclose(first[:, 4:], second[:, 4:])
    if pooling == "slices":
        torch.testing.assert_close(sliced[:, :4], also[:, :4])


def test_a_slice_is_rebuilt_from_itself_alone(recipe: SequenceRecipe, histories: Histories) -> None:
    net = made(recipe, histories)  # slices of three events
    batch = whole(histories, range(8), recipe)
    other = batch.items.clone()
    other[:, :3] = (other[:, :3] + 5) % len(histories.items)
    changed = type(batch)(**{**vars(batch), "items": other})
    with torch.no_grad():
        vectors, sliced = net(batch, net.item_vectors())
        merged, also = net(changed, net.item_vectors())
    torch.testing.assert_close(sliced[:, 3:], also[:, 3:])
    assert not torch.allclose(vectors[:, 3:], merged[:, 3:])


def test_long_histories_are_learnt_in_stretches_that_miss_nothing(recipe: SequenceRecipe) -> None:
    row = list(range(21))
    found = numbered([Told("a", [SequenceEvent(str(item)) for item in row])])
    batches = list(Lines(found, recipe).epoch(np.random.default_rng(0)))
    pairs = {
        (int(now), int(then))
        for batch in batches
        for now, then in zip(
            batch.items[batch.present], batch.following[batch.present], strict=True
        )
    }
    assert pairs == {(n, n + 1) for n in range(20)}
    assert max(batch.items.shape[1] for batch in batches) <= recipe.longest


def test_the_last_event_of_each_slice_closes_it(
    recipe: SequenceRecipe, histories: Histories
) -> None:
    batch = whole(histories, [0, 1], recipe)
    assert batch.closing[0].tolist() == [False, False, True, False, False, True]
