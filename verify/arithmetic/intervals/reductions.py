"""Rules of intervals for sums, products and extremes over axes."""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax

from verify.arithmetic.intervals import ordering, special
from verify.arithmetic.intervals.elementary import multiply, undefined_where
from verify.arithmetic.intervals.values import (
    EPSILON,
    FLUSHED,
    Interval,
    Truth,
    apart,
    chosen,
    is_unknown,
    point,
    settled,
    unknown,
)

_MOST_FACTORS = 64  # of a product that is written out

# A sum of n terms, in any order, is off by n u of the sum of their sizes, u = EPSILON / 2, and so
# is that sum itself, and the ends are rounded once more: (n + 1) EPSILON, and as much again. Each
# term and each partial sum may be flushed besides, 2 n times 2^-1022 = FLUSHED / 2.
_SHARE = 2 * EPSILON


def total(equation: Any) -> Callable[..., Interval]:
    """A sum, in whatever order the device adds: n terms are off by n ulps of their sizes."""
    axes = tuple(equation.params["axes"])
    count = math.prod(equation.in_avals[0].shape[axis] for axis in axes)

    def apply(x: Interval) -> Interval:
        low, high = jnp.sum(x.low, axes), jnp.sum(x.high, axes)
        size = jnp.sum(jnp.maximum(abs(x.low), abs(x.high)), axes)
        error = size * ((count + 1) * _SHARE) + (count + 1) * FLUSHED
        lost = jnp.any(jnp.isnan(x.low), axes)
        return undefined_where(lost, settled(Interval(low - error, high + error)))

    return apply if count > 1 else lambda x: apart(lambda e: jnp.sum(e, axes), x)


def cumulated(equation: Any) -> Callable[..., Interval]:
    axis, reverse = equation.params["axis"], equation.params["reverse"]
    count = equation.in_avals[0].shape[axis]
    along = functools.partial(lax.cumsum, axis=axis, reverse=reverse)

    def apply(x: Interval) -> Interval:
        low, high = along(x.low), along(x.high)
        size = along(jnp.maximum(abs(x.low), abs(x.high)))
        error = size * ((count + 1) * _SHARE) + (count + 1) * FLUSHED
        lost = along(jnp.isnan(x.low).astype(int)) > 0
        return undefined_where(lost, settled(Interval(low - error, high + error)))

    return apply


def folded(combine: Callable[..., Interval], equation: Any) -> Callable[..., Interval]:
    """An operation on each element and what was found before it."""
    axis, reverse = equation.params["axis"], equation.params["reverse"]
    return lambda x: lax.associative_scan(combine, x, reverse=reverse, axis=axis)


def product(equation: Any) -> Callable[..., Interval] | None:
    """A product over axes, factor by factor; none is written out that is too long."""
    axes, shape = tuple(equation.params["axes"]), equation.in_avals[0].shape
    count = math.prod(shape[axis] for axis in axes)
    if not count:
        return lambda x: point(jnp.ones(equation.out_avals[0].shape, jnp.float64))
    if count > _MOST_FACTORS:
        return None
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    rows = (count, *(shape[axis] for axis in kept))

    def apply(x: Interval) -> Interval:
        turned = apart(lambda e: e.transpose(*axes, *kept).reshape(rows), x)
        factors = (apart(lambda e, i=i: e[i], turned) for i in range(count))
        return functools.reduce(multiply, factors)

    return apply


def extreme(function: Callable[..., Any]) -> Callable[..., Callable[..., Interval]]:
    """The greatest, or the least, of what all is known."""

    def rule(equation: Any) -> Callable[..., Interval]:
        axes = tuple(equation.params["axes"])

        def apply(x: Interval) -> Interval:
            value: Any = apart(lambda e: function(e, axes), x)
            if x.is_point:
                return value
            return chosen(jnp.any(is_unknown(x), axes), unknown(value.low), value)

        return apply

    return rule


def in_windows(equation: Any) -> Callable[..., Interval]:
    """A sum, or an extreme, of each window of an array."""
    count = math.prod(equation.params["window_dimensions"])
    over = lambda x: equation.primitive.bind(x, **equation.params)
    counted = lambda flags: _window_sum(flags.astype(jnp.float64), equation) > 0

    def apply(x: Interval) -> Interval:
        low, high = over(x.low), over(x.high)
        if equation.name == "reduce_window_sum":
            size = over(jnp.maximum(abs(x.low), abs(x.high)))
            error = size * ((count + 1) * _SHARE) + (count + 1) * FLUSHED
            low, high = low - error, high + error
        lost = counted(jnp.broadcast_to(is_unknown(x), x.low.shape))
        value = chosen(lost, unknown(low), settled(Interval(low, high)))
        return undefined_where(counted(jnp.isnan(x.low)), value)

    return apply


def _window_sum(x: Any, equation: Any) -> Any:
    p = equation.params
    return lax.reduce_window(
        x, 0.0, lax.add, p["window_dimensions"], p["window_strides"], p["padding"],
        p["base_dilation"], p["window_dilation"],
    )  # fmt: skip


def every(equation: Any) -> Callable[..., Truth]:
    axes = tuple(equation.params["axes"])
    return lambda x: Truth(jnp.all(x.yes, axes), jnp.any(x.no, axes))


def some(equation: Any) -> Callable[..., Truth]:
    axes = tuple(equation.params["axes"])
    return lambda x: Truth(jnp.any(x.yes, axes), jnp.all(x.no, axes))


def odd(equation: Any) -> Callable[..., Truth]:
    """Whether an odd number of booleans is true, where all are known."""
    axes = tuple(equation.params["axes"])

    def apply(x: Truth) -> Truth:
        known = jnp.all(x.yes | x.no, axes)
        found = jnp.sum(x.yes, axes) % 2 == 1
        return Truth(known & found, known & ~found)

    return apply


def dot_general(equation: Any) -> Callable[..., Interval]:
    """A product of matrices, by middles and radii."""
    (contracted, _), _ = equation.params["dimension_numbers"]
    shape = equation.in_avals[0].shape
    count = math.prod(shape[axis] for axis in contracted)
    params = {**equation.params, "preferred_element_type": jnp.dtype("float64")}
    dot = functools.partial(equation.primitive.bind, **params)

    def apply(x: Interval, y: Interval) -> Interval:
        (x_middle, x_radius), (y_middle, y_radius) = _ball(x), _ball(y)
        middle = dot(x_middle, y_middle)
        x_size, y_size = abs(x_middle), abs(y_middle)
        # Of each of three products of matrices, count products and sums may be flushed.
        lost = 3 * (count + 2) * FLUSHED
        rounding = dot(x_size, y_size) * ((count + 2) * _SHARE) + lost
        reach = dot(x_size, y_radius) + dot(x_radius, y_size + y_radius)
        radius = (rounding + reach) * (1 + 2 * (count + 2) * _SHARE)
        return undefined_where(
            _lost(dot, x, y), settled(Interval(middle - radius, middle + radius))
        )

    return apply


def _lost(dot: Callable[..., Any], x: Interval, y: Interval) -> Any:
    """Where an entry that is no number takes part in a product of matrices."""
    gaps = [jnp.isnan(v.low).astype(jnp.float64) for v in (x, y)]
    return (dot(gaps[0], jnp.ones_like(gaps[1])) + dot(jnp.ones_like(gaps[0]), gaps[1])) > 0


def _ball(x: Interval) -> tuple[Any, Any]:
    if x.is_point:
        return x.low, jnp.zeros_like(x.low)
    middle = x.low + (x.high - x.low) / 2
    radius = jnp.maximum(x.high - middle, middle - x.low)
    return middle, radius * (1 + 4 * EPSILON) + abs(middle) * EPSILON + FLUSHED


RULES: dict[str, Callable[[Any], Any]] = {
    "reduce_sum": total,
    "cumsum": cumulated,
    "reduce_prod": product,
    "reduce_max": extreme(jnp.max),
    "reduce_min": extreme(jnp.min),
    "dot_general": dot_general,
    "cumprod": functools.partial(folded, multiply),
    "cumlogsumexp": functools.partial(folded, special.logaddexp),
    "cummax": functools.partial(folded, ordering.maximum),
    "cummin": functools.partial(folded, ordering.minimum),
    "reduce_window_sum": in_windows,
    "reduce_window_max": in_windows,
    "reduce_window_min": in_windows,
}

OF_TRUTH: dict[str, Callable[[Any], Any]] = {
    "reduce_and": every,
    "reduce_min": every,
    "reduce_or": some,
    "reduce_max": some,
    "reduce_xor": odd,
}
