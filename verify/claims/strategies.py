"""Hypothesis' strategies for the domains, and how a found point is given to them.

`draws` is a flat tuple of plain draws, one for each number, so that a point found
elsewhere can be handed to Hypothesis as the choices that make it, and shrunk.
"""

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from verify.claims.domain import Domain, Integers, Interval
from verify.claims.simplex import Simplex


def interval(domain: Interval) -> SearchStrategy[Any]:
    """Floats of an interval, or arrays of them."""
    return _shaped(_floats(domain.low, domain.high, domain.is_open), domain.shape)


def integers(domain: Integers) -> SearchStrategy[Any]:
    """Whole numbers, as floats, or arrays of them."""
    return _shaped(st.integers(domain.low, domain.high).map(float), domain.shape)


def simplex(domain: Simplex) -> SearchStrategy[Any]:
    """Vectors on the simplex, from weights."""
    weights = st.lists(st.integers(1, 2**20), min_size=domain.n, max_size=domain.n)
    return weights.map(lambda w: domain.settled(np.array(w) / sum(w)))


def draws(domain: Domain) -> list[SearchStrategy[Any]]:
    """One plain draw for each number that makes a point."""
    if isinstance(domain, Simplex):  # the last entry is what is left of one
        return [_floats(0.0, 1.0, is_open=True)] * (domain.n - 1)
    size = int(np.prod(domain.shape, dtype=int))
    if isinstance(domain, Integers):
        return [st.integers(domain.low, domain.high)] * size
    return [_floats(domain.low, domain.high, domain.is_open)] * size


def to_draws(domain: Domain, value: np.ndarray) -> list[Any]:
    """The draws that make a point."""
    numbers = np.asarray(value).ravel().tolist()
    if isinstance(domain, Simplex):
        return numbers[:-1]
    return [int(n) for n in numbers] if isinstance(domain, Integers) else numbers


def from_draws(domain: Domain, drawn: list[Any]) -> np.ndarray | None:
    """The point that some draws make, or None where they make none."""
    if isinstance(domain, Simplex):
        drawn = [*drawn, 1.0 - math.fsum(drawn)]
    value = np.array(drawn, np.float64).reshape(domain.shape)
    return value if domain.contains(value) else None


def _floats(low: float, high: float, is_open: bool) -> SearchStrategy[float]:
    return st.floats(
        low if math.isfinite(low) else None,
        high if math.isfinite(high) else None,
        exclude_min=is_open and math.isfinite(low),
        exclude_max=is_open and math.isfinite(high),
        allow_nan=False,
        allow_infinity=False,
    )


def _shaped(numbers: SearchStrategy[float], shape: tuple[int, ...]) -> SearchStrategy[Any]:
    if not shape:
        return numbers
    size = int(np.prod(shape, dtype=int))
    rows = st.lists(numbers, min_size=size, max_size=size)
    return rows.map(lambda row: np.array(row, np.float64).reshape(shape))
