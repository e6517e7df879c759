"""E|m + s Z|, Z ~ N(0, 1), of differences m = μ₁ - μ₂ and s = σ₁ - σ₂, and its slopes.

With r = |m/s| and the bell b = sqrt(2/π) exp(-r²/2) it is |s| b (1 + r² S), where
S = 1 + r²/3 + r⁴/15 + … = Σ r²ⁿ/(2n + 1)!!, whose terms are not negative, and
|m| + |s| (b - r erfc(r/sqrt(2))), where the second term is small for large r: it is b c/(r + c)
and erfc(r/sqrt(2)) = b/(r + c), with c = 1/(r + 2/(r + 3/(r + …))), Laplace's continued fraction.
"""

import math
from fractions import Fraction
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax.scipy.special import erf
from jaxtyping import Array, Float

from verify.functions import pairs, wide
from verify.functions.elementary import bound, exponential
from verify.functions.kernel import kernel
from verify.functions.pairs import Number, Pair, Scaled

Floats: TypeAlias = Float[Array, "..."]

_ROOT_2_OVER_PI = Fraction(0xCC42299EA1B284687E59E2805D5C717FA7053E60, 2**160)
_SWITCH = 2.0  # r, over which the fraction converges fast enough

# Terms of S at r = 2, by the bits that a format stores: the next is under half an ulp of 2⁻³.
_TERMS = {23: 17, 52: 27}
# Of the fraction: at r = 2 what is left out is under 2⁻⁵ ulps of m + s (b - r erfc).
_DEPTH = {23: 14, 52: 60}
_IN_PAIRS = 4  # the first terms; at r = 2 the others are a tenth of S


def _size_in_the_reals(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    m, s = mu_1 - mu_2, sigma_1 - sigma_2
    r = _ratio(m, s)
    spread = jnp.abs(s) * float(_ROOT_2_OVER_PI) * jnp.exp(-(r * (r / 2)))
    return jnp.where(s == 0, jnp.abs(m), m * erf(r / math.sqrt(2)) + spread)


def _mean_in_the_reals(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    m, s = mu_1 - mu_2, sigma_1 - sigma_2
    return jnp.where(s == 0, jnp.sign(m), erf(_ratio(m, s) / math.sqrt(2)))


def _width_in_the_reals(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    m, s = mu_1 - mu_2, sigma_1 - sigma_2
    r = _ratio(m, s)
    return jnp.sign(s) * float(_ROOT_2_OVER_PI) * jnp.exp(-(r * (r / 2)))


def _ratio(m: Floats, s: Floats) -> Floats:
    """m/|s|, and 0 where s is zero, so that nothing there is undefined."""
    return jnp.where(s == 0, 0, m / jnp.abs(jnp.where(s == 0, 1, s)))


@kernel(
    _size_in_the_reals,
    lambda *a: slope_in_mean(*a),
    lambda *a: slope_in_width(*a),
    lambda *a: -slope_in_mean(*a),
    lambda *a: -slope_in_width(*a),
)
def mean_size(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    """E|m + s Z|."""
    m, s = wide.size(wide.difference(mu_1, mu_2)), wide.size(wide.difference(sigma_1, sigma_2))
    r, is_zero = _quotient(m, s)
    bell, size = _bell(r), wide.nearest(r)
    is_near = size <= _SWITCH
    squared = _near_square(r)
    one = pairs.constant(1, size)
    whole = pairs.plus(pairs.times(squared, _series(squared)), one)
    near = wide.times(wide.times(s, bell), wide.of_pair(whole))
    c = _fraction(size)
    rest = wide.nearest(bell) * (c / (size + c))
    far = wide.plus(m, wide.times(s, wide.of(jnp.where(is_near, 0, rest))))
    result = wide.where(is_zero, m, wide.where(is_near, near, far))
    ends = jnp.abs(mu_1 - mu_2) + jnp.abs(sigma_1 - sigma_2)
    is_finite = wide.are_finite(mu_1, sigma_1, mu_2, sigma_2)
    return _apart(jnp.where(is_finite, wide.nearest(result), ends))


@kernel(
    _mean_in_the_reals,
    lambda *a: _bend(*a),
    lambda *a: -_moved(*a) * _bend(*a),
    lambda *a: -_bend(*a),
    lambda *a: _moved(*a) * _bend(*a),
)
def slope_in_mean(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    """erf(m/(|s| sqrt(2)))."""
    m, s = wide.difference(mu_1, mu_2), wide.size(wide.difference(sigma_1, sigma_2))
    r, is_zero = _quotient(wide.size(m), s)
    size = wide.nearest(r)
    series = wide.of_pair(_series(_near_square(r)))
    bell = _bell(r)
    near = wide.nearest(wide.times(wide.times(bell, r), series))
    tail = wide.nearest(bell) / (size + _fraction(size))
    result = jnp.where(size <= _SWITCH, near, 1 - tail)
    result = jnp.sign(wide.high(m)) * jnp.where(is_zero, 1, result)
    ends = _mean_in_the_reals(mu_1, sigma_1, mu_2, sigma_2)
    return _apart(jnp.where(wide.are_finite(mu_1, sigma_1, mu_2, sigma_2), result, ends))


@kernel(
    _width_in_the_reals,
    lambda *a: -_moved(*a) * _bend(*a),
    lambda *a: _moved(*a) ** 2 * _bend(*a),
    lambda *a: _moved(*a) * _bend(*a),
    lambda *a: -(_moved(*a) ** 2) * _bend(*a),
)
def slope_in_width(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    """±sqrt(2/π) exp(-r²/2), with the sign of s."""
    m, s = wide.size(wide.difference(mu_1, mu_2)), wide.difference(sigma_1, sigma_2)
    r, is_zero = _quotient(m, wide.size(s))
    result = jnp.where(is_zero, 0, jnp.sign(wide.high(s)) * wide.nearest(_bell(r)))
    ends = _width_in_the_reals(mu_1, sigma_1, mu_2, sigma_2)
    return jnp.where(wide.are_finite(mu_1, sigma_1, mu_2, sigma_2), result, ends)


def _bend(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    """sqrt(2/π) exp(-r²/2)/|s|, and 0 where s is zero."""
    return _ratio(jnp.abs(slope_in_width(mu_1, sigma_1, mu_2, sigma_2)), sigma_1 - sigma_2)


def _moved(mu_1: Floats, sigma_1: Floats, mu_2: Floats, sigma_2: Floats) -> Floats:
    """m/s, and 0 where s is zero."""
    s = sigma_1 - sigma_2
    return jnp.sign(s) * _ratio(mu_1 - mu_2, s)


def _apart(x: Floats) -> Floats:
    """x, compiled apart from what becomes of it.

    Of a loop that ends in bfloat16, LLVM's vectorizer as of JAX 0.12 follows every path from
    a step to the end: twice as many for each step on the way that is used twice.
    """
    return jax.lax.optimization_barrier(x)


def _quotient(m: Scaled, s: Scaled) -> tuple[Scaled, Array]:
    """m/s, or m where s is zero, and where that is."""
    is_zero = wide.high(s) == 0
    return wide.over(m, wide.where(is_zero, wide.number(1.0, wide.high(s)), s)), is_zero


def _bell(r: Scaled) -> Scaled:
    """sqrt(2/π) exp(-r²/2)."""
    h = wide.half(wide.square(r))
    like = wide.high(h)
    end = bound(like)
    is_inside = wide.nearest(h) < end
    high, low = wide.pair(wide.where(is_inside, h, wide.number(end, like)))
    t = exponential(-high)
    decay = Scaled(pairs.plus(t.pair, -wide.high(t) * low), t.exponent)
    return wide.times(decay, wide.of_pair(wide.constant(_ROOT_2_OVER_PI, high)))


def _near_square(r: Scaled) -> Pair:
    """r², and 0 over the switch."""
    is_near = wide.nearest(r) <= _SWITCH
    zero = wide.number(0.0, wide.high(r))
    return wide.pair(wide.square(wide.where(is_near, r, zero)))


def _series(u: Pair) -> Pair:
    """S = 1 + u/3 + u²/15 + …."""
    one = pairs.constant(1, u.high)
    rest = one
    for n in reversed(range(_IN_PAIRS, _TERMS[int(jnp.finfo(one.dtype).nmant)])):
        rest = 1 + rest * u.high / (2 * n + 3)
    total: Number = rest
    for n in reversed(range(_IN_PAIRS)):
        term = pairs.times(pairs.times(total, u), wide.constant(Fraction(1, 2 * n + 3), one))
        total = pairs.plus(term, one)
    return pairs.both(total)


def _fraction(r: Floats) -> Floats:
    """1/(r + 2/(r + 3/(r + …))) for r over the switch, some float elsewhere."""
    r = jnp.clip(r, _SWITCH, bound(r))
    depth = _DEPTH[int(jnp.finfo(r.dtype).nmant)]
    c = (jnp.sqrt(r * r + 4 * (depth + 1)) - r) / 2  # what is left out, as if it went on so
    for n in reversed(range(1, depth + 1)):
        c = n / (r + c)
    return c
