"""Both kinds of encoder, opened once; the exported graphs are shared by the whole test run."""

from pathlib import Path

import pytest

from retrieval.encoder.onnx_encoder import onnx_encoder
from retrieval.encoder.routed import RoutedEncoder
from retrieval.encoder.torch_encoder import torch_encoder


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def int8(model_cache: Path) -> RoutedEncoder:
    return onnx_encoder(model_cache, threads=2)


@pytest.fixture(scope="session")
def float32() -> RoutedEncoder:
    return torch_encoder("cpu")


@pytest.fixture(params=["int8", "float32"])
def encoder(request: pytest.FixtureRequest) -> RoutedEncoder:
    found: RoutedEncoder = request.getfixturevalue(request.param)
    return found
