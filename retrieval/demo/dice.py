"""Seeded chance: the same key always draws the same, on every machine and in every process."""

import zlib
from random import Random

import numpy as np


def dice(*key: object) -> Random:
    """A generator of its own for ``key``, e.g. ``dice(seed, "sofa", 3)``."""
    return Random("/".join(map(str, key)))  # noqa: S311 (nothing drawn is a secret)


def array_dice(seed: int, purpose: str) -> np.random.Generator:
    """The same for whole arrays."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])
