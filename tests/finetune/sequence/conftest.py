from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finetune.sequence.histories import Histories, Told, numbered
from finetune.sequence.recipe import SequenceRecipe
from retrieval.ranking.sequence.history import SequenceEvent

TINY = SequenceRecipe(
    size=16,
    epochs=3,
    batch=16,
    longest=8,
    window=3,
    negatives=0,
    refit_epochs=1,
    held_out=60,
    dropout=0.1,
    rate=1e-2,
)


def chains(customers: int = 90, length: int = 6, items: int = 30, seed: int = 5) -> list[list[int]]:
    """Shoppers who mostly go from an item to the next number, so that order tells what comes."""
    random = np.random.default_rng(seed)
    result = []
    for _ in range(customers):
        row = [int(random.integers(items))]
        for _ in range(length - 1):
            step = 1 if random.random() < 0.9 else int(random.integers(items))
            row.append((row[-1] + step) % items)
        result.append(row)
    return result


@pytest.fixture
def recipe() -> SequenceRecipe:
    return TINY


@pytest.fixture
def told() -> list[Told]:
    return [
        Told(str(n), [SequenceEvent(f"i{item}") for item in row]) for n, row in enumerate(chains())
    ]


@pytest.fixture
def histories(told: list[Told]) -> Histories:
    return numbered(told)


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str = "data.parquet", **columns: list) -> Path:
        pq.write_table(pa.table(columns), tmp_path / name)
        return tmp_path / name

    return write
