"""Smaller networks from a trained one: fewer attention heads, fewer layers.

Sources: Michel et al. 2019 (heads by the gradient of their gates),
https://arxiv.org/abs/1905.10650; Sajjad et al. 2023 (upper layers),
https://arxiv.org/abs/2004.03844.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from assistant.understanding.intent_model import Numbers
from assistant.understanding.intent_network import Classifier
from finetune.errors import FinetuneError
from finetune.text.examples import Example
from finetune.text.recipe import Recipe
from finetune.text.trainer import Trainer, padded

_BATCH = 32
_GENTLE = 3  # times less than the recipe's rates: only the cut has to close
_ADAPTER = 5  # times more than a whole body is what an adapter gets


def head_importance(
    network: Classifier,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    examples: Sequence[Example],
) -> list[Numbers]:
    """How much the loss of ``examples`` depends on each head.

    That is the mean size of the loss's gradient by a gate on the head's output.

    Returns:
        One array of shape ``(heads,)`` per layer, from the lowest up.

    Raises:
        FinetuneError: the body is not built like BERT.
    """
    layers = _layers(network)
    gates: list[torch.Tensor] = []

    def gate(module: nn.Module, inputs: tuple[torch.Tensor], heads: int) -> tuple[torch.Tensor]:
        (context,) = inputs
        gates.append(torch.ones(len(context), heads, requires_grad=True))
        apart = context.view(*context.shape[:-1], heads, -1)
        return ((apart * gates[-1][:, None, :, None]).flatten(-2),)

    hooks = [
        layer.attention.output.dense.register_forward_pre_hook(
            lambda module, inputs, heads=_heads(layer): gate(module, inputs, heads)
        )
        for layer in layers
    ]
    sums = [torch.zeros(_heads(layer)) for layer in layers]
    try:
        for start in range(0, len(examples), _BATCH):
            part = examples[start : start + _BATCH]
            gates.clear()
            logits = network.eval()(*padded(tokenizer, part))
            truth = torch.tensor([labels.index(example.label) for example in part])
            # A gate acts on one text alone, so the gradient of the sum is each text's own.
            loss = nn.functional.cross_entropy(logits, truth, reduction="sum")
            slopes = torch.autograd.grad(loss, gates)
            sums = [total + slope.abs().sum(0) for total, slope in zip(sums, slopes, strict=True)]
    finally:
        for hook in hooks:
            hook.remove()
    return [(total / max(len(examples), 1)).numpy() for total in sums]


def prune_heads(network: Classifier, importance: Sequence[Numbers], share: float) -> None:
    """Takes the least important ``share`` of each layer's heads out, in place; one always stays.

    The matrices shrink with it. Michel et al. let layers differ in the number of heads; while it is
    the same for all, attention still becomes one node of the exported graph, which saves more time.

    Raises:
        FinetuneError: the body is not built like BERT.
    """
    for layer, scores in zip(_layers(network), importance, strict=True):
        count = max(1, len(scores) - round(share * len(scores)))
        _keep_heads(layer, sorted(map(int, scores.argsort(kind="stable")[::-1][:count])))


def keep_layers(network: Classifier, count: int) -> None:
    """Takes all but the lowest ``count`` layers out, in place.

    Raises:
        FinetuneError: the body is not built like BERT.
    """
    layers = _layers(network)
    network.body.encoder.layer = layers[:count]
    network.body.config.num_hidden_layers = len(layers[:count])


def heal(
    network: Classifier,
    tokenizer: Tokenizer,
    labels: Sequence[str],
    recipe: Recipe,
    examples: Sequence[Example],
    taught: Numbers,
    epochs: int,
) -> None:
    """Trains a network from which something was taken for some epochs, in place.

    Args:
        recipe: of the whole network.
        taught: what the whole network says of ``examples``, probabilities ``(examples, labels)``.
    """
    rate = recipe.rate / (_ADAPTER if recipe.lora_rank else 1)
    rates = {"rate": rate / _GENTLE, "head_rate": recipe.head_rate / _GENTLE}
    gentle = recipe.model_copy(update={"epochs": epochs, **rates})
    if recipe.freeze_words:
        network.body.get_input_embeddings().requires_grad_(False)
    rows = [replace(example, row=row) for row, example in enumerate(examples)]
    with tempfile.TemporaryDirectory() as scratch:
        trainer = Trainer(network, tokenizer, labels, gentle, Path(scratch), taught=taught)
        trainer.fit(lambda random: rows, [])
    network.cpu().eval()


def depth(network: Classifier) -> int:
    """How many layers there are.

    Raises:
        FinetuneError: the body is not built like BERT.
    """
    return len(_layers(network))


def _layers(network: Classifier) -> Any:
    layers = getattr(getattr(network.body, "encoder", None), "layer", None)
    if not layers or not hasattr(getattr(layers[0], "attention", None), "self"):
        kind = type(network.body).__name__
        raise FinetuneError(f"Only bodies built like BERT can be pruned, and {kind} is none.")
    return layers


def _heads(layer: Any) -> int:
    own = layer.attention.self
    return int(own.query.out_features // own.attention_head_size)


def _keep_heads(layer: Any, heads: Sequence[int]) -> None:
    own, size = layer.attention.self, layer.attention.self.attention_head_size
    rows = torch.cat([torch.arange(head * size, (head + 1) * size) for head in heads])
    for name in ("query", "key", "value"):
        setattr(own, name, _part_of(getattr(own, name), rows, 0))
    layer.attention.output.dense = _part_of(layer.attention.output.dense, rows, 1)
    own.num_attention_heads, own.all_head_size = len(heads), len(rows)


def _part_of(whole: nn.Linear, kept: torch.Tensor, axis: int) -> nn.Linear:
    """``whole`` with some of its outputs (axis 0) or inputs (axis 1)."""
    weight = whole.weight.detach().index_select(axis, kept)
    bias = whole.bias.detach()
    part = nn.Linear(weight.shape[1], weight.shape[0])
    part.weight = nn.Parameter(weight)
    part.bias = nn.Parameter(bias[kept] if axis == 0 else bias.clone())
    return part
