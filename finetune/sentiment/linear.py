"""Logistic regression over hashed n-grams, whose values are weighted in two ways.

One is NB-SVM: each n-gram's value is its naive Bayes log-count ratio, which a regularised linear
model then corrects (Wang and Manning 2012, https://aclanthology.org/P12-2018). The other is its
inverse document frequency. Either is folded into the weight, and the mean of two linear models is
one, so that serving needs to know nothing of it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from finetune.sentiment.head import fit_head
from finetune.text.examples import Example
from finetune.text.metrics import Indices
from retrieval.reviews.ngrams import NgramModel, buckets_of
from retrieval.reviews.sentiment import TWO

Array = NDArray[np.float64]

BITS = 20
_BAYES_COST, _IDF_COST = 5.0, 1.0
_LEAST = 2
_SMOOTHING = 0.5
_ITERATIONS = 80
_PARTS = 5
_ENOUGH = 2000
"""Texts from which on a fifth of them can say how the outputs belong together."""


def train_ngrams(
    examples: Sequence[Example], labels: tuple[str, ...], longest: int, bits: int = BITS
) -> NgramModel:
    """One output for each label; of two labels the first stays at zero."""
    table = table_of([example.text for example in examples], longest, bits)
    truth = np.array([labels.index(example.label) for example in examples])
    if labels == TWO:
        weights = np.zeros((table.shape[1], 2))
        weights[:, 1] = fit_linear(table, truth.astype(float))
    else:
        weights = _each_against_others(table, truth, len(labels))
        if len(truth) >= _ENOUGH:
            weights = weights @ _recombination(table, truth, len(labels))
    scale = np.maximum(np.abs(weights).max(axis=0) / 127, 1e-9)
    steps = np.round(weights / scale).astype(np.int8)
    return NgramModel(steps, scale.astype(np.float32), longest)


def _each_against_others(table: Any, truth: Indices, labels: int) -> Array:
    """Weights ``(2 ** bits, labels)``."""
    outputs = [fit_linear(table, (truth == label).astype(float)) for label in range(labels)]
    return np.stack(outputs, axis=1)


def _recombination(table: Any, truth: Indices, labels: int) -> Array:
    """What turns outputs that know nothing of each other into scores of labels, square.

    That a text is not of three stars says more where it also is not of two. A fifth of the texts,
    which the others' outputs are computed for, shows how much.
    """
    held = np.arange(len(truth)) % _PARTS == 0
    outputs = table[held] @ _each_against_others(table[~held], truth[~held], labels)
    together, _ = fit_head(outputs.astype(np.float32), np.eye(labels)[truth[held]])
    return together.T


def table_of(texts: Sequence[str], longest: int, bits: int) -> Any:
    """CSR of shape ``(texts, 2 ** bits)``: which n-grams occur, each row of length 1."""
    rows = [buckets_of(text, longest, bits) for text in texts]
    values = [np.full(row.size, 1 / np.sqrt(max(row.size, 1))) for row in rows]
    ends = np.cumsum([0, *(row.size for row in rows)])
    parts = (np.concatenate(values), np.concatenate(rows), ends)
    return sparse.csr_matrix(parts, shape=(len(rows), 2**bits))


def fit_linear(table: Any, targets: Array, least: int = _LEAST) -> Array:
    """Weights of one output, float64 of shape ``(2 ** bits,)``; its bias is left to the mixing.

    Args:
        table: of ``table_of``.
        targets: 0 or 1 for each row.
        least: n-grams in fewer texts get no weight.
    """
    seen = np.bincount(table.indices, minlength=table.shape[1])
    kept = np.flatnonzero(seen >= least)
    chosen = table[:, kept]
    bayes = _regressed(chosen, targets, _log_count_ratio(chosen, targets), _BAYES_COST)
    rarity = np.log(len(targets) / seen[kept]) + 1
    weights = np.zeros(table.shape[1])
    weights[kept] = (bayes + _regressed(chosen, targets, rarity, _IDF_COST)) / 2
    return weights


def _log_count_ratio(table: Any, targets: Array) -> Array:
    there = table.astype(bool).astype(float).T
    good, bad = there @ targets + _SMOOTHING, there @ (1 - targets) + _SMOOTHING
    ratio: Array = np.log(good / good.sum()) - np.log(bad / bad.sum())
    return ratio


def _regressed(table: Any, targets: Array, values: Array, cost: float) -> Array:
    """Weights of the columns of ``table``, each multiplied by its of ``values``."""
    weights, _ = fit_logistic((table @ sparse.diags(values)).tocsr(), targets, cost)
    return weights * values


def fit_logistic(table: Any, targets: Array, cost: float) -> tuple[Array, float]:
    """Weights of the columns of ``table`` and a bias, under which ``targets`` are likeliest.

    ``cost`` is that of a mistake against the size of the weights.
    """
    turned = table.T.tocsr()

    def loss(parameters: Array) -> tuple[float, Array]:
        weights, bias = parameters[:-1], parameters[-1]
        margins = table @ weights + bias
        surprise = np.logaddexp(0, margins) - targets * margins
        slope = cost * (1 / (1 + np.exp(-margins)) - targets)
        gradient = np.append(turned @ slope + weights, slope.sum())
        return float(cost * surprise.sum() + weights @ weights / 2), gradient

    start = np.zeros(table.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS})
    return found.x[:-1], float(found.x[-1])
