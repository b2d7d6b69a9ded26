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
        states = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
        return nn.functional.normalize(mean, dim=-1)
