"""What a message is for: the intent classifier that serves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from assistant.understanding.emoji import read_emoji
from assistant.understanding.intent_adapter import SHIPPED, IntentAdapter, fingerprint_of
from assistant.understanding.intent_context import IntentContext
from assistant.understanding.intent_model import (
    ClassifierCard,
    ClassifierModel,
    Numbers,
    prepare,
)
from assistant.understanding.understanding import Intent, IntentName
from retrieval.encoder.bilingual import build_tokenizer
from retrieval.encoder.export import RECIPE
from retrieval.encoder.logits import Forward, softmax
from retrieval.encoder.opening import has_cuda
from retrieval.encoder.routed import Tokens

__all__ = ["IntentClassifier", "IntentContext", "OnnxIntentClassifier"]

_RUNNERS_UP = 3


class IntentClassifier(Protocol):
    """Tells intents. Safe to call from several threads."""

    def classify(self, text: str, context: IntentContext) -> Intent:
        """The intent of one message; blank or foreign texts are out of scope, never an error."""
        ...

    def classify_many(
        self, texts: Sequence[str], contexts: Sequence[IntentContext] | None = None
    ) -> list[Intent]:
        """The same for many messages in one pass; without ``contexts`` each stands alone."""
        ...


class OnnxIntentClassifier:
    """The fine-tuned BERT: int8 ONNX on CPU, torch on CUDA. Implements ``IntentClassifier``."""

    def __init__(self, model: ClassifierModel) -> None:
        self._model = model
        self._names = [IntentName(label) for label in model.card.labels]

    @classmethod
    def open(
        cls,
        cache_dir: Path,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        adapter: Path = SHIPPED,
        threads: int = 0,
    ) -> "OnnxIntentClassifier":
        """The classifier of this machine.

        The first call on CPU merges ``adapter`` into the body and exports it into ``cache_dir``
        (some 15 s, imports torch); later ones, of other processes too, find it there.

        Raises:
            ModelMissingError: the adapter is missing, damaged, or made for other encoder weights.
            WeightsError: the encoder's own weights are not usable.
        """
        loaded = IntentAdapter.load(adapter)
        if device == "cuda" or (device == "auto" and has_cuda()):
            forward = _cuda_forward(loaded)
        else:
            path = cache_dir / f"intent-{fingerprint_of(adapter)[:16]}-{RECIPE}.onnx"
            forward = loaded.open(path, threads)
        tokenizer = build_tokenizer(max_tokens=loaded.card.max_tokens)
        return cls(ClassifierModel(tokenizer, forward, loaded.card))

    @property
    def card(self) -> ClassifierCard:
        """Labels, temperature and threshold."""
        return self._model.card

    def classify(self, text: str, context: IntentContext) -> Intent:
        return self.classify_many([text], [context])[0]

    def classify_many(
        self, texts: Sequence[str], contexts: Sequence[IntentContext] | None = None
    ) -> list[Intent]:
        contexts = contexts or [IntentContext()] * len(texts)
        prepared = [read_emoji(prepare(text)) for text in texts]
        logits = self._model.logits(
            [context.before(text) for text, context in zip(prepared, contexts, strict=True)]
        )
        probabilities = softmax(logits / np.float32(self.card.temperature))
        chosen = self._model.decide(logits)
        return [
            self._intent(row, best if text else self._names.index(IntentName.OUT_OF_SCOPE))
            for text, row, best in zip(prepared, probabilities, chosen, strict=True)
        ]

    def _intent(self, row: Numbers, best: int) -> Intent:
        others = [int(i) for i in np.argsort(-row) if i != best][:_RUNNERS_UP]
        return Intent(
            name=self._names[best],
            confidence=round(float(row[best]), 4),
            alternatives=[(self._names[i], round(float(row[i]), 4)) for i in others],
        )


def _cuda_forward(adapter: IntentAdapter) -> Forward:
    import torch  # noqa: PLC0415

    network = adapter.build().to("cuda", torch.float16)

    def run(ids: Tokens, mask: Tokens) -> Numbers:
        with torch.inference_mode():
            logits = network(torch.from_numpy(ids).to("cuda"), torch.from_numpy(mask).to("cuda"))
        return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)

    return run
