"""Linear variational autoencoders: a diagonal Gaussian encoder, a linear decoder, the optimum."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import NON_NEGATIVE, POSITIVE, floats
from verify.functions.gaussian import gaussian_kl_to_standard_from_log_variance
from verify.models.linear_gaussian import DiagonalGaussian
from verify.models.pca import PCA
from verify.models.products import matmul
from verify.models.sizes import Sized, fields, sized, spread, whole


class LinearVAE(NamedTuple):
    """q(z | x) = N(V (x - b), diag e^t) and x̂ = W z + b.

    Attributes:
        mean: b, in the unit of x.
        encoder: V, in one over that unit.
        log_variance: t, dimensionless.
        decoder: W, in the unit of x.
    """

    mean: Float[Array, " features"]
    encoder: Float[Array, "latent features"]
    log_variance: Float[Array, " latent"]
    decoder: Float[Array, "features latent"]


class LinearVAEOptimum(NamedTuple):
    """The best decoder w, encoder v and variance d of each eigenvalue."""

    decoder: Float[Array, "..."]
    encoder: Float[Array, "..."]
    variance: Float[Array, "..."]


def initial_linear_vae(
    key: Array, *, features: int, latent: int, scale: Real[ArrayLike, ""] = 0.1
) -> LinearVAE:
    """W and V ~ N(0, scale²), b = 0, t = 0.

    Args:
        key: of JAX's random numbers.
        features, latent: sizes, at least 1.
        scale: of the first weights, not negative. At 0 they are at a saddle point of
            linear_vae_loss, and stay there.

    Raises:
        TypeError: a size is no integer, or scale is not real.
        ValueError: a size is not positive, or scale is no single number or negative (NaN where
            it is traced).

    Example:
        >>> initial_linear_vae(jax.random.key(0), features=5, latent=2).decoder.shape
        (5, 2)
    """
    features = whole("initial_linear_vae", "features", features, least=1)
    latent = whole("initial_linear_vae", "latent", latent, least=1)
    (s,) = sized("initial_linear_vae", {"scale": Sized(scale, "", NON_NEGATIVE)})
    encoder_key, decoder_key = jax.random.split(key)
    V = s * jax.random.normal(encoder_key, (latent, features))
    W = s * jax.random.normal(decoder_key, (features, latent))
    return LinearVAE(jnp.zeros(features), V, jnp.zeros(latent), W)


def linear_vae_encode(model: LinearVAE, x: Real[ArrayLike, "*batch features"]) -> DiagonalGaussian:
    """q(z | x) = N(V (x - b), diag e^t).

    Args:
        model: the parameters.
        x: samples, in the unit of the model.

    Returns:
        A mean and a log variance for each sample; the log variance does not depend on it.

    Raises:
        TypeError: model is no LinearVAE, or an array is not real.
        ValueError: shapes do not fit.

    Example:
        >>> model = LinearVAE(jnp.ones(1), jnp.array([[0.5]]), jnp.zeros(1), jnp.ones((1, 1)))
        >>> linear_vae_encode(model, jnp.array([5.0])).mean
        Array([2.], dtype=float32)
    """
    b, V, t, _, x = _fitting("linear_vae_encode", model, x=Sized(x, "... features"))
    mean = matmul(x - spread(b, x), V.T)
    return DiagonalGaussian(mean, jnp.broadcast_to(t, mean.shape))


def linear_vae_decode(
    model: LinearVAE, z: Real[ArrayLike, "*batch latent"]
) -> Float[Array, "*batch features"]:
    """x̂ = W z + b.

    Args:
        model: the parameters.
        z: latent values, dimensionless.

    Returns:
        In the unit of the model.

    Raises:
        TypeError: model is no LinearVAE, or an array is not real.
        ValueError: shapes do not fit.

    Example:
        >>> model = LinearVAE(jnp.ones(1), jnp.array([[0.5]]), jnp.zeros(1), jnp.array([[3.0]]))
        >>> linear_vae_decode(model, jnp.array([2.0]))
        Array([7.], dtype=float32)
    """
    b, _, _, W, z = _fitting("linear_vae_decode", model, z=Sized(z, "... latent"))
    decoded = matmul(z, W.T)
    return decoded + spread(b, decoded)


def linear_vae_loss(
    model: LinearVAE,
    x: Real[ArrayLike, "*batch features"],
    *,
    scale: Real[ArrayLike, ""],
    alpha: Real[ArrayLike, ""] = 1.0,
) -> Float[Array, "*batch"]:
    """E‖x - x̂‖²/(2s²) + α KL(q(z | x) ‖ N(0, I)), the mean over z taken exactly.

    Args:
        model: the parameters.
        x: samples, in the unit of the model.
        scale: s, positive, in that unit.
        alpha: weight α of the prior, not negative.

    Returns:
        Nats, one for each sample; the mean over samples is the loss. At α = 1 it is minus the
        ELBO, less features · log(s √(2π)).

    Raises:
        TypeError: model is no LinearVAE, or an argument is not real.
        ValueError: shapes do not fit, the scale is not positive or alpha is negative (NaN
            where they are traced).

    Gradient: that of the mean over samples is zero at the linear_vae_from_pca of their pca,
        for this scale and alpha.
    Source: Kingma and Welling (2014); with α, Higgins et al. (2017), "beta-VAE".

    Example:
        >>> model = LinearVAE(jnp.zeros(1), jnp.zeros((1, 1)), jnp.zeros(1), jnp.zeros((1, 1)))
        >>> float(linear_vae_loss(model, jnp.array([4.0]), scale=2.0))
        2.0
    """
    b, V, t, W, x, s, alpha = _fitting(
        "linear_vae_loss",
        model,
        x=Sized(x, "... features"),
        scale=Sized(scale, "", POSITIVE),
        alpha=Sized(alpha, "", NON_NEGATIVE),
    )
    m = matmul(x - spread(b, x), V.T)
    missed, scaled = (x - spread(b, x) - matmul(m, W.T)) / s, W / s
    added = matmul(jnp.exp(t), jnp.sum(scaled * scaled, axis=0))
    kl = jnp.sum(gaussian_kl_to_standard_from_log_variance(m, spread(t, m)), axis=-1)
    return (jnp.sum(missed * missed, axis=-1) + added) / 2 + alpha * kl


def linear_vae_optimum(
    eigenvalues: Real[ArrayLike, "..."],
    *,
    scale: Real[ArrayLike, ""],
    alpha: Real[ArrayLike, ""] = 1.0,
) -> LinearVAEOptimum:
    """w² = max(λ - αs², 0), v = w/(w² + αs²), d = αs²/(w² + αs²) for each eigenvalue λ.

    They minimise E(x - x̂)²/(2s²) + α KL over x of variance λ and linear x̂ = w z,
    q = N(v x, d).

    Args:
        eigenvalues: λ, of the covariance over N, not negative, in squared units of x.
        scale: s, positive, in the unit of x.
        alpha: weight α of the prior, positive.

    Returns:
        w ≥ 0 in the unit of x, v ≥ 0 in one over it, and d in (0, 1]. Where αs² ≥ λ they are
        0, 0 and 1: the eigenvector has collapsed to the prior.

    Raises:
        TypeError: an argument is not real.
        ValueError: an argument is out of its range (NaN where it is traced).

    Gradient: that of the formula, zero where collapsed; infinite in w at λ = αs² from above.
    Source: Lucas et al. (2019), "Don't blame the ELBO!", for α = 1; α goes with s².

    Example:
        >>> linear_vae_optimum(4.0, scale=1.0, alpha=4.0).variance
        Array(1., dtype=float32)
    """
    λ, s, alpha = floats(
        "linear_vae_optimum",
        eigenvalues=(eigenvalues, NON_NEGATIVE),
        scale=(scale, POSITIVE),
        alpha=(alpha, POSITIVE),
    )
    return _optimum(λ, s, alpha)


def linear_vae_from_pca(
    fit: PCA, *, scale: Real[ArrayLike, ""], alpha: Real[ArrayLike, ""] = 1.0
) -> LinearVAE:
    """The linear VAE of least mean loss: linear_vae_optimum along each principal component.

    Args:
        fit: what pca finds in the samples; as many latent dimensions as it has components.
        scale: s, positive, in the unit of the samples.
        alpha: weight α of the prior, positive.

    Returns:
        W = Cᵀ diag w, V = diag(v) C, t = log d, b = x̄, for the components C.

    Raises:
        TypeError: fit is no PCA, or an argument is not real.
        ValueError: shapes do not fit, or an argument is out of its range (NaN where it is
            traced).

    Source: Lucas et al. (2019), "Don't blame the ELBO!", for α = 1; α goes with s².

    Example:
        >>> fit = PCA(jnp.zeros(2), jnp.eye(2), jnp.array([8.0, 1.0]))
        >>> linear_vae_from_pca(fit, scale=2.0).decoder
        Array([[2., 0.],
               [0., 0.]], dtype=float32)
    """
    axes = {
        "mean": "features",
        "components": "components features",
        "eigenvalues": ("eigenvalues", NON_NEGATIVE),
    }
    others = {"scale": Sized(scale, "", POSITIVE), "alpha": Sized(alpha, "", POSITIVE)}
    found = fields("linear_vae_from_pca", "fit", fit, PCA, axes)
    b, C, λ, s, alpha = sized("linear_vae_from_pca", found | others)
    if len(λ) < len(C):
        raise ValueError(
            "linear_vae_from_pca needs an eigenvalue for each component,"
            f" got {len(λ)} for {len(C)}."
        )
    best = _optimum(λ[: len(C)], s, alpha)
    return LinearVAE(
        b, best.encoder[:, None] * C, jnp.log(best.variance), (best.decoder[:, None] * C).T
    )


def _optimum(λ: jax.Array, s: jax.Array, alpha: jax.Array) -> LinearVAEOptimum:
    """By square roots, since squares overflow: w² = (√λ - √α s)(√λ + √α s), d = (√α s/√λ)²."""
    root = jnp.sqrt(alpha) * s
    # Both branches are differentiated, so neither may see a zero under a root.
    top = jnp.sqrt(jnp.where(λ <= 0, 1, λ))
    has_collapsed = (λ <= 0) | (top <= root)
    top = jnp.where(has_collapsed, root + 1, top)
    w, ratio = jnp.sqrt((top - root) * (top + root)), root / top
    return LinearVAEOptimum(
        jnp.where(has_collapsed, 0, w),
        jnp.where(has_collapsed, 0, w / top / top),
        jnp.where(has_collapsed, 1, ratio * ratio),
    )


def _fitting(function: str, model: Any, **others: Sized) -> list[jax.Array]:
    """The parameters of a model and other arrays, in one dtype."""
    axes = {
        "mean": "features",
        "encoder": "latent features",
        "log_variance": "latent",
        "decoder": "features latent",
    }
    return sized(function, fields(function, "model", model, LinearVAE, axes) | others)
