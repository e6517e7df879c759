"""Gaussians: density, entropy and divergence against mpmath, and their laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracles import exact, ulps

from verify.functions import (
    gaussian_entropy,
    gaussian_kl,
    gaussian_kl_equal_variance,
    gaussian_kl_to_standard,
    gaussian_kl_to_standard_from_log_variance,
    normal_density,
    normal_log_density,
)

# Faithful: one of the two floats next to the exact value, for values and slopes.
KL_ULPS = SLOPE_ULPS = DENSITY_ULPS = LOG_ULPS = 1

means = st.floats(-1e3, 1e3, width=32)
deviations = st.floats(2.0**-10, 2.0**10, width=32)
near_one = st.floats(-0.5, 0.5, width=32).map(lambda s: float(np.float32(1 + s)))
log_variances = st.one_of(st.floats(-170, 88, width=32), st.floats(-1, 1, width=32))
scales = st.integers(-20, 20).map(lambda k: 2.0**k)

kl, kl_to_standard = jax.jit(gaussian_kl), jax.jit(gaussian_kl_to_standard)
kl_by_log = jax.jit(gaussian_kl_to_standard_from_log_variance)
kl_by_log_slopes = jax.jit(jax.grad(gaussian_kl_to_standard_from_log_variance, argnums=(0, 1)))
kl_slopes = jax.jit(jax.grad(gaussian_kl, argnums=(0, 1)))
last_slope = jax.jit(jax.grad(gaussian_kl, argnums=3))
density, log_density = jax.jit(normal_density), jax.jit(normal_log_density)
entropy = jax.jit(gaussian_entropy)


def as_floats(*values):
    return [np.float32(v) for v in values]


def textbook(mu_1, sigma_1, mu_2, sigma_2):
    """((σ₁² + (μ₁ - μ₂)²)/σ₂² - 1)/2 + log(σ₂/σ₁), in 50 digits."""
    mu_1, sigma_1, mu_2, sigma_2 = map(exact, (mu_1, sigma_1, mu_2, sigma_2))
    quadratic = (sigma_1**2 + (mu_1 - mu_2) ** 2) / sigma_2**2
    return (quadratic - 1) / 2 + mp.log(sigma_2 / sigma_1)


@given(mu=means, sigma=st.one_of(deviations, near_one))
@example(mu=1e-4, sigma=1.0001)  # the textbook form in float32 is off by a third
@example(mu=0.0, sigma=1e-25)  # and infinite here, where sigma² underflows
@example(mu=0.0, sigma=1 - 2.0**-24)
@example(mu=0.0, sigma=0.6875)  # the ends of the series
@example(mu=0.0, sigma=1.5)
def test_the_divergence_from_the_standard_normal_is_the_textbook_formula(mu, sigma):
    mu, sigma = as_floats(mu, sigma)
    assert ulps(kl_to_standard(mu, sigma), textbook(mu, sigma, 0, 1)) <= KL_ULPS


@given(mu=means, t=log_variances)
@example(mu=0.0, t=2.0**-60)  # exp(t) - 1 - t is t²/2 here
@example(mu=0.0, t=89.0)  # exp(t) overflows, half of it does not
@example(mu=0.0, t=-1e30)
def test_the_divergence_by_log_variance_is_the_textbook_formula(mu, t):
    mu, t = as_floats(mu, t)
    with mp.workdps(120):
        wanted = (exact(mu) ** 2 + mp.exp(exact(t)) - 1 - exact(t)) / 2
    assert ulps(kl_by_log(mu, t), wanted) <= KL_ULPS


@given(mu=means, t=log_variances)
def test_the_slopes_of_the_divergence_by_log_variance(mu, t):
    mu, t = as_floats(mu, t)
    in_mean, in_log_variance = kl_by_log_slopes(mu, t)
    assert in_mean == mu
    assert ulps(in_log_variance, mp.expm1(exact(t)) / 2) <= SLOPE_ULPS


def test_a_point_mass_is_infinitely_far_from_the_standard_normal():
    assert kl_by_log(0.0, -jnp.inf) == jnp.inf
    assert kl_by_log_slopes(0.0, -jnp.inf)[1] == -0.5


@given(mu_1=means, sigma_1=deviations, mu_2=means, sigma_2=deviations)
@example(mu_1=0.0, sigma_1=1e-30, mu_2=0.0, sigma_2=1e30)  # the quotient underflows
@example(mu_1=0.0, sigma_1=3e38, mu_2=0.0, sigma_2=1e-3)  # and overflows, as does the result
def test_the_divergence_of_two_gaussians_is_the_textbook_formula(mu_1, sigma_1, mu_2, sigma_2):
    arguments = as_floats(mu_1, sigma_1, mu_2, sigma_2)
    assert ulps(kl(*arguments), textbook(*arguments)) <= KL_ULPS


@given(mu_1=means, sigma_1=deviations, mu_2=means, relative=near_one)
def test_the_divergence_of_gaussians_alike_is_the_textbook_formula(mu_1, sigma_1, mu_2, relative):
    arguments = as_floats(mu_1, sigma_1, mu_2, sigma_1 * relative)
    assert ulps(kl(*arguments), textbook(*arguments)) <= KL_ULPS


@given(angle=st.floats(0.125, 1.375), sigma=deviations)
def test_the_slope_in_the_second_deviation_is_right_next_to_its_zero(angle, sigma):
    """It is zero on sigma_1² + mu_1² = sigma_2²."""
    mu_1, sigma_1 = as_floats(sigma * np.sin(angle), sigma * np.cos(angle))
    got = last_slope(mu_1, sigma_1, np.float32(0), np.float32(sigma))
    mu_1, sigma_1, sigma = map(exact, (mu_1, sigma_1, sigma))
    assert ulps(got, (sigma**2 - sigma_1**2 - mu_1**2) / sigma**3) <= SLOPE_ULPS


@given(mu_1=means, sigma_1=deviations, mu_2=means, sigma_2=deviations)
def test_the_slopes_of_the_divergence_in_the_first_gaussian(mu_1, sigma_1, mu_2, sigma_2):
    arguments = as_floats(mu_1, sigma_1, mu_2, sigma_2)
    in_mean, in_deviation = kl_slopes(*arguments)
    mu_1, sigma_1, mu_2, sigma_2 = map(exact, arguments)
    assert ulps(in_mean, (mu_1 - mu_2) / sigma_2**2) <= SLOPE_ULPS
    assert ulps(in_deviation, sigma_1 / sigma_2**2 - 1 / sigma_1) <= SLOPE_ULPS


@given(z=means, mu=means, sigma=deviations)
@example(z=10.165644, mu=0.0, sigma=1.0)
def test_the_density_is_its_definition(z, mu, sigma):
    z, mu, sigma = as_floats(z, mu, sigma)
    wanted = mp.npdf(exact(z), exact(mu), exact(sigma))
    assert ulps(density(z, mu, sigma), wanted) <= DENSITY_ULPS


@given(z=means, mu=means, sigma=deviations)
def test_the_log_density_is_its_definition(z, mu, sigma):
    z, mu, sigma = as_floats(z, mu, sigma)
    r = (exact(z) - exact(mu)) / exact(sigma)
    terms = [-r * r / 2, -mp.log(exact(sigma)), -mp.log(2 * mp.pi) / 2]
    assert ulps(log_density(z, mu, sigma), sum(terms)) <= LOG_ULPS


@given(sigma=deviations)
def test_the_entropy_is_its_definition(sigma):
    (sigma,) = as_floats(sigma)
    wanted = mp.log(exact(sigma)) + mp.log(2 * mp.pi * mp.e) / 2
    assert ulps(entropy(sigma), wanted) <= LOG_ULPS


@given(mu=means, sigma=deviations)
def test_the_divergence_of_a_gaussian_from_itself_is_zero(mu, sigma):
    mu, sigma = as_floats(mu, sigma)
    assert kl(mu, sigma, mu, sigma) == 0


@given(mu_1=means, sigma_1=deviations, mu_2=means, sigma_2=deviations)
def test_the_divergence_of_two_gaussians_is_not_negative(mu_1, sigma_1, mu_2, sigma_2):
    arguments = as_floats(mu_1, sigma_1, mu_2, sigma_2)
    assert kl(*arguments) >= 0
    assert kl(*arguments) > 0 or textbook(*arguments) < float(np.finfo(np.float32).tiny)


@given(mu_1=means, sigma_1=deviations, mu_2=means, sigma_2=deviations, c=scales)
def test_a_change_of_unit_by_a_power_of_two_changes_no_bit(mu_1, sigma_1, mu_2, sigma_2, c):
    arguments = as_floats(mu_1, sigma_1, mu_2, sigma_2)
    assert kl(*arguments) == kl(*(np.float32(c) * a for a in arguments))


@given(mu_1=means, mu_2=means, sigma=deviations)
def test_reflection_changes_no_bit(mu_1, mu_2, sigma):
    mu_1, mu_2, sigma = as_floats(mu_1, mu_2, sigma)
    assert kl(mu_1, sigma, mu_2, sigma) == kl(-mu_1, sigma, -mu_2, sigma)
    assert density(mu_1, mu_2, sigma) == density(-mu_1, -mu_2, sigma)


@given(mu_1=means, mu_2=means, sigma=deviations)
def test_at_equal_variances_the_general_formula_is_the_special_one(mu_1, mu_2, sigma):
    mu_1, mu_2, sigma = as_floats(mu_1, mu_2, sigma)
    assert gaussian_kl(mu_1, sigma, mu_2, sigma) == gaussian_kl_equal_variance(mu_1, mu_2, sigma)


@given(mu=means, sigma=deviations)
def test_against_the_standard_normal_the_general_formula_is_the_special_one(mu, sigma):
    mu, sigma = as_floats(mu, sigma)
    assert gaussian_kl(mu, sigma, 0, 1) == gaussian_kl_to_standard(mu, sigma)


def test_a_subnormal_mean_is_one_number_in_all_of_a_slope():
    """Compiled with the others, the slope in z took it for zero in its significand only: twofold.

    z is next to 2^-123.5: by itself above, less the mean below.
    """
    z, mu, sigma = map(float.fromhex, ("0x1.6a2c3ap-124", "0x1.f0ffp-131", "0x1.0a9e94p-84"))
    slopes = jax.jit(lambda *a: jnp.stack(jax.grad(normal_density, argnums=(0, 1, 2))(*a)))
    found = slopes(*as_floats(z, mu, sigma))
    r = (exact(z) - exact(mu)) / exact(sigma)
    wanted = r * mp.npdf(r) / exact(sigma) ** 2
    assert ulps(found[0], -wanted) <= SLOPE_ULPS
    assert ulps(found[1], wanted) <= SLOPE_ULPS


def test_an_infinite_place_has_no_density():
    assert normal_density(jnp.inf, 0.0, 1.0) == 0
    assert normal_log_density(-jnp.inf, 0.0, 1.0) == -jnp.inf


def test_the_second_derivatives_are_those_of_the_formula():
    slopes = jax.jit(jax.hessian(lambda a: gaussian_kl(*a)))(jnp.array([1.0, 2.0, 0.0, 4.0]))
    in_means, in_deviations = 1 / 16, 1 / 16 + 1 / 4
    assert slopes[0, 0] == in_means
    assert slopes[1, 1] == in_deviations


@pytest.mark.parametrize("sigma", [1.0, 1.0001, 0.5, 2.0, 100.0])
def test_float64_is_as_accurate(sigma):
    with jax.enable_x64(True):
        got = gaussian_kl(jnp.float64(1e-4), jnp.float64(sigma), 0, 1)
        assert ulps(got, textbook(1e-4, sigma, 0, 1)) <= KL_ULPS
