"""Principal component analysis: the affine map to few dimensions that loses least."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.models.products import matmul
from verify.models.sizes import Sized, fields, sized, spread


class PCA(NamedTuple):
    """What pca finds in samples.

    Attributes:
        mean: of the samples, in their unit.
        components: orthonormal rows, the directions of the largest variances in order,
            dimensionless; of each the entry largest in size is positive. Where two of both
            signs tie, the sign is LAPACK's.
        eigenvalues: of the covariance over N, descending, in squared units; all of them but
            zeros that fewer samples than features leave. The first belong to the components,
            the others are dropped.
    """

    mean: Float[Array, " features"]
    components: Float[Array, "components features"]
    eigenvalues: Float[Array, " eigenvalues"]


def pca(x: Real[ArrayLike, "samples features"], *, components: int | None = None) -> PCA:
    """The leading eigenvectors of Σ (x - x̄)(x - x̄)ᵀ/N, by the singular values of x - x̄.

    Args:
        x: at least one sample, in some unit.
        components: how many to keep, from 0 to the smaller of samples and features, which is
            the default.

    Returns:
        Mean, components and eigenvalues, in the dtype of x; float16 and bfloat16 are
        decomposed in float32.

    Raises:
        TypeError: x is not real, or components is no integer.
        ValueError: x is no matrix or has no samples, or components is out of range.

    Gradient: by JAX's rules of the singular value decomposition: NaN for components where two
        eigenvalues are equal.
    Source: Pearson (1901), "On lines and planes of closest fit to systems of points in space".

    Example:
        >>> pca(jnp.array([[1.0, 0.0], [-1.0, 0.0]]), components=1).components
        Array([[1., 0.]], dtype=float32)
    """
    (x,) = sized("pca", {"x": Sized(x, "samples features")})
    kept = _number("pca", components, x.shape)
    exact = x.astype(jnp.promote_types(x.dtype, jnp.float32))
    mean, centred = _centred(exact)
    _, scales, rows = jnp.linalg.svd(centred / jnp.sqrt(len(x)), full_matrices=False)
    found = PCA(mean, _positive(rows[:kept]), scales**2)
    return PCA(*(part.astype(x.dtype) for part in found))


def pca_transform(
    fit: PCA, x: Real[ArrayLike, "*batch features"]
) -> Float[Array, "*batch components"]:
    """C (x - x̄), the coordinates along the components.

    Args:
        fit: what pca found.
        x: any samples, in the unit of those.

    Returns:
        In that unit; uncorrelated over the samples that were fitted, with the eigenvalues as
        variances.

    Raises:
        TypeError: fit is no PCA, or x is not real.
        ValueError: x has another number of features.

    Example:
        >>> fit = PCA(jnp.ones(2), jnp.array([[0.0, 1.0]]), jnp.ones(1))
        >>> pca_transform(fit, jnp.array([5.0, 3.0]))
        Array([2.], dtype=float32)
    """
    mean, components, x = _fitting("pca_transform", fit, x=Sized(x, "... features"))
    return matmul(x - spread(mean, x), components.T)


def pca_reconstruct(
    fit: PCA, codes: Real[ArrayLike, "*batch components"]
) -> Float[Array, "*batch features"]:
    """Cᵀ z + x̄, the sample that has these coordinates and lies in the span of the components.

    Args:
        fit: what pca found.
        codes: coordinates along the components, in the unit of the samples.

    Returns:
        In that unit.

    Raises:
        TypeError: fit is no PCA, or codes is not real.
        ValueError: codes has another number of components.

    Example:
        >>> fit = PCA(jnp.ones(2), jnp.array([[0.0, 1.0]]), jnp.ones(1))
        >>> pca_reconstruct(fit, jnp.array([2.0]))
        Array([1., 3.], dtype=float32)
    """
    mean, components, codes = _fitting("pca_reconstruct", fit, codes=Sized(codes, "... components"))
    found = matmul(codes, components)
    return found + spread(mean, found)


def pca_squared_error(fit: PCA, x: Real[ArrayLike, "*batch features"]) -> Float[Array, "*batch"]:
    """‖x - x̂‖², where x̂ is x taken to its coordinates and back.

    Args:
        fit: what pca found.
        x: any samples, in the unit of those.

    Returns:
        Squared units, one for each sample. The mean over the samples that were fitted is the
        sum of the dropped eigenvalues.

    Raises:
        TypeError: fit is no PCA, or x is not real.
        ValueError: x has another number of features.

    Example:
        >>> fit = PCA(jnp.ones(2), jnp.array([[0.0, 1.0]]), jnp.ones(1))
        >>> float(pca_squared_error(fit, jnp.array([5.0, 3.0])))
        16.0
    """
    mean, components, x = _fitting("pca_squared_error", fit, x=Sized(x, "... features"))
    centred = x - spread(mean, x)
    kept = matmul(matmul(centred, components.T), components)
    return jnp.sum((centred - kept) ** 2, axis=-1)


def _fitting(function: str, fit: Any, **others: Sized) -> list[jax.Array]:
    """Mean and components of a fit and another array, in one dtype."""
    axes = {"mean": "features", "components": "components features"}
    return sized(function, fields(function, "fit", fit, PCA, axes) | others)


def _number(function: str, components: Any, shape: tuple[int, ...]) -> int:
    """How many components to keep of samples of this shape."""
    if shape[0] == 0:
        raise ValueError(f"{function} needs at least one sample, got x of shape {shape}.")
    most = min(shape)
    if components is None:
        return most
    if isinstance(components, bool) or not isinstance(components, int):
        raise TypeError(
            f"{function} needs an integer components,"
            f" got {type(components).__name__} {components!r}."
        )
    if not 0 <= components <= most:
        raise ValueError(f"{function} needs components from 0 to {most}, got {components}.")
    return components


def _centred(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The mean, and what is left without it: a second pass takes out the mean's own rounding."""
    mean = jnp.mean(x, axis=0)
    left = x - mean[None]
    return mean, left - jnp.mean(left, axis=0, keepdims=True)


def _positive(rows: jax.Array) -> jax.Array:
    """Each row or its negative, so that its entry largest in size is positive."""
    if not rows.size:
        return rows
    most, least = jnp.max(rows, axis=1, keepdims=True), jnp.min(rows, axis=1, keepdims=True)
    return jnp.where(most < -least, -rows, rows)
