"""What one model teaches another: soft labels, and labels for texts that have none.

Sources: Hinton et al. 2015 (distillation), https://arxiv.org/abs/1503.02531; Lee 2013
(pseudo-labels).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from assistant.understanding.intent_model import (
    ClassifierModel,
    Numbers,
)
from finetune.errors import TrainingDataError
from finetune.text.examples import Example
from retrieval.encoder.logits import softmax

Teacher = Callable[[Sequence[Example]], Numbers]
"""Examples → probabilities ``(examples, labels)``, in the order of the pupil's labels."""

_BATCH = 64


def teacher_from(folder: Path, labels: Sequence[str]) -> Teacher:
    """A classifier that an earlier run wrote, as teacher of a pupil with ``labels``.

    Raises:
        ModelMissingError: the folder holds no classifier.
        TrainingDataError: it tells other labels apart.
    """
    model = ClassifierModel.load(folder)
    if sorted(model.card.labels) != sorted(labels):
        other = ", ".join(sorted(set(model.card.labels) ^ set(labels))[:5])
        raise TrainingDataError(f"The teacher in {folder} knows other labels; not shared: {other}.")
    columns = [model.card.labels.index(label) for label in labels]

    def teach(examples: Sequence[Example]) -> Numbers:
        texts = [example.read for example in examples]
        parts = [model.logits(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        return softmax(np.concatenate(parts)[:, columns])

    return teach


def pseudo_labelled(
    texts: Sequence[str], teacher: Teacher, labels: Sequence[str], sure: float = 0.9
) -> list[Example]:
    """The texts of which ``teacher`` is sure, with the label it gives them."""
    if not texts:
        return []
    examples = [Example(text, "") for text in texts]
    found = teacher(examples)
    return [
        Example(example.text, labels[int(row.argmax())])
        for example, row in zip(examples, found, strict=True)
        if row.max() >= sure
    ]
