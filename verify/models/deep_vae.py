"""Variational autoencoders of two networks: encoder, decoder, and two bounds on the evidence."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import NON_NEGATIVE, POSITIVE, PROBABILITY, floats
from verify.functions.gaussian import gaussian_kl_to_standard_from_log_variance
from verify.models.layers import Layer, chained, in_one_dtype
from verify.models.linear_gaussian import DiagonalGaussian
from verify.models.mlp import initial_mlp
from verify.models.sizes import Sized, record, sized, whole

_LOG_2PI = math.log(2 * math.pi)


class VAE(NamedTuple):
    """Networks of q(z | x) and p(x | z).

    Attributes:
        encoder: from features to mean and log variance of z, one after the other.
        decoder: from z to what p(x | z) is made of, a number a feature.
    """

    encoder: Sequence[Layer]
    decoder: Sequence[Layer]


def initial_vae(key: Array, *, features: int, latent: int, hidden: Sequence[int] = (128,)) -> VAE:
    """Two networks of initial_mlp, features → hidden → 2 latent and back from latent.

    Args:
        key: of JAX's random numbers.
        features: of x, at least 1.
        latent: dimensions of z, at least 1.
        hidden: sizes of the encoder's hidden layers; the decoder has them in reverse.

    Raises:
        TypeError: a size is no integer, or hidden is no sequence of them.
        ValueError: a size is not positive.

    Example:
        >>> model = initial_vae(jax.random.key(0), features=64, latent=2, hidden=[32])
        >>> model.encoder[-1].weights.shape, model.decoder[-1].weights.shape
        ((4, 32), (64, 32))
    """
    features = whole("initial_vae", "features", features, least=1)
    latent = whole("initial_vae", "latent", latent, least=1)
    if isinstance(hidden, str) or not isinstance(hidden, Sequence):
        raise TypeError(f"initial_vae needs hidden as a sequence, got {type(hidden).__name__}.")
    between = [whole("initial_vae", f"hidden {i}", h, least=1) for i, h in enumerate(hidden)]
    encoder_key, decoder_key = jax.random.split(key)
    return VAE(
        initial_mlp(encoder_key, [features, *between, 2 * latent]),
        initial_mlp(decoder_key, [latent, *between[::-1], features]),
    )


def vae_encode(
    model: VAE,
    x: Real[ArrayLike, "*batch features"],
    *,
    activation: Callable[[Array], Array] = jax.nn.relu,
) -> DiagonalGaussian:
    """q(z | x) = N(m, diag e^t), (m, t) the outputs of the encoder.

    Args:
        model: the networks.
        x: samples.
        activation: of hidden layers, elementwise.

    Returns:
        A mean and a log variance for each sample.

    Raises:
        TypeError: model is no VAE of layers, or x is not real.
        ValueError: shapes do not go together.

    Example:
        >>> model = initial_vae(jax.random.key(0), features=3, latent=2)
        >>> vae_encode(model, jnp.zeros((5, 3))).mean.shape
        (5, 2)
    """
    encoder, _, (x,) = _fitting("vae_encode", model, x=x)
    m, t = jnp.split(chained("vae_encode", encoder, x, activation), 2, axis=-1)
    return DiagonalGaussian(m, t)


def vae_decode(
    model: VAE,
    z: Real[ArrayLike, "*batch latent"],
    *,
    activation: Callable[[Array], Array] = jax.nn.relu,
) -> Float[Array, "*batch features"]:
    """What p(x | z) is made of: logits, or the mean.

    Args:
        model: the networks.
        z: latent values, dimensionless.
        activation: of hidden layers, elementwise.

    Returns:
        The outputs of the decoder, a number a feature.

    Raises:
        TypeError: model is no VAE of layers, or z is not real.
        ValueError: shapes do not go together.

    Example:
        >>> model = initial_vae(jax.random.key(0), features=3, latent=2)
        >>> vae_decode(model, jnp.zeros((5, 2))).shape
        (5, 3)
    """
    _, decoder, (z,) = _fitting("vae_decode", model, z=z)
    return chained("vae_decode", decoder, z, activation)


def vae_elbo(
    model: VAE,
    x: Real[ArrayLike, "*batch features"],
    noise: Real[ArrayLike, "*batch latent"],
    *,
    scale: Real[ArrayLike, ""] | None = None,
    alpha: Real[ArrayLike, ""] = 1.0,
    activation: Callable[[Array], Array] = jax.nn.relu,
) -> Float[Array, "*batch"]:
    """log p(x | z) - α KL(q(z | x) ‖ N(0, I)) at z = m + e^{t/2} noise, KL in closed form.

    Args:
        model: the networks.
        x: samples: any numbers where a scale is given, else in [0, 1].
        noise: draws of N(0, I), one a sample.
        scale: s of p(x | z) = N(decoded, s² I), positive; None stands for Bernoulli
            distributions with the decoder's outputs as logits.
        alpha: weight α of the prior, not negative.
        activation: of hidden layers, elementwise.

    Returns:
        Nats, one for each sample; minus the mean is the loss. At α = 1 its mean over the noise
        is at most log p(x).

    Raises:
        TypeError: model is no VAE of layers, or an argument is not real.
        ValueError: shapes do not go together, or scale, alpha or x is out of range (NaN where
            it is traced).

    Source: Kingma and Welling (2014), equation 7; with α, Higgins et al. (2017), "beta-VAE".

    Example:
        >>> still = lambda *shape: [Layer(jnp.zeros(shape), jnp.zeros(shape[0]))]
        >>> model = VAE(still(2, 1), still(1, 1))
        >>> round(float(vae_elbo(model, jnp.ones(1), jnp.ones(1))), 6)
        -0.693147
    """
    (alpha,) = sized("vae_elbo", {"alpha": Sized(alpha, "", NON_NEGATIVE)})
    x, decoded, (m, t), _ = _drawn("vae_elbo", model, x, noise, activation)
    kl = jnp.sum(gaussian_kl_to_standard_from_log_variance(m, t), axis=-1)
    fit = _log_likelihood("vae_elbo", decoded, x, scale)
    return fit - alpha.astype(kl.dtype) * kl


def vae_bound(
    model: VAE,
    x: Real[ArrayLike, "*batch features"],
    noise: Real[ArrayLike, "draws *batch latent"],
    *,
    scale: Real[ArrayLike, ""] | None = None,
    activation: Callable[[Array], Array] = jax.nn.relu,
) -> Float[Array, "*batch"]:
    """log (1/K) Σ_k p(x | z_k) p(z_k)/q(z_k | x), z_k = m + e^{t/2} noise_k: importance-weighted.

    Args:
        model, x, scale, activation: as for vae_elbo.
        noise: K draws of N(0, I) for each sample, along the first axis.

    Returns:
        Nats, one for each sample. Its mean over the noise is at most log p(x), grows with K,
        and at K = 1 is the ELBO; at K draws it is at least the mean of the K bounds of one.

    Raises:
        TypeError, ValueError: as for vae_elbo, or there are no draws.

    Source: Burda, Grosse and Salakhutdinov (2016), "Importance weighted autoencoders".

    Example:
        >>> model = initial_vae(jax.random.key(0), features=3, latent=2)
        >>> vae_bound(model, jnp.zeros((5, 3)), jnp.zeros((50, 5, 2))).shape
        (5,)
    """
    x, decoded, (_, t), (z, noise) = _drawn("vae_bound", model, x, noise, activation, draws=True)
    if not len(noise):
        raise ValueError(f"vae_bound needs one draw or more, got noise of shape {noise.shape}.")
    fit = _log_likelihood("vae_bound", decoded, jnp.broadcast_to(x, decoded.shape), scale)
    ratio = jnp.sum(noise * noise - z * z + jnp.broadcast_to(t, z.shape), axis=-1) / 2
    return jax.nn.logsumexp(fit + ratio, axis=0) - math.log(len(noise))


def _drawn(
    function: str,
    model: VAE,
    x: ArrayLike,
    noise: ArrayLike,
    activation: Callable[[Array], Array],
    *,
    draws: bool = False,
) -> tuple[Array, Array, DiagonalGaussian, tuple[Array, Array]]:
    """The samples, what is decoded of them, what encodes them, and z with its noise."""
    encoder, decoder, (x, noise) = _fitting(function, model, x=x, noise=noise)
    m, t = jnp.split(chained(function, encoder, x, activation), 2, axis=-1)
    if noise.shape[int(draws) :] != m.shape or noise.ndim != m.ndim + draws:
        wanted = f"({'draws, ' * draws}{', '.join(map(str, m.shape))})"
        raise ValueError(f"{function} needs noise of shape {wanted}, got shape {noise.shape}.")
    x, m, t = (part[None] if draws else part for part in (x, m, t))
    z = m + jnp.exp(t / 2) * noise
    decoded = chained(function, decoder, z, activation)
    return x, decoded, DiagonalGaussian(m, t), (z, noise)


def _log_likelihood(function: str, decoded: Array, x: Array, scale: ArrayLike | None) -> Array:
    """log p(x | z), summed over features."""
    if scale is None:
        (x,) = floats(function, x=(x, PROBABILITY))
        return -jnp.sum(_cross_entropy(decoded, x), axis=-1)
    (s,) = sized(function, {"scale": Sized(scale, "", POSITIVE)})
    s = s.astype(decoded.dtype)
    missed = (x - decoded) / s
    constant = decoded.shape[-1] * (_LOG_2PI + 2 * jnp.log(s))
    return -(jnp.sum(missed * missed, axis=-1) + constant) / 2


def _cross_entropy(logits: Array, x: Array) -> Array:
    """binary_cross_entropy by terms none of which is negative.

    Values are within some ulps, slopes within an ulp of 1. That suffices for a sum over
    features, and a step of training takes a sixth of the time (benchmarks/training_step.py).
    """
    # Not by abs and maximum, whose slopes at 0 are not those of one side.
    size = jnp.where(logits > 0, logits, -logits)
    return jnp.where(logits > 0, 1 - x, x) * size + jnp.log1p(jnp.exp(-size))


def _fitting(
    function: str, model: Any, **arguments: ArrayLike
) -> tuple[list[Layer], list[Layer], list[Array]]:
    """The networks of a VAE and other arrays, in one dtype, where the networks fit."""
    record(function, "model", model, VAE)
    encoder, others = in_one_dtype(function, model.encoder, **arguments)
    named = dict(zip(arguments, others, strict=True))
    decoder, others = in_one_dtype(function, model.decoder, **named)
    encoder = [Layer(*(part.astype(others[0].dtype) for part in layer)) for layer in encoder]
    features, latent = encoder[0].weights.shape[1], decoder[0].weights.shape[1]
    ends = encoder[-1].bias.size, decoder[-1].bias.size
    if ends != (2 * latent, features):
        raise ValueError(
            f"{function} needs an encoder with {2 * latent} outputs and a decoder with {features},"
            f" got {ends[0]} and {ends[1]}."
        )
    return encoder, decoder, others
