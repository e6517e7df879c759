"""Rules of intervals for arithmetic."""

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.arithmetic.intervals.values import (
    FLUSHED,
    LARGEST,
    Interval,
    chosen,
    is_undefined,
    is_unknown,
    outward,
    point,
    settled,
    unknown,
    unless_unknown,
)

# Up to here a reciprocal is a normal number, at least 2^-1021: beyond 2^1022 it is under the
# least one, 2^-1022, and flushed. A binade is to spare for what rounding the divisor may cost.
_HUGE = 2.0**1021
_ROOT_ULPS = 2.0  # IEEE asks for half an ulp of sqrt; an accelerator's by Newton's steps has one


def negative(x: Interval) -> Interval:
    return point(-x.low) if x.is_point else Interval(-x.high, -x.low)


def absolute(x: Interval) -> Interval:
    if x.is_point:
        return point(abs(x.low))
    low, high = abs(x.low), abs(x.high)
    nearest = jnp.where((x.low <= 0) & (x.high >= 0), 0.0, jnp.minimum(low, high))
    nearest = jnp.where(is_unknown(x), -jnp.inf, nearest)
    return Interval(jnp.where(is_undefined(x), jnp.nan, nearest), jnp.maximum(low, high))


def add(x: Interval, y: Interval) -> Interval:
    if is_zero(y):
        return spread(x, y)
    if is_zero(x):
        return spread(y, x)
    return settled(outward(x.low + y.low, x.high + y.high), x, y)


def subtract(x: Interval, y: Interval) -> Interval:
    if is_zero(y):
        return spread(x, y)
    if is_zero(x):
        return spread(negative(y), x)
    return settled(outward(x.low - y.high, x.high - y.low), x, y)


def is_zero(x: Interval) -> bool:
    """Whether it is known while tracing that a value is 0, or an array of zeros."""
    return is_known(x) and not np.any(x.low)


def is_known(x: Interval) -> bool:
    """Whether a value is a constant while tracing."""
    return x.is_point and isinstance(x.low, np.ndarray | np.generic)


def spread(x: Interval, y: Interval) -> Interval:
    """A value in the shape that it has beside another."""
    if jnp.shape(x.low) == jnp.broadcast_shapes(jnp.shape(x.low), jnp.shape(y.low)):
        return x
    shape = jnp.shape(y.low)
    low = jnp.broadcast_to(x.low, shape)
    return point(low) if x.is_point else Interval(low, jnp.broadcast_to(x.high, shape))


def multiply(x: Interval, y: Interval) -> Interval:
    if x is y:
        return square(x)
    for factor, other in ((x, y), (y, x)):
        if is_known(factor) and np.all(np.isin(factor.low, (-1.0, 1.0))):
            return _signed(factor.low, other)
        if _are_powers_of_two(factor):
            return _shifted(factor.low, other)
    # Of zero and an infinity there is no product: NaN, so that the value is unknown.
    value = outward(*_extremes([a * b for a in _ends(x) for b in _ends(y)]))
    return settled(_signs_kept(value, x, y), x, y)


def _signs_kept(value: Interval, x: Interval, y: Interval) -> Interval:
    """A product of numbers whose signs are known, which widening must not give another."""
    up = ((x.low >= 0) & (y.low >= 0)) | ((x.high <= 0) & (y.high <= 0))
    down = ((x.low >= 0) & (y.high <= 0)) | ((x.high <= 0) & (y.low >= 0))
    return Interval(jnp.where(up, _over_zero(value.low), value.low),
                    jnp.where(down, -_over_zero(-value.high), value.high))  # fmt: skip


def _signed(sign: Any, x: Interval) -> Interval:
    """A value times 1 or -1, which is exact."""
    turned = negative(x)
    if x.is_point:
        return point(x.low * sign)
    return chosen(sign > 0, x, turned)


def _are_powers_of_two(x: Interval) -> bool:
    return is_known(x) and bool(np.all(abs(np.frexp(x.low)[0]) == 0.5))


def _shifted(power: Any, x: Interval) -> Interval:
    """A value times a power of two, of which at most a subnormal number is lost."""
    low, high = x.low * power, x.high * power
    low, high = jnp.minimum(low, high), jnp.maximum(low, high)
    lost = 0.0 if np.all(abs(power) >= 1) else FLUSHED
    value = Interval(jnp.minimum(low - lost, LARGEST), jnp.maximum(high + lost, -LARGEST))
    return _signs_kept(value, x, point(power))


def _ends(x: Interval) -> tuple[Any, ...]:
    return (x.low,) if x.is_point else (x.low, x.high)


def _extremes(values: list[Any]) -> tuple[Any, Any]:
    return functools.reduce(jnp.minimum, values), functools.reduce(jnp.maximum, values)


def square(x: Interval) -> Interval:
    size = absolute(x)
    low, high = size.low * size.low, size.high * size.high
    value = outward(low, high)
    return unless_unknown(value._replace(low=_over_zero(value.low)), x)


def _over_zero(x: Any) -> Any:
    """A lower bound of what is not negative."""
    return jnp.where(x < 0, 0.0, x)


def divide(x: Interval, y: Interval) -> Interval:
    """x/y; undefined where y is zero for certain, unknown where it may be."""
    if is_known(y) and np.all(y.low == 1.0):
        return spread(x, y)
    if _are_powers_of_two(y) and np.all(abs(y.low) <= _HUGE):
        return _shifted(1 / y.low, x)
    pairs = [_quotient(a, b) for a in _ends(x) for b in _ends(y)]
    low, high = _extremes([q.low for q in pairs])[0], _extremes([q.high for q in pairs])[1]
    ratio = settled(_signs_kept(outward(low, high), x, y), x, y)
    may_be_zero = (y.low <= 0) & (y.high >= 0)
    is_lost = ((y.low == 0) & (y.high == 0)) | is_undefined(x, y)
    return undefined_where(is_lost, chosen(may_be_zero, unknown(ratio.low), ratio))


def _quotient(a: Any, b: Any) -> Interval:
    """a/b before widening, beyond 2^1021 from 0 to a 2^-1021.

    XLA multiplies by the reciprocal of a constant, and flushes that where it is subnormal.
    """
    is_huge = abs(b) > _HUGE
    quotient = jnp.where(is_huge, a * (jnp.sign(b) / _HUGE), a / b)
    return Interval(jnp.where(is_huge, jnp.minimum(quotient, 0.0), quotient),
                    jnp.where(is_huge, jnp.maximum(quotient, 0.0), quotient))  # fmt: skip


def undefined_where(flags: Any, value: Interval) -> Interval:
    """A value that is no number where something holds."""
    return Interval(jnp.where(flags, jnp.nan, value.low), jnp.where(flags, jnp.nan, value.high))


def integer_power(x: Interval, n: int) -> Interval:
    """x^n for a whole n, by repeated squaring, each step widened."""
    if n < 0:
        return divide(point(np.float64(1.0)), integer_power(x, -n))
    if n == 0:
        lost = is_undefined(x) | is_unknown(x)
        return chosen(lost, unknown(x.low), point(jnp.ones_like(x.low)))
    if n % 2 == 0:
        half = absolute(integer_power(x, n // 2))
        return square(half)
    if n == 1:
        return x
    if x.is_point:
        return multiply(x, square(integer_power(x, n // 2)))
    return _odd_power(x, n)


def _odd_power(x: Interval, n: int) -> Interval:
    """An odd power of a wide interval, which grows with it."""
    low, high = (integer_power(point(end), n) for end in x)
    return Interval(low.low, high.high)


def sqrt(x: Interval) -> Interval:
    low, high = jnp.sqrt(jnp.maximum(x.low, 0.0)), jnp.sqrt(x.high)
    root = outward(low, high, ulps=_ROOT_ULPS)
    return _on_non_negative(x, Interval(jnp.where(low == 0, 0.0, root.low), root.high))


def rsqrt(x: Interval) -> Interval:
    return divide(point(np.float64(1.0)), sqrt(x))


def _on_non_negative(x: Interval, value: Interval) -> Interval:
    """A value where x is not negative; undefined where it is, unknown where it may be."""
    value = chosen(x.low < 0, unknown(x.low), settled(value, x))
    return undefined_where((x.high < 0) | is_undefined(x), value)


def polynomial(x: Interval, *coefficients: Interval) -> Interval:
    """The sum of coefficients[k] x^k, by Horner's rule."""
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = add(coefficient, multiply(x, value))
    return value


def one_minus_square(x: Interval) -> Interval:
    one = point(np.float64(1.0))
    return multiply(subtract(one, x), add(one, x))


FUNCTIONS = {
    "add": add,
    "add_any": add,
    "sub": subtract,
    "mul": multiply,
    "div": divide,
    "neg": negative,
    "abs": absolute,
    "square": square,
    "sqrt": sqrt,
    "rsqrt": rsqrt,
    "polynomial": polynomial,
    "one_minus_square": one_minus_square,
}
