"""The floor on hand-written queries, and the queries that weights are fitted on."""

from pathlib import Path

import pytest

from evals.answerable import answer_cases, fit_answerable, measure_wishes, vague_queries
from evals.fusion import ShopBench, fit, write
from evals.shops import demo_products, livostyle_products, people_requests
from finetune.search.shop_queries import QueryMaker
from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.opening import open_encoder
from retrieval.index.values import asked_key, held_keys
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.fusion import Fusion

CACHE = Path(__file__).parents[2] / "var" / "test-cache"
EVERY = 8  # of Livostyle's products: enough of each kind, and quick to encode


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder(CACHE / "encoder", "cpu")


@pytest.fixture(scope="module")
def livostyle(shared_data: Path) -> list[Product]:
    return livostyle_products(shared_data)[::EVERY]


@pytest.fixture(scope="module")
def benches(encoder: Encoder, livostyle: list[Product]) -> dict[str, ShopBench]:
    catalogues = {
        "demo": demo_products(CACHE / "demo", scale=0.2),
        "livostyle": livostyle,
    }
    return {
        name: ShopBench(name, products, encoder, Lexicon.load(), CACHE / "vectors", 24)
        for name, products in catalogues.items()
    }


@pytest.mark.parametrize("shop", ["demo", "livostyle"])
@pytest.mark.parametrize(
    ("queries", "least"), [("vague_queries", 0.8), ("vague_queries_unseen", 0.6)]
)
def test_vague_wishes_are_answered_and_nonsense_is_refused(
    benches: dict[str, ShopBench], shop: str, queries: str, least: float
) -> None:
    figures = measure_wishes(benches[shop], vague_queries(queries), Lexicon.load())
    for language in ("en", "zh"):
        assert figures["sensible"][language] >= least
        assert figures["refused"][language] >= least


def test_a_model_of_what_can_be_answered_is_fitted(
    benches: dict[str, ShopBench], shared_data: Path
) -> None:
    requests = people_requests(shared_data, 20)
    cases = list(answer_cases(list(benches.values()), requests, Lexicon.load()))
    assert {case.cell[3] for case in cases} >= {"own", "department", "request", "wish", "thing"}
    model, report = fit_answerable(cases, Fusion.load())
    assert report["held_out"] > report["held_out_by_floor_alone"]
    assert model.cosine > 0 and model.wish > 0


def test_queries_know_what_answers_them(livostyle: list[Product]) -> None:
    lexicon = Lexicon.load()
    made = QueryMaker(livostyle, lexicon).make(120)
    assert {query.kind for query in made} == {"type", "value", "title"}
    assert {query.language for query in made} == {"en", "zh"}
    assert QueryMaker(livostyle, lexicon).make(120) == made
    for query in made:
        assert query.relevant
        if query.kind == "value":
            meant = {c.name for c in lexicon.concepts() if query.value in c.forms()}
            wanted = {asked_key(name, query.value) for name in meant}
            for row in query.relevant:
                held = livostyle[row].all_attributes().items()
                keys = {key for n, values in held for v in values for key in held_keys(n, v)}
                assert keys & wanted


def test_a_fit_is_written_as_it_can_be_read(
    benches: dict[str, ShopBench],
    shared_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests = people_requests(shared_data, 20)
    fitted, report = fit(list(benches.values()), requests, Lexicon.load())
    assert 0 < fitted.floor_with_topic <= fitted.floor < 1
    assert fitted.bm25 + fitted.coverage + fitted.cosine == pytest.approx(1)
    chosen = report["ndcg_at_10"]["chosen"]
    assert chosen["ndcg_fitted"] >= report["ndcg_at_10"]["shipped before"]["ndcg_fitted"]
    write(fitted, tmp_path / "fusion.yaml")
    monkeypatch.setattr("retrieval.search.fusion.files", lambda _: tmp_path)
    Fusion.load.cache_clear()
    try:
        assert Fusion.load() == fitted
    finally:
        Fusion.load.cache_clear()
