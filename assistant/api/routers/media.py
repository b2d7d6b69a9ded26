"""Pictures of the demo store's products, drawn when asked for."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from assistant.api.access import LoadedShop
from assistant.api.problems import documented
from assistant.api.text import Key
from assistant.errors import PictureNotFoundError
from retrieval.demo.pictures import render_picture

router = APIRouter(prefix="/media", tags=["media"])

_HEADERS = {
    "Cache-Control": "public, max-age=86400",
    # An SVG opened by itself is a document: it may run and load nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}


@router.get("/{product_id:path}.svg", responses=documented(404), response_class=Response)
def read_picture(
    product_id: Annotated[Key, Path()],
    shop: LoadedShop,
    color: Annotated[Key | None, Query(description="Colour to draw it in.")] = None,
) -> Response:
    """The picture of a product of the demo store, in its first variant's colour or in `color`."""
    if not shop.catalog.state().is_demo:
        raise PictureNotFoundError("Only the demo store's products have pictures here.")
    picture = render_picture(shop.catalog.get(product_id), color)
    return Response(picture, media_type="image/svg+xml", headers=_HEADERS)
