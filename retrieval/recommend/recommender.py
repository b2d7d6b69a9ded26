"""Products for a home page, a product page and a cart, each with the evidence behind it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from retrieval.candidate import Candidate, Evidence
from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.pipeline import Personal, ProductFinder
from retrieval.ranking.diversity import diversify, interests_of, near_twins
from retrieval.ranking.evidence import NEW_DAYS
from retrieval.ranking.profile import CustomerProfile
from retrieval.recommend import grounds
from retrieval.recommend.source import NeighbourSource
from retrieval.store.catalog_store import CatalogStore

RowKind = Literal[
    "for_you", "because_you_viewed", "across_departments", "new_for_you", "new_here", "popular_now"
]
POOL = 300
"""Candidates of one row."""
KINDS_JOINED = 4
"""Categories that go with one, of which products are offered."""
ACTED_ON = 5
OF_ONE_KIND = 2
"""Products of one category among those that go with others: a row of chargers helps nobody."""
Reason = Callable[[Candidate], Iterable[Evidence | None]]


@dataclass(slots=True)
class Row:
    """One row of a home page."""

    kind: RowKind
    candidates: list[Candidate]
    because: Product | None = None
    """What the row goes out from."""


@dataclass(slots=True)
class Home:
    """The rows in the order to show them; no product is in two."""

    personalised: Personal
    rows: list[Row] = field(default_factory=list)


class Recommender:
    """Reads what the finder knows. Nothing is shown for which there is no evidence."""

    def __init__(
        self,
        finder: ProductFinder,
        neighbours: NeighbourSource,
        catalog: CatalogStore,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._finder = finder
        self.neighbours = neighbours
        self._catalog = catalog
        self._now = now

    def home(self, customer_id: str | None, limit: int) -> Home:
        """Rows of at most ``limit`` products; those for which nothing can be said are missing."""
        profile, why = self._finder.profile(customer_id)
        home, taken = Home(why), set[str]()

        def add(row: Row | None) -> None:
            if row is not None and row.candidates:
                home.rows.append(row)
                taken.update(c.id for c in row.candidates)

        if profile is not None and why == "history":
            taken |= _bought(profile)
            add(self._for_you(profile, limit, taken))
            add(self._because(profile, limit, taken))
            add(self._across(profile, limit, taken))
        add(self._new(profile if why == "history" else None, limit, taken))
        add(self._popular(profile, limit, taken))
        return home

    def similar(
        self, product_id: str, limit: int, customer_id: str | None = None
    ) -> list[Candidate]:
        """Products that may do instead of one: alike by text, or looked at by the same customers.

        Raises ``ProductNotFoundError``.
        """
        product = self._catalog.get(product_id)
        profile, _ = self._finder.profile(customer_id)
        return self._like(product, profile, limit, {product.id})

    def goes_with(
        self, product_ids: Sequence[str], limit: int, customer_id: str | None = None
    ) -> list[Candidate]:
        """Products that are bought along with one or with a whole cart, never another of its kind
        unless customers bought the two.

        Raises ``ProductNotFoundError`` where none of the products exists.
        """
        products = list(self._catalog.get_many(product_ids).values())
        if not products:
            self._catalog.get(product_ids[0])
        profile, _ = self._finder.profile(customer_id)
        return self._along(products, profile, limit, set(product_ids))

    def _for_you(self, profile: CustomerProfile, limit: int, taken: Collection[str]) -> Row:
        wanted = Constraints()
        acted = profile.recent(ACTED_ON)
        found = self._finder.search.search(
            wanted, POOL, taken, self.neighbours.of(acted, POOL // 2)
        ).candidates
        ranked = self._finder.rank(found, profile, wanted)
        return Row("for_you", self._shown(ranked, profile, limit, only=("history", "popular")))

    def _because(self, profile: CustomerProfile, limit: int, taken: Collection[str]) -> Row | None:
        bought = _bought(profile)
        seen = self._catalog.get_many(profile.recent(ACTED_ON))
        # Who bought a thing is done with looking for it.
        product = next((p for key, p in seen.items() if key not in bought), None)
        if product is None:
            return None
        like = self._like(product, profile, limit, {*taken, product.id})
        return Row("because_you_viewed", like, product)

    def _across(self, profile: CustomerProfile, limit: int, taken: Collection[str]) -> Row | None:
        """What goes with the customer's latest products, from departments not visited lately."""
        seen = list(self._catalog.get_many(profile.recent(ACTED_ON)).values())
        known = {p.department for p in seen}
        found = self._along(
            seen, profile, limit, taken, lambda c: c.product.department not in known
        )
        return Row("across_departments", found)

    def _new(self, profile: CustomerProfile | None, limit: int, taken: Collection[str]) -> Row:
        newest = self._finder.search.search(Constraints(sort="newest"), POOL, taken).candidates
        since = self._now() - timedelta(days=NEW_DAYS)
        late = [c for c in newest if c.product.created_at and c.product.created_at >= since]
        ranked = self._finder.rank(late, profile, Constraints())
        kind: RowKind = "new_for_you" if profile is not None else "new_here"
        return Row(kind, self._shown(ranked, profile, limit, only=("new",)))

    def _popular(self, profile: CustomerProfile | None, limit: int, taken: Collection[str]) -> Row:
        """What most customers bought lately, and, where too little was, what is rated well."""
        bought = [key for key in self.neighbours.most_bought if key not in taken][:POOL]
        ranked = self._finder.among(bought, profile)
        shown = self._shown(ranked, profile, limit, only=("popular",))
        if len(shown) < limit:
            rated = self._finder.search.search(Constraints(sort="popular"), POOL, taken).candidates
            rated = self._finder.rank(rated, profile, Constraints())
            listed = {c.id for c in shown}
            rest = [c for c in rated if c.id not in listed]
            shown += self._shown(rest, profile, limit - len(shown), only=("popular", "reviews"))
        return Row("popular_now", shown)

    def _like(
        self,
        product: Product,
        profile: CustomerProfile | None,
        limit: int,
        taken: Collection[str],
    ) -> list[Candidate]:
        learnt = self.neighbours.learnt
        looked = [n.product_id for n in learnt.looked_with.get(product.id, ())]
        near = {
            key: 1 - place / POOL for place, key in enumerate(self.neighbours.alike(product.id))
        }
        for neighbour in learnt.looked_with.get(product.id, ()):
            near[neighbour.product_id] = near.get(neighbour.product_id, 0) + neighbour.closeness
        able = [key for key in dict.fromkeys([*near, *looked]) if key not in taken]
        ranked = self._finder.among(able, profile)
        leaf = product.category_path
        # Nearness decides, taste among what is about as near; another kind of thing comes last.
        ranked.sort(key=lambda c: -(near[c.id] + c.score + (c.product.category_path == leaf)))

        def say(candidate: Candidate) -> Iterable[Evidence | None]:
            return (
                grounds.alike(candidate, product),
                grounds.looked_with(candidate, product, learnt),
            )

        return self._shown(ranked, profile, limit, say)

    def _along(
        self,
        products: Sequence[Product],
        profile: CustomerProfile | None,
        limit: int,
        taken: Collection[str],
        able: Callable[[Candidate], bool] = lambda candidate: True,
    ) -> list[Candidate]:
        learnt = self.neighbours.learnt
        pull: dict[str, float] = {}
        for product in products:
            for table, weight in ((learnt.bought_with, 2.0), (learnt.bought_both, 1.0)):
                for neighbour in table.get(product.id, ()):
                    key = neighbour.product_id
                    pull[key] = pull.get(key, 0.0) + weight * neighbour.closeness
        kinds = {
            kind.leaf: kind.lift - 1
            for product in products
            for kind in learnt.kinds.get(tuple(product.category_path), ())[:KINDS_JOINED]
            if kind.lift > 1
        }
        own = {tuple(p.category_path) for p in products}
        ids = [key for key in pull if key not in taken]
        candidates = self._finder.among(ids, profile)
        for leaf in kinds.keys() - own:
            found = self._finder.search.search(Constraints(category=leaf[-1]), POOL // 4, taken)
            candidates += self._finder.rank(found.candidates, profile, Constraints())
        for product in products:
            if product.brand and not candidates:
                wanted = Constraints(attributes={"brand": [product.brand]})
                found = self._finder.search.search(wanted, POOL, taken)
                candidates += self._finder.rank(found.candidates, profile, wanted)
        unique = {c.id: c for c in candidates if able(c)}

        def strength(candidate: Candidate) -> float:
            leaf = tuple(candidate.product.category_path)
            return pull.get(candidate.id, 0.0) + 0.1 * kinds.get(leaf, 0.0) + 0.1 * candidate.score

        def say(candidate: Candidate) -> Iterable[Evidence | None]:
            for product in products:
                yield grounds.bought_with(candidate, product, learnt)
            if tuple(candidate.product.category_path) in own:
                return
            for product in products:
                yield grounds.kind_bought(candidate, product, learnt)
                yield grounds.same_brand(candidate, product)

        ranked = sorted(unique.values(), key=lambda c: (-strength(c), c.id))
        return self._shown(_mixed(ranked), profile, limit, say)

    def _shown(
        self,
        ranked: Sequence[Candidate],
        profile: CustomerProfile | None,
        limit: int,
        say: Reason | None = None,
        only: Collection[str] = (),
    ) -> list[Candidate]:
        """The first for which there is evidence, no more than two of them near-twins.

        ``say`` makes the evidence a row rests on; without it the kinds in ``only`` are those that
        count among what is known of a product.
        """
        if say is None:
            ranked = diversify(ranked, 3 * limit, interests=interests_of(ranked, profile))
        shown: list[Candidate] = []
        told: dict[str, list[Evidence]] = {}
        for candidate in ranked:
            if len(shown) == limit:
                break
            if sum(near_twins(candidate, before) for before in shown) >= 2:
                continue
            if say is not None:
                told[candidate.id] = [e for e in say(candidate) if e is not None]
                if told[candidate.id]:
                    shown.append(candidate)
            elif self._finder.grounds(candidate, profile).intersection(only):
                shown.append(candidate)
        self._finder.finish(shown, profile, Constraints())
        for candidate in shown:
            candidate.evidence[:0] = told.get(candidate.id, [])
        return shown


def _bought(profile: CustomerProfile) -> set[str]:
    return {key for key, touched in list(profile.products.items()) if touched.purchased}


def _mixed(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The same, those of a category that has had its share last."""
    first: list[Candidate] = []
    last: list[Candidate] = []
    shown: Counter[tuple[str, ...]] = Counter()
    for candidate in ranked:
        leaf = tuple(candidate.product.category_path)
        shown[leaf] += 1
        (first if shown[leaf] <= OF_ONE_KIND else last).append(candidate)
    return first + last
