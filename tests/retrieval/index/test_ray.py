"""Bulk embedding on a local Ray gives the index that is built in process."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.check import check_index
from retrieval.index.generation import Place
from retrieval.index.generation_store import GenerationStore
from retrieval.index.ray_embedding import EmbeddedTexts
from retrieval.store.base import Sessions

OpenShop = Callable[..., Any]

MODELS = Path(__file__).parents[3] / "var" / "test-cache" / "encoder"


def test_known_texts_are_not_encoded_again(encoder: Encoder) -> None:
    known = np.full(encoder.dimension, 0.5, dtype=np.float32)
    both = EmbeddedTexts(encoder, {"sofa": known}).encode(["desk", "sofa"])
    np.testing.assert_array_equal(both[1], known)
    np.testing.assert_allclose(both[0], encoder.encode(["desk"])[0], atol=1e-6)


REBUILD = """
import sys
from pathlib import Path
from retrieval.encoder.opening import open_encoder
from retrieval.index.builder import IndexBuilder
from retrieval.index.document import embedding_text
from retrieval.index.generation import Place
from retrieval.index.ray_embedding import embed_with_ray
from retrieval.store import CatalogStore, connect, session_factory

class Unused:
    dimension, fingerprint = 384, sys.argv[4]
    def encode(self, texts):
        raise AssertionError("Ray should have encoded " + str(texts))

sessions = session_factory(connect(sys.argv[1]))
texts = [embedding_text(product) for product in CatalogStore(sessions).scan()]
encoder = embed_with_ray(texts, Unused(), Path(sys.argv[3]))
IndexBuilder(Place(Path(sys.argv[2])), sessions, encoder).build()
"""


@pytest.mark.timeout(300)
def test_a_local_ray_builds_the_same_index(open_shop: OpenShop, tmp_path: Path) -> None:
    shop = open_shop("furniture", "phones_zh")
    shop.builder().build()
    own = stored(shop.place, shop.sessions)
    elsewhere = Place(tmp_path / "index")
    # In a process of its own, where Ray may warn and handle signals as it likes.
    done = subprocess.run(
        [
            *(sys.executable, "-c", REBUILD, str(shop.engine.url), str(elsewhere.folder)),
            *(str(MODELS), shop.encoder.fingerprint),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = stored(elsewhere, shop.sessions)
    assert theirs.keys() == own.keys()
    for key, row in own.items():
        np.testing.assert_allclose(theirs[key], row, atol=1e-6)
    assert not check_index(elsewhere, shop.sessions, shop.encoder.fingerprint)


def stored(place: Place, sessions: Sessions) -> dict[str, Vectors]:
    """The vectors of the active generation."""
    active = GenerationStore(sessions).active_id()
    with place.vectors(active) as vectors:
        return {
            key: row for ids, rows in vectors.scan() for key, row in zip(ids, rows, strict=True)
        }
