"""The logit of a conditional discriminator that projects features on labels."""

from typing import NamedTuple

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import arrays, samples
from verify.models.products import einsum
from verify.models.sizes import Sized, record, sized


class Projection(NamedTuple):
    """What is learnt of k labels from d features.

    Attributes:
        weights: A, a row a label.
        bias: b, a number a label.
    """

    weights: Real[Array, "k d"]
    bias: Real[Array, " k"]


def projection_logit(
    projection: Projection,
    labels: Real[ArrayLike, "*#batch k"],
    features: Real[ArrayLike, "*#batch d"],
) -> Float[Array, "*batch"]:
    """yᵀ(A φ + b), to which a discriminator may add a ψ(φ) that knows no label.

    Args:
        projection: A and b.
        labels: y, one-hot or weights of labels.
        features: φ of the points.

    Returns:
        Nats: the log ratio of the densities of data and model, where A and b are the best.

    Raises:
        TypeError: projection is no Projection, or an argument is not real.
        ValueError: shapes do not go together.

    Gradient: y φᵀ in A, y in b, Aᵀy in φ, A φ + b in y.
    Source: Miyato and Koyama (2018), "cGANs with projection discriminator", section 3.

    Example:
        >>> projection = Projection(jnp.array([[1.0, 2.0], [3.0, 4.0]]), jnp.array([0.5, 0.0]))
        >>> float(projection_logit(projection, jnp.array([1.0, 0.0]), jnp.array([1.0, 1.0])))
        3.5
    """
    record("projection_logit", "projection", projection, Projection)
    weights, bias, labels, features = arrays(
        "projection_logit",
        weights=projection.weights,
        bias=projection.bias,
        labels=labels,
        features=features,
    )
    labels, features = samples("projection_logit", labels=labels, features=features)
    _need_matching(weights, bias, labels, features)
    at_label = einsum("...k,kd->...d", labels, weights)
    at_point = einsum("...d,...d->...", at_label, features)
    return at_point + jnp.broadcast_to(einsum("...k,k->...", labels, bias), at_point.shape)


def optimal_projection(
    data_means: Real[ArrayLike, "k d"], model_means: Real[ArrayLike, "k d"]
) -> Projection:
    """A = μ - μ̂ and b = -(‖μ‖² - ‖μ̂‖²)/2, row by row: the best for unit Gaussians.

    Args:
        data_means: μ, the mean of the features of data a label, whose covariance is I.
        model_means: μ̂, that of generated points.

    Returns:
        The projection whose logit is log N(φ; μ_y, I)/N(φ; μ̂_y, I); b without cancellation.

    Raises:
        TypeError: an argument is not real.
        ValueError: shapes differ, or are not of two axes.

    Example:
        >>> optimal_projection(jnp.array([[3.0]]), jnp.array([[1.0]])).bias
        Array([-4.], dtype=float32)
    """
    means = {"data_means": data_means, "model_means": model_means}
    mu, mu_hat = sized(
        "optimal_projection", {name: Sized(mean, "labels features") for name, mean in means.items()}
    )
    apart, middle = mu - mu_hat, (mu + mu_hat) / 2
    return Projection(apart, -einsum("kd,kd->k", apart, middle))


def _need_matching(weights: Array, bias: Array, labels: Array, features: Array) -> None:
    """An error unless the shapes are (k, d), (k,), (..., k) and (..., d)."""
    if weights.ndim != 2 or bias.shape != weights.shape[:1]:
        raise ValueError(
            "projection_logit needs weights of shape (k, d) and bias of shape (k,), got"
            f" {weights.shape} and {bias.shape}."
        )
    for name, value, size in zip(
        ("labels", "features"), (labels, features), weights.shape, strict=True
    ):
        if value.shape[-1:] != (size,):
            raise ValueError(
                f"projection_logit needs {name} of size {size} along the last axis, got shape"
                f" {value.shape}."
            )
