"""Fixtures for every room. What is slow to make is made once and kept under ``var/test-cache``."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")

ROOT = Path(__file__).parent.parent
CACHE = ROOT / "var" / "test-cache"


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """Where exported models are kept between test runs; begins with what `prepare` made."""
    folder = CACHE / "models"
    folder.mkdir(parents=True, exist_ok=True)
    for made in (ROOT / "var" / "models").glob("*.onnx"):
        with FileLock(folder / f"{made.stem}.lock"):
            if not (folder / made.name).exists():
                shutil.copyfile(made, folder / f"{made.name}.copy")
                (folder / f"{made.name}.copy").rename(folder / made.name)
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets, laid beside the project; a missing one is a failure."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.fail(f"the public data sets are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a one-layer BERT that trains in a second, with a vocabulary of a few words and
    all letters, saved as any other model would be."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    words = ["red", "one", "two", "three", "where", "cancel", "please", "my", "the", "order"]
    letters = [prefix + chr(code) for code in range(97, 123) for prefix in ("", "##")]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *letters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def demo_home(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of a whole demo store, loaded and indexed; a copy for this session."""
    from assistant.migrations import head
    from retrieval.demo.blueprint import data_fingerprint
    from retrieval.reviews.judge import ShippedJudge

    judge = ShippedJudge(model_cache).fingerprint
    template = CACHE / f"demo-{data_fingerprint()[:16]}-{head()}-{judge}"
    with FileLock(f"{template}.lock"):
        if not (template / "ready").exists():
            shutil.rmtree(template, ignore_errors=True)
            _make_demo_home(template, model_cache)
            (template / "ready").touch()
    home = tmp_path_factory.mktemp("demo") / "home"
    shutil.copytree(template, home, symlinks=True)
    return home


@pytest.fixture(scope="session")
def demo_shop(demo_home: Path) -> Iterator["Shop"]:  # noqa: F821
    """The demo store, open. Tests share it: conversations are each test's own, customers not."""
    from assistant.settings import Settings
    from assistant.shop import Shop

    shop = Shop(Settings(home=demo_home, _env_file=None))
    shop.load()
    shop.wait_until_settled()
    yield shop
    shop.close()


def _make_demo_home(home: Path, model_cache: Path) -> None:
    from assistant.settings import Settings
    from assistant.shop import Shop
    from retrieval.demo.cache import cached_store
    from retrieval.demo.load import load_demo

    home.mkdir(parents=True)
    (home / "models").symlink_to(model_cache)
    shop = Shop(Settings(home=home, _env_file=None))
    load_demo(shop.sessions, cached_store(CACHE / "demo", now=datetime.now(UTC)))
    shop.load()
    shop.close()


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real ``chroma run`` on a free port."""
    from retrieval.index.chroma_index import close_client, server_client

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = shutil.which("chroma", path=str(Path(sys.executable).parent)) or "chroma"
    folder = tmp_path_factory.mktemp("chroma-server")
    server = subprocess.Popen(
        [program, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(port, server)
        close_client(server_client(url))
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.poll() is None, "chroma run ended at once"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("chroma run did not open its port in 30 s")
