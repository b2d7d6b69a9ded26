"""Averages of adapters."""

import dataclasses

import numpy as np
import pytest

from assistant.understanding.intent_adapter import IntentAdapter
from finetune.errors import TrainingDataError
from finetune.intent.average import average


def test_the_average_lies_between_its_parts() -> None:
    shipped = IntentAdapter.load()
    other = dataclasses.replace(shipped, bias=shipped.bias + 2)
    both = average([shipped, other])
    np.testing.assert_allclose(both.bias, shipped.bias + 1)
    np.testing.assert_allclose(both.head, shipped.head)
    assert both.layers.keys() == shipped.layers.keys()


def test_what_does_not_fit_together_is_refused() -> None:
    shipped = IntentAdapter.load()
    fewer = dataclasses.replace(shipped, layers=dict(list(shipped.layers.items())[:-1]))
    with pytest.raises(TrainingDataError, match="same labels"):
        average([shipped, fewer])
    with pytest.raises(TrainingDataError, match="nothing"):
        average([])
