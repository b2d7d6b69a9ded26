"""Behaviour: what shoppers saw, clicked and bought."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from assistant.api.access import Counters, LoadedShop
from assistant.api.problems import documented
from assistant.api.schemas import EventsTaken, RejectedEvent
from assistant.errors import InvalidRequestError
from retrieval.events.event import Event

router = APIRouter(prefix="/v1/events", tags=["events"])

MOST_EVENTS = 1000
_SCHEMA = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "maxItems": MOST_EVENTS,
                    "items": {"$ref": "#/components/schemas/Event"},
                }
            }
        }
    }
}


@router.post(
    "",
    status_code=202,
    responses=documented(413),
    openapi_extra=_SCHEMA,
    response_model_exclude_defaults=True,
)
def post_events(
    body: Annotated[list[dict[str, Any]], Body(max_length=MOST_EVENTS)],
    shop: LoadedShop,
    counters: Counters,
) -> EventsTaken:
    """Take behaviour in. Events that make no sense are told by place and reason."""
    for index, item in enumerate(body):
        for name in item.keys() - Event.model_fields.keys():
            raise InvalidRequestError(f"[{index}].{name}", "There is no such field.")
    recorded = shop.recorder.record(body)
    counters.events.labels("accepted").inc(recorded.accepted)
    counters.events.labels("rejected").inc(len(recorded.rejected))
    counters.events_of_strangers.inc(recorded.unknown_customers)
    for code, count in recorded.reasons().items():
        counters.events_rejected.labels(code).inc(count)
    return EventsTaken(
        accepted=recorded.accepted,
        reasons=recorded.reasons(),
        unknown_customers=recorded.unknown_customers,
        rejected=[
            RejectedEvent(index=r.index, field=r.field, reason=r.reason, code=r.code)
            for r in recorded.rejected
        ],
    )
