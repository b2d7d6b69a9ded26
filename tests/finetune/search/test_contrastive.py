import time
from pathlib import Path

import numpy as np
import pytest
import torch

from finetune.search.contrastive import Schedule, TrainingQuery, train_contrastive
from finetune.search.student import AdaptedEncoder
from retrieval.encoder.catalog_adapter import CatalogAdapter
from retrieval.encoder.torch_encoder import torch_encoder
from retrieval.errors import WeightsError

TEXTS = ["zorblax lamp", "quindle chair", "plim rug", "oak desk", "steel kettle", "wool scarf"]
SHORT = Schedule(epochs=12, batch=3, look_alikes=1, rank=4, rate=3e-3)


@pytest.fixture(scope="module")
def trained() -> AdaptedEncoder:
    """Invented words of this shop: what a shopper calls "glimmer" is a zorblax."""
    torch.set_num_threads(1)
    queries = [
        TrainingQuery("glimmer", (0,), (1.0,), (3, 4)),
        TrainingQuery("sitter", (1,), (1.0,), (3, 5)),
        TrainingQuery("坐垫", (2,), (1.0,), (4,)),
    ]
    encoder = AdaptedEncoder(SHORT.rank)
    train_contrastive(encoder, queries, TEXTS, SHORT)
    return encoder


def best(encoder: AdaptedEncoder, query: str) -> int:
    with torch.inference_mode():
        found = encoder([query, *TEXTS], "cpu")
    return int((found[1:] @ found[0]).argmax())


def test_queries_come_to_what_answers_them(trained: AdaptedEncoder) -> None:
    assert [best(trained, query) for query in ("glimmer", "sitter", "坐垫")] == [0, 1, 2]
    untrained = AdaptedEncoder(SHORT.rank)
    assert [best(untrained, query) for query in ("glimmer", "sitter", "坐垫")] != [0, 1, 2]


def test_order_of_texts_is_kept(trained: AdaptedEncoder) -> None:
    mixed = ["oak desk", "丝绸围巾", "a much longer text about a steel kettle", "羊毛"]
    with torch.inference_mode():
        together = trained(mixed, "cpu")
        alone = torch.cat([trained([text], "cpu") for text in mixed])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_the_adapter_serves_as_it_was_trained(trained: AdaptedEncoder, tmp_path: Path) -> None:
    file = tmp_path / "adapter.safetensors"
    trained.adapter().save(file)
    served = torch_encoder("cpu", adapter=file)
    texts = ["glimmer", "zorblax lamp", "坐垫"]
    with torch.inference_mode():
        expected = trained(texts, "cpu").numpy()
    cosines = (served.encode(texts) * expected).sum(axis=1)
    assert cosines.min() > 0.999  # float16 on file
    plain = torch_encoder("cpu")
    assert served.fingerprint != plain.fingerprint
    assert (plain.encode(texts) * expected).sum(axis=1).min() < 0.99


def test_a_damaged_adapter_is_told(tmp_path: Path) -> None:
    file = tmp_path / "adapter.safetensors"
    file.write_bytes(b"no tensors")
    with pytest.raises(WeightsError, match="unusable"):
        CatalogAdapter.load(file)


def test_training_ends_when_its_time_is_over() -> None:
    encoder = AdaptedEncoder(2, chinese=False)
    queries = [TrainingQuery("glimmer", (0,), (1.0,))]
    endless = Schedule(epochs=1e6, seconds=0.5, rank=2)
    started = time.monotonic()
    train_contrastive(encoder, queries, TEXTS, endless)
    assert time.monotonic() - started < 60
