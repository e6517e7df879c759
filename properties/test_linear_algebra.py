"""Matrices of balls: against exact rational arithmetic, their own definitions, and LAPACK."""

import itertools

import jax
import jax.numpy as jnp
import jax.scipy.linalg as linalg
import numpy as np
import pytest
from flint import arb, fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jax import lax
from readings import elements, floats, has_digits, near, read

from verify.arithmetic.errors import Undecided
from verify.arithmetic.reading import reading

WHOLE = arrays(int, (3, 3), elements=st.integers(-4, 4))
REGULAR = WHOLE.filter(lambda a: rational(a).det() != 0)
few = settings(max_examples=15)
THIRDS = np.array([[3.0, 1.0, 0.0], [1.0, 1.0, 1.0], [-1.0, -1.0, 5.0]])  # 2/3 and -2/3 remain
MIXED = np.array([[2.0, 0.5, 0.25], [0.5, 3.0, -1.0], [0.25, -1.0, 1.5]])  # positive definite
TALL = np.array([[2.0, 0.5], [-1.0, 3.0], [0.25, 1.0]])
STEP, ERROR = 2.0**-40, 1e-15  # the quotients err by a multiple of the step squared
OF_MATRICES = {
    "eigenvalues": jnp.linalg.eigvalsh, "root": jnp.linalg.cholesky, "inverse": jnp.linalg.inv,
    "pseudo-inverse": jnp.linalg.pinv, "spectral norm": lambda a: jnp.linalg.norm(a, 2),
    "nuclear norm": lambda a: jnp.linalg.norm(a, "nuc"), "exponential": linalg.expm,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _digits():
    """Enough of them for what a test works out from balls."""
    with reading(bits=256):
        yield


def rational(a):
    return fmpq_mat(len(a), len(a), [fmpq(int(x)) for x in np.asarray(a).ravel()])


def hold(balls, expected):
    """Whether every ball holds its exact number and has nearly all digits."""
    numbers = [arb(x) if isinstance(x, int | float) else arb(x.p) / arb(x.q) for x in expected]
    pairs = zip(elements(balls), numbers, strict=True)
    return all(ball.overlaps(x) and (has_digits(ball, 80) or x.is_zero()) for ball, x in pairs)


def is_small(balls):
    """Whether every ball holds zero, and little else."""
    return all(ball.contains(0) and ball.abs_upper() < 1e-30 for ball in elements(balls))


@few
@given(a=REGULAR)
def test_determinant_inverse_and_solution_are_those_of_rational_arithmetic(a):
    exact = rational(a)
    (det,), (inverse,) = read(jnp.linalg.det, a), read(jnp.linalg.inv, a)
    (solution,) = read(lambda a: jnp.linalg.solve(a, jnp.arange(3.0)), a)
    assert hold(det, [exact.det()])
    assert hold(inverse, exact.inv().entries())
    assert hold(solution, (exact.inv() * fmpq_mat(3, 1, [0, 1, 2])).entries())


@few
@given(a=REGULAR)
def test_sign_and_log_of_a_determinant(a):
    sign, log = read(jnp.linalg.slogdet, a)
    det = rational(a).det()
    assert sign == (1 if det > 0 else -1)
    assert log.overlaps(abs(arb(det.p) / arb(det.q)).log())


@given(a=WHOLE.filter(lambda a: rational(a).det() == 0))
@few
def test_a_singular_matrix_has_no_inverse(a):
    (det,), (inverse,) = read(jnp.linalg.det, a), read(jnp.linalg.inv, a)
    assert det.contains(0)
    assert not all(entry.is_finite() for entry in elements(inverse))


@few
@given(a=REGULAR)
def test_the_derivative_of_a_log_determinant_is_the_transposed_inverse(a):
    (slope,) = read(jax.grad(lambda a: jnp.linalg.slogdet(a)[1]), a)
    assert hold(slope, rational(a).inv().transpose().entries())


@few
@given(a=REGULAR)
def test_the_factors_of_lu_multiply_to_the_matrix(a):
    p, lower, upper = read(linalg.lu, a)
    assert hold(p @ lower @ upper, [int(x) for x in a.ravel()]) or is_small(p @ lower @ upper - a)
    assert all(entry.abs_lower() <= 1 for entry in elements(lower))


def test_equal_candidates_for_a_pivot_are_told_apart_by_exact_arithmetic():
    _, pivots, permutation = read(lax.linalg.lu, THIRDS)
    assert pivots.tolist() == permutation.tolist() == [0, 1, 2]
    _, pivots, _ = read(lax.linalg.lu, THIRDS[[0, 2, 1]])
    assert pivots.tolist() == [0, 1, 2]


def test_equal_candidates_that_are_not_exact_are_undecided():
    with pytest.raises(Undecided, match="pivots"):
        read(lambda a: lax.linalg.lu(a / 7), THIRDS)


def test_the_root_of_cholesky_multiplies_to_the_matrix():
    (lower,) = read(jnp.linalg.cholesky, MIXED)
    assert is_small(lower @ lower.T - MIXED)
    assert all(lower[i, j] == 0 for i, j in itertools.combinations(range(3), 2))


def test_a_matrix_that_is_not_positive_has_no_root_of_cholesky():
    (lower,) = read(jnp.linalg.cholesky, MIXED - 5 * np.eye(3))
    assert not all(entry.is_finite() for entry in elements(lower))


@pytest.mark.parametrize("flags", list(itertools.product([True, False], repeat=4)), ids=str)
def test_a_triangular_system_is_solved_as_lapack_does(flags):
    names = ("left_side", "lower", "transpose_a", "unit_diagonal")
    options = dict(zip(names, flags, strict=True))
    solve = lambda a, b: lax.linalg.triangular_solve(a, b, **options)
    b = TALL if flags[0] else TALL.T
    (ours,), (theirs,) = read(solve, MIXED, b), floats(solve, MIXED, b)
    pairs = zip(elements(ours), theirs.ravel(), strict=True)
    assert all(near(x, y, 1e-12) and has_digits(x, 90) for x, y in pairs)


@pytest.mark.parametrize("mode", ["full", "economic"])
@pytest.mark.parametrize("a", [MIXED, TALL, TALL.T], ids=["square", "tall", "wide"])
def test_qr_has_orthogonal_columns_and_the_signs_of_lapack(a, mode):
    factor = lambda a: jnp.linalg.qr(a, mode={"full": "complete", "economic": "reduced"}[mode])
    q, r = read(factor, a)
    assert is_small(q @ r - a)
    assert is_small(q.T @ q - np.eye(q.shape[1]))
    for ours, theirs in zip((q, r), floats(factor, a), strict=True):
        assert all(near(x, y, 1e-12) for x, y in zip(elements(ours), theirs.ravel(), strict=True))


def test_eigenvectors_are_of_their_eigenvalues_in_ascending_order():
    values, vectors = read(jnp.linalg.eigh, MIXED)
    assert is_small(MIXED @ vectors - vectors * values)
    assert is_small(vectors.T @ vectors - np.eye(3))
    assert values[0] < values[1] < values[2]


def test_of_equal_eigenvalues_the_vectors_are_unknown():
    values, vectors = read(jnp.linalg.eigh, np.diag([2.0, 1.0, 2.0]))
    assert [float(value.mid()) for value in values] == pytest.approx([1, 2, 2])
    assert all(entry.is_nan() for entry in elements(vectors))


def test_equal_eigenvalues_that_are_no_floats_are_held():
    (values,) = read(lambda a: jnp.linalg.eigvalsh(a / 3), np.eye(3) + 1)
    assert hold(values, [fmpq(1, 3), fmpq(1, 3), fmpq(4, 3)])


@pytest.mark.parametrize("a", [MIXED, TALL, TALL.T], ids=["square", "tall", "wide"])
def test_singular_vectors_and_values_multiply_to_the_matrix(a):
    left, values, right = read(lambda a: jnp.linalg.svd(a, full_matrices=False), a)
    assert is_small((left * values) @ right - a)
    assert is_small(left.T @ left - np.eye(len(values)))
    assert values[0] > values[-1]


@pytest.mark.parametrize("name", OF_MATRICES)
def test_slopes_and_curvatures_of_a_function_of_matrices_are_its_difference_quotients(name):
    function = OF_MATRICES[name]
    weighted = lambda a: (function(a) ** 2).sum() + function(a).ravel()[0]
    line = lambda t: weighted(jnp.asarray(MIXED) + t * jnp.asarray(TALL @ TALL.T))
    low, middle, high = (read(line, 0.125 + k * STEP, bits=256)[0] for k in (-1, 0, 1))
    (slope,), (curvature,) = read(jax.grad(line), 0.125), read(jax.grad(jax.grad(line)), 0.125)
    assert abs(slope - (high - low) / (2 * STEP)) < ERROR
    assert abs(curvature - (high - 2 * middle + low) / STEP**2) < ERROR


def test_a_solver_of_the_user_is_run_as_it_stands():
    solve = lambda a, b: lax.custom_linear_solve(
        lambda x: a @ x, b, lambda _, b: jnp.linalg.solve(a, b), symmetric=True
    )
    (ours,) = read(solve, MIXED, TALL[:, 0])
    assert is_small(MIXED @ ours - TALL[:, 0])


def test_infinite_entries_do_not_become_finite_in_a_product():
    a = np.array([[arb.pos_inf(), arb(1)], [arb(0), arb(2)]], object)
    (product,) = read(jnp.matmul, a, np.eye(2))
    assert not product[0, 0].is_finite()
    assert not product[0, 1].is_finite()  # inf * 0 has no value
    assert product[1].tolist() == [0, 2]
