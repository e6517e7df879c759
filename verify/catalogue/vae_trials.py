"""Variational autoencoders in training: when they collapse, and what they find.

Their loss is E‖x - x̂‖²/2 + α KL(q(z | x) ‖ N(0, I)) and a constant: s = 1.
"""

import jax
import jax.numpy as jnp
import optax

import verify as vf
from verify.functions import gaussian_kl_to_standard_from_log_variance
from verify.models import (
    fit,
    gaussian_factors,
    initial_linear_vae,
    initial_vae,
    linear_vae_loss,
    minibatches,
    pca,
    ring_of_gaussians,
    vae_elbo,
    vae_encode,
)

_EIGENVALUES = jnp.array([24.0, 6.0, 2.0])  # of the data's covariance
_ACTIVE = float(jnp.sum(jnp.log(_EIGENVALUES)) / 2)  # nats, the KL of the best at α = 1: 2.83


def _kl(model, x):
    """Mean KL(q(z | x) ‖ N(0, I)) over x."""
    terms = gaussian_kl_to_standard_from_log_variance(*vae_encode(model, x, activation=jnp.tanh))
    return jnp.mean(jnp.sum(terms, axis=-1))


def _trained(key, x, *, latent, alpha, steps=1_000):
    """A VAE of tanh networks with 16 hidden units after Adam's steps on x."""
    start, key = jax.random.split(key)

    def loss(model, key, x):
        noise = jax.random.normal(key, (len(x), latent))
        elbo = vae_elbo(model, x, noise, scale=1.0, alpha=alpha, activation=jnp.tanh)
        return -jnp.mean(elbo)

    model = initial_vae(start, features=x.shape[-1], latent=latent, hidden=[16])
    batches = minibatches(x, 64)
    return fit(loss, model, optax.adam(1e-2), batches, key=key, steps=steps).parameters


def _divergence(key, alpha):
    """Mean KL(q(z | x) ‖ N(0, I)) after training on data of these eigenvalues."""
    data, key = jax.random.split(key)
    x = gaussian_factors(data, 256, eigenvalues=_EIGENVALUES).points
    return _kl(_trained(key, x, latent=3, alpha=alpha), x)


@vf.trial(source="Notes A, 4b")
def a_prior_that_weighs_too_much_collapses_the_encoder(key):
    """Trained at α = 30 > λ_max/s² = 24 a VAE has a mean KL under 0.02 nats."""
    return 0.02 - _divergence(key, 30.0)


@vf.trial(holds=False, source="Notes A, 4b")
def the_prior_as_it_is_collapses_the_encoder(key):
    """Trained at α = 1 a VAE has a mean KL under 0.02 nats, λ/s² = 24, 6, 2."""
    return 0.02 - _divergence(key, 1.0)


@vf.trial(source="Notes A, 4b")
def the_prior_as_it_is_leaves_the_encoder_what_it_knows(key):
    """Trained at α = 1 a VAE has a mean KL within 0.5 nats of ½ Σ log λ/s² = 2.83."""
    return 0.5 - abs(_divergence(key, 1.0) - _ACTIVE)


@vf.trial(holds=False, source="Notes A, 4b")
def a_prior_that_weighs_too_much_leaves_the_encoder_what_it_knows(key):
    """Trained at α = 30 a VAE has a mean KL within 0.5 nats of ½ Σ log λ/s² = 2.83."""
    return 0.5 - abs(_divergence(key, 30.0) - _ACTIVE)


def _linear(key, x, *, latent, alpha, steps=1_500):
    """A linear VAE trained on all of x at once."""
    start = initial_linear_vae(key, features=x.shape[-1], latent=latent)
    loss = lambda model, key, x: jnp.mean(linear_vae_loss(model, x, scale=1.0, alpha=alpha))
    adam = optax.adam(optax.cosine_decay_schedule(3e-2, steps))
    return fit(loss, start, adam, lambda key: x, key=key, steps=steps).parameters


_ALPHA = 3.0


def _squares_and_eigenvalues(key):
    """Of the decoder trained at α = 3, its singular values squared; of the covariance, λ."""
    data, key = jax.random.split(key)
    x = gaussian_factors(data, 128, eigenvalues=jnp.array([10.0, 6.0, 1.5, 0.5])).points
    decoder = _linear(key, x, latent=4, alpha=_ALPHA).decoder
    return jnp.linalg.svd(decoder, compute_uv=False) ** 2, pca(x, components=4).eigenvalues


@vf.trial(source="Notes A, 4b")
def the_linear_vae_meets_its_threshold(key):
    """Its decoder's squared singular values are max(λ - αs², 0) within 0.1, α = 3, s = 1."""
    found, eigenvalues = _squares_and_eigenvalues(key)
    return 0.1 - jnp.max(abs(found - jnp.maximum(eigenvalues - _ALPHA, 0)))


@vf.trial(holds=False, source="Notes A, 4b")
def the_linear_vae_meets_the_threshold_of_pca(key):
    """Its decoder's squared singular values are max(λ - s², 0) within 0.1, α = 3, s = 1."""
    found, eigenvalues = _squares_and_eigenvalues(key)
    return 0.1 - jnp.max(abs(found - jnp.maximum(eigenvalues - 1, 0)))


def _cosine(key, steps):
    """Of the largest principal angle between a linear VAE's decoder and PCA's subspace."""
    data, key = jax.random.split(key)
    x = gaussian_factors(data, 128, eigenvalues=jnp.array([10.0, 6.0, 0.7, 0.5, 0.3])).points
    basis, _ = jnp.linalg.qr(_linear(key, x, latent=2, alpha=1.0, steps=steps).decoder)
    return jnp.linalg.svd(pca(x, components=2).components @ basis, compute_uv=False)[-1]


@vf.trial(source="Notes A, 4c")
def the_decoder_spans_the_subspace_of_pca(key):
    """A trained linear VAE's decoder is within 2° of the two directions with λ > s²."""
    return _cosine(key, 1_500) - jnp.cos(jnp.deg2rad(2.0))


@vf.trial(holds=False, source="Notes A, 4c")
def the_decoder_spans_the_subspace_of_pca_at_once(key):
    """A linear VAE's decoder is within 2° of it after 5 steps."""
    return _cosine(key, 5) - jnp.cos(jnp.deg2rad(2.0))


def _largest_correlation(key):
    """Between two latent means of a VAE that is trained at α = 0.01 on a ring of Gaussians."""
    data, key = jax.random.split(key)
    x = ring_of_gaussians(data, 256).points
    model = _trained(key, x, latent=4, alpha=0.01, steps=1_500)
    means = vae_encode(model, x, activation=jnp.tanh).mean
    return jnp.max(abs(jnp.corrcoef(means.T) - jnp.eye(4)))


@vf.trial(holds=False, source="Notes A, 4c")
def the_features_of_a_vae_are_uncorrelated(key):
    """Latent means have correlations of at most 0.1, four of them, α = 0.01, on a ring."""
    return 0.1 - _largest_correlation(key)


@vf.trial(source="Notes A, 4c")
def some_features_of_a_vae_are_correlated(key):
    """The largest correlation of two of these four latent means is over 0.1."""
    return _largest_correlation(key) - 0.1
