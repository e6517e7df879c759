"""Two Gaussians of one width ε before the best discriminator: its divergence and its gradients."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import apart, mean_under
from verify.functions import normal_log_density


def _jsd(delta, eps):
    """JSD(N(δ, ε²), N(0, ε²)), by integral."""

    def integrand(x):
        log_p, log_q = normal_log_density(x, delta, eps), normal_log_density(x, 0, eps)
        log_m = jnp.logaddexp(log_p, log_q) - jnp.log(2.0)
        return (jnp.exp(log_p) * (log_p - log_m) + jnp.exp(log_q) * (log_q - log_m)) / 2

    return vf.integral(integrand, -jnp.inf, jnp.inf)


@vf.claim(
    delta=vf.reals(-5, 5), eps=vf.reals(0.1, 10), holds=False, source="Notes B, 5c, first line"
)
def every_loss_is_zero_or_very_high(delta, eps):
    """JSD(N(θ, ε²), N(θ₀, ε²)) is over 1 nat wherever it is not zero."""
    return vf.implies(apart(delta), vf.less(1, _jsd(delta, eps)))


@vf.claim(delta=vf.reals(-5, 5), eps=vf.reals(0.1, 10), source="Notes B, 5c")
def the_jensen_shannon_divergence_is_bounded(delta, eps):
    """0 < JSD(N(θ, ε²), N(θ₀, ε²)) ≤ log 2 for θ ≠ θ₀."""
    jsd = _jsd(delta, eps)
    bounded = vf.all_of(vf.less(0, jsd), vf.at_most(jsd, jnp.log(2.0)))
    return vf.implies(apart(delta), bounded)


@vf.claim(delta=vf.reals(0, 5), eps=vf.reals(0.5, 10), source="Notes B, 5c")
def the_jensen_shannon_divergence_grows_with_the_distance(delta, eps):
    """∂_δ JSD(N(θ₀ + δ, ε²), N(θ₀, ε²)) > 0 for δ > 0."""
    return vf.implies(vf.less(0, delta), vf.less(0, jax.grad(_jsd)(delta, eps)))


def _overlap(delta, eps):
    """∫ √(p q) = exp(-δ²/(8ε²))."""
    return jnp.exp(-(delta**2) / (8 * eps**2))


def _slope_bound(delta, eps):
    """½ ∫ |x - θ|/ε² √(p q), at most."""
    length = jnp.abs(delta) / 2 + eps * jnp.sqrt(2 / vf.pi)
    return _overlap(delta, eps) * length / (2 * eps**2)


def _vanishes(bound, delta):
    """A bound tends to 0 as ε → 0, for δ ≠ 0."""
    limit = vf.limit(lambda eps: bound(delta, eps), 0.0, side="above")
    return vf.implies(apart(delta), vf.equal(limit, 0))


@vf.claim(delta=vf.reals(-5, 5), eps=vf.reals(0.5, 10), source="Notes B, 5c; log(1 + x) ≤ √x")
def the_jensen_shannon_divergence_tends_to_log_two(delta, eps):
    """0 ≤ log 2 - JSD(N(θ, ε²), N(θ₀, ε²)) ≤ exp(-δ²/(8ε²)) → 0 as ε → 0, for θ ≠ θ₀."""
    missing = jnp.log(2.0) - _jsd(delta, eps)
    bounded = vf.all_of(vf.at_most(0, missing), vf.at_most(missing, _overlap(delta, eps)))
    return vf.all_of(bounded, _vanishes(_overlap, delta))


@vf.claim(delta=vf.reals(-5, 5), eps=vf.reals(0.5, 10), source="Notes B, 5c; log(1 + x) ≤ √x")
def the_slope_of_the_jensen_shannon_divergence_vanishes(delta, eps):
    """|∂_θ JSD| ≤ exp(-δ²/(8ε²)) (|δ|/2 + ε√(2/π))/(2ε²) → 0 as ε → 0, for θ ≠ θ₀."""
    slope = jnp.abs(jax.grad(_jsd)(delta, eps))
    return vf.all_of(vf.at_most(slope, _slope_bound(delta, eps)), _vanishes(_slope_bound, delta))


def _logit(x, theta, theta_0, eps):
    """The logit of D* = p_θ₀/(p_θ₀ + p_θ) at x."""
    return normal_log_density(x, theta_0, eps) - normal_log_density(x, theta, eps)


def _mean_discriminator(theta, theta_0, eps):
    """E_{p_θ} D*."""
    return mean_under(theta, eps, lambda x: jax.nn.sigmoid(_logit(x, theta, theta_0, eps)))


def _minimax_slope(theta, theta_0, eps):
    """∂_θ E_{p_θ} log(1 - D*), D* frozen."""
    frozen = jax.lax.stop_gradient(theta)
    loss = lambda x: -jax.nn.softplus(_logit(x, frozen, theta_0, eps))
    return jax.grad(lambda theta: mean_under(theta, eps, loss))(theta)


def _non_saturating_slope(theta, theta_0, eps):
    """∂_θ E_{p_θ}[-log D*], D* frozen."""
    frozen = jax.lax.stop_gradient(theta)
    loss = lambda x: jax.nn.softplus(-_logit(x, frozen, theta_0, eps))
    return jax.grad(lambda theta: mean_under(theta, eps, loss))(theta)


_FROZEN: dict[str, Any] = {
    "theta_0": vf.reals(-3, 3),
    "delta": vf.reals(-3, 3),
    "eps": vf.reals(0.2, 5),
}


@vf.claim(**_FROZEN, source="Notes B, 5c")
def the_minimax_gradient_at_the_optimal_discriminator(theta_0, delta, eps):
    """∂_θ E_{p_θ} log(1 - D*) = E[D*] δ/ε² with D* frozen, δ = θ - θ₀."""
    theta = theta_0 + delta
    mean = _mean_discriminator(theta, theta_0, eps)
    return vf.equal(_minimax_slope(theta, theta_0, eps), mean * delta / eps**2)


@vf.claim(**_FROZEN, source="Notes B, 5c")
def the_non_saturating_gradient_at_the_optimal_discriminator(theta_0, delta, eps):
    """∂_θ E_{p_θ}[-log D*] = (1 - E[D*]) δ/ε² with D* frozen, δ = θ - θ₀."""
    theta = theta_0 + delta
    mean = _mean_discriminator(theta, theta_0, eps)
    return vf.equal(_non_saturating_slope(theta, theta_0, eps), (1 - mean) * delta / eps**2)


@vf.claim(source="Notes B, 5c, at δ = 1 and ε = 0.1")
def the_frozen_gradients_at_a_tenth():
    """At δ = 1, ε = 0.1 the minimax gradient is 4.5e-5, the non-saturating one 100.0."""
    eps = vf.constant("0.1")
    minimax, other = _minimax_slope(1.0, 0.0, eps), _non_saturating_slope(1.0, 0.0, eps)
    return vf.all_of(
        vf.less(vf.constant("4.45e-5"), minimax),
        vf.less(minimax, vf.constant("4.55e-5")),
        vf.less(vf.constant("99.95"), other),
        vf.less(other, vf.constant("100.05")),
    )
