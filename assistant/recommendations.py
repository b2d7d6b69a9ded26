"""Recommendations in words: rows of a home page, what is like a product, what goes with a cart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.api.schemas import NamedProduct, ProductsView, RecommendationsView, RowView
from assistant.reply import display
from assistant.reply.phrases import phrases
from assistant.turn import Personalised, TurnLanguage
from retrieval.candidate import Candidate
from retrieval.recommend.recommender import Recommender, Row

if TYPE_CHECKING:
    from assistant.dialogue.rooms import Rooms


def home(
    recommender: Recommender,
    rooms: "Rooms",
    customer_id: str | None,
    limit: int,
    language: TurnLanguage,
) -> RecommendationsView:
    """The rows of a home page, and whether they are personal and why."""
    found = recommender.home(customer_id, limit)
    return RecommendationsView(
        customer_id=customer_id,
        personalised=Personalised(
            on=found.personalised == "history",
            why=phrases(language).say(f"personal_{found.personalised}"),
        ),
        rows=[_row(row, rooms, language) for row in found.rows],
    )


def beside(
    product_ids: Sequence[str],
    candidates: Sequence[Candidate],
    rooms: "Rooms",
    language: TurnLanguage,
) -> ProductsView:
    """Products beside others."""
    cards = [rooms.cards.card(candidate, language) for candidate in candidates]
    return ProductsView(product_ids=list(product_ids), products=cards)


def _row(row: Row, rooms: "Rooms", language: TurnLanguage) -> RowView:
    product = row.because
    title = display.title(product, language) if product is not None else ""
    return RowView(
        kind=row.kind,
        title=phrases(language).say(f"row_{row.kind}", product=title),
        because=NamedProduct(id=product.id, title=title) if product is not None else None,
        products=[rooms.cards.card(candidate, language) for candidate in row.candidates],
    )
