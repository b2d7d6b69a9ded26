"""Evaluates boosted trees from LightGBM's text model with NumPy alone.

LightGBM itself takes seconds and some 150 MB to import (pandas, SciPy and scikit-learn come along),
and its exact SHAP values take tens of milliseconds for 100 rows. Here contributions follow the path
through each tree (Saabas 2014, "Interpreting random forests"): a split's share is the change of the
node's mean value, so that the shares sum to the prediction exactly.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import WeightsError

Matrix = NDArray[np.float64]
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_NAN = 1, 2, 2


class _Node(NamedTuple):
    """An inner node, or a leaf, which leads to itself; ``value`` is the mean of ``weight`` rows."""

    left: int
    right: int
    value: float = 0.0
    weight: float = 0.0
    feature: int = 0
    threshold: float = np.inf
    nan_left: bool = True


class Trees:
    """A binary or regression model of numeric features. Immutable, so threads may share it.

    Features in ``fixed`` have one value for good: their splits are cut out at once, and no share of
    any prediction is put down to them.
    """

    def __init__(
        self,
        feature_names: Sequence[str],
        trees: Sequence[dict[str, list[str]]],
        fixed: Mapping[str, float] | None = None,
    ) -> None:
        self.feature_names = tuple(feature_names)
        names = self.feature_names
        values = {names.index(n): v for n, v in (fixed or {}).items() if n in names}
        nodes: list[_Node] = []
        grown = [_grow(tree, 0, values, nodes) for tree in trees]
        self._roots = np.array([number for number, _ in grown], dtype=np.int32)
        self._depth = max(depth for _, depth in grown)
        self._feature = np.array([node.feature for node in nodes], dtype=np.int32)
        self._threshold = np.array([node.threshold for node in nodes])
        # The node that follows, and what it adds, at 2 * node where it is the left one, else after.
        after = [(node.left, node.right) for node in nodes]
        self._after = np.array(after, dtype=np.int32).ravel()
        self._value = np.array([node.value for node in nodes])
        self._step = self._value[self._after] - np.repeat(self._value, 2)
        self._nan_left = np.array([node.nan_left for node in nodes], dtype=np.bool_)

    @classmethod
    def load(cls, path: Path, fixed: Mapping[str, float] | None = None) -> "Trees":
        """Reads a model file written by ``lightgbm.Booster.save_model``.

        Raises ``WeightsError`` when the file is missing, damaged, or uses what is not supported
        (categorical splits, linear leaves, more than one class).
        """
        try:
            return cls.parse(path.read_text("utf-8"), fixed)
        except (OSError, UnicodeDecodeError) as error:
            raise WeightsError(f"The ranking model {path.name} cannot be read.") from error
        except (KeyError, ValueError, IndexError) as error:
            raise WeightsError(f"The ranking model {path.name} is damaged: {error}.") from error

    @classmethod
    def parse(cls, text: str, fixed: Mapping[str, float] | None = None) -> "Trees":
        """The model from the text itself; raises ``ValueError`` or ``KeyError`` when malformed."""
        head, *blocks = text.split("end of trees", maxsplit=1)[0].split("\nTree=")
        header = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
        if header["num_tree_per_iteration"] != "1":
            raise ValueError("more than one class")
        trees = []
        for block in blocks:
            lines = (line.split("=", 1) for line in block.splitlines() if "=" in line)
            trees.append({name: value.split() for name, value in lines})
        if not trees:
            raise ValueError("no trees")
        return cls(header["feature_names"].split(), trees, fixed)

    def contributions(self, rows: Matrix) -> tuple[Matrix, float]:
        """Additive parts of the raw score.

        Returns:
            float64 of the shape of ``rows`` (n, features), and the bias; a row's sum and the bias
            make its raw score, which for a binary objective is the log-odds.
        """
        count, width = rows.shape
        node = np.broadcast_to(self._roots, (count, len(self._roots))).copy()
        bias = float(self._value[self._roots].sum())
        flat, line = np.ravel(rows), np.arange(count)[:, None] * width
        places, steps = [], []
        missing = np.isnan(flat).any()
        for _ in range(self._depth):
            place = line + self._feature.take(node)
            value = flat.take(place)
            right = value > self._threshold.take(node)
            if missing:
                right |= np.isnan(value) & ~self._nan_left.take(node)
            link = 2 * node + right
            places.append(place.ravel())
            steps.append(self._step.take(link).ravel())
            node = self._after.take(link)
        parts = np.zeros(count * width)
        if places:
            parts += np.bincount(np.concatenate(places), np.concatenate(steps), count * width)
        return parts.reshape(count, width), bias


def _grow(
    tree: dict[str, list[str]], link: int, fixed: Mapping[int, float], nodes: list[_Node]
) -> tuple[int, int]:
    """Appends the subtree that a link leads to (leaves are negative); its number and depth."""
    if tree["num_leaves"] == ["1"]:
        link = -1
    if link < 0:
        number = len(nodes)
        count = float(tree.get("leaf_count", ["1"])[~link])
        nodes.append(_Node(number, number, float(tree["leaf_value"][~link]), count))
        return number, 0
    decision = int(tree["decision_type"][link])
    if decision & _CATEGORICAL:
        raise ValueError("categorical splits")
    if tree.get("is_linear", ["0"]) != ["0"]:
        raise ValueError("linear leaves")
    feature, threshold = int(tree["split_feature"][link]), float(tree["threshold"][link])
    left, right = int(tree["left_child"][link]), int(tree["right_child"][link])
    if feature in fixed:
        return _grow(tree, left if fixed[feature] <= threshold else right, fixed, nodes)
    number = len(nodes)
    nodes.append(_Node(number, number))
    (left, left_depth), (right, right_depth) = (
        _grow(tree, child, fixed, nodes) for child in (left, right)
    )
    one, other = nodes[left], nodes[right]
    count = one.weight + other.weight
    value = (one.value * one.weight + other.value * other.weight) / max(count, 1.0)
    # Unless missing values were seen in training, LightGBM reads NaN as 0.
    seen = decision >> 2 & 3 == _MISSING_NAN
    nan_left = bool(decision & _DEFAULT_LEFT) if seen else threshold >= 0
    nodes[number] = _Node(left, right, value, count, feature, threshold, nan_left)
    return number, 1 + max(left_depth, right_depth)
