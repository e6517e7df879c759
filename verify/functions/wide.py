"""Pairs of floats with an exponent of their own, so that no step over- or underflows.

The numbers are `pairs.Scaled`: those that `of` and `difference` give have a high part from
about sqrt(1/2) to sqrt(2), and a few products, quotients and sums of them stay near enough.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from verify.functions import pairs
from verify.functions.pairs import Number, Pair, Scaled

Floats: TypeAlias = Float[Array, "..."]

# The exponent of zero: under those of all products of four floats, and their sums.
_OF_ZERO = -10_000


def of(x: Floats) -> Scaled:
    """A finite float; what is not finite becomes NaN."""
    bits = _bits(x)
    # Arithmetic, abs included, may take a subnormal float for zero; its bits are what it is.
    unsigned = bits & jnp.iinfo(bits.dtype).max
    exponent, size = pairs.frexp(jax.lax.bitcast_convert_type(unsigned, x.dtype))
    # Not `unsigned == 0`: LLVM makes x == 0 of it at some of its uses, which a subnormal passes.
    is_zero = exponent < int(jnp.finfo(x.dtype).minexp) - int(jnp.finfo(x.dtype).nmant)
    size = jnp.where(is_zero, 0, jnp.where(jnp.isfinite(x), size, jnp.nan))
    high = jnp.where(bits < 0, -size, size)
    return Scaled(high, jnp.where(is_zero, _OF_ZERO, exponent))


def number(value: float, like: Floats) -> Scaled:
    """The same number everywhere."""
    mantissa, exponent = math.frexp(value)
    return Scaled(pairs.constant(mantissa, like),
                  jnp.full_like(_bits(like), exponent if value else _OF_ZERO))  # fmt: skip


def constant(value: Fraction, like: Floats) -> Pair:
    """A number as a pair, in the dtype of an array."""
    high = float(np.asarray(float(value), like.dtype))
    low = float(value - Fraction(high))
    return Pair(jnp.full_like(like, high), jnp.full_like(like, low))


def of_pair(a: Number) -> Scaled:
    """A pair as it is, for a high part of moderate size."""
    return Scaled(a, jnp.zeros_like(_bits(high(a))))


def high(a: Number | Scaled) -> Floats:
    """The high part."""
    if isinstance(a, Scaled):
        return high(a.pair)
    return a.high if isinstance(a, Pair) else a


def pair(a: Scaled) -> Pair:
    """As a pair, where it is in the range of floats."""
    first, second = _powers(a)
    return _whole(_map(lambda part: part * first * second, a.pair))


def nearest(a: Scaled) -> Floats:
    """The float nearest to a; under the smallest normal float, zero."""
    first, second = _powers(a)
    return (a.pair.high + a.pair.low if isinstance(a.pair, Pair) else a.pair) * first * second


def difference(x: Floats, y: Floats) -> Scaled:
    """x - y, without an error."""
    return normal(minus(of(x), of(y)))


def normal(a: Scaled) -> Scaled:
    """The same number, its high part from about sqrt(1/2) to sqrt(2).

    What comes is over the least normal float, and under half its inverse.
    """
    exponent, _ = pairs.frexp(jnp.abs(high(a)))
    is_zero = high(a) == 0
    exponent = jnp.where(is_zero, 0, exponent)
    whole = jnp.where(is_zero, _OF_ZERO, a.exponent + exponent)
    return Scaled(_shifted(a.pair, -exponent), whole)


def negative(a: Scaled) -> Scaled:
    """-a."""
    return Scaled(_map(jnp.negative, a.pair), a.exponent)


def size(a: Scaled) -> Scaled:
    """|a|."""
    sign = jnp.where(high(a) < 0, -1, 1).astype(high(a).dtype)
    return Scaled(_map(lambda part: part * sign, a.pair), a.exponent)


def plus(a: Scaled, b: Scaled) -> Scaled:
    """a + b."""
    exponent = jnp.maximum(a.exponent, b.exponent)
    first, second = (_shifted(x.pair, x.exponent - exponent) for x in (a, b))
    return Scaled(pairs.plus(first, second), exponent)


def minus(a: Scaled, b: Scaled) -> Scaled:
    """a - b."""
    return plus(a, negative(b))


def times(a: Scaled, b: Scaled) -> Scaled:
    """A product: a · b."""
    return Scaled(pairs.times(a.pair, b.pair), a.exponent + b.exponent)


def over(a: Scaled, b: Scaled) -> Scaled:
    """A quotient: a / b."""
    return Scaled(pairs.over(a.pair, b.pair), a.exponent - b.exponent)


def square(a: Scaled) -> Scaled:
    """a²."""
    return times(a, a)


def half(a: Scaled) -> Scaled:
    """a / 2."""
    return Scaled(a.pair, a.exponent - 1)


def are_finite(*arguments: Floats) -> Bool[Array, "..."]:
    """Where every argument is finite."""
    return jnp.all(jnp.stack([jnp.isfinite(x) for x in arguments]), axis=0)


def are_positive(*arguments: Floats) -> Bool[Array, "..."]:
    """Where every argument is positive and finite, subnormal floats included."""
    return are_finite(*arguments) & jnp.all(jnp.stack([_bits(x) > 0 for x in arguments]), axis=0)


def where(condition: Bool[Array, "..."], a: Scaled, b: Scaled) -> Scaled:
    """a where the condition holds, b elsewhere."""
    exponent = jnp.where(condition, a.exponent, b.exponent)
    if isinstance(a.pair, Pair) or isinstance(b.pair, Pair):
        return Scaled(pairs.where(condition, _whole(a.pair), _whole(b.pair)), exponent)
    return Scaled(jnp.where(condition, a.pair, b.pair), exponent)


def _whole(a: Number) -> Pair:
    return a if isinstance(a, Pair) else pairs.single(a)


def _map(function: Callable[[Floats], Floats], a: Number) -> Number:
    """A function of each part."""
    return Pair(function(a.high), function(a.low)) if isinstance(a, Pair) else function(a)


def _shifted(a: Number, exponent: Int[Array, "..."]) -> Number:
    """a · 2^exponent; where that is far under one, as far as a normal float goes."""
    least = int(jnp.finfo(high(a).dtype).minexp)
    power = pairs.power_of_two(jnp.maximum(exponent, least), high(a))
    return _map(lambda part: part * power, a)


def _powers(a: Scaled) -> tuple[Floats, Floats]:
    """Two powers of two whose product is that of a, as far as normal floats reach."""
    info = jnp.finfo(high(a).dtype)
    exponent = jnp.clip(a.exponent, 2 * int(info.minexp), 2 * (int(info.maxexp) - 1))
    half = exponent >> 1
    return pairs.power_of_two(half, high(a)), pairs.power_of_two(exponent - half, high(a))


def _bits(x: Floats) -> Int[Array, "..."]:
    return jax.lax.bitcast_convert_type(x, jnp.dtype(f"int{jnp.finfo(x.dtype).bits}"))
