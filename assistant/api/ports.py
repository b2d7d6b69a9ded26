"""What the HTTP API needs of a shop; ``assistant.shop.Shop`` is one."""

from typing import Protocol

from assistant.conversation.handoff import HandoffDesk
from assistant.conversation.service import ConversationService
from assistant.dialogue.rooms import Rooms
from assistant.personal_data import PersonalData
from assistant.settings import Settings
from retrieval.events.recording import EventRecorder
from retrieval.store.catalog_store import CatalogStore


class ApiShop(Protocol):
    """A shop; ``rooms``, ``conversations`` and ``recorder`` exist once ``load`` has returned."""

    settings: Settings
    catalog: CatalogStore
    handoffs: HandoffDesk
    personal_data: PersonalData
    rooms: Rooms
    conversations: ConversationService
    recorder: EventRecorder

    def load(self) -> None:
        """Open index and models. Slow; called once, in a thread of its own."""
        ...

    def ready(self) -> dict[str, str | None]:
        """Component → what is wrong with it, ``None`` where nothing is."""
        ...

    def close(self) -> None: ...
