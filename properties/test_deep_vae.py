"""Variational autoencoders: linear ones in closed form, bounds in their order, and training."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.functions import binary_cross_entropy
from verify.models import (
    VAE,
    DiagonalGaussian,
    Layer,
    LinearGaussian,
    digits,
    fit,
    gaussian_factors,
    initial_linear_vae,
    initial_vae,
    linear_gaussian_elbo,
    linear_gaussian_elbo_draw,
    linear_gaussian_log_evidence,
    linear_gaussian_posterior,
    linear_vae_from_pca,
    linear_vae_loss,
    minibatches,
    pca,
    vae_bound,
    vae_decode,
    vae_elbo,
    vae_encode,
)

KEY = jax.random.key(0)
FEATURES, LATENT, N = 4, 2, 6
MODEL = LinearGaussian(
    jax.random.normal(KEY, (FEATURES, LATENT)), jnp.array([0.5, -1.0, 2.0, 0.0]), 0.75
)
X = jax.random.normal(jax.random.key(1), (N, FEATURES))
# Values are some tens of nats, sums of a few dozen products of numbers of size one: each rounds
# by 2⁻²⁴ of at most a hundred.
ERROR = 64 * 100 * 2.0**-24

elbo = jax.jit(vae_elbo)
bound = jax.jit(vae_bound)


def linear(key=KEY, model=MODEL):
    """An affine encoder, and the decoder of a linear Gaussian model."""
    features, latent = model.decoder.shape
    weights = jax.random.normal(key, (2 * latent, features)) / 4
    encoder = Layer(weights, jnp.arange(2.0 * latent) / 8)
    return VAE([encoder], [Layer(model.decoder, model.mean)])


def noises(seed, *shape):
    return jax.random.normal(jax.random.key(seed), shape)


def test_of_a_linear_decoder_it_is_the_closed_form():
    """Over the 2L noises ±√L e_i a quadratic has the mean that it has over N(0, I)."""
    vae = linear()
    corners = jnp.sqrt(LATENT) * jnp.concatenate([jnp.eye(LATENT), -jnp.eye(LATENT)])
    values = [elbo(vae, X, jnp.broadcast_to(z, (N, LATENT)), scale=MODEL.scale) for z in corners]
    wanted = linear_gaussian_elbo(MODEL, vae_encode(vae, X), X)
    assert np.max(abs(np.mean(values, axis=0) - wanted)) < ERROR


@given(seed=st.integers(0, 2**31 - 1))
def test_of_one_draw_the_bound_is_the_ratio_at_it(seed):
    vae, noise = linear(), noises(seed, N, LATENT)
    wanted = linear_gaussian_elbo_draw(MODEL, vae_encode(vae, X), X, noise)
    assert np.max(abs(bound(vae, X, noise[None], scale=MODEL.scale) - wanted)) < ERROR


def test_with_the_posterior_as_encoder_every_draw_gives_the_evidence():
    model = LinearGaussian(MODEL.decoder[:, :1], MODEL.mean, MODEL.scale)
    mean, covariance = linear_gaussian_posterior(model, X)
    slope = linear_gaussian_posterior(model, MODEL.mean[None] + jnp.eye(FEATURES)).mean[:, 0]
    weights = jnp.stack([slope, jnp.zeros(FEATURES)])
    bias = jnp.stack([-slope @ MODEL.mean, jnp.log(covariance[0, 0])])
    vae = VAE([Layer(weights, bias)], [Layer(model.decoder, model.mean)])
    assert np.max(abs(vae_encode(vae, X).mean - mean)) < ERROR
    found = bound(vae, X, noises(3, 5, N, 1), scale=model.scale)
    assert np.max(abs(found - linear_gaussian_log_evidence(model, X))) < ERROR


@given(seed=st.integers(0, 2**31 - 1))
def test_the_bound_is_at_least_the_mean_of_its_draws(seed):
    vae, noise = linear(), noises(seed, 8, N, LATENT)
    one_by_one = np.mean([bound(vae, X, z[None], scale=0.5) for z in noise], axis=0)
    assert np.all(bound(vae, X, noise, scale=0.5) >= one_by_one - 4 * ERROR)


def test_the_bound_is_over_the_elbo_and_under_the_evidence():
    """In the mean over 1,000 bounds of twenty draws, by more than its error of some hundredths."""
    vae, noise = linear(), noises(5, 1_000, 20, N, LATENT)
    below = np.mean(linear_gaussian_elbo(MODEL, vae_encode(vae, X), X))
    mean = np.mean(jax.vmap(lambda z: bound(vae, X, z, scale=MODEL.scale))(noise))
    assert below + 0.5 < mean < np.mean(linear_gaussian_log_evidence(MODEL, X)) + 0.05


def test_bernoulli_features_are_their_definition():
    model = initial_vae(KEY, features=FEATURES, latent=LATENT, hidden=[8, 5])
    x, noise = jax.random.uniform(KEY, (N, FEATURES)), noises(2, N, LATENT)
    m, t = map(np.float64, vae_encode(model, x))
    z = m + np.exp(t / 2) * np.float64(noise)
    logits = np.float64(vae_decode(model, jnp.float32(z)))
    fit = np.sum(x * -np.logaddexp(0, -logits) - (1 - x) * np.logaddexp(0, logits), axis=-1)
    kl = np.sum(np.exp(t) + m**2 - 1 - t, axis=-1) / 2
    for alpha in (0.0, 1.0, 4.0):
        found = elbo(model, x, noise, alpha=alpha)
        assert np.max(abs(found - (fit - alpha * kl))) < ERROR
    ratio = (np.float64(noise) ** 2 - z**2 + t).sum(-1) / 2
    assert np.max(abs(bound(model, x, noise[None]) - (fit + ratio))) < ERROR


def test_pixels_are_those_of_binary_cross_entropy():
    """Of a decoder that is a constant, at logits to ±80, and the slope at each."""
    logits = jnp.array([-80.0, -20.0, -1.0, 0.0, 1e-3, 1.0, 20.0, 80.0])[:, None]
    still = Layer(jnp.zeros((2, 1)), jnp.zeros(2))
    for x in (0.0, 0.25, 1.0):
        value = lambda b, x=x: vae_elbo(
            VAE([still], [Layer(jnp.zeros((1, 1)), b)]), jnp.full(1, x), jnp.zeros(1), alpha=0.0
        )  # fmt: skip
        wanted = lambda b, x=x: -binary_cross_entropy(b[0], x)
        for found, exact in zip(
            jax.vmap(jax.value_and_grad(value))(logits),
            jax.vmap(jax.value_and_grad(wanted))(logits),
            strict=True,
        ):
            # Four roundings of terms that do not cancel; in a slope, of terms of one.
            error = 4 * 2.0**-23 * np.maximum(abs(exact), (found.ndim == 2) * (0 < x < 1))
            assert np.all(abs(found - exact) <= error)


def test_a_decoder_of_nothing_leaves_the_prior():
    still = lambda *shape: [Layer(jnp.zeros(shape), jnp.zeros(shape[0]))]
    vae = VAE(still(2 * LATENT, FEATURES), still(FEATURES, LATENT))
    zeros = np.zeros((N, LATENT))
    for found, wanted in zip(vae_encode(vae, X), DiagonalGaussian(zeros, zeros), strict=True):
        assert np.array_equal(found, wanted)
    half = FEATURES * np.log(2)
    assert np.max(abs(vae_elbo(vae, jnp.ones((N, FEATURES)), noises(0, N, LATENT)) + half)) < 1e-6


def test_eager_jit_and_vmap_agree():
    vae, noise = linear(), noises(1, N, LATENT)
    eager = vae_elbo(vae, X, noise, scale=0.5)
    one = jax.vmap(lambda x, z: vae_elbo(vae, x, z, scale=0.5))(X, noise)
    assert np.max(abs(eager - elbo(vae, X, noise, scale=0.5))) < ERROR
    assert np.max(abs(eager - one)) < ERROR


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept(dtype):
    with jax.enable_x64(dtype == "float64"):
        vae = jax.tree.map(lambda leaf: leaf.astype(dtype), linear())
        x, noise = X.astype(dtype), jnp.zeros((N, LATENT), dtype)
        results = jax.eval_shape(
            lambda *given: (vae_elbo(*given), vae_elbo(*given, scale=0.5), vae_encode(*given[:2]),
                            vae_bound(given[0], given[1], given[2][None], scale=0.5)),
            vae, jnp.clip(x, 0, 1), noise,
        )  # fmt: skip
        assert {leaf.dtype for leaf in jax.tree.leaves(results)} == {jnp.dtype(dtype)}


def test_digits_are_learnt():
    """From 44 nats or so, the entropy of 64 fair pixels, a third is gone in 100 steps."""
    model = initial_vae(KEY, features=64, latent=8, hidden=[64])

    def loss(model, key, x):
        return -jnp.mean(vae_elbo(model, x, jax.random.normal(key, (len(x), 8))))

    batches = minibatches(digits().points, 128)
    found = fit(loss, model, optax.adam(3e-3), batches, key=KEY, steps=100)
    assert np.isfinite(found.metrics["loss"]).all()
    assert np.mean(found.metrics["loss"][-10:]) < 30 < np.mean(found.metrics["loss"][:3])


@pytest.mark.parametrize("seed", [0, 5])
def test_a_linear_vae_that_is_trained_comes_to_the_optimum(seed):
    key = jax.random.key(seed)
    x = gaussian_factors(key, 256, eigenvalues=[9.0, 4.0, 0.25, 0.25]).points
    start = initial_linear_vae(key, features=4, latent=2)
    loss = lambda model, key, x: jnp.mean(linear_vae_loss(model, x, scale=0.5))
    rates = optax.cosine_decay_schedule(0.05, 1_500)
    found = fit(loss, start, optax.adam(rates), lambda key: x, key=key, steps=1_500)
    best = loss(linear_vae_from_pca(pca(x, components=2), scale=0.5), key, x)
    last = loss(found.parameters, key, x)
    # Under the best by rounding alone; over it by a hundredth at most, as it turns to the axes.
    assert best * (1 - 2**-20) <= last <= best * 1.01


NETWORK = linear()


@pytest.mark.parametrize(
    ("call", "error", "wanted"),
    [
        (lambda: vae_encode(tuple(NETWORK), X), TypeError, "vae_encode needs model as a VAE, got"),
        (
            lambda: vae_encode(NETWORK._replace(encoder=3), X),
            TypeError,
            "vae_encode needs layers as a sequence, got int",
        ),
        (
            lambda: vae_encode(NETWORK._replace(encoder=NETWORK.decoder), X[:, :2]),
            ValueError,
            "vae_encode needs an encoder with 4 outputs and a decoder with 2, got 4 and 4",
        ),
        (lambda: vae_encode(NETWORK, X[:, 1:]), ValueError, "vae_encode needs x of size 4 along"),
        (lambda: vae_decode(NETWORK, X), ValueError, "vae_decode needs x of size 2 along the las"),
        (
            lambda: vae_elbo(NETWORK, X, X),
            ValueError,
            r"vae_elbo needs noise of shape \(6, 2\), got shape \(6, 4\)",
        ),
        (
            lambda: vae_bound(NETWORK, X, X[:, :2]),
            ValueError,
            r"vae_bound needs noise of shape \(draws, 6, 2\), got shape \(6, 2\)",
        ),
        (
            lambda: vae_bound(NETWORK, X, jnp.zeros((0, N, 2))),
            ValueError,
            "vae_bound needs one draw or more, got noise of shape",
        ),
        (
            lambda: vae_elbo(NETWORK, X, X[:, :2], scale=-1.0),
            ValueError,
            "vae_elbo needs scale positive, got",
        ),
        (
            lambda: vae_elbo(NETWORK, X, X[:, :2]),
            ValueError,
            r"vae_elbo needs x in \[0, 1\], got",
        ),
        (
            lambda: vae_elbo(NETWORK, X, X[:, :2], alpha=-1.0),
            ValueError,
            "vae_elbo needs alpha non-negative",
        ),
        (lambda: initial_vae(KEY, features=0, latent=1), ValueError, "initial_vae needs features"),
        (lambda: initial_vae(KEY, features=1, latent=0), ValueError, "initial_vae needs latent >="),
        (
            lambda: initial_vae(KEY, features=1, latent=1, hidden=3),
            TypeError,
            "initial_vae needs hidden as a sequence, got int",
        ),
        (
            lambda: initial_vae(KEY, features=1, latent=1, hidden=[0]),
            ValueError,
            "initial_vae needs hidden 0 >= 1, got 0",
        ),
        (
            lambda: initial_linear_vae(KEY, features=0, latent=1),
            ValueError,
            "initial_linear_vae needs features >= 1, got 0",
        ),
        (
            lambda: initial_linear_vae(KEY, features=1, latent=1, scale=-1.0),
            ValueError,
            "initial_linear_vae needs scale non-negative, got",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_name(call, error, wanted):
    with pytest.raises(error, match=wanted):
        call()
