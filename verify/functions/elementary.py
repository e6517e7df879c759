"""Exponentials and logarithms as pairs of floats: to some thousandths of an ulp.

They are made of additions, multiplications, divisions and powers of two only, and so do not
depend on what a device makes of exp and log. What is left out of the series is under 2⁻³ of
what pairs leave out.
"""

import math
from fractions import Fraction
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from verify.functions import pairs
from verify.functions.pairs import (
    Pair,
    Scaled,
    constant,
    negative,
    over,
    plus,
    plus_smaller,
    scaled,
    single,
    times,
)

Floats: TypeAlias = Float[Array, "..."]

# log 2 to 160 bits, and the terms of the two series, by the bits that a format stores.
LOG_2 = Fraction(0xB17217F7D1CF79ABC9E3B39803F2F6AF40F34326, 2**160)
_EXP_TERMS, _LOG_TERMS = {23: 7, 52: 14}, {23: 6, 52: 12}


def exponential(x: Floats) -> Scaled:
    """exp(x), x no larger in size than the format's `bound`."""
    k, r = _reduced(x)
    return Scaled(plus_smaller(constant(1, x), _expm1_near(r)), k)


def decay(size: Floats) -> Scaled:
    """exp(-size), size not negative; beyond the format's `bound`, as there."""
    return exponential(-jnp.minimum(size, bound(size)))


def exponential_parts(x: Floats) -> tuple[Int[Array, "..."], Pair]:
    """k and f with exp(x) = 2ᵏ (1 + f), f to 2⁻³⁶ of itself in float32."""
    k, r = _reduced(x)
    return k, _expm1_nearer(r)


def expm1(x: Floats) -> Scaled:
    """exp(x) - 1, to full relative precision near zero."""
    k, r = _reduced(x)
    near, above = _expm1_near(r), jnp.maximum(k, 0)
    whole = scaled(plus_smaller(constant(1, x), near), k - above)
    far = plus(whole, -pairs.ldexp(jnp.ones_like(x), -above))
    return Scaled(pairs.where(k == 0, near, far), above)


def exp_excess(x: Floats) -> Scaled:
    """exp(x) - 1 - x, to full relative precision near zero."""
    k, r = _reduced(x)
    near, above = _exp_excess_near(r.high), jnp.maximum(k, 0)
    rest = plus(expm1(x).pair, -pairs.ldexp(x, -above))
    return Scaled(pairs.where(k == 0, near, rest), above)


def logarithm(whole: Pair, excess: Pair) -> Pair:
    """log(whole), to full relative precision near one.

    Args:
        whole: positive and finite.
        excess: whole - 1, to its own full relative precision.
    """
    k, m = pairs.frexp(whole.high)
    far = plus_smaller(m - 1, pairs.ldexp(whole.low, -k))
    near = _log1p_near(pairs.where(k == 0, excess, far))
    first, second, third = log_2_parts(m)
    k = k.astype(m.dtype)
    return plus_smaller(Pair(k * first, k * (second + third)), near)


def log1p_excess(x: Floats) -> Pair:
    """x - log(1 + x) for x > -1 and finite, to full relative precision near zero."""
    whole = plus(constant(1, x), x)
    k, _ = pairs.frexp(whole.high)
    far = plus(x, negative(logarithm(whole, single(x))))
    return pairs.where(k == 0, log_excess_near(jnp.where(k == 0, x, 0)), far)


def log_2(x: Floats) -> Pair:
    """log 2 in the format of x."""
    first, second, third = log_2_parts(x)
    return plus_smaller(constant(first, x), constant(second + third, x))


def bound(x: Floats) -> float:
    """A size of x from which exp(-x) is no float but zero, and exp(x) none but infinity."""
    info = jnp.finfo(x.dtype)
    return math.ceil((int(info.nmant) + 2 - int(info.minexp)) * math.log(2))


def is_tiny(x: Floats) -> Float[Array, "..."]:
    """Where x is so small that only the first term of a series in x counts, 2⁻⁵ ulps apart."""
    return jnp.abs(x) < float(jnp.finfo(x.dtype).eps) / 32


def _reduced(x: Floats) -> tuple[Int[Array, "..."], Pair]:
    """k and r with x = k log 2 + r, |r| at most half of log 2 or so."""
    first, second, third = log_2_parts(x)
    k = jax.lax.round(x * (1 / math.log(2)), jax.lax.RoundingMethod.TO_NEAREST_EVEN)
    # The first product is exact, and so is the difference, since the two are near each other.
    r = plus(x - k * first, Pair(-k * second, -k * third))
    return k.astype(f"int{jnp.finfo(x.dtype).bits}"), r


def log_2_parts(x: Floats) -> tuple[float, float, float]:
    """log 2 in three parts; the first two times any exponent of the format are exact."""
    info = jnp.finfo(x.dtype)
    bits = int(info.nmant) - int(info.nexp)
    first = Fraction(math.floor(LOG_2 * 2**bits), 2**bits)
    second = Fraction(math.floor((LOG_2 - first) * 4**bits), 4**bits)
    return float(first), float(second), float(LOG_2 - first - second)


def _expm1_near(r: Pair) -> Pair:
    """exp(r) - 1 = (r + E(r.high)) + r.low (1 + r.high), up to r.low²."""
    excess = _exp_excess_near(r.high)
    return plus_smaller(r.high, Pair(excess.high, excess.low + (r.low + r.low * r.high)))


def _expm1_nearer(r: Pair) -> Pair:
    """exp(r) - 1, three more terms of its series in pairs."""
    x, total = r.high, jnp.zeros_like(r.high)
    for n in reversed(range(3, _EXP_TERMS[int(jnp.finfo(x.dtype).nmant)] + 1)):
        total = total * x + 1 / math.factorial(n + 2)
    total = x * total
    for n in (4, 3, 2):
        total = times(x, plus_smaller(_inverse_factorial(n, x), total))
    excess = times(x, total)
    return plus_smaller(x, Pair(excess.high, excess.low + r.low * (1 + (x + excess.high))))


def _inverse_factorial(n: int, like: Floats) -> Pair:
    """1/n!."""
    high = float(np.asarray(1 / math.factorial(n), like.dtype))
    low = float(Fraction(1, math.factorial(n)) - Fraction(high))
    return Pair(constant(high, like), constant(low, like))


def _exp_excess_near(r: Floats) -> Pair:
    """E(r) = exp(r) - 1 - r = r²/2 + r³/6 + …."""
    total = jnp.zeros_like(r)
    for n in reversed(range(_EXP_TERMS[int(jnp.finfo(r.dtype).nmant)])):
        total = total * r + 1 / math.factorial(n + 3)
    return plus_smaller(times(r, r / 2), r * (r * r) * total)


def _log1p_near(f: Pair) -> Pair:
    """log(1 + f) = (f.high - L(f.high)) + f.low/(1 + f.high), up to f.low²."""
    excess = log_excess_near(f.high)
    return plus_smaller(f.high, Pair(-excess.high, f.low / (1 + f.high) - excess.low))


def log_excess_near(f: Floats) -> Pair:
    """L(f) = f - log(1 + f) = f²/2 - s (f²/2 + R), s = f/(2 + f), R = 2s²/3 + 2s⁴/5 + …."""
    square, s = times(f, f / 2), over(f, plus_smaller(constant(2, f), f))
    u = s.high * s.high
    total = jnp.zeros_like(f)
    for n in reversed(range(_LOG_TERMS[int(jnp.finfo(f.dtype).nmant)])):
        total = total * u + 2 / (2 * n + 3)
    product = times(s, square)
    return plus_smaller(square, Pair(-product.high, -product.low - s.high * u * total))
