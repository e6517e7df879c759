"""The linear Gaussian model: its evidence, and the bound on it that a VAE maximises."""

from typing import Any

import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import mean_under
from verify.models import (
    DiagonalGaussian,
    LinearGaussian,
    LinearVAE,
    linear_gaussian_elbo,
    linear_gaussian_elbo_draw,
    linear_gaussian_log_evidence,
    linear_gaussian_posterior,
    linear_vae_encode,
    linear_vae_loss,
)

# x = w z + b + s ε in one dimension, and an encoder N(m, eᵗ).
_LINE: dict[str, Any] = {
    "w": vf.reals(-3, 3),
    "b": vf.reals(-3, 3),
    "s": vf.reals(0.3, 3),
    "x": vf.reals(-5, 5),
}
_ENCODED: dict[str, Any] = {"m": vf.reals(-3, 3), "t": vf.reals(-3, 2)}

# x = W z + b + s ε with two features and two latent dimensions.
_PLANE: dict[str, Any] = {
    "W": vf.reals(-3, 3, shape=(2, 2)),
    "b": vf.reals(-3, 3, shape=(2,)),
    "s": vf.reals(0.3, 3),
    "x": vf.reals(-5, 5, shape=(2,)),
}
_ENCODED_PLANE: dict[str, Any] = {
    "m": vf.reals(-3, 3, shape=(2,)),
    "t": vf.reals(-3, 2, shape=(2,)),
}


def _line(w, b, s):
    return LinearGaussian(w.reshape(1, 1), b.reshape(1), s)


def _point(m, t):
    return DiagonalGaussian(m.reshape(1), t.reshape(1))


def _covariance(W, s):
    """W Wᵀ + s² I."""
    return W @ W.T + s**2 * jnp.eye(2)


@vf.claim(**_LINE, source="Notes A, 4, linear Gaussian model")
def the_evidence_is_the_mean_likelihood(w, b, s, x):
    """log p(x) = log ∫ N(x; w z + b, s²) N(z; 0, 1) dz."""
    likelihood = mean_under(0, 1, lambda z: vf.normal_density(x, w * z + b, s))
    found = linear_gaussian_log_evidence(_line(w, b, s), x.reshape(1))
    return vf.equal(found, jnp.log(likelihood))


@vf.claim(**_PLANE, source="Notes A, 4, linear Gaussian model")
def the_evidence_is_a_gaussian(W, b, s, x):
    """log p(x) = -½(rᵀ S⁻¹ r + log det 2πS), r = x - b, S = W Wᵀ + s² I."""
    r, S = x - b, _covariance(W, s)
    quadratic = r @ jnp.linalg.inv(S) @ r
    log_determinant = jnp.log(jnp.linalg.det(2 * vf.pi * S))
    found = linear_gaussian_log_evidence(LinearGaussian(W, b, s), x)
    return vf.equal(found, -(quadratic + log_determinant) / 2)


@vf.claim(**_PLANE, source="Notes A, 4, linear Gaussian model")
def the_posterior_is_a_gaussian(W, b, s, x):
    """p(z | x) = N(M⁻¹ Wᵀ (x - b), s² M⁻¹), M = Wᵀ W + s² I."""
    inverse = jnp.linalg.inv(_covariance(W.T, s))
    found = linear_gaussian_posterior(LinearGaussian(W, b, s), x)
    return vf.all_of(
        vf.equal(found.mean, inverse @ W.T @ (x - b)), vf.equal(found.covariance, s**2 * inverse)
    )


@vf.claim(**_PLANE, z=vf.reals(-5, 5, shape=(2,)), source="Bayes")
def the_posterior_is_the_joint_over_the_evidence(W, b, s, x, z):
    """log p(z | x) = log p(x | z) + log p(z) - log p(x), at every z."""
    model = LinearGaussian(W, b, s)
    mean, covariance = linear_gaussian_posterior(model, x)
    left = z - mean
    posterior = left @ jnp.linalg.inv(covariance) @ left
    posterior = -(posterior + jnp.log(jnp.linalg.det(2 * vf.pi * covariance))) / 2
    likelihood = -jnp.sum((x - W @ z - b) ** 2) / (2 * s**2) - jnp.log(2 * vf.pi * s**2)
    prior = -jnp.sum(z**2) / 2 - jnp.log(2 * vf.pi)
    return vf.equal(posterior, likelihood + prior - linear_gaussian_log_evidence(model, x))


@vf.claim(**_PLANE, **_ENCODED_PLANE, source="Notes A, 4")
def the_bound_is_at_most_the_evidence(W, b, s, x, m, t):
    """ELBO ≤ log p(x) for every q = N(m, diag eᵗ)."""
    model = LinearGaussian(W, b, s)
    elbo = linear_gaussian_elbo(model, DiagonalGaussian(m, t), x)
    return vf.at_most(elbo, linear_gaussian_log_evidence(model, x))


def _gap(mean, covariance, m, t):
    """KL(N(m, diag eᵗ) ‖ N(μ, Σ))."""
    precision = jnp.linalg.inv(covariance)
    quadratic = (m - mean) @ precision @ (m - mean)
    trace = jnp.sum(jnp.diagonal(precision) * jnp.exp(t))
    return (trace + quadratic - 2 + jnp.log(jnp.linalg.det(covariance)) - jnp.sum(t)) / 2


@vf.claim(**_PLANE, **_ENCODED_PLANE, source="Notes A, 4")
def the_gap_is_the_divergence_from_the_posterior(W, b, s, x, m, t):
    """log p(x) - ELBO = KL(q ‖ p(z | x))."""
    model = LinearGaussian(W, b, s)
    elbo = linear_gaussian_elbo(model, DiagonalGaussian(m, t), x)
    posterior = linear_gaussian_posterior(model, x)
    gap = linear_gaussian_log_evidence(model, x) - elbo
    return vf.equal(gap, _gap(*posterior, m, t))


@vf.claim(**_LINE, **_ENCODED, source="Notes A, 4, a single draw")
def the_mean_of_draws_of_the_bound_is_at_most_the_evidence(w, b, s, x, m, t):
    """E_ε[log p(x, z) - log q(z)], z = m + e^{t/2} ε, is the ELBO, and at most log p(x)."""
    model, q, x = _line(w, b, s), _point(m, t), x.reshape(1)
    draw = lambda noise: linear_gaussian_elbo_draw(model, q, x, noise.reshape(1))
    mean = mean_under(0, 1, draw)
    return vf.all_of(
        vf.equal(mean, linear_gaussian_elbo(model, q, x)),
        vf.at_most(mean, linear_gaussian_log_evidence(model, x)),
    )


@vf.claim(
    **_LINE, **_ENCODED, noise=vf.reals(-4, 4), holds=False, source="Notes A, 4, a single draw"
)
def a_draw_of_the_bound_is_at_most_the_evidence(w, b, s, x, m, t, noise):
    """log p(x, z) - log q(z) ≤ log p(x) at a single z = m + e^{t/2} ε."""
    model, x = _line(w, b, s), x.reshape(1)
    draw = linear_gaussian_elbo_draw(model, _point(m, t), x, noise.reshape(1))
    return vf.at_most(draw, linear_gaussian_log_evidence(model, x))


@vf.claim(**_LINE, noise=vf.reals(-4, 4), source="Notes A, 4, a single draw")
def every_draw_at_the_posterior_is_the_evidence(w, b, s, x, noise):
    """log p(x, z) - log q(z) = log p(x) at every single z, where q = p(z | x)."""
    model, x = _line(w, b, s), x.reshape(1)
    mean, covariance = linear_gaussian_posterior(model, x)
    q = DiagonalGaussian(mean, jnp.log(jnp.diagonal(covariance)))
    draw = linear_gaussian_elbo_draw(model, q, x, noise.reshape(1))
    return vf.equal(draw, linear_gaussian_log_evidence(model, x))


@vf.claim(
    **_PLANE, V=vf.reals(-2, 2, shape=(2, 2)), t=_ENCODED_PLANE["t"], source="Notes A, 4b, at α = 1"
)
def the_loss_of_a_vae_is_minus_the_bound(W, b, s, x, V, t):
    """E‖x - x̂‖²/(2s²) + KL = -ELBO - n log(s √(2π)), n = 2 features."""
    vae, model = LinearVAE(b, V, t, W), LinearGaussian(W, b, s)
    elbo = linear_gaussian_elbo(model, linear_vae_encode(vae, x), x)
    wanted = -elbo - 2 * jnp.log(s * jnp.sqrt(2 * vf.pi))
    return vf.equal(linear_vae_loss(vae, x, scale=s), wanted)
