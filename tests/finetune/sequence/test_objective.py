import pytest
import torch

from finetune.sequence.objective import CatalogueLoss


def test_loss_and_gradients_are_those_of_cross_entropy() -> None:
    torch.manual_seed(1)
    vectors = torch.randn(600, 8, requires_grad=True)
    items = torch.randn(40, 8, requires_grad=True)
    offset, targets, weights = torch.randn(40), torch.randint(0, 40, (600,)), torch.rand(600)
    loss = CatalogueLoss.apply(vectors, items, offset, targets, weights, False)
    (loss * 2).backward()
    found = vectors.grad.clone(), items.grad.clone()
    vectors.grad = items.grad = None
    each = torch.nn.functional.cross_entropy(vectors @ items.T + offset, targets, reduction="none")
    usual = (each * weights).sum()
    (usual * 2).backward()
    assert loss.item() == pytest.approx(usual.item(), rel=1e-5)
    torch.testing.assert_close(found[0], vectors.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found[1], items.grad, rtol=1e-4, atol=1e-4)
