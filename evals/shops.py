"""The catalogues and requests that search is fitted and measured on; all of them may ship."""

import tempfile
from pathlib import Path

import numpy as np
from pyarrow import parquet

from evals.errors import DataError
from retrieval.catalog.importer import import_catalog
from retrieval.catalog.product import Product
from retrieval.demo.cache import cached_store
from retrieval.store.base import Base, connect, session_factory
from retrieval.store.catalog_store import CatalogStore


def demo_products(cache: Path, scale: float = 1.0) -> list[Product]:
    """Those of the demo store, generated into ``cache`` where it is not there yet."""
    return cached_store(cache, scale=scale).products


def livostyle_products(data: Path) -> list[Product]:
    """A real fashion shop's, as an import makes them. Raises ``DataError`` where it is absent."""
    feed = _present(data / "catalog_livostyle_fashion" / "products.parquet")
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{Path(folder) / 'shop.db'}")
        try:
            Base.metadata.create_all(engine)
            catalog = CatalogStore(session_factory(engine))
            import_catalog(feed, catalog)
            return list(catalog.scan())
        finally:
            engine.dispose()


def people_requests(data: Path, count: int) -> list[str]:
    """Shopping requests that people wrote, ``count`` of them drawn with a fixed seed."""
    file = _present(data / "requests_webshop" / "instructions.parquet")
    texts: list[str] = parquet.read_table(file).column("instruction").to_pylist()
    return [texts[row] for row in np.random.default_rng(0).permutation(len(texts))[:count]]


def _present(path: Path) -> Path:
    if not path.exists():
        raise DataError(f"{path} is not there.")
    return path
