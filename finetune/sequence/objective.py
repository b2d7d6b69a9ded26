"""Cross-entropy over the whole catalogue, without ever holding all its scores."""

from typing import Any

import torch
from torch import Tensor

_ROWS = 256
"""Rows scored at once: so many scores of some ten thousand items stay near the processor."""


class CatalogueLoss(torch.autograd.Function):
    """Softmax cross-entropy of vectors against all items, gradients made in the same pass.

    Scores of 2,000 positions and 12,000 items take 100 MB and as much again for their gradient;
    here they live for some rows at a time. With fewer items than all (a sample) ``offset``
    corrects for how likely each was drawn (sampled softmax; Jean et al. 2015).
    """

    @staticmethod
    def forward(
        ctx: Any,
        vectors: Tensor,
        items: Tensor,
        offset: Tensor,
        targets: Tensor,
        weights: Tensor,
        low: bool,
    ) -> Tensor:
        """The weighted sum of the rows' losses.

        Args:
            ctx: autograd's.
            vectors: (rows, d).
            items: (items, d).
            offset: (items,) added to every row's scores.
            targets: (rows,) number of the right item.
            weights: (rows,) of the rows in the sum.
            low: multiply in bfloat16.
        """
        kind = torch.bfloat16 if low else torch.float32
        left, right = vectors.detach().to(kind), items.detach().to(kind)
        to_vectors = torch.empty_like(vectors)
        to_items = torch.zeros_like(items)
        loss = vectors.new_zeros(())
        for start in range(0, len(vectors), _ROWS):
            part = slice(start, start + _ROWS)
            scores = (left[part] @ right.T).float().add_(offset)
            total = scores.logsumexp(1, keepdim=True)
            right_ones = scores.gather(1, targets[part, None])
            loss += ((total - right_ones).squeeze(1) * weights[part]).sum()
            scores.sub_(total).exp_()
            scores.scatter_add_(1, targets[part, None], torch.full_like(right_ones, -1.0))
            slope = scores.mul_(weights[part, None]).to(kind)
            to_vectors[part] = (slope @ right).float()
            to_items += (slope.T @ left[part]).float()
        ctx.save_for_backward(to_vectors, to_items)
        return loss

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients made on the way forward, times the slope of the sum."""
        to_vectors, to_items = ctx.saved_tensors
        return to_vectors * slopes[0], to_items * slopes[0], None, None, None, None
