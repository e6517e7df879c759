"""Entropy and divergences on finitely many points, against mpmath, and their laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracles import exact, ulps

from verify.functions import (
    categorical_entropy,
    categorical_jsd,
    categorical_kl,
    categorical_total_variation,
)

# Each term is not negative; next to the series, s and the quotient carry an ulp each, the
# logarithm two, |log| is 6.1 times the difference, and the products and sums round five times.
KL_ULPS = 20
# Every term carries two ulps, none is negative, and the sums round twice.
ENTROPY_ULPS = 5
TOTAL_VARIATION_ULPS = 2  # a difference, which is not negative, and two sums; halving is exact
SLOPE_ULPS = 3  # a quotient of differences and a product

weights = st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any)
small_moves = st.tuples(st.integers(-8, 8), st.integers(-8, 8))

entropy, kl, jsd = map(jax.jit, (categorical_entropy, categorical_kl, categorical_jsd))
total_variation = jax.jit(categorical_total_variation)

GRID = 2**20  # probabilities on this grid sum to one exactly, also in float32


def distribution(weights):
    """Weights scaled to a distribution that sums to one exactly."""
    counts = np.floor(np.array(weights) / np.sum(weights) * GRID)
    counts[np.argmax(counts)] += GRID - counts.sum()
    return np.float32(counts / GRID)


def moved(p, moves):
    """A distribution next to another."""
    largest, *others = np.argsort(-p, kind="stable")
    counts = np.float64(p) * GRID
    for other, move in zip(others, moves, strict=True):
        move = max(move, -counts[other])
        counts[other] += move
        counts[largest] -= move
    return np.float32(counts / GRID)


def exact_kl(p, q):
    """Σ p log(p/q), in 50 digits."""
    return mp.fsum(a * mp.log(a / b) if a else 0 for a, b in zip(p, q, strict=True))


def exactly(p):
    return [exact(v) for v in p]


@given(p=weights, q=weights)
def test_kl_is_its_definition(p, q):
    p, q = distribution(p), distribution(q)
    if np.any((q == 0) & (p > 0)):
        assert kl(p, q) == jnp.inf
    else:
        assert ulps(kl(p, q), exact_kl(exactly(p), exactly(q))) <= KL_ULPS


@given(p=weights, moves=small_moves)
@example(p=[1, 1, 1], moves=(1, 0))
def test_kl_of_neighbours_is_its_definition(p, moves):
    p = distribution(p)
    q = moved(p, moves)
    if not np.any((q == 0) & (p > 0)):
        assert ulps(kl(p, q), exact_kl(exactly(p), exactly(q))) <= KL_ULPS


@given(p=weights, q=weights, moves=small_moves)
def test_jsd_is_its_definition(p, q, moves):
    p, far = distribution(p), distribution(q)
    for q in (far, moved(p, moves)):
        middle = [(exact(a) + exact(b)) / 2 for a, b in zip(p, q, strict=True)]
        wanted = (exact_kl(exactly(p), middle) + exact_kl(exactly(q), middle)) / 2
        assert ulps(jsd(p, q), wanted) <= KL_ULPS


@given(p=weights)
def test_the_entropy_is_its_definition(p):
    p = distribution(p)
    wanted = mp.fsum(-a * mp.log(a) if a else 0 for a in exactly(p))
    assert ulps(entropy(p), wanted) <= ENTROPY_ULPS


@given(p=weights, q=weights)
def test_kl_is_not_negative_and_zero_only_at_equal_distributions(p, q):
    p, q = distribution(p), distribution(q)
    assert kl(p, q) >= 0
    assert (kl(p, q) == 0) == np.array_equal(p, q)


@given(p=weights, q=weights)
def test_jsd_is_symmetric_and_at_most_log_two(p, q):
    p, q = distribution(p), distribution(q)
    assert jsd(p, q) == jsd(q, p)
    assert 0 <= jsd(p, q) <= np.float32(mp.log(2)) * (1 + KL_ULPS * jnp.finfo(jnp.float32).eps)


def test_jsd_of_distributions_apart_is_log_two():
    p, q = np.float32([0.5, 0.5, 0.0]), np.float32([0.0, 0.0, 1.0])
    assert ulps(jsd(p, q), mp.log(2)) <= KL_ULPS


def test_the_entropy_runs_from_zero_to_log_n():
    assert entropy(np.float32([0.0, 1.0, 0.0])) == 0
    assert ulps(entropy(np.full(4, 0.25, np.float32)), mp.log(4)) <= ENTROPY_ULPS


@given(p=weights, q=weights, moves=small_moves)
def test_total_variation_is_its_definition(p, q, moves):
    p, far = distribution(p), distribution(q)
    for q in (far, moved(p, moves)):
        wanted = mp.fsum(abs(a - b) for a, b in zip(exactly(p), exactly(q), strict=True)) / 2
        assert ulps(total_variation(p, q), wanted) <= TOTAL_VARIATION_ULPS


@given(p=weights, q=weights, event=st.lists(st.booleans(), min_size=3, max_size=3))
def test_no_event_differs_by_more_than_total_variation(p, q, event):
    p, q = distribution(p), distribution(q)
    difference = np.float64(p) - np.float64(q)
    assert abs(difference[event].sum()) <= total_variation(p, q)
    assert difference[difference > 0].sum() == total_variation(p, q)


@given(p=weights, q=weights, r=weights)
def test_total_variation_is_a_metric_on_a_grid(p, q, r):
    p, q, r = map(distribution, (p, q, r))
    assert total_variation(p, q) == total_variation(q, p)
    assert (total_variation(p, q) == 0) == np.array_equal(p, q)
    assert total_variation(p, r) <= total_variation(p, q) + total_variation(q, r)


def test_total_variation_of_distributions_apart_is_one():
    p, q = np.float32([0.5, 0.5, 0.0]), np.float32([0.0, 0.0, 1.0])
    assert total_variation(p, q) == 1


def test_the_slopes_of_total_variation_are_signs():
    p, q = np.float32([0.0, 0.25, 0.75]), np.float32([0.5, 0.25, 0.25])
    in_p, in_q = jax.grad(total_variation, argnums=(0, 1))(p, q)
    assert np.array_equal(in_p, [-0.5, 0.0, 0.5])
    assert np.array_equal(in_q, [0.5, 0.0, -0.5])


def test_points_without_mass_give_no_nan_to_gradients():
    p, q = np.float32([0.0, 0.25, 0.75]), np.float32([0.5, 0.25, 0.25])
    for slopes in (jax.grad(kl, argnums=(0, 1))(p, q), jax.grad(jsd, argnums=(0, 1))(p, q)):
        assert np.all(np.isfinite(slopes))
    assert np.all(np.isfinite(jax.grad(entropy)(p)))


def test_a_softmax_that_underflows_gives_no_nan_to_gradients():
    q = np.float32([0.5, 0.25, 0.25])
    slopes = jax.grad(lambda logits: kl(jax.nn.softmax(logits), q))(np.float32([0.0, 1.0, -200.0]))
    assert np.all(np.isfinite(slopes))


def test_leading_axes_are_batches():
    p, q = distribution([1, 2, 3]), distribution([2, 2, 1])
    p, q = np.stack([p, q]), np.stack([q, q])
    assert np.array_equal(kl(p, q), [kl(p[0], q[0]), 0.0])


def test_weights_that_are_no_distribution_are_refused():
    wanted = r"categorical_kl needs q to sum to one along its last axis, got the sum 2\.0; divide"
    with pytest.raises(ValueError, match=wanted):
        categorical_kl(np.full(3, 1 / 3), np.array([0.5, 0.75, 0.75]))


@given(weights=st.lists(st.integers(1, 100), min_size=1, max_size=50))
def test_what_sums_to_one_up_to_rounding_is_accepted(weights):
    for dtype in (jnp.float16, jnp.bfloat16, jnp.float32):
        p = np.asarray(np.array(weights) / np.sum(weights), dtype)
        assert jax.eval_shape(lambda p=p: categorical_entropy(p)).shape == ()
