"""PCA: the covariance's eigenvectors, what they lose, and the ways a caller can reach it."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jaxtyping import jaxtyped

from verify.models import PCA, pca, pca_reconstruct, pca_squared_error, pca_transform

SHAPE = (6, 3)
EPS = float(jnp.finfo(jnp.float32).eps)
# Singular values of x - x̄ are off by two roundings of its entries and by LAPACK's p eps, with
# p at most the number of entries, relative to the largest: in squares, twice that.
EIGENVALUE_ERROR = 2 * (2 + SHAPE[0] * SHAPE[1]) * EPS
# The vectors are exact for a matrix so far off, and of length one to p eps.
LENGTH_ERROR = SHAPE[0] * SHAPE[1] * EPS
RESIDUAL_ERROR = 3 * EIGENVALUE_ERROR
# Three sums of at most 6 products after those.
ERROR_ERROR = RESIDUAL_ERROR + 3 * SHAPE[0] * EPS

# Sixteenths: sums of a few are exact.
samples = arrays(np.int64, SHAPE, elements=st.integers(-160, 160)).map(
    lambda n: (n / 16).astype(np.float32)
)
narrow = samples.map(lambda x: x % 0.25)
fit_two = jax.jit(lambda x: pca(x, components=2))
fit_all = jax.jit(pca)
# Eigenvalues 6, 3/2 and 3/8.
APART = np.diag([3.0, 1.5, 0.75]).astype(np.float32)
APART = np.concatenate([2 * APART, -2 * APART]) / np.float32(np.sqrt(2))


def covariance(x):
    """In float64, where the squares of sixteenths are exact."""
    centred = np.float64(x) - np.mean(np.float64(x), axis=0)
    return centred.T @ centred / len(x)


def largest(x):
    return float(np.trace(covariance(x)))


@given(x=samples)
@example(x=np.zeros(SHAPE, np.float32))
@example(x=APART)
def test_the_eigenvalues_are_those_of_the_covariance(x):
    wanted = np.linalg.eigvalsh(covariance(x))[::-1]
    assert np.all(abs(fit_all(x).eigenvalues - wanted) <= EIGENVALUE_ERROR * largest(x))


@given(x=samples)
def test_the_components_are_orthonormal_eigenvectors(x):
    fit = fit_two(x)
    C, eigenvalues = np.float64(fit.components), np.float64(fit.eigenvalues[:2])
    assert np.all(abs(C @ C.T - np.eye(2)) <= LENGTH_ERROR)
    residual = covariance(x) @ C.T - C.T * eigenvalues
    assert np.all(abs(residual) <= RESIDUAL_ERROR * largest(x))


@given(x=samples)
def test_the_mean_squared_error_is_the_sum_of_the_dropped_eigenvalues(x):
    fit = fit_two(x)
    error = np.mean(np.float64(pca_squared_error(fit, x)))
    assert abs(error - float(fit.eigenvalues[2])) <= ERROR_ERROR * largest(x)


@given(x=samples)
def test_the_squared_error_is_that_of_the_reconstruction(x):
    fit = fit_two(x)
    missed = np.float64(x) - np.float64(pca_reconstruct(fit, pca_transform(fit, x)))
    wanted = np.sum(missed**2, axis=1)
    # x̂ is rounded to the size of x, and not of what is missed.
    allowed = ERROR_ERROR * np.sum(np.float64(x) ** 2)
    assert np.all(abs(pca_squared_error(fit, x) - wanted) <= allowed)


@given(x=samples)
def test_the_largest_entry_of_a_component_is_positive(x):
    C = np.asarray(fit_two(x).components)
    assert np.all(C.max(axis=1) >= abs(C).max(axis=1))


@given(x=narrow, offset=st.sampled_from([1024.0, -4096.0]))
def test_far_from_zero_no_digits_of_the_spread_are_lost(x, offset):
    moved = x + np.float32(offset)
    assert np.array_equal(moved - np.float32(offset), x)
    error = abs(fit_all(moved).eigenvalues - fit_all(x).eigenvalues)
    assert np.all(error <= 2 * EIGENVALUE_ERROR * largest(x))


@pytest.mark.parametrize("unit", [2.0**-40, 2.0**20])
def test_a_change_of_unit_by_a_power_of_two_changes_no_bit(unit):
    one, other = fit_all(APART), fit_all(np.float32(unit) * APART)
    assert np.array_equal(one.components, other.components)
    assert np.array_equal(np.float32(unit) ** 2 * one.eigenvalues, other.eigenvalues)


def test_one_sample_is_its_own_mean_and_has_no_variance():
    fit = pca(jnp.array([[3.0, 4.0]]))
    assert fit.mean.tolist() == [3, 4]
    assert fit.eigenvalues.tolist() == [0]
    assert pca_squared_error(fit, jnp.array([3.0, 4.0])) == 0


def test_no_components_leave_the_mean_and_lose_everything():
    fit = pca(APART, components=0)
    assert pca_transform(fit, APART).shape == (6, 0)
    error = jnp.mean(pca_squared_error(fit, APART))
    assert abs(error - largest(APART)) <= ERROR_ERROR * largest(APART)


def test_the_gradient_of_an_eigenvalue_is_that_of_perturbation_theory():
    """∂λ/∂x = 2 (x - x̄) c cᵀ/N."""
    slope = jax.jit(jax.grad(lambda x: pca(x).eigenvalues[0]))(jnp.asarray(APART))
    (c, *_), centred = np.float64(pca(APART).components), APART - APART.mean(axis=0)
    wanted = 2 * np.outer(centred @ c, c) / len(APART)
    # Gaps of eigenvalues are at least 9/8: each of three factors loses at most λ₁/gap more.
    assert np.all(abs(slope - wanted) <= 3 * 6 * RESIDUAL_ERROR * abs(wanted).max())


def test_eager_jit_and_vmap_agree():
    batch = jnp.stack([APART, 2 * APART])
    eager, compiled, mapped = pca(APART), fit_all(APART), jax.jit(jax.vmap(pca))(batch)
    for one, other, many in zip(eager, compiled, mapped, strict=True):
        allowed = 2 * RESIDUAL_ERROR * np.max(abs(one))
        assert np.all(abs(one - other) <= allowed)
        assert np.all(abs(one - many[0]) <= allowed)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept(dtype):
    with jax.enable_x64(dtype == "float64"):
        x = jnp.asarray(APART, dtype)
        fit = pca(x, components=2)
        assert {str(part.dtype) for part in fit} == {dtype}
        assert pca_transform(fit, x).dtype == pca_squared_error(fit, x).dtype == dtype
        # Diagonal data of few bits: the components are the axes in every dtype.
        assert jnp.all(abs(fit.components - jnp.eye(2, 3, dtype=dtype)) <= 64 * EPS)


class Held:
    """A value that a library holds, and JAX asks for."""

    def __init__(self, value):
        self.value = jnp.asarray(value)

    def __jax_array__(self):
        return self.value


def test_what_converts_to_an_array_is_taken_as_one():
    fit = pca(APART, components=2)
    held, x = jax.tree.map(Held, fit), jnp.ones(3)
    assert np.array_equal(pca_transform(fit, Held(x)), pca_transform(fit, x))
    assert np.array_equal(pca_transform(held, x), pca_transform(fit, x))
    assert pca_transform(fit, Held(np.ones(3, int))).dtype == jnp.float32
    with pytest.raises(ValueError, match=r"pca_transform needs x of shape .* 3\), got shape \(2,"):
        pca_transform(fit, Held(jnp.ones(2)))


def test_integers_become_floats_and_dtypes_are_promoted():
    fit = pca(np.array([[1, 0], [-1, 0]]), components=1)
    assert fit.mean.dtype == jnp.float32
    assert pca_transform(fit, np.ones(2, np.float16)).dtype == jnp.float32


@pytest.mark.parametrize("batch", [(), (4,), (2, 0), (2, 5)])
def test_any_leading_axes_are_kept(batch):
    fit = fit_two(APART)
    x, codes = jnp.ones((*batch, 3)), jnp.ones((*batch, 2))
    transform, reconstruct, error = (
        jaxtyped(f, typechecker=beartype)
        for f in (pca_transform, pca_reconstruct, pca_squared_error)
    )
    assert transform(fit, x).shape == (*batch, 2)
    assert reconstruct(fit, codes).shape == (*batch, 3)
    assert error(fit, x).shape == batch


def test_a_fit_is_traced_once_for_many_samples():
    chex.clear_trace_counter()
    compiled = jax.jit(chex.assert_max_traces(n=1)(lambda x: pca(x, components=1)))
    assert compiled(APART).mean.shape == compiled(2 * APART).mean.shape == (3,)


def test_wrong_samples_are_refused_by_name():
    with pytest.raises(TypeError, match="pca needs x as a real number or array, got dtype complex"):
        pca(jnp.ones((2, 2), complex))
    with pytest.raises(ValueError, match=r"pca needs x of shape \(samples, features\), got shape"):
        pca(jnp.ones(3))
    with pytest.raises(ValueError, match=r"pca needs at least one sample, got x of shape \(0, 3\)"):
        pca(jnp.ones((0, 3)))


def test_a_wrong_number_of_components_is_refused():
    for bad in (2.0, True):
        with pytest.raises(TypeError, match=f"pca needs an integer components, got .* {bad}"):
            pca(APART, components=bad)
    for bad in (-1, 4):
        with pytest.raises(ValueError, match=f"pca needs components from 0 to 3, got {bad}"):
            pca(APART, components=bad)


@pytest.mark.parametrize("function", [pca_transform, pca_reconstruct, pca_squared_error])
def test_what_does_not_fit_the_fit_is_refused(function):
    name, fit = function.__name__, pca(APART, components=2)
    with pytest.raises(TypeError, match=f"{name} needs fit as a PCA, got tuple"):
        function(tuple(fit), jnp.ones(3))
    with pytest.raises(ValueError, match=rf"{name} needs .* of shape \(\.\.\., \d\), got .*\(4,\)"):
        function(fit, jnp.ones(4))
    with pytest.raises(ValueError, match=rf"{name} needs fit.components of shape \(compo.*, 2\)"):
        function(PCA(jnp.ones(2), fit.components, fit.eigenvalues), jnp.ones(3))
