"""Search without a conversation."""

from collections import defaultdict
from typing import Annotated

from fastapi import APIRouter, Query, Request

from assistant.api.access import LoadedShop
from assistant.api.problems import documented
from assistant.api.schemas import SearchAnswer
from assistant.api.text import Key, ShortText
from assistant.errors import InvalidRequestError
from assistant.search import Search, search
from assistant.turn import TurnLanguage
from retrieval.constraints import Sort

router = APIRouter(prefix="/v1/search", tags=["search"])

Price = Annotated[float | None, Query(ge=0, allow_inf_nan=False)]
_NAMED = frozenset(
    [
        "q",
        "customer_id",
        "limit",
        "locale",
        "category",
        "price_min",
        "price_max",
        "rating_min",
        "sort",
    ]
)
_MOST_VALUES = 50


@router.get("", responses=documented())
def search_products(
    request: Request,
    shop: LoadedShop,
    q: ShortText = "",
    customer_id: Key | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    locale: TurnLanguage | None = None,
    category: Key | None = None,
    price_min: Price = None,
    price_max: Price = None,
    rating_min: Annotated[float | None, Query(ge=0, le=5, allow_inf_nan=False)] = None,
    sort: Sort | None = None,
) -> SearchAnswer:
    """Retrieval and ranking alone. ``q`` is understood like a first message.

    Any further parameter is an attribute of the catalogue (``color=black``); given several times
    it offers alternatives. One that the catalogue does not have is a 422.
    """
    if price_min is not None and price_max is not None and price_min > price_max:
        raise InvalidRequestError("price_min", "It is above price_max.")
    result = search(
        shop.rooms,
        Search(
            query=q,
            customer_id=customer_id,
            limit=limit,
            language=locale,
            category=category,
            price_min=price_min,
            price_max=price_max,
            rating_min=rating_min,
            sort=sort,
            filters=_filters(request),
        ),
    )
    return SearchAnswer(
        query=q,
        constraints=result.constraints,
        total=result.total,
        products=result.products,
        personalised=result.personalised,
        timings_ms=result.timings_ms,
    )


def _filters(request: Request) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = defaultdict(list)
    for name, value in request.query_params.multi_items():
        if name not in _NAMED:
            filters[name].append(value)
    if sum(map(len, filters.values())) > _MOST_VALUES:
        raise InvalidRequestError("query", f"More than {_MOST_VALUES} values to filter by.")
    return filters
