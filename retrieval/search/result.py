"""What a search gives back."""

from dataclasses import dataclass, field

from retrieval.candidate import Candidate
from retrieval.constraints import Constraints


@dataclass(slots=True)
class SearchResult:
    """The best candidates, best first, and what else there is to say about the search."""

    candidates: list[Candidate]
    total: int
    """Products that fit in all, those beyond the limit included."""
    timings_ms: dict[str, float]
    corrected: dict[str, str] = field(default_factory=dict)
    """Misspelt word → the word that was searched instead."""
    relaxed: list[str] = field(default_factory=list)
    """Constraints that were not kept. A search keeps all; only callers of ``relax`` may add."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One constraint less, and how many products that would give."""

    slot: str
    """``price_max``, ``category``, ``query``, ``attributes.color``, ``exclude.brand`` ..."""
    constraints: Constraints
    total: int
