"""Logarithms of ratios, and what x/y - 1 exceeds them by, where x is near y and elsewhere.

Numbers are pairs with exponents (`wide`). The difference x - y is given along with x and y by
callers that know it more exactly than the two tell.
"""

from fractions import Fraction
from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from verify.functions import elementary, pairs, wide
from verify.functions.pairs import Pair, Scaled, single

Floats: TypeAlias = Float[Array, "..."]


class _Ratio(NamedTuple):
    """x/y = whole · 2^exponent, whole - 1 to its own full precision where the exponent is 0."""

    is_near: Bool[Array, "..."]
    whole: Pair
    less_one: Pair
    exponent: Floats


def log_of_ratio(x: Scaled, y: Scaled, difference: Scaled) -> Scaled:
    """log(x/y) for x and y positive and finite."""
    return wide.of_pair(_log(_ratio(x, y, difference)))


def excess_of_ratio(x: Scaled, y: Scaled, difference: Scaled) -> Scaled:
    """x/y - 1 - log(x/y) for x and y positive and finite.

    It is not negative, and also known as the Itakura-Saito divergence of x from y.

    Source: Itakura and Saito (1968).
    """
    ratio = _ratio(x, y, difference)
    far = wide.minus(wide.over(difference, y), wide.of_pair(_log(ratio)))
    return wide.where(ratio.is_near, wide.of_pair(_near_excess(ratio)), far)


def log_over_constant(x: Floats, constant: Fraction) -> Scaled:
    """log(x/c), to full relative precision also where x is next to the constant c."""
    first, *rest = (jnp.full_like(x, part) for part in _parts(constant, x))
    below = wide.of_pair(Pair(*rest))
    difference = wide.minus(wide.difference(x, first), below)
    y = wide.plus(wide.of(first), below)
    return log_of_ratio(wide.of(x), wide.normal(y), wide.normal(difference))


def _parts(constant: Fraction, like: Floats) -> list[float]:
    """Three floats of the dtype whose sum is the constant, to three times its digits."""
    parts = []
    for _ in range(3):
        parts.append(float(np.asarray(float(constant), like.dtype)))
        constant -= Fraction(parts[-1])
    return parts


def _ratio(x: Scaled, y: Scaled, difference: Scaled) -> _Ratio:
    s = wide.over(difference, y)
    size = wide.nearest(s)
    is_near = (size > -0.25) & (size < 0.375)  # inside sqrt(1/2) and sqrt(2), where log has k = 0
    one = pairs.constant(1, size)
    near = pairs.where(is_near, wide.pair(s), single(jnp.zeros_like(size)))
    far = pairs.over(x.pair, y.pair)
    whole = pairs.where(is_near, pairs.plus(one, near), far)
    less_one = pairs.where(is_near, near, pairs.plus(far, -one))
    exponent = jnp.where(is_near, 0, x.exponent - y.exponent)
    return _Ratio(is_near, whole, less_one, exponent.astype(size.dtype))


def _log(ratio: _Ratio) -> Pair:
    first, second, third = elementary.log_2_parts(ratio.exponent)
    k = ratio.exponent
    return pairs.plus(
        Pair(k * first, k * (second + third)),
        elementary.logarithm(ratio.whole, ratio.less_one),
    )


def _near_excess(ratio: _Ratio) -> Pair:
    """s - log(1 + s), which at s.high + s.low is more by about s.low s.high/(1 + s.high)."""
    s = pairs.where(ratio.is_near, ratio.less_one, single(jnp.zeros_like(ratio.exponent)))
    moved = s.low * (s.high / (1 + s.high))
    return pairs.plus(elementary.log_excess_near(s.high), moved)
