"""The terms of entropies and divergences on finitely many points, and their slopes.

Probabilities are numbers in [0, 1]. Where one is zero, and a slope infinite, zero is given.
"""

from fractions import Fraction
from typing import TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Float

from verify.functions import wide
from verify.functions.kernel import kernel
from verify.functions.log_ratios import excess_of_ratio, log_of_ratio, log_over_constant
from verify.functions.pairs import Scaled
from verify.functions.quotients import inverse, log_ratio, quotient

Floats: TypeAlias = Float[Array, "..."]

_ONE_OVER_E = Fraction(0x5E2D58D8B3BCDF1ABADEC7829054F90DDA9805AA, 2**160)


@kernel(
    lambda p: -p * jnp.log(jnp.where(p == 0, 1, p)),
    lambda p: jnp.where(p == 0, 0, entropy_slope(p)),
)
def entropy_term(p: Floats) -> Floats:
    """-p log p."""
    is_inside = wide.are_positive(p)
    some, one = wide.of(jnp.where(is_inside, p, 1)), wide.number(1.0, p)
    log = log_of_ratio(one, some, wide.minus(one, some))
    return jnp.where(is_inside, wide.nearest(wide.times(some, log)), p * 0)


@kernel(lambda p: -1 - jnp.log(p), lambda p: -inverse(p))
def entropy_slope(p: Floats) -> Floats:
    """-1 - log p, also next to its zero at 1/e."""
    is_inside = wide.are_positive(p)
    log = log_over_constant(jnp.where(is_inside, p, 1), _ONE_OVER_E)
    return jnp.where(is_inside, -wide.nearest(log), -jnp.log(p))


def _kl_in_the_reals(p: Floats, q: Floats) -> Floats:
    some, other = jnp.where(p == 0, 1, p), jnp.where(p == 0, 1, q)
    return jnp.where(p == 0, q, some * jnp.log(some / other) + (other - some))


@kernel(
    _kl_in_the_reals,
    lambda p, q: jnp.where(p == 0, 0, log_ratio(p, q)),
    lambda p, q: jnp.where(p == 0, 1, rest_of_ratio(p, q)),
)
def kl_term(p: Floats, q: Floats) -> Floats:
    """p log(p/q) - p + q."""
    inside = wide.are_positive(p, q)
    first, second = (wide.of(jnp.where(inside, x, 1)) for x in (p, q))
    result = wide.nearest(_excess(first, second, wide.minus(second, first)))
    ends = jnp.where(p == 0, q, p / q)
    return jnp.where(inside, result, ends)


@kernel(
    lambda p, q: 1 - p / q,
    lambda p, q: -inverse(q),
    lambda p, q: quotient(quotient(p, q), q),
)
def rest_of_ratio(p: Floats, q: Floats) -> Floats:
    """1 - p/q."""
    result = wide.nearest(wide.over(wide.difference(q, p), wide.of(q)))
    return jnp.where(wide.are_positive(p, q), result, 1 - p / q)


def _jsd_in_the_reals(p: Floats, q: Floats) -> Floats:
    m = (p + q) / 2
    return (_kl_in_the_reals(p, m) + _kl_in_the_reals(q, m)) / 2


@kernel(
    _jsd_in_the_reals,
    lambda p, q: jnp.where(p == 0, 0, half_log_share(p, q)),
    lambda p, q: jnp.where(q == 0, 0, half_log_share(q, p)),
)
def jsd_term(p: Floats, q: Floats) -> Floats:
    """(p log(p/m) + q log(q/m))/2, m = (p + q)/2."""
    inside = wide.are_positive(p, q)
    first, second = (wide.of(jnp.where(inside, x, 1)) for x in (p, q))
    m, up = wide.half(wide.plus(first, second)), wide.half(wide.minus(second, first))
    terms = wide.plus(_excess(first, m, up), _excess(second, m, wide.negative(up)))
    # Of p and zero it is p log(2)/2.
    ends = (p + q) * jnp.log(jnp.full_like(p, 2)) / 2
    return jnp.where(inside, wide.nearest(wide.half(terms)), ends)


@kernel(
    lambda p, q: jnp.log(2 * p / (p + q)) / 2,
    lambda p, q: quotient(quotient(q, p), p + q) / 2,
    lambda p, q: -inverse(p + q) / 2,
)
def half_log_share(p: Floats, q: Floats) -> Floats:
    """log(p/m)/2, m = (p + q)/2."""
    inside = wide.are_positive(p, q)
    first, second = (wide.of(jnp.where(inside, x, 1)) for x in (p, q))
    m, up = wide.half(wide.plus(first, second)), wide.half(wide.minus(first, second))
    result = wide.nearest(wide.half(log_of_ratio(first, m, up)))
    ends = jnp.log(2 * (p / (p + q))) / 2
    return jnp.where(inside, result, ends)


def _excess(p: Scaled, q: Scaled, difference: Scaled) -> Scaled:
    """p (q/p - 1 - log(q/p)) = p log(p/q) - p + q; the difference is q - p."""
    return wide.times(p, excess_of_ratio(q, p, difference))
