"""Rules of intervals for functions that neither grow nor fall throughout."""

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from verify.arithmetic.intervals import monotone
from verify.arithmetic.intervals.elementary import (
    absolute,
    add,
    divide,
    integer_power,
    is_known,
    multiply,
    negative,
    spread,
    subtract,
    undefined_where,
)
from verify.arithmetic.intervals.values import (
    EPSILON,
    FLUSHED,
    Interval,
    around,
    chosen,
    is_undefined,
    outward,
    point,
    settled,
    unknown,
    unless_unknown,
)

# Relative. An ulp is at most EPSILON of a number; the other half is for what is rounded when the
# error is computed and taken off.
_SLACK = 2 * monotone.SLACK * EPSILON
_MOST_FACTORS = 64  # of a power that is multiplied out, each step widened by some ulps
_ONE, _PI = point(np.float64(1.0)), around(math.pi)
_LEAST_LGAMMA = (1.4616321449683623, -0.12148629053584961)  # where it is, and what, rounded
_UNDER_LEAST = 1e-15  # 72 ulps of it: more than it and the subtraction are rounded by
# More than two roundings of a distance, 2^-52 of it, and than those of what it is multiplied by.
_ROOM = 1.0001
# Of exp(-|x|) I1(x): the slope is 1/2 at 0, where it is greatest, and the value 0.2191 at 1.545.
_I1E_SLOPE, _I1E_BOUND = 0.5, 0.22


def _steady(function: Callable[..., Any], slope: float, bound: float) -> Callable[..., Interval]:
    """A function whose slope and size have bounds: its value in the middle, and a radius."""

    def rule(x: Interval) -> Interval:
        middle = x.low if x.is_point else x.low + (x.high - x.low) / 2
        radius = 0.0 if x.is_point else _radius(x, middle)
        value = function(middle)
        error = abs(value) * _SLACK + FLUSHED + slope * radius
        near = settled(Interval(value - error, value + error), x)
        near = unless_unknown(Interval(*(jnp.clip(e, -bound, bound) for e in near)), x, near)
        return undefined_where(is_undefined(x), near)

    return rule


def _radius(x: Interval, middle: Any) -> Any:
    """How far the ends are at most from the middle, however often that is rounded."""
    return jnp.maximum(x.high - middle, middle - x.low) * _ROOM + abs(middle) * EPSILON


def tan(x: Interval) -> Interval:
    return divide(FUNCTIONS["sin"](x), FUNCTIONS["cos"](x))


def atan2(y: Interval, x: Interval) -> Interval:
    """The angle of (x, y), where a half-plane that holds it is known; unknown elsewhere."""
    atan = monotone.FUNCTIONS["atan"]
    quarter = around(math.pi / 2)
    right = atan(divide(y, x))
    across = atan(divide(x, y))
    up, down = subtract(quarter, across), subtract(negative(quarter), across)
    value = chosen(y.low > 0, up, chosen(y.high < 0, down, unknown(up.low)))
    return undefined_where(is_undefined(x, y), chosen(x.low > 0, right, value))


def power(x: Interval, y: Interval) -> Interval:
    """x^y for x that is not negative, from its values at the corners; unknown elsewhere."""
    n = _whole_exponent(y)
    if n is not None:
        return spread(integer_power(x, n), y)
    corners = [lax.pow(*jnp.broadcast_arrays(a, b)) for a in x for b in y]
    low, high = corners[0], corners[0]
    for corner in corners[1:]:
        low, high = jnp.minimum(low, corner), jnp.maximum(high, corner)
    value = outward(low, high, monotone.SLACK)
    value = settled(Interval(jnp.maximum(value.low, 0.0), value.high), x, y)
    is_known = (x.low > 0) | ((x.low == 0) & (y.low > 0))
    value = unless_unknown(chosen(is_known, value, unknown(low)), x, y)
    return undefined_where(is_undefined(x, y), value)


def _whole_exponent(y: Interval) -> int | None:
    """The whole number that a constant exponent is, if it is one and multiplied out."""
    if not is_known(y) or not np.size(y.low):
        return None
    first = float(np.ravel(y.low)[0])
    is_one = first.is_integer() and abs(first) <= _MOST_FACTORS and np.all(y.low == first)
    return int(first) if is_one else None


def lgamma(x: Interval) -> Interval:
    """log |gamma(x)|; of x < 0 by log(pi/|sin(pi x)|) - log gamma(1 - x)."""
    log = monotone.FUNCTIONS["log"]
    sine = absolute(FUNCTIONS["sin"](_turned(x)))
    right = _lgamma_of_positive(chosen(x.high < 0, subtract(_ONE, x), x))
    return chosen(x.high < 0, subtract(log(divide(_PI, sine)), right), right)


def _turned(x: Interval) -> Interval:
    """pi (x - n) for the whole number n nearest to the middle of x."""
    nearest = jnp.round(x.low + (x.high - x.low) / 2)
    return multiply(_PI, subtract(x, point(nearest)))


def _lgamma_of_positive(x: Interval) -> Interval:
    """With a slack that does not shrink at its zeros."""
    place, least = _LEAST_LGAMMA
    low, high = (_absolutely(lax.lgamma(end)) for end in x)
    lower = jnp.where((x.low <= place) & (x.high >= place), least - _UNDER_LEAST,
                      jnp.minimum(low.low, high.low))  # fmt: skip
    value = settled(Interval(lower, jnp.maximum(low.high, high.high)), x)
    return undefined_where(is_undefined(x), chosen(x.low > 0, value, unknown(lower)))


def digamma(x: Interval) -> Interval:
    """The slope of log |gamma|; of x < 0 that at 1 - x, less pi cot(pi x)."""
    slope = divide(_PI, tan(_turned(x)))
    right = _digamma_of_positive(chosen(x.high < 0, subtract(_ONE, x), x))
    return chosen(x.high < 0, subtract(right, slope), right)


def _digamma_of_positive(x: Interval) -> Interval:
    """With a slack that does not shrink at its zero."""
    value = Interval(_absolutely(lax.digamma(x.low)).low, _absolutely(lax.digamma(x.high)).high)
    value = chosen(x.low > 0, settled(value, x), unknown(x.low))
    return undefined_where(is_undefined(x), value)


def _absolutely(value: Any) -> Interval:
    error = (1 + abs(value)) * _SLACK
    return Interval(value - error, value + error)


def logaddexp(x: Interval, y: Interval) -> Interval:
    """log(e^x + e^y) = m + log1p(e^-d), m the greater and d the distance."""
    low, high = (_logaddexp(point(a), point(b)) for a, b in zip(x, y, strict=True))
    value = unless_unknown(settled(Interval(low.low, high.high), x, y), x, y)
    return undefined_where(is_undefined(x, y), value)


def _logaddexp(x: Interval, y: Interval) -> Interval:
    greater = point(jnp.maximum(x.low, y.low))
    distance = point(jnp.minimum(x.low, y.low))
    fallen = monotone.FUNCTIONS["exp"](subtract(distance, greater))
    return add(greater, monotone.FUNCTIONS["log1p"](fallen))


FUNCTIONS: dict[str, Callable[..., Interval]] = {
    "sin": _steady(lax.sin, slope=1.0, bound=1.0),
    "cos": _steady(lax.cos, slope=1.0, bound=1.0),
    "bessel_i1e": _steady(lax.bessel_i1e, slope=_I1E_SLOPE, bound=_I1E_BOUND),
    "tan": tan,
    "atan2": atan2,
    "pow": power,
    "lgamma": lgamma,
    "digamma": digamma,
    "logaddexp": logaddexp,
}
