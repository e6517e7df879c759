"""Ulps: how far a float is from an exact value, as JAX's page on accuracy measures it.

For a format of p bits with normal exponents from e_min to e_max,
ulp(r) = 2^(min(max(floor(log2 |r|), e_min), e_max) - (p - 1)), and the error of c is
(c - r)/ulp(r), a real number. Three things are measured as they are on devices:

- Results under 2^e_min count as flushed to zero: between two of them there is no error, and
  the numbers that flushing cannot give are taken out of a longer distance.
- An r at or over the threshold from which rounding overflows is an infinity, and in the top
  binade an infinity stands for 2^(e_max + 1).
- NaN is infinitely wrong, and so is infinity for anything smaller.

Source: https://docs.jax.dev/en/latest/accuracy.html, methodology and terminology.
"""

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from flint import arb

from verify.arithmetic.errors import WrongKindError


class Format(NamedTuple):
    """A binary format of floats.

    Attributes:
        name: of its dtype.
        dtype: NumPy's, or one of ml_dtypes.
        precision: bits of the significand, the hidden one included.
        least, greatest: exponents of the normal numbers, of [1, 2) being 0.
    """

    name: str
    dtype: np.dtype
    precision: int
    least: int
    greatest: int

    @property
    def bits(self) -> int:
        """Of a float."""
        return 8 * self.dtype.itemsize

    @property
    def integer(self) -> np.dtype:
        """Unsigned integers of the same size."""
        return np.dtype(f"u{self.dtype.itemsize}")

    @property
    def is_double(self) -> bool:
        """Whether it is float64, for which x64 has to be on."""
        return self.name == "float64"

    @property
    def overflow(self) -> int:
        """From here on rounding to nearest gives infinity: half an ulp over the largest."""
        return 2 ** (self.greatest + 1) - 2 ** (self.greatest - self.precision)

    @property
    def largest(self) -> float:
        """The largest finite float."""
        return math.ldexp(2 - 2.0 ** (1 - self.precision), self.greatest)

    @property
    def smallest(self) -> float:
        """The smallest normal float."""
        return math.ldexp(1.0, self.least)

    @property
    def quantum(self) -> float:
        """The ulp of the smallest normal float."""
        return math.ldexp(1.0, self.least - self.precision + 1)


def _format(name: str) -> Format:
    info = jnp.finfo(name)
    return Format(name, np.dtype(info.dtype), int(info.nmant) + 1, int(info.minexp),
                  int(info.maxexp) - 1)  # fmt: skip


FORMATS = {name: _format(name) for name in ("bfloat16", "float16", "float32", "float64")}


def format_of(function: str, dtype: Any) -> Format:
    """The format of a dtype.

    Raises:
        TypeError: it is none of those that ulps are defined for.
    """
    try:
        name = "none" if dtype is None else np.dtype(dtype).name  # NumPy takes None for float64
    except TypeError:
        name = str(dtype)
    if name not in FORMATS:
        raise WrongKindError(f"{function} needs a dtype of {', '.join(FORMATS)}, got {name}.")
    return FORMATS[name]


def ordinals(x: Any) -> np.ndarray:
    """The places of floats among all floats of their dtype; that of either zero is 0."""
    array = np.asarray(x)
    width = array.dtype.itemsize
    bits = array.view(f"u{width}").astype(np.int64)
    magnitude = bits & (2 ** (8 * width - 1) - 1)
    return np.where(bits >> (8 * width - 1) & 1, -magnitude, magnitude)


def floats_at(places: Any, dtype: Any) -> np.ndarray:
    """The floats at some places: the inverse of `ordinals`, with +0 at 0."""
    places = np.asarray(places, np.int64)
    width = np.dtype(dtype).itemsize
    kind = np.dtype(f"u{width}").type
    sign = (places < 0).astype(kind) << kind(8 * width - 1)
    return (np.abs(places).astype(kind) | sign).view(dtype)


def stepped(x: np.ndarray, steps: Any, format: Format) -> np.ndarray:
    """The floats so many places from others, no further than the largest ones."""
    top = int(ordinals(np.asarray(format.largest).astype(format.dtype)))
    return floats_at(np.clip(ordinals(x) + steps, -top, top), format.dtype)


def is_subnormal(x: np.ndarray, format: Format) -> np.ndarray:
    """Where floats are neither zero nor normal, which devices may take for zero."""
    kind = format.integer.type
    magnitude = np.asarray(x).view(kind) & kind(2 ** (format.bits - 1) - 1)
    return (magnitude < kind(2 ** (format.precision - 1))) & (magnitude > 0)


def ulp(exact: arb, format: Format) -> arb:
    """The ulp of an exact value; a ball of several where its binade is not decided."""
    low, high = (arb(_exponent(end, format)) for end in (abs(exact).lower(), abs(exact).upper()))
    return arb(2) ** low.union(high) if low != high else arb(2) ** low


def _exponent(x: arb, format: Format) -> int:
    """floor(log2 x) within the normal exponents, and less the bits after the first."""
    if not x.is_finite():
        binade = format.greatest
    elif x <= 0:
        binade = format.least
    else:
        mantissa, exponent = x.mid().man_exp()
        binade = int(exponent) + int(mantissa).bit_length() - 1
    return min(max(binade, format.least), format.greatest) - (format.precision - 1)


def error(value: float, exact: arb, format: Format) -> arb:
    """The signed error of a float, in ulps of the exact value.

    Args:
        value: a float of the format, finite or not.
        exact: a ball around the exact value, finite, or an exact infinity.

    Returns:
        A ball around the error; infinite for NaN and for a wrong infinity, NaN where the
        exact value is not known.
    """
    if exact.is_nan() or (not exact.is_finite() and not exact.is_exact()):
        return arb.nan()
    if math.isnan(value):
        return arb.pos_inf()
    if not exact.is_finite():
        return arb(0) if arb(value) == exact else arb.pos_inf()
    if math.isinf(value):
        return _of_infinity(math.copysign(1.0, value), exact, format)
    return distance(arb(value), exact, format)


def _of_infinity(sign: float, exact: arb, format: Format) -> arb:
    size, top = exact * arb(sign), arb(2) ** format.greatest
    if size >= format.overflow:
        return arb(0)
    if size < top:
        return arb.pos_inf() * arb(sign)
    if size >= top and size < format.overflow:
        return (2 * top - size) / ulp(exact, format) * arb(sign)
    return arb.nan()


def distance(value: arb, exact: arb, format: Format) -> arb:
    """How far a finite real number, float or not, is from an exact one, in ulps of that."""
    least, exact = arb(2) ** format.least, _capped(exact, format)
    if abs(value) < least and abs(exact) < least:
        return arb(0)
    found = (_contracted(value, format) - _contracted(exact, format)) / ulp(exact, format)
    return found if abs(exact) >= least or abs(value) >= least else found.union(arb(0))


def _capped(exact: arb, format: Format) -> arb:
    """2^(e_max + 1), for an infinity, in place of what rounds to one; if it may, both."""
    if abs(exact) < format.overflow:
        return exact
    infinity = arb(2) ** (format.greatest + 1) * exact.sgn()
    return infinity if abs(exact) >= format.overflow else exact.union(infinity)


def _contracted(x: arb, format: Format) -> arb:
    """A number without what flushing cannot give: the sizes from 0 to 2^e_min, less an ulp."""
    gap = arb(2) ** format.least - arb(2) ** (format.least - format.precision + 1)
    if x > 0:
        return (x - gap).max(arb(0))
    if x < 0:
        return (x + gap).min(arb(0))
    size = abs(x).upper() - gap
    return arb(0) if size <= 0 else arb(0, size)
