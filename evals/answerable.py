"""Fits the model that tells whether a shop has anything for a query, and measures it.

Queries made from the catalogues and people's requests are asked of shops that sell such things and
of shops that do not; wishes, and things that no shop of goods sells, are made by
``finetune.search.wish_queries``. Synonyms are left out, as for the floor. A third of the texts, and
of the words that wishes are made of, only measures.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from scipy.optimize import minimize

from evals.fusion import ANSWERS, Cell, ShopBench
from finetune.search.shop_queries import ShopQuery, sorts_in
from finetune.search.wish_queries import make_wishes
from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.answerable import Answerable, Signs, read_asked, relevant, signs_of
from retrieval.search.fusion import Fusion

_WISHES = 480
_PENALTY = 0.002
_LOST = 0.02
_THRESHOLDS = np.linspace(-2.0, 2.0, 81)


@dataclass(frozen=True, slots=True)
class AnswerCase:
    """A query asked of a shop that has something for it, or has nothing."""

    cell: Cell
    is_for_fitting: bool
    is_sold: bool
    signs: Signs


def answer_cases(
    shops: Sequence[ShopBench], requests: Sequence[str], lexicon: Lexicon
) -> Iterator[AnswerCase]:
    """Cases of every shop: its own queries, those of others, people's requests, and wishes."""
    for shop in shops:
        everything = np.ones(shop.size, dtype=np.bool_)
        for query in shop.queries:
            yield _case(shop, "own", query, everything, True)
            rest = shop.unrelated(query)
            if query.kind == "type" and len(rest):
                yield _case(shop, "department", query, np.isin(np.arange(shop.size), rest), False)
        for other in shops:
            for query in other.queries if other is not shop else ():
                related = {query.sort, *lexicon.wider(query.sort), *lexicon.narrower(query.sort)}
                if query.kind == "type" and not shop.sells(related):
                    yield _case(shop, "other shop", query, everything, False)
        for request in requests:
            sorts = list(sorts_in(request, lexicon))
            query = ShopQuery(request, "en", "type", "", "", frozenset())
            if sorts:
                yield _case(shop, "request", query, everything, shop.sells(sorts))
        for wish in make_wishes(_WISHES):
            source = "wish" if wish.is_sold else "thing"
            cell = _cell(shop, source, wish.language, wish.is_sold)
            signs = _signs(shop, wish.text, everything)
            yield AnswerCase(cell, wish.is_for_fitting, wish.is_sold, signs)


def _case(shop: ShopBench, source: str, query: ShopQuery, mask: Any, is_sold: bool) -> AnswerCase:
    cell = _cell(shop, source, query.language, is_sold)
    return AnswerCase(cell, query.is_for_fitting, is_sold, _signs(shop, query.text, mask))


def _cell(shop: ShopBench, source: str, language: str, is_sold: bool) -> Cell:
    return ("sold" if is_sold else "not sold", shop.name, language, source)


def _signs(shop: ShopBench, text: str, mask: Any) -> Signs:
    asked = read_asked(text, shop.lexicon, shop.languages)
    return signs_of(asked, shop.lexical(text, synonyms=False), shop.cosines(text), mask)


def fit_answerable(
    cases: Sequence[AnswerCase], fusion: Fusion
) -> tuple[Answerable, dict[str, Any]]:
    """Logistic regression in which every cell weighs the same; then the best threshold.

    The threshold may cost a shop at most ``_LOST`` of its own queries that the floor of ``fusion``
    alone would answer. The report tells the share of queries answered of each cell that was not
    fitted on, by the model and by the floor alone.
    """
    names = Signs.__slots__
    fitted_on = [case for case in cases if case.is_for_fitting and case.signs.coverage < 1]
    signs = np.array([astuple(case.signs) for case in fitted_on])
    sold = np.where([case.is_sold for case in fitted_on], 1.0, -1.0)
    sizes = Counter(case.cell for case in fitted_on)
    kinds = Counter(cell[0] for cell in sizes)
    weights = np.array(
        [
            (ANSWERS if case.is_sold else 1 - ANSWERS) / kinds[case.cell[0]] / sizes[case.cell]
            for case in fitted_on
        ]
    )
    scale = signs.std(axis=0) + 1e-9
    inputs = np.hstack([(signs - signs.mean(axis=0)) / scale, np.ones((len(signs), 1))])

    def loss(vector: Any) -> tuple[float, Any]:
        margins = sold * (inputs @ vector)
        slopes = -weights * sold / (1 + np.exp(margins))
        shrunk = np.append(vector[:-1], 0.0)
        total = weights @ np.logaddexp(0, -margins) + _PENALTY * shrunk @ shrunk
        return float(total), inputs.T @ slopes + 2 * _PENALTY * shrunk

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B").x
    raw = found[:-1] / scale
    bias = found[-1] - raw @ signs.mean(axis=0)
    tried = [_rounded(raw, bias - threshold) for threshold in _THRESHOLDS]
    least = _own(answered(cases, by_floor(fusion), fitting=True)) - _LOST
    found_by = [(model, answered(cases, model.holds, fitting=True)) for model in tried]
    allowed = [(model, cells) for model, cells in found_by if _own(cells) >= least]
    best, cells = max(allowed or found_by[:1], key=lambda pair: _goal(pair[1]))
    held_out = answered(cases, best.holds, fitting=False)
    by_floor_alone = answered(cases, by_floor(fusion), fitting=False)
    return best, {
        "fitted": round(_goal(cells), 3),
        "held_out": round(_goal(held_out), 3),
        "held_out_by_floor_alone": round(_goal(by_floor_alone), 3),
        "held_out_answered": {
            " ".join(cell): {"model": round(share, 3), "floor": round(by_floor_alone[cell], 3)}
            for cell, share in held_out.items()
        },
    }


def answered(
    cases: Sequence[AnswerCase], holds: Callable[[Signs], bool], fitting: bool
) -> dict[Cell, float]:
    """Share of each cell's queries that ``holds`` lets be answered."""
    cells: dict[Cell, list[bool]] = defaultdict(list)
    for case in cases:
        if case.is_for_fitting is fitting:
            cells[case.cell].append(holds(case.signs))
    return {cell: float(np.mean(found)) for cell, found in sorted(cells.items())}


def by_floor(fusion: Fusion) -> Callable[[Signs], bool]:
    """The rule without a model, to compare with: the floor, the lower one for a pure wish.

    It takes the highest cosine and coverage for those of one product, which favours it.
    """

    def holds(signs: Signs) -> bool:
        floor = fusion.floor_with_topic if signs.wish == 1 else fusion.floor
        return signs.cosine + fusion.floor_coverage * signs.coverage >= floor

    return holds


def _rounded(weights: Any, bias: float) -> Answerable:
    named = zip(Signs.__slots__, weights, strict=True)
    values = {name: round(float(weight), 2) for name, weight in named}
    return Answerable(**values, bias=round(float(bias), 2))


def _own(cells: Mapping[Cell, float]) -> float:
    return float(np.mean([share for cell, share in cells.items() if cell[3] == "own"]))


def _goal(cells: Mapping[Cell, float]) -> float:
    sold = np.mean([found for cell, found in cells.items() if cell[0] == "sold"])
    not_sold = np.mean([found for cell, found in cells.items() if cell[0] == "not sold"])
    return float(ANSWERS * sold + (1 - ANSWERS) * (1 - not_sold))


def measure_wishes(
    shop: ShopBench, wishes: Mapping[str, Mapping[str, Sequence[str]]], lexicon: Lexicon
) -> dict[str, dict[str, float]]:
    """``{"sensible": {language: share answered}, "refused": {language: share refused}}``."""
    everything = np.ones(shop.size, dtype=np.bool_)

    def is_answered(text: str) -> bool:
        asked = read_asked(text, lexicon, shop.languages)
        lexical, cosines = shop.lexical(text), shop.cosines(text)
        models = Fusion.load(), Answerable.load()
        return bool(relevant(asked, lexical, cosines, everything, *models).any())

    return {
        meant: {
            language: float(np.mean([is_answered(t) == (meant == "sensible") for t in texts]))
            for language, texts in found.items()
        }
        for meant, found in wishes.items()
    }


def vague_queries(name: str = "vague_queries") -> dict[str, dict[str, list[str]]]:
    """The hand-written queries without a kind of product; see the data file."""
    text = files("evals").joinpath(f"data/{name}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return loaded
