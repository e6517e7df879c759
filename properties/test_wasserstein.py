"""The Wasserstein distance of two Gaussians, against quadrature of its definition, and its laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracles import exact, ulps

from verify.functions import gaussian_wasserstein_1

# Two terms of one sign, each a product of at most four factors; erf within four ulps and
# exp within two (JAX's accuracy page), and the quotient's rounding, which neither enlarges.
ULPS = 8
# Of erf alone, and of exp(-r²/2), where r carries two half ulps: r² roundings.
MEAN_SLOPE_ULPS, WIDTH_SLOPE_ULPS = 6, 5
# The triangle inequality up to the errors of three values.
SLACK = 3 * ULPS * float(jnp.finfo(jnp.float32).eps)

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
    assert ulps(in_width, wanted) <= WIDTH_SLOPE_ULPS * (1 + float(r * r))


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
