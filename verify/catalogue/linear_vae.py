"""The linear VAE's optimum, and the weight of the prior from which on it ignores its inputs."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import mean_under
from verify.functions import (
    gaussian_kl_to_standard,
    gaussian_kl_to_standard_from_log_variance,
)
from verify.models import (
    PCA,
    DiagonalGaussian,
    LinearVAE,
    linear_vae_decode,
    linear_vae_encode,
    linear_vae_from_pca,
    linear_vae_loss,
    linear_vae_optimum,
)


@vf.claim(mu=vf.reals(), t=vf.reals(-50, 50), source="Notes A, 4a, by log variance")
def the_divergence_by_log_variance(mu, t):
    """KL(N(μ, eᵗ) ‖ N(0, 1)) = ½(μ² + eᵗ - 1 - t), and it is that by the deviation e^{t/2}."""
    found = gaussian_kl_to_standard_from_log_variance(mu, t)
    return vf.all_of(
        vf.equal(found, (mu**2 + jnp.exp(t) - 1 - t) / 2),
        vf.equal(found, gaussian_kl_to_standard(mu, jnp.exp(t / 2))),
    )


@vf.claim(mu=vf.reals(), t=vf.reals(-50, 50), source="Notes A, 4a, by log variance")
def the_gradient_of_the_divergence_by_log_variance(mu, t):
    """∂_μ KL = μ and ∂_t KL = (eᵗ - 1)/2, by JAX's rules and as true derivatives."""
    kl = gaussian_kl_to_standard_from_log_variance
    true = (vf.derivative(lambda mu: kl(mu, t), mu), vf.derivative(lambda t: kl(mu, t), t))
    wanted = (mu, jnp.expm1(t) / 2)
    by_rules = jax.grad(kl, argnums=(0, 1))(mu, t)
    return vf.all_of(vf.equal(by_rules, wanted), vf.equal(true, wanted))


def _loss(w, v, t, eigenvalue, s, alpha):
    """E(x - x̂)²/(2s²) + α E KL(N(v x, eᵗ) ‖ N(0, 1)), x̂ = w z, for x of mean 0 and variance λ."""
    missed = (1 - w * v) ** 2 * eigenvalue + w**2 * jnp.exp(t)
    kl = (v**2 * eigenvalue + jnp.exp(t) - 1 - t) / 2
    return missed / (2 * s**2) + alpha * kl


def _best(eigenvalue, s, alpha):
    """w, v and log d at the optimum."""
    w, v, d = linear_vae_optimum(eigenvalue, scale=s, alpha=alpha)
    return w, v, jnp.log(d)


# An eigenvalue, a width of noise and a weight of the prior.
_SETTING: dict[str, Any] = {
    "eigenvalue": vf.reals(0, 100),
    "s": vf.reals(0.1, 10),
    "alpha": vf.reals(0.1, 10),
}
_DECODER, _ENCODER, _LOG_VARIANCE = vf.reals(-10, 10), vf.reals(-3, 3), vf.reals(-5, 3)


@vf.claim(w=_DECODER, v=_ENCODER, t=_LOG_VARIANCE, **_SETTING, source="Notes A, 4b, linear encoder")
def the_loss_in_one_dimension(w, v, t, eigenvalue, s, alpha):
    """The mean of linear_vae_loss over x = ±√λ is its closed form in the variance λ."""
    model = LinearVAE(jnp.zeros(1), v.reshape(1, 1), t.reshape(1), w.reshape(1, 1))
    samples = jnp.sqrt(eigenvalue) * jnp.array([[1.0], [-1.0]])
    found = jnp.mean(linear_vae_loss(model, samples, scale=s, alpha=alpha))
    return vf.equal(found, _loss(w, v, t, eigenvalue, s, alpha))


@vf.claim(
    w=_DECODER,
    mean=vf.reals(-3, 3),
    sigma=vf.reals(0.2, 3),
    x=vf.reals(-5, 5),
    s=vf.reals(0.2, 5),
    source="Notes A, 4b, linear encoder",
)
def the_reconstruction_term_is_a_mean_over_the_latent(w, mean, sigma, x, s):
    """E_q (x - w z)²/(2s²) = ((x - w m)² + w² σ²)/(2s²), q = N(m, σ²), by integral."""
    missed = mean_under(mean, sigma, lambda z: (x - w * z) ** 2) / (2 * s**2)
    return vf.equal(missed, ((x - w * mean) ** 2 + w**2 * sigma**2) / (2 * s**2))


@vf.claim(**_SETTING, source="Notes A, 4b, linear encoder")
def the_optimum_in_closed_form(eigenvalue, s, alpha):
    """w² = max(λ - αs², 0), v = w/(w² + αs²), d = αs²/(w² + αs²)."""
    w, v, d = linear_vae_optimum(eigenvalue, scale=s, alpha=alpha)
    threshold = alpha * s**2
    return vf.all_of(
        vf.equal(w**2, jnp.maximum(eigenvalue - threshold, 0)),
        vf.equal(v, w / (w**2 + threshold)),
        vf.equal(d, threshold / (w**2 + threshold)),
    )


@vf.claim(**_SETTING, source="Notes A, 4b, linear encoder")
def the_gradient_is_zero_at_the_optimum(eigenvalue, s, alpha):
    """∂_w, ∂_v and ∂_t of the loss are 0 at the optimum."""
    gradient = jax.grad(_loss, argnums=(0, 1, 2))(
        *_best(eigenvalue, s, alpha), eigenvalue, s, alpha
    )
    return vf.equal(gradient, (0, 0, 0))


@vf.claim(w=_DECODER, v=_ENCODER, t=_LOG_VARIANCE, **_SETTING, source="Notes A, 4b, linear encoder")
def no_other_linear_vae_loses_less(w, v, t, eigenvalue, s, alpha):
    """The loss at the optimum is at most that of any w, v and log variance t."""
    best = _loss(*_best(eigenvalue, s, alpha), eigenvalue, s, alpha)
    return vf.at_most(best, _loss(w, v, t, eigenvalue, s, alpha))


@vf.claim(**_SETTING, source="Notes A, 4b, linear encoder")
def the_loss_at_the_optimum(eigenvalue, s, alpha):
    """It is α(1 + log(λ/(αs²)))/2 where λ > αs², and λ/(2s²) where not."""
    found = _loss(*_best(eigenvalue, s, alpha), eigenvalue, s, alpha)
    ratio = eigenvalue / (alpha * s**2)
    is_over, is_not = vf.less(1, ratio), vf.at_most(ratio, 1)
    return vf.all_of(
        vf.implies(is_over, vf.equal(found, alpha * (1 + jnp.log(jnp.maximum(ratio, 1))) / 2)),
        vf.implies(is_not, vf.equal(found, eigenvalue / (2 * s**2))),
    )


def _has_collapsed(eigenvalue, s, alpha):
    """w = 0 and q = N(0, 1) for every x."""
    w, v, d = linear_vae_optimum(eigenvalue, scale=s, alpha=alpha)
    return vf.equal((w, v, d), (0, 0, 1))


def _is_kept(eigenvalue, s, alpha):
    """w > 0, v > 0, and q narrower than the prior."""
    w, v, d = linear_vae_optimum(eigenvalue, scale=s, alpha=alpha)
    return vf.all_of(vf.less(0, w), vf.less(0, v), vf.less(d, 1))


@vf.claim(**_SETTING, source="Notes A, 4b")
def the_optimum_collapses_exactly_under_the_threshold(eigenvalue, s, alpha):
    """w = 0 and q = N(0, 1) where αs² ≥ λ; w ≠ 0 and q depends on x where αs² < λ."""
    threshold = alpha * s**2
    return vf.all_of(
        vf.implies(vf.at_most(eigenvalue, threshold), _has_collapsed(eigenvalue, s, alpha)),
        vf.implies(vf.less(threshold, eigenvalue), _is_kept(eigenvalue, s, alpha)),
    )


@vf.claim(**_SETTING, holds=False, source="Notes A, 4b, threshold without the noise")
def the_optimum_collapses_where_the_weight_is_over_the_eigenvalue(eigenvalue, s, alpha):
    """w = 0 and q = N(0, 1) where α ≥ λ, whatever the noise s."""
    return vf.implies(vf.at_most(eigenvalue, alpha), _has_collapsed(eigenvalue, s, alpha))


@vf.claim(
    eigenvalues=vf.reals(0.1, 100, shape=(2,)),
    x=vf.reals(-10, 10, shape=(2,)),
    s=vf.reals(0.1, 10),
    excess=vf.reals(1, 10),
    source="Notes A, 4b",
)
def a_high_weight_maps_all_inputs_to_the_prior(eigenvalues, x, s, excess):
    """For α ≥ λ_max/s², q = N(0, I) and the decoder's output is the mean, for every x and z."""
    fit = PCA(jnp.array([1.0, -2.0]), jnp.eye(2), eigenvalues)
    alpha = excess * jnp.max(eigenvalues) / s**2
    model = linear_vae_from_pca(fit, scale=s, alpha=alpha)
    q = linear_vae_encode(model, x)
    return vf.all_of(
        vf.equal(q, DiagonalGaussian(jnp.zeros(2), jnp.zeros(2))),
        vf.equal(linear_vae_decode(model, x), fit.mean),
    )


# Samples of two features that vary by two eigenvalues along axes turned by an angle.
_DATA: dict[str, Any] = {
    "mean": vf.reals(-3, 3, shape=(2,)),
    "angle": vf.reals(-4, 4),
    "eigenvalues": vf.reals(0.1, 10, shape=(2,)),
    "s": vf.reals(0.3, 3),
    "alpha": vf.reals(0.3, 3),
}


def _samples(mean, angle, eigenvalues):
    """x̄ ± √(2λ₁) c₁ and x̄ ± √(2λ₂) c₂, and what PCA finds in them."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    components = jnp.stack([jnp.stack([cos, sin]), jnp.stack([-sin, cos])])
    steps = jnp.sqrt(2 * eigenvalues)[:, None] * components
    return mean[None] + jnp.concatenate([steps, -steps]), PCA(mean, components, eigenvalues)


def _mean_loss(model, samples, s, alpha):
    return jnp.mean(linear_vae_loss(model, samples, scale=s, alpha=alpha))


@vf.claim(**_DATA, source="Notes A, 4b, linear encoder")
def the_gradient_is_zero_at_the_optimum_of_samples(mean, angle, eigenvalues, s, alpha):
    """The mean loss of samples has gradient 0 in all parameters at linear_vae_from_pca of them."""
    samples, fit = _samples(mean, angle, eigenvalues)
    best = linear_vae_from_pca(fit, scale=s, alpha=alpha)
    return vf.equal(
        jax.grad(_mean_loss)(best, samples, s, alpha), jax.tree.map(jnp.zeros_like, best)
    )


@vf.claim(
    **_DATA,
    b=vf.reals(-3, 3, shape=(2,)),
    V=vf.reals(-2, 2, shape=(2, 2)),
    t=vf.reals(-4, 2, shape=(2,)),
    W=vf.reals(-4, 4, shape=(2, 2)),
    source="Notes A, 4b, linear encoder",
)
def no_other_linear_vae_of_samples_loses_less(mean, angle, eigenvalues, s, alpha, b, V, t, W):
    """The mean loss of linear_vae_from_pca is at most that of any b, V, t and W."""
    samples, fit = _samples(mean, angle, eigenvalues)
    best = linear_vae_from_pca(fit, scale=s, alpha=alpha)
    other = LinearVAE(b, V, t, W)
    return vf.at_most(_mean_loss(best, samples, s, alpha), _mean_loss(other, samples, s, alpha))
