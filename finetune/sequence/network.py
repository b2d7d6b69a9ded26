"""The network in torch: item vectors, slices, Transformer blocks, a vector for every moment."""

from typing import cast

import torch
from torch import Tensor, nn

from finetune.sequence.batches import Batch
from finetune.sequence.recipe import SequenceRecipe
from retrieval.ranking.sequence.history import LONGEST_GAP_STEP

AGES = 16
"""Slices as old as this or older share one learnt weight."""
_WIDER = 4
"""How much wider a block is inside."""


class Block(nn.Module):
    """A pre-norm Transformer block; one that merges adds a learnt weight per age of a slice."""

    def __init__(self, recipe: SequenceRecipe, merges: bool) -> None:
        super().__init__()
        size = recipe.size
        self.heads = recipe.heads
        self.norm_in = nn.LayerNorm(size)
        self.query_key_value = nn.Linear(size, 3 * size)
        self.out = nn.Linear(size, size)
        self.norm_mid = nn.LayerNorm(size)
        self.up = nn.Linear(size, _WIDER * size)
        self.down = nn.Linear(_WIDER * size, size)
        self.drop = nn.Dropout(recipe.block_dropout)
        self.ages = nn.Parameter(torch.zeros(recipe.heads, AGES)) if merges else None
        # A block that adds nothing yet lets the items' own vectors through.
        for last in (self.out, self.down):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor, allowed: Tensor, ages: Tensor) -> Tensor:
        """The events' vectors after the block.

        Args:
            x: (batch, length, size).
            allowed: (batch, length, length) which others each event may look at.
            ages: (batch, length, length) how many slices those lie behind.
        """
        batch, length, size = x.shape
        parts = self.query_key_value(self.norm_in(x)).view(batch, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        bias = torch.zeros(1, 1, 1, 1, dtype=query.dtype)
        if self.ages is not None:
            bias = self.ages[:, ages].transpose(0, 1).to(query.dtype)
        bias = bias.expand(batch, self.heads, length, length)
        bias = bias.masked_fill(~allowed[:, None], float("-inf"))
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        x = x + self.drop(self.out(mixed.transpose(1, 2).reshape(batch, length, size)))
        inner = nn.functional.gelu(self.up(self.norm_mid(x)), approximate="tanh")
        return cast(Tensor, x + self.drop(self.down(inner)))


class SequenceNet(nn.Module):
    """Gives a customer's vector after each event; items are scored by the product with theirs.

    Kang and McAuley 2018 ("Self-Attentive Sequential Recommendation") where ``pooling`` is flat.
    With slices, all blocks but the last look inside the event's slice only, and the last merges
    that with the closing vectors of the slices before, weighed by content and by age.
    """

    texts: Tensor

    def __init__(
        self, recipe: SequenceRecipe, items: int, kinds: int, texts: Tensor | None = None
    ) -> None:
        super().__init__()
        self.recipe = recipe
        size = recipe.size
        self.items = nn.Parameter(torch.randn(items, size) * 0.02)
        self.positions = nn.Parameter(torch.randn(recipe.longest, size) * 0.02)
        self.gaps = nn.Embedding(LONGEST_GAP_STEP + 1, size)
        self.kinds = nn.Embedding(kinds, size)
        nn.init.zeros_(self.gaps.weight)
        nn.init.zeros_(self.kinds.weight)
        self.text: nn.Linear | None = None
        if texts is not None:
            self.register_buffer("texts", texts, persistent=False)
            self.text = nn.Linear(texts.shape[1], size, bias=False)
            nn.init.normal_(self.text.weight, std=0.02)
        self.drop = nn.Dropout(recipe.dropout)
        count = 0 if recipe.pooling == "mean" else recipe.blocks
        slices = recipe.pooling == "slices"
        self.blocks = nn.ModuleList(
            Block(recipe, slices and number == count - 1) for number in range(count)
        )
        self.norm = nn.LayerNorm(size)
        self.rebuild = nn.Linear(size, size) if slices else None

    def item_vectors(self) -> Tensor:
        """(items, size): what is learnt of each item itself, plus what its text says."""
        if self.text is None:
            return self.items
        own: Tensor = self.items
        if self.training and self.recipe.item_dropout:
            # Now and then only the text may speak, so that it learns to stand alone (DropoutNet,
            # Volkovs et al. 2017).
            own = own * (torch.rand(len(own), 1) >= self.recipe.item_dropout)
        return own + cast(Tensor, self.text(self.texts))

    def forward(self, batch: Batch, items: Tensor) -> tuple[Tensor, Tensor | None]:
        """Vectors after each event, and those that the slices are rebuilt from.

        Args:
            batch: of customers.
            items: ``item_vectors()``.

        Returns:
            Twice (batch, length, size); the second is None where there are no slices.
        """
        length = batch.items.shape[1]
        x = nn.functional.embedding(batch.items, items) * items.shape[1] ** 0.5
        if self.recipe.pooling == "mean":
            x = self.drop(x) * batch.present[..., None]
            count = batch.present.cumsum(1).clamp(min=1)[..., None]
            return self.norm(x.cumsum(1) / count), None
        x = x + self.positions[:length] + self.gaps(batch.gaps) + self.kinds(batch.kinds)
        x = self.drop(x)
        ages = batch.ages(AGES - 1)
        sliced = None
        for number, block in enumerate(self.blocks):
            merging = number == len(self.blocks) - 1
            if merging and self.rebuild is not None:
                sliced = self.rebuild(self.norm(x))
            x = block(x, batch.allowed(self.recipe.pooling, merging), ages)
        return self.norm(x), sliced
