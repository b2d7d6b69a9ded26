"""Fixtures for every room. What is slow to make is made once and kept under ``var/test-cache``."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """Where exported models are kept between test runs."""
    folder = ROOT / "var" / "test-cache" / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets, laid beside the project; a missing one is a failure."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.fail(f"the public data sets are not at {folder}")
    return folder
