"""Probabilistic PCA, x = Wz + sε: the posterior of z, and the W and s of greatest likelihood."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.matrices import determinant, inverse

# Three observed and two latent dimensions; x is centred.
_MODEL: dict[str, Any] = {"W": vf.reals(-3, 3, shape=(3, 2)), "s": vf.reals(0.1, 10)}
_POINT: dict[str, Any] = {"x": vf.reals(-5, 5, shape=(3,)), "z": vf.reals(-5, 5, shape=(2,))}


def _precision(W, s):
    """WᵀW + s²I."""
    return W.T @ W + s**2 * jnp.eye(2)


def _posterior(W, s, x):
    """Mean M⁻¹Wᵀx and covariance s²M⁻¹ of z given x."""
    back = inverse(_precision(W, s))
    return back @ W.T @ x, s**2 * back


def _log_joint(W, s, x, z):
    """log p(x | z)p(z) = -‖x - Wz‖²/(2s²) - ‖z‖²/2 - 3/2 log 2πs² - log 2π."""
    distance = jnp.sum((x - W @ z) ** 2) / s**2 + jnp.sum(z**2)
    return -(distance + 3 * jnp.log(2 * vf.pi * s**2)) / 2 - jnp.log(2 * vf.pi)


@vf.claim(**_MODEL, holds=False, source="Tipping and Bishop (1999), the posterior")
def the_covariance_of_the_posterior_without_the_noise(W, s):
    """I - Wᵀ(WWᵀ + s²I)⁻¹W = M⁻¹, M = WᵀW + s²I."""
    return vf.equal(_conditional_covariance(W, s), inverse(_precision(W, s)))


@vf.claim(**_MODEL, source="Tipping and Bishop (1999), the posterior")
def the_covariance_of_the_posterior(W, s):
    """I - Wᵀ(WWᵀ + s²I)⁻¹W = s²M⁻¹, M = WᵀW + s²I."""
    return vf.equal(_conditional_covariance(W, s), s**2 * inverse(_precision(W, s)))


def _conditional_covariance(W, s):
    """That of z given x, from the joint covariance of (z, x)."""
    observed = W @ W.T + s**2 * jnp.eye(3)
    return jnp.eye(2) - W.T @ jnp.linalg.solve(observed, W)


def _log_evidence(W, s, x):
    """log N(x; 0, WWᵀ + s²I)."""
    covariance = W @ W.T + s**2 * jnp.eye(3)
    quadratic = x @ jnp.linalg.solve(covariance, x)
    return -(quadratic + jnp.log(jnp.linalg.det(2 * vf.pi * covariance))) / 2


def _log_posterior(W, s, x, z):
    mean, covariance = _posterior(W, s, x)
    quadratic = (z - mean) @ inverse(covariance) @ (z - mean)
    return -(quadratic + jnp.log(determinant(2 * vf.pi * covariance))) / 2


@vf.claim(**_MODEL, **_POINT, source="Bayes' theorem")
def the_joint_density_is_that_of_the_posterior_and_the_evidence(W, s, x, z):
    """log p(x, z) = log N(z; M⁻¹Wᵀx, s²M⁻¹) + log N(x; 0, WWᵀ + s²I)."""
    parts = _log_posterior(W, s, x, z) + _log_evidence(W, s, x)
    return vf.equal(_log_joint(W, s, x, z), parts)


@vf.claim(
    w=vf.reals(0.1, 3, shape=(3,)),
    x=_POINT["x"],
    source="Tipping and Bishop (1999), the projection",
)
def the_mean_of_the_posterior_projects_as_the_noise_vanishes(w, x):
    """wᵀx/(wᵀw + s²) → wᵀx/wᵀw as s → 0: PCA's projection, which any noise shrinks."""
    mean = lambda s: w @ x / (w @ w + s**2)
    return vf.equal(vf.limit(mean, 0.0, side="above"), w @ x / (w @ w))


# One latent dimension, and a sample covariance with eigenvalues of an order: the first, the
# second that is `gap` under it, the third.
_SAMPLE: dict[str, Any] = {
    "third": vf.reals(0.1, 5),
    "gaps": vf.reals(0.1, 5, shape=(2,)),
    "angles": vf.reals(-4, 4, shape=(2,)),
}


def _plane_turn(angle, first, second):
    """The rotation of two of three axes."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    turn = jnp.eye(3).at[first, first].set(cos).at[second, second].set(cos)
    return turn.at[first, second].set(-sin).at[second, first].set(sin)


def _sample(third, gaps, angles):
    """Eigenvalues λ₁ > λ₂ > λ₃, an orthonormal basis, and the covariance that they make."""
    eigenvalues = jnp.stack([third + gaps[0] + gaps[1], third + gaps[1], third])
    basis = _plane_turn(angles[0], 0, 1) @ _plane_turn(angles[1], 1, 2)
    return eigenvalues, basis, basis @ jnp.diag(eigenvalues) @ basis.T


def _loss(w, variance, S):
    """½(log det C + tr C⁻¹S), C = wwᵀ + s²I: minus the mean log likelihood, without 3/2 log 2π."""
    total = variance + w @ w
    trace = (jnp.trace(S) - w @ S @ w / total) / variance
    return (2 * jnp.log(variance) + jnp.log(total) + trace) / 2


@vf.claim(
    **_SAMPLE,
    w=vf.reals(-3, 3, shape=(3,)),
    variance=vf.reals(0.1, 15),
    source="Sherman and Morrison (1950)",
)
def the_likelihood_needs_no_inverse(third, gaps, angles, w, variance):
    """log det C + tr C⁻¹S = log s⁴(s² + wᵀw) + (tr S - wᵀSw/(s² + wᵀw))/s², C = wwᵀ + s²I."""
    S = _sample(third, gaps, angles)[2]
    C = jnp.outer(w, w) + variance * jnp.eye(3)
    loss = (jnp.log(jnp.linalg.det(C)) + jnp.trace(jnp.linalg.solve(C, S))) / 2
    return vf.equal(loss, _loss(w, variance, S))


def _fit(eigenvalues, basis, variance):
    """w = √(λ₁ - s²) u₁."""
    return jnp.sqrt(eigenvalues[0] - variance) * basis[:, 0]


def _slopes(w, variance, S):
    return jax.grad(_loss, argnums=(0, 1))(w, variance, S)


@vf.claim(**_SAMPLE, source="Tipping and Bishop (1999), the likelihood")
def the_likelihood_is_stationary_at_the_mean_dropped_eigenvalue(third, gaps, angles):
    """At s² = (λ₂ + λ₃)/2 and w = √(λ₁ - s²) u₁ the gradient of the likelihood is 0."""
    eigenvalues, basis, S = _sample(third, gaps, angles)
    variance = (eigenvalues[1] + eigenvalues[2]) / 2
    return vf.equal(_slopes(_fit(eigenvalues, basis, variance), variance, S), 0)


@vf.claim(**_SAMPLE, holds=False, source="Tipping and Bishop (1999), the likelihood")
def the_likelihood_is_stationary_at_the_least_dropped_eigenvalue(third, gaps, angles):
    """At s² = λ₃ and w = √(λ₁ - s²) u₁ the gradient of the likelihood is 0."""
    eigenvalues, basis, S = _sample(third, gaps, angles)
    return vf.equal(_slopes(_fit(eigenvalues, basis, third), third, S), 0)


@vf.claim(**_SAMPLE, source="Tipping and Bishop (1999), the likelihood")
def the_greatest_likelihood(third, gaps, angles):
    """There ½(log det C + tr C⁻¹S) = ½ log λ₁ + log s² + 3/2, s² = (λ₂ + λ₃)/2."""
    eigenvalues, basis, S = _sample(third, gaps, angles)
    variance = (eigenvalues[1] + eigenvalues[2]) / 2
    closed = jnp.log(eigenvalues[0]) / 2 + jnp.log(variance) + 1.5
    return vf.equal(_loss(_fit(eigenvalues, basis, variance), variance, S), closed)


@vf.claim(
    **_SAMPLE,
    w=vf.reals(-3, 3, shape=(3,)),
    variance=vf.reals(0.1, 15),
    source="Tipping and Bishop (1999), the likelihood",
)
def no_other_model_has_a_greater_likelihood(third, gaps, angles, w, variance):
    """½(log det C + tr C⁻¹S) ≥ ½ log λ₁ + log (λ₂ + λ₃)/2 + 3/2 for every w and s²."""
    eigenvalues, _, S = _sample(third, gaps, angles)
    dropped = (eigenvalues[1] + eigenvalues[2]) / 2
    best = jnp.log(eigenvalues[0]) / 2 + jnp.log(dropped) + 1.5
    return vf.at_most(best, _loss(w, variance, S))
