"""Wasserstein distances of Gaussians and of samples, against their definitions, and their laws."""

import itertools
import subprocess
import sys
from fractions import Fraction

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracles import exact, ulps

from verify.functions import empirical_wasserstein_1, gaussian_wasserstein_1

# Faithful: one of the two floats next to the exact value, for the value and its slopes.
ULPS = MEAN_SLOPE_ULPS = WIDTH_SLOPE_ULPS = 1
# The triangle inequality up to the errors of three values.
SLACK = 3 * ULPS * float(jnp.finfo(jnp.float32).eps)

LONG = 60  # seconds; it takes about five

means = st.floats(-100, 100, width=32)
widths = st.floats(2.0**-7, 2.0**7, width=32)

distance = jax.jit(gaussian_wasserstein_1)
slopes = jax.jit(jax.grad(gaussian_wasserstein_1, argnums=(0, 1)))


def mean_size(m, s):
    """E|m + s Z| for s > 0 in closed form."""
    r = m / (s * mp.sqrt(2))
    return m * mp.erf(r) + s * mp.sqrt(2 / mp.pi) * mp.exp(-r * r)


def distribution_area(mu_1, sigma_1, mu_2, sigma_2):
    """∫ |F - G|, split where F = G, by quadrature."""
    gap = lambda x: abs(mp.ncdf(x, mu_1, sigma_1) - mp.ncdf(x, mu_2, sigma_2))
    crossing = (
        [(mu_1 * sigma_2 - mu_2 * sigma_1) / (sigma_2 - sigma_1)] if sigma_1 != sigma_2 else []
    )
    return mp.quad(gap, [-mp.inf, *sorted([mu_1, mu_2, *crossing]), mp.inf])


@pytest.mark.parametrize(
    "arguments", [(1.0, 2.0, -0.5, 0.5), (0.0, 1.0, 0.0, 3.0), (2.0, 1.5, -1.0, 1.5)]
)
def test_it_is_the_area_between_the_distribution_functions(arguments):
    with mp.workdps(20):
        assert ulps(distance(*arguments), distribution_area(*arguments)) <= ULPS


@given(mu_1=means, sigma_1=widths, mu_2=means, sigma_2=widths)
@example(
    mu_1=100.0, sigma_1=1.0, mu_2=-100.0, sigma_2=float(np.nextafter(np.float32(1), np.float32(2)))
)
def test_it_is_the_mean_distance_of_quantiles(mu_1, sigma_1, mu_2, sigma_2):
    mu_1, mu_2 = np.float32(mu_1), np.float32(mu_2)
    m, s = exact(mu_1) - exact(mu_2), abs(exact(sigma_1) - exact(sigma_2))
    wanted = mean_size(m, s) if s else abs(m)
    assert ulps(distance(mu_1, sigma_1, mu_2, sigma_2), wanted) <= ULPS


@given(mu_1=means, sigma_1=widths, mu_2=means, sigma_2=widths)
def test_its_slopes_in_the_first_gaussian(mu_1, sigma_1, mu_2, sigma_2):
    in_mean, in_width = slopes(mu_1, sigma_1, mu_2, sigma_2)
    m, s = exact(mu_1) - exact(mu_2), exact(sigma_1) - exact(sigma_2)
    if s == 0:
        assert (in_mean, in_width) == (float(mp.sign(m)), 0)
        return
    r = m / abs(s)
    assert ulps(in_mean, mp.erf(r / mp.sqrt(2))) <= MEAN_SLOPE_ULPS
    wanted = mp.sign(s) * mp.sqrt(2 / mp.pi) * mp.exp(-r * r / 2)
    assert ulps(in_width, wanted) <= WIDTH_SLOPE_ULPS


@given(mu_1=means, mu_2=means, sigma=widths)
def test_at_equal_widths_it_is_the_distance_of_the_means(mu_1, mu_2, sigma):
    assert distance(mu_1, sigma, mu_2, sigma) == abs(np.float32(mu_1) - np.float32(mu_2))


@given(mu_1=means, sigma_1=widths, mu_2=means, sigma_2=widths)
def test_it_is_symmetric(mu_1, sigma_1, mu_2, sigma_2):
    there, back = distance(mu_1, sigma_1, mu_2, sigma_2), distance(mu_2, sigma_2, mu_1, sigma_1)
    assert there == back


@given(a=st.tuples(means, widths), b=st.tuples(means, widths), c=st.tuples(means, widths))
def test_no_way_round_is_shorter(a, b, c):
    assert distance(*a, *c) <= (distance(*a, *b) + distance(*b, *c)) * (1 + SLACK)


@given(mu_1=means, sigma_1=widths, mu_2=means, sigma_2=widths)
def test_it_is_zero_only_for_the_same_gaussian(mu_1, sigma_1, mu_2, sigma_2):
    same = (mu_1, sigma_1) == (mu_2, sigma_2)
    assert (distance(mu_1, sigma_1, mu_2, sigma_2) == 0) == same


@pytest.mark.parametrize("delta", [2.0, -2.0])
@pytest.mark.parametrize("width", [1.0, 1e-30, 1e30])
def test_gradients_at_equal_widths_are_signs(delta, width):
    assert slopes(delta, width, 0.0, width) == (np.sign(delta), 0)


def test_gradients_at_the_kink_are_zero():
    assert slopes(1.0, 2.0, 1.0, 2.0) == (0, 0)


# Of samples. Numbers on this grid are exact in float32, and so are their differences; what
# is left rounds a share, a product and at most as many sums as there are pieces.
GRID = 2.0**-10
SIZES = [(1, 1), (3, 3), (2, 3), (4, 1), (4, 6)]
of_samples = jax.jit(empirical_wasserstein_1)


def sample(size):
    return st.lists(st.integers(-(2**12), 2**12), min_size=size, max_size=size).map(
        lambda values: np.float32(np.array(values) * GRID)
    )


two_samples = st.sampled_from(SIZES).flatmap(lambda sizes: st.tuples(*map(sample, sizes)))


def area_between(x, y):
    """∫ |F - G| of the two samples' distribution functions, exactly."""
    below = lambda points, t: Fraction(int(np.sum(points <= t)), len(points))
    ends = sorted({*x.tolist(), *y.tolist()})
    gap = lambda t: abs(below(x, t) - below(y, t))
    area = sum(gap(a) * (Fraction(b) - Fraction(a)) for a, b in itertools.pairwise(ends))
    return mp.mpf(Fraction(area).numerator) / Fraction(area).denominator


@given(both=two_samples)
def test_of_samples_it_is_the_area_between_the_distribution_functions(both):
    x, y = both
    assert ulps(of_samples(x, y), area_between(x, y)) <= len(x) + len(y) + 2


@given(both=two_samples)
def test_of_samples_it_is_symmetric_and_knows_no_order(both):
    x, y = both
    assert of_samples(x, y) == of_samples(y, x) == of_samples(x[::-1], y[::-1])


@given(x=sample(3), shift=st.integers(-(2**12), 2**12))
def test_of_a_sample_and_itself_moved_it_is_the_way_moved(x, shift):
    shift = np.float32(shift * GRID)
    assert ulps(of_samples(x, x + shift), exact(abs(shift))) <= 2 + len(x)


@given(x=sample(2), y=sample(3), z=sample(2))
def test_of_samples_no_way_round_is_shorter(x, y, z):
    slack = 1 + 20 * float(jnp.finfo(jnp.float32).eps)  # of three values with up to seven ulps
    assert of_samples(x, y) <= (of_samples(x, z) + of_samples(z, y)) * slack


@given(x=sample(3))
def test_of_samples_repeating_every_point_changes_little(x):
    y = np.float32([0.25, -1.0, 2.0])
    once, twice = of_samples(x, y), of_samples(np.repeat(x, 2), y)
    assert abs(once - twice) <= 20 * jnp.finfo(jnp.float32).eps * once


def test_the_slope_of_a_point_is_its_share_above_less_that_below():
    x, y = jnp.array([5.0, 1.0]), jnp.array([2.0, 3.0, 6.0])
    slopes = jax.jit(jax.grad(empirical_wasserstein_1))(x, y)
    # The half of the levels that 5 has: a sixth against 3, a third against 6.
    assert np.allclose(slopes, [1 / 6 - 1 / 3, -1 / 2], rtol=4 * jnp.finfo(jnp.float32).eps, atol=0)


def test_the_slope_of_points_that_meet_is_zero():
    slopes = jax.jit(jax.grad(empirical_wasserstein_1, argnums=(0, 1)))
    assert not np.any(slopes(jnp.array([5.0, 1.0]), jnp.array([1.0, 5.0])))
    # All of 1 meets, a half of 4 is above 2.
    x, y = jnp.array([1.0, 4.0]), jnp.array([1.0, 1.0, 2.0, 4.0])
    in_x, in_y = slopes(x, y)
    assert (in_x.tolist(), in_y.tolist()) == ([0, 0.25], [0, 0, -0.25, 0])


def test_many_points_in_half_precision_lose_nothing_to_their_number():
    x, y = np.float16(np.arange(4096) / 4096), np.float16(np.arange(3000) / 4096)
    wanted = mp.mpf(np.float64(empirical_wasserstein_1(np.float32(x), np.float32(y))).item())
    assert ulps(empirical_wasserstein_1(x, y), wanted) <= 1


def test_samples_may_be_batches_and_batches_empty():
    x = np.float32([[0, 1], [2, 3]])
    assert of_samples(x, np.float32([[1.0]])).tolist() == [0.5, 1.5]
    assert of_samples(np.zeros((0, 2), np.float32), np.zeros((1, 3), np.float32)).shape == (0,)


def test_what_ends_in_bfloat16_compiles_in_seconds():
    """In a process that can be ended: with JAX 0.12 values and slopes each took over a minute."""
    script = """
import jax, jax.numpy as jnp
from verify.functions import gaussian_wasserstein_1
x = jnp.linspace(1, 3, 64)
narrow = lambda f: jax.jit(lambda *a: jax.vmap(f)(*a).astype(jnp.bfloat16))
for f in gaussian_wasserstein_1, jax.grad(gaussian_wasserstein_1):
    narrow(f)(x, x + 1, x, x)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=LONG)


def test_samples_of_a_size_are_traced_once():
    chex.clear_trace_counter()
    compiled = jax.jit(chex.assert_max_traces(n=1)(empirical_wasserstein_1))
    for shift in (1.0, 2.0):
        assert compiled(jnp.zeros(3), jnp.full(2, shift)) == shift


def test_samples_that_are_none_are_refused_by_name():
    wanted = r"empirical_wasserstein_1 needs y with one entry or more along its last axis, got "
    for bad in (1.0, np.zeros(0), np.zeros((2, 0))):
        with pytest.raises(ValueError, match=wanted + r"shape \("):
            empirical_wasserstein_1(np.ones(2), bad)
    with pytest.raises(ValueError, match=r"needs shapes that broadcast before the last axis, got"):
        empirical_wasserstein_1(np.ones((2, 3)), np.ones((3, 3)))
