"""A writer that is killed, not stopped, leaves what was there before serving."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from retrieval.constraints import Constraints
from retrieval.index.check import check_index
from retrieval.index.generation_store import GenerationStore

OpenShop = Callable[..., Any]

BUILD = """
import sys, time
from pathlib import Path
import numpy as np
from retrieval.index.builder import IndexBuilder
from retrieval.index.generation import Place
from retrieval.store.base import connect, session_factory

class Slow:
    dimension, fingerprint = 384, "another"
    def encode(self, texts):
        print("encoding", flush=True)
        time.sleep(60)

sessions = session_factory(connect(sys.argv[1]))
IndexBuilder(Place(Path(sys.argv[2])), sessions, Slow()).build()
"""

IMPORT = """
import sys
from pathlib import Path
from retrieval.catalog.importer import import_catalog
from retrieval.store import CatalogStore, connect, session_factory

def tell(rows):
    print(rows, flush=True)

catalog = CatalogStore(session_factory(connect(sys.argv[1])))
import_catalog(Path(sys.argv[2]), catalog, on_progress=tell)
"""


def killed(program: str, *arguments: str, lines: int = 1) -> None:
    """Runs a program until it has said so many lines, and kills it."""
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL


def found(shop: Any, query: str) -> list[str]:
    live = shop.live()
    result = shop.search(live).search(Constraints(query=query), 3)
    live.stop()
    return [candidate.id for candidate in result.candidates]


def test_a_killed_rebuild_leaves_the_old_index_serving(open_shop: OpenShop) -> None:
    shop = open_shop("furniture")
    active = shop.builder().build()
    killed(BUILD, str(shop.engine.url), str(shop.place.folder))
    generations = GenerationStore(shop.sessions)
    assert generations.active_id() == active.id
    assert len(generations.inactive()) == 1  # what the killed one began
    assert found(shop, "comfortable couch")[0] == "sofa"
    assert not check_index(shop.place, shop.sessions, shop.encoder.fingerprint)
    begun = time.monotonic()
    after = shop.builder().build()  # the lock went with the process
    assert time.monotonic() - begun < 20
    assert shop.place.present() == [after.id]
    assert generations.inactive() == []


def test_a_killed_import_leaves_the_old_products_and_whole_batches(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    shop = open_shop("furniture")
    shop.builder().build()
    feed = tmp_path / "feed.csv"
    rows = (f"new-{n},Quillfish stool {n},{n % 90 + 1}" for n in range(20_000))
    feed.write_text("\n".join(["id,title,price", *rows]), encoding="utf-8")
    killed(IMPORT, str(shop.engine.url), str(feed), lines=2)
    imported = shop.catalog.count() - 5
    assert imported >= 1000
    assert imported % 500 == 0
    assert found(shop, "comfortable couch")[0] == "sofa"
    assert found(shop, "quillfish")[0].startswith("new-")
