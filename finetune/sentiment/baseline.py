"""The linear baseline: tf-idf and logistic regression, as anybody would begin."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from finetune.sentiment.linear import fit_logistic, table_of
from finetune.sentiment.ratings import scale_of
from finetune.text.examples import Example
from retrieval.encoder.script import has_chinese
from retrieval.reviews.ngrams import Scores

_BITS = 22
_CHARACTERS, _WORDS = 3, 2
"""Tokens in the longest n-gram of Chinese and of English."""
_LEAST = 2
"""N-grams in fewer texts are left out."""


def baseline_probabilities(training: Sequence[Example], texts: Sequence[str]) -> Scores:
    """What the baseline, fitted on ``training``, says of ``texts``; ``(texts, labels)``.

    Rows of length 1, each label against the others, a cost of 1.
    """
    labels = scale_of(training)
    seen = [example.text for example in training]
    longest = _CHARACTERS if any(map(has_chinese, seen)) else _WORDS
    known, unknown = (table_of(some, longest, _BITS).astype(bool) for some in (seen, texts))
    counts = np.bincount(known.indices, minlength=known.shape[1])
    kept = np.flatnonzero(counts >= _LEAST)
    rarity = sparse.diags(np.log((len(seen) + 1) / (counts[kept] + 1)) + 1)
    known, unknown = (_of_length_one(table[:, kept] @ rarity) for table in (known, unknown))
    margins = np.zeros((len(texts), len(labels)))
    for index, label in enumerate(labels):
        targets = np.array([float(example.label == label) for example in training])
        weights, bias = fit_logistic(known, targets, 1.0)
        margins[:, index] = unknown @ weights + bias
    said = 1 / (1 + np.exp(-margins))
    return np.asarray(said / said.sum(axis=1, keepdims=True), dtype=np.float32)


def _of_length_one(table: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    return (sparse.diags(1 / np.maximum(lengths, 1e-12)) @ table).tocsr()
