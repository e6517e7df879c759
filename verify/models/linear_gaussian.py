"""Linear Gaussian models p(z) = N(0, I), p(x | z) = N(W z + b, s² I): evidence and its bound."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import POSITIVE
from verify.functions.gaussian import gaussian_kl_to_standard_from_log_variance
from verify.models.products import matmul
from verify.models.sizes import Sized, fields, sized, spread

_LOG_2PI = math.log(2 * math.pi)


class LinearGaussian(NamedTuple):
    """p(z) = N(0, I) and p(x | z) = N(W z + b, s² I).

    Attributes:
        decoder: W, in the unit of x.
        mean: b, in that unit.
        scale: s, positive, in that unit.
    """

    decoder: Float[Array, "features latent"]
    mean: Float[Array, " features"]
    scale: Real[ArrayLike, ""]


class DiagonalGaussian(NamedTuple):
    """N(m, diag e^t): what an encoder gives for each sample.

    Attributes:
        mean: m, dimensionless.
        log_variance: t, dimensionless.
    """

    mean: Float[Array, "*batch latent"]
    log_variance: Float[Array, "*batch latent"]


class Gaussian(NamedTuple):
    """N(m, C): mean and covariance, which all samples share."""

    mean: Float[Array, "*batch latent"]
    covariance: Float[Array, "latent latent"]


def linear_gaussian_log_evidence(
    model: LinearGaussian, x: Real[ArrayLike, "*batch features"]
) -> Float[Array, "*batch"]:
    """log p(x) = log N(x; b, W Wᵀ + s² I).

    The quadratic form is the least of ‖x - b - W z‖²/s² + ‖z‖² over z, a sum of squares.

    Args:
        model: W, b and s.
        x: samples, in the unit of the model.

    Returns:
        Nats relative to that unit, one for each sample.

    Raises:
        TypeError: model is no LinearGaussian, or an array is not real.
        ValueError: shapes do not fit, or the scale is not positive (NaN where it is traced).

    Gradient: by JAX's rule of the QR decomposition, whose products have all digits on
        accelerators only under jax.default_matmul_precision("highest").
    Source: Tipping and Bishop (1999), "Probabilistic principal component analysis".

    Example:
        >>> model = LinearGaussian(jnp.array([[3.0]]), jnp.zeros(1), 4.0)
        >>> round(float(linear_gaussian_log_evidence(model, jnp.zeros(1))), 4)
        -2.5284
    """
    W, b, s, x = _fitting("linear_gaussian_log_evidence", model, x=Sized(x, "... features"))
    z, R = _most_probable(W, b, s, x)
    distance = _square((x - spread(b, x) - matmul(z, W.T)) / s) + _square(z)
    log_determinant = 2 * jnp.sum(jnp.log(jnp.abs(jnp.diagonal(R)))).astype(W.dtype)
    return _log_density(distance + log_determinant, W, s)


def linear_gaussian_posterior(
    model: LinearGaussian, x: Real[ArrayLike, "*batch features"]
) -> Gaussian:
    """p(z | x) = N(M⁻¹ Wᵀ (x - b), s² M⁻¹), M = Wᵀ W + s² I.

    Args:
        model: W, b and s.
        x: samples, in the unit of the model.

    Returns:
        A mean for each sample and one covariance, dimensionless.

    Raises:
        TypeError, ValueError: as for linear_gaussian_log_evidence.

    Gradient: by JAX's rule of the QR decomposition, whose products have all digits on
        accelerators only under jax.default_matmul_precision("highest").
    Source: Tipping and Bishop (1999), "Probabilistic principal component analysis".

    Example:
        >>> model = LinearGaussian(jnp.array([[1.0]]), jnp.zeros(1), 1.0)
        >>> round(float(linear_gaussian_posterior(model, jnp.ones(1)).mean[0]), 6)
        0.5
    """
    W, b, s, x = _fitting("linear_gaussian_posterior", model, x=Sized(x, "... features"))
    z, R = _most_probable(W, b, s, x)
    root = _solve(R, jnp.eye(len(R), dtype=R.dtype))
    return Gaussian(z, matmul(root, root.T).astype(z.dtype))


def linear_gaussian_elbo(
    model: LinearGaussian, q: DiagonalGaussian, x: Real[ArrayLike, "*batch features"]
) -> Float[Array, "*batch"]:
    """E_q log p(x | z) - KL(q ‖ N(0, I)), which is log p(x) - KL(q ‖ p(z | x)).

    Args:
        model: W, b and s.
        q: any Gaussians with independent coordinates, one for each sample.
        x: samples, in the unit of the model.

    Returns:
        Nats relative to that unit, one for each sample, at most the log evidence.

    Raises:
        TypeError: model or q is another record, or an array is not real.
        ValueError: shapes do not fit, or the scale is not positive (NaN where it is traced).

    Source: Kingma and Welling (2014), equation 3.

    Example:
        >>> model = LinearGaussian(jnp.array([[1.0]]), jnp.zeros(1), 1.0)
        >>> q = DiagonalGaussian(jnp.zeros(1), jnp.zeros(1))
        >>> round(float(linear_gaussian_elbo(model, q, jnp.zeros(1))), 6)
        -1.418939
    """
    W, b, s, m, t, x = _with_encoder("linear_gaussian_elbo", model, q, x)
    missed = _square((x - spread(b, x) - matmul(m, W.T)) / s) + _variance(W / s, t)
    fit = _log_density(missed, W, s)
    return fit - jnp.sum(gaussian_kl_to_standard_from_log_variance(m, t), axis=-1)


def linear_gaussian_elbo_draw(
    model: LinearGaussian,
    q: DiagonalGaussian,
    x: Real[ArrayLike, "*batch features"],
    noise: Real[ArrayLike, "*batch latent"],
) -> Float[Array, "*batch"]:
    """log p(x | z) + log p(z) - log q(z) at one draw z = m + e^{t/2} noise.

    Args:
        model: W, b and s.
        q: Gaussians with independent coordinates, one for each sample.
        x: samples, in the unit of the model.
        noise: draws of N(0, I).

    Returns:
        Nats relative to that unit, one for each sample. Its mean over the noise is the ELBO;
        a single one may be over the log evidence.

    Raises:
        TypeError, ValueError: as for linear_gaussian_elbo.

    Source: Kingma and Welling (2014), equation 6.

    Example:
        >>> model = LinearGaussian(jnp.array([[1.0]]), jnp.zeros(1), 1.0)
        >>> q = DiagonalGaussian(jnp.zeros(1), jnp.zeros(1))
        >>> round(float(linear_gaussian_elbo_draw(model, q, jnp.zeros(1), jnp.ones(1))), 6)
        -1.418939
    """
    noised = {"noise": Sized(noise, "... latent")}
    W, b, s, m, t, x, noise = _with_encoder("linear_gaussian_elbo_draw", model, q, x, **noised)
    z = m + jnp.exp(t / 2) * noise
    missed = _square((x - spread(b, x) - matmul(z, W.T)) / s)
    fit = _log_density(missed, W, s)
    return fit + (_square(noise) - _square(z) + jnp.sum(t, axis=-1)) / 2


def _fitting(function: str, model: Any, **others: Sized) -> list[jax.Array]:
    """The arrays of a model and others, in one dtype."""
    axes = {"decoder": "features latent", "mean": "features", "scale": ("", POSITIVE)}
    return sized(function, fields(function, "model", model, LinearGaussian, axes) | others)


def _with_encoder(
    function: str, model: Any, q: Any, x: ArrayLike, **others: Sized
) -> list[jax.Array]:
    """The same with what an encoder gives for the samples x."""
    axes = {"mean": "... latent", "log_variance": "... latent"}
    encoded = fields(function, "q", q, DiagonalGaussian, axes)
    return _fitting(function, model, **encoded, x=Sized(x, "... features"), **others)


def _log_density(distance: jax.Array, W: jax.Array, s: jax.Array) -> jax.Array:
    """log N(x; m, s² I) in as many dimensions as W has rows, distance = ‖x - m‖²/s²."""
    return -(distance + len(W) * (_LOG_2PI + 2 * jnp.log(s))) / 2


def _square(x: jax.Array) -> jax.Array:
    """‖x‖² along the last axis."""
    return jnp.sum(x * x, axis=-1)


def _variance(W: jax.Array, log_variance: jax.Array) -> jax.Array:
    """E‖W (z - m)‖² = Σ_j e^{t_j} ‖W_j‖²."""
    return matmul(jnp.exp(log_variance), jnp.sum(W * W, axis=0))


def _most_probable(
    W: jax.Array, b: jax.Array, s: jax.Array, x: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The mean of the posterior, and R with Rᵀ R = Wᵀ W/s² + I.

    They are the least squares solution of W z/s = (x - b)/s, z = 0, and its triangle. Unlike
    those of M, its digits do not halve where W is far over s.
    """
    exact = jnp.promote_types(W.dtype, jnp.float32)
    scaled, left = (W / s).astype(exact), ((x - spread(b, x)) / s).astype(exact)
    Q, R = jnp.linalg.qr(jnp.concatenate([scaled, jnp.eye(W.shape[1], dtype=exact)]))
    z = _solve(R, matmul(left, Q[: len(W)])[..., None])[..., 0]
    return z.astype(W.dtype), R


def _solve(R: jax.Array, y: jax.Array) -> jax.Array:
    """R⁻¹ y for an upper triangle R, over the leading axes of y."""
    R = jnp.broadcast_to(R, (*y.shape[:-2], *R.shape))
    return jax.scipy.linalg.solve_triangular(R, y)
