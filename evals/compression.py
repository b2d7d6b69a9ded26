"""What making a trained classifier smaller costs in accuracy, and what it saves in time."""

import copy
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch

from assistant.understanding.intent_model import (
    GRAPH_FILE,
    ClassifierModel,
    Numbers,
)
from assistant.understanding.intent_network import Classifier
from finetune.errors import TrainingDataError
from finetune.text.examples import Example, stratified_split
from finetune.text.metrics import accuracy, macro_f1
from finetune.text.pruning import depth, head_importance, heal, keep_layers, prune_heads
from finetune.text.run import WEIGHTS_FILE, Trained, predict
from finetune.text.written import open_written
from retrieval.encoder.export import export_float32, export_int8
from retrieval.encoder.logits import OUTPUT, onnx_forward, softmax
from retrieval.encoder.routed import Tokens

_PRUNED = (0.25, 0.5)
_KEPT = (2 / 3, 1 / 2)
"""Shares of the layers."""


@dataclass(frozen=True)
class Form:
    """One form of a model, and what it was measured at."""

    name: str
    accuracy: float
    """Of the label with the best score; nothing is rejected."""
    macro_f1: float
    p50_ms: float
    """Median time of one text by itself, tokenising included."""
    mb: float
    """Of its file, in millions of bytes."""


@dataclass(frozen=True)
class Comparison:
    """What ``shopkeeper eval compression --json`` prints."""

    n: int
    forms: list[Form]

    def as_json(self) -> str:
        """One JSON object on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True)
class _Candidate:
    name: str
    model: ClassifierModel
    file: Path


def compare_forms(
    folder: Path,
    examples: Sequence[Example],
    training: Sequence[Example] = (),
    epochs: int = 1,
    teacher: Path | None = None,
) -> Comparison:
    """Measures a trained model in float32, in int8, with fewer heads, and with fewer layers.

    Args:
        folder: what ``shopkeeper train intent --data ... --out folder`` wrote.
        examples: to measure on. Without ``training`` one half of them weighs the heads, and all
            forms are measured on the other.
        training: weigh the heads, and heal what was cut.
        epochs: of healing; 0 leaves the cut as it is.
        teacher: folder of a larger model to stand beside.

    Raises:
        FinetuneError: a folder holds no such model, or one that is not built like BERT.
        TrainingDataError: an example has a label that the model does not know.
        ModelMissingError: a folder holds no int8 graph.
    """
    trained = open_written(folder)
    labels = trained.card.labels
    strange = sorted({e.label for e in (*examples, *training)} - set(labels))
    if strange:
        raise TrainingDataError(f"The model does not know these labels: {', '.join(strange[:5])}.")
    weighing = training
    if not training:
        weighing, examples = stratified_split(examples, (1, 1), trained.recipe.seed)
    importance = head_importance(trained.network, trained.tokenizer, labels, weighing)
    taught = softmax(predict(trained, training)) if training and epochs else None

    def smaller(cut: Callable[[Classifier], None]) -> Trained:
        network = copy.deepcopy(trained.network)
        cut(network)
        if taught is not None:
            heal(network, trained.tokenizer, labels, trained.recipe, training, taught, epochs)
        return Trained(network, trained.tokenizer, trained.card, trained.recipe, {})

    layers = depth(trained.network)
    counts = sorted({max(1, round(share * layers)) for share in _KEPT} - {layers}, reverse=True)
    cuts: dict[str, Callable[[Classifier], None]] = {
        f"int8, {share:.0%} of the heads pruned": partial(
            prune_heads, importance=importance, share=share
        )
        for share in _PRUNED
    }
    cuts |= {
        f"int8, {count} of {layers} layers": partial(keep_layers, count=count) for count in counts
    }
    with tempfile.TemporaryDirectory() as scratch:
        candidates = _whole(trained, folder, Path(scratch))
        for number, (name, cut) in enumerate(cuts.items()):
            path = Path(scratch) / f"{number}.onnx"
            cut_down = smaller(cut)
            export_int8(cut_down.network, path, [OUTPUT])
            candidates.append(_candidate(name, cut_down, path))
        if teacher:
            model = ClassifierModel.load(teacher)
            candidates.append(_Candidate("teacher, int8", model, teacher / GRAPH_FILE))
        return Comparison(len(examples), _measured(candidates, examples))


def _whole(trained: Trained, folder: Path, scratch: Path) -> list[_Candidate]:
    """A model with nothing taken out: float32 in torch and in ONNX, and int8."""
    plain = scratch / "float32.onnx"
    export_float32(trained.network, plain, [OUTPUT])

    def forward(ids: Tokens, mask: Tokens) -> Numbers:
        with torch.inference_mode():
            logits = trained.network(torch.from_numpy(ids), torch.from_numpy(mask))
        return np.asarray(logits.numpy(), dtype=np.float32)

    torch_model = ClassifierModel(trained.tokenizer, forward, trained.card)
    return [
        _Candidate("float32, torch", torch_model, folder / WEIGHTS_FILE),
        _candidate("float32, ONNX", trained, plain),
        _Candidate("int8", ClassifierModel.load(folder), folder / GRAPH_FILE),
    ]


def _candidate(name: str, trained: Trained, path: Path) -> _Candidate:
    model = ClassifierModel(trained.tokenizer, onnx_forward(path), trained.card)
    return _Candidate(name, model, path)


def _measured(candidates: Sequence[_Candidate], examples: Sequence[Example]) -> list[Form]:
    """Every text goes through all models one after the other, so that a busy moment hits all."""
    said: list[list[str]] = [[] for _ in candidates]
    times: list[list[float]] = [[] for _ in candidates]
    for turn, example in enumerate(examples):
        for step in range(len(candidates)):
            which = (turn + step) % len(candidates)
            model = candidates[which].model
            began = perf_counter()
            logits = model.logits([example.read])
            times[which].append((perf_counter() - began) * 1000)
            said[which].append(model.card.labels[int(logits[0].argmax())])
    truth = [example.label for example in examples]
    return [
        Form(
            name=candidate.name,
            accuracy=round(accuracy(truth, answers), 4),
            macro_f1=round(macro_f1(truth, answers), 4),
            p50_ms=round(median(took), 3),
            mb=round(candidate.file.stat().st_size / 1e6, 3),
        )
        for candidate, answers, took in zip(candidates, said, times, strict=True)
    ]
