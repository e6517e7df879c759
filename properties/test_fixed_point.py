"""Numbers in fixed point against mpmath, and dear functions of few elements."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf
from oracles import exact

from verify.functions import fixed_point
from verify.functions.rare import replaced

FRACTION_BITS = 126

floats = st.floats(-(2.0**11), 2.0**11, width=32, allow_subnormal=False)
of, pair = jax.jit(fixed_point.of), jax.jit(fixed_point.pair)


@jax.jit
def exponential_times(k, x, factor, rest):
    """exp(k log 2 - x) · factor + rest."""
    x, factor, rest = (fixed_point.of(v) for v in (x, factor, rest))
    return fixed_point.exponential_times(fixed_point.reduced(k, x), factor, rest)


def number(digits):
    """What digits stand for."""
    return sum(mpf(int(d)) / 2 ** (14 * i) for i, d in enumerate(np.asarray(digits)))


@given(x=floats)
def test_a_float_is_its_digits(x):
    x = np.float32(x)
    assert abs(number(of(x)) - exact(x)) <= mpf(2) ** -(FRACTION_BITS + 1)


@given(x=st.floats(2.0**-80, 2.0**11, width=32), y=st.floats(2.0**-80, 2.0**11, width=32))
def test_a_pair_keeps_the_relative_precision_of_what_cancels(x, y):
    x, y = np.float32(x), np.float32(y)
    difference = fixed_point.reduced(jnp.int32(0), of(y) - of(x))
    wanted, got = number(difference), pair(difference)
    assert abs(exact(got.high) + exact(got.low) - wanted) <= abs(wanted) / 2**40


@given(x=st.floats(0, 104, width=32), factor=st.floats(-1, 1, width=32))
def test_the_exponential_is_its_definition(x, factor):
    x, factor = np.float32(x), np.float32(factor)
    k, rest = int(np.round(x / np.log(2))), np.float32(-factor)
    r = k * mp.log(2) - exact(x)
    wanted = mp.expm1(r) * exact(factor)
    # The constants are multiples of 2⁻¹²⁶, and log 2 is taken up to 150 times.
    assert abs(number(exponential_times(k, x, factor, rest)) - wanted) <= mpf(2) ** -108


@pytest.mark.parametrize("shape", [(), (0,), (7,), (2047,), (2048,), (3, 1000), (5000,)])
@pytest.mark.parametrize("share", [0.0, 0.01, 1.0])
def test_only_rare_elements_are_replaced(shape, share):
    draw = np.random.default_rng(0)
    x, y = (jnp.asarray(draw.random(shape), jnp.float32) for _ in range(2))
    is_rare = lambda x, y: y < share
    got = jax.jit(lambda x, y: replaced(jnp.any(y >= 0), is_rare, lambda x, y: x + 2 * y, x, y))(
        x, y
    )
    assert jnp.array_equal(got, jnp.where(is_rare(x, y), x + 2 * y, x))
