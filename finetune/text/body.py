"""The Transformer under a classifier, and the adapter that trains in place of it."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from tokenizers import Tokenizer
from torch import nn

from assistant.settings import Settings
from assistant.understanding.intent_model import Numbers
from finetune.errors import FinetuneError
from finetune.text.mpnet import NAME, mpnet_folder
from retrieval.encoder.bilingual import build_model, build_tokenizer
from retrieval.encoder.minilm import minilm_model, minilm_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

logger = logging.getLogger(__name__)


def load_body(name: str, max_tokens: int) -> tuple["PreTrainedModel", Tokenizer]:
    """A body to train and its tokenizer, which truncates and does not pad.

    Args:
        name: ``minilm``, ``bilingual``, ``mpnet`` (downloaded at first), or what
            ``AutoModel.from_pretrained`` takes.
        max_tokens: texts are cut there.

    Raises:
        FinetuneError: no model of that name can be had here.
    """
    if name == "minilm":
        return minilm_model(), minilm_tokenizer(max_tokens=max_tokens)
    if name == "bilingual":
        return build_model(), build_tokenizer(max_tokens=max_tokens)
    if name == NAME:
        name = str(mpnet_folder(Settings().home / "models"))
    from transformers import AutoModel, AutoTokenizer  # noqa: PLC0415  (seconds)

    try:
        model = AutoModel.from_pretrained(name, dtype=torch.float32, attn_implementation="eager")
        tokenizer: Tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True).backend_tokenizer
    except (OSError, ValueError, AttributeError) as error:
        raise FinetuneError(f"No usable model {name!r}: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return model, tokenizer


def set_attention_dropout(body: nn.Module, share: float) -> None:
    """Lets each layer forget so much of its attention while it trains, in place.

    A body whose attention has no dropout of its own, as BERT's has, stays as it is.
    """
    for module in body.modules():
        dropout = getattr(module, "dropout", None)
        if hasattr(module, "attention_head_size") and isinstance(dropout, nn.Dropout):
            dropout.p = share


def add_adapter(body: nn.Module, rank: int) -> None:
    """Freezes ``body`` and gives each linear layer a trainable low-rank adapter, in place.

    The adapter has no dropout of its own: the body's is enough, and it costs a third of the time.
    """
    layers = [name for name, module in body.named_modules() if isinstance(module, nn.Linear)]
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=layers, bias="none")
    for weight in body.parameters():
        weight.requires_grad_(False)
    inject_adapter_in_model(config, body)


def adapter_layers(body: nn.Module) -> dict[str, tuple[Numbers, Numbers]]:
    """Linear layer → ``(down, up)`` of what ``add_adapter`` added; scaled, so that up @ down
    is what the weight grows by. Empty where nothing was added."""
    layers = {}
    for name, module in body.named_modules():
        if hasattr(module, "lora_A") and hasattr(module, "scaling"):
            down = module.lora_A["default"].weight.detach()
            up = module.lora_B["default"].weight.detach() * module.scaling["default"]
            layers[name] = (down.cpu().numpy(), up.cpu().numpy())
    return layers


def fill_adapter(body: nn.Module, layers: Mapping[str, tuple[Numbers, Numbers]]) -> None:
    """Puts matrices such as ``adapter_layers`` gives into what ``add_adapter`` added.

    Where that is of a higher rank, what it has beside them adds nothing until it is trained.

    Raises:
        FinetuneError: they are of a higher rank or for other layers.
    """
    with torch.no_grad():
        for name, (down, up) in layers.items():
            try:
                module: Any = body.get_submodule(name)
                rank = len(down)
                module.lora_A["default"].weight[:rank].copy_(torch.from_numpy(down))
                scaled = torch.from_numpy(up / module.scaling["default"])
                whole = module.lora_B["default"].weight.zero_()
                whole[:, :rank].copy_(scaled)
            except (AttributeError, RuntimeError) as error:
                raise FinetuneError(f"The adapter does not fit layer {name}: {error}") from error


def merge_adapter(body: nn.Module) -> None:
    """Folds the adapter into the weights and takes it away, in place."""
    for name, module in list(body.named_modules()):
        if hasattr(module, "lora_A") and hasattr(module, "merge"):
            module.merge()
            parent, _, leaf = name.rpartition(".")
            setattr(body.get_submodule(parent), leaf, module.get_base_layer())
