"""A small shop with real stores behind the HTTP API; only models and index are left out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Gate
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.api.app import create_app
from assistant.cart import CartStore
from assistant.conversation.handoff import HandoffDesk
from assistant.conversation.service import ConversationService
from assistant.conversation.store import ConversationStore
from assistant.dialogue.outcome import DialogueEngine
from assistant.insights import Insights
from assistant.personal_data import PersonalData
from assistant.reply.cards import CardWriter
from assistant.settings import Settings
from assistant.traffic import Traffic
from assistant.understanding.understander import Understander
from retrieval.candidate import Candidate
from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.product import Product, ProductText, Variant
from retrieval.constraints import Constraints
from retrieval.events.recording import EventRecorder
from retrieval.experiments.experiment_store import ExperimentStore
from retrieval.experiments.rankers import RankerShelf
from retrieval.lexicon import Lexicon
from retrieval.pipeline import Found
from retrieval.ranking.features import Features
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile_store import ProfileStore
from retrieval.ranking.ranker import LearnedRanker
from retrieval.ranking.scorers import LinearScorer
from retrieval.ranking.shadow_store import ShadowStore
from retrieval.ranking.traits import PriceLevels
from retrieval.search.bounded_cache import BoundedCache
from retrieval.sponsored.campaign_store import CampaignStore
from retrieval.sponsored.sponsors import Sponsors
from retrieval.store.base import Sessions
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.order_store import OrderStore
from retrieval.store.review_store import ReviewStore
from retrieval.store.traffic_store import TrafficStore

AGENT, ADMIN, ANN, BO = "agent-key", "admin-key", "ann-key", "bo-key"

PRODUCTS = [
    Product(
        id="p1",
        title="Linen dress",
        description="Cool in summer.",
        brand="Acme",
        category_path=["Clothing", "Dresses"],
        variants=[
            Variant(sku="p1-M", price=40, attributes={"color": "black", "size": "M"}, stock=3),
            Variant(sku="p1-L", price=45, attributes={"color": "red", "size": "L"}, in_stock=False),
        ],
        translations={"zh": ProductText(title="亚麻裙", attributes={"color": ["黑色", "红色"]})},
    ),
    Product(id="p/2", title="Mug", variants=[Variant(sku="mug", price=9)]),
]


class SmallFinder:
    """Lists the products that the constraints' price and attributes let through."""

    def __init__(
        self,
        products: list[Product],
        catalog: CatalogStore,
        events: EventStore,
        customers: CustomerStore,
    ) -> None:
        self.products = products
        self.customers = customers
        self.caches = [BoundedCache("answers", 10)]
        self.shadow = None
        levels = PriceLevels(CatalogFacets.observe(products))
        self.profiles = ProfileStore(events, catalog, levels)

    def called(self, query: str) -> None:
        """Nothing is found by its name."""

    def profile(self, customer_id: str) -> tuple[None, str]:
        customer = self.customers.get(customer_id)
        on = customer is None or customer.personalise
        return None, "no_history" if on else "customer_off"

    def find(
        self,
        constraints: Constraints,
        customer_id: str | None,
        limit: int,
        session_id: str | None = None,
    ) -> Found:
        fits = [
            Candidate(product, variant)
            for product in self.products
            for variant in product.variants
            if constraints.price_max is None or variant.price <= constraints.price_max
            if all(
                {variant.attributes.get(name, product.brand)} & set(values)
                for name, values in constraints.attributes.items()
            )
        ]
        return Found(fits[:limit], len(fits), "anonymous", timings_ms={"search": 1.0})


class SmallShop:
    def __init__(self, settings: Settings, sessions: Sessions, engine: DialogueEngine) -> None:
        self.settings = settings
        self.gate = Gate()
        self.gate.set()
        self.fails = False
        self.catalog = CatalogStore(sessions)
        self.catalog.upsert_many(PRODUCTS)
        self.events = EventStore(sessions)
        self.orders = OrderStore(sessions)
        self.reviews = ReviewStore(sessions)
        self.customers = CustomerStore(sessions)
        self.handoffs = HandoffDesk(sessions)
        self.insights = Insights(sessions)
        self.campaigns = CampaignStore(sessions)
        self.experiments = ExperimentStore(sessions)
        self.shadows = ShadowStore(sessions)
        self.traffic = Traffic(sessions, self.experiments, self.shadows)
        store = ConversationStore(sessions)
        self.personal_data = PersonalData(
            self.customers,
            self.events,
            self.orders,
            self.reviews,
            store,
            self.campaigns,
            self.experiments,
            self.shadows,
        )
        self.recorder = EventRecorder(
            self.events,
            self.catalog,
            Sponsors(self.campaigns, 0.5),
            customers=self.customers,
            rejection_log=TrafficStore(sessions),
        )
        self.conversations = ConversationService(store, engine, self.recorder)
        lexicon = Lexicon.load()
        self.rooms: Any = SimpleNamespace(
            carts=CartStore(sessions),
            cards=CardWriter(lexicon),
            facets=lambda: CatalogFacets.observe(PRODUCTS),
            finder=SmallFinder(PRODUCTS, self.catalog, self.events, self.customers),
            understander=lambda: Understander(lexicon, CatalogFacets.observe(PRODUCTS)),
            describe=lambda ids, customer_id: [],
        )
        features = Features(Popularity(), self.rooms.finder.profiles.levels)
        self.rankers = RankerShelf(LearnedRanker(features, LinearScorer()), features)
        self.problems: dict[str, str | None] = {"models": "loading"}

    def load(self) -> None:
        assert self.gate.wait(20)
        if self.fails:
            raise RuntimeError("postgresql://user:secret@host")
        self.problems = {"models": None}

    def ready(self) -> dict[str, str | None]:
        return dict(self.problems)

    def index_revision(self) -> int:
        return self.catalog.revision()

    def close(self) -> None: ...


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        home=tmp_path,
        agent_api_key=AGENT,
        admin_api_key=ADMIN,
        agents={"ann": ANN, "bo": BO},
        max_body_bytes=20_000,
    )


@pytest.fixture
def shop(settings: Settings, sqlite: Sessions, engine: DialogueEngine) -> SmallShop:
    return SmallShop(settings, sqlite, engine)


@pytest.fixture
def app(shop: SmallShop) -> FastAPI:
    return create_app(shop)


class Caller:
    """Someone who opens conversations."""

    def __init__(self, client: httpx.Client) -> None:
        self.http = client

    def open(self, **body: Any) -> "Talk":
        answer = self.http.post("/v1/conversations", json=body)
        assert answer.status_code == 201, answer.text
        return Talk(self.http, answer.json())


class Talk:
    """A conversation as its shopper has it."""

    def __init__(self, client: httpx.Client, opened: dict[str, str]) -> None:
        self.http, self.opened = client, opened
        self.id = opened["conversation_id"]
        self.path = f"/v1/conversations/{self.id}"
        self.bearer = {"Authorization": f"Bearer {opened['token']}"}

    def say(self, text: str, **headers: str) -> httpx.Response:
        return self.http.post(
            f"{self.path}/messages", json={"text": text}, headers={**self.bearer, **headers}
        )

    def read(self) -> dict[str, Any]:
        answer = self.http.get(self.path, headers=self.bearer)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def post(self, call: str, body: object = None) -> httpx.Response:
        return self.http.post(f"{self.path}/{call}", json=body, headers=self.bearer)


class Desk:
    """An agent with an API key."""

    def __init__(self, client: httpx.Client, key: str, **headers: str) -> None:
        self.http, self.headers = client, {"Authorization": f"Bearer {key}", **headers}

    def queue(self, status: str = "waiting") -> list[dict[str, Any]]:
        answer = self.http.get(f"/v1/handoffs?status={status}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["handoffs"]
        return found

    def act(self, handoff_id: str, call: str, body: object = None) -> httpx.Response:
        return self.http.post(f"/v1/handoffs/{handoff_id}/{call}", json=body, headers=self.headers)


@pytest.fixture
def http(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the loaded application."""
    with TestClient(app, raise_server_exceptions=False) as client:
        app.state.loading.wait(20)
        yield client


@pytest.fixture
def open_talk() -> Callable[..., Talk]:
    """Opens a conversation through any client."""
    return lambda client, **body: Caller(client).open(**body)


@pytest.fixture
def open_desk() -> Callable[..., Desk]:
    """An agent's desk through any client: ``open_desk(client, key)``."""
    return Desk


@pytest.fixture
def caller(http: httpx.Client) -> Caller:
    return Caller(http)


@pytest.fixture
def talk(caller: Caller) -> Talk:
    return caller.open(customer_id="cust")


@pytest.fixture
def desks(http: httpx.Client) -> dict[str, Desk]:
    return {
        "ann": Desk(http, ANN),
        "bo": Desk(http, BO),
        "admin": Desk(http, ADMIN),
        "shared": Desk(http, AGENT),
    }
