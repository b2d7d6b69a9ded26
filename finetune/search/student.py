"""The encoder with one trainable adapter in both of its bodies, English and Chinese."""

from collections.abc import Sequence

import torch
from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from tokenizers import Tokenizer
from torch import nn

from retrieval.encoder.bilingual import build_model, build_tokenizer
from retrieval.encoder.catalog_adapter import CatalogAdapter
from retrieval.encoder.minilm import minilm_model, minilm_tokenizer
from retrieval.encoder.pooling import SentenceEncoder
from retrieval.encoder.routed import batches_by_length, padded
from retrieval.encoder.script import fold_traditional, has_chinese

_CHUNK = 48  # texts of like length computed at once, so that little padding is


class AdaptedEncoder(nn.Module):
    """Both bodies frozen, with the same LoRA layers in each, so that both languages move together.

    Args:
        rank: of the adapter, on every linear layer.
        chinese: whether texts in Chinese will be read; without, only one body is held.
        max_tokens: texts are cut there.
    """

    def __init__(self, rank: int, chinese: bool = True, max_tokens: int = 48) -> None:
        super().__init__()
        self._tokenizers: list[Tokenizer] = [minilm_tokenizer(max_tokens=max_tokens)]
        self.english = _adapted(minilm_model(), rank)
        self.chinese: SentenceEncoder | None = None
        if chinese:
            self._tokenizers.append(build_tokenizer(max_tokens=max_tokens))
            self.chinese = _adapted(build_model(), rank)
            own = _lora_layers(self.english)
            for name, layer in _lora_layers(self.chinese).items():
                layer.lora_A, layer.lora_B = own[name].lora_A, own[name].lora_B
        self.eval()  # no dropout: it only slows the few steps there are

    def forward(self, texts: Sequence[str], device: str) -> torch.Tensor:
        """Unit vectors of shape ``(len(texts), 384)``."""
        found: list[tuple[list[int], torch.Tensor]] = []
        routes = [has_chinese(text) and self.chinese is not None for text in texts]
        for body, is_chinese in ((self.english, False), (self.chinese, True)):
            rows = [row for row, route in enumerate(routes) if route is is_chinese]
            if body is None or not rows:
                continue
            tokenizer = self._tokenizers[is_chinese]
            read = [fold_traditional(texts[r]) if is_chinese else texts[r] for r in rows]
            encodings = tokenizer.encode_batch(read)
            for batch in batches_by_length(encodings, _CHUNK):
                ids, mask = padded([encodings[i] for i in batch])
                vectors = body(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
                found.append(([rows[i] for i in batch], vectors))
        order = torch.tensor([row for rows, _ in found for row in rows], device=device)
        together = torch.cat([vectors.float() for _, vectors in found])
        return together[torch.argsort(order)]

    def trainable(self) -> list[nn.Parameter]:
        """The adapter's parameters."""
        return [
            part.weight
            for layer in _lora_layers(self.english).values()
            for part in (layer.lora_A["default"], layer.lora_B["default"])
        ]

    def adapter(self) -> CatalogAdapter:
        """The adapter as it is now."""
        return CatalogAdapter(
            {
                name: (
                    layer.lora_A["default"].weight.detach().float().cpu().numpy().copy(),
                    layer.lora_B["default"].weight.detach().float().cpu().numpy().copy(),
                )
                for name, layer in _lora_layers(self.english).items()
            }
        )


def _adapted(body: nn.Module, rank: int) -> SentenceEncoder:
    body.requires_grad_(False)
    layers = [name for name, part in body.named_modules() if isinstance(part, nn.Linear)]
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=layers)
    return SentenceEncoder(inject_adapter_in_model(config, body))


def _lora_layers(encoder: SentenceEncoder) -> dict[str, LoraLayer]:
    return {
        name: part for name, part in encoder.body.named_modules() if isinstance(part, LoraLayer)
    }
