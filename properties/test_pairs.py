"""Pairs of floats against exact fractions, also where a compiler rewrites what it can."""

import functools
import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp, mpf
from oracles import exact

from verify.arithmetic.jaxprs import define_elementwise
from verify.functions import elementary, pairs
from verify.functions.pairs import Pair

# Sums round their low parts only, which are 2^-23 of the terms, a few times at 2^-24.
LOST_IN_SUMS = 2.0**-44
# Products and quotients round three products of halves, each at most 2^-11 of the result.
LOST_IN_PRODUCTS = 2.0**-33

numbers = st.floats(2.0**-20, 2.0**20, width=32).flatmap(lambda x: st.sampled_from((x, -x)))
lows = st.floats(-0.5, 0.5, width=32)

operations = {
    name: jax.jit(getattr(pairs, name)) for name in ("plus", "plus_smaller", "times", "over")
}


def pair(x, low):
    """A pair whose low part is under half an ulp of x."""
    return Pair(np.float32(x), np.float32(np.spacing(np.float32(abs(x))) * low))


def value(a):
    return Fraction(float(a.high)) + Fraction(float(a.low))


def is_normal(a):
    return a.low == 0 or abs(float(a.low)) <= float(np.spacing(np.float32(abs(a.high))))


@given(x=numbers, y=numbers, u=lows, v=lows)
@example(x=1.0, y=-1.0, u=0.25, v=-0.125)
def test_sums(x, y, u, v):
    a, b = sorted((pair(x, u), pair(y, v)), key=lambda p: -abs(float(p.high)))
    for name in ("plus", "plus_smaller"):
        total = operations[name](a, b)
        size = abs(value(a)) + abs(value(b))
        assert abs(value(total) - value(a) - value(b)) <= LOST_IN_SUMS * size
        assert is_normal(total)


@given(x=numbers, y=numbers)
def test_the_sum_of_two_floats_is_exact(x, y):
    x, y = np.float32(x), np.float32(y)
    assert value(operations["plus"](x, y)) == Fraction(float(x)) + Fraction(float(y))


@given(x=numbers, y=numbers, u=lows, v=lows)
def test_products_and_quotients(x, y, u, v):
    a, b = pair(x, u), pair(y, v)
    for name, right in (("times", value(a) * value(b)), ("over", value(a) / value(b))):
        found = operations[name](a, b)
        assert abs(value(found) - right) <= LOST_IN_PRODUCTS * abs(right), name
        assert is_normal(found)


@given(x=st.floats(-0.5, 0.5, width=32))
@example(x=0.30000001192092896)
def test_a_sum_with_a_constant_keeps_its_low_part_when_compiled(x):
    """XLA makes (x + 1) - 1 x where it knows the constant; then nothing seems lost."""
    add_one = jax.jit(lambda x: pairs.plus_smaller(pairs.constant(1, x), x))
    assert value(add_one(np.float32(x))) == 1 + Fraction(float(np.float32(x)))


@given(bits=st.integers(1, 0x7F7FFFFF))
@example(bits=1)
@example(bits=0x007FFFFF)  # the largest subnormal
@example(bits=0x3F3504F3)
def test_every_positive_float_is_a_significand_and_a_power_of_two(bits):
    x = np.uint32(bits).view(np.float32)
    k, m = jax.jit(pairs.frexp)(x)
    assert math.sqrt(0.5) * (1 - 1e-7) < m < math.sqrt(2) * (1 + 1e-7)
    assert Fraction(float(m)) * Fraction(2) ** int(k) == Fraction(float(x))


@given(m=st.floats(0.75, 1.25, width=32), k=st.integers(-126, 127))
def test_a_shift_of_the_point_is_exact(m, k):
    wanted = math.ldexp(float(np.float32(m)), k)
    if wanted >= 2.0**-126:
        assert jax.jit(pairs.ldexp)(np.float32(m), np.int32(k)) == wanted


@functools.cache
def of_pairs(dtype):
    """exp(x) as a fraction of its exact value less one, and so on, at every x of a grid."""
    with jax.enable_x64(dtype == "float64"):
        x = jnp.asarray(np.linspace(-30, 30, 997), dtype)
        scaled = jax.jit(elementary.exponential)(x), jax.jit(elementary.expm1)(x)
        y = jnp.abs(x) + 2.0**-10
        logarithm = jax.jit(lambda y: elementary.logarithm(pairs.single(y), pairs.single(y - 1)))(y)
        return np.asarray(x), scaled, np.asarray(y), logarithm


@pytest.mark.parametrize(("dtype", "lost"), [("float32", 2.0**-27), ("float64", 2.0**-56)])
def test_exponentials_and_logarithms_have_bits_to_spare(dtype, lost):
    """Of half an ulp, which is 2^-25 to 2^-24 or 2^-54 to 2^-53, it is a quarter at most."""
    x, scaled, y, logarithm = of_pairs(dtype)
    for found, oracle in zip(scaled, (mp.exp, mp.expm1), strict=True):
        for i, z in enumerate(x):
            got = sum(mpf(float(part[i])) for part in found.pair) * mpf(2) ** int(found.exponent[i])
            assert abs(got - oracle(exact(z))) <= lost * abs(oracle(exact(z)))
    for i, z in enumerate(y):
        got, wanted = sum(mpf(float(part[i])) for part in logarithm), mp.log(exact(z))
        assert abs(got - wanted) <= lost * abs(wanted)


def test_log_2_is_its_parts():
    for like, bits in ((np.float32(0), 80), (np.float64(0), 130)):
        parts = elementary.log_2_parts(like)
        assert abs(mp.fsum(map(mpf, parts)) - mp.log(2)) < mpf(2) ** -bits


def test_a_name_of_a_primitive_is_taken_once():
    define = lambda: define_elementwise(
        "test.nothing", evaluate=lambda x: x, meaning=lambda x: x, jvp=lambda p, t: (p[0], t[0])
    )
    define()
    with pytest.raises(ValueError, match=r"needs a name that is not taken, got test\.nothing"):
        define()
