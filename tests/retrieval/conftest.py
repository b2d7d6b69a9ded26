"""Small shops of several kinds, each with a real database, encoder and index."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.opening import open_encoder
from retrieval.index.builder import IndexBuilder
from retrieval.index.generation import Place
from retrieval.index.live import LiveIndex
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.hybrid import HybridSearch
from retrieval.store.base import Base, Sessions, connect, session_factory
from retrieval.store.catalog_store import CatalogStore

ROOT = Path(__file__).parents[2]


@dataclass
class IndexedShop:
    """A catalogue in SQL with everything that is needed to index and search it."""

    engine: Engine
    sessions: Sessions
    catalog: CatalogStore
    place: Place
    encoder: Encoder

    def builder(self, patience_s: float = 20.0) -> IndexBuilder:
        return IndexBuilder(self.place, self.sessions, self.encoder, patience_s)

    def live(self, ask_chroma: bool = False) -> LiveIndex:
        live = LiveIndex(self.builder(), self.sessions, ask_chroma)
        live.open()
        return live

    def search(self, live: LiveIndex | None = None) -> HybridSearch:
        live = live or self.live()
        return HybridSearch(live, self.encoder, self.catalog, Lexicon.load())


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return open_encoder(ROOT / "var" / "test-cache" / "encoder", "cpu")


@pytest.fixture(scope="session")
def shop_products() -> Callable[[str], list[Product]]:
    """Products of ``fashion``, ``furniture`` or ``phones_zh``, new objects at each call."""

    def read(name: str) -> list[Product]:
        text = (Path(__file__).parent / "shops" / f"{name}.yaml").read_text(encoding="utf-8")
        return [Product.model_validate(entry) for entry in yaml.safe_load(text)]

    return read


@pytest.fixture(scope="session")
def open_shop(
    encoder: Encoder,
    shop_products: Callable[[str], list[Product]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., IndexedShop]]:
    """``open_shop("fashion")``: a new database with these products, not indexed yet."""
    engines: list[Engine] = []

    def open_one(*names: str, chroma_url: str | None = None) -> IndexedShop:
        folder = tmp_path_factory.mktemp("shop")
        engine = connect(f"sqlite:///{folder / 'shop.db'}")
        engines.append(engine)
        Base.metadata.create_all(engine)
        sessions = session_factory(engine)
        catalog = CatalogStore(sessions)
        catalog.upsert_many(product for name in names for product in shop_products(name))
        return IndexedShop(engine, sessions, catalog, Place(folder / "index", chroma_url), encoder)

    yield open_one
    for engine in engines:
        engine.dispose()
