from pathlib import Path

import torch

from retrieval.encoder import open_encoder
from retrieval.encoder.routed import RoutedEncoder


def test_cpu_gives_int8(int8: RoutedEncoder, model_cache: Path) -> None:
    assert open_encoder(model_cache, "cpu").fingerprint == int8.fingerprint


def test_auto_takes_the_gpu_where_there_is_one(model_cache: Path) -> None:
    kind = "float16" if torch.cuda.is_available() else "int8"
    assert kind in open_encoder(model_cache, "auto").fingerprint
