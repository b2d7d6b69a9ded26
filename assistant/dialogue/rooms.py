"""What the dialogue reaches into. One record, so that every step is a function of its arguments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.cart import CartStore
from assistant.policies.book import PolicyBook
from assistant.reply.cards import CardWriter
from assistant.reply.reasons import ReasonWriter
from assistant.reply.wish import WishWriter
from assistant.understanding.understander import Understander
from retrieval.candidate import Candidate
from retrieval.catalog.facets import CatalogFacets
from retrieval.lexicon import Lexicon
from retrieval.pipeline import ProductFinder
from retrieval.reviews.clause_reader import ClauseReader
from retrieval.reviews.vocabulary import OwnWords
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.order_store import OrderStore


@dataclass(frozen=True)
class Rooms:
    """The rooms below the dialogue."""

    shop_name: str
    page_size: int
    understander: Callable[[], Understander]
    """The one that goes with the index now serving: its facets change with the catalogue."""
    finder: ProductFinder
    catalog: CatalogStore
    facets: Callable[[], CatalogFacets]
    lexicon: Lexicon
    carts: CartStore
    orders: OrderStore
    policies: PolicyBook
    own_words: Callable[[], OwnWords] = lambda: ()
    """Review aspects that the merchant took over, with the words that name them."""
    clauses: ClauseReader | None = None
    """Tells which aspect a question means that no word names: "will my feet hurt?"."""

    @cached_property
    def cards(self) -> CardWriter:
        return CardWriter(self.lexicon)

    @cached_property
    def reasons(self) -> ReasonWriter:
        return ReasonWriter(self.lexicon)

    @property
    def currency(self) -> str:
        return self.facets().currency

    def wish(self) -> WishWriter:
        return WishWriter(self.lexicon, self.facets())

    def describe(self, ids: Sequence[str], customer_id: str | None) -> list[Candidate]:
        """Candidates, with reviews, for products already talked about; those gone are left out."""
        return self.finder.describe(ids, None, customer_id)
