"""How search, memory and updates grow with the catalogue: ``shopkeeper eval index``.

Each size is a shop of its own in a temporary folder (``evals.generated_shop``), served by a fresh
process whose memory is read. Chroma's own search is measured beside ours up to 50,000 products; at
the larger sizes it is not filled, since no search asks it.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from evals.generated_shop import GeneratedShop
from evals.search_latency import time_chroma
from retrieval.constraints import Constraints
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.encoder.opening import open_encoder
from retrieval.index.builder import IndexBuilder
from retrieval.index.generation import Place, Snapshot
from retrieval.index.live import LiveIndex
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.bounded_cache import BoundedCache
from retrieval.search.fit import fitting_variants
from retrieval.search.hybrid import HybridSearch
from retrieval.store.base import connect, session_factory
from retrieval.store.catalog_store import CatalogStore, Selling

_LIMIT = 10
_COMPARED = 60
_MEGABYTE = 1024 * 1024
_PATIENCE_S = 60.0
_MOST_FOR_CHROMA = 50_000


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds of one call."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        return cls(*(round(float(v) * 1000, 2) for v in np.percentile(seconds, (50, 95))))


@dataclass(frozen=True, slots=True)
class ExactCosines:
    """An exhaustive search over vectors in full precision: what recall is measured against."""

    vectors: Vectors
    is_exact = True

    def scan(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        found: Vectors = self.vectors @ query
        return found

    def exact(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        found: Vectors = self.vectors[rows] @ query
        return found


@dataclass(frozen=True, slots=True)
class _Fixed:
    """Stands in for a live index that never changes."""

    snapshot: Snapshot


def measure_growth(
    titles: Sequence[str],
    vectors: Vectors,
    sizes: Sequence[int],
    encoder: Encoder,
    models: Path,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Makes a shop of each size and serves it in a process of its own.

    Args:
        titles: real ones; ``vectors`` are the encoder's of them, shape (titles, d).
        models: folder of the exported models, for the processes that serve.

    Returns:
        ``{"sizes": [figures of each], "cores", "load"}``, times in milliseconds.
    """
    found = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="shopkeeper-index-") as name:
            begun, cpu = time.perf_counter(), time.process_time()
            GeneratedShop(titles, vectors, size, encoder).write(Path(name))
            made = {
                "made_s": round(time.perf_counter() - begun, 1),
                "made_cpu_s": round(time.process_time() - cpu, 1),
            }
            tell(f"{size:,} products made and indexed in {made['made_s']} s")
            found.append({"products": size, **made, **_served(Path(name), models)})
            tell(json.dumps(found[-1]))
    return {"sizes": found, "cores": psutil.cpu_count(), "load": round(psutil.getloadavg()[0], 1)}


def _served(folder: Path, models: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "evals.index_scale", str(folder), str(models)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


class Served:
    """A generated shop as one process serves it."""

    def __init__(self, folder: Path, models: Path) -> None:
        self._folder = folder
        self._encoder = open_encoder(models, "cpu")
        sessions = session_factory(connect(f"sqlite:///{folder / 'shop.db'}"))
        self._catalog = CatalogStore(sessions)
        begun = time.perf_counter()
        self._live = LiveIndex(
            IndexBuilder(Place(folder / "index"), sessions, self._encoder), sessions
        )
        self._live.open()
        self._opened_s = time.perf_counter() - begun
        self._search = HybridSearch(self._live, self._encoder, self._catalog, Lexicon.load())
        self._queries = [
            Constraints.model_validate(line)
            for line in json.loads((folder / "queries.json").read_text(encoding="utf-8"))
        ]

    def figures(self) -> dict[str, Any]:
        """Everything measured; the searches first, while nothing else has touched memory."""
        free = [Constraints(query=wanted.query) for wanted in self._queries]
        plain = [wanted.model_copy(update={"query": ""}) for wanted in self._queries]
        self._timed([Constraints(query="warm"), Constraints(query="up", price_max=50)])
        figures: dict[str, Any] = {
            "open_s": round(self._opened_s, 2),
            "filtered_with_encoding": self._timed(self._queries),  # makes each vector known
            "filtered": self._timed(self._queries),
            "unfiltered": self._timed(free),
            "filters_only": self._timed(plain),
            "repeated": self._timed(self._queries, forget=False),
            "memory_mb": memory(),
            "outside_filters": self._outside(),
            "recall": self._recall(),
            "updates": self._updates(),
        }
        if len(self._live.snapshot.columns.ids) <= _MOST_FOR_CHROMA:
            theirs = self._chroma()
            ours = figures["filtered"]["wall_ms"]
            figures["chroma_where"] = {
                "wall_ms": asdict(theirs),
                "ratio_p50": round(ours["p50"] / theirs.p50, 3),
                "ratio_p95": round(ours["p95"] / theirs.p95, 3),
            }
        return figures

    def _chroma(self) -> Spread:
        """Chroma's own filtered search over the same products and queries, in this process."""
        products = [product for product in self._catalog.scan() if product.id != "new"]
        vectors = np.load(self._folder / "vectors.npy", mmap_mode="r")
        asked = list(self._encoder.encode([wanted.query for wanted in self._queries]))
        return Spread.of(time_chroma(products, vectors, self._queries, asked, _LIMIT))

    def _timed(self, wanted: Sequence[Constraints], forget: bool = True) -> dict[str, Any]:
        """Wall and processor time of a whole search, SQL included, and the medians of its parts.

        ``forget``: let none be answered from the memory of answers.
        """
        for cache in self._search.caches:
            if forget and cache.name == "answers" and isinstance(cache, BoundedCache):
                cache.clear()
        wall, busy, parts = [], [], []
        for constraints in wanted:
            cpu, start = time.thread_time(), time.perf_counter()
            parts.append(self._search.search(constraints, _LIMIT).timings_ms)
            wall.append(time.perf_counter() - start)
            busy.append(time.thread_time() - cpu)
        names = sorted({name for part in parts for name in part})
        return {
            "wall_ms": asdict(Spread.of(wall)),
            "cpu_ms": asdict(Spread.of(busy)),
            "parts_ms": {
                name: round(float(np.median([part.get(name, 0.0) for part in parts])), 2)
                for name in names
            },
        }

    def _outside(self) -> int:
        """Products found that do not meet the constraints as SQL has them; must be 0."""
        wrong = 0
        for wanted in self._queries[:_COMPARED]:
            candidates = self._search.search(wanted, 100).candidates
            present = self._catalog.get_many([candidate.id for candidate in candidates])
            for candidate in candidates:
                fitting = fitting_variants(present[candidate.id], wanted, {})
                wrong += candidate.variant.sku not in {variant.sku for variant in fitting}
        return wrong

    def _recall(self) -> dict[str, float]:
        """Share of the best 10 and 100 of an exhaustive search that are found."""
        vectors = ExactCosines(np.load(self._folder / "vectors.npy", mmap_mode="r"))
        fixed = _Fixed(replace(self._live.snapshot, vectors=vectors))
        exhaustive = HybridSearch(fixed, self._encoder, self._catalog, Lexicon.load())  # type: ignore[arg-type]
        shares: dict[int, list[float]] = {10: [], 100: []}
        for wanted in self._queries[:_COMPARED]:
            true = [c.id for c in exhaustive.search(wanted, 100).candidates]
            found = [c.id for c in self._search.search(wanted, 100).candidates]
            for depth, share in shares.items():
                if true:
                    both = set(true[:depth]) & set(found[:depth])
                    share.append(len(both) / len(true[:depth]))
        return {f"at_{depth}": round(float(np.mean(share)), 4) for depth, share in shares.items()}

    def _updates(self) -> dict[str, Any]:
        """Seconds until a change can be found, and what searches take meanwhile."""
        took: list[float] = []
        done = threading.Event()

        def ask() -> None:
            while not done.is_set():
                for wanted in self._queries:
                    start = time.perf_counter()
                    self._search.search(wanted, _LIMIT)
                    took.append(time.perf_counter() - start)
                    if done.wait(0.005):
                        return

        reader = threading.Thread(target=ask)
        reader.start()
        self._live.start()
        product = self._catalog.get("p0000000").model_copy(
            update={"id": "new", "title": "Zyxomat quartz lantern", "brand": "Zyxomat"}
        )
        product.variants = [product.variants[0].model_copy(update={"sku": "new", "in_stock": True})]
        wanted = Constraints(query="zyxomat lantern")
        found = {
            "new_s": self._until(lambda: self._catalog.upsert_many([product]), wanted, True),
            "price_s": self._until(
                lambda: self._catalog.update_stock_price([Selling("new", "new", price=1.5)]),
                wanted.model_copy(update={"price_max": 2.0}),
                True,
            ),
            "sold_out_s": self._until(
                lambda: self._catalog.update_stock_price([Selling("new", "new", stock=0)]),
                wanted,
                False,
            ),
        }
        done.set()
        reader.join()
        self._live.stop()
        return {
            **found,
            "searches": len(took),
            "search_ms": asdict(Spread.of(took)),
            "slowest_ms": round(max(took) * 1000, 1),
        }

    def _until(self, change: Callable[[], object], wanted: Constraints, present: bool) -> float:
        change()
        begun = time.perf_counter()
        while time.perf_counter() - begun < _PATIENCE_S:
            found = {c.id for c in self._search.search(wanted, _LIMIT).candidates}
            if ("new" in found) == present:
                break
            time.sleep(0.01)
        return round(time.perf_counter() - begun, 2)


def memory() -> dict[str, int]:
    """Megabytes of this process: resident in all, and without what it shares with files."""
    found = psutil.Process().memory_full_info()
    return {"resident": found.rss // _MEGABYTE, "own": found.uss // _MEGABYTE}


def main() -> None:
    folder, models = (Path(argument) for argument in sys.argv[1:3])
    print(json.dumps(Served(folder, models).figures()))  # noqa: T201


if __name__ == "__main__":
    main()
