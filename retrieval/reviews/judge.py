"""The shipped models of reviews, opened when the first review is to be judged."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from retrieval.encoder.export import RECIPE
from retrieval.reviews.clause_model import ShippedClauses
from retrieval.reviews.sentiment import SHIPPED, Sentiment, SentimentModel, fingerprint_of


class ShippedJudge:
    """A ``Judge`` that costs nothing where no review is new. Safe to call from several threads.

    Args:
        folder: where the exported graph is kept, see ``SentimentModel.open``.
    """

    def __init__(self, folder: Path, path: Path = SHIPPED) -> None:
        self.clauses = ShippedClauses(folder)
        self._folder = folder
        self._path = path
        self._model: SentimentModel | None = None
        self._opening = Lock()

    @property
    def fingerprint(self) -> str:
        """Of the weights of both models and their number format.

        Raises:
            WeightsError: the model's file is missing.
        """
        return f"{fingerprint_of(self._path)}-{RECIPE}-{self.clauses.fingerprint}"

    def judge(self, texts: Sequence[str]) -> list[Sentiment]:
        """See ``SentimentModel.judge``.

        Raises:
            WeightsError: the model is unusable, see ``SentimentModel.open``.
        """
        with self._opening:
            if self._model is None:
                self._model = SentimentModel.open(self._folder, self._path)
        return self._model.judge(texts)
