"""How fast and in how much memory a catalogue is imported: ``python -m evals.import_rate``.

Generates a CSV feed, imports it into a fresh SQLite file in a process of its own, and beside it the
named baseline: the same rows read with ``csv.DictReader`` and added one by one through SQLAlchemy's
ORM, a commit each 500 rows, without mapping, validation, duplicates or attributes.

``searchable`` goes on after the import until every product can be searched for, and tells what each
part of that costs: the encoder works in a thread beside the rest, so the parts overlap.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import Engine

from assistant.settings import Settings
from retrieval.catalog.importer import import_catalog
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.encoder.opening import open_encoder
from retrieval.index.builder import IndexBuilder
from retrieval.index.generation import Place
from retrieval.store import Base, CatalogStore, connect, session_factory
from retrieval.store.tables import ProductRow, VariantRow

COLORS = ("black", "white", "navy", "red", "olive", "gray")
KINDS = ("oak chair", "wool coat", "steel bottle", "linen shirt", "desk lamp", "phone case")


def generate(path: Path, rows: int) -> None:
    """A feed of ``rows`` products with a paragraph, a category, a brand, a price and stock each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("id", "title", "description", "category", "brand", "price", "stock", "color", "tags")
        )
        for n in range(rows):
            kind = KINDS[n % len(KINDS)]
            text = f"A <b>{kind}</b> of series {n % 977}, made to last and easy to care for. " * 3
            path_text = f"Store > Department {n % 12} > Group {n % 97}"
            color, price = COLORS[n % len(COLORS)], f"${n % 400 + 0.99:.2f}"
            row = (f"p{n}", f"{kind} no. {n}", text, path_text, f"Brand {n % 300}", price, n % 50)
            writer.writerow((*row, color, "new|casual"))


def run_import(feed: Path, database: str) -> None:
    catalog = CatalogStore(session_factory(_open(database)))
    report = import_catalog(feed, catalog)
    assert report.created and not report.rejected


class TimedEncoder:
    """An encoder that adds up the seconds spent in it."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.dimension = encoder.dimension
        self.fingerprint = encoder.fingerprint
        self.seconds = 0.0

    def encode(self, texts: Sequence[str]) -> Vectors:
        start = perf_counter()
        vectors = self._encoder.encode(texts)
        self.seconds += perf_counter() - start
        return vectors


def run_searchable(feed: Path, database: str) -> dict[str, float]:
    """Imports and indexes; seconds by part, with the processor's beside them."""
    encoder = TimedEncoder(open_encoder(Settings().home / "models", "cpu"))
    start, cpu = perf_counter(), process_time()
    run_import(feed, database)
    stored, stored_cpu = perf_counter(), process_time()
    place = Place(feed.parent / "index")
    IndexBuilder(place, session_factory(_open(database)), encoder).build()
    return {
        "import_s": stored - start,
        "import_cpu_s": stored_cpu - cpu,
        "index_s": perf_counter() - stored,
        "index_cpu_s": process_time() - stored_cpu,
        "encoder_s": encoder.seconds,
    }


def run_baseline(feed: Path, database: str) -> None:
    sessions = session_factory(_open(database))
    with feed.open(encoding="utf-8", newline="") as file, sessions() as session:
        for number, row in enumerate(csv.DictReader(file), 1):
            price = float(row["price"].lstrip("$"))
            product = ProductRow(
                id=row["id"],
                revision=1,
                document=json.dumps(row),
                title=row["title"],
                text_hash="",
                price_min=price,
                in_stock=True,
                review_count=0,
            )
            session.add(product)
            variant = VariantRow(
                product_id=row["id"], sku=row["id"], position=0, price=price, in_stock=True
            )
            session.add(variant)
            session.flush()
            if number % 500 == 0:
                session.commit()
        session.commit()


WAYS: dict[str, Callable[[Path, str], dict[str, float] | None]] = {
    "import": run_import,
    "baseline": run_baseline,
    "searchable": run_searchable,
}


def _open(database: str) -> Engine:
    engine = connect(database)
    Base.metadata.create_all(engine)
    return engine


def measure(what: str, feed: Path, folder: Path) -> dict[str, float]:
    """Wall and CPU seconds of the work itself and peak resident memory (MB), in a fresh process.

    CPU seconds tell what the work costs on a machine that has other things to do.
    """
    command = [sys.executable, "-m", "evals.import_rate", "--only", what, "--feed", str(feed)]
    database = f"sqlite:///{folder}/{what}.db"
    done = subprocess.run(  # noqa: S603 (our own program)
        [*command, "--database", database], check=True, capture_output=True, text=True
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--only", choices=WAYS)
    parser.add_argument("--feed", type=Path)
    parser.add_argument("--database")
    arguments = parser.parse_args()
    if arguments.only:
        start, cpu = perf_counter(), process_time()
        parts = WAYS[arguments.only](arguments.feed, arguments.database) or {}
        found = {"seconds": perf_counter() - start, "cpu": process_time() - cpu, **parts}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**found, "peak_mb": peak}))  # noqa: T201
        return
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            feed = folder / "feed.csv"
            generate(feed, rows)
            for what in WAYS:
                found = measure(what, feed, folder)
                rate = rows / found["seconds"]
                line = (
                    f"{what}: {rows:,} rows, {rate:,.0f} rows/s of wall time, "
                    f"{rows / found['cpu']:,.0f} of CPU time, peak {found['peak_mb']:.0f} MB"
                )
                print(line, flush=True)  # noqa: T201
                told = [f"{name} {found[name]:.1f}" for name in found if name.endswith("_s")]
                if told:
                    print("  " + ", ".join(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
