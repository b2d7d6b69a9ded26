"""Texts of items as vectors, by the project's encoder."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.settings import Settings
from finetune.sequence.histories import read_columns
from retrieval.encoder.opening import open_encoder
from retrieval.ranking.sequence.history import as_id

logger = logging.getLogger(__name__)


def read_titles(path: Path) -> dict[str, NDArray[np.float32]]:
    """Unit vectors of the titles, by item.

    Args:
        path: Parquet with the columns ``item`` and ``title``. A row without either is logged and
            left out; of two rows of one item the first counts.

    Raises:
        TrainingDataError: the file is unreadable or lacks a column.
        WeightsError: the encoder's weights are not usable.
    """
    table = read_columns(path, ("item", "title"))
    titles: dict[str, str] = {}
    pairs = zip(table["item"].to_pylist(), table["title"].to_pylist(), strict=True)
    for number, (value, title) in enumerate(pairs):
        item = as_id(value)
        if item is None or as_id(title) is None:
            field = "item" if item is None else "title"
            logger.warning("%s, row %d: %s: missing; left out.", path.name, number, field)
        else:
            titles.setdefault(item, str(title))
    return encoded(titles)


def encoded(titles: dict[str, str]) -> dict[str, NDArray[np.float32]]:
    """Unit vectors, by item."""
    settings = Settings()
    encoder = open_encoder(settings.home / "models", settings.device)
    vectors = encoder.encode(list(titles.values()))
    return dict(zip(titles, vectors, strict=True))
