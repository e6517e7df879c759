"""KL(N(μ₁, σ₁²) ‖ N(μ₂, σ₂²)) and its slopes, computed in pairs of floats."""

from typing import TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Float

from verify.functions import elementary, wide
from verify.functions.elementary import bound, is_tiny
from verify.functions.exact_sums import difference_of_squares
from verify.functions.excess import expm1_excess
from verify.functions.kernel import kernel
from verify.functions.log_ratios import excess_of_ratio
from verify.functions.pairs import Scaled
from verify.functions.quotients import inverse_square, over_square, quotient

Floats: TypeAlias = Float[Array, "..."]


def _kl_in_the_reals(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    m, s, ratio = (mu_1 - mu_2) / sigma_2, (sigma_1 - sigma_2) / sigma_2, sigma_1 / sigma_2
    # For a small ratio s is near -1, and what it lost in intervals log1p would magnify.
    log_ratio = jnp.where(ratio < 0.5, jnp.log(ratio), jnp.log1p(s))
    return m * (m / 2) + s * (s / 2) + (s - log_ratio)


@kernel(
    _kl_in_the_reals,
    lambda mu_1, sigma_1, mu_2, sigma_2: mean_slope(mu_1, mu_2, sigma_2),
    lambda mu_1, sigma_1, mu_2, sigma_2: first_slope(sigma_1, sigma_2),
    lambda mu_1, sigma_1, mu_2, sigma_2: mean_slope(mu_2, mu_1, sigma_2),
    lambda mu_1, sigma_1, mu_2, sigma_2: second_slope(mu_1, sigma_1, mu_2, sigma_2),
)
def kl(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    """m²/2 + (ρ² - 1)/2 - log ρ, m = (μ₁ - μ₂)/σ₂, ρ = σ₁/σ₂.

    Where an argument is infinite, the sum of sizes there is infinite or NaN as it should be.
    """
    m = wide.over(wide.difference(mu_1, mu_2), wide.of(sigma_2))
    rest = _of_deviations(sigma_1, sigma_2)
    result = wide.nearest(wide.plus(wide.half(wide.square(m)), rest))
    return jnp.where(
        wide.are_finite(mu_1, sigma_1, mu_2, sigma_2),
        result,
        jnp.abs((mu_1 - mu_2) / sigma_2) + jnp.abs(jnp.log(sigma_1 / sigma_2)),
    )


def _of_deviations(sigma_1: Floats, sigma_2: Floats) -> Scaled:
    """s²/2 + (s - log(1 + s)), s = ρ - 1, which is (ρ² - 1)/2 - log ρ."""
    a, b, apart = wide.of(sigma_1), wide.of(sigma_2), wide.difference(sigma_1, sigma_2)
    squared = wide.square(wide.over(apart, b))
    return wide.normal(wide.plus(wide.half(squared), excess_of_ratio(a, b, apart)))


def _mean_slope_in_sigma(mu_1: Floats, mu_2: Floats, sigma: Floats) -> Floats:
    return -2 * quotient(mean_slope(mu_1, mu_2, sigma), sigma)


@kernel(
    lambda mu_1, mu_2, sigma: (mu_1 - mu_2) / sigma / sigma,
    lambda mu_1, mu_2, sigma: inverse_square(sigma),
    lambda mu_1, mu_2, sigma: -inverse_square(sigma),
    _mean_slope_in_sigma,
)
def mean_slope(mu_1: Floats, mu_2: Floats, sigma: Floats) -> Floats:
    """(μ₁ - μ₂)/σ²."""
    result = wide.over(wide.difference(mu_1, mu_2), wide.square(wide.of(sigma)))
    is_finite = wide.are_finite(mu_1, mu_2, sigma)
    return jnp.where(is_finite, wide.nearest(result), (mu_1 - mu_2) / sigma)


@kernel(
    lambda sigma_1, sigma_2: (sigma_1 - sigma_2) / sigma_2 * (1 + sigma_1 / sigma_2) / sigma_1,
    lambda sigma_1, sigma_2: inverse_square(sigma_2) + inverse_square(sigma_1),
    lambda sigma_1, sigma_2: -2 * quotient(over_square(sigma_1, sigma_2), sigma_2),
)
def first_slope(sigma_1: Floats, sigma_2: Floats) -> Floats:
    """σ₁/σ₂² - 1/σ₁ = (σ₁ - σ₂)(σ₁ + σ₂)/(σ₁ σ₂²)."""
    a, b = wide.of(sigma_1), wide.of(sigma_2)
    top = wide.times(wide.difference(sigma_1, sigma_2), wide.plus(a, b))
    result = wide.nearest(wide.over(top, wide.times(a, wide.square(b))))
    ends = sigma_1 / sigma_2 - 1 / sigma_1
    return jnp.where(wide.are_finite(sigma_1, sigma_2), result, ends)


def _second_bend(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    slope = second_slope(mu_1, sigma_1, mu_2, sigma_2)
    return 2 * inverse_square(sigma_2) - 3 * quotient(slope, sigma_2)


@kernel(
    lambda mu_1, sigma_1, mu_2, sigma_2: (
        (1 - (sigma_1 / sigma_2) ** 2 - ((mu_1 - mu_2) / sigma_2) ** 2) / sigma_2
    ),
    lambda mu_1, sigma_1, mu_2, sigma_2: -2 * quotient(mean_slope(mu_1, mu_2, sigma_2), sigma_2),
    lambda mu_1, sigma_1, mu_2, sigma_2: -2 * quotient(over_square(sigma_1, sigma_2), sigma_2),
    lambda mu_1, sigma_1, mu_2, sigma_2: 2 * quotient(mean_slope(mu_1, mu_2, sigma_2), sigma_2),
    _second_bend,
)
def second_slope(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    """1/σ₂ - (σ₁² + (μ₁ - μ₂)²)/σ₂³ = ((σ₂ - σ₁)(σ₂ + σ₁) - (μ₁ - μ₂)²)/σ₂³."""
    a, b, d = wide.of(sigma_1), wide.of(sigma_2), wide.difference(mu_1, mu_2)
    # Of equal deviations nothing is left, beside which a small square would underflow.
    top = wide.where(
        sigma_1 == sigma_2, wide.negative(wide.square(d)), difference_of_squares(b, a, d)
    )
    result = wide.nearest(wide.over(top, wide.times(b, wide.square(b))))
    ends = (1 - (sigma_1 / sigma_2) ** 2 - ((mu_1 - mu_2) / sigma_2) ** 2) / sigma_2
    return jnp.where(wide.are_finite(mu_1, sigma_1, mu_2, sigma_2), result, ends)


@kernel(
    lambda mu, t: mu * (mu / 2) + expm1_excess(t) / 2,
    lambda mu, t: mu,
    lambda mu, t: _half_expm1(t),
)
def kl_to_standard_by_log_variance(mu: Floats, t: Floats) -> Floats:
    """(mu² + exp(t) - 1 - t)/2."""
    end = bound(t)
    excess = elementary.exp_excess(jnp.clip(t, -end, end))
    excess = wide.where(is_tiny(t), wide.half(wide.square(wide.of(t))), excess)
    below = wide.minus(wide.of(-t), wide.number(1.0, t))
    excess = wide.where(t < -end, below, excess)
    result = wide.nearest(wide.half(wide.plus(wide.square(wide.of(mu)), excess)))
    return jnp.where(wide.are_finite(mu, t), result, jnp.abs(mu) + jnp.abs(t))


@kernel(lambda t: jnp.expm1(t) / 2, lambda t: _half_exp(t))
def _half_expm1(t: Floats) -> Floats:
    """(exp(t) - 1)/2, also where exp(t) overflows."""
    inside = wide.nearest(wide.half(elementary.expm1(jnp.clip(t, -bound(t), bound(t)))))
    return jnp.where(is_tiny(t), t / 2, inside)


def _half_exp_slope(t: Floats) -> Floats:
    return _half_exp(t)


@kernel(lambda t: jnp.exp(t) / 2, _half_exp_slope)
def _half_exp(t: Floats) -> Floats:
    """exp(t)/2, also where exp(t) overflows."""
    return wide.nearest(wide.half(elementary.exponential(jnp.clip(t, -bound(t), bound(t)))))
