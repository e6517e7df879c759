"""Rules of intervals for sorts and searches by order.

The order statistics of intervals lie between those of their ends. Which element is where is
known only where the intervals say so; equal elements keep their order.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp

from verify.arithmetic.intervals.elementary import negative
from verify.arithmetic.intervals.values import (
    Interval,
    Value,
    Whole,
    apart,
    chosen,
    forgotten,
    is_undefined,
    is_unknown,
    kind_of,
    unknown,
)


class _Order(NamedTuple):
    """What comes where along an axis: by lower ends, and whether each next one is sure."""

    places: Any
    is_next: Any


def _order(x: Interval, axis: int) -> _Order:
    places = jnp.argsort(x.low, axis, stable=True)
    low, high = (jnp.moveaxis(jnp.take_along_axis(e, places, axis), axis, -1) for e in x)
    at = jnp.moveaxis(places, axis, -1)
    earlier = at[..., :-1] < at[..., 1:]
    below, above = high[..., :-1], low[..., 1:]
    return _Order(places, (below < above) | ((below == above) & earlier))


def sort(equation: Any) -> Callable[..., Any] | None:
    """Arrays sorted by the first."""
    if equation.params["num_keys"] != 1 or kind_of(equation.in_avals[0].dtype) is not Interval:
        return None
    axis = equation.params["dimension"]

    def apply(key: Interval, *others: Value) -> Any:
        if not others:
            return _statistics(key, axis)
        order = _order(key, axis)
        known = jnp.expand_dims(jnp.all(order.is_next, -1), axis)
        moved = (apart(lambda e: jnp.take_along_axis(e, order.places, axis), o) for o in others)
        return (_statistics(key, axis), *(forgotten(m, known) for m in moved))

    return apply


def _statistics(x: Interval, axis: int) -> Interval:
    """The first, second, … along an axis; unknown where one may be no number."""
    value = apart(lambda e: jnp.sort(e, axis), x)
    lost = jnp.any(is_unknown(x) | is_undefined(x), axis, keepdims=True)
    return chosen(lost, unknown(value.low), value)


def top_k(equation: Any) -> Callable[..., Any] | None:
    """The greatest elements and their places."""
    axis, k = equation.params["axis"], equation.params["k"]
    if kind_of(equation.in_avals[0].dtype) is not Interval:
        return None
    dtype = equation.out_avals[1].dtype
    first = lambda e: jnp.take(e, jnp.arange(k), axis)

    def apply(x: Interval) -> tuple[Interval, Whole]:
        turned = negative(x)
        order = _order(turned, axis)
        places = first(order.places).astype(dtype)
        known = jnp.expand_dims(jnp.all(order.is_next[..., :k], -1), axis)
        return (
            negative(apart(first, _statistics(turned, axis))),
            Whole(places, jnp.broadcast_to(known, places.shape)),
        )

    return apply


def greatest(equation: Any) -> Callable[..., Whole] | None:
    """The first place of the greatest element."""
    axes = tuple(equation.params["axes"])
    if len(axes) != 1:
        return None
    (axis,), dtype = axes, equation.out_avals[0].dtype

    def apply(x: Interval) -> Whole:
        best = jnp.argmax(x.low, axis, keepdims=True)
        least = jnp.take_along_axis(x.low, best, axis)
        places = jnp.arange(x.low.shape[axis]).reshape([-1 if a == axis else 1
                                                        for a in range(x.low.ndim)])  # fmt: skip
        beaten = (x.high < least) | ((x.high == least) & (places > best)) | (places == best)
        return Whole(jnp.squeeze(best, axis).astype(dtype), jnp.all(beaten, axis))

    return apply


def least(equation: Any) -> Callable[..., Whole] | None:
    search = greatest(equation)
    return search and (lambda x: search(negative(x)))


RULES: dict[str, Callable[[Any], Any]] = {
    "sort": sort,
    "top_k": top_k,
    "argmax": greatest,
    "argmin": least,
}
