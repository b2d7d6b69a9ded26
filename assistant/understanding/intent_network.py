"""The torch module of a text classifier. Imported only to train, to export, and on a GPU."""

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Classifier(nn.Module):
    """A Transformer body, the mean over its last states, and one linear layer."""

    def __init__(self, body: "PreTrainedModel", labels: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.body = body
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(body.config.hidden_size, labels)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """int64 ``(texts, tokens)`` twice → logits ``(texts, labels)``."""
        return self.read(self.embed(input_ids), attention_mask)

    def embed(self, input_ids: torch.Tensor) -> torch.Tensor:
        """The word embeddings, ``(texts, tokens, hidden)``: what adversarial training nudges."""
        embedded: torch.Tensor = self.body.get_input_embeddings()(input_ids)
        return embedded

    def read(self, embedded: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Word embeddings → logits."""
        logits: torch.Tensor = self.head(self.dropout(self._mean(embedded, attention_mask)))
        return logits

    def vector(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """int64 ``(texts, tokens)`` twice → what the head reads, ``(texts, hidden)``."""
        return self._mean(self.embed(input_ids), attention_mask)

    def _mean(self, embedded: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        states = self.body(inputs_embeds=embedded, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean: torch.Tensor = (states * mask).sum(dim=1) / mask.sum(dim=1)
        return mean
