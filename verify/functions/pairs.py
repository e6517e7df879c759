"""Unevaluated sums of two floats: twice the digits, from additions and exact products.

What a compiler may do to floats is allowed for. Products whose errors matter are those of
halves of a significand: they are exact, so that a fused multiply-add changes nothing; of
inexact products only small terms are made. XLA keeps the order of additions, except that it
folds (b + c) - c to b for constants c: `constant` hides them.

Source: Dekker (1971), "A floating-point technique for extending the available precision";
Knuth, The Art of Computer Programming 2, 4.2.2, theorem B (the exact sum).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Floats = Float[Array, "..."]


class Pair(NamedTuple):
    """The number high + low, where low is at most about half an ulp of high."""

    high: Floats
    low: Floats


class Scaled(NamedTuple):
    """The number pair · 2^exponent, which need be no normal float."""

    pair: Pair
    exponent: Int[Array, "..."]


def single(x: Floats) -> Pair:
    """A float as a pair."""
    return Pair(x, jnp.zeros_like(x))


def constant(value: float, like: Floats) -> Pair:
    """A float that no compiler knows, as a pair; NaN where `like` is."""
    return single(jnp.where(jnp.isnan(like), like, value))


def negative(a: Pair) -> Pair:
    """-a."""
    return Pair(-a.high, -a.low)


def plus(a: Pair, b: Pair) -> Pair:
    """a + b."""
    total = a.high + b.high
    of_b = total - a.high
    lost = (a.high - (total - of_b)) + (b.high - of_b)
    return _normal(total, lost + (a.low + b.low))


def times(a: Pair, b: Pair) -> Pair:
    """A product: a · b."""
    (a_1, a_2), (b_1, b_2) = halves(a.high), halves(b.high)
    cross = (a_1 * b_2 + a_2 * b_1) + a_2 * b_2
    return _normal(a_1 * b_1, cross + (a.high * b.low + a.low * b.high))


def over(a: Pair, b: Pair) -> Pair:
    """A quotient: a / b, by the remainder of the first quotient."""
    quotient = a.high / b.high
    (q_1, q_2), (b_1, b_2) = halves(quotient), halves(b.high)
    left = (((a.high - q_1 * b_1) - q_1 * b_2) - q_2 * b_1) - q_2 * b_2
    return _normal(quotient, (left + (a.low - quotient * b.low)) / b.high)


def nearest(a: Pair | Scaled) -> Floats:
    """The float nearest to a."""
    if isinstance(a, Scaled):
        return ldexp(nearest(a.pair), a.exponent)
    return a.high + a.low


def scaled(a: Pair, exponent: Int[Array, "..."]) -> Pair:
    """A shift of the binary point: a · 2^exponent."""
    return Pair(ldexp(a.high, exponent), ldexp(a.low, exponent))


def where(condition: Bool[Array, "..."], a: Pair, b: Pair) -> Pair:
    """a where the condition holds, b elsewhere."""
    return Pair(jnp.where(condition, a.high, b.high), jnp.where(condition, a.low, b.low))


def ldexp(x: Floats, exponent: Int[Array, "..."]) -> Floats:
    """x · 2^exponent in two steps, each of a normal power: for exponents to twice the format's."""
    half = exponent // 2
    return x * _power_of_two(half, x) * _power_of_two(exponent - half, x)


def frexp(x: Floats) -> tuple[Int[Array, "..."], Floats]:
    """k and m from about sqrt(1/2) to sqrt(2) with x = m · 2^k, for positive finite x.

    Subnormal floats count, even where the device takes them for zero.
    """
    stored = int(jnp.finfo(x.dtype).nmant)
    bits = _bits(x)
    is_normal = bits >= 1 << stored
    # The place of a subnormal float is a whole number of the least of them.
    counted = _bits(bits.astype(x.dtype))
    least = int(jnp.finfo(x.dtype).minexp) - stored
    bits = jnp.where(is_normal, bits, counted)
    k = (bits - _SQRT_HALF[stored]) >> stored
    m = jax.lax.bitcast_convert_type(bits - (k << stored), x.dtype)
    return jnp.where(is_normal, k, k + least), m


def is_positive(x: Floats) -> Bool[Array, "..."]:
    """x > 0, also where the device takes subnormal floats for zero; NaN may count too."""
    return _bits(x) > 0


# The bits of sqrt(1/2), by the bits that a format stores.
_SQRT_HALF = {23: 0x3F3504F3, 52: 0x3FE6A09E667F3BCD}


def _normal(high: Floats, low: Floats) -> Pair:
    """The same sum with the low part under half an ulp; |low| is at most |high|."""
    total = high + low
    return Pair(total, low - (total - high))


def halves(x: Floats) -> tuple[Floats, Floats]:
    """x as a sum of floats of half its bits, whose products are exact."""
    info = jnp.finfo(x.dtype)
    first = jax.lax.reduce_precision(x, int(info.nexp), (int(info.nmant) - 1) // 2)
    return first, x - first


def _power_of_two(exponent: Int[Array, "..."], like: Floats) -> Floats:
    """2^exponent, for exponents of normal floats."""
    info = jnp.finfo(like.dtype)
    biased = exponent + (1 - int(info.minexp))
    return jax.lax.bitcast_convert_type(biased << int(info.nmant), like.dtype)


def _bits(x: Floats) -> Int[Array, "..."]:
    return jax.lax.bitcast_convert_type(x, jnp.dtype(f"int{jnp.finfo(x.dtype).bits}"))
