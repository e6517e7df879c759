"""Numbers of 126 bits after the point: where pairs of floats have too few digits.

A number is ten digits of int32 along the first axis, d₀ + d₁/2¹⁴ + d₂/2²⁸ + …. They are at most
2¹³ + 3 in size, so that ten products of them add up to less than 2³⁰, and so that what follows
a leading digit takes away no more than half of it or so.

Source: Knuth, The Art of Computer Programming 2, 4.1 (balanced digits) and 4.3.1.
"""

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
    return _carried(k[None] * _spread(_LOG_2, k) - x)


def exponential_times(r: Digits, factor: Digits, rest: Digits) -> Digits:
    """exp(r) · factor + rest, |r| at most half of log 2 or so; its error is under 2⁻¹⁰⁸.

    exp(r) is 1 + r (1 + r (1/2 + …)), and the last step of Horner's rule multiplies by the
    factor instead of r. Factor and result are under 2¹² in size.
    """

    def step(total: Digits, row: tuple[Any, Any]) -> tuple[Digits, None]:
        term, is_last = row
        term = jnp.where(is_last, rest, _spread(term, r[0]))
        return _carried(_columns(jnp.where(is_last, factor, r), total) + term), None

    is_last = np.arange(len(_EXP_TERMS)) == len(_EXP_TERMS) - 1
    return jax.lax.scan(step, jnp.zeros_like(r), (_EXP_TERMS, is_last))[0]


def _columns(a: Digits, b: Digits) -> Digits:
    """The digits of a product before any is carried; what is left out is under 2⁻¹¹⁰."""
    sums = [jnp.sum(a[: n + 1] * b[n::-1], axis=0) for n in range(_COUNT)]
    # Without the barrier the compiler makes every sum again for each digit next to it.
    return jax.lax.optimization_barrier(jnp.stack(sums))


def _carried(a: Digits) -> Digits:
    """The same number in digits at most 2¹³ + 3, from ones under 2³⁰, by two rounds of carries.

    Nothing is carried from the first digit, which is under 2¹³ in size.
    """
    for _ in range(2):
        carry = (a + 2 ** (_BITS - 1)) >> _BITS
        a = jax.lax.optimization_barrier(a - (carry << _BITS) + jnp.roll(carry, -1, axis=0))
    return a


def _spread(constant: Int[Any, "10"], like: Integers) -> Digits:
    """A constant for every element of an array."""
    column = jnp.asarray(constant).reshape(_COUNT, *(1 for _ in like.shape))
    return jnp.broadcast_to(column, (_COUNT, *like.shape))


def _constant(value: Fraction) -> list[int]:
    """The digits of a number, rounded to a multiple of 2⁻¹²⁶."""
    digits = []
    for _ in range(_COUNT):
        digits.append(round(value))
        value = (value - digits[-1]) * 2**_BITS
    return digits


_LOG_2 = np.array(_constant(LOG_2), np.int32)
# 1/22!, …, 1/1!, 1/0!, and a row for the last step. What the series leaves out is under 2⁻¹⁰⁹.
_EXP_TERMS = np.array(
    [*(_constant(Fraction(1, math.factorial(n))) for n in reversed(range(23))), _COUNT * [0]],
    np.int32,
)
