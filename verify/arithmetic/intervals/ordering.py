"""Rules of intervals for comparisons, for what they decide, and for whole numbers."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.arithmetic.intervals.elementary import undefined_where
from verify.arithmetic.intervals.values import (
    Interval,
    Truth,
    Value,
    Whole,
    chosen,
    is_undefined,
    kind_of,
    point,
    unknown,
)


def lt(x: Interval, y: Interval) -> Truth:
    return Truth(x.high < y.low, x.low >= y.high)


def le(x: Interval, y: Interval) -> Truth:
    return Truth(x.high <= y.low, x.low > y.high)


def eq(x: Interval, y: Interval) -> Truth:
    same = (x.low == x.high) & (y.low == y.high) & (x.low == y.low)
    return Truth(same, (x.high < y.low) | (x.low > y.high))


def logical_not(x: Truth) -> Truth:
    return Truth(x.no, x.yes)


def logical_and(x: Truth, y: Truth) -> Truth:
    return Truth(x.yes & y.yes, x.no | y.no)


def logical_or(x: Truth, y: Truth) -> Truth:
    return Truth(x.yes | y.yes, x.no & y.no)


def logical_xor(x: Truth, y: Truth) -> Truth:
    return Truth((x.yes & y.no) | (x.no & y.yes), (x.yes & y.yes) | (x.no & y.no))


def maximum(x: Interval, y: Interval) -> Interval:
    return _of_ends(jnp.maximum, x, y)


def minimum(x: Interval, y: Interval) -> Interval:
    return _of_ends(jnp.minimum, x, y)


def _of_ends(function: Callable[..., Any], *values: Interval) -> Interval:
    """A function that grows in each argument and does not round."""
    low = function(*(v.low for v in values))
    return point(low) if all(v.is_point for v in values) else Interval(
        low, function(*(v.high for v in values)))  # fmt: skip


def clamp(low: Interval, x: Interval, high: Interval) -> Interval:
    return minimum(maximum(x, low), high)


def is_finite(x: Interval) -> Truth:
    return Truth(jnp.isfinite(x.low) & jnp.isfinite(x.high), (x.low == x.high) & jnp.isinf(x.low))


def of_itself(x: Value, answer: bool) -> Truth:
    """A comparison of a value with itself, which is decided wherever it is a number."""
    known = ~is_undefined(x) if isinstance(x, Interval) else jnp.ones(jnp.shape(x[0]), bool)
    return Truth(known & answer, known & (not answer))


def remainder(x: Interval, y: Interval) -> Interval:
    """x - y trunc(x/y) where both are exact, or x is known to be smaller; unknown elsewhere."""
    exact = (x.low == x.high) & (y.low == y.high) & (y.low != 0)
    divisor = jnp.where(exact, y.low, 1.0)
    value = point(jnp.fmod(jnp.where(exact, x.low, 0.0), divisor))
    size = jnp.maximum(abs(x.low), abs(x.high))
    is_smaller = size < jnp.minimum(abs(y.low), abs(y.high))
    is_smaller &= (y.low > 0) | (y.high < 0)
    value = chosen(exact, value, chosen(is_smaller, x, unknown(value.low)))
    lost = ((y.low == 0) & (y.high == 0)) | is_undefined(x, y)
    return undefined_where(lost, value)


def rounded(function: Callable[..., Any]) -> Callable[..., Interval]:
    """A function to whole numbers that grows: floor, ceil, round, sign."""
    return lambda x: _of_ends(function, x)


def converted(value: Value, dtype: Any) -> Value:
    """A value as another kind: real numbers are not rounded on the way to a narrower dtype."""
    kind = kind_of(dtype)
    if isinstance(value, kind):
        return value if kind is not Whole else _cast(value, dtype)
    return _CONVERSIONS[type(value), kind](value, dtype)


def _cast(value: Whole, dtype: Any) -> Whole:
    return Whole(value.value.astype(dtype), value.known)


def _interval_of_whole(value: Whole, dtype: Any) -> Interval:
    number = jnp.asarray(value.value, jnp.float64)
    return chosen(value.known, point(number), unknown(number))


def _whole_of_interval(value: Interval, dtype: Any) -> Whole:
    low, high = jnp.trunc(value.low), jnp.trunc(value.high)
    info = np.iinfo(dtype)
    known = (low == high) & (low >= info.min) & (high <= info.max)
    return Whole(jnp.where(known, low, 0.0).astype(dtype), known)


_CONVERSIONS: dict[Any, Callable[..., Value]] = {
    (Truth, Interval): lambda x, _: Interval(jnp.where(x.yes, 1.0, 0.0), jnp.where(x.no, 0.0, 1.0)),
    (Truth, Whole): lambda x, dtype: Whole(jnp.asarray(x.yes, dtype), x.yes | x.no),
    (Whole, Interval): _interval_of_whole,
    (Whole, Truth): lambda x, _: Truth(x.known & (x.value != 0), x.known & (x.value == 0)),
    (Interval, Whole): _whole_of_interval,
    (Interval, Truth): lambda x, _: logical_not(eq(x, point(np.float64(0.0)))),
}


COMPARISONS: dict[str, Callable[..., Truth]] = {
    "lt": lt,
    "le": le,
    "eq": eq,
    "gt": lambda x, y: lt(y, x),
    "ge": lambda x, y: le(y, x),
    "ne": lambda x, y: logical_not(eq(x, y)),
    "lt_to": lt,
    "le_to": le,
    "eq_to": eq,
}

LOGIC: dict[str, Callable[..., Truth]] = {
    "not": logical_not,
    "and": logical_and,
    "or": logical_or,
    "xor": logical_xor,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **COMPARISONS,
    "max": maximum,
    "min": minimum,
    "clamp": clamp,
    "is_finite": is_finite,
    "rem": remainder,
    "floor": rounded(jnp.floor),
    "ceil": rounded(jnp.ceil),
    "sign": rounded(jnp.sign),
}
