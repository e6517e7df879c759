"""The share of one of two amounts, of amounts or of their logarithms, and its slopes."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from verify.functions import pairs, wide
from verify.functions.elementary import bound, exponential
from verify.functions.kernel import kernel
from verify.functions.pairs import Scaled
from verify.functions.quotients import quotient

Floats: TypeAlias = Float[Array, "..."]


def _share_in_the_reals(p: Floats, q: Floats) -> Floats:
    # Of a larger p the slope in p cancels in p/(p + q), and not in this.
    return jnp.where(q < p, 1 / (1 + q / p), p / (p + q))


@kernel(
    _share_in_the_reals,
    lambda p, q: share_slope(p, q),
    lambda p, q: -share_slope(q, p),
)
def share(p: Floats, q: Floats) -> Floats:
    """p/(p + q)."""
    a, b = wide.of(p), wide.of(q)
    # Of an infinite amount and a finite one, the limits 1 and 0.
    ends = jnp.where(jnp.isinf(p), 1 / (1 + q / p), p / (p + q))
    return jnp.where(_have_a_sum(p, q), wide.nearest(wide.over(a, wide.plus(a, b))), ends)


def _bend_in_p(p: Floats, q: Floats) -> Floats:
    return -2 * quotient(share_slope(p, q), p + q)


def _bend_in_q(p: Floats, q: Floats) -> Floats:
    return quotient(share_slope(q, p), p + q) - quotient(share_slope(p, q), p + q)


@kernel(lambda p, q: q / (p + q) / (p + q), _bend_in_p, _bend_in_q)
def share_slope(p: Floats, q: Floats) -> Floats:
    """q/(p + q)², the slope of p/(p + q) in p."""
    b, total = wide.of(q), wide.plus(wide.of(p), wide.of(q))
    result = wide.nearest(wide.over(b, wide.square(total)))
    ends = jnp.where(jnp.isinf(q), 1 / (1 + p / q), q / (p + q)) / (p + q)
    return jnp.where(_have_a_sum(p, q), result, ends)


def _have_a_sum(p: Floats, q: Floats) -> Array:
    return wide.are_finite(p, q) & (wide.are_positive(p) | wide.are_positive(q))


@kernel(
    lambda a, b: jax.lax.logistic(a - b),
    lambda a, b: share_by_logs_slope(a, b),
    lambda a, b: -share_by_logs_slope(a, b),
)
def share_by_logs(a: Floats, b: Floats) -> Floats:
    """1/(1 + exp(b - a)): with t = exp(-|a - b|), 1/(1 + t) or t/(1 + t)."""
    t, is_left = _decay(a, b), a < b
    one = wide.number(1.0, a)
    result = wide.over(wide.where(is_left, t, one), wide.plus(one, t))
    return jnp.where(jnp.isnan(a - b), jnp.nan, wide.nearest(result))


def _bend_by_logs(a: Floats, b: Floats) -> Floats:
    return share_by_logs_slope(a, b) * (share_by_logs(b, a) - share_by_logs(a, b))


@kernel(
    lambda a, b: jax.lax.logistic(a - b) * jax.lax.logistic(b - a),
    _bend_by_logs,
    lambda a, b: _bend_by_logs(b, a),
)
def share_by_logs_slope(a: Floats, b: Floats) -> Floats:
    """t/(1 + t)², t = exp(-|a - b|)."""
    t = _decay(a, b)
    result = wide.over(t, wide.square(wide.plus(wide.number(1.0, a), t)))
    return jnp.where(jnp.isnan(a - b), jnp.nan, wide.nearest(result))


def _decay(a: Floats, b: Floats) -> Scaled:
    """exp(-|a - b|), where the difference is kept to twice the digits."""
    is_inside = jnp.abs(a - b) < bound(a)
    first, second = jnp.where(is_inside, a, bound(a)), jnp.where(is_inside, b, 0)
    high, low = pairs.plus(first, -second)
    t = exponential(-jnp.abs(high))
    moved = -wide.high(t) * (low * jnp.sign(high))
    return Scaled(pairs.plus(t.pair, moved), t.exponent)
