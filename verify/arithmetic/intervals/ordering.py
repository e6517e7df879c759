"""Rules of intervals for comparisons, for what they decide, and for whole numbers."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.arithmetic.intervals.elementary import is_known, undefined_where
from verify.arithmetic.intervals.values import (
    Compared,
    Ground,
    Interval,
    Truth,
    Value,
    Whole,
    chosen,
    is_undefined,
    is_unknown,
    kind_of,
    outward,
    point,
    unknown,
    unless_unknown,
)


def lt(x: Interval, y: Interval) -> Truth:
    return _ordered(x, y, x.high < y.low, x.low >= y.high)


def le(x: Interval, y: Interval) -> Truth:
    return _ordered(x, y, x.high <= y.low, x.low > y.high)


def _ordered(x: Interval, y: Interval, yes: Any, no: Any) -> Truth:
    """Whether x comes before y, with what that means of both."""
    if not (_is_finite_constant(x) or _is_finite_constant(y)):  # else its ends tell already
        known = ~(is_unknown(x) | is_unknown(y))
        yes, no = yes & known, no & known
    before = Ground(x, Interval(-np.inf, y.high)), Ground(y, Interval(x.low, np.inf))
    after = Ground(x, Interval(y.low, np.inf)), Ground(y, Interval(-np.inf, x.high))
    return Compared(yes, no).meaning(before, after)


def _is_finite_constant(x: Interval) -> bool:
    return is_known(x) and bool(np.all(np.isfinite(x.low)))


def eq(x: Interval, y: Interval) -> Truth:
    same = (x.low == x.high) & (y.low == y.high) & (x.low == y.low)
    return Truth(same, (x.high < y.low) | (x.low > y.high))


def logical_not(x: Truth) -> Truth:
    return Compared(x.no, x.yes).meaning(*_meaning(x)[::-1])


def logical_and(x: Truth, y: Truth) -> Truth:
    both = _meaning(x)[0] + _meaning(y)[0]
    return Compared(x.yes & y.yes, x.no | y.no).meaning(both, ())


def logical_or(x: Truth, y: Truth) -> Truth:
    neither = _meaning(x)[1] + _meaning(y)[1]
    return Compared(x.yes | y.yes, x.no & y.no).meaning((), neither)


def _meaning(x: Truth) -> tuple[tuple[Ground, ...], tuple[Ground, ...]]:
    return (x.if_true, x.if_false) if isinstance(x, Compared) else ((), ())


def narrowed(value: Value, grounds: tuple[Ground, ...]) -> Value:
    """A value between the ends that a comparison leaves it, where it was what was compared."""
    narrow: Any = value
    for ends in [ground.ends for ground in grounds if ground.subject is value]:
        low, high = jnp.maximum(narrow.low, ends.low), jnp.minimum(narrow.high, ends.high)
        narrow = chosen((low <= high) & ~is_unknown(narrow), Interval(low, high), narrow)
    return narrow


def logical_xor(x: Truth, y: Truth) -> Truth:
    return Truth((x.yes & y.no) | (x.no & y.yes), (x.yes & y.yes) | (x.no & y.no))


def maximum(x: Interval, y: Interval) -> Interval:
    return _of_ends(jnp.maximum, x, y)


def minimum(x: Interval, y: Interval) -> Interval:
    return _of_ends(jnp.minimum, x, y)


def _of_ends(function: Callable[..., Any], *values: Interval) -> Interval:
    """A function that grows in each argument and does not round."""
    low = function(*(v.low for v in values))
    if all(v.is_point for v in values):
        return point(low)
    return unless_unknown(Interval(low, function(*(v.high for v in values))), *values)


def clamp(low: Interval, x: Interval, high: Interval) -> Interval:
    return minimum(maximum(x, low), high)


def is_finite(x: Interval) -> Truth:
    return Truth(jnp.isfinite(x.low) & jnp.isfinite(x.high), (x.low == x.high) & jnp.isinf(x.low))


def of_itself(x: Value, answer: bool) -> Truth:
    """A comparison of a value with itself, which is decided wherever it is a number."""
    known = jnp.ones(jnp.shape(x[0]), bool)
    if isinstance(x, Interval):
        known = ~(is_undefined(x) | is_unknown(x))
    return Truth(known & answer, known & (not answer))


def remainder(x: Interval, y: Interval) -> Interval:
    """x - y trunc(x/y) where y is exact, or x is known to be smaller; unknown elsewhere."""
    size = jnp.maximum(abs(x.low), abs(x.high))
    is_smaller = size < jnp.minimum(abs(y.low), abs(y.high))
    is_smaller &= (y.low > 0) | (y.high < 0)
    value = chosen(is_smaller, x, _of_one_divisor(x, y))
    lost = ((y.low == 0) & (y.high == 0)) | is_undefined(x, y)
    return undefined_where(lost, value)


def _of_one_divisor(x: Interval, y: Interval) -> Interval:
    """The remainders of what lies between two multiples of one number; unknown elsewhere.

    They are exact, but for subnormal ones, which divisors over 2^-960 do not give: a remainder
    is x itself, or a multiple of the divisor's last place, 2^-1012 at least.
    """
    size = abs(y.low)
    steady = (y.low == y.high) & (size > 2.0**-960) & (size < np.inf)
    low, high = (jnp.fmod(end, jnp.where(steady, size, 1.0)) for end in x)
    same_side = (x.low >= 0) | (x.high <= 0)
    # The difference and the product are each rounded by at most 2^-53 of themselves.
    near = (x.high - x.low < size * (1 - 2.0**-50)) & (low <= high)
    near |= (x.low == x.high) & (abs(x.low) < np.inf)
    return chosen(steady & same_side & near, Interval(low, high), unknown(low))


def rounded(function: Callable[..., Any]) -> Callable[..., Interval]:
    """A function to whole numbers that grows: floor, ceil, round, sign."""
    return lambda x: _of_ends(function, x)


def converted(value: Value, dtype: Any) -> Value:
    """A value as another kind: real numbers are not rounded on the way to a narrower dtype."""
    kind = kind_of(dtype)
    if isinstance(value, Whole) and kind is Whole:
        return Whole(value.value.astype(dtype), value.known)
    if isinstance(value, kind):
        return value
    source = Truth if isinstance(value, Truth) else type(value)
    return _CONVERSIONS[source, kind](value, dtype)


def _interval_of_whole(value: Whole, dtype: Any) -> Interval:
    number = jnp.asarray(value.value, jnp.float64)
    near = chosen(abs(number) < 2.0**53, point(number), outward(number, number))
    return chosen(value.known, near, unknown(number))


def _whole_of_interval(value: Interval, dtype: Any) -> Whole:
    low, high = jnp.trunc(value.low), jnp.trunc(value.high)
    info = np.iinfo(dtype)
    known = (low == high) & (low >= float(info.min)) & (high < float(int(info.max) + 1))
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
    "add": logical_or,
    "max": logical_or,
    "mul": logical_and,
    "min": logical_and,
    "eq": lambda x, y: logical_not(logical_xor(x, y)),
    "ne": logical_xor,
    "lt": lambda x, y: logical_and(logical_not(x), y),
    "le": lambda x, y: logical_or(logical_not(x), y),
    "gt": lambda x, y: logical_and(x, logical_not(y)),
    "ge": lambda x, y: logical_or(x, logical_not(y)),
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
