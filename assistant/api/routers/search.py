"""Search without a conversation."""

from collections import defaultdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from assistant.api.access import LoadedShop
from assistant.api.problems import documented
from assistant.api.schemas import SearchAnswer
from assistant.api.text import Key, ShortText
from assistant.errors import InvalidRequestError
from assistant.search import Search, search
from assistant.turn import TurnLanguage
from retrieval.constraints import Price, Sort

router = APIRouter(prefix="/v1/search", tags=["search"])

_MOST_VALUES = 50


class SearchQuery(BaseModel):
    """The parameters that have a name; further ones are attributes of the catalogue."""

    model_config = ConfigDict(extra="allow")

    q: ShortText = ""
    customer_id: Key | None = None
    session_id: Key | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    locale: TurnLanguage | None = None
    category: Key | None = None
    price_min: Price | None = None
    price_max: Price | None = None
    rating_min: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] | None = None
    sort: Sort | None = None


@router.get("", responses=documented())
def search_products(
    request: Request, wanted: Annotated[SearchQuery, Query()], shop: LoadedShop
) -> SearchAnswer:
    """Retrieval and ranking alone. ``q`` is understood like a first message.

    Any further parameter is an attribute of the catalogue (``color=black``); given several times
    it offers alternatives. One that the catalogue does not have is a 422.
    """
    low, high = wanted.price_min, wanted.price_max
    if low is not None and high is not None and low > high:
        raise InvalidRequestError("price_min", "It is above price_max.")
    result = search(
        shop.rooms,
        Search(
            query=wanted.q,
            customer_id=wanted.customer_id,
            session_id=wanted.session_id,
            limit=wanted.limit,
            language=wanted.locale,
            category=wanted.category,
            price_min=low,
            price_max=high,
            rating_min=wanted.rating_min,
            sort=wanted.sort,
            filters=_filters(request),
        ),
    )
    return SearchAnswer(
        query=wanted.q,
        constraints=result.constraints,
        total=result.total,
        products=result.products,
        personalised=result.personalised,
        timings_ms=result.timings_ms,
    )


def _filters(request: Request) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = defaultdict(list)
    for name, value in request.query_params.multi_items():
        if name not in SearchQuery.model_fields:
            filters[name].append(value)
    if sum(map(len, filters.values())) > _MOST_VALUES:
        raise InvalidRequestError("query", f"More than {_MOST_VALUES} values to filter by.")
    return filters
