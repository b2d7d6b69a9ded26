"""A small demo store, made once for all tests of this folder."""

import pytest

from retrieval.demo.generator import DemoStore, generate


@pytest.fixture(scope="session")
def small() -> DemoStore:
    return generate(seed=11, scale=0.15)
