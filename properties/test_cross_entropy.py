"""Binary cross entropy and the optimal logit, against mpmath, and their laws."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracles import exact, ulps

from verify.functions import (
    binary_cross_entropy,
    minimax_loss,
    non_saturating_loss,
    optimal_discriminator,
    optimal_logit,
)

# Faithful: one of the two floats next to the exact value.
ULPS = 1
# Next to its zero the slope σ(x) - y is known to 2⁻³⁵ of its terms, which are at most 1.
SLOPE_ERROR = 2.0**-35

logits = st.floats(-87, 87, width=32)
targets = st.floats(0, 1, width=32, allow_subnormal=False)
densities = st.floats(2.0**-60, 2.0**60, width=32)

loss, logit = jax.jit(binary_cross_entropy), jax.jit(optimal_logit)
slopes = jax.jit(jax.grad(binary_cross_entropy, argnums=(0, 1)))
bends = jax.jit(jax.hessian(lambda v: binary_cross_entropy(v[0], v[1])))
logit_slopes = jax.jit(jax.grad(optimal_logit, argnums=(0, 1)))


@given(x=logits, y=targets)
@example(x=85.0, y=1.0)  # the other term is zero, and this one near the smallest float
@example(x=-87.0, y=2.0**-120)
def test_the_loss_is_its_definition(x, y):
    x, y = np.float32(x), np.float32(y)
    wanted = exact(y) * mp.log1p(mp.exp(-exact(x))) + (1 - exact(y)) * mp.log1p(mp.exp(exact(x)))
    assert ulps(loss(x, y), wanted) <= ULPS


@given(x=logits, y=targets)
@example(x=2.0**-12, y=0.5)
def test_the_slopes_of_the_loss_are_its_definition(x, y):
    x, y = np.float32(x), np.float32(y)
    in_logit, in_target = slopes(x, y)
    wanted = 1 / (1 + mp.exp(-exact(x))) - exact(y)
    rounded = abs(wanted) * float(jnp.finfo(jnp.float32).eps)
    assert abs(exact(in_logit) - wanted) <= rounded + SLOPE_ERROR
    assert in_target == -x


@given(x=logits, label=st.sampled_from([0.0, 1.0]))
def test_of_labels_it_is_the_loss_of_a_generator(x, label):
    other = non_saturating_loss(x) if label else -minimax_loss(x)
    assert loss(x, label) == other


@given(x=logits, y=st.integers(0, 16).map(lambda k: k / 16))
def test_yes_and_no_may_be_exchanged(x, y):
    assert loss(x, y) == loss(-x, 1 - y)


def test_infinite_logits_lose_nothing_or_everything():
    x = jnp.array([jnp.inf, jnp.inf, -jnp.inf, -jnp.inf, jnp.inf])
    y = jnp.array([1.0, 0.0, 0.0, 1.0, 0.5])
    assert loss(x, y).tolist() == [0, jnp.inf, 0, jnp.inf, jnp.inf]


def test_the_second_derivatives_of_the_loss():
    assert bends(jnp.array([0.0, 0.25])).tolist() == [[0.25, -1.0], [-1.0, 0.0]]


@given(p=densities, q=densities)
@example(p=1.0, q=1 - 2.0**-24)
def test_the_optimal_logit_is_its_definition(p, q):
    p, q = np.float32(p), np.float32(q)
    assert ulps(logit(p, q), mp.log(exact(p) / exact(q))) <= ULPS
    in_p, in_q = logit_slopes(p, q)
    assert ulps(in_p, 1 / exact(p)) <= ULPS
    assert ulps(in_q, -1 / exact(q)) <= ULPS


@given(p=densities, q=densities)
def test_the_optimal_logit_is_odd_and_zero_only_at_equal_densities(p, q):
    p, q = np.float32(p), np.float32(q)
    assert logit(p, q) == -logit(q, p)
    assert (logit(p, q) == 0) == (p == q)


def test_the_optimal_logit_at_ends():
    p, q = jnp.array([0.0, 1.0, 0.0, jnp.inf]), jnp.array([1.0, 0.0, 0.0, 1.0])
    assert np.array_equal(logit(p, q), [-np.inf, np.inf, np.nan, np.inf], equal_nan=True)
    assert optimal_discriminator(0.0, 1.0) == 0
