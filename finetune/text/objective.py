"""What training minimises: cross-entropy, R-Drop, and adversarial examples."""

import torch
from torch import nn

from assistant.understanding.intent_network import Classifier
from finetune.text.recipe import Recipe

cross_entropy = nn.functional.cross_entropy


class Objective:
    """The loss of one batch.

    Args:
        recipe: which terms there are.
        weights: of the labels, float32 of shape ``(labels,)``, or None.
    """

    def __init__(self, recipe: Recipe, weights: torch.Tensor | None) -> None:
        self._recipe = recipe
        self._weights = weights

    def __call__(
        self, network: Classifier, ids: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        """int64 ``(texts, tokens)`` twice and ``(texts,)`` → a scalar."""
        embedded = network.embed(ids)
        loss, _ = self._clean(network, embedded, mask, labels)
        if self._recipe.fgm:
            loss = loss + self._adversarial(network, embedded, mask, labels)
        return loss

    def _clean(
        self,
        network: Classifier,
        embedded: torch.Tensor,
        mask: torch.Tensor,
        labels: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        logits = network.read(embedded, mask)
        loss = self._entropy(logits, labels)
        if self._recipe.r_drop:
            # Two dropout masks should agree: Liang et al. 2021, https://arxiv.org/abs/2106.14448.
            again = network.read(embedded, mask)
            loss = (loss + self._entropy(again, labels)) / 2
            loss = loss + self._recipe.r_drop * _symmetric_divergence(logits, again)
        return loss, logits

    def _adversarial(
        self,
        network: Classifier,
        embedded: torch.Tensor,
        mask: torch.Tensor,
        labels: torch.Tensor,
    ) -> torch.Tensor:
        """The loss where the embeddings are nudged the worst way (FGM: Miyato et al. 2017,
        https://arxiv.org/abs/1605.07725)."""
        point = embedded.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self._entropy(network.read(point, mask), labels), point)
        length = slope.flatten(1).norm(dim=1).clamp_min(1e-12)
        nudge = self._recipe.fgm * slope / length[:, None, None]
        return self._entropy(network.read(embedded + nudge, mask), labels)

    def _entropy(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return cross_entropy(
            logits,
            labels,
            weight=self._weights,
            label_smoothing=self._recipe.label_smoothing,
        )


def label_weights(counts: list[int]) -> torch.Tensor:
    """Weights that make every label count the same, with mean 1 over the examples."""
    total = sum(counts)
    return torch.tensor([total / (len(counts) * max(count, 1)) for count in counts])


def _symmetric_divergence(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    p, q = one.log_softmax(dim=-1), other.log_softmax(dim=-1)
    divergence = nn.functional.kl_div
    forth = divergence(p, q, reduction="batchmean", log_target=True)
    back = divergence(q, p, reduction="batchmean", log_target=True)
    return (forth + back) / 2
