"""What remains of exp and log without their first terms: where formulas cancel."""

import math
from typing import TypeAlias

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions import elementary
from verify.functions.arguments import REAL, Range, floats
from verify.functions.elementary import bound, is_tiny
from verify.functions.kernel import kernel
from verify.functions.pairs import Pair, constant, nearest, over, plus, times

Floats: TypeAlias = Float[Array, "..."]

# Readers of jaxprs take the series up to here. What its terms leave out is under 2⁻⁶⁶ of it;
# that would be a jump at the end itself, which therefore is no float32.
_NEAR, _TERMS_OF_READERS = 2.0**-11 * (1 + 2.0**-30), 6

_OVER_MINUS_ONE = Range("at least -1", lambda x: x < -1)


def log1p_excess(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """x - log(1 + x), without cancellation near zero.

    Args:
        x: dimensionless, at least -1.

    Returns:
        Dimensionless, non-negative, in the dtype of x; -1 and infinity give infinity.

    Raises:
        TypeError: x is not real.
        ValueError: x is under -1 (NaN where it is traced).

    Accuracy: within an ulp in value and slope (claims log1p_excess_is_accurate,
        the_slope_of_log1p_excess_is_accurate, and both …_in_16_bits). The largest errors seen in
        float32, at 2²⁴ inputs: 0.800 ulps in value, 0.500 in slope; in bfloat16 and float16, at all
        inputs, 0.501 in either.
    Gradient: x/(1 + x).

    Example:
        >>> float(log1p_excess(2.0**-60)) == 2.0**-121
        True
    """
    (x,) = floats("log1p_excess", x=(x, _OVER_MINUS_ONE))
    return _log1p_excess(x)


def expm1_excess(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """exp(x) - 1 - x, without cancellation near zero.

    Args:
        x: dimensionless, any real number.

    Returns:
        Dimensionless, non-negative, in the dtype of x; infinities give infinity.

    Raises:
        TypeError: x is not real.

    Accuracy: within an ulp in value and slope (claims expm1_excess_is_accurate,
        the_slope_of_expm1_excess_is_accurate, and both …_in_16_bits). The largest errors seen in
        float32, at 2²⁴ inputs: 0.791 ulps in value, 0.566 in slope; in bfloat16 and float16, at all
        inputs, 0.501 in either.
    Gradient: exp(x) - 1.

    Example:
        >>> float(expm1_excess(2.0**-60)) == 2.0**-121
        True
    """
    (x,) = floats("expm1_excess", x=(x, REAL))
    return _expm1_excess(x)


def _log1p_excess_in_reals(x: Floats) -> Floats:
    coefficients = [(-1) ** n / (n + 2) for n in range(_TERMS_OF_READERS)]
    return _by_series(x, coefficients, x - jnp.log1p(x))


def _expm1_excess_in_reals(x: Floats) -> Floats:
    coefficients = [1 / math.factorial(n + 2) for n in range(_TERMS_OF_READERS)]
    return _by_series(x, coefficients, jnp.expm1(x) - x)


def _by_series(x: Floats, coefficients: list[float], far: Floats) -> Floats:
    """Near zero x² (c_0 + c_1 x + …), which intervals can be told of more tightly."""
    near, total = jnp.where(jnp.abs(x) < _NEAR, x, 0), jnp.zeros_like(x)
    for coefficient in reversed(coefficients):
        total = total * near + coefficient
    return jnp.where(jnp.abs(x) < _NEAR, near * near * total, far)


def _share_slope_slope(x: Floats) -> Floats:
    return -2 * _inverse_square(x) / (1 + x)


def _exp_slope(x: Floats) -> Floats:
    return exp(x)


@kernel(_log1p_excess_in_reals, lambda x: _share(x))
def _log1p_excess(x: Floats) -> Floats:
    """x - log(1 + x), of pairs."""
    is_inside = (x > -1) & (x < jnp.inf)
    inside = nearest(elementary.log1p_excess(jnp.where(is_inside, x, 0)))
    at_ends = jnp.where(x < -1, jnp.nan, jnp.abs(x) * jnp.inf)
    return jnp.where(is_tiny(x), x * (x / 2), jnp.where(is_inside, inside, at_ends))


@kernel(lambda x: x / (1 + x), lambda x: _inverse_square(x))
def _share(x: Floats) -> Floats:
    """x/(1 + x), for x ≥ -1."""
    is_inside = (x > -1) & (x < jnp.inf)
    y = jnp.where(is_inside, x, 0)
    inside = nearest(over(y, plus(constant(1, y), y)))
    at_ends = jnp.where(x > 0, 1, jnp.where(x < -1, jnp.nan, x * jnp.inf))
    return jnp.where(is_inside, inside, at_ends)


@kernel(lambda x: 1 / (1 + x) ** 2, _share_slope_slope)
def _inverse_square(x: Floats) -> Floats:
    """1/(1 + x)², for x ≥ -1."""
    whole = plus(constant(1, x), x)
    is_inside = (x > -1) & (whole.high * whole.high < jnp.inf)
    whole = Pair(jnp.where(is_inside, whole.high, 1), whole.low)
    inside = nearest(over(constant(1, x), times(whole, whole)))
    at_ends = jnp.where(x > 0, 0, jnp.where(x < -1, jnp.nan, x * -jnp.inf))
    return jnp.where(is_inside, inside, at_ends)


@kernel(_expm1_excess_in_reals, lambda x: expm1(x))
def _expm1_excess(x: Floats) -> Floats:
    """exp(x) - 1 - x, of pairs."""
    left = -bound(x)
    inside = nearest(elementary.exp_excess(jnp.clip(x, left, bound(x))))
    return jnp.where(is_tiny(x), x * (x / 2), jnp.where(x < left, -x - 1, inside))


@kernel(jnp.expm1, lambda x: exp(x))
def expm1(x: Floats) -> Floats:
    """exp(x) - 1."""
    inside = nearest(elementary.expm1(jnp.clip(x, -bound(x), bound(x))))
    return jnp.where(is_tiny(x), x, inside)


@kernel(jnp.exp, _exp_slope)
def exp(x: Floats) -> Floats:
    """The exponential function."""
    return nearest(elementary.exponential(jnp.clip(x, -bound(x), bound(x))))
