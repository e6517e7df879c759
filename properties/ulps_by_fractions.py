"""Errors in ulps by JAX's definition, in fractions: an oracle that shares no code with ours.

A distance is a length on the real line, less that of its part which flushing cannot give.
"""

import math
from fractions import Fraction
from typing import NamedTuple

import jax.numpy as jnp
from hypothesis import strategies as st

NAMES = ("bfloat16", "float16", "float32", "float64")


class Limits(NamedTuple):
    """What the definition needs of a format."""

    precision: int
    least: int
    greatest: int

    @property
    def smallest(self) -> Fraction:
        """The smallest normal number."""
        return Fraction(2) ** self.least

    @property
    def quantum(self) -> Fraction:
        """The ulp of the smallest normal number."""
        return Fraction(2) ** (self.least - self.precision + 1)

    @property
    def beyond(self) -> Fraction:
        """2^(e_max + 1), for which an infinity stands."""
        return Fraction(2) ** (self.greatest + 1)

    @property
    def overflow(self) -> Fraction:
        """From here on rounding to nearest gives infinity: half an ulp over the largest."""
        return self.beyond - Fraction(2) ** (self.greatest - self.precision)


# Bits of the significand with the hidden one, and the exponents of normal numbers (IEEE 754).
LIMITS = {
    "bfloat16": Limits(8, -126, 127),
    "float16": Limits(11, -14, 15),
    "float32": Limits(24, -126, 127),
    "float64": Limits(53, -1022, 1023),
}


def ulp(r: Fraction, limits: Limits) -> Fraction:
    """2^(min(max(floor(log2 |r|), e_min), e_max) - (p - 1))."""
    size = abs(r) or limits.smallest
    binade = size.numerator.bit_length() - size.denominator.bit_length()  # or one less
    binade -= size < Fraction(2) ** binade
    binade = min(max(binade, limits.least), limits.greatest)
    return Fraction(2) ** (binade - limits.precision + 1)


def length(a: Fraction, b: Fraction, limits: Limits) -> Fraction:
    """How far apart two numbers are, without what lies among the subnormal numbers."""
    low, high = min(a, b), max(a, b)
    edge = limits.smallest - limits.quantum
    inside = max(min(high, edge) - max(low, -edge), Fraction(0))
    return high - low - inside


def error(c: float, r: Fraction, name: str) -> Fraction | float:
    """The signed error of a float of a format against an exact number."""
    limits = LIMITS[name]
    if math.isnan(c):
        return math.inf
    is_over = abs(r) >= limits.overflow
    side = 1 if r > 0 else -1
    if math.isinf(c):
        sign = 1 if c > 0 else -1
        if is_over and sign == side:
            return Fraction(0)
        if abs(r) < Fraction(2) ** limits.greatest or sign != side:
            return sign * math.inf
        return (sign * limits.beyond - r) / ulp(r, limits)
    c = Fraction(c)
    if abs(c) < limits.smallest and abs(r) < limits.smallest:
        return Fraction(0)
    place = side * limits.beyond if is_over else r
    size = length(c, place, limits) / ulp(r, limits)
    return size if c >= place else -size


def floats(name: str) -> st.SearchStrategy[float]:
    """Floats of a format: of every size, near the ends of its range, infinities and NaN."""
    limits = LIMITS[name]
    bits = 8 * jnp.dtype(name).itemsize
    top = 2 ** (bits - 1) - 2 ** (limits.precision - 1) - 1  # the number of the largest
    tiny = 2 ** (limits.precision - 1)
    magnitude = st.one_of(
        st.integers(0, top), st.integers(0, 2 * tiny), st.integers(tiny - 2, tiny + 2),
        st.integers(top - 4, top), st.integers(top - tiny - 4, top - tiny + 4),
    )  # fmt: skip
    finite = st.builds(lambda m, s: s * _value(m, limits), magnitude, st.sampled_from([-1, 1]))
    return st.one_of(finite, st.sampled_from([math.inf, -math.inf, math.nan, 0.0, -0.0]))


def _value(number: int, limits: Limits) -> float:
    """The magnitude of a number among those of a format, as a float64."""
    fraction = 2 ** (limits.precision - 1)
    exponent, significand = divmod(number, fraction)
    if exponent:
        significand, exponent = significand + fraction, exponent - 1
    return math.ldexp(significand, exponent + limits.least - limits.precision + 1)


@st.composite
def exact_numbers(draw, name: str, near: float = 0.0) -> Fraction:
    """Fractions whose denominators are powers of two: near a float, or near where cases part."""
    limits = LIMITS[name]
    edges = [Fraction(0), limits.smallest, limits.smallest - limits.quantum, limits.overflow,
             limits.beyond, limits.beyond / 2, Fraction(1)]  # fmt: skip
    if math.isfinite(near):
        edges += [Fraction(near)] * len(edges)
    sign = draw(st.sampled_from([-1, 1]))
    centre = sign * draw(st.sampled_from(edges))
    step = ulp(centre, limits) * Fraction(2) ** draw(st.integers(-12, 12))
    return centre + step * Fraction(draw(st.integers(-16, 16)), 4)
