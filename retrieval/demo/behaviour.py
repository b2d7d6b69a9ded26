"""A month of shopping, produced by the preference model of docs/demo-store.md.

A session looks at one list, of one type of product; a short one is filled up from the same
department. For customer ``c``, product ``p``, query ``q``:

    utility = -1.9 + 0.3 * interest(c, department of p) + brand(c, p) + color(c, p)
              - sensitivity(c) * |price level of p - level of c| + 0.9 * quality as c weighs it
              + 0.5 * appeal(p) + 0.35 * reduced(p) + 1.1 * match(q, p) - 1.5 * sold out(p)
    P(click at position k) = (1 + k) ** -0.55 * sigmoid(utility)
    P(cart | click) = sigmoid(utility - 0.5)      P(purchase | cart) = sigmoid(utility + 0.3)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isnan

import numpy as np
import numpy.typing as npt

from retrieval.demo.blueprint import Words, blueprint
from retrieval.demo.dice import array_dice, dice
from retrieval.demo.products import MadeProduct
from retrieval.demo.shoppers import Preferences, shoppers
from retrieval.demo.truth import Floats, Ints
from retrieval.events.event import Event, EventType
from retrieval.store.customer import Customer

DAYS = 30
SHOWN = 12
LISTS_PER_CUSTOMER = 4.0
KINDS = (EventType.IMPRESSION, EventType.CLICK, EventType.ADD_TO_CART, EventType.PURCHASE)
QUERY_KINDS = ("plain", "color", "brand", "budget", "browse")
QUERY_SHARES = (0.34, 0.2, 0.14, 0.14, 0.18)


@dataclass(slots=True)
class EventTable:
    """Events by column, in order of time; rows of one index belong together."""

    kind: Ints
    """Index into ``KINDS``."""
    customer: Ints
    product: Ints
    position: Ints
    value: Floats
    """NaN where an event has none."""
    query: Ints
    """Index into ``queries``; -1 where the list was browsed without one."""
    seconds: Ints
    """Before the end of the month, so never negative."""
    queries: list[str]
    customer_ids: list[str]
    product_ids: list[str]
    end: datetime

    def __len__(self) -> int:
        return len(self.kind)

    def __iter__(self) -> Iterator[Event]:
        """The events as records, not validated again: they were made, not received."""
        columns = (self.kind, self.customer, self.product, self.position, self.query, self.seconds)
        rows = zip(*(column.tolist() for column in columns), self.value.tolist(), strict=True)
        for kind, customer, product, position, query, seconds, value in rows:
            yield Event.model_construct(
                type=KINDS[kind],
                customer_id=self.customer_ids[customer],
                product_id=self.product_ids[product],
                conversation_id=None,
                turn_id=None,
                position=position,
                value=None if isnan(value) else round(value, 2),
                query=self.queries[query] if query >= 0 else None,
                at=self.end - timedelta(seconds=seconds),
            )


@dataclass(slots=True)
class Shelf:
    """What the preference model sees of the products, one row each."""

    department: Ints
    kind: Ints
    """Index into ``by_kind``."""
    brand: Ints
    colors: npt.NDArray[np.bool_]
    """(products, colours): offered in this colour."""
    price: Floats
    price_level: Floats
    """0 to 1 within the type's own price range, on a log scale."""
    quality: Floats
    appeal: Floats
    """Standard normal: looks and luck; also drives how often a product is shown."""
    reduced: npt.NDArray[np.bool_]
    in_stock: npt.NDArray[np.bool_]
    by_kind: list[tuple[int, Ints]]
    """Per product type its department, and its products."""
    brands: list[Words]
    color_names: list[str]


def make_shelf(made: Sequence[MadeProduct], quality: Floats, seed: int) -> Shelf:
    """``quality`` is ``quality_matrix`` over the same products."""
    plan = blueprint()
    brands = list(
        dict.fromkeys(brand for department in plan.departments for brand in department.brands)
    )
    brand_at = {brand.en: i for i, brand in enumerate(brands)}
    department_at = {department.id: i for i, department in enumerate(plan.departments)}
    color_names = list(plan.words.colors)
    colors = np.zeros((len(made), len(color_names)), np.bool_)
    kinds: dict[str, list[int]] = {}
    levels = []
    for row, item in enumerate(made):
        for color in item.product.all_attributes().get("color", []):
            colors[row, color_names.index(color)] = True
        kinds.setdefault(item.kind.id, []).append(row)
        low, high = np.log(item.kind.price)
        levels.append((np.log(item.product.price) - low) / (high - low))
    departments = [department_at[item.department.id] for item in made]
    return Shelf(
        department=np.array(departments),
        kind=np.array([list(kinds).index(item.kind.id) for item in made]),
        brand=np.array([brand_at[str(item.product.brand)] for item in made]),
        colors=colors,
        price=np.array([item.product.price for item in made], np.float32),
        price_level=np.clip(np.array(levels, np.float32), 0, 1),
        quality=quality,
        appeal=array_dice(seed, "appeal").normal(0, 1, len(made)).astype(np.float32),
        reduced=np.array([item.product.variants[0].list_price is not None for item in made]),
        in_stock=np.array([item.product.in_stock for item in made]),
        by_kind=[(departments[rows[0]], np.array(rows)) for rows in kinds.values()],
        brands=brands,
        color_names=color_names,
    )


@dataclass(slots=True)
class _Lists:
    """One row per list shown."""

    customer: Ints
    kind: Ints
    wish: Ints
    """Index into ``QUERY_KINDS``."""
    color: Ints
    brand: Ints
    budget: Floats
    seconds: Ints
    candidates: Ints
    """(lists, most products of a type): product rows, -1 where a type has fewer."""


def live_a_month(
    made: Sequence[MadeProduct],
    shelf: Shelf,
    customers: Sequence[Customer],
    taste: Preferences,
    seed: int,
    end: datetime,
    lists_each: float = LISTS_PER_CUSTOMER,
    days: int = DAYS,
) -> tuple[EventTable, dict[str, npt.NDArray[np.generic]]]:
    """The events, and the truth about every impression, by row among the events.

    ``lists_each`` is how many lists a customer looks at on average, over ``days``.
    """
    rng = array_dice(seed, "behaviour")
    lists = _draw_lists(made, shelf, taste, rng, lists_each, days)
    utility, match = _utility(lists, shelf, taste)
    noise = rng.gumbel(0, 1, utility.shape).astype(np.float32)
    merit = 0.7 * shelf.appeal[lists.candidates] + 0.9 * match + noise
    merit[lists.candidates < 0] = -np.inf
    shown = np.argsort(-merit, axis=1, kind="stable")[:, :SHOWN]
    product = np.take_along_axis(lists.candidates, shown, 1)
    utility = np.take_along_axis(utility, shown, 1)
    rows, places = np.nonzero(product >= 0)
    product, utility = product[rows, places], utility[rows, places]

    click = (1.0 + places) ** -0.55 * _sigmoid(utility)
    cart = _sigmoid(utility - 0.5)
    buy = _sigmoid(utility + 0.3) * shelf.in_stock[product]
    clicked = rng.random(len(product)) < click
    carted = clicked & (rng.random(len(product)) < cart)
    bought = carted & (rng.random(len(product)) < buy)
    queries, query = _word_queries(made, shelf, customers, lists, seed)
    blocks = []
    later = np.zeros(len(product), np.int64)
    for kind, happened in enumerate((np.ones_like(clicked), clicked, carted, bought)):
        at = np.flatnonzero(happened)
        value = np.full(len(at), (np.nan, np.nan, 1.0, np.nan)[kind], np.float32)
        blocks.append(
            {
                "kind": np.full(len(at), kind),
                "customer": lists.customer[rows[at]],
                "product": product[at],
                "position": places[at],
                "value": shelf.price[product[at]] if KINDS[kind] == EventType.PURCHASE else value,
                "query": query[rows[at]],
                "seconds": np.maximum(lists.seconds[rows[at]] - later[at], 0),
                "impression": at if kind == 0 else np.full(len(at), -1),
            }
        )
        later += rng.integers(5, 120, len(product))
    every = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    in_time = np.lexsort((every["position"], every["kind"], -every["seconds"]))
    every = {name: column[in_time] for name, column in every.items()}
    impression = every.pop("impression")
    events = EventTable(
        **every,
        queries=queries,
        customer_ids=[customer.id for customer in customers],
        product_ids=[item.product.id for item in made],
        end=end.astimezone(UTC),
    )
    event_rows = np.flatnonzero(impression >= 0)
    order = impression[event_rows]
    return events, {
        "impression_event": event_rows,
        "impression_utility": utility[order].astype(np.float32),
        "impression_click": click[order].astype(np.float32),
        "impression_purchase": (click * cart * buy)[order].astype(np.float32),
    }


def likings(shelf: Shelf, taste: Preferences, customer: int) -> Floats:
    """The chance that a customer who asked for nothing clicks each product, once looked at."""
    rows = np.arange(len(shelf.kind))[None]
    one = np.zeros(1, np.int64)
    browsing = np.full(1, QUERY_KINDS.index("browse"))
    seen = _Lists(
        customer=np.full(1, customer),
        kind=one,
        wish=browsing,
        color=one,
        brand=one,
        budget=np.zeros(1, np.float32),
        seconds=one,
        candidates=rows,
    )
    utility, _ = _utility(seen, shelf, taste)
    return np.asarray(_sigmoid(utility[0]), np.float32)


def _sigmoid(x: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.asarray(1 / (1 + np.exp(-x)))


def _draw_lists(
    made: Sequence[MadeProduct],
    shelf: Shelf,
    taste: Preferences,
    rng: np.random.Generator,
    lists_each: float,
    days: int,
) -> _Lists:
    people = len(taste.price_level)
    visits = 1 + rng.poisson(rng.gamma(2.0, (lists_each - 1) / 2, people))
    customer = np.repeat(np.arange(people), visits)
    count = len(customer)
    reach = np.cumsum(taste.department, axis=1)[customer]
    department = (rng.random((count, 1)) * reach[:, -1:] > reach).sum(1)
    kinds_of: list[list[int]] = [[] for _ in range(taste.department.shape[1])]
    for index, (owner, _) in enumerate(shelf.by_kind):
        kinds_of[owner].append(index)
    kind = np.array(
        [
            kinds_of[d][int(u * len(kinds_of[d]))]
            for d, u in zip(department.tolist(), rng.random(count).tolist(), strict=True)
        ]
    )
    table = _candidates(shelf)
    wish = rng.choice(len(QUERY_KINDS), count, p=QUERY_SHARES)
    # People mostly ask for a colour and a brand that they like and the shop has there.
    candidates = table[kind]
    liked_brand = taste.brand[customer[:, None], shelf.brand[candidates]]
    liked_brand[(candidates < 0) | (shelf.kind[candidates] != kind[:, None])] = -np.inf
    liked_brand += rng.gumbel(0, 0.5, liked_brand.shape).astype(np.float32)
    brand = shelf.brand[candidates[np.arange(count), liked_brand.argmax(1)]]
    has_color = np.array([shelf.colors[rows].any(0) for _, rows in shelf.by_kind])
    liked_color = np.where(has_color[kind], taste.color[customer], -np.inf)
    liked_color += rng.gumbel(0, 0.4, liked_color.shape).astype(np.float32)
    colorless = ~has_color[kind].any(1)
    wish[colorless & (wish == QUERY_KINDS.index("color"))] = QUERY_KINDS.index("plain")
    low, high = np.log(np.array([item.kind.price for item in made], np.float32)).T
    level = np.clip(taste.price_level[customer] + rng.normal(0.12, 0.08, count), 0.05, 1)
    first = candidates[:, 0]
    budget = np.exp(low[first] + level * (high - low)[first])
    step = np.where(budget < 50, 5, np.where(budget < 300, 10, 50))
    # Evenings are busier than mornings.
    hour = np.clip(rng.normal(19.5, 3.2, count), 6, 23.9)
    seconds = (rng.integers(0, days, count) * 86_400 + (24 - hour) * 3600).astype(np.int64)
    return _Lists(
        customer=customer,
        kind=kind,
        wish=wish,
        color=liked_color.argmax(1),
        brand=brand,
        budget=np.maximum(step, np.ceil(budget / step) * step).astype(np.float32),
        seconds=seconds,
        candidates=candidates,
    )


def _candidates(shelf: Shelf) -> Ints:
    """Per type the rows of its products, filled up from its department where they are few."""
    rows_of = []
    for department, rows in shelf.by_kind:
        others = np.setdiff1d(np.flatnonzero(shelf.department == department), rows)
        rows_of.append(np.concatenate([rows, others[: max(0, SHOWN - len(rows))]]))
    table = np.full((len(rows_of), max(map(len, rows_of))), -1)
    for index, rows in enumerate(rows_of):
        table[index, : len(rows)] = rows
    return table


def _utility(lists: _Lists, shelf: Shelf, taste: Preferences) -> tuple[Floats, Floats]:
    """Utility and query match, both (lists, candidates)."""
    who, what = lists.customer[:, None], lists.candidates
    color = np.where(shelf.colors[what], taste.color[who], -np.inf).max(-1)
    color = np.where(np.isfinite(color), color, 0)
    weighed = (taste.aspect[who] * shelf.quality[what]).sum(-1)
    applies = np.maximum((shelf.quality[what] != 0).sum(-1), 1)
    interest = np.log(taste.department[who, shelf.department[what]] * taste.department.shape[1])
    wish = lists.wish[:, None]
    fits = np.select(
        [wish == 1, wish == 2, wish == 3],
        [
            np.take_along_axis(shelf.colors[what], lists.color[:, None, None], 2)[..., 0],
            shelf.brand[what] == lists.brand[:, None],
            shelf.price[what] <= lists.budget[:, None],
        ],
        default=False,
    )
    match = np.where(wish == QUERY_KINDS.index("plain"), 0.0, np.where(fits, 1.0, -1.0))
    match = np.where(shelf.kind[what] == lists.kind[:, None], match, -1.0)
    match = np.where(wish == QUERY_KINDS.index("browse"), 0.0, match).astype(np.float32)
    off_level = np.abs(shelf.price_level[what] - taste.price_level[who])
    utility = (
        -1.9
        + 0.3 * np.clip(interest, -3, 3)
        + taste.brand[who, shelf.brand[what]]
        + color
        - taste.price_sensitivity[who] * off_level
        + 0.9 * weighed / applies
        + 0.5 * shelf.appeal[what]
        + 0.35 * shelf.reduced[what]
        + 1.1 * match
        - 1.5 * ~shelf.in_stock[what]
    )
    return utility.astype(np.float32), match


def _word_queries(
    made: Sequence[MadeProduct],
    shelf: Shelf,
    customers: Sequence[Customer],
    lists: _Lists,
    seed: int,
) -> tuple[list[str], Ints]:
    """Distinct queries, and per list which one was typed; -1 for browsing."""
    rng, words = dice(seed, "queries"), blueprint().words
    known: dict[str, int] = {}
    typed = np.full(len(lists.kind), -1)
    for row, wish in enumerate(lists.wish.tolist()):
        if QUERY_KINDS[wish] == "browse":
            continue
        locale = customers[lists.customer[row]].locale
        language = "zh" if locale == "zh" else "en"
        kind = made[lists.candidates[row, 0]].kind
        color = shelf.color_names[lists.color[row]]
        text = rng.choice(shoppers().queries[QUERY_KINDS[wish]][language]).format(
            noun=getattr(rng.choice(kind.nouns), language),
            category=getattr(kind.path[-1], language).lower(),
            color=color if language == "en" else words.chinese("color", color),
            brand=getattr(shelf.brands[lists.brand[row]], language),
            price=int(lists.budget[row]),
        )
        typed[row] = known.setdefault(text, len(known))
    return list(known), typed
