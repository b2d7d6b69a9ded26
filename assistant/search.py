"""Search and product pages without a conversation: the same understanding, the same pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.dialogue.state import DialogueState
from assistant.dialogue.update import apply
from assistant.errors import InvalidRequestError
from assistant.reply.phrases import phrases
from assistant.turn import Personalised, ProductView, TurnLanguage
from retrieval.catalog.facets import CatalogFacets, ValueFacet
from retrieval.constraints import Constraints, Sort
from retrieval.language import detect

if TYPE_CHECKING:
    from assistant.dialogue.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. ``filters`` are attribute names (``brand`` too) with alternatives."""

    query: str = ""
    customer_id: str | None = None
    session_id: str | None = None
    """Stands for a shopper who is not signed in, where rankers are compared."""
    limit: int = 10
    language: TurnLanguage | None = None
    category: str | None = None
    price_min: float | None = None
    price_max: float | None = None
    rating_min: float | None = None
    sort: Sort | None = None
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """``total`` counts all that meet ``constraints``; ``products`` are the best of them."""

    constraints: Constraints
    total: int
    products: list[ProductView]
    personalised: Personalised
    timings_ms: dict[str, float]


def search(rooms: "Rooms", wanted: Search) -> SearchResult:
    """Understand the query like a first message, add the filters, find.

    What a filter says counts more than what the query says. Raises ``InvalidRequestError`` for a
    filter that is no attribute of the catalogue.
    """
    language = wanted.language or detect(wanted.query).spoken
    facets = rooms.facets()
    constraints = _understood(rooms, wanted.query, language)
    filters = {
        name: [_in_catalogue_words(facets, name, value) for value in values]
        for name, values in wanted.filters.items()
    }
    given: dict[str, Any] = {
        name: value
        for name in ("category", "price_min", "price_max", "rating_min", "sort")
        if (value := getattr(wanted, name)) is not None
    }
    constraints = constraints.model_copy(
        update={**given, "attributes": {**constraints.attributes, **filters}}
    )
    found = rooms.finder.find(
        constraints, wanted.customer_id, wanted.limit, session_id=wanted.session_id
    )
    return SearchResult(
        constraints=constraints,
        total=found.total,
        products=[rooms.cards.card(candidate, language) for candidate in found.candidates],
        personalised=Personalised(
            on=found.personalised == "history",
            why=phrases(language).say(f"personal_{found.personalised}"),
        ),
        timings_ms={name: round(spent, 2) for name, spent in found.timings_ms.items()},
    )


def _understood(rooms: "Rooms", query: str, language: TurnLanguage) -> Constraints:
    state = DialogueState(language=language)
    if not query:
        return state.constraints
    if name := rooms.finder.called(query):
        return Constraints(query=name)
    # What is looked for never depends on the intent, so the classifier is not asked.
    heard = rooms.understander().read(query, state)
    understood = apply(state, heard).constraints
    # What says nothing that is understood may still be a product's number; else nothing answers it.
    return understood if _says_something(understood) else Constraints(query=query)


def _says_something(understood: Constraints) -> bool:
    return understood != Constraints(currency=understood.currency)


def _in_catalogue_words(facets: CatalogFacets, name: str, value: str) -> str:
    """The catalogue's spelling of a value given in any of its languages."""
    if name != "brand" and name not in facets.attributes:
        raise InvalidRequestError(name, "There is no such parameter, and no such attribute.")
    wanted = value.casefold()
    values = facets.brands if name == "brand" else facets.attributes[name]
    return next((facet.value for facet in values if wanted in _spellings(facet)), value)


def _spellings(facet: ValueFacet) -> set[str]:
    return {word.casefold() for word in (facet.value, *facet.translations.values())}
