"""Numbers of 126 bits after the point: where pairs of floats have too few digits.

A number is ten digits of int32 along the first axis, d₀ + d₁/2¹⁴ + d₂/2²⁸ + …. They are at most
2¹³ + 3 in size, so that ten products of them add up to less than 2³⁰, and so that what follows
a leading digit takes away no more than half of it or so.

Source: Knuth, The Art of Computer Programming 2, 4.1 (balanced digits) and 4.3.1.
"""

import functools
import math
from fractions import Fraction
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from verify.functions import pairs
from verify.functions.elementary import LOG_2

Floats: TypeAlias = Float[Array, "..."]
Integers: TypeAlias = Int[Array, "..."]
Digits: TypeAlias = Int[Array, "10 ..."]

_BITS, _COUNT = 14, 10


def whole(x: Floats) -> Integers:
    """The whole number nearest to a float under 2³¹ in size."""
    return jax.lax.round(x, jax.lax.RoundingMethod.TO_NEAREST_EVEN).astype(jnp.int32)


def of(x: Floats) -> Digits:
    """A float under 2³¹ in size, rounded to a multiple of 2⁻¹²⁶; the first digit may be large."""

    def step(rest: Floats, _: None) -> tuple[Floats, Integers]:
        digit = whole(rest)
        return (rest - digit.astype(x.dtype)) * 2.0**_BITS, digit

    return jax.lax.scan(step, x, length=_COUNT)[1]


def pair(a: Digits) -> pairs.Pair:
    """The pair of float32 next to a number, to full relative precision."""

    def step(total: pairs.Pair, digit: Integers) -> tuple[pairs.Pair, None]:
        rest = pairs.Pair(total.high * 2.0**-_BITS, total.low * 2.0**-_BITS)
        return pairs.plus_smaller(digit.astype(jnp.float32), rest), None

    zero = pairs.single(jnp.zeros(a.shape[1:], jnp.float32))
    return jax.lax.scan(step, zero, a, reverse=True)[0]


def reduced(k: Integers, x: Digits) -> Digits:
    """k log 2 - x, for k from 0 to 200 and a result under 1 in size."""
    return jnp.stack(_carried([k * d - e for d, e in zip(_LOG_2, x, strict=True)]))


def exponential_times(r: Digits, factor: Digits, rest: Digits) -> Digits:
    """exp(r) · factor + rest, |r| at most half of log 2 or so; its error is under 2⁻¹⁰⁸.

    exp(r) is 1 + r (1 + r (1/2 + …)). Factor and result are under 2¹² in size.
    """

    def step(total: list[Integers], term: Any) -> tuple[list[Integers], None]:
        return _times_plus(total, list(r), term), None

    zero = _COUNT * [jnp.zeros_like(r[0])]
    exponential, _ = jax.lax.scan(step, zero, _EXP_TERMS)
    return jnp.stack(_times_plus(exponential, list(factor), rest))


def _times_plus(a: list[Integers], b: list[Integers], c: Integers) -> list[Integers]:
    """a · b + c; what is left out of the product is under 2⁻¹¹⁰."""
    products = [[a[n - i] * b[i] for i in range(n + 1)] for n in range(_COUNT)]
    return _carried([functools.reduce(jnp.add, p, c[n]) for n, p in enumerate(products)])


def _carried(a: list[Integers]) -> list[Integers]:
    """The same number in digits at most 2¹³ + 3, from ones under 2³⁰, by two rounds of carries.

    Nothing is carried from the first digit, which is under 2¹³ in size.
    """
    for _ in range(2):
        carry = [jnp.zeros_like(a[0]), *((x + 2 ** (_BITS - 1)) >> _BITS for x in a[1:])]
        above = [*carry[1:], carry[0]]
        a = [x - (c << _BITS) + up for x, c, up in zip(a, carry, above, strict=True)]
    return a


def _constant(value: Fraction) -> list[int]:
    """The digits of a number, rounded to a multiple of 2⁻¹²⁶."""
    digits = []
    for _ in range(_COUNT):
        digits.append(round(value))
        value = (value - digits[-1]) * 2**_BITS
    return digits


_LOG_2 = _constant(LOG_2)
# 1/22!, …, 1/1!, 1/0!. What the series leaves out is under 2⁻¹⁰⁹.
_EXP_TERMS = np.array(
    [_constant(Fraction(1, math.factorial(n))) for n in reversed(range(23))], np.int32
)
