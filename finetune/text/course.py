"""A whole course of training on labelled texts: split, train, measure, train again on all."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from assistant.understanding.intent_model import Numbers
from finetune.errors import TrainingDataError
from finetune.text import devices
from finetune.text.body import merge_adapter
from finetune.text.examples import Example, given_split, stratified_split, without_duplicates
from finetune.text.metrics import accuracy, macro_f1
from finetune.text.noise import disturbed
from finetune.text.recipe import Recipe
from finetune.text.run import Report, Trained, predict, train, write
from finetune.text.stock import train_stock
from finetune.text.teaching import Teacher, pseudo_labelled, teacher_from
from finetune.text.trainer import CHECKPOINT
from finetune.text.variants import Variants, exchanged, fitting
from retrieval.encoder.logits import softmax
from retrieval.encoder.script import has_chinese

logger = logging.getLogger(__name__)

OUT_OF_SCOPE = "oos"
TEST_FILE = "test.jsonl"
_REFIT = "refit"

RECIPE = Recipe(
    epochs=6,
    batch=64,
    rate=3e-4,
    head_rate=1e-3,
    label_smoothing=0.1,
    freeze_words=True,
    prototypes=True,
    teacher_weight=0.5,
    noise=None,
)
"""Does well where a label has tens of examples: see docs/benchmarks/intent.md."""


@dataclass(frozen=True)
class Course:
    """What to train on and what to do besides.

    Attributes:
        shares: of training, validation and, where there is a third, test; for data that does not
            name its parts itself.
        refit: whether what is written is trained anew on all parts after the measuring.
        teacher: folder of a classifier with the same labels to learn from, often a larger one.
        unlabelled: texts; those that the first model is sure of are learnt too by the second.
        variants: other ways to say some of the examples.
        stock: folder for a model by the stock recipe, on the first part as well, to compare with.
    """

    shares: Sequence[float] = (7, 2, 1)
    refit: bool = True
    teacher: Path | None = None
    unlabelled: Sequence[str] = ()
    variants: Variants = field(default_factory=dict)
    stock: Path | None = None


def train_on_examples(
    examples: Sequence[Example],
    folder: Path,
    recipe: Recipe,
    course: Course = Course(),
    report: Report = lambda row: None,
) -> dict[str, Any]:
    """Trains on labelled texts and writes a folder that ``ClassifierModel.load`` opens.

    A first model is trained on one part and measured on the others: it gives the figures, the
    number of epochs, the temperature and the threshold. Unless ``course`` says otherwise, a second
    one is then trained on all parts, taught by the first, and that one is written: where a label
    has few examples each of them counts. A test part that the data names itself stays out.

    Args:
        examples: duplicates are taken out; the label ``oos`` means out of scope.
        folder: gets the network (float32 and int8), its card, the metrics and a model card. A run
            that was cut off there goes on.
        recipe: how.
        course: on what.
        report: called after every epoch.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        TrainingDataError: fewer than two labels, or a teacher with others.
        ModelMissingError: the teacher is none.
    """
    unique = without_duplicates(examples)
    labels = sorted({e.label for e in unique})
    if len(labels) < 2:
        raise TrainingDataError("A classifier needs examples of at least two labels.")
    if recipe.body == "auto":
        chinese = any(has_chinese(e.text) for e in unique)
        recipe = recipe.model_copy(update={"body": "bilingual" if chinese else "minilm"})
    given = given_split(unique)
    training, validation, *rest = given or stratified_split(unique, course.shares, recipe.seed)
    test = rest[0] if rest else []

    teacher = teacher_from(course.teacher, labels) if course.teacher else None
    variants = fitting(course.variants, unique)
    first = _fit(training, validation, labels, recipe, folder, teacher, variants, report)
    metrics = first.metrics | {
        "examples": len(training),
        "duplicates": len(examples) - len(unique),
        "variants": sum(map(len, variants.values())),
        **_measured(first, test, "test_"),
    }
    if course.stock:
        metrics["stock"] = _stock(training, validation, test, labels, recipe, course.stock)
    written = first
    if course.refit:
        own: Teacher = lambda some: softmax(predict(first, some))  # noqa: E731
        pseudo = pseudo_labelled(course.unlabelled, own, labels)
        # Where texts are rejected the second model needs a threshold of its own, for which some
        # examples stay out of its training.
        learnt, held = validation, list[Example]()
        if OUT_OF_SCOPE in labels:
            learnt, held = stratified_split(validation, (1, 1), recipe.seed)
        every = [*training, *learnt, *([] if given else test), *pseudo]
        longest = recipe.model_copy(update={"epochs": first.metrics["best_epoch"]})
        second = _fit(
            every, held, labels, longest, folder / _REFIT, teacher or own, variants, report
        )
        metrics |= {
            "refit_examples": len(every),
            "refit_held_out": len(held),
            "pseudo_labelled": len(pseudo),
        }
        written = replace(second, card=second.card if held else first.card, recipe=recipe)
    if devices.is_first():
        if not course.refit:
            _write_test(test, folder / TEST_FILE)
        if recipe.lora_rank:
            merge_adapter(written.network.body)
        write(replace(written, metrics=metrics), folder)
        (folder / CHECKPOINT).unlink(missing_ok=True)
        (folder / _REFIT / CHECKPOINT).unlink(missing_ok=True)
    return metrics


def _fit(
    training: Sequence[Example],
    validation: Sequence[Example],
    labels: Sequence[str],
    recipe: Recipe,
    folder: Path,
    teacher: Teacher | None,
    variants: Variants,
    report: Report,
) -> Trained:
    rows = [replace(example, row=row) for row, example in enumerate(training)]
    taught: Numbers | None = None
    if teacher and recipe.teacher_weight:
        taught = np.asarray(teacher(rows), dtype=np.float32)

    def source(random: Random) -> Sequence[Example]:
        said = exchanged(rows, variants, recipe.variants, random)
        return disturbed(said, random, recipe.noise) if recipe.noise else said

    outside = _out_of_scope(labels)
    return train(source, validation, labels, recipe, folder, outside, report, taught=taught)


def _stock(
    training: Sequence[Example],
    validation: Sequence[Example],
    test: Sequence[Example],
    labels: Sequence[str],
    recipe: Recipe,
    folder: Path,
) -> dict[str, Any]:
    stock = train_stock(training, labels, recipe, folder, _out_of_scope(labels))
    metrics = stock.metrics | _measured(stock, validation) | _measured(stock, test, "test_")
    if devices.is_first():
        write(replace(stock, metrics=metrics), folder)
    return metrics


def _out_of_scope(labels: Sequence[str]) -> str | None:
    return OUT_OF_SCOPE if OUT_OF_SCOPE in labels else None


def _measured(trained: Trained, part: Sequence[Example], prefix: str = "") -> dict[str, float]:
    if not part:
        return {}
    truth = [example.label for example in part]
    said = [trained.card.labels[i] for i in predict(trained, part).argmax(axis=1)]
    return {
        prefix.strip("_") or "validation": len(part),
        f"{prefix}accuracy": round(accuracy(truth, said), 4),
        f"{prefix}macro_f1": round(macro_f1(truth, said), 4),
    }


def _write_test(test: Sequence[Example], path: Path) -> None:
    rows = (json.dumps({"text": e.text, "label": e.label}, ensure_ascii=False) for e in test)
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
