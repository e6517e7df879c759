"""Bounds of errors on the device: they hold what ulps say of every point of an interval."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import ulps_by_fractions as naive
from hypothesis import example, given
from hypothesis import strategies as st

from verify.arithmetic.intervals.values import Interval
from verify.arithmetic.ulps import FORMATS
from verify.checks.accuracy.bounds import Bounds, bounds, pack, unpacked, unpacked_on_device

_MOST = 3e38  # ulps, beyond which sizes are given as that
_WIDER = Fraction(2) ** -1021  # than float64 numbers are known on a device that flushes

_run = jax.jit(bounds, static_argnames=("format", "is_finite"))


def found(c, low, high, name, is_finite=False):
    """The bounds at one point, as floats."""
    with jax.enable_x64(True):
        column = [np.array([x], np.float64) for x in (c, low, high)]
        got = _run(column[0], Interval(*column[1:]), FORMATS[name], is_finite)
    return float(got.signed[0]), float(got.radius[0])


def is_enclosed(error, signed, radius):
    if math.isinf(radius):
        return True
    if isinstance(error, float) or math.isinf(signed):
        return abs(error) == abs(signed) == math.inf
    error = min(max(error, Fraction(-_MOST)), Fraction(_MOST))
    return Fraction(signed) - Fraction(radius) <= error <= Fraction(signed) + Fraction(radius)


def rounded(r, *, down):
    """A fraction as a float64 on one side of it."""
    try:
        x = float(r)
    except OverflowError:
        x = math.inf if r > 0 else -math.inf
    if math.isinf(x) or (Fraction(x) > r if down else Fraction(x) < r):
        x = math.nextafter(x, -math.inf if down else math.inf)
    return x


@st.composite
def cases(draw):
    """A format, a float of it, an interval, and a point inside."""
    name = draw(st.sampled_from(naive.NAMES))
    limits = naive.LIMITS[name]
    c = draw(naive.floats(name))
    ends = [draw(naive.exact_numbers(name, c)) for _ in range(2)]
    if draw(st.booleans()):
        step = naive.ulp(ends[0], limits) * Fraction(2) ** draw(st.integers(-30, 4))
        ends[1] = ends[0] + step * draw(st.integers(0, 4))
    low, high = min(ends), max(ends)
    if name == "float64":
        low, high = low - _WIDER, high + _WIDER
    low, high = rounded(low, down=True), rounded(high, down=False)
    share = Fraction(draw(st.integers(0, 16)), 16)
    if math.isinf(low) or math.isinf(high):
        return name, c, low, high, None
    return name, c, low, high, Fraction(low) + share * (Fraction(high) - Fraction(low))


@given(cases())
@example(("float32", 1.0, 1.0, 1.0, Fraction(1)))
@example(("float32", math.inf, 2.0**127, 2.0**128, Fraction(2) ** 127))
def test_every_point_of_an_interval_is_as_near_as_they_say(case):
    name, c, low, high, r = case
    signed, radius = found(c, low, high, name)
    if r is None:
        assert math.isinf(radius) or math.isnan(c)
        return
    if low < high and r in (Fraction(low), Fraction(high)) and is_power(r):
        return  # an end that is a power of two belongs to the binade of the inner points
    assert is_enclosed(naive.error(c, r, name), signed, radius)


def is_power(r):
    return abs(r).numerator & (abs(r).numerator - 1) == 0 and r != 0


def test_more_ulps_than_float64_counts_are_not_known():
    c, edge = -1e146, 2.0**-1021  # of which 1e454 ulps are between them
    assert found(c, -edge, edge, "float64") == (0.0, math.inf)


@pytest.mark.parametrize(
    ("c", "low", "high", "signed"),
    [
        (math.nan, 0.0, 1.0, math.inf),
        (math.nan, -math.inf, 1e300, math.inf),
        (math.inf, -1.0, 2.0**126, math.inf),
        (-math.inf, 1.0, 2.0, -math.inf),
        (math.inf, 1e39, 1e40, 0.0),
        (-math.inf, -1e40, -1e39, 0.0),
        (math.inf, 2.0**127, 2.0**127, 2.0**23),
        (math.inf, math.inf, math.inf, 0.0),
        (-math.inf, math.inf, math.inf, math.inf),
        (3e38, math.inf, math.inf, math.inf),
        (3.4028234663852886e38, 1e39, 1e40, -1.0),
    ],
)
def test_infinities_and_nans_are_right_or_wrong_for_certain(c, low, high, signed):
    got, radius = found(c, low, high, "float32")
    assert got == signed
    assert radius <= 2.0**-20 * 2.0**23


@pytest.mark.parametrize("name", naive.NAMES)
@pytest.mark.parametrize("c", [0.0, 1.0, math.inf])
def test_intervals_without_a_number_leave_no_error(name, c):
    assert math.isnan(found(c, math.nan, math.nan, name)[1])


@pytest.mark.parametrize("name", naive.NAMES)
@pytest.mark.parametrize("c", [0.0, -1.0, math.inf, math.nan])
def test_against_what_is_unknown_nothing_is_known(name, c):
    assert found(c, -math.inf, math.inf, name) == (0.0, math.inf)


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32"])
def test_narrow_intervals_have_narrow_bounds(name):
    """Half an ulp off in every binade, and the interval is a millionth of an ulp wide."""
    format = FORMATS[name]
    for exponent in range(format.least, format.greatest + 1):
        ulp = math.ldexp(1.0, exponent - format.precision + 1)
        middle = math.ldexp(1.0, exponent) + 1.5 * ulp
        width = ulp * 1e-6
        signed, radius = found(middle + ulp / 2, middle - width, middle + width, name)
        assert abs(signed - 0.5) <= radius <= 4e-6


@given(st.lists(st.tuples(st.floats(width=32), st.floats(width=32)), min_size=1, max_size=9))
def test_packing_keeps_every_bit(pairs):
    signed, radius = np.array(pairs, np.float32).T
    with jax.enable_x64(True):
        packed = pack(Bounds(jnp.asarray(signed), jnp.asarray(radius)))
        again = unpacked_on_device(packed)
    for got in (unpacked(np.asarray(packed)), again):
        assert np.asarray(got.signed).tobytes() == signed.tobytes()
        assert np.asarray(got.radius).tobytes() == radius.tobytes()


@given(cases())
def test_finite_floats_need_not_be_looked_at_for_infinities(case):
    name, c, low, high, _ = case
    if math.isfinite(c):
        assert str(found(c, low, high, name, True)) == str(found(c, low, high, name))
