"""Search: hard filters by mask, words and vectors for the order, SQL for what is shown."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.candidate import Candidate
from retrieval.constraints import Constraints
from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.index.columns import Columns, Path_, category_key
from retrieval.index.exact_index import top_rows
from retrieval.index.generation import Snapshot
from retrieval.index.lexical import LexicalScores
from retrieval.index.live import LiveIndex
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.answerable import Answerable, read_asked, relevant
from retrieval.search.bounded_cache import BoundedCache, Cache
from retrieval.search.called import called
from retrieval.search.clock import Clock
from retrieval.search.evidence import SpokenWords, satisfied
from retrieval.search.fit import best_variant, fitting_variants
from retrieval.search.fusion import Fusion, Scores, middle_of
from retrieval.search.ordering import Found, ordered
from retrieval.search.products import ProductCache
from retrieval.search.query import read_query
from retrieval.search.relaxation import loosened
from retrieval.search.result import Relaxation, SearchResult
from retrieval.search.spelling import Speller
from retrieval.search.vector_cache import VectorCache
from retrieval.store.catalog_store import CatalogStore

_SPARE = 8  # rows read beyond the limit, in case SQL says that some no longer fit
_ANSWERS = 1000  # answers remembered; one is about a kilobyte
_POOL = 1000
"""Products scored exactly; beyond them, where so many answer, cosines are off by up to 0.003."""


@dataclass(slots=True)
class _Prepared:
    """What belongs to one version of the texts and is made at its first search."""

    generation: str
    version: str
    speller: Speller
    nodes: dict[str, frozenset[Path_]]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a search found in one state of the index, without what SQL says of it.

    The scores are of the ``rows``, in their order.
    """

    wanted: Constraints
    corrected: dict[str, str]
    rows: NDArray[np.int64]
    total: int
    lexical: Scores
    dense: Scores
    fused: Scores


class HybridSearch:
    """Searches a ``LiveIndex``. Safe to call from several threads."""

    def __init__(
        self,
        live: LiveIndex,
        encoder: Encoder,
        catalog: CatalogStore,
        lexicon: Lexicon | None = None,
        fusion: Fusion | None = None,
    ) -> None:
        self._live = live
        self._encoder = encoder
        self._lexicon = lexicon
        self._fusion = fusion or Fusion.load()
        self._answerable = Answerable.load()
        self._products = ProductCache(catalog)
        self._vectors = VectorCache(encoder)
        self._answers: BoundedCache[Hashable, _Answer] = BoundedCache("answers", _ANSWERS)
        self._prepared: _Prepared | None = None

    def search(
        self,
        constraints: Constraints,
        limit: int,
        exclude_ids: Collection[str] = (),
        also: Collection[str] = (),
    ) -> SearchResult:
        """The best ``limit`` products that meet every hard constraint, best first.

        Those of ``also`` that fit as well are there too, however far down they stand. Empty where
        nothing fits or nothing has to do with the query; never filler. Raises
        ``IndexNotReadyError`` before the first index.
        """
        clock = Clock()
        snapshot = self._live.snapshot
        asked = (constraints.model_dump_json(), limit, frozenset(exclude_ids), frozenset(also))
        key = (snapshot.version, snapshot.revision, *asked)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answer(snapshot, constraints, limit, exclude_ids, also, clock)
            self._answers.put(key, answer)
        candidates = self._hydrate(snapshot, answer)
        total = answer.total - (len(answer.rows) - len(candidates))  # what SQL lets pass no more
        clock.lap("hydrate")
        invited = set(also)
        kept = [c for n, c in enumerate(candidates) if n < limit or c.id in invited]
        return SearchResult(kept, total, clock.timings(), dict(answer.corrected))

    def called(self, text: str) -> str | None:
        """The words of ``text`` that call one product, by number or title: see ``called``."""
        return called(text, self._live.snapshot.columns, self._products)

    @property
    def caches(self) -> tuple[Cache, ...]:
        """What is remembered, for those who measure it."""
        return (self._vectors.held, self._answers, self._products)

    def warm_up(self, queries: Iterable[str]) -> None:
        """Searches for some likely queries, so that what they need is in memory."""
        for query in queries:
            self.search(Constraints(query=query), 1)

    def _answer(
        self,
        snapshot: Snapshot,
        constraints: Constraints,
        limit: int,
        exclude_ids: Collection[str],
        also: Collection[str],
        clock: Clock,
    ) -> "_Answer":
        """Which products, with their scores; all but what SQL says of them."""
        corrected = self._prepare(snapshot).speller.correct(constraints.query)
        wanted = _with_query(constraints, corrected)
        found = self._find(snapshot, wanted, exclude_ids, clock)
        best, total = ordered(found, wanted.sort, snapshot.columns, limit + _SPARE)
        rows = np.append(best, _further(snapshot.columns, found, best, also)).astype(np.int64)
        nothing = np.zeros(len(rows), dtype=np.float32)
        return _Answer(
            wanted=wanted,
            corrected=corrected,
            rows=rows,
            total=total,
            lexical=nothing if found.lexical is None else found.lexical.bm25[rows],
            dense=nothing if found.cosines is None else found.cosines[rows],
            fused=found.fused[rows],
        )

    def leaves(self) -> dict[str, Path_]:
        """The category path of every product that the index holds and that has one."""
        columns = self._live.snapshot.columns
        paths = {path for found in columns.nodes.values() for path in found}
        leaves: dict[str, Path_] = {}
        for path in sorted(paths, key=len):
            for row in columns.categories.rows(category_key(path)):
                leaves[columns.ids[row]] = path
        return leaves

    def count(self, constraints: Constraints) -> int:
        """How many products would be found, without reading them."""
        snapshot = self._live.snapshot
        corrected = self._prepare(snapshot).speller.correct(constraints.query)
        return len(self._find(snapshot, _with_query(constraints, corrected), (), Clock()).rows)

    def relax(self, constraints: Constraints) -> list[Relaxation]:
        """Which single constraint to drop, or price to widen, would give products.

        The relaxation that costs the shopper least comes first: see ``loosened``.
        """
        found = []
        for slot, candidate in loosened(constraints):
            changed: Constraints | None = candidate
            if slot in ("price_min", "price_max"):
                changed = self._nearest_price(constraints, candidate, slot)
            if changed is not None and (total := self.count(changed)):
                found.append(Relaxation(slot, changed, total))
        return found

    def _nearest_price(
        self, wanted: Constraints, free: Constraints, slot: str
    ) -> Constraints | None:
        """The price bound moved just far enough to let the nearest product in."""
        snapshot = self._live.snapshot
        columns = snapshot.columns
        found = self._find(snapshot, free, (), Clock())
        if not len(found.rows):
            return None
        answers = np.zeros(len(columns.ids), dtype=np.bool_)
        answers[found.rows] = True
        prices = columns.price[found.mask.variants & answers[columns.product]]
        nearest = float(prices.min() if slot == "price_max" else prices.max())
        return wanted.model_copy(update={slot: nearest})

    def _find(
        self,
        snapshot: Snapshot,
        wanted: Constraints,
        exclude_ids: Collection[str],
        clock: Clock,
    ) -> Found:
        columns = snapshot.columns
        mask = columns.mask(wanted, self._nodes(snapshot, wanted))
        for identifier in exclude_ids:
            row = columns.row(identifier)
            if row is not None:
                mask.products[row] = False
        passing = np.flatnonzero(mask.products)
        clock.lap("filter")
        if not wanted.query.strip() or not len(passing):
            return Found(mask, passing, columns.prior)
        lexical = snapshot.lexical.score(
            read_query(wanted.query, self._lexicon, snapshot.facets.languages)
        )
        clock.lap("lexical")
        vector = self._vectors.get(wanted.query)
        clock.lap("encode")
        cosines = snapshot.vectors.scan(vector, passing)
        clock.lap("dense")
        rows = np.flatnonzero(self._relevant(snapshot, wanted, lexical, cosines, mask.products))
        fused = self._fused(snapshot, lexical, cosines, vector, passing, rows)
        clock.lap("fuse")
        return Found(mask, rows, fused, lexical, cosines)

    def _relevant(
        self,
        snapshot: Snapshot,
        wanted: Constraints,
        lexical: LexicalScores,
        cosines: Scores,
        mask: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """Which products of the mask have to do with the query; shape (products,)."""
        known = wanted.category is not None or wanted.attributes
        if known and not self._is_finer(wanted):  # what it is, is known
            return self._fusion.relevant(lexical, cosines, readily=True) & mask
        asked = read_asked(wanted.query, self._lexicon, snapshot.facets.languages)
        return relevant(asked, lexical, cosines, mask, self._fusion, self._answerable)

    def _is_finer(self, wanted: Constraints) -> bool:
        """See ``Lexicon.stands_for_finer``."""
        if wanted.category is None or self._lexicon is None:
            return False
        return self._lexicon.stands_for_finer(wanted.category, wanted.query)

    def _fused(
        self,
        snapshot: Snapshot,
        lexical: LexicalScores,
        cosines: Scores,
        vector: Vectors,
        passing: NDArray[np.int64],
        rows: NDArray[np.int64],
    ) -> Scores:
        """Fused scores of the ``rows`` that answer, 0 for the others; shape (products,).

        The best of them get their exact ``cosines``, in place.
        """
        fused = np.zeros(len(cosines), dtype=np.float32)
        if not len(rows):
            return fused
        middle = middle_of(cosines, passing)
        pool = rows
        if len(rows) > _POOL:
            fused[rows] = self._fusion.fuse_rows(lexical, cosines, rows, middle)
            pool = np.sort(rows[top_rows(fused[rows], _POOL)])
        if not snapshot.vectors.is_exact:
            cosines[pool] = snapshot.vectors.exact(vector, pool)
        fused[pool] = self._fusion.fuse_rows(lexical, cosines, pool, middle)
        return fused

    def _hydrate(self, snapshot: Snapshot, answer: "_Answer") -> list[Candidate]:
        """Candidates from SQL: its prices, its stock, and only what still fits."""
        wanted = answer.wanted
        ids = [snapshot.columns.ids[int(row)] for row in answer.rows]
        products = self._products.get_many(ids)
        nodes = self._nodes(snapshot, wanted)
        spoken = SpokenWords(wanted.query)
        candidates: list[Candidate] = []
        for place, identifier in enumerate(ids):
            known = products.get(identifier)
            if known is None:
                continue
            product, held = known.product, known.held
            fitting = fitting_variants(product, wanted, nodes, held)
            if not fitting:
                continue
            variant = best_variant(product, fitting, wanted, held)
            candidates.append(
                Candidate(
                    product=product,
                    variant=variant,
                    lexical=float(answer.lexical[place]),
                    dense=float(answer.dense[place]),
                    fused=float(answer.fused[place]),
                    satisfied=satisfied(product, variant, wanted),
                    evidence=spoken.matched(product),
                    position=len(candidates),
                )
            )
        return candidates

    def _prepare(self, snapshot: Snapshot) -> _Prepared:
        prepared = self._prepared
        if prepared is None or prepared.version != snapshot.version:
            words = snapshot.content.words
            if prepared is not None and prepared.generation == snapshot.generation:
                speller = prepared.speller.knowing(words)
            else:
                speller = Speller(words)
            prepared = _Prepared(snapshot.generation, snapshot.version, speller, {})
            self._prepared = prepared
        return prepared

    def _nodes(self, snapshot: Snapshot, wanted: Constraints) -> dict[str, frozenset[Path_]]:
        labels = [*wanted.exclude.get("category", ())]
        if wanted.category is not None:
            labels.append(wanted.category)
        known = self._prepare(snapshot).nodes
        for label in labels:
            if label not in known:
                # The lexicon knows that toys are more than the pets' toys that are filed as "Toys".
                paths: Collection[Path_] = ()
                if self._lexicon is not None:
                    paths = self._lexicon.category_nodes(label, snapshot.facets)
                known[label] = frozenset(paths or snapshot.columns.named(label))
        return {label: known[label] for label in labels}


def _further(
    columns: Columns, found: Found, rows: NDArray[np.int64], also: Collection[str]
) -> list[np.int64]:
    """The rows of ``also`` among what was found and not among ``rows``."""
    if not also:
        return []
    wanted = {row for key in also if (row := columns.row(key)) is not None} - set(rows.tolist())
    inside = np.isin(np.array(sorted(wanted), dtype=np.int64), found.rows)
    return [np.int64(row) for row, fits in zip(sorted(wanted), inside, strict=True) if fits]


def _with_query(constraints: Constraints, corrected: dict[str, str]) -> Constraints:
    if not corrected:
        return constraints
    words = constraints.query.split()
    mended = " ".join(corrected.get(word.lower().strip(".,;:!?"), word) for word in words)
    return constraints.model_copy(update={"query": mended})
