"""Rules of intervals for sums, products and extremes over axes."""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from verify.arithmetic.intervals.elementary import multiply, undefined_where
from verify.arithmetic.intervals.values import (
    EPSILON,
    FLUSHED,
    Interval,
    Truth,
    apart,
    settled,
)

_MOST_FACTORS = 64  # of a product that is written out


def total(equation: Any) -> Callable[..., Interval]:
    """A sum, in whatever order the device adds: n terms are off by n ulps of their sizes."""
    axes = tuple(equation.params["axes"])
    count = math.prod(equation.in_avals[0].shape[axis] for axis in axes)

    def apply(x: Interval) -> Interval:
        low, high = jnp.sum(x.low, axes), jnp.sum(x.high, axes)
        size = jnp.sum(jnp.maximum(abs(x.low), abs(x.high)), axes)
        error = size * (2 * (count + 1) * EPSILON) + (count + 1) * FLUSHED
        lost = jnp.any(jnp.isnan(x.low), axes)
        return undefined_where(lost, settled(Interval(low - error, high + error)))

    return apply if count > 1 else lambda x: apart(lambda e: jnp.sum(e, axes), x)


def cumulated(equation: Any) -> Callable[..., Interval]:
    axis, reverse = equation.params["axis"], equation.params["reverse"]
    count = equation.in_avals[0].shape[axis]

    def along(x: Any) -> Any:
        turned = jnp.flip(x, axis) if reverse else x
        found = jnp.cumsum(turned, axis)
        return jnp.flip(found, axis) if reverse else found

    def apply(x: Interval) -> Interval:
        low, high = along(x.low), along(x.high)
        size = along(jnp.maximum(abs(x.low), abs(x.high)))
        error = size * (4 * (count + 1) * EPSILON) + (count + 1) * FLUSHED
        lost = along(jnp.isnan(x.low).astype(int)) > 0
        return undefined_where(lost, settled(Interval(low - error, high + error)))

    return apply


def product(equation: Any) -> Callable[..., Interval] | None:
    """A product over axes, factor by factor; none is written out that is too long."""
    axes, shape = tuple(equation.params["axes"]), equation.in_avals[0].shape
    count = math.prod(shape[axis] for axis in axes)
    if not 0 < count <= _MOST_FACTORS:
        return None
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    rows = (count, *(shape[axis] for axis in kept))

    def apply(x: Interval) -> Interval:
        turned = apart(lambda e: e.transpose(*axes, *kept).reshape(rows), x)
        factors = (apart(lambda e, i=i: e[i], turned) for i in range(count))
        return functools.reduce(multiply, factors)

    return apply


def extreme(function: Callable[..., Any]) -> Callable[..., Callable[..., Interval]]:
    def rule(equation: Any) -> Callable[..., Interval]:
        axes = tuple(equation.params["axes"])
        return lambda x: apart(lambda e: function(e, axes), x)

    return rule


def every(equation: Any) -> Callable[..., Truth]:
    axes = tuple(equation.params["axes"])
    return lambda x: Truth(jnp.all(x.yes, axes), jnp.any(x.no, axes))


def some(equation: Any) -> Callable[..., Truth]:
    axes = tuple(equation.params["axes"])
    return lambda x: Truth(jnp.any(x.yes, axes), jnp.all(x.no, axes))


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
        rounding = dot(x_size, y_size) * (2 * (count + 2) * EPSILON) + (count + 2) * FLUSHED
        reach = dot(x_size, y_radius) + dot(x_radius, y_size + y_radius)
        radius = (rounding + reach) * (1 + 4 * (count + 2) * EPSILON)
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
    return middle, radius * (1 + 4 * EPSILON) + FLUSHED


RULES: dict[str, Callable[[Any], Any]] = {
    "reduce_sum": total,
    "cumsum": cumulated,
    "reduce_prod": product,
    "reduce_max": extreme(jnp.max),
    "reduce_min": extreme(jnp.min),
    "reduce_and": every,
    "reduce_or": some,
    "dot_general": dot_general,
}
