"""Data that needs no download: points in the plane, factors, sequences, handwritten digits.

All are pure functions of a key but the digits, which are scikit-learn's.
"""

import importlib
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.tree_util import Partial
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, Real

from verify.functions.arguments import NON_NEGATIVE, POSITIVE
from verify.models.products import matmul
from verify.models.sizes import Sized, sized, whole


class Labelled(NamedTuple):
    """Points and the class of each, from 0."""

    points: Float[Array, "n features"]
    labels: Int[Array, " n"]


class Curved(NamedTuple):
    """Points of a curved sheet, and where on the sheet each lies."""

    points: Float[Array, "n features"]
    positions: Float[Array, "n 2"]


class Factors(NamedTuple):
    """Samples of a Gaussian, and the axes of its covariance.

    Attributes:
        points: the samples.
        axes: orthonormal rows, the eigenvectors of the covariance in the order of its eigenvalues.
    """

    points: Float[Array, "n features"]
    axes: Float[Array, "features features"]


class Sequences(NamedTuple):
    """Sequences of inputs, and what is to be said of each: one row, or one a step."""

    inputs: Float[Array, "n steps inputs"]
    targets: Float[Array, "n *steps outputs"]


def ring_of_gaussians(
    key: Array,
    n: int,
    *,
    modes: int = 8,
    radius: Real[ArrayLike, ""] = 2.0,
    scale: Real[ArrayLike, ""] = 0.02,
) -> Labelled:
    """N(r (cos φ_k, sin φ_k), s² I), φ_k = 2πk/K, k uniform in 0, …, K - 1.

    Args:
        key: of JAX's random numbers.
        n: points, at least 0.
        modes: K, at least 1.
        radius: r, not negative.
        scale: s, not negative, in the unit of r.

    Returns:
        Points in the plane and their k.

    Raises:
        TypeError: n or modes is no integer, or radius or scale is not real.
        ValueError: an argument is out of range (NaN where radius or scale is traced).

    Example:
        >>> ring_of_gaussians(jax.random.key(0), 100).points.shape
        (100, 2)
    """
    modes = whole("ring_of_gaussians", "modes", modes, least=1)
    r, s = _sizes("ring_of_gaussians", radius=radius, scale=scale)
    angles = 2 * math.pi * jnp.arange(modes) / modes
    return _mixture("ring_of_gaussians", key, n, r * _directions(angles), s)


def grid_of_gaussians(
    key: Array,
    n: int,
    *,
    side: int = 5,
    spacing: Real[ArrayLike, ""] = 2.0,
    scale: Real[ArrayLike, ""] = 0.05,
) -> Labelled:
    """N(d (i - (m - 1)/2, j - (m - 1)/2), s² I), i and j uniform in 0, …, m - 1.

    Args:
        key: of JAX's random numbers.
        n: points, at least 0.
        side: m, at least 1.
        spacing: d, not negative.
        scale: s, not negative, in the unit of d.

    Returns:
        Points in the plane, around the origin, and m i + j of each.

    Raises:
        TypeError: n or side is no integer, or spacing or scale is not real.
        ValueError: an argument is out of range (NaN where spacing or scale is traced).

    Example:
        >>> int(grid_of_gaussians(jax.random.key(0), 1_000).labels.max())
        24
    """
    side = whole("grid_of_gaussians", "side", side, least=1)
    d, s = _sizes("grid_of_gaussians", spacing=spacing, scale=scale)
    line = jnp.arange(side) - (side - 1) / 2
    centres = jnp.stack(jnp.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    return _mixture("grid_of_gaussians", key, n, d * centres, s)


def swiss_roll(key: Array, n: int, *, scale: Real[ArrayLike, ""] = 0.0) -> Curved:
    """(t cos t, h, t sin t) + s ε, t uniform in [3π/2, 9π/2], h uniform in [0, 21].

    Args:
        key: of JAX's random numbers.
        n: points, at least 0.
        scale: s, the deviation of the noise ε ~ N(0, I), not negative.

    Returns:
        Points in space, and t and h of each.

    Raises:
        TypeError: n is no integer, or scale is not real.
        ValueError: an argument is out of range (NaN where scale is traced).

    Source: Marsland (2009), "Machine learning: an algorithmic perspective", chapter 6.

    Example:
        >>> swiss_roll(jax.random.key(0), 100).points.shape
        (100, 3)
    """
    n = whole("swiss_roll", "n", n)
    (s,) = _sizes("swiss_roll", scale=scale)
    turn_key, height_key, noise_key = jax.random.split(key, 3)
    t = 1.5 * math.pi * (1 + 2 * jax.random.uniform(turn_key, (n,)))
    h = 21 * jax.random.uniform(height_key, (n,))
    points = jnp.stack([t * jnp.cos(t), h, t * jnp.sin(t)], axis=-1)
    noise = s * jax.random.normal(noise_key, points.shape)
    return Curved(points + noise, jnp.stack([t, h], axis=-1))


def gaussian_factors(key: Array, n: int, *, eigenvalues: Real[ArrayLike, " features"]) -> Factors:
    """x = Σ √λ_i z_i u_i, z ~ N(0, I), so that the covariance is Σ λ_i u_i u_iᵀ.

    Factor analysis with noise: the eigenvalues that exceed the least are those of factors.

    Args:
        key: of JAX's random numbers, for the axes u_i as well.
        n: points, at least 0.
        eigenvalues: λ_i, not negative.

    Returns:
        Points, and the axes: uniform among all orthonormal ones.

    Raises:
        TypeError: n is no integer, or eigenvalues are not real.
        ValueError: n or an eigenvalue is negative (NaN where it is traced), or there is none.

    Example:
        >>> gaussian_factors(jax.random.key(0), 100, eigenvalues=[4.0, 1.0, 0.25]).axes.shape
        (3, 3)
    """
    n = whole("gaussian_factors", "n", n)
    values = jnp.asarray(eigenvalues) if isinstance(eigenvalues, Sequence) else eigenvalues
    (λ,) = sized("gaussian_factors", {"eigenvalues": Sized(values, "features", NON_NEGATIVE)})
    if not λ.size:
        raise ValueError("gaussian_factors needs one eigenvalue or more, got none.")
    axes_key, key = jax.random.split(key)
    axes = jax.random.orthogonal(axes_key, len(λ), dtype=λ.dtype)
    z = jax.random.normal(key, (n, len(λ)), λ.dtype)
    return Factors(matmul(z * jnp.sqrt(λ)[None], axes), axes)


def adding_problem(key: Array, n: int, *, steps: int) -> Sequences:
    """Σ x_t m_t, x_t uniform in [0, 1], where m_t is 1 at one step of each half and else 0.

    Args:
        key: of JAX's random numbers.
        n: sequences, at least 0.
        steps: at least 2.

    Returns:
        (x_t, m_t) at each step, and one target a sequence. To say 1 always has the mean squared
        error 1/6.

    Raises:
        TypeError: n or steps is no integer.
        ValueError: n or steps is out of range.

    Source: Hochreiter and Schmidhuber (1997), section 5.4, with numbers in [0, 1].

    Example:
        >>> adding_problem(jax.random.key(0), 10, steps=50).inputs.shape
        (10, 50, 2)
    """
    n, steps = whole("adding_problem", "n", n), whole("adding_problem", "steps", steps, least=2)
    value_key, *place_keys = jax.random.split(key, 3)
    x = jax.random.uniform(value_key, (n, steps))
    halves = (0, steps // 2), (steps // 2, steps)
    marks = sum(
        jax.nn.one_hot(jax.random.randint(k, (n,), *half), steps)
        for k, half in zip(place_keys, halves, strict=True)
    )
    targets = jnp.sum(x * marks, axis=1, keepdims=True)
    return Sequences(jnp.stack([x, jnp.asarray(marks)], axis=-1), targets)


def sine_waves(key: Array, n: int, *, steps: int, period: Real[ArrayLike, ""] = 20.0) -> Sequences:
    """sin(2πt/p + φ) and the value a step later, φ uniform in [0, 2π).

    Args:
        key: of JAX's random numbers.
        n: sequences, at least 0.
        steps: at least 1.
        period: p, in steps, positive.

    Returns:
        A value a step, and at each step the next one as target.

    Raises:
        TypeError: n or steps is no integer, or period is not real.
        ValueError: an argument is out of range (NaN where period is traced).

    Example:
        >>> sine_waves(jax.random.key(0), 10, steps=50).targets.shape
        (10, 50, 1)
    """
    n, steps = whole("sine_waves", "n", n), whole("sine_waves", "steps", steps, least=1)
    (period,) = sized("sine_waves", {"period": Sized(period, "", POSITIVE)})
    phases = jax.random.uniform(key, (n, 1), maxval=2 * math.pi)
    waves = jnp.sin(2 * math.pi / period * jnp.arange(steps + 1)[None] + phases)[..., None]
    return Sequences(waves[:, :-1], waves[:, 1:])


def digits() -> Labelled:
    """1,797 handwritten digits of 8 × 8 pixels, each in [0, 1], and which digit each is.

    Returns:
        An image a row, of 64 pixels in multiples of 1/16, and labels from 0 to 9.

    Raises:
        ImportError: scikit-learn is not installed.

    Source: Alpaydin and Kaynak (1998), "Optical recognition of handwritten digits".

    Example:
        >>> digits().points.shape
        (1797, 64)
    """
    found = needed("digits", "sklearn.datasets", "scikit-learn").load_digits()
    return Labelled(jnp.asarray(found.data / 16, jnp.float32), jnp.asarray(found.target, jnp.int32))


def minibatches(data: Any, size: int) -> Partial:
    """A function from a key to rows of the data, drawn uniformly and with replacement.

    Args:
        data: a pytree of arrays with one number of rows.
        size: how many are drawn, at least 1.

    Returns:
        What fit and play take as batches. It hands the data over as an argument, so that they
        are no constant of a compiled program.

    Raises:
        TypeError: size is no integer.
        ValueError: size is out of range, or the arrays have different numbers of rows or none.

    Example:
        >>> batches = minibatches({"x": jnp.zeros((100, 3))}, 10)
        >>> batches(jax.random.key(0))["x"].shape
        (10, 3)
    """
    size = whole("minibatches", "size", size, least=1)
    shapes = {jnp.shape(leaf)[:1] for leaf in jax.tree.leaves(data)}
    if len(shapes) != 1 or shapes & {(), (0,)}:
        got = sorted(jnp.shape(leaf) for leaf in jax.tree.leaves(data))
        raise ValueError(f"minibatches needs arrays with one number of rows, got shapes {got}.")
    return Partial(_Drawn(size), jax.tree.map(jnp.asarray, data))


class _Drawn(NamedTuple):
    """Rows of data at random; equal ones share what is compiled."""

    size: int

    def __call__(self, data: Any, key: Array) -> Any:
        rows = len(jax.tree.leaves(data)[0])
        chosen = jax.random.randint(key, (self.size,), 0, rows)
        return jax.tree.map(lambda leaf: leaf[chosen], data)


def needed(function: str, module: str, package: str) -> Any:
    """A module of the extra `train`.

    Raises:
        ImportError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{function} needs {package}, got {error}; pip install 'verify-jax[train]'."
        ) from error


def _sizes(function: str, **sizes: ArrayLike) -> list[Array]:
    return sized(function, {name: Sized(x, "", NON_NEGATIVE) for name, x in sizes.items()})


def _directions(angles: Array) -> Array:
    return jnp.stack([jnp.cos(angles), jnp.sin(angles)], axis=-1)


def _mixture(function: str, key: Array, n: Any, centres: Array, scale: Array) -> Labelled:
    """Points of equally many Gaussians around centres, in expectation."""
    n = whole(function, "n", n)
    label_key, noise_key = jax.random.split(key)
    labels = jax.random.randint(label_key, (n,), 0, len(centres))
    noise = jax.random.normal(noise_key, (n, centres.shape[1]), centres.dtype)
    return Labelled(centres[labels] + scale * noise, labels)
