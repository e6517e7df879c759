"""The penalty on a critic's slope where its squares overflow or vanish, and its slope there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp
from oracles import exact, ulps

from verify.functions import gradient_penalty

LARGEST, TINY = float(jnp.finfo(jnp.float32).max), float(jnp.finfo(jnp.float32).tiny)
# The norm carries an ulp or two of a scale, two squares, a sum, a root and a product; the
# excess and the unit vector as much again, and one product.
SLOPE_ULPS = 12
EPS = float(jnp.finfo(jnp.float32).eps)

powers = st.integers(-126, 127)
numbers = st.builds(
    lambda m, e, s: np.float32(s * m * 2.0**e), st.floats(1, 1.99), powers, st.sampled_from([1, -1])
)
penalty = jax.jit(gradient_penalty)
slope = jax.jit(jax.grad(gradient_penalty))
bend = jax.jit(jax.hessian(gradient_penalty))


def row(a, b):
    return np.array([[a, b]], np.float32)


def norm(x):
    return mp.sqrt(mp.fsum(exact(v) ** 2 for v in x[0]))


@given(a=numbers, b=numbers)
@example(a=np.float32(1e38), b=np.float32(0))
@example(a=np.float32(3e38), b=np.float32(3e38))
@example(a=np.float32(LARGEST), b=np.float32(-LARGEST))
@example(a=np.float32(TINY), b=np.float32(TINY))
def test_the_slope_of_the_penalty_from_tiny_to_largest(a, b):
    x = row(a, b)
    length = norm(x)
    for got, v in zip(slope(x)[0], x[0], strict=True):
        unit = exact(v) / length
        wanted = 2 * (length - 1) * unit
        if length < LARGEST / 2 * (1 - SLOPE_ULPS * EPS):
            # An entry of the unit vector under the smallest normal is flushed to zero.
            off = (SLOPE_ULPS * EPS * abs(unit) + 2 * TINY) * (length + 1)
            assert abs(exact(got) - wanted) <= off
        elif abs(unit) > TINY:  # 2‖x‖ overflows, and what is not zero with it
            assert np.sign(got) == np.sign(v)
            assert abs(exact(got)) >= min(abs(wanted), LARGEST) * (1 - SLOPE_ULPS * EPS)


@given(a=numbers, b=numbers)
@example(a=np.float32(1e38), b=np.float32(0))
@example(a=np.float32(1e19), b=np.float32(0))
def test_the_penalty_from_tiny_to_largest(a, b):
    got, length = penalty(row(a, b)), norm(row(a, b))
    wanted = (length - 1) ** 2
    if abs(wanted / mp.mpf(LARGEST) - 1) > 2 * SLOPE_ULPS * EPS:
        assert np.isinf(got) == (wanted > LARGEST)
    if np.isfinite(got):
        off = SLOPE_ULPS * EPS * (length + 1)
        assert abs(exact(got) - wanted) <= 2 * off * abs(length - 1) + off**2


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_largest_slopes_cost_infinitely_much_in_every_dtype(dtype):
    with jax.enable_x64(dtype == "float64"):
        largest = float(jnp.finfo(dtype).max)
        for size in (largest, largest / 2, largest / 8):
            x = jnp.array([[size, 0.0]], dtype)
            assert penalty(x) == gradient_penalty(x) == np.inf
            assert slope(x)[0, 0] > largest / 8
        assert slope(x)[0, 1] == 0


@pytest.mark.parametrize("size", [1e-25, 1.0, 1e25])
def test_the_slope_of_the_slope_has_no_overflow(size):
    # ∂ᵢ∂ⱼ (‖x‖ - 1)² = 2uᵢuⱼ + 2(1 - 1/‖x‖)(1ᵢⱼ - uᵢuⱼ), u = x/‖x‖.
    u, length = np.array([0.6, 0.8]), 5 * size
    across = 1 - 1 / length
    wanted = 2 * np.outer(u, u) + 2 * across * (np.eye(2) - np.outer(u, u))
    scale = 1 + abs(across)
    got = np.float64(bend(row(3 * size, 4 * size))[0, :, 0])
    assert np.allclose(got, wanted, rtol=0, atol=2 * SLOPE_ULPS * EPS * scale)


def test_an_exponent_of_any_size_gives_an_exact_norm_of_one_feature():
    for power in range(-126, 128):
        x = np.array([[2.0**power]], np.float32)
        assert ulps(slope(x)[0, 0], 2 * (mp.mpf(2) ** power - 1)) <= 1, power
