"""The density of a normal distribution, its logarithm, its entropy and their slopes, in pairs."""

import math
from fractions import Fraction
from typing import TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Float

from verify.functions import pairs, wide
from verify.functions.elementary import bound, exponential
from verify.functions.exact_sums import difference_of_squares
from verify.functions.gaussian_divergence import mean_slope, second_slope
from verify.functions.kernel import kernel
from verify.functions.log_ratios import log_over_constant
from verify.functions.pairs import Scaled
from verify.functions.quotients import inverse, quotient

Floats: TypeAlias = Float[Array, "..."]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_ROOT_2PI = math.sqrt(2 * math.pi)
_ONE_OVER_ROOT_2PI = Fraction(0x662114CF50D942343F2CF1402EAE38BFD3829F30, 2**160)
_ONE_OVER_ROOT_2PIE = Fraction(0x3DF1CB1C662E6EE18719E49EE2EDCFE2412E7690, 2**160)


def _log_density_in_the_reals(z: Floats, mu: Floats, sigma: Floats) -> Floats:
    r = (z - mu) / sigma
    return -(r * (r / 2) + jnp.log(sigma) + _HALF_LOG_2PI)


@kernel(
    _log_density_in_the_reals,
    lambda z, mu, sigma: mean_slope(mu, z, sigma),
    lambda z, mu, sigma: mean_slope(z, mu, sigma),
    lambda z, mu, sigma: -second_slope(z, jnp.zeros_like(sigma), mu, sigma),
)
def log_density(z: Floats, mu: Floats, sigma: Floats) -> Floats:
    """-r²/2 - log(σ sqrt(2π)), r = (z - μ)/σ."""
    is_finite = wide.are_finite(z, mu, sigma)
    width = jnp.where(is_finite, sigma, 1)
    rest = wide.normal(log_over_constant(width, _ONE_OVER_ROOT_2PI))
    result = wide.nearest(wide.negative(wide.plus(_half_square(z, mu, width), rest)))
    return jnp.where(is_finite, result, _log_density_in_the_reals(z, mu, sigma))


def _density_in_the_reals(z: Floats, mu: Floats, sigma: Floats) -> Floats:
    r = (z - mu) / sigma
    return jnp.exp(-(r * (r / 2))) / sigma / _ROOT_2PI


@kernel(
    _density_in_the_reals,
    lambda z, mu, sigma: -_slope_in_mean(z, mu, sigma),
    lambda z, mu, sigma: _slope_in_mean(z, mu, sigma),
    lambda z, mu, sigma: _slope_in_width(z, mu, sigma),
)
def density(z: Floats, mu: Floats, sigma: Floats) -> Floats:
    """exp(-r²/2)/(σ sqrt(2π)), r = (z - μ)/σ."""
    result = wide.nearest(_density(z, mu, sigma))
    ends = _density_in_the_reals(z, mu, sigma)
    return jnp.where(wide.are_finite(z, mu, sigma), result, ends)


def _mean_slope_in_width(z: Floats, mu: Floats, sigma: Floats) -> Floats:
    return quotient(_slope_in_mean(z, mu, sigma) * (quotient(z - mu, sigma) ** 2 - 3), sigma)


@kernel(
    lambda z, mu, sigma: (z - mu) / sigma / sigma * _density_in_the_reals(z, mu, sigma),
    lambda z, mu, sigma: -quotient(_slope_in_width(z, mu, sigma), sigma),
    lambda z, mu, sigma: quotient(_slope_in_width(z, mu, sigma), sigma),
    _mean_slope_in_width,
)
def _slope_in_mean(z: Floats, mu: Floats, sigma: Floats) -> Floats:
    """r/σ times the density; none at an infinite argument."""
    steps = wide.over(wide.difference(z, mu), wide.square(wide.of(sigma)))
    result = wide.nearest(wide.times(steps, _density(z, mu, sigma)))
    return jnp.where(wide.are_finite(z, mu, sigma), result, density(z, mu, sigma) * 0)


@kernel(
    lambda z, mu, sigma: (
        (((z - mu) / sigma) ** 2 - 1) / sigma * _density_in_the_reals(z, mu, sigma)
    ),
    lambda z, mu, sigma: -_slopes_of_slope(z, mu, sigma)[0],
    lambda z, mu, sigma: _slopes_of_slope(z, mu, sigma)[0],
    lambda z, mu, sigma: _slopes_of_slope(z, mu, sigma)[1],
)
def _slope_in_width(z: Floats, mu: Floats, sigma: Floats) -> Floats:
    """(r² - 1)/σ times the density; none at an infinite argument."""
    width = wide.of(sigma)
    top = wide.negative(difference_of_squares(width, wide.difference(z, mu)))
    steps = wide.over(top, wide.times(width, wide.square(width)))
    result = wide.nearest(wide.times(steps, _density(z, mu, sigma)))
    return jnp.where(wide.are_finite(z, mu, sigma), result, density(z, mu, sigma) * 0)


def _slopes_of_slope(z: Floats, mu: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """Of (r² - 1)/σ times the density, in μ and in σ."""
    u = quotient(z - mu, sigma) ** 2
    twice = quotient(quotient(density(z, mu, sigma), sigma), sigma)
    return quotient(_slope_in_mean(z, mu, sigma) * (u - 3), sigma), twice * (u * (u - 5) + 2)


@kernel(lambda sigma: jnp.log(sigma) + (_HALF_LOG_2PI + 0.5), lambda sigma: inverse(sigma))
def entropy(sigma: Floats) -> Floats:
    """log(σ sqrt(2πe)), also next to its zero."""
    is_inside = wide.are_positive(sigma)
    width = jnp.where(is_inside, sigma, 1)
    return jnp.where(
        is_inside, wide.nearest(log_over_constant(width, _ONE_OVER_ROOT_2PIE)), jnp.log(sigma)
    )


def _density(z: Floats, mu: Floats, sigma: Floats) -> Scaled:
    """exp(-r²/2)/(σ sqrt(2π)), and zero where r²/σ³ times it is none but zero."""
    h = _half_square(z, mu, sigma)
    end = 4 * bound(sigma)
    is_inside = wide.nearest(h) < end
    high, low = wide.pair(wide.where(is_inside, h, wide.number(end, sigma)))
    root = exponential(-high / 4)
    decay = Scaled(pairs.plus(root.pair, -wide.high(root) * (low / 4)), root.exponent)
    decay = wide.square(wide.square(decay))
    scale = wide.of_pair(wide.constant(_ONE_OVER_ROOT_2PI, sigma))
    result = wide.over(wide.times(decay, scale), wide.of(sigma))
    return wide.where(is_inside, result, wide.number(0.0, sigma))


def _half_square(z: Floats, mu: Floats, sigma: Floats) -> Scaled:
    """r²/2."""
    return wide.half(wide.square(wide.over(wide.difference(z, mu), wide.of(sigma))))
