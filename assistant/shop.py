"""The composition root: opens every room of a shop and joins them."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread

from assistant.cart import CartStore
from assistant.conversation.handoff import HandoffDesk
from assistant.conversation.service import ConversationService
from assistant.conversation.store import ConversationStore
from assistant.dialogue.engine import GraphEngine
from assistant.dialogue.rooms import Rooms
from assistant.dialogue.state import DialogueState
from assistant.insights import Insights
from assistant.migrations import migrate
from assistant.personal_data import PersonalData
from assistant.policies.book import PolicyBook
from assistant.policies.passage import PolicyFolder
from assistant.settings import Settings
from assistant.traffic import Traffic
from assistant.understanding.intent import OnnxIntentClassifier
from assistant.understanding.understander import Understander
from assistant.watching import Watching
from assistant.webhook import Webhook
from retrieval.constraints import Constraints
from retrieval.encoder import open_encoder
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.opening import open_shop_encoder, promoted_adapter, promoted_folder
from retrieval.events.recording import EventRecorder
from retrieval.experiments.experiment_store import ExperimentStore
from retrieval.experiments.explorer import Explorer
from retrieval.experiments.rankers import RankerShelf
from retrieval.experiments.trials import Trials
from retrieval.index.builder import IndexBuilder
from retrieval.index.generation import Place
from retrieval.index.live import LiveIndex
from retrieval.lexicon import Lexicon
from retrieval.pipeline import ProductFinder
from retrieval.ranking.shadow import Shadow
from retrieval.ranking.shadow_store import ShadowStore
from retrieval.recommend.behaviour import BehaviourReader
from retrieval.recommend.recommender import Recommender
from retrieval.recommend.source import NeighbourSource
from retrieval.reviews.judge import ShippedJudge
from retrieval.search.fusion import Fusion
from retrieval.sponsored.campaign_store import CampaignStore
from retrieval.sponsored.sponsors import Sponsors
from retrieval.store.base import connect, session_factory
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.order_store import OrderStore
from retrieval.store.review_store import ReviewStore
from retrieval.store.traffic_store import TrafficStore

log = logging.getLogger(__name__)

_LIKELY = 30  # categories that are searched for once before a shopper does

Announce = Callable[[str], None]
"""Told of each step of loading, when it is done."""


class Shop:
    """A shop: its stores at once, its models and its index with ``load``."""

    rooms: Rooms
    conversations: ConversationService
    recorder: EventRecorder
    recommender: Recommender
    rankers: RankerShelf
    live: LiveIndex
    _settling: Thread
    _watching: Watching

    def __init__(self, settings: Settings) -> None:
        """Connects to the database and brings it up to date.

        Raises:
            StoreError: the database does not answer.
        """
        self.settings = settings
        settings.home.mkdir(parents=True, exist_ok=True)
        self._engine = connect(settings.resolved_database_url())
        migrate(self._engine)
        self.sessions = session_factory(self._engine)
        self.catalog = CatalogStore(self.sessions)
        self.reviews = ReviewStore(self.sessions)
        self.events = EventStore(self.sessions)
        self.customers = CustomerStore(self.sessions)
        self.orders = OrderStore(self.sessions)
        self.handoffs = HandoffDesk(self.sessions)
        self.insights = Insights(self.sessions)
        self.campaigns = CampaignStore(self.sessions)
        self.experiments = ExperimentStore(self.sessions)
        self.shadows = ShadowStore(self.sessions)
        self.traffic = Traffic(self.sessions, self.experiments, self.shadows)
        self.personal_data = PersonalData(
            self.customers,
            self.events,
            self.orders,
            self.reviews,
            ConversationStore(self.sessions),
            self.campaigns,
            self.experiments,
            self.shadows,
        )
        self._opening = Lock()
        self._problems: dict[str, str | None] = {
            "store": None,
            "models": "loading",
            "index": "loading",
        }

    def load(self, announce: Announce = log.info) -> None:
        """Opens models and index, and joins the rooms; once, however often it is called. Seconds;
        the first time, with the export of the models and the indexing, up to a minute or two.

        Raises:
            RetrievalError, AssistantError: what is missing; ``ready`` tells it too.
        """
        with self._opening:
            if not self.is_ready():
                self._load(announce)

    def _load(self, announce: Announce) -> None:
        with self._loading("models", announce):
            encoder = self.open_encoder()
            intents = OnnxIntentClassifier.open(self.models, self.settings.device)
            lexicon = Lexicon.load()
            for own in self.reviews.own_aspects():
                lexicon.add_aspect(own.name, own.labels)
        with self._loading("index", announce):
            self.live = LiveIndex(
                self.index_builder(encoder), self.sessions, self.settings.vector_search == "chroma"
            )
            self.live.open()
            self.live.start()
            self._join(encoder, intents, lexicon)
        self._watching = self._watch()
        self._problems = dict.fromkeys(self._problems)
        self._settling = Thread(target=self._settle, name="shop-settle", daemon=True)
        self._settling.start()

    def ready(self) -> dict[str, str | None]:
        """Component → what is wrong with it, ``None`` where nothing is."""
        return dict(self._problems)

    def index_revision(self) -> int:
        """Revision of the catalogue that the index serves."""
        return self.live.snapshot.revision

    def wait_until_settled(self) -> None:
        """Waits until what is read after the start (statistics, rules) has been read."""
        self._settling.join()

    def is_ready(self) -> bool:
        return not any(self._problems.values())

    def is_demo(self) -> bool:
        """Whether the catalogue is the demo store's."""
        return self.catalog.state().is_demo

    def close(self) -> None:
        """Ends the background work and lets go of the database."""
        if hasattr(self, "_settling"):
            self._settling.join()
            self._watching.stop()
        if hasattr(self, "live"):
            if self.rooms.finder.shadow is not None:
                self.rooms.finder.shadow.wait()
            self.live.stop()
            self.recorder.save_rejections()
        self._engine.dispose()

    @property
    def models(self) -> Path:
        """Where exported models are cached."""
        return self.settings.home / "models"

    def open_encoder(self) -> Encoder:
        """Of products and queries, adapted to this shop where that was done."""
        return open_shop_encoder(self.models, self.settings.device)

    def _packaged(self, encoder: Encoder) -> Encoder:
        """The encoder as it ships, for what is no product."""
        if promoted_adapter(self.models) is None:
            return encoder
        return open_encoder(self.models, self.settings.device)

    def index_builder(self, encoder: Encoder) -> IndexBuilder:
        place = Place(self.settings.home / "index", self.settings.chroma_url)
        return IndexBuilder(place, self.sessions, encoder)

    def _join(self, encoder: Encoder, intents: OnnxIntentClassifier, lexicon: Lexicon) -> None:
        judge = ShippedJudge(self.models)
        finder = ProductFinder.open(
            live=self.live,
            encoder=encoder,
            lexicon=lexicon,
            catalog=self.catalog,
            reviews=self.reviews,
            events=self.events,
            customers=self.customers,
            personalise=self.settings.personalise,
            held=True,
            ranking_model=self.models / "ranking",
            objective=self.settings.objective,
            review_half_life_days=self.settings.review_half_life_days,
            judge=judge,
            fusion=Fusion.of_shop(promoted_folder(self.models)),
        )
        neighbours = self._equip(finder)
        self.recommender = Recommender(finder, neighbours, self.catalog)
        listeners = [heard for heard in (finder.profiles, neighbours, finder.sponsors) if heard]
        self.recorder = EventRecorder(
            self.events,
            self.catalog,
            *listeners,
            rate_cap=self.settings.events_per_customer_minute,
            product_cap=self.settings.events_per_product_hour,
            customers=self.customers,
            rejection_log=TrafficStore(self.sessions),
        )
        self.rooms = Rooms(
            shop_name=self.settings.shop_name,
            page_size=self.settings.page_size,
            understander=_current(lexicon, self.live, intents),
            finder=finder,
            catalog=self.catalog,
            facets=lambda: self.live.snapshot.facets,
            lexicon=lexicon,
            carts=CartStore(self.sessions),
            orders=self.orders,
            policies=PolicyBook(PolicyFolder(self._policies()), self._packaged(encoder)),
            own_words=self.insights.own_words,
            clauses=judge.clauses,
        )
        self.conversations = ConversationService(
            ConversationStore(self.sessions), GraphEngine(self.rooms), self.recorder
        )

    def _equip(self, finder: ProductFinder) -> NeighbourSource:
        """Gives the finder neighbours, sponsors, experiments and newcomers."""
        neighbours = NeighbourSource(
            BehaviourReader(self.sessions), finder.search.leaves, finder.search, self.catalog
        )
        finder.neighbours = neighbours
        finder.sponsors = Sponsors(self.campaigns, self.settings.sponsored_share)
        self.rankers = RankerShelf(
            finder.ranker, finder.features, self.models / "ranking", self.settings.objective
        )
        finder.trials = Trials(self.experiments, self.rankers)
        finder.shadow = Shadow(
            self.models / "ranking",
            self.rankers.open,
            self.shadows,
            finder.features.opinion.examination,
        )
        finder.explorer = Explorer(finder.popularity, self.settings.explore_share)
        return neighbours

    def _warm_up(self) -> None:
        """Does once what is slow the first time: dictionaries, first passes, statements."""
        for words in ("warm", "热身"):
            self.rooms.understander().understand(words, DialogueState())
            self.rooms.finder.find(Constraints(query=words), None, 1)
        for node in self.rooms.facets().categories[:_LIKELY]:  # what shoppers are likely to say
            self.rooms.finder.find(Constraints(query=node.path[-1]), None, 1)

    def _settle(self) -> None:
        """Does what may come a few seconds after the doors have opened."""
        self._warm_up()
        freshness = self.rooms.finder.freshness
        if freshness is not None:
            freshness.release()
            freshness.wait()
        for language in ("en", "zh"):
            self.rooms.policies.find("", language)
        self._watching.start()

    def _watch(self) -> Watching:
        """What looks after the reviews in the background, and tells the merchant's own system."""
        url, secret = self.settings.webhook_url, self.settings.webhook_secret
        webhook = None
        if url is not None and secret is not None:
            webhook = Webhook(self.insights.alarms, str(url), secret.get_secret_value())
        freshness = self.rooms.finder.freshness
        read = freshness.touch if freshness is not None else lambda: None
        return Watching(self.insights.store, self.insights.alarms, webhook, read)

    def _policies(self) -> Path | None:
        """The shop's own passages; the demo store's only where its products are sold."""
        if self.settings.policies is not None or not self.is_demo():
            return self.settings.policies
        return Path(__file__).parent.parent / "retrieval" / "demo" / "policies"

    @contextmanager
    def _loading(self, component: str, announce: Announce) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        except Exception as error:
            self._problems[component] = f"{type(error).__name__}: {error}"
            raise
        self._problems[component] = None
        announce(f"{component} ready after {time.perf_counter() - begun:.1f} s")


def _current(
    lexicon: Lexicon, live: LiveIndex, intents: OnnxIntentClassifier
) -> Callable[[], Understander]:
    """The understander for the facets now serving; made anew when the index has switched."""
    made: dict[str, Understander] = {}

    def current() -> Understander:
        snapshot = live.snapshot
        if snapshot.generation not in made:
            fresh = Understander(lexicon, snapshot.facets, intents, snapshot.content.words)
            made.clear()
            made[snapshot.generation] = fresh
            return fresh
        return made[snapshot.generation]

    return current
