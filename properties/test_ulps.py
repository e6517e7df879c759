"""Ulps: JAX's definition to its last corner, in every format, against fractions."""

import math
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest
import ulps_by_fractions as naive
from flint import arb, fmpq
from hypothesis import example, given
from hypothesis import strategies as st

from verify.arithmetic.reading import reading
from verify.arithmetic.ulps import (
    FORMATS,
    error,
    floats_at,
    format_of,
    is_subnormal,
    ordinals,
    ulp,
)

_BITS = 4096  # in which every number here is exact
_DIGITS = Fraction(2) ** -4000  # that a ball around a quotient of them may be wide

formats = st.sampled_from(naive.NAMES)


def ball(r):
    return arb(fmpq(r.numerator, r.denominator))


def ends(x):
    """A ball's ends as fractions."""
    middle, radius = (
        Fraction(int(m)) * Fraction(2) ** int(e) for m, e in (x.mid().man_exp(), x.rad().man_exp())
    )
    return middle - radius, middle + radius


@st.composite
def cases(draw):
    """A format, a float of it, and an exact number, often near."""
    name = draw(formats)
    c = draw(naive.floats(name))
    return name, c, draw(naive.exact_numbers(name, c))


@pytest.mark.parametrize("name", naive.NAMES)
def test_formats_are_those_of_ieee_754_and_bfloat16(name):
    given_as, limits = FORMATS[name], naive.LIMITS[name]
    assert (given_as.precision, given_as.least, given_as.greatest) == limits
    assert given_as.smallest == float(jnp.finfo(name).tiny) == float(limits.smallest)
    assert given_as.largest == float(jnp.finfo(name).max)
    assert given_as.quantum == float(limits.quantum)


@given(cases())
@example(("float32", math.inf, naive.LIMITS["float32"].overflow))
@example(("float32", math.inf, naive.LIMITS["float32"].overflow - 1))
@example(("bfloat16", math.inf, naive.LIMITS["bfloat16"].beyond / 2))
@example(("float16", 65504.0, naive.LIMITS["float16"].overflow))
@example(("float16", -65504.0, naive.LIMITS["float16"].beyond * 8))
@example(("float16", 2.0**-14, Fraction(0)))
@example(("float16", -(2.0**-14), Fraction(2) ** -14))
@example(("float64", 5e-324, Fraction(2) ** -1022))
@example(("float32", math.nan, Fraction(0)))
def test_errors_are_those_of_the_definition(case):
    name, c, r = case
    wanted = naive.error(c, r, name)
    with reading(bits=_BITS):
        got = error(c, ball(r), FORMATS[name])
        if isinstance(wanted, float):
            assert got.is_exact()
            assert float(got) == wanted
            return
        low, high = ends(got)
    assert low <= wanted <= high
    assert high - low <= _DIGITS * max(abs(wanted), 1)


@given(formats.flatmap(lambda name: st.tuples(st.just(name), naive.exact_numbers(name))))
def test_ulps_are_those_of_the_definition(case):
    name, r = case
    with reading(bits=_BITS):
        assert ends(ulp(ball(r), FORMATS[name])) == (naive.ulp(r, naive.LIMITS[name]),) * 2


@given(cases(), st.integers(-40, 12), st.integers(-8, 8))
@example(("float16", 65504.0, naive.LIMITS["float16"].overflow), -4, 0)
@example(("float16", 0.0, naive.LIMITS["float16"].smallest), -1, -1)
@example(("float16", 1.0, Fraction(1)), 0, 0)
def test_the_error_of_a_ball_encloses_those_of_its_points(case, exponent, eighths):
    name, c, r = case
    radius = naive.ulp(r, naive.LIMITS[name]) * Fraction(2) ** exponent
    with reading(bits=_BITS):
        got = error(c, arb(ball(r), ball(radius)), FORMATS[name])
        if got.is_nan():
            return
        wanted = naive.error(c, r + radius * Fraction(eighths, 8), name)
        if isinstance(wanted, float):
            assert float(got) == wanted
            return
        low, high = ends(got)
    assert low <= wanted <= high


@pytest.mark.parametrize("name", naive.NAMES)
@pytest.mark.parametrize("c", [0.0, 1.0, -math.inf, math.nan])
def test_the_error_against_what_is_not_known_is_not_known(name, c):
    assert error(c, arb.nan(), FORMATS[name]).is_nan()
    assert error(c, arb(0, "inf"), FORMATS[name]).is_nan()


@pytest.mark.parametrize("sign", [1, -1])
def test_an_infinity_is_right_only_for_the_same_infinity(sign):
    exact = arb.pos_inf() * sign
    assert error(sign * math.inf, exact, FORMATS["float32"]) == 0
    for c in (-sign * math.inf, sign * 3.4e38, 0.0, math.nan):
        assert error(c, exact, FORMATS["float32"]) == arb.pos_inf()


@pytest.mark.parametrize("name", naive.NAMES)
def test_floats_and_their_places_correspond(name):
    format = FORMATS[name]
    top = int(ordinals(np.asarray(format.largest).astype(format.dtype)))
    places = np.unique(np.linspace(-top, top, 1001).astype(np.int64))
    x = floats_at(places, format.dtype)
    assert x.dtype == format.dtype
    assert np.array_equal(ordinals(x), places)
    assert np.all(np.diff(x.astype(np.float64)) > 0)
    assert ordinals(np.array(-0.0, format.dtype)) == ordinals(np.array(0.0, format.dtype)) == 0
    following = floats_at(np.array([1]), format.dtype).astype(np.float64)
    assert following == format.quantum


@pytest.mark.parametrize("name", naive.NAMES)
def test_subnormal_numbers_lie_between_zero_and_the_smallest_normal_one(name):
    format = FORMATS[name]
    first = int(ordinals(np.asarray(format.smallest).astype(format.dtype)))
    x = floats_at(np.array([0, 1, first - 1, first, -1, 1 - first, -first]), format.dtype)
    assert is_subnormal(x, format).tolist() == [False, True, True, False, True, True, False]


@pytest.mark.parametrize("dtype", [np.int32, "complex64", "float8_e4m3fn", "no dtype", bool, None])
def test_other_dtypes_have_no_ulps(dtype):
    with pytest.raises(TypeError, match="f needs a dtype of bfloat16, float16, float32, float64,"):
        format_of("f", dtype)
