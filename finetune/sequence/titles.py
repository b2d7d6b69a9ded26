"""Texts of items as vectors, by the project's encoder."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.settings import Settings
from finetune.sequence.histories import read_columns
from retrieval.encoder.opening import open_encoder

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
    for number, (item, title) in enumerate(pairs):
        if item is None or not str(title or "").strip():
            logger.warning("%s, row %d: item or title: missing; left out.", path.name, number)
        else:
            titles.setdefault(str(item), str(title))
    return encoded(titles)


def encoded(titles: dict[str, str]) -> dict[str, NDArray[np.float32]]:
    """Unit vectors, by item."""
    settings = Settings()
    encoder = open_encoder(settings.home / "models", settings.device)
    vectors = encoder.encode(list(titles.values()))
    return dict(zip(titles, vectors, strict=True))
