"""A generated demo store kept in a folder, so that it is generated once."""

import json
import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from retrieval.catalog.product import Product
from retrieval.demo.behaviour import EventTable
from retrieval.demo.blueprint import data_fingerprint
from retrieval.demo.generator import REFERENCE_NOW, DemoStore, Progress, generate
from retrieval.demo.truth import Truth
from retrieval.reviews.review import Review
from retrieval.store.customer import Customer
from retrieval.store.order import Order

log = logging.getLogger(__name__)
Kept = TypeVar("Kept", bound=BaseModel)


def cached_store(
    folder: Path,
    seed: int = 7,
    scale: float = 1.0,
    now: datetime = REFERENCE_NOW,
    progress: Progress = lambda step: None,
) -> DemoStore:
    """The store from ``folder``, generated and kept there first where it is absent.

    It is kept under a name made of the data files' fingerprint, the seed and the scale; a damaged
    copy is made anew. Truth lies in files of its own (``truth.npz``, ``truth.json``).
    """
    home = folder / f"{data_fingerprint()[:16]}-{seed}-{scale:g}"
    if home.is_dir():
        try:
            progress("demo store from the cache")
            store = _read(home)
        except (OSError, ValueError, KeyError) as error:
            log.warning("The cached demo store in %s is damaged (%s); making it anew.", home, error)
            shutil.rmtree(home)
        else:
            store.move_to(now)
            return store
    store = generate(seed, scale, progress=progress)
    progress("cache")
    _write(home, store)
    store.move_to(now)
    return store


def _write(home: Path, store: DemoStore) -> None:
    """Write beside, then rename: a broken-off write leaves nothing that looks whole."""
    draft = home.with_name(home.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    _write_lines(draft / "products.jsonl", store.products)
    _write_lines(draft / "reviews.jsonl", store.reviews)
    _write_lines(draft / "customers.jsonl", store.customers)
    _write_lines(draft / "orders.jsonl", store.orders)
    columns = {field.name: getattr(store.events, field.name) for field in fields(store.events)}
    columns["end"] = store.events.end.isoformat()
    _write_arrays(draft / "events.npz", columns)
    _write_arrays(draft / "truth.npz", store.truth.arrays)
    secrets = {"quality": store.truth.quality, "labels": store.truth.labels}
    (draft / "truth.json").write_text(json.dumps(secrets), "utf-8")
    if not home.exists():
        draft.rename(home)


def _read(home: Path) -> DemoStore:
    with np.load(home / "events.npz") as columns:
        events = EventTable(
            **{
                field.name: columns[field.name]
                for field in fields(EventTable)
                if field.name not in ("queries", "customer_ids", "product_ids", "end")
            },
            queries=columns["queries"].tolist(),
            customer_ids=columns["customer_ids"].tolist(),
            product_ids=columns["product_ids"].tolist(),
            end=datetime.fromisoformat(str(columns["end"])),
        )
    with np.load(home / "truth.npz") as arrays:
        secrets = json.loads((home / "truth.json").read_text("utf-8"))
        truth = Truth(secrets["quality"], secrets["labels"], dict(arrays))
    return DemoStore(
        products=_read_lines(home / "products.jsonl", Product),
        reviews=_read_lines(home / "reviews.jsonl", Review),
        customers=_read_lines(home / "customers.jsonl", Customer),
        events=events,
        orders=_read_lines(home / "orders.jsonl", Order),
        truth=truth,
    )


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    np.savez_compressed(path, allow_pickle=False, **{k: np.array(v) for k, v in arrays.items()})


def _write_lines(path: Path, records: Iterable[BaseModel]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(record.model_dump_json() + "\n")


def _read_lines(path: Path, kind: type[Kept]) -> list[Kept]:
    with path.open(encoding="utf-8") as file:
        return [kind.model_validate_json(line) for line in file]
