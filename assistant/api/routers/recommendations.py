"""Recommendations: the rows of a home page, what goes with a cart."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from assistant import recommendations
from assistant.api.access import LoadedShop
from assistant.api.problems import documented
from assistant.api.schemas import ProductsView, RecommendationsView
from assistant.api.text import Key
from assistant.turn import TurnLanguage

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])

Limit = Annotated[int, Field(ge=1, le=24)]


class HomeQuery(BaseModel):
    """For whom, how many in a row, in which language."""

    model_config = ConfigDict(extra="forbid")

    customer_id: Key | None = None
    limit: Limit = 6
    locale: TurnLanguage = "en"


class CartQuery(HomeQuery):
    """The products in the cart."""

    product_id: Annotated[list[Key], Field(min_length=1, max_length=50)]


@router.get("", responses=documented())
def read_recommendations(
    wanted: Annotated[HomeQuery, Query()], shop: LoadedShop
) -> RecommendationsView:
    """Rows of a home page, each product with its reasons; a first visit gets what is popular."""
    return recommendations.home(
        shop.recommender, shop.rooms, wanted.customer_id, wanted.limit, wanted.locale
    )


@router.get("/cart", responses=documented(404))
def read_goes_with_cart(wanted: Annotated[CartQuery, Query()], shop: LoadedShop) -> ProductsView:
    """What is bought along with the products in a cart."""
    ids = list(dict.fromkeys(wanted.product_id))
    found = shop.recommender.goes_with(ids, wanted.limit, wanted.customer_id)
    return recommendations.beside(ids, found, shop.rooms, wanted.locale)
