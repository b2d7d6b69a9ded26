from pathlib import Path

import pytest

from finetune.encoder.glossary import Glossary, read_glossary

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def sentences() -> Path:
    path = ROOT / "../shared/data/parallel_en_zh_tatoeba/pairs.parquet"
    assert path.is_file(), f"The shared data set is absent: {path}"
    return path


@pytest.fixture(scope="session")
def glossary() -> Glossary:
    return read_glossary()
