"""From constraints to the products shown: search, rank, heed reviews, diversify, say why."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Literal

from retrieval.candidate import Candidate
from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.encoder.encoder import Encoder
from retrieval.experiments.explorer import Explorer
from retrieval.experiments.trials import Trial, Trials
from retrieval.index.live import LiveIndex
from retrieval.lexicon.lexicon import Lexicon
from retrieval.ranking.diversity import diversify, interests_of, tell_brands
from retrieval.ranking.evidence import gather
from retrieval.ranking.features import Features
from retrieval.ranking.freshness import Freshness
from retrieval.ranking.objective import Objective
from retrieval.ranking.opinion import Opinion
from retrieval.ranking.popularity import Popularity
from retrieval.ranking.profile import CustomerProfile
from retrieval.ranking.profile_store import ProfileStore
from retrieval.ranking.ranker import LearnedRanker, Ranker, open_scorer, read_priors
from retrieval.ranking.shadow import Shadow
from retrieval.ranking.traits import PriceLevels
from retrieval.recommend.source import NeighbourSource
from retrieval.reviews.filter import avoid, is_praised, praised_first
from retrieval.reviews.indexing import Judge, index_reviews
from retrieval.reviews.summary import HALF_LIFE_DAYS, ReviewSummaries
from retrieval.search.bounded_cache import Cache
from retrieval.search.called import is_called
from retrieval.search.clock import Clock
from retrieval.search.evidence import satisfied
from retrieval.search.fit import best_variant, fitting_variants
from retrieval.search.fusion import Fusion
from retrieval.search.hybrid import HybridSearch
from retrieval.search.result import Relaxation
from retrieval.sponsored.sponsors import Paid, Sponsors
from retrieval.store.catalog_store import CatalogStore
from retrieval.store.customer_store import CustomerStore
from retrieval.store.event_store import EventStore
from retrieval.store.review_store import ReviewStore

__all__ = ["Found", "Personal", "ProductFinder", "Relaxation"]

CANDIDATES = 100
"""Candidates that are ranked; more only where reviews rule most of them out."""
DEEPER = 500
ACTED_ON = 5
INVITED = 20
"""Neighbours of the products a customer acted on last that are candidates wherever they fit. They
and what is paid for take the places of the last of ``CANDIDATES``, so that ranking takes no longer.
"""
REFRESH_S = 60.0
"""How old the popularity figures and review summaries may grow."""

Personal = Literal["history", "no_history", "anonymous", "customer_off", "shop_off"]
"""Why a list is personalised (``history``) or not (all others)."""


@dataclass(slots=True)
class Found:
    """What is shown, and what else the dialogue may say about it."""

    candidates: list[Candidate]
    total: int
    """Products that fit, those not shown included."""
    personalised: Personal
    relaxations: list[Relaxation] = field(default_factory=list)
    """Where nothing fits: what dropping one constraint would give, the least costly first."""
    pool: list[Candidate] = field(default_factory=list)
    """All ranked candidates that fit, for clarifying questions."""
    timings_ms: dict[str, float] = field(default_factory=dict)


class ProductFinder:
    """Finds, ranks and describes products. Safe to call from several threads."""

    def __init__(
        self,
        *,
        search: HybridSearch,
        catalog: CatalogStore,
        summaries: ReviewSummaries,
        profiles: ProfileStore,
        popularity: Popularity,
        ranker: Ranker,
        features: Features,
        customers: CustomerStore,
        personalise: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.freshness: Freshness | None = None
        """Keeps the statistics up to date; ``None`` where the caller does."""
        self.neighbours: NeighbourSource | None = None
        """Which products go together; ``None`` where nothing is known of it."""
        self.sponsors: Sponsors | None = None
        self.trials: Trials | None = None
        self.explorer: Explorer | None = None
        self.shadow: Shadow | None = None
        """A second ranking that scores what is shown, in the background."""
        self.profiles = profiles
        self.popularity = popularity
        self.summaries = summaries
        self.search = search
        self.ranker = ranker
        self.features = features
        self._catalog = catalog
        self._customers = customers
        self._personalise = personalise
        self._now = now

    @classmethod
    def open(
        cls,
        *,
        live: LiveIndex,
        encoder: Encoder,
        lexicon: Lexicon,
        catalog: CatalogStore,
        reviews: ReviewStore,
        events: EventStore,
        customers: CustomerStore,
        personalise: bool = True,
        held: bool = False,
        ranking_model: Path | None = None,
        objective: Objective | None = None,
        review_half_life_days: float = HALF_LIFE_DAYS,
        judge: Judge | None = None,
        fusion: Fusion | None = None,
    ) -> "ProductFinder":
        """Joins the rooms over an opened index; statistics are read in the background, or, where
        ``held``, once ``freshness.release`` is called.

        ``ranking_model`` is the folder of the shop's own model; without one there the packaged
        model ranks. ``judge`` tells how whole reviews sound, ``fusion`` how words and vectors join
        where a shop has weights of its own. Raises ``WeightsError`` where a model is damaged.
        """
        levels = PriceLevels(live.snapshot.facets)
        popularity = Popularity()
        opinion = Opinion(levels, read_priors(ranking_model))
        features = Features(popularity, levels, opinion)
        finder = cls(
            search=HybridSearch(live, encoder, catalog, lexicon, fusion),
            catalog=catalog,
            summaries=ReviewSummaries(reviews, review_half_life_days),
            profiles=ProfileStore(events, catalog, levels, opinion),
            popularity=popularity,
            ranker=LearnedRanker(
                features, open_scorer(ranking_model, objective), objective=objective
            ),
            features=features,
            customers=customers,
            personalise=personalise,
        )
        task = _refresher(live, catalog, reviews, events, levels, finder, judge)
        finder.freshness = Freshness(task, REFRESH_S, held)
        finder.freshness.touch()
        return finder

    @property
    def caches(self) -> tuple[Cache, ...]:
        """What the search remembers, for those who measure it."""
        return self.search.caches

    def called(self, query: str) -> str | None:
        """As ``HybridSearch.called``."""
        return self.search.called(query)

    def find(
        self,
        constraints: Constraints,
        customer_id: str | None,
        limit: int,
        exclude_ids: Collection[str] = (),
        session_id: str | None = None,
    ) -> Found:
        """At most ``limit`` products that meet every constraint, best first, with evidence.

        A product that reviews rule out by ``avoid_aspects`` is left out like any other that does
        not fit. An explicit sort is kept as it is: neither ranking nor diversity changes it.
        ``session_id`` stands for a shopper who is not signed in, where rankers are compared. Raises
        ``IndexNotReadyError`` before the first index.
        """
        clock = Clock()
        profile, why = self.profile(customer_id)
        trial = self.trials.of(customer_id or session_id) if self.trials else None
        ranker = trial.ranker if trial else self.ranker
        invited = self._invited(constraints, profile)
        kept, total, timings = self._candidates(
            constraints,
            profile,
            exclude_ids,
            CANDIDATES - len(invited),
            clock,
            invited,
            ranker,
        )
        if len(kept) < limit and total > CANDIDATES - len(invited):
            kept, total, timings = self._candidates(
                constraints, profile, exclude_ids, DEEPER, clock, invited, ranker
            )
        shown = _diverse(kept, limit, constraints, profile)
        paid: list[Paid] = []
        if constraints.sort == "relevance" and shown:
            if trial and trial.rival:
                shown = self._interleaved(trial, kept, shown, limit, constraints, profile)
            if self.explorer:
                shown = self.explorer.explore(kept, shown, constraints, customer_id)
            if self.sponsors:
                shown, paid = self.sponsors.place(kept, shown, constraints)
        clock.lap("diversify")
        self.finish(shown, profile, constraints)
        if self.sponsors and paid:
            self.sponsors.label(paid, customer_id)
        if self.shadow and constraints.sort == "relevance":
            self.shadow.see(kept, shown, profile, customer_id or session_id)
        clock.lap("evidence")
        relaxations = []
        if not shown and not exclude_ids:
            relaxations = self._relaxations(constraints)
            clock.lap("relax")
        return Found(shown, total, why, relaxations, kept, {**timings, **clock.timings()})

    def among(
        self,
        product_ids: Sequence[str],
        profile: CustomerProfile | None,
        constraints: Constraints | None = None,
    ) -> list[Candidate]:
        """Those of some products that meet the constraints (by default: that can be bought), best
        first; evidence is added by ``finish`` once it is known which are shown."""
        wanted = constraints or Constraints()
        result = self.search.search(wanted, 0, also=product_ids)
        return avoid(self.rank(result.candidates, profile, wanted), wanted.avoid_aspects)

    def describe(
        self, product_ids: Sequence[str], constraints: Constraints | None, customer_id: str | None
    ) -> list[Candidate]:
        """Candidates with evidence and reviews for given products, in the order given.

        Each shows the variant that meets the constraints best; a product that meets none of them
        is described all the same. Products that are gone are left out.
        """
        wanted = constraints or Constraints(in_stock_only=False)
        profile, _ = self.profile(customer_id)
        products = self._catalog.get_many(product_ids)
        candidates = [_described(product, wanted) for product in products.values()]
        self.rank(candidates, profile, wanted)
        self.finish(candidates, profile, wanted)
        return candidates

    def _candidates(
        self,
        wanted: Constraints,
        profile: CustomerProfile | None,
        exclude_ids: Collection[str],
        limit: int,
        clock: Clock,
        invited: Sequence[str],
        ranker: Ranker,
    ) -> tuple[list[Candidate], int, dict[str, float]]:
        """Candidates in the order to show them, the number that fit, and the search's timings."""
        result = self.search.search(wanted, limit, exclude_ids, invited)
        clock.lap("search")
        ranked = self.rank(result.candidates, profile, wanted, ranker)
        clock.lap("rank")
        ordered = ranked if wanted.sort == "relevance" else result.candidates
        # Who wants a good battery is not shown one that reviews call bad.
        kept = avoid(ordered, [*wanted.avoid_aspects, *wanted.praised_aspects])
        return kept, result.total - (len(ordered) - len(kept)), result.timings_ms

    def _invited(self, wanted: Constraints, profile: CustomerProfile | None) -> list[str]:
        """Products to consider beside those that the search puts first: neighbours of what the
        customer acted on last, and what somebody pays for."""
        if wanted.sort != "relevance":
            return []
        invited = self.sponsors.products(wanted) if self.sponsors else []
        if self.neighbours and profile and (acted := profile.recent(ACTED_ON)):
            invited = [*invited, *self.neighbours.of(acted, INVITED)]
        return invited

    def _interleaved(
        self,
        trial: Trial,
        kept: list[Candidate],
        shown: list[Candidate],
        limit: int,
        wanted: Constraints,
        profile: CustomerProfile | None,
    ) -> list[Candidate]:
        """One list of the trial's two rankers. Scores stay those of the first."""
        assert trial.rival is not None
        scores = [(c, c.score, c.click_rate, c.features, c.contributions) for c in kept]
        ordered = trial.rival.rank(kept, profile, wanted)
        rival = _diverse(ordered, limit, wanted, profile)
        for candidate, score, click_rate, features, contributions in scores:
            candidate.score, candidate.click_rate = score, click_rate
            candidate.features, candidate.contributions = features, contributions
        return trial.draft(shown, rival, wanted)

    def rank(
        self,
        candidates: Sequence[Candidate],
        profile: CustomerProfile | None,
        wanted: Constraints,
        ranker: Ranker | None = None,
    ) -> list[Candidate]:
        """The candidates, best first, with what their reviews say."""
        reviews = self.summaries.get_many(c.id for c in candidates)
        for candidate in candidates:
            candidate.reviews = reviews.get(candidate.id)
        return (ranker or self.ranker).rank(candidates, profile, wanted)

    def finish(
        self, shown: Sequence[Candidate], profile: CustomerProfile | None, wanted: Constraints
    ) -> None:
        """Adds evidence to the products of one list, and numbers them."""
        gather(shown, profile, wanted, self.popularity, self._now())
        tell_brands(shown)
        for position, candidate in enumerate(shown):
            candidate.position = position

    def grounds(self, candidate: Candidate, profile: CustomerProfile | None) -> set[str]:
        """The kinds of evidence there would be for a candidate shown by itself."""
        alone = replace(candidate, evidence=[])
        gather([alone], profile, None, self.popularity, self._now())
        return {evidence.kind for evidence in alone.evidence}

    def _relaxations(self, wanted: Constraints) -> list[Relaxation]:
        offers = self.search.relax(wanted)
        for slot in ("prefer_aspects", "avoid_aspects"):
            if getattr(wanted, slot):
                without = wanted.model_copy(update={slot: []})
                total = self.search.count(without)
                if total:
                    offers = [Relaxation(slot, without, total), *offers]
        return offers

    def profile(self, customer_id: str | None) -> tuple[CustomerProfile | None, Personal]:
        """The profile to rank with, if any, and why."""
        if self.freshness is not None:
            self.freshness.touch()
        if not self._personalise:
            return None, "shop_off"
        if customer_id is None:
            return None, "anonymous"
        customer = self._customers.get(customer_id)
        if customer is not None and not customer.personalise:
            return None, "customer_off"
        profile = self.profiles.get(customer_id)
        return (profile, "history") if profile.actions else (None, "no_history")


def _diverse(
    kept: list[Candidate], limit: int, wanted: Constraints, profile: CustomerProfile | None
) -> list[Candidate]:
    """The list to show; an order that was asked for, by sort or by reviews, is kept."""
    if wanted.sort != "relevance":
        return kept[:limit]
    named = [c for c in kept if is_called(c.product, wanted.query)] if wanted.query else []
    if named:
        others = [c for c in kept if c not in named]
        return [*named, *_diverse(others, max(0, limit - len(named)), wanted, profile)][:limit]
    # Words say what is wanted; where there are none, interests say how a list is to be mixed.
    interests = {} if wanted.query else interests_of(kept, profile)
    if wanted.is_frugal:
        kept = _cheaper(kept, limit)
    aspects = wanted.praised_aspects
    if not aspects:
        return diversify(kept, limit, interests=interests)
    ordered = praised_first(kept, aspects, wanted.query)
    proven = sum(is_praised(c, aspects) for c in ordered)
    shown = diversify(ordered[: max(limit, proven)], limit, interests=interests)
    return praised_first(shown, aspects, wanted.query)


def _cheaper(kept: list[Candidate], limit: int) -> list[Candidate]:
    """The cheaper half, where that is enough for the list."""
    middle = median(c.variant.price for c in kept) if kept else 0.0
    cheap = [c for c in kept if c.variant.price <= middle]
    return cheap if len(cheap) >= limit else kept


def _refresher(
    live: LiveIndex,
    catalog: CatalogStore,
    reviews: ReviewStore,
    events: EventStore,
    levels: PriceLevels,
    finder: ProductFinder,
    judge: Judge | None,
) -> Callable[[], None]:
    """What brings a finder's statistics up to date: price levels, popularity, review summaries."""
    summed = -1

    def refresh() -> None:
        nonlocal summed
        levels.follow(live.snapshot.facets)
        finder.popularity.refresh(events)
        finder.features.opinion.refresh(events, catalog)
        if finder.neighbours is not None:
            finder.neighbours.refresh()
        read, count = index_reviews(reviews, judge=judge), reviews.count()
        if read or count != summed:
            finder.summaries.load()
            summed = count

    return refresh


def _described(product: Product, wanted: Constraints) -> Candidate:
    fitting = fitting_variants(product, wanted, {})
    variant = best_variant(product, fitting or product.variants, wanted)
    met = satisfied(product, variant, wanted) if fitting else []
    return Candidate(product, variant, satisfied=met)
