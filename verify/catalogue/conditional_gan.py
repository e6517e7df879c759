"""The logit of a conditional discriminator: a log ratio that is linear in the features."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.functions import normal_log_density, optimal_discriminator, sigmoid
from verify.models import Projection, optimal_projection, projection_logit

# x and y take two values each: p(x, y) with a row a label.
_JOINTS: dict[str, Any] = {"data": vf.simplex(4), "model": vf.simplex(4)}


def _log_ratios(data, model):
    """log of p_data/p_θ: of the joint, of x given y, and of y, with a row a label."""
    given = lambda joint: joint / joint.sum(axis=1, keepdims=True)
    label = lambda joint: jnp.broadcast_to(joint.sum(axis=1, keepdims=True), joint.shape)
    return [jnp.log(part(data) / part(model)) for part in (lambda joint: joint, given, label)]


@vf.claim(**_JOINTS, source="Notes B, 4a, first line")
def the_log_ratio_of_joint_densities_at_one_marginal(data, model):
    """log p_data(x, y)/p_θ(x, y) = log p_data(x|y)/p_θ(x|y) where p_data(y) = p_θ(y)."""
    data, model = data.reshape(2, 2), model.reshape(2, 2)
    model = model * data.sum(axis=1, keepdims=True) / model.sum(axis=1, keepdims=True)
    joint, given, _ = _log_ratios(data, model)
    return vf.equal(joint, given)


@vf.claim(**_JOINTS, holds=False, source="Notes B, 4a, first line")
def the_log_ratio_of_joint_densities_is_that_of_conditional_ones(data, model):
    """log p_data(x, y)/p_θ(x, y) = log p_data(x|y)/p_θ(x|y) whatever the labels' marginals."""
    joint, given, _ = _log_ratios(data.reshape(2, 2), model.reshape(2, 2))
    return vf.equal(joint, given)


@vf.claim(**_JOINTS, source="Notes B, 4a, first line")
def the_log_ratio_of_joint_densities_has_that_of_the_marginals(data, model):
    """log p_data(x, y)/p_θ(x, y) = log p_data(x|y)/p_θ(x|y) + log p_data(y)/p_θ(y)."""
    joint, given, label = _log_ratios(data.reshape(2, 2), model.reshape(2, 2))
    return vf.equal(joint, given + label)


_SCALARS: dict[str, Any] = {"phi": vf.reals(), "mu": vf.reals(), "mu_hat": vf.reals()}


def _scalar_log_ratio(phi, mu, mu_hat):
    """log N(φ; μ, 1)/N(φ; μ̂, 1)."""
    return normal_log_density(phi, mu, 1) - normal_log_density(phi, mu_hat, 1)


@vf.claim(**_SCALARS, source="Notes B, 4a")
def the_logit_is_linear_in_a_feature(phi, mu, mu_hat):
    """log N(φ; μ, 1)/N(φ; μ̂, 1) = (μ - μ̂)φ - (μ² - μ̂²)/2."""
    linear = (mu - mu_hat) * phi - (mu**2 - mu_hat**2) / 2
    return vf.equal(_scalar_log_ratio(phi, mu, mu_hat), linear)


@vf.claim(**_SCALARS, holds=False, source="Notes B, 4a")
def the_logit_has_the_other_bias(phi, mu, mu_hat):
    """log N(φ; μ, 1)/N(φ; μ̂, 1) = (μ - μ̂)φ + (μ² - μ̂²)/2."""
    linear = (mu - mu_hat) * phi + (mu**2 - mu_hat**2) / 2
    return vf.equal(_scalar_log_ratio(phi, mu, mu_hat), linear)


# Two labels, two features: a row of means a label.
_VECTORS: dict[str, Any] = {
    "phi": vf.reals(-10, 10, shape=(2,)),
    "mu": vf.reals(-10, 10, shape=(2, 2)),
    "mu_hat": vf.reals(-10, 10, shape=(2, 2)),
}


def _log_ratio(phi, mu, mu_hat):
    """log N(φ; μ_y, I)/N(φ; μ̂_y, I) for each label y."""
    phi = jnp.broadcast_to(phi, mu.shape)
    return jnp.sum(_scalar_log_ratio(phi, mu, mu_hat), axis=-1)


def _bias(mu, mu_hat):
    """-(‖μ_y‖² - ‖μ̂_y‖²)/2."""
    return -(jnp.sum(mu**2, axis=-1) - jnp.sum(mu_hat**2, axis=-1)) / 2


@vf.claim(**_VECTORS, source="Notes B, 4a, vectors")
def the_logit_is_linear_in_the_features(phi, mu, mu_hat):
    """h = (μ_y - μ̂_y)·φ - (‖μ_y‖² - ‖μ̂_y‖²)/2 for unit Gaussians at μ_y and μ̂_y."""
    linear = jnp.sum((mu - mu_hat) * jnp.broadcast_to(phi, mu.shape), axis=-1) + _bias(mu, mu_hat)
    return vf.equal(_log_ratio(phi, mu, mu_hat), linear)


@vf.claim(**_VECTORS, source="Notes B, 4a, vectors")
def the_logit_is_a_projection(phi, mu, mu_hat):
    """h = yᵀ(Aφ + b) for one-hot y, A = μ - μ̂ and b = -(‖μ_y‖² - ‖μ̂_y‖²)/2."""
    projection = Projection(mu - mu_hat, _bias(mu, mu_hat))
    return vf.equal(projection_logit(projection, jnp.eye(2), phi), _log_ratio(phi, mu, mu_hat))


@vf.claim(mu=_VECTORS["mu"], mu_hat=_VECTORS["mu_hat"], source="Notes B, 4a, vectors")
def the_parameters_of_the_projection(mu, mu_hat):
    """optimal_projection(μ, μ̂) is A = μ - μ̂ and b = -(‖μ_y‖² - ‖μ̂_y‖²)/2."""
    return vf.equal(optimal_projection(mu, mu_hat), Projection(mu - mu_hat, _bias(mu, mu_hat)))


@vf.claim(**_VECTORS, holds=False, source="Notes B, 4a, vectors")
def the_projection_has_the_other_bias(phi, mu, mu_hat):
    """h = yᵀ(Aφ - b) for one-hot y, A = μ - μ̂ and b = -(‖μ_y‖² - ‖μ̂_y‖²)/2."""
    projection = Projection(mu - mu_hat, -_bias(mu, mu_hat))
    return vf.equal(projection_logit(projection, jnp.eye(2), phi), _log_ratio(phi, mu, mu_hat))


@vf.claim(
    phi=vf.reals(-3, 3, shape=(2,)),
    mu=vf.reals(-3, 3, shape=(2, 2)),
    mu_hat=vf.reals(-3, 3, shape=(2, 2)),
    source="Notes B, 4a, vectors",
)
def the_projection_gives_the_best_discriminator(phi, mu, mu_hat):
    """σ(yᵀ(Aφ + b)) = p_data(φ|y)/(p_data(φ|y) + p_θ(φ|y))."""
    at = jnp.broadcast_to(phi, mu.shape)
    density = lambda mean: jnp.prod(vf.normal_density(at, mean, 1), axis=-1)
    logit = projection_logit(optimal_projection(mu, mu_hat), jnp.eye(2), phi)
    return vf.equal(sigmoid(logit), optimal_discriminator(density(mu), density(mu_hat)))


@vf.claim(**_JOINTS, source="Miyato and Koyama (2018), section 3")
def the_log_ratio_splits_into_labels_and_points(data, model):
    """log p_data(x, y)/p_θ(x, y) = log p_data(y|x)/p_θ(y|x) + ψ(x), ψ = log p_data(x)/p_θ(x)."""
    joint, given, point = _log_ratios(data.reshape(2, 2).T, model.reshape(2, 2).T)
    return vf.equal(joint, given + point)


@vf.claim(
    **_VECTORS,
    slope=vf.reals(-10, 10, shape=(2,)),
    source="Miyato and Koyama (2018), section 3",
)
def a_linear_term_without_label_is_part_of_the_projection(phi, mu, mu_hat, slope):
    """yᵀ(Aφ + b) + c·φ = yᵀ((A + 1cᵀ)φ + b) for one-hot y."""
    labels, projection = jnp.eye(2), optimal_projection(mu, mu_hat)
    apart = projection_logit(projection, labels, phi) + jnp.sum(slope * phi)
    weights = projection.weights + jnp.broadcast_to(slope, mu.shape)
    return vf.equal(projection_logit(Projection(weights, projection.bias), labels, phi), apart)


@vf.claim(**_VECTORS, source="Notes B, 4a, vectors")
def the_gradient_of_the_projection(phi, mu, mu_hat):
    """∂h/∂A = y φᵀ, ∂h/∂b = y and ∂h/∂φ = Aᵀy, at the second of two labels."""
    y, projection = jnp.array([0.0, 1.0]), optimal_projection(mu, mu_hat)
    slopes = jax.grad(projection_logit, argnums=(0, 2))(projection, y, phi)
    return vf.equal(slopes, (Projection(jnp.outer(y, phi), y), projection.weights.T @ y))
