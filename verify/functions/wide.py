"""Pairs of floats with an exponent of their own, so that no step over- or underflows.

The numbers are `pairs.Scaled`: those that `of` and `difference` give have a high part from
about sqrt(1/2) to sqrt(2), and a few products, quotients and sums of them stay near enough.
"""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from verify.functions import pairs
from verify.functions.pairs import Pair, Scaled

Floats = Float[Array, "..."]

# The exponent of zero: under those of all products of four floats, and their sums.
_OF_ZERO = -10_000


def of(x: Floats) -> Scaled:
    """A finite float; what is not finite becomes NaN."""
    bits = _bits(x)
    # Arithmetic, abs included, may take a subnormal float for zero; its bits are what it is.
    unsigned = bits & jnp.iinfo(bits.dtype).max
    exponent, size = pairs.frexp(jax.lax.bitcast_convert_type(unsigned, x.dtype))
    is_zero = unsigned == 0
    size = jnp.where(is_zero, 0, jnp.where(jnp.isfinite(x), size, jnp.nan))
    high = jnp.where(bits < 0, -size, size)
    return Scaled(pairs.single(high), jnp.where(is_zero, _OF_ZERO, exponent))


def number(value: float, like: Floats) -> Scaled:
    """The same number everywhere."""
    return of(jnp.full_like(like, value))


def constant(value: Fraction, like: Floats) -> Pair:
    """A number as a pair, in the dtype of an array."""
    high = float(np.asarray(float(value), like.dtype))
    low = float(value - Fraction(high))
    return Pair(jnp.full_like(like, high), jnp.full_like(like, low))


def of_pair(a: Pair) -> Scaled:
    """A pair as it is."""
    return Scaled(a, jnp.zeros_like(_bits(a.high)))


def pair(a: Scaled) -> Pair:
    """As a pair, where it is in the range of floats."""
    return pairs.scaled(a.pair, _within(a.exponent, a))


def nearest(a: Scaled) -> Floats:
    """The float nearest to a; under the smallest normal float, zero."""
    return pairs.nearest(Scaled(a.pair, _within(a.exponent, a)))


def difference(x: Floats, y: Floats) -> Scaled:
    """x - y, without an error."""
    return normal(minus(of(x), of(y)))


def normal(a: Scaled) -> Scaled:
    """The same number, its high part from about sqrt(1/2) to sqrt(2)."""
    exponent, _ = pairs.frexp(jnp.abs(a.pair.high))
    is_zero = a.pair.high == 0
    exponent = jnp.where(is_zero, 0, exponent)
    whole = jnp.where(is_zero, _OF_ZERO, a.exponent + exponent)
    return Scaled(pairs.scaled(a.pair, -exponent), whole)


def negative(a: Scaled) -> Scaled:
    """-a."""
    return Scaled(pairs.negative(a.pair), a.exponent)


def plus(a: Scaled, b: Scaled) -> Scaled:
    """a + b."""
    exponent = jnp.maximum(a.exponent, b.exponent)
    first, second = (pairs.scaled(x.pair, _within(x.exponent - exponent, x)) for x in (a, b))
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
    return Scaled(pairs.where(condition, a.pair, b.pair),
                  jnp.where(condition, a.exponent, b.exponent))  # fmt: skip


def _within(exponent: Int[Array, "..."], like: Scaled) -> Int[Array, "..."]:
    """The exponent as far as two powers of two that are normal floats reach."""
    info = jnp.finfo(like.pair.high.dtype)
    return jnp.clip(exponent, 2 * int(info.minexp), 2 * (int(info.maxexp) - 1))


def _bits(x: Floats) -> Int[Array, "..."]:
    return jax.lax.bitcast_convert_type(x, jnp.dtype(f"int{jnp.finfo(x.dtype).bits}"))
