"""The logistic function, the best discriminator and the generator's losses."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracles import exact, ulps

from verify.functions import (
    centred_logistic,
    logistic,
    minimax_loss,
    non_saturating_loss,
    optimal_discriminator,
    optimal_discriminator_from_logs,
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
    logistic: lambda x: 1 / (1 + mp.exp(-x)),
    centred_logistic: lambda x: mp.tanh(x / 2) / 2,
    softplus: lambda x: mp.log1p(mp.exp(x)),
    minimax_loss: lambda x: -mp.log1p(mp.exp(x)),
    non_saturating_loss: lambda x: mp.log1p(mp.exp(-x)),
}
slopes = {
    logistic: lambda x: 1 / ((1 + mp.exp(-x)) * (1 + mp.exp(x))),
    centred_logistic: lambda x: 1 / ((1 + mp.exp(-x)) * (1 + mp.exp(x))),
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
@example(x=17.0)  # where 1 - logistic(x) is zero in float32
@example(x=-17.0)
def test_slopes_are_their_definitions_in_both_tails(x):
    x = np.float32(x)
    for got, (function, wanted) in zip(slope(x), slopes.items(), strict=True):
        assert ulps(got, wanted(exact(x))) <= SLOPE_ULPS, function


@given(x=logits)
def test_the_centred_logistic_function_is_odd(x):
    assert centred_logistic(x) == -centred_logistic(-x)


@given(x=logits)
def test_the_two_losses_exchange_real_and_fake(x):
    assert minimax_loss(x) == -non_saturating_loss(-x)


def test_values_at_infinity():
    x = jnp.array([-jnp.inf, jnp.inf])
    assert logistic(x).tolist() == [0, 1]
    assert centred_logistic(x).tolist() == [-0.5, 0.5]
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
