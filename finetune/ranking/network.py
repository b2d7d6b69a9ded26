"""The ranking network: clicks and conversions together, from text, behaviour and numbers.

    u       = w x + cross(x, e, a)                 log-odds of a click where the place is looked at
    a       = sum_h g(e, h) h                      attention of the candidate over latest actions
    P(click at place k)  = exp(-s_k) sigmoid(u)    s: the position tower, left out when serving
    P(cart | click)      = sigmoid(c u + d + cross)
    P(purchase | click)  = sigmoid(c' u + d' + cross')

``e`` projects the encoder's vector of the product's text, so that products never seen have one too;
``g`` is the local activation unit of Deep Interest Network (Zhou et al. 2018); ``cross`` is two
low-rank layers of DCN-V2 (Wang et al. 2021); the heads share all of this and are trained over all
impressions, as in ESMM (Ma et al. 2018), so that clicks do not select what conversion learns from.
The linear part starts where the shop's and the customer's beliefs simply add up.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

TEXT = 16
"""Width of the projected text vectors."""
ACTION = 4
ATTENTION = 16
RANK = 24
LAYERS = 2
POSITIONS = 50
STARTS_AT_ONE = ("shop_product", "shop_traits", "liking", "query_answer")
"""Columns that already are log-odds."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of ``n`` impressions; ``texts`` holds the vectors of all products they refer to."""

    numbers: Tensor
    """float32 (n, columns), standardised."""
    texts: Tensor
    """float32 (products, d); the last row is zero and stands for none."""
    item: Tensor
    history: Tensor
    """int64 (n, h), the most recent first; -1 for none."""
    actions: Tensor
    position: Tensor


@dataclass(frozen=True, slots=True)
class Heads:
    """Log-odds of shape (n,), the place in the list left out."""

    click: Tensor
    cart: Tensor
    purchase: Tensor
    """Both given a click."""


class RankingNetwork(nn.Module):
    """See the module's text."""

    def __init__(
        self,
        columns: list[str],
        spread: Tensor,
        text_dimension: int,
        actions: int,
        dropout: float = 0.0,
    ):
        """``spread``: standard deviation of each column, by which it was divided."""
        super().__init__()
        self.text = nn.Linear(text_dimension, TEXT, bias=False)
        self.action = nn.Embedding(actions + 1, ACTION)
        self.recency = nn.Parameter(torch.zeros(1))
        self.activation = nn.Sequential(
            nn.Linear(3 * TEXT + ACTION, ATTENTION), nn.ReLU(), nn.Linear(ATTENTION, 1)
        )
        width = len(columns) + 2 * TEXT + 1
        self.inner = nn.ModuleList(nn.Linear(width, RANK, bias=False) for _ in range(LAYERS))
        self.outer = nn.ModuleList(nn.Linear(RANK, width) for _ in range(LAYERS))
        self.heads = nn.Linear(width, 3)
        self.dropout = nn.Dropout(dropout)
        self.wide = nn.Linear(len(columns), 1)
        self.conversion = nn.Parameter(torch.tensor([[1.0, 0.0], [1.0, -1.0]]))
        self.place = nn.Parameter(0.5 * torch.log1p(torch.arange(POSITIONS).float()))
        with torch.no_grad():
            self.wide.weight.zero_()
            self.wide.bias.fill_(-1.5)
            for name in STARTS_AT_ONE:
                self.wide.weight[0, columns.index(name)] = spread[columns.index(name)]
            nn.init.zeros_(self.heads.weight)
            nn.init.zeros_(self.heads.bias)

    def forward(self, batch: Batch) -> Heads:
        """Log-odds of all heads."""
        place = torch.cat([batch.item, batch.history.flatten()])
        met, inverse = place.unique(return_inverse=True)  # type: ignore[no-untyped-call]
        vectors = self.text(batch.texts[met])[inverse]
        item = vectors[: len(batch.item)]
        past = vectors[len(batch.item) :].view(*batch.history.shape, TEXT)
        attended = self._attend(item, past, batch)
        likeness = (attended * item).sum(1, keepdim=True)
        first = torch.cat([batch.numbers, item, attended, likeness], 1)
        crossed = first
        for inner, outer in zip(self.inner, self.outer, strict=True):
            crossed = crossed + first * outer(torch.relu(inner(crossed)))
        deep = self.heads(self.dropout(crossed))
        click = self.wide(batch.numbers)[:, 0] + deep[:, 0]
        after = self.conversion[:, 0] * click[:, None] + self.conversion[:, 1] + deep[:, 1:]
        return Heads(click, after[:, 0], after[:, 1])

    def log_examination(self, position: Tensor) -> Tensor:
        """Log of the chance that a place is looked at, 0 for the first and never above it."""
        decline = nn.functional.softplus(self.place) - nn.functional.softplus(self.place[:1])
        return -decline.clamp(min=0)[position.clamp(0, POSITIONS - 1)]

    def _attend(self, item: Tensor, past: Tensor, batch: Batch) -> Tensor:
        there = (batch.history >= 0).unsqueeze(-1)
        candidate = item.unsqueeze(1).expand_as(past)
        kinds = self.action(torch.where(batch.history >= 0, batch.actions, -1) + 1)
        met = torch.cat([candidate * past, candidate - past, past, kinds], -1)
        ages = torch.arange(past.shape[1], device=past.device, dtype=past.dtype)
        fading = torch.exp(-nn.functional.softplus(self.recency) * ages / 10)[None, :, None]
        weights = torch.sigmoid(self.activation(met)) * fading * there
        return (weights * past).sum(1) / (there.sum(1) + 1.0).sqrt()


def log_probability(network: RankingNetwork, heads: Heads, position: Tensor) -> Tensor:
    """Log of the chance of a click at a place, float32 (n,)."""
    return network.log_examination(position) + nn.functional.logsigmoid(heads.click)


def loss(network: RankingNetwork, batch: Batch, labels: Tensor) -> Tensor:
    """Mean over impressions; ``labels`` is float (n, 3): clicked, carted, purchased."""
    heads = network(batch)
    click = log_probability(network, heads, batch.position)
    chances = torch.stack(
        [
            click,
            click + nn.functional.logsigmoid(heads.cart),
            click + nn.functional.logsigmoid(heads.purchase),
        ],
        1,
    )
    chances = chances.clamp(max=-1e-6)
    missed = torch.log(-torch.expm1(chances))
    return -(labels * chances + (1 - labels) * missed).mean(0).sum()
