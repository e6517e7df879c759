"""The logistic function, the best discriminator and the generator's losses."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracles import exact, ulps

from verify.functions import (
    minimax_loss,
    non_saturating_loss,
    optimal_discriminator,
    optimal_discriminator_from_logs,
    shifted_sigmoid,
    sigmoid,
    softplus,
)

# XLA's exp and tanh are within two ulps or so (JAX's accuracy page), and the formulas round
# at most four times more. A slope is a product of two logistic functions.
VALUE_ULPS, SLOPE_ULPS = 6, 9
# A difference of logits carries half an ulp of itself, which the logistic function turns
# into as many relative roundings as the logit is large.
RATIO_ULPS = 2

# The slope at 88 is 6e-39, under the smallest normal float32.
logits = st.floats(-87, 87, width=32)
densities = st.floats(2.0**-60, 2.0**60, width=32)

functions = {
    sigmoid: lambda x: 1 / (1 + mp.exp(-x)),
    shifted_sigmoid: lambda x: mp.tanh(x / 2) / 2,
    softplus: lambda x: mp.log1p(mp.exp(x)),
    minimax_loss: lambda x: -mp.log1p(mp.exp(x)),
    non_saturating_loss: lambda x: mp.log1p(mp.exp(-x)),
}
slopes = {
    sigmoid: lambda x: 1 / ((1 + mp.exp(-x)) * (1 + mp.exp(x))),
    shifted_sigmoid: lambda x: 1 / ((1 + mp.exp(-x)) * (1 + mp.exp(x))),
    softplus: lambda x: 1 / (1 + mp.exp(-x)),
    minimax_loss: lambda x: -1 / (1 + mp.exp(-x)),
    non_saturating_loss: lambda x: -1 / (1 + mp.exp(x)),
}
value = jax.jit(lambda x: [f(x) for f in functions])
slope = jax.jit(lambda x: [jax.grad(f)(x) for f in functions])
best, from_logs = jax.jit(optimal_discriminator), jax.jit(optimal_discriminator_from_logs)


@given(x=logits)
@example(x=0.0)
@example(x=2.0**-100)
@example(x=-87.0)
def test_values_are_their_definitions(x):
    x = np.float32(x)
    for got, (function, wanted) in zip(value(x), functions.items(), strict=True):
        assert ulps(got, wanted(exact(x))) <= VALUE_ULPS, function


@given(x=logits)
@example(x=17.0)  # where 1 - sigmoid(x) is zero in float32
@example(x=-17.0)
def test_slopes_are_their_definitions_in_both_tails(x):
    x = np.float32(x)
    for got, (function, wanted) in zip(slope(x), slopes.items(), strict=True):
        assert ulps(got, wanted(exact(x))) <= SLOPE_ULPS, function


@given(x=logits)
def test_the_shifted_sigmoid_is_odd(x):
    assert shifted_sigmoid(x) == -shifted_sigmoid(-x)


@given(x=logits)
def test_the_two_losses_exchange_real_and_fake(x):
    assert minimax_loss(x) == -non_saturating_loss(-x)


def test_values_at_infinity():
    x = jnp.array([-jnp.inf, jnp.inf])
    assert sigmoid(x).tolist() == [0, 1]
    assert shifted_sigmoid(x).tolist() == [-0.5, 0.5]
    assert softplus(x).tolist() == [0, jnp.inf]


@given(p=densities, q=densities)
def test_the_best_discriminator_is_its_definition(p, q):
    p, q = np.float32(p), np.float32(q)
    assert ulps(best(p, q), exact(p) / (exact(p) + exact(q))) <= RATIO_ULPS


@given(p=densities, q=densities)
def test_exchanging_the_densities_gives_the_rest_of_one(p, q):
    p, q = np.float32(p), np.float32(q)
    assert ulps(best(q, p), 1 - exact(p) / (exact(p) + exact(q))) <= RATIO_ULPS


def test_the_best_discriminator_at_zero_densities():
    assert best(1.0, 0.0) == 1
    assert best(0.0, 1.0) == 0
    assert jnp.isnan(best(0.0, 0.0))


# A sum and a quotient in the share, the sum again and a quotient in its slope.
SHARE_SLOPE_ULPS = 4
# Two terms of the slope of the slope may cancel; each carries as much, and a quotient.
BEND_ULPS = 8

magnitudes = st.builds(
    lambda m, e: np.float32(m * 2.0**e), st.floats(1, 1.99), st.integers(-126, 127)
)
TINY, LARGEST = (np.float32(getattr(jnp.finfo(jnp.float32), name)) for name in ("tiny", "max"))
best_slopes = jax.jit(jax.grad(optimal_discriminator, argnums=(0, 1)))
best_bends = jax.jit(jax.hessian(optimal_discriminator, argnums=(0, 1)))
extreme = lambda test: functools.reduce(
    lambda test, pair: example(p=np.float32(pair[0]), q=np.float32(pair[1]))(test),
    [*itertools.product((TINY, 1e-30, 1.0, 1e30, LARGEST), repeat=2), (1.0, 1e-8), (1e25, 1e20)],
    test,
)


@extreme
@given(p=magnitudes, q=magnitudes)
def test_the_best_discriminator_from_tiny_to_largest(p, q):
    assert ulps(best(p, q), exact(p) / (exact(p) + exact(q))) <= RATIO_ULPS


@extreme
@given(p=magnitudes, q=magnitudes)
def test_the_slopes_of_the_best_discriminator_from_tiny_to_largest(p, q):
    in_p, in_q = best_slopes(p, q)
    total = exact(p) + exact(q)
    assert ulps(in_p, exact(q) / total**2) <= SHARE_SLOPE_ULPS
    assert ulps(in_q, -exact(p) / total**2) <= SHARE_SLOPE_ULPS


@given(p=magnitudes, q=magnitudes)
@example(p=np.float32(1e25), q=np.float32(1e20))
@example(p=np.float32(1e-12), q=np.float32(1e-20))
def test_the_slopes_of_the_slopes_of_the_best_discriminator(p, q):
    (in_pp, in_pq), (in_qp, in_qq) = best_bends(p, q)
    p, q, total = exact(p), exact(q), exact(p) + exact(q)
    if (p + q) / total**3 > exact(LARGEST) / 4:
        return  # a term of it overflows
    assert ulps(in_pp, -2 * q / total**3) <= BEND_ULPS
    assert ulps(in_qq, 2 * p / total**3) <= BEND_ULPS
    for got in (in_pq, in_qp):
        off = BEND_ULPS * exact(jnp.finfo(jnp.float32).eps) * (p + q) / total**3
        assert abs(exact(got) - (p - q) / total**3) <= off + exact(TINY)


def test_the_slopes_of_the_best_discriminator_at_zero_densities():
    assert best_slopes(4.0, 0.0) == (0, -0.25)
    assert best_slopes(0.0, 4.0) == (0.25, 0)
    assert np.all(np.isnan(best_slopes(0.0, 0.0)))


def test_the_best_discriminator_at_infinite_densities():
    assert best(jnp.inf, 1.0) == 1
    assert best(1.0, jnp.inf) == best(0.0, jnp.inf) == 0
    assert np.isnan(best(jnp.inf, jnp.inf))
    assert not np.any(best_slopes(jnp.inf, 1.0))


def test_the_best_discriminator_passes_no_nan_by():
    for p, q in ((jnp.nan, 1.0), (1.0, jnp.nan), (jnp.nan, jnp.inf)):
        assert np.isnan(best(p, q))
        assert np.all(np.isnan(best_slopes(p, q)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_best_discriminator_of_the_largest_densities_in_every_dtype(dtype):
    with jax.enable_x64(dtype == "float64"):
        largest = jnp.finfo(dtype).max
        share = optimal_discriminator(jnp.full(2, largest, dtype), jnp.array([largest, 0], dtype))
        assert share.dtype == jnp.dtype(dtype)
        assert share.tolist() == [0.5, 1]
        tiny = jnp.finfo(dtype).tiny
        assert jax.grad(optimal_discriminator)(tiny, tiny) == 1 / (4 * float(tiny))


@given(log_p=logits, log_q=logits)
def test_the_best_discriminator_from_logs_is_its_definition(log_p, log_q):
    log_p, log_q = np.float32(log_p), np.float32(log_q)
    logit = exact(log_p) - exact(log_q)
    wanted = 1 / (1 + mp.exp(-logit))
    assert ulps(from_logs(log_p, log_q), wanted) <= VALUE_ULPS + abs(float(logit))


def test_the_best_discriminator_from_logs_where_densities_underflow():
    assert from_logs(-1000.0, -1000.0) == 0.5
    assert from_logs(-1000.0, -jnp.inf) == 1
    assert jnp.isnan(from_logs(-jnp.inf, -jnp.inf))


def test_the_minimax_gradient_vanishes_where_the_other_does_not():
    sure_of_a_fake = -100.0
    assert jax.grad(minimax_loss)(sure_of_a_fake) == 0
    assert jax.grad(non_saturating_loss)(sure_of_a_fake) == -1
