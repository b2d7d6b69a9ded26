"""Measures intent classifiers: any trained folder on any labelled file, and the shop's own."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.understanding.intent import IntentClassifier
from assistant.understanding.intent_context import IntentContext
from assistant.understanding.intent_model import ClassifierModel, prepare
from assistant.understanding.understanding import Intent, IntentName
from evals.errors import DataError
from finetune.text.examples import Example
from finetune.text.metrics import accuracy, macro_f1

DATA = Path(__file__).with_name("data")

_BATCH = 64
_TIMED = 300
"""Utterances whose latency is measured one by one."""


class Utterance(BaseModel):
    """One line of a test set of the shop's intents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    intent: IntentName
    context: IntentContext = Field(default_factory=IntentContext)


@dataclass(frozen=True)
class IntentFigures:
    """What ``shopkeeper eval intent --json`` prints."""

    accuracy: float
    macro_f1: float
    in_scope_accuracy: float
    """Of what is in scope, how much gets its label when nothing may be rejected: the usual figure
    of CLINC150 (Larson et al. 2019)."""
    in_scope_kept: float
    """The same as it is served, with what is rejected counted as wrong."""
    oos_recall: float | None
    """Share of what is out of scope that is rejected, as it is served; None where nothing is."""
    p50_ms: float
    """Median time of one utterance by itself, tokenising included."""
    n: int
    f1: dict[str, float] = field(default_factory=dict)
    confusions: list[tuple[str, str, int]] = field(default_factory=list)
    """Truth, answer, how often; the most frequent mistakes."""


def read_utterances(path: Path) -> list[Utterance]:
    """Reads a JSONL test set of the shop's intents.

    Raises:
        DataError: the file can't be read, or a line isn't an utterance.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{path}: {error}") from error
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(Utterance.model_validate_json(line))
        except ValidationError as error:
            raise DataError(f"{path}: line {number}: {error}") from error
    return found


def evaluate_shop_intents(
    classifier: IntentClassifier, utterances: Sequence[Utterance]
) -> IntentFigures:
    """Measures the shop's classifier, each utterance in its context."""
    said, closed = [], []
    for start in range(0, len(utterances), _BATCH):
        part = utterances[start : start + _BATCH]
        intents = classifier.classify_many([u.text for u in part], [u.context for u in part])
        said += [intent.name.value for intent in intents]
        closed += [_in_scope(intent) for intent in intents]
    timed = utterances[:: max(1, len(utterances) // _TIMED)]
    calls = [lambda u=u: classifier.classify(u.text, u.context) for u in timed]
    truth = [u.intent.value for u in utterances]
    return _figures(truth, said, closed, IntentName.OUT_OF_SCOPE.value, _p50_ms(calls))


def evaluate_classifier(model: ClassifierModel, examples: Sequence[Example]) -> IntentFigures:
    """Measures a trained folder on labelled texts, cleaned as they were for training."""
    card = model.card
    outside = card.out_of_scope or "oos"
    said: list[str] = []
    closed: list[str] = []
    texts = [example.read for example in examples]
    for start in range(0, len(texts), _BATCH):
        logits = model.logits(texts[start : start + _BATCH])
        said += [card.labels[index] for index in model.decide(logits)]
        if card.out_of_scope:
            logits[:, card.labels.index(card.out_of_scope)] = -np.inf
        closed += [card.labels[index] for index in logits.argmax(axis=1)]
    timed = texts[:: max(1, len(texts) // _TIMED)]
    calls = [lambda t=t: model.decide(model.logits([prepare(t)])) for t in timed]
    truth = [example.label for example in examples]
    return _figures(truth, said, closed, outside, _p50_ms(calls))


def _in_scope(intent: Intent) -> str:
    """The likeliest intent but out of scope."""
    names = [intent.name, *(name for name, _ in intent.alternatives)]
    return next(name.value for name in names if name is not IntentName.OUT_OF_SCOPE)


def as_json(figures: IntentFigures) -> str:
    """One JSON object on one line."""
    return json.dumps(vars(figures), ensure_ascii=False)


def _p50_ms(calls: Sequence[Callable[[], object]]) -> float:
    for call in calls[:10]:
        call()
    times = []
    for call in calls:
        began = perf_counter()
        call()
        times.append((perf_counter() - began) * 1000)
    return round(median(times), 3) if times else 0.0


def _figures(
    truth: Sequence[str],
    said: Sequence[str],
    closed: Sequence[str],
    out_of_scope: str,
    p50_ms: float,
) -> IntentFigures:
    rows = zip(truth, said, closed, strict=True)
    inside = [row for row in rows if row[0] != out_of_scope]
    outside = [s for t, s in zip(truth, said, strict=True) if t == out_of_scope]
    mistakes = Counter((t, s) for t, s in zip(truth, said, strict=True) if t != s)
    return IntentFigures(
        accuracy=round(accuracy(truth, said), 4),
        macro_f1=round(macro_f1(truth, said), 4),
        in_scope_accuracy=round(accuracy([t for t, _, _ in inside], [c for _, _, c in inside]), 4),
        in_scope_kept=round(accuracy([t for t, _, _ in inside], [s for _, s, _ in inside]), 4),
        oos_recall=round(outside.count(out_of_scope) / len(outside), 4) if outside else None,
        p50_ms=p50_ms,
        n=len(truth),
        f1={label: round(_f1(label, truth, said), 4) for label in sorted(set(truth))},
        confusions=[(t, s, count) for (t, s), count in mistakes.most_common(15)],
    )


def _f1(label: str, truth: Sequence[str], said: Sequence[str]) -> float:
    right = sum(t == s == label for t, s in zip(truth, said, strict=True))
    return 2 * right / (list(truth).count(label) + list(said).count(label))
