"""The student: MiniLM whose own weights are frozen, with trainable rows and a LoRA adapter."""

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from torch import nn

from retrieval.encoder.bilingual import build_tokenizer, row_ids
from retrieval.encoder.extension import Extension
from retrieval.encoder.minilm import minilm_model
from retrieval.encoder.pooling import SentenceEncoder


class ExtendedEmbedding(nn.Module):
    """A frozen table of word rows, some of which are replaced or followed by trainable ones."""

    def __init__(self, frozen: torch.Tensor, ids: list[int], rows: torch.Tensor) -> None:
        super().__init__()
        self.place: torch.Tensor
        self.frozen: torch.Tensor
        place = torch.full((max(len(frozen), max(ids) + 1),), -1)
        place[torch.tensor(ids)] = torch.arange(len(ids))
        self.register_buffer("place", place)
        self.register_buffer("frozen", frozen.detach().clone())
        self.rows = nn.Parameter(rows)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        place = self.place[ids]
        known = self.frozen[ids.clamp(max=len(self.frozen) - 1)]
        added = self.rows[place.clamp(min=0)]
        return torch.where((place >= 0).unsqueeze(-1), added, known)


class Student(nn.Module):
    """What is trained. ``extension()`` gives what is shipped of it.

    Args:
        start: where to start from; its adapter may be empty.
        rank: of the adapter, on every linear layer.
    """

    def __init__(self, start: Extension, rank: int) -> None:
        super().__init__()
        self.characters = start.characters
        self.tokenizer = build_tokenizer(start)
        body = minilm_model().requires_grad_(False)
        embedding = ExtendedEmbedding(
            body.get_input_embeddings().weight, row_ids(start), torch.from_numpy(start.rows)
        )
        layers = [name for name, part in body.named_modules() if isinstance(part, nn.Linear)]
        adapter = LoraConfig(r=rank, lora_alpha=rank, target_modules=layers)
        self.encoder = SentenceEncoder(get_peft_model(body, adapter).base_model.model)
        self.encoder.body.embeddings.word_embeddings = embedding
        for name, (down, up) in start.adapter.items():
            layer = self._adapted()[name]
            layer.lora_A["default"].weight.data = torch.from_numpy(down).clone()
            layer.lora_B["default"].weight.data = torch.from_numpy(up).clone()
        self.eval()  # no dropout: the targets are exact

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Unit vectors of shape ``(texts, 384)``."""
        vectors: torch.Tensor = self.encoder(ids, mask)
        return vectors

    def parts(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The trainable parameters: the rows, and the adapter."""
        rows = self.encoder.body.embeddings.word_embeddings.rows
        adapter = [
            part.weight
            for layer in self._adapted().values()
            for part in (layer.lora_A["default"], layer.lora_B["default"])
        ]
        return [rows], adapter

    def extension(self) -> Extension:
        """The rows and the adapter as they are now."""
        (rows,), _ = self.parts()
        return Extension(
            self.characters,
            rows.detach().float().cpu().numpy().copy(),
            {
                name: (
                    layer.lora_A["default"].weight.detach().float().cpu().numpy().copy(),
                    layer.lora_B["default"].weight.detach().float().cpu().numpy().copy(),
                )
                for name, layer in self._adapted().items()
            },
        )

    def _adapted(self) -> dict[str, LoraLayer]:
        return {
            name: part
            for name, part in self.encoder.body.named_modules()
            if isinstance(part, LoraLayer)
        }
