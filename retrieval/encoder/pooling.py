"""Mean pooling over the tokens of a text, as the packaged model was trained with."""

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import BertModel


class SentenceEncoder(nn.Module):
    """A BERT body, mean pooling and normalisation in one module.

    Source: Reimers and Gurevych 2019, https://arxiv.org/abs/1908.10084.
    """

    def __init__(self, body: "BertModel") -> None:
        super().__init__()
        self.body = body

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """int64 ``(texts, tokens)`` twice → unit vectors ``(texts, 384)``."""
        return nn.functional.normalize(_mean(self.body, input_ids, attention_mask), dim=-1)


class Classified(nn.Module):
    """A BERT body, the mean over its last states, and one linear layer, as it serves."""

    def __init__(self, body: "BertModel", labels: int) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(body.config.hidden_size, labels)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """int64 ``(texts, tokens)`` twice → logits ``(texts, labels)``."""
        logits: torch.Tensor = self.head(_mean(self.body, input_ids, attention_mask))
        return logits


def _mean(body: "BertModel", ids: torch.Tensor, attention: torch.Tensor) -> torch.Tensor:
    states = body(input_ids=ids, attention_mask=attention).last_hidden_state
    mask = attention.unsqueeze(-1).to(states.dtype)
    mean: torch.Tensor = (states * mask).sum(dim=1) / mask.sum(dim=1)
    return mean
