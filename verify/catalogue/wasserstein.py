"""The Wasserstein distance of Gaussians, and the critics that attain it."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import erfc

import verify as vf
from verify.catalogue.gaussians import apart, mean_under
from verify.functions import gaussian_wasserstein_1

# Means and a deviation for which an integral is computed; δ = θ - θ₀.
_MEAN, _WIDTH = vf.reals(-5, 5), vf.reals(0.05, 20)


def _cdf(x, theta, eps):
    return erfc((theta - x) / (eps * jnp.sqrt(2.0))) / 2


def _area_between(theta, theta_0, eps):
    """∫ |F - G| for the distribution functions of N(θ, ε²) and N(θ₀, ε²)."""
    gap = lambda x: jnp.abs(_cdf(x, theta, eps) - _cdf(x, theta_0, eps))
    return vf.integral(gap, -jnp.inf, jnp.inf)


@vf.claim(theta=_MEAN, theta_0=_MEAN, eps=_WIDTH, source="Notes B, 5c")
def the_wasserstein_distance_is_the_distance(theta, theta_0, eps):
    """W₁ = ∫ |F - G| = |θ - θ₀| for every ε."""
    return vf.equal(_area_between(theta, theta_0, eps), jnp.abs(theta - theta_0))


@vf.claim(
    mu_1=vf.reals(-3, 3),
    sigma_1=vf.reals(0.1, 5),
    mu_2=vf.reals(-3, 3),
    sigma_2=vf.reals(0.1, 5),
    source="Villani (2003), remark 2.19",
)
def the_wasserstein_distance_of_two_gaussians(mu_1, sigma_1, mu_2, sigma_2):
    """W₁ moves quantiles to quantiles: it is ∫ |(μ₁ + σ₁ z) - (μ₂ + σ₂ z)| N(z; 0, 1) dz."""
    moved = lambda z: jnp.abs((mu_1 + sigma_1 * z) - (mu_2 + sigma_2 * z))
    return vf.equal(gaussian_wasserstein_1(mu_1, sigma_1, mu_2, sigma_2), mean_under(0, 1, moved))


@vf.claim(theta=vf.reals(), theta_0=vf.reals(), eps=vf.positives(), source="Notes B, 5c")
def gaussian_wasserstein_1_at_equal_widths(theta, theta_0, eps):
    """gaussian_wasserstein_1(θ, ε, θ₀, ε) = |θ - θ₀|."""
    return vf.equal(gaussian_wasserstein_1(theta, eps, theta_0, eps), jnp.abs(theta - theta_0))


@vf.claim(
    theta_0=vf.reals(-3, 3), delta=vf.reals(-3, 3), eps=vf.reals(0.2, 5), source="Notes B, 5c"
)
def the_slope_of_the_wasserstein_distance(theta_0, delta, eps):
    """∂_θ ∫ |F - G| = 1 for θ > θ₀ and -1 for θ < θ₀."""
    slope = jax.grad(_area_between)(theta_0 + delta, theta_0, eps)
    return vf.implies(apart(delta), vf.equal(slope, jnp.sign(delta)))


def _one_sided_slopes(distance):
    """The slopes of a function of θ - θ₀ on either side of zero."""
    quotient = lambda t: (distance(t) - distance(0.0)) / t
    return (vf.limit(quotient, 0.0, side="above"), vf.limit(quotient, 0.0, side="below"))


@vf.claim(eps=vf.positives(), holds=False, source="Notes B, 5c, last lines")
def the_wasserstein_distance_is_smooth_at_the_minimum(eps):
    """W₁ has one slope in θ on both sides of θ₀."""
    distance = lambda t: gaussian_wasserstein_1(t, eps, 0.0, eps)
    return vf.equal(*_one_sided_slopes(distance))


@vf.claim(eps=vf.positives(), source="Notes B, 5c")
def the_wasserstein_distance_has_a_kink_at_the_minimum(eps):
    """W₁ has the slope 1 in θ over θ₀ and -1 under it."""
    distance = lambda t: gaussian_wasserstein_1(t, eps, 0.0, eps)
    return vf.equal(_one_sided_slopes(distance), (1.0, -1.0))


def _squared_second_distance(delta, eps_1, eps_2):
    """W₂² of N(δ, ε₁²) and N(0, ε₂²)."""
    return delta**2 + (eps_1 - eps_2) ** 2


@vf.claim(
    delta=_MEAN, eps_1=vf.reals(0.05, 20), eps_2=vf.reals(0.05, 20), source="Villani (2003), 2.18"
)
def the_squared_second_wasserstein_distance(delta, eps_1, eps_2):
    """W₂² moves quantiles to quantiles: ∫ (δ + ε₁ z - ε₂ z)² N(z; 0, 1) dz = δ² + (ε₁ - ε₂)²."""
    moved = lambda z: (delta + eps_1 * z - eps_2 * z) ** 2
    return vf.equal(mean_under(0, 1, moved), _squared_second_distance(delta, eps_1, eps_2))


@vf.claim(eps=vf.reals(0.1, 10), source="Notes B, 5c")
def the_squared_second_wasserstein_distance_is_smooth_at_the_minimum(eps):
    """W₂² = (θ - θ₀)² at equal variances has the slope 0 on both sides of θ₀."""
    distance = lambda t: _squared_second_distance(t, eps, eps)
    return vf.equal(_one_sided_slopes(distance), (0.0, 0.0))


@vf.claim(theta=_MEAN, theta_0=_MEAN, eps=_WIDTH, c=vf.reals(-100, 100), source="Notes B, 5c")
def a_linear_critic_gains_its_slope_times_the_distance(theta, theta_0, eps, c):
    """E_{p_θ}[c x] - E_{p_data}[c x] = c(θ - θ₀)."""
    critic = lambda x: c * x
    gain = mean_under(theta, eps, critic) - mean_under(theta_0, eps, critic)
    return vf.equal(gain, c * (theta - theta_0))


@vf.claim(theta=vf.reals(), theta_0=vf.reals(), bound=vf.reals(), source="Notes B, 5c")
def without_a_constraint_no_critic_is_best(theta, theta_0, bound):
    """For θ ≠ θ₀ and any bound, some c has c(θ - θ₀) under it; the gain tends to -∞ with c."""
    delta = theta - theta_0
    c = (bound - 1) / delta
    gain = vf.limit(lambda size: -size * jnp.sign(delta) * delta, jnp.inf)
    unbounded = vf.all_of(vf.less(c * delta, bound), vf.equal(gain, -jnp.inf))
    return vf.implies(apart(delta), unbounded)


@vf.claim(theta=_MEAN, theta_0=_MEAN, eps=_WIDTH, source="Notes B, 5d")
def the_linear_critic_attains_the_distance(theta, theta_0, eps):
    """E_{p_θ} D - E_{p_data} D = -|θ - θ₀| for D(x) = -sign(θ - θ₀) x, whose slope is 1 in size."""
    critic = lambda x: -jnp.sign(theta - theta_0) * x
    gain = mean_under(theta, eps, critic) - mean_under(theta_0, eps, critic)
    return vf.equal(gain, -jnp.abs(theta - theta_0))


def _critic(x, bend, centre, slope):
    """A critic with |D'| ≤ 1: slope sin(bend (x - centre))/bend, |slope| ≤ 1."""
    return slope * jnp.sin(bend * (x - centre)) / bend


_CRITIC: dict[str, Any] = {
    "theta": vf.reals(-3, 3),
    "theta_0": vf.reals(-3, 3),
    "eps": vf.reals(0.2, 5),
    "bend": vf.reals(0.1, 2),
    "centre": vf.reals(-3, 3),
}


@vf.claim(**_CRITIC, slope=vf.reals(-1, 1), source="Notes B, 5d")
def no_critic_of_slope_one_beats_the_distance(theta, theta_0, eps, bend, centre, slope):
    """E_{p_θ} D - E_{p_data} D ≥ -|θ - θ₀| for D(x) = a sin(b(x - c))/b, |a| ≤ 1."""
    critic = lambda x: _critic(x, bend, centre, slope)
    gain = mean_under(theta, eps, critic) - mean_under(theta_0, eps, critic)
    return vf.at_most(-jnp.abs(theta - theta_0), gain)


@vf.claim(**_CRITIC, slope=vf.reals(-5, 5), holds=False, source="Notes B, 5d")
def no_critic_of_any_slope_beats_the_distance(theta, theta_0, eps, bend, centre, slope):
    """The same for |a| ≤ 5."""
    critic = lambda x: _critic(x, bend, centre, slope)
    gain = mean_under(theta, eps, critic) - mean_under(theta_0, eps, critic)
    return vf.at_most(-jnp.abs(theta - theta_0), gain)
