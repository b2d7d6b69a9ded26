import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from finetune.errors import TrainingDataError
from finetune.search import shop
from finetune.search.contrastive import Schedule
from finetune.search.shop import (
    SearchFigures,
    ShopMaterial,
    ShopSearch,
    adapt_encoder,
    clicked_queries,
    gather,
)
from retrieval.catalog.product import Product, Variant
from retrieval.encoder.catalog_adapter import CatalogAdapter
from retrieval.encoder.encoder import Vectors
from retrieval.events.event import Event, EventType
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.fusion import Fusion

KINDS = {"Sofas": "sofa", "Desks": "desk", "Lamps": "lamp", "Rugs": "rug", "Beds": "bed"}
COLORS = ["red", "blue", "green", "black", "white", "brown"]


@pytest.fixture(scope="module")
def products() -> list[Product]:
    return [
        Product(
            id=f"p{number}",
            title=f"{color} {kind} number {number}",
            category_path=["Home", category],
            attributes={"color": [color]},
            variants=[Variant(sku=f"s{number}", price=10.0, stock=1, in_stock=True)],
        )
        for number, (category, kind, color) in enumerate(
            (category, kind, color) for category, kind in KINDS.items() for color in COLORS * 2
        )
    ]


class Letters:
    """An encoder that counts letters; a ``wrong`` one draws lots."""

    dimension = 384
    fingerprint = "letters"

    def __init__(self, wrong: bool = False) -> None:
        self._wrong = wrong

    def encode(self, texts: Sequence[str]) -> Vectors:
        found = np.full((len(texts), 384), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            if self._wrong:
                found[row] = np.random.default_rng(crc32(text.encode())).random(384)
            for letter in () if self._wrong else text.lower():
                found[row, ord(letter) % 384] += 1
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found / norms, dtype=np.float32)


def event(kind: EventType, product: str, query: str | None) -> Event:
    return Event(
        type=kind,
        customer_id="c",
        product_id=product,
        query=query,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_clicks_carts_and_purchases_add_up() -> None:
    log = [
        event(EventType.IMPRESSION, "p1", "red sofa"),
        event(EventType.CLICK, "p1", "Red  Sofa"),
        event(EventType.PURCHASE, "p1", "red sofa"),
        event(EventType.CLICK, "p2", "red sofa"),
        event(EventType.CLICK, "gone", "red sofa"),
        event(EventType.CLICK, "p2", None),
        *[event(EventType.PURCHASE, "p2", "rug")] * 9,
    ]
    found = clicked_queries(log, {"p1": 1, "p2": 2})
    assert found == {"red sofa": {1: 4.0, 2: 1.0}, "rug": {2: 6.0}}


def test_held_out_texts_are_not_trained_on(products: list[Product]) -> None:
    material = gather(products, [], Lexicon.load(), 400, 7)
    assert material.source == "catalogue"
    assert not material.train.keys() & material.held_out.keys()
    assert len(material.train) > 2 * len(material.held_out) > 40


def test_clicks_measure_where_there_are_enough(products: list[Product]) -> None:
    log = [event(EventType.CLICK, "p1", f"sofa for room {number}") for number in range(600)]
    material = gather(products, log, Lexicon.load(), 400, 7)
    assert material.source == "clicks"
    assert all(text.startswith("sofa for room") for text in material.held_out)
    assert {1: 1.0} in material.train.values()


def test_a_catalogue_that_gives_no_queries_is_told(products: list[Product]) -> None:
    with pytest.raises(TrainingDataError, match="too few"):
        gather(products[:1], [], Lexicon.load(), 50, 7)


def figures(ndcg: float, answered: float = 0.9, through: float = 0.1) -> SearchFigures:
    return SearchFigures(ndcg, 0.5, answered, through, 0.5, 0.5)


def test_worse_search_does_not_serve() -> None:
    before = figures(0.6)
    assert figures(0.6).is_as_good_as(before)
    assert not figures(0.599).is_as_good_as(before)
    assert not figures(0.9, answered=0.8).is_as_good_as(before)
    assert not figures(0.9, through=0.2).is_as_good_as(before)


def test_both_encoders_are_measured_on_the_same_queries(
    products: list[Product], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    def fit(queries: Sequence[object], *_: object, **__: object) -> CatalogAdapter:
        trained.append(len(queries))
        return CatalogAdapter({"layer": (np.ones((1, 2), np.float32), np.ones((2, 1), np.float32))})

    monkeypatch.setattr(shop, "fit_encoder", fit)
    lexicon = Lexicon.load()
    material = ShopMaterial(
        {"red sofa": {0: 1.0}, "nothing": {}}, {}, {"blue desk": {13: 1.0, 19: 1.0}}, "catalogue"
    )
    found = adapt_encoder(
        ShopSearch(products, lexicon),
        material,
        lambda file: Letters(wrong=file is not None),
        None,
        tmp_path,
        Schedule(),
        lambda line: None,
    )
    assert trained == [1]  # a query without an answer teaches nothing
    assert found.before.cosine_ndcg_at_10 > found.after.cosine_ndcg_at_10
    assert found.before.fused_ndcg_at_10 == pytest.approx(1.0)
    assert CatalogAdapter.load(tmp_path / "adapter.safetensors").layers.keys() == {"layer"}
    assert Fusion.of_shop(tmp_path) == found.fusion == Fusion.load()  # nothing to weigh them on
    told = json.loads((tmp_path / "metrics.json").read_text())
    assert told["before_cosine_ndcg_at_10"] == found.before.cosine_ndcg_at_10
    assert told["source"] == "catalogue"


def test_weights_are_learnt_where_others_are_better(products: list[Product]) -> None:
    """Shoppers who type nonsense click by its letters: only the vectors can tell."""
    search = ShopSearch(products, Lexicon.load())
    encoder = Letters()
    titles = encoder.encode(search.texts)
    clicked = {
        (text := f"{product.title[::-1]} {number}"): {
            int((titles @ encoder.encode([text])[0]).argmax()): 1.0
        }
        for number, product in enumerate(products)
    }
    words_only = replace(Fusion.load(), bm25=0.5, coverage=0.5, cosine=0.0)
    learnt = search.weigh(encoder, words_only, clicked)
    assert learnt.cosine > 0.5
    assert learnt.floor == words_only.floor
    few = dict(list(clicked.items())[:5])
    assert search.weigh(encoder, words_only, few) == words_only


def test_weights_are_learnt_on_queries_that_neither_train_nor_measure(
    products: list[Product],
) -> None:
    material = gather(products, [], Lexicon.load(), 400, 7)
    assert material.weigh
    assert not material.weigh.keys() & (material.train.keys() | material.held_out.keys())
