"""What training minimises: cross-entropy, R-Drop, and adversarial examples."""

from dataclasses import dataclass

import torch
from torch import nn

from assistant.understanding.intent_network import Classifier
from finetune.text.recipe import Recipe

cross_entropy = nn.functional.cross_entropy


@dataclass(frozen=True)
class Batch:
    """What one step reads.

    Attributes:
        ids, mask: int64 ``(texts, tokens)``.
        labels: int64 ``(texts,)``.
        taught: a teacher's probabilities ``(texts, labels)``, where there is one.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor
    taught: torch.Tensor | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same on ``device``."""
        taught = None if self.taught is None else self.taught.to(device)
        return Batch(self.ids.to(device), self.mask.to(device), self.labels.to(device), taught)


class Objective:
    """The loss of one batch.

    Args:
        recipe: which terms there are.
        weights: of the labels, float32 of shape ``(labels,)``, or None.
    """

    def __init__(self, recipe: Recipe, weights: torch.Tensor | None) -> None:
        self._recipe = recipe
        self._weights = weights

    def __call__(self, network: Classifier, batch: Batch) -> torch.Tensor:
        """A batch → a scalar."""
        embedded = network.embed(batch.ids)
        loss = self._clean(network, embedded, batch)
        if self._recipe.fgm:
            loss = loss + self._adversarial(network, embedded, batch)
        return loss

    def _clean(self, network: Classifier, embedded: torch.Tensor, batch: Batch) -> torch.Tensor:
        if not self._recipe.r_drop:
            return self._entropy(network.read(embedded, batch.mask), batch)
        # Two dropout masks should agree: Liang et al. 2021, https://arxiv.org/abs/2106.14448.
        both = network.read(embedded.repeat(2, 1, 1), batch.mask.repeat(2, 1))
        one, other = both.chunk(2)
        loss = (self._entropy(one, batch) + self._entropy(other, batch)) / 2
        return loss + self._recipe.r_drop * _symmetric_divergence(one, other)

    def _adversarial(
        self, network: Classifier, embedded: torch.Tensor, batch: Batch
    ) -> torch.Tensor:
        """The loss where the embeddings are nudged the worst way (FGM: Miyato et al. 2017,
        https://arxiv.org/abs/1605.07725)."""
        point = embedded.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self._entropy(network.read(point, batch.mask), batch), point)
        length = slope.flatten(1).norm(dim=1).clamp_min(1e-12)
        nudge = self._recipe.fgm * slope / length[:, None, None]
        return self._entropy(network.read(embedded + nudge, batch.mask), batch)

    def _entropy(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        wanted = batch.labels
        if self._recipe.neighbours and logits.shape[1] > 2:
            wanted = spread(batch.labels, logits.shape[1], self._recipe.neighbours)
        own = cross_entropy(
            logits,
            wanted,
            weight=self._weights,
            label_smoothing=self._recipe.label_smoothing,
        )
        if batch.taught is None:
            return own
        # The teacher's doubts tell more than the label (Hinton et al. 2015,
        # https://arxiv.org/abs/1503.02531).
        share = self._recipe.teacher_weight
        return (1 - share) * own + share * cross_entropy(logits, batch.taught)


class Step(nn.Module):
    """A network with its objective, as one module: what is compiled and kept in step."""

    def __init__(self, network: Classifier, objective: Objective) -> None:
        super().__init__()
        self.network = network
        self._objective = objective

    def forward(self, batch: Batch) -> torch.Tensor:
        """A batch → a scalar."""
        return self._objective(self.network, batch)


def label_weights(counts: list[int]) -> torch.Tensor:
    """Weights that make every label count the same, with mean 1 over the examples."""
    total = sum(counts)
    return torch.tensor([total / (len(counts) * max(count, 1)) for count in counts])


def spread(labels: torch.Tensor, amount: int, share: float) -> torch.Tensor:
    """Probabilities ``(texts, amount)``: ``share`` of each goes to the labels next to its own.

    Who gives four stars might have given three or five, hardly one (soft labels for ordinal
    regression: Díaz and Marathe 2019, https://doi.org/10.1109/CVPR.2019.00487).
    """
    places = torch.arange(amount, device=labels.device)
    beside = ((places[None] - labels[:, None]).abs() == 1).float()
    own = nn.functional.one_hot(labels, amount).float()
    return (1 - share) * own + share * beside / beside.sum(dim=1, keepdim=True)


def _symmetric_divergence(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    p, q = one.log_softmax(dim=-1), other.log_softmax(dim=-1)
    divergence = nn.functional.kl_div
    forth = divergence(p, q, reduction="batchmean", log_target=True)
    back = divergence(q, p, reduction="batchmean", log_target=True)
    return (forth + back) / 2
