"""Whether what the ranking sees now still looks like what it was trained on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import WeightsError

Array = NDArray[np.float64]
FILE = "reference.json"
BINS = 10
ALARM = 0.25
"""A population stability index above this is read as a shift that calls for retraining."""
LEAST = 500
"""Fewer values than this say nothing."""
_EMPTY = 1e-4


@dataclass(frozen=True, slots=True)
class Reference:
    """How one figure was spread in training: inner bin edges, and the share in each bin."""

    edges: tuple[float, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, values: Array) -> "Reference":
        """Bins of about equal share; a figure of few values has fewer bins."""
        edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
        return cls(tuple(edges.tolist()), tuple(_shares(values, edges).tolist()))

    def psi(self, values: Array) -> float:
        """Population stability index of ``values`` (Siddiqi 2006): 0 where they are spread alike,
        below 0.1 little, above 0.25 much has changed."""
        now = np.maximum(_shares(values, np.array(self.edges)), _EMPTY)
        then = np.maximum(np.array(self.shares), _EMPTY)
        return float(((now - then) * np.log(now / then)).sum())


@dataclass(frozen=True, slots=True)
class Shift:
    """One figure's drift."""

    name: str
    psi: float

    @property
    def is_alarm(self) -> bool:
        return self.psi > ALARM


def save_reference(figures: Mapping[str, Array], folder: Path) -> None:
    """Writes how ``figures`` (name to values) are spread, beside a model."""
    spread = {name: Reference.of(values) for name, values in figures.items()}
    text = json.dumps({n: {"edges": r.edges, "shares": r.shares} for n, r in spread.items()})
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def load_reference(folder: Path) -> dict[str, Reference]:
    """Raises ``WeightsError`` where the file is missing or damaged."""
    try:
        found = json.loads((folder / FILE).read_text("utf-8"))
        return {
            str(name): Reference(tuple(entry["edges"]), tuple(entry["shares"]))
            for name, entry in found.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{folder} has no usable {FILE}.") from error


def shifts(reference: Mapping[str, Reference], figures: Mapping[str, Array]) -> list[Shift]:
    """The drift of each figure that both know, the largest first; too few values say nothing."""
    found = [
        Shift(name, reference[name].psi(values))
        for name, values in figures.items()
        if name in reference and len(values) >= LEAST
    ]
    return sorted(found, key=lambda shift: -shift.psi)


def _shares(values: Array, edges: Array) -> Array:
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    shares: Array = counts / max(1, len(values))
    return shares
