"""Principal components, what they lose, and what of them a linear VAE's decoder keeps."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.models import (
    PCA,
    linear_vae_encode,
    linear_vae_from_pca,
    pca,
    pca_reconstruct,
    pca_squared_error,
    pca_transform,
)

# Four samples of three features, and of two.
_SAMPLES, _PLANE = vf.reals(-10, 10, shape=(4, 3)), vf.reals(-10, 10, shape=(4, 2))

# A point between two others, and beyond.
_TWO_POINTS: dict[str, Any] = {
    "x": vf.reals(-10, 10, shape=(2,)),
    "y": vf.reals(-10, 10, shape=(2,)),
    "t": vf.reals(-2, 3),
}


def _covariance(samples):
    """Σ (x - x̄)(x - x̄)ᵀ/N."""
    centred = samples - jnp.mean(samples, axis=0, keepdims=True)
    return centred.T @ centred / len(samples)


def _difference(samples):
    """((a - c)/2, b) for the covariance with rows (a, b) and (b, c): its length is (λ₁ - λ₂)/2."""
    (a, b), (_, c) = _covariance(samples)
    return (a - c) / 2, b


def _are_apart(samples):
    """λ₁ ≠ λ₂."""
    half, b = _difference(samples)
    return vf.less(0, half**2 + b**2)


def _are_apart_in_space(samples):
    """λ₁, λ₂, λ₃ are distinct: the discriminant of det(S - λ I) is not zero."""
    S = _covariance(samples)
    trace, det = jnp.trace(S), jnp.linalg.det(S)
    minors = (trace**2 - jnp.sum(S * S)) / 2
    return vf.less(
        0,
        18 * trace * minors * det
        - 4 * trace**3 * det
        + trace**2 * minors**2
        - 4 * minors**3
        - 27 * det**2,
    )


def _turned(angle):
    """An orthonormal basis of the plane, as rows."""
    return jnp.stack(
        [
            jnp.stack([jnp.cos(angle), jnp.sin(angle)]),
            jnp.stack([-jnp.sin(angle), jnp.cos(angle)]),
        ]
    )


def _in_the_plane(samples):
    """PCA in two dimensions: λ = (a + c)/2 ± √((a - c)²/4 + b²), the axes turned by an angle."""
    half, b = _difference(samples)
    middle, root = jnp.trace(_covariance(samples)) / 2, jnp.sqrt(half**2 + b**2)
    angle = jnp.arctan2(b, half) / 2
    eigenvalues = jnp.stack([middle + root, middle - root])
    return PCA(jnp.mean(samples, axis=0), _turned(angle), eigenvalues)


def _first(fit):
    """The same with one component."""
    return fit._replace(components=fit.components[:1])


def _is_affine(f, x, y, t):
    """f((1 - t) x + t y) = (1 - t) f(x) + t f(y)."""
    return vf.equal(f((1 - t) * x + t * y), (1 - t) * f(x) + t * f(y))


@vf.claim(
    mean=vf.reals(-10, 10, shape=(2,)),
    angle=vf.reals(-4, 4),
    **_TWO_POINTS,
    source="Notes A, 4c, i",
)
def pca_is_affine(mean, angle, x, y, t):
    """Coordinates C (x - x̄) and reconstruction Cᵀ C (x - x̄) + x̄ are affine in x."""
    fit = PCA(mean, _turned(angle)[:1], jnp.ones(2))
    transform = lambda x: pca_transform(fit, x)
    reconstruct = lambda x: pca_reconstruct(fit, transform(x))
    return vf.all_of(_is_affine(transform, x, y, t), _is_affine(reconstruct, x, y, t))


@vf.claim(samples=_SAMPLES, source="Notes A, 4c, ii")
def the_components_are_orthonormal(samples):
    """C Cᵀ = I, by singular values of four samples of three features."""
    components = pca(samples, components=2).components
    orthonormal = vf.equal(components @ components.T, jnp.eye(2))
    return vf.implies(_are_apart_in_space(samples), orthonormal)


@vf.claim(samples=_PLANE, source="Pearson (1901)")
def the_components_in_two_dimensions(samples):
    """cᵢ cᵢᵀ and λᵢ by singular values are those in closed form, and S cᵢ = λᵢ cᵢ."""
    found, wanted = pca(samples), _in_the_plane(samples)
    outer = lambda fit: fit.components[:, :, None] * fit.components[:, None, :]
    turned = _covariance(samples) @ wanted.components.T
    same = vf.all_of(
        vf.equal(found.eigenvalues, wanted.eigenvalues),
        vf.equal(outer(found), outer(wanted)),
        vf.equal(turned, (wanted.eigenvalues[:, None] * wanted.components).T),
    )
    return vf.implies(_are_apart(samples), same)


@vf.claim(samples=_SAMPLES, source="Notes A, 4c")
def the_mean_squared_error_is_the_sum_of_the_dropped_eigenvalues(samples):
    """Σ ‖x - x̂‖²/N = λ₂ + λ₃, with one component kept of three."""
    fit = pca(samples, components=1)
    error = jnp.mean(pca_squared_error(fit, samples))
    dropped = vf.equal(error, jnp.sum(fit.eigenvalues[1:]))
    return vf.implies(_are_apart_in_space(samples), dropped)


@vf.claim(samples=_PLANE, holds=False, source="Notes A, 4c")
def the_mean_squared_error_is_the_kept_eigenvalue(samples):
    """Σ ‖x - x̂‖²/N = λ₁, with one component kept of two."""
    fit = _first(_in_the_plane(samples))
    error = jnp.mean(pca_squared_error(fit, samples))
    return vf.implies(_are_apart(samples), vf.equal(error, fit.eigenvalues[0]))


@vf.claim(samples=_PLANE, angle=vf.reals(-4, 4), source="Pearson (1901)")
def no_line_loses_less_than_the_first_component(samples, angle):
    """Σ ‖x - x̂‖²/N is least, λ₂, for the first component among all lines through the mean."""
    fit = _in_the_plane(samples)
    line = fit._replace(components=_turned(angle)[:1])
    error = jnp.mean(pca_squared_error(line, samples))
    return vf.at_most(fit.eigenvalues[1], error)


@vf.claim(samples=_PLANE, source="Notes A, 4c, ii")
def the_coordinates_are_uncorrelated(samples):
    """The covariance of PCA's coordinates is diag λ."""
    fit = _in_the_plane(samples)
    covariance = _covariance(pca_transform(fit, samples))
    return vf.implies(_are_apart(samples), vf.equal(covariance, jnp.diag(fit.eigenvalues)))


# A width of noise and a weight of the prior.
_LOSS: dict[str, Any] = {"s": vf.reals(0.1, 10), "alpha": vf.reals(0.1, 10)}


@vf.claim(samples=_PLANE, **_LOSS, source="Notes A, 4c, ii")
def the_features_of_the_best_linear_vae_are_uncorrelated(samples, s, alpha):
    """At the optimum of a linear VAE with a diagonal encoder the encoded means are uncorrelated."""
    model = linear_vae_from_pca(_in_the_plane(samples), scale=s, alpha=alpha)
    covariance = _covariance(linear_vae_encode(model, samples).mean)
    return vf.implies(_are_apart(samples), vf.equal(covariance[0, 1], 0))


@vf.claim(samples=_PLANE, **_LOSS, source="Notes A, 4c")
def the_decoder_of_the_best_linear_vae_spans_the_components(samples, s, alpha):
    """Its columns are eigenvectors of the covariance, and not zero exactly where λ > αs²."""
    fit = _in_the_plane(samples)
    W = linear_vae_from_pca(fit, scale=s, alpha=alpha).decoder
    spans = vf.equal(_covariance(samples) @ W, W @ jnp.diag(fit.eigenvalues))
    kept = [
        _is_kept_over(alpha * s**2, eigenvalue, column)
        for eigenvalue, column in zip(fit.eigenvalues, W.T, strict=True)
    ]
    return vf.implies(_are_apart(samples), vf.all_of(spans, *kept))


def _is_kept_over(threshold, eigenvalue, column):
    """A column of the decoder is zero exactly where its eigenvalue is at most the threshold."""
    length = jnp.sum(column**2)
    return vf.all_of(
        vf.implies(vf.less(threshold, eigenvalue), vf.less(0, length)),
        vf.implies(vf.at_most(eigenvalue, threshold), vf.equal(length, 0)),
    )


def _tanh_encoder(weights):
    """x ↦ U tanh(V x), the mean of a VAE's encoder with one hidden layer of two units."""
    V, U = weights[:4].reshape(2, 2), weights[4:]
    return lambda x: U @ jnp.tanh(V @ x)


@vf.claim(weights=vf.reals(-3, 3, shape=(6,)), **_TWO_POINTS, holds=False, source="Notes A, 4c, i")
def the_encoder_of_a_vae_is_affine(weights, x, y, t):
    """m(x) = U tanh(V x) has m((1 - t) x + t y) = (1 - t) m(x) + t m(y)."""
    return _is_affine(_tanh_encoder(weights), x, y, t)


@vf.claim(weights=vf.reals(-3, 3, shape=(6,)), x=_TWO_POINTS["x"], source="Notes A, 4c, i")
def the_encoder_of_a_vae_is_affine_to_first_order(weights, x):
    """m(x) = U tanh(V x) has ∂m/∂x = U diag(1 - tanh²(V x)) V, which is U V at x = 0."""
    V, U = weights[:4].reshape(2, 2), weights[4:]
    slope = jax.jacfwd(_tanh_encoder(weights))
    return vf.all_of(
        vf.equal(slope(x), U @ jnp.diag(1 - jnp.tanh(V @ x) ** 2) @ V),
        vf.equal(slope(jnp.zeros(2)), U @ V),
    )


@vf.claim(
    mean=vf.reals(-10, 10, shape=(2,)),
    angle=vf.reals(-4, 4),
    eigenvalues=vf.reals(0, 100, shape=(2,)),
    **_LOSS,
    **_TWO_POINTS,
    source="Notes A, 4c, i",
)
def the_encoder_of_a_linear_vae_is_affine(mean, angle, eigenvalues, s, alpha, x, y, t):
    """The mean of the best linear VAE's encoder is affine in x."""
    fit = PCA(mean, _turned(angle), eigenvalues)
    model = linear_vae_from_pca(fit, scale=s, alpha=alpha)
    return _is_affine(lambda x: linear_vae_encode(model, x).mean, x, y, t)
