"""Two Gaussians of one width ε: their divergence as ε → 0, and gradient descent on it."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

import verify as vf
from verify.catalogue.gaussians import apart, divergence, mean_under
from verify.functions import gaussian_kl, gaussian_kl_equal_variance

# Means and a deviation for which an integral is computed; δ = θ - θ₀.
_MEAN, _WIDTH = vf.reals(-5, 5), vf.reals(0.05, 20)
_ANY_MEAN, _ANY_WIDTH = vf.reals(), vf.positives()
_DESCENT_STEPS = 6


@vf.claim(theta=_MEAN, theta_0=_MEAN, eps=_WIDTH, source="Notes B, 5a")
def the_divergence_at_equal_variances(theta, theta_0, eps):
    """KL(N(θ, ε²) ‖ N(θ₀, ε²)) = (θ - θ₀)²/(2ε²), by integral."""
    return vf.equal(divergence(theta, eps, theta_0, eps), (theta - theta_0) ** 2 / (2 * eps**2))


@vf.claim(theta=_ANY_MEAN, theta_0=_ANY_MEAN, eps=_ANY_WIDTH, source="Notes B, 5a")
def the_divergence_at_equal_variances_is_a_special_case(theta, theta_0, eps):
    """gaussian_kl(θ, ε, θ₀, ε) = gaussian_kl_equal_variance(θ, θ₀, ε) = (θ - θ₀)²/(2ε²)."""
    closed = (theta - theta_0) ** 2 / (2 * eps**2)
    return vf.all_of(
        vf.equal(gaussian_kl(theta, eps, theta_0, eps), closed),
        vf.equal(gaussian_kl_equal_variance(theta, theta_0, eps), closed),
    )


@vf.claim(theta=_ANY_MEAN, theta_0=_ANY_MEAN, eps=_ANY_WIDTH, source="Notes B, 5a")
def the_expansion_of_the_divergence(theta, theta_0, eps):
    """(θ₀² - θ²)/(2ε²) + (2θ - 2θ₀)θ/(2ε²) = (θ - θ₀)²/(2ε²)."""
    first = (theta_0**2 - theta**2) / (2 * eps**2)
    second = (2 * theta - 2 * theta_0) * theta / (2 * eps**2)
    return vf.equal(first + second, (theta - theta_0) ** 2 / (2 * eps**2))


@vf.claim(theta=_MEAN, theta_0=_MEAN, eps=_WIDTH, source="Notes B, 5a")
def the_expansion_is_the_mean_of_the_log_ratio(theta, theta_0, eps):
    """E_{p_θ}[((x - θ₀)² - (x - θ)²)/(2ε²)] = (θ₀² - θ²)/(2ε²) + (2θ - 2θ₀) E[x]/(2ε²)."""
    ratio = lambda x: ((x - theta_0) ** 2 - (x - theta) ** 2) / (2 * eps**2)
    mean = mean_under(theta, eps, lambda x: x)
    expanded = (theta_0**2 - theta**2 + (2 * theta - 2 * theta_0) * mean) / (2 * eps**2)
    return vf.equal(mean_under(theta, eps, ratio), expanded)


def _kl_in_theta(theta_0, eps):
    return lambda theta: gaussian_kl_equal_variance(theta, theta_0, eps)


@vf.claim(theta_0=vf.reals(-10, 10), delta=vf.reals(-10, 10), source="Notes B, 5b")
def the_divergence_grows_without_bound(theta_0, delta):
    """KL → ∞ as ε → 0, for θ ≠ θ₀."""
    kl = lambda eps: gaussian_kl_equal_variance(theta_0 + delta, theta_0, eps)
    return vf.implies(apart(delta), vf.equal(vf.limit(kl, 0.0, side="above"), jnp.inf))


@vf.claim(theta_0=vf.reals(-10, 10), source="Notes B, 5b")
def the_divergence_stays_zero_at_the_minimum(theta_0):
    """KL → 0 as ε → 0, at θ = θ₀."""
    kl = lambda eps: gaussian_kl_equal_variance(theta_0, theta_0, eps)
    return vf.equal(vf.limit(kl, 0.0, side="above"), 0)


@vf.claim(theta=_ANY_MEAN, theta_0=_ANY_MEAN, eps=_ANY_WIDTH, source="Notes B, 5b")
def the_slope_of_the_divergence(theta, theta_0, eps):
    """∂_θ KL = (θ - θ₀)/ε², by JAX's rules and as a true derivative."""
    kl, slope = _kl_in_theta(theta_0, eps), (theta - theta_0) / eps**2
    return vf.all_of(
        vf.equal(jax.grad(kl)(theta), slope), vf.equal(vf.derivative(kl, theta), slope)
    )


@vf.claim(
    theta=vf.reals(-3, 3), theta_0=vf.reals(-3, 3), eps=vf.reals(0.2, 5), source="Notes B, 5b"
)
def the_slope_of_the_divergence_by_integral(theta, theta_0, eps):
    """∂_θ ∫ p_θ log(p_θ/p_θ₀) = (θ - θ₀)/ε²."""
    slope = jax.grad(divergence)(theta, eps, theta_0, eps)
    return vf.equal(slope, (theta - theta_0) / eps**2)


@vf.claim(
    theta=_ANY_MEAN, theta_0=_ANY_MEAN, eps=_ANY_WIDTH, holds=False, source="Notes B, 5b, last line"
)
def the_slope_of_the_divergence_as_written(theta, theta_0, eps):
    """∂_θ KL = θ - θ₀."""
    return vf.equal(vf.derivative(_kl_in_theta(theta_0, eps), theta), theta - theta_0)


@vf.claim(theta_0=vf.reals(-10, 10), delta=vf.reals(-10, 10), source="Notes B, 5b")
def the_slope_of_the_divergence_grows_without_bound(theta_0, delta):
    """∂_θ KL → ∞ as ε → 0 for θ > θ₀, and → -∞ for θ < θ₀."""
    theta = theta_0 + delta
    slope = vf.limit(lambda eps: jax.grad(_kl_in_theta(theta_0, eps))(theta), 0.0, side="above")
    return vf.all_of(
        vf.implies(vf.less(0, delta), vf.equal(slope, jnp.inf)),
        vf.implies(vf.less(delta, 0), vf.equal(slope, -jnp.inf)),
    )


def _descended(theta, theta_0, eps, eta, steps=_DESCENT_STEPS):
    """θ after steps of gradient descent on KL, with step size η."""
    slope = jax.grad(_kl_in_theta(theta_0, eps))
    return jax.lax.fori_loop(0, steps, lambda _, theta: theta - eta * slope(theta), theta)


def _descended_by_optax(theta, theta_0, eps, eta, steps=_DESCENT_STEPS):
    """The same with optax.sgd."""
    optimiser, slope = optax.sgd(eta), jax.grad(_kl_in_theta(theta_0, eps))

    def step(_, carry):
        theta, state = carry
        change, state = optimiser.update(slope(theta), state)
        return optax.apply_updates(theta, change), state

    return jax.lax.fori_loop(0, steps, step, (theta, optimiser.init(theta)))[0]


_DESCENT: dict[str, Any] = {
    "theta": vf.reals(-10, 10),
    "theta_0": vf.reals(-10, 10),
    "eps": vf.reals(0.1, 10),
    "eta": vf.reals(0.01, 10),
}


@vf.claim(**_DESCENT, source="Notes B, 5b")
def descent_multiplies_the_distance(theta, theta_0, eps, eta):
    """Gradient descent on KL has θ_k - θ₀ = (1 - η/ε²)^k (θ - θ₀), k = 6."""
    distance = _descended(theta, theta_0, eps, eta) - theta_0
    return vf.equal(distance, (1 - eta / eps**2) ** _DESCENT_STEPS * (theta - theta_0))


@vf.claim(**_DESCENT, source="Notes B, 5b")
def descent_by_optax_multiplies_the_distance(theta, theta_0, eps, eta):
    """optax.sgd(η) on KL has θ_k - θ₀ = (1 - η/ε²)^k (θ - θ₀), k = 6."""
    distance = _descended_by_optax(theta, theta_0, eps, eta) - theta_0
    return vf.equal(distance, (1 - eta / eps**2) ** _DESCENT_STEPS * (theta - theta_0))


@vf.claim(eps=_ANY_WIDTH, eta=vf.reals(), source="Notes B, 5b")
def descent_contracts_exactly_for_steps_under_two_variances(eps, eta):
    """|1 - η/ε²| < 1 for 0 < η < 2ε², and |1 - η/ε²| ≥ 1 for η ≤ 0 and for η ≥ 2ε²."""
    factor = jnp.abs(1 - eta / eps**2)
    inside = vf.all_of(vf.less(0, eta), vf.less(eta, 2 * eps**2))
    return vf.all_of(
        vf.implies(inside, vf.less(factor, 1)),
        vf.implies(vf.at_most(eta, 0), vf.at_most(1, factor)),
        vf.implies(vf.at_most(2 * eps**2, eta), vf.at_most(1, factor)),
    )


def _distance_limit(eps, ratio):
    """lim |θ_k - θ₀|/|θ - θ₀| as k → ∞, at η = ratio ε²."""
    eta = ratio * eps**2
    return vf.limit(lambda k: jnp.abs(1 - eta / eps**2) ** k, jnp.inf, integers=True)


@vf.claim(eps=vf.reals(0.1, 10), ratio=vf.reals(0, 2), source="Notes B, 5b")
def descent_converges_for_steps_under_two_variances(eps, ratio):
    """|1 - η/ε²|^k → 0 as k → ∞, for 0 < η < 2ε²."""
    inside = vf.all_of(vf.less(0, ratio), vf.less(ratio, 2))
    return vf.implies(inside, vf.equal(_distance_limit(eps, ratio), 0))


@vf.claim(eps=vf.reals(0.1, 10), ratio=vf.reals(2, 10), source="Notes B, 5b")
def descent_diverges_for_steps_over_two_variances(eps, ratio):
    """|1 - η/ε²|^k → ∞ as k → ∞, for η > 2ε²."""
    return vf.implies(vf.less(2, ratio), vf.equal(_distance_limit(eps, ratio), jnp.inf))


@vf.claim(
    theta_0=vf.reals(-10, 10),
    delta=vf.reals(0.1, 10),
    eps=vf.reals(0.1, 10),
    eta=vf.reals(0.01, 100),
    holds=False,
    source="Notes B, 5b, last lines",
)
def descent_never_converges(theta_0, delta, eps, eta):
    """Gradient descent on KL comes no closer to θ₀ than it started: |θ_6 - θ₀| ≥ |θ - θ₀|."""
    distance = _descended(theta_0 + delta, theta_0, eps, eta) - theta_0
    return vf.at_most(delta, jnp.abs(distance))


@vf.claim(theta=_ANY_MEAN, theta_0=_ANY_MEAN, eps=_ANY_WIDTH, source="Notes B, 5b")
def descent_needs_one_step_of_one_variance(theta, theta_0, eps):
    """At η = ε², θ₁ = θ₀."""
    return vf.equal(_descended(theta, theta_0, eps, eps**2, steps=1), theta_0)


@vf.claim(
    theta_0=_ANY_MEAN,
    delta=_ANY_MEAN,
    eps=_ANY_WIDTH,
    part=vf.probabilities(),
    holds=False,
    source="Notes B, 5c",
)
def no_smooth_path_leads_to_the_minimum(theta_0, delta, eps, part):
    """On the way from θ to θ₀, KL is somewhere no lower than at θ."""
    kl = _kl_in_theta(theta_0, eps)
    no_lower = vf.at_most(kl(theta_0 + delta), kl(theta_0 + part * delta))
    return vf.implies(apart(delta), no_lower)


@vf.claim(
    theta_0=_ANY_MEAN,
    delta=_ANY_MEAN,
    eps=_ANY_WIDTH,
    part=vf.probabilities(),
    source="Notes B, 5c",
)
def the_divergence_falls_all_the_way_to_the_minimum(theta_0, delta, eps, part):
    """On the way from θ to θ₀, KL is lower than at θ, and it is convex: ∂²_θ KL = 1/ε²."""
    kl = _kl_in_theta(theta_0, eps)
    lower = vf.less(kl(theta_0 + part * delta), kl(theta_0 + delta))
    curvature = jax.grad(jax.grad(kl))(theta_0 + delta)
    return vf.all_of(vf.implies(apart(delta), lower), vf.equal(curvature, 1 / eps**2))
