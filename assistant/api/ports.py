"""What the HTTP API needs of a shop; ``assistant.shop.Shop`` is one."""

from typing import TYPE_CHECKING, Protocol

from assistant.conversation.handoff import HandoffDesk
from assistant.conversation.service import ConversationService
from assistant.insights import Insights
from assistant.personal_data import PersonalData
from assistant.settings import Settings
from assistant.traffic import Traffic
from retrieval.events.recording import EventRecorder
from retrieval.experiments.experiment_store import ExperimentStore
from retrieval.experiments.rankers import RankerShelf
from retrieval.recommend.recommender import Recommender
from retrieval.sponsored.campaign_store import CampaignStore
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.customer_store import CustomerStore

if TYPE_CHECKING:
    from assistant.dialogue.rooms import Rooms


class ApiShop(Protocol):
    """A shop; ``rooms`` and what is named after it exist once ``load`` has returned."""

    settings: Settings
    catalog: CatalogStore
    handoffs: HandoffDesk
    personal_data: PersonalData
    insights: Insights
    traffic: Traffic
    customers: CustomerStore
    campaigns: CampaignStore
    experiments: ExperimentStore
    rooms: "Rooms"
    conversations: ConversationService
    recorder: EventRecorder
    recommender: Recommender
    rankers: RankerShelf

    def load(self) -> None:
        """Open index and models. Slow; called once, in a thread of its own."""
        ...

    def ready(self) -> dict[str, str | None]:
        """Component → what is wrong with it, ``None`` where nothing is."""
        ...

    def index_revision(self) -> int:
        """Revision of the catalogue that the index serves."""
        ...

    def close(self) -> None: ...
