"""Unevaluated sums of two floats: twice the digits, from additions and exact products.

What a compiler may do to floats is allowed for. Products whose errors matter are those of
halves of a significand: they are exact, so that a fused multiply-add changes nothing; of
inexact products only small terms are made. XLA keeps the order of additions, except that it
folds (b + c) - c to b for constants c: `constant` hides them.

Source: Dekker (1971), "A floating-point technique for extending the available precision";
Knuth, The Art of Computer Programming 2, 4.2.2, theorem B (the exact sum).
"""

import functools
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Floats: TypeAlias = Float[Array, "..."]


class Pair(NamedTuple):
    """The number high + low, where low is at most about half an ulp of high."""

    high: Floats
    low: Floats


Number: TypeAlias = Pair | Floats  # a float is a pair without a low part


class Scaled(NamedTuple):
    """The number pair · 2^exponent, which need be no normal float."""

    pair: Number
    exponent: Int[Array, "..."]


def single(x: Floats) -> Pair:
    """A float as a pair."""
    return Pair(x, jnp.zeros_like(x))


def constant(value: float, like: Floats) -> Floats:
    """A float that no compiler knows; NaN where `like` is."""
    return jnp.where(like != like, like, value)


def both(a: Number) -> Pair:
    """A number as a pair."""
    return a if isinstance(a, Pair) else single(a)


def negative(a: Number) -> Pair:
    """-a."""
    high, low = both(a)
    return Pair(-high, -low)


def plus(a: Number, b: Number) -> Pair:
    """a + b."""
    (first, first_low), (second, second_low) = _parts(a), _parts(b)
    total = first + second
    of_second = total - first
    lost = (first - (total - of_second)) + (second - of_second)
    return _with(total, lost, [*first_low, *second_low])


def plus_smaller(a: Number, b: Number) -> Pair:
    """a + b where b is no larger in size than a, or a is zero."""
    (first, first_low), (second, second_low) = _parts(a), _parts(b)
    total = first + second
    return _with(total, second - (total - first), [*first_low, *second_low])


def times(a: Number, b: Number) -> Pair:
    """A product: a · b."""
    (first, first_low), (second, second_low) = _parts(a), _parts(b)
    (a_1, a_2), (b_1, b_2) = halves(first), halves(second)
    lows = [(a_1 * b_2 + a_2 * b_1) + a_2 * b_2]
    lows += [first * low for low in second_low] + [low * second for low in first_low]
    return _normal(a_1 * b_1, functools.reduce(jnp.add, lows))


def over(a: Number, b: Number) -> Pair:
    """A quotient: a / b, by the remainder of the first quotient."""
    (first, first_low), (second, second_low) = _parts(a), _parts(b)
    quotient = first / second
    (q_1, q_2), (b_1, b_2) = halves(quotient), halves(second)
    left = (((first - q_1 * b_1) - q_1 * b_2) - q_2 * b_1) - q_2 * b_2
    lows = [left, *first_low, *(-quotient * low for low in second_low)]
    return _normal(quotient, functools.reduce(jnp.add, lows) / second)


def nearest(a: Number | Scaled) -> Floats:
    """The float nearest to a."""
    if isinstance(a, Scaled):
        return ldexp(nearest(a.pair), a.exponent)
    return a.high + a.low if isinstance(a, Pair) else a


def scaled(a: Number, exponent: Int[Array, "..."]) -> Pair:
    """A shift of the binary point: a · 2^exponent."""
    high, low = both(a)
    return Pair(ldexp(high, exponent), ldexp(low, exponent))


def where(condition: Bool[Array, "..."], a: Number, b: Number) -> Pair:
    """a where the condition holds, b elsewhere."""
    (a_1, a_2), (b_1, b_2) = both(a), both(b)
    return Pair(jnp.where(condition, a_1, b_1), jnp.where(condition, a_2, b_2))


def ldexp(x: Floats, exponent: Int[Array, "..."]) -> Floats:
    """x · 2^exponent in two steps, each of a normal power: for exponents to twice the format's."""
    half = exponent >> 1
    return x * power_of_two(half, x) * power_of_two(exponent - half, x)


def frexp(x: Floats) -> tuple[Int[Array, "..."], Floats]:
    """k and m from about sqrt(1/2) to sqrt(2) with x = m · 2^k, for positive finite x.

    Subnormal floats count, even where the device takes them for zero. The k of zero is under
    that of the least of them.
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


def halves(x: Floats) -> tuple[Floats, Floats]:
    """x as a sum of floats of half its bits, whose products are exact."""
    cut = int(jnp.finfo(x.dtype).nmant) // 2 + 1
    first = jax.lax.bitcast_convert_type(_bits(x) & -(1 << cut), x.dtype)
    return first, x - first


def _parts(a: Number) -> tuple[Floats, list[Floats]]:
    """The high part, and the low part if there is one."""
    return (a.high, [a.low]) if isinstance(a, Pair) else (a, [])


def _with(total: Floats, lost: Floats, lows: list[Floats]) -> Pair:
    """A rounded sum, what it has lost to rounding, and low parts."""
    if not lows:
        return Pair(total, lost)
    return _normal(total, functools.reduce(jnp.add, [lost, *lows]))


def _normal(high: Floats, low: Floats) -> Pair:
    """The same sum with the low part under half an ulp; |low| is at most |high|."""
    total = high + low
    return Pair(total, low - (total - high))


def power_of_two(exponent: Int[Array, "..."], like: Floats) -> Floats:
    """2^exponent, for exponents of normal floats."""
    info = jnp.finfo(like.dtype)
    biased = exponent + (1 - int(info.minexp))
    return jax.lax.bitcast_convert_type(biased << int(info.nmant), like.dtype)


def _bits(x: Floats) -> Int[Array, "..."]:
    return jax.lax.bitcast_convert_type(x, jnp.dtype(f"int{jnp.finfo(x.dtype).bits}"))
