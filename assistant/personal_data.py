"""All that is held about a customer, to hand out or to erase."""

from dataclasses import dataclass
from typing import Any

from assistant.conversation.store import ConversationStore
from assistant.errors import CustomerNotFoundError
from retrieval.experiments.experiment_store import ExperimentStore
from retrieval.ranking.shadow_store import ShadowStore
from retrieval.sponsored.campaign_store import CampaignStore
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.order_store import OrderStore
from retrieval.store.review_store import ReviewStore

EVERY_ORDER = 1_000_000


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Reaches into every store that knows customers."""

    customers: CustomerStore
    events: EventStore
    orders: OrderStore
    reviews: ReviewStore
    conversations: ConversationStore
    campaigns: CampaignStore | None = None
    experiments: ExperimentStore | None = None
    shadows: ShadowStore | None = None

    def export(self, customer_id: str) -> dict[str, Any]:
        """Everything, as JSON values. Raises ``CustomerNotFoundError`` where there is nothing."""
        customer = self.customers.get(customer_id)
        held: dict[str, Any] = {
            "customer": customer.model_dump(mode="json") if customer else None,
            "events": [e.model_dump(mode="json") for e in self.events.export(customer_id)],
            "orders": [
                order.model_dump(mode="json")
                for order in self.orders.by_customer(customer_id, limit=EVERY_ORDER)
            ],
            "reviews": [r.model_dump(mode="json") for r in self.reviews.of_customer(customer_id)],
            **self.conversations.export(customer_id),
        }
        shown = {
            "sponsored": self.campaigns.export(customer_id) if self.campaigns else [],
            "compared": self.experiments.export(customer_id) if self.experiments else [],
            "scored": self.shadows.export(customer_id) if self.shadows else [],
        }
        if not any(held.values()) and not any(shown.values()):
            raise CustomerNotFoundError("Nothing is held about this customer.")
        return {"customer_id": customer_id, **held, "shown": shown}

    def erase(self, customer_id: str) -> dict[str, int]:
        """Erase everything; what was erased, counted. Reviews stay, without their author.

        Raises ``CustomerNotFoundError`` where nothing was held.
        """
        held = self.export(customer_id)
        self.events.erase(customer_id)
        self.orders.erase(customer_id)
        self.reviews.forget_author(customer_id)
        self.conversations.erase(customer_id)
        if self.campaigns is not None:
            self.campaigns.forget(customer_id)
        if self.experiments is not None:
            self.experiments.erase(customer_id)
        if self.shadows is not None:
            self.shadows.erase(customer_id)
        self.customers.erase(customer_id)
        return {
            "customer": int(held["customer"] is not None),
            **{name: len(value) for name, value in held.items() if isinstance(value, list)},
        }
