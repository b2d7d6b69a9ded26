"""Products."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from assistant.api.access import LoadedShop
from assistant.api.problems import documented
from assistant.api.routers.recommendations import HomeQuery
from assistant.api.schemas import ProductDetail, ProductsView
from assistant.api.text import Key
from assistant.recommendations import beside
from assistant.turn import TurnLanguage

router = APIRouter(prefix="/v1/products", tags=["products"])


class BesideQuery(HomeQuery):
    """For whom, how many, in which language."""


@router.get("/{product_id:path}/similar", responses=documented(404))
def read_similar(
    product_id: Annotated[Key, Path()], wanted: Annotated[BesideQuery, Query()], shop: LoadedShop
) -> ProductsView:
    """What may do instead of a product, each with what it has in common with it."""
    found = shop.recommender.similar(product_id, wanted.limit, wanted.customer_id)
    return beside([product_id], found, shop.rooms, wanted.locale)


@router.get("/{product_id:path}/goes-with", responses=documented(404))
def read_goes_with(
    product_id: Annotated[Key, Path()], wanted: Annotated[BesideQuery, Query()], shop: LoadedShop
) -> ProductsView:
    """What is bought along with a product."""
    found = shop.recommender.goes_with([product_id], wanted.limit, wanted.customer_id)
    return beside([product_id], found, shop.rooms, wanted.locale)


@router.get("/{product_id:path}", responses=documented(404))
def read_product(
    product_id: Annotated[Key, Path()], shop: LoadedShop, locale: TurnLanguage = "en"
) -> ProductDetail:
    """A product with its variants and what its reviews say."""
    product = shop.catalog.get(product_id)
    text = product.text(locale)
    # A product imported a moment ago may not be indexed yet, and has no card then.
    found = shop.rooms.describe([product.id], None)
    summary = shop.rooms.cards.summary(found[0].reviews if found else None, locale, None)
    reviews = found[0].reviews if found else None
    counted = reviews is not None and reviews.count > 0
    return ProductDetail(
        id=product.id,
        title=text.title,
        description=text.description,
        brand=text.brand or product.brand,
        category_path=text.category_path or product.category_path,
        attributes={**product.all_attributes(), **text.attributes},
        price=product.price,
        currency=product.currency,
        in_stock=product.in_stock,
        rating=reviews.rating if reviews is not None and counted else product.rating,
        review_count=reviews.count if reviews is not None and counted else product.review_count,
        image_url=product.image_url,
        url=product.url,
        variants=product.variants,
        review_summary=summary,
    )
