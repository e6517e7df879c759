"""Binary cross entropy and the optimal logit, against mpmath, and their laws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
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

logits = st.floats(-87, 87, width=32)
targets = st.floats(0, 1, width=32, allow_subnormal=False)
densities = st.floats(2.0**-60, 2.0**60, width=32)

loss, logit = jax.jit(binary_cross_entropy), jax.jit(optimal_logit)
slopes = jax.jit(jax.grad(binary_cross_entropy, argnums=(0, 1)))
many_slopes = jax.jit(jax.grad(lambda x, y: jnp.sum(binary_cross_entropy(x, y))))
bends = jax.jit(jax.hessian(lambda v: binary_cross_entropy(v[0], v[1])))
logit_slopes = jax.jit(jax.grad(optimal_logit, argnums=(0, 1)))


@given(x=logits, y=targets)
@example(x=85.0, y=1.0)  # the other term is zero, and this one near the smallest float
@example(x=-87.0, y=2.0**-120)
def test_the_loss_is_its_definition(x, y):
    x, y = np.float32(x), np.float32(y)
    wanted = exact(y) * mp.log1p(mp.exp(-exact(x))) + (1 - exact(y)) * mp.log1p(mp.exp(exact(x)))
    assert ulps(loss(x, y), wanted) <= ULPS


def slope(x, y):
    """σ(x) - y as a real number."""
    return 1 / (1 + mp.exp(-exact(x))) - exact(y)


@given(x=logits, y=targets)
@example(x=2.0**-12, y=0.5)
@example(x=2.0**-100, y=0.5)
@example(x=2.0**-22, y=0.5 + 2.0**-24)  # the difference is that of x/4 and σ(x) - 1/2, x³/48
@example(x=-(2.0**-23), y=0.5 - 2.0**-25)
@example(x=-69.0, y=1.08e-30)
@example(x=16.5, y=1 - 2.0**-24)
@example(x=-87.0, y=1.6458115e-38)
@example(x=0.0, y=0.5 - 2.0**-25)
def test_the_slopes_of_the_loss_are_its_definition(x, y):
    x, y = np.float32(x), np.float32(y)
    in_logit, in_target = slopes(x, y)
    assert ulps(in_logit, slope(x, y)) <= ULPS
    assert in_target == -x


@given(x=logits, steps=st.integers(-2, 2))
def test_the_slope_is_its_definition_next_to_its_zero(x, steps):
    x = np.float32(x)
    y = np.float32(slope(x, 0))
    for _ in range(abs(steps)):
        y = np.nextafter(y, np.float32(np.sign(steps) * 2))
    y = np.clip(y, np.float32(0), np.float32(1))
    assert ulps(slopes(x, y)[0], slope(x, y)) <= ULPS


# The least |σ(x)/y - 1| of all x from 2⁻¹² to 87 in size; that of the first is 2⁻⁵⁴.
HARDEST = [
    ("0x1.22601ep-4", "0x1.091208p-1"),
    ("-0x1.22601ep-4", "0x1.eddbfp-2"),
    ("-0x1.437902p-5", "0x1.f5e48ep-2"),
    ("0x1.b1c146p+2", "0x1.ff6adap-1"),
    ("-0x1.6d7b18p+5", "0x1.108a5ap-66"),
    ("0x1.238fccp+2", "0x1.faad1p-1"),
    ("-0x1.250c08p-9", "0x1.ff6d7ap-2"),
    ("0x1.ae2bfep+2", "0x1.ff6246p-1"),
    ("0x1.c74878p-8", "0x1.00e3a4p-1"),
    ("-0x1.730eb2p+3", "0x1.34ef02p-17"),
    ("0x1.800012p-9", "0x1.006p-1"),
]


@pytest.mark.parametrize(("x", "y"), HARDEST)
def test_the_slope_is_its_definition_where_most_digits_cancel(x, y):
    x, y = np.float32(float.fromhex(x)), np.float32(float.fromhex(y))
    assert abs(slope(x, y)) < 2.0**-45 * exact(y)
    assert ulps(slopes(x, y)[0], slope(x, y)) <= ULPS


@given(x=st.floats(2.0**-120, 2.0**-13, width=32), sign=st.sampled_from([-1, 1]))
def test_the_slope_at_one_half_is_a_quarter_of_a_small_logit(x, sign):
    assert slopes(sign * x, 0.5)[0] == np.float32(sign * x / 4)


def test_the_slope_at_ends():
    x = jnp.array([jnp.inf, -jnp.inf, jnp.inf, -jnp.inf, 0.0])
    y = jnp.array([1.0, 0.0, 0.25, 0.25, 0.5])
    assert many_slopes(x, y).tolist() == [0, 0, 0.75, -0.25, 0]
    assert jnp.isnan(many_slopes(jnp.array([jnp.nan, 1.0]), jnp.array([0.5, jnp.nan]))).all()


def test_the_slope_is_the_same_on_every_path():
    x = jnp.linspace(-6, 6, 5000).reshape(50, 100)
    y = jax.nn.sigmoid(x)  # digits cancel everywhere
    wanted = many_slopes(x, y)
    assert jnp.array_equal(wanted, jax.vmap(jax.vmap(jax.grad(binary_cross_entropy)))(x, y))
    for i in range(0, 50, 10):
        assert jax.grad(binary_cross_entropy)(x[i, i], y[i, i]) == wanted[i, i]
    assert many_slopes(x[:0], y[:0]).shape == (0, 100)


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
