"""Heads and layers taken out of a small BERT."""

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

from assistant.understanding.intent_model import Numbers
from assistant.understanding.intent_network import Classifier
from finetune.errors import FinetuneError
from finetune.text.body import load_body
from finetune.text.examples import Example
from finetune.text.pruning import depth, head_importance, heal, keep_layers, prune_heads
from finetune.text.recipe import Recipe
from finetune.text.trainer import logits_of
from retrieval.encoder.export import export_int8
from retrieval.encoder.logits import OUTPUT

LABELS = ["a", "b"]
SIZE = 8
IDS = torch.arange(1, 13).reshape(2, 6)
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])
EXAMPLES = [Example("red one", "a"), Example("cancel my order please", "b"), Example("two", "a")]


@pytest.fixture
def network() -> Classifier:
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=80,
        hidden_size=4 * SIZE,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=32,
        attn_implementation="eager",
    )
    return Classifier(BertModel(config, add_pooling_layer=False), 2).eval()


def without_output(network: Classifier, layer: int, heads: Sequence[int]) -> Classifier:
    """The same with what some heads say multiplied by nothing."""
    silent = copy.deepcopy(network)
    with torch.no_grad():
        for head in heads:
            columns = slice(head * SIZE, (head + 1) * SIZE)
            silent.body.encoder.layer[layer].attention.output.dense.weight[:, columns] = 0
    return silent


def ranks(*unimportant: int) -> list[Numbers]:
    """Of each layer, which head is the least important."""
    return [np.array([head != least for head in range(4)], np.float32) for least in unimportant]


def test_a_pruned_network_is_smaller_and_says_what_one_with_silent_heads_says(
    network: Classifier,
) -> None:
    before = sum(weight.numel() for weight in network.parameters())
    silent = network
    for layer, head in enumerate([1, 3, 0]):
        silent = without_output(silent, layer, [head])
    expected = silent(IDS, MASK)
    prune_heads(network, ranks(1, 3, 0), 1 / 4)
    assert torch.allclose(network(IDS, MASK), expected, atol=1e-5)
    for layer in network.body.encoder.layer:
        assert layer.attention.self.query.weight.shape == (3 * SIZE, 4 * SIZE)
    # Each head has three matrices in and one out, and three biases.
    assert before - sum(w.numel() for w in network.parameters()) == 3 * (
        4 * SIZE * 4 * SIZE + 3 * SIZE
    )


def test_each_layer_keeps_its_most_important_head(network: Classifier) -> None:
    expected = network.body.encoder.layer[1].attention.self.value.weight[SIZE : 2 * SIZE].clone()
    prune_heads(network, [np.array([0, 1, 0, 0.5], np.float32)] * 3, 1)
    for layer in network.body.encoder.layer:
        assert layer.attention.self.query.out_features == SIZE
    assert torch.equal(network.body.encoder.layer[1].attention.self.value.weight, expected)
    assert network(IDS, MASK).isfinite().all()


def test_attention_without_some_heads_is_still_one_node(
    network: Classifier, tmp_path: Path
) -> None:
    prune_heads(network, ranks(1, 3, 0), 1 / 4)
    export_int8(network, tmp_path / "model.onnx", [OUTPUT])
    nodes = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert nodes.count("QAttention") == 3


def test_pruning_nothing_changes_nothing(network: Classifier) -> None:
    expected = network(IDS, MASK)
    prune_heads(network, ranks(0, 0, 0), 0)
    keep_layers(network, 3)
    assert torch.equal(network(IDS, MASK), expected)


def test_a_head_that_says_nothing_is_of_no_importance(
    network: Classifier, tiny_tokenizer: Tokenizer
) -> None:
    silent = without_output(network, 1, [2])
    found = head_importance(silent, tiny_tokenizer, LABELS, EXAMPLES)
    assert [len(scores) for scores in found] == [4, 4, 4]
    assert found[1][2] == pytest.approx(0, abs=1e-7)
    assert min(found[1][[0, 1, 3]]) > 1e-4


def test_importance_is_the_slope_of_the_loss(
    network: Classifier, tiny_tokenizer: Tokenizer
) -> None:
    """Gates at 1 ± a little, one example: the difference quotient is the gradient."""

    def slope(head: int) -> float:
        def loss(gate: float) -> float:
            gated = copy.deepcopy(network)
            with torch.no_grad():
                columns = slice(head * SIZE, (head + 1) * SIZE)
                gated.body.encoder.layer[2].attention.output.dense.weight[:, columns] *= gate
            logits = gated(ids, torch.ones_like(ids))
            return torch.nn.functional.cross_entropy(logits, torch.tensor([0])).item()

        return abs(loss(1.05) - loss(0.95)) / 0.1

    ids = torch.tensor([tiny_tokenizer.encode(EXAMPLES[0].text).ids])
    expected = np.array([slope(head) for head in range(4)])
    found = head_importance(network, tiny_tokenizer, LABELS, EXAMPLES[:1])[2]
    assert found == pytest.approx(expected, rel=0.05, abs=1e-5)


def test_upper_layers_go_first(network: Classifier) -> None:
    lower = network.body.encoder.layer[0]
    keep_layers(network, 1)
    assert depth(network) == 1
    assert network.body.encoder.layer[0] is lower
    assert network(IDS, MASK).isfinite().all()


def test_healing_brings_back_what_the_whole_network_said(
    network: Classifier, tiny_tokenizer: Tokenizer
) -> None:
    texts = [f"{a} {b}" for a in ("red", "cancel", "one") for b in ("two", "my", "order", "the")]
    examples = [Example(text, "a" if "red" in text else "b") for text in texts]
    taught = np.array([[0.9, 0.1] if e.label == "a" else [0.1, 0.9] for e in examples], np.float32)
    how = Recipe(batch=4, rate=1e-2, head_rate=1e-2, noise=None, dropout=0)

    def wrong() -> float:
        said = logits_of(network, tiny_tokenizer, examples)
        chosen = torch.from_numpy(said).softmax(-1).numpy()
        return float(np.abs(chosen - taught).mean())

    keep_layers(network, 1)
    before = wrong()
    heal(network, tiny_tokenizer, LABELS, how, examples, taught, epochs=12)
    assert wrong() < before / 1.3


def test_other_bodies_are_named() -> None:
    config = DistilBertConfig(vocab_size=40, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    with pytest.raises(FinetuneError, match="DistilBertModel"):
        depth(Classifier(DistilBertModel(config), 2))


@pytest.fixture
def tiny_tokenizer(tiny_model: Path) -> Tokenizer:
    return load_body(str(tiny_model), 16)[1]
