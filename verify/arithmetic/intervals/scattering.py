"""Rules of intervals for writing into arrays at places that are known."""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import lax

from verify.arithmetic.intervals.elementary import negative, undefined_where
from verify.arithmetic.intervals.values import (
    EPSILON,
    FLUSHED,
    Interval,
    Value,
    Whole,
    apart,
    chosen,
    forgotten,
    is_undefined,
    is_unknown,
    kind_of,
    settled,
    unknown,
)
from verify.arithmetic.jaxprs import closed

_Scatter = Callable[..., Any]


def _writer(equation: Any, function: _Scatter, places: Whole) -> _Scatter:
    """One of JAX's scatters of updates into an array, as the equation has it."""
    names = ("dimension_numbers", "indices_are_sorted", "unique_indices", "mode")
    options = {name: equation.params[name] for name in names}
    return lambda array, updates: function(array, places.value, updates, **options)


def replaced(equation: Any) -> Callable[..., Value] | None:
    """An array with others' elements in the place of some of its own."""
    if not _is_plain(equation):
        return None

    def apply(array: Value, places: Whole, updates: Value) -> Value:
        shape, count = updates[0].shape, math.prod(updates[0].shape)
        numbers = jnp.arange(1.0, count + 1, dtype=jnp.float64).reshape(shape)
        write = _writer(equation, lax.scatter, places)
        # Of several updates of one element the same is taken for all components.
        taken = write(jnp.zeros(array[0].shape, jnp.float64), numbers).astype(int)
        put = lambda old, new: jnp.where(taken > 0, new.ravel()[taken - 1], old) if count else old
        return forgotten(apart(put, array, updates), jnp.all(places.known))

    return apply


def _is_plain(equation: Any) -> bool:
    """Whether the new element just replaces the old."""
    if equation.params["update_jaxpr"] is None:
        return True
    program = closed(equation.params["update_jaxpr"]).jaxpr
    return not program.eqns and program.outvars[0] is program.invars[1]


def added(equation: Any) -> Callable[..., Interval] | None:
    """An array with others' elements added to some of its own, in any order."""
    if kind_of(equation.in_avals[0].dtype) is not Interval:
        return None
    count = math.prod(equation.in_avals[2].shape) + 1
    turn = negative if equation.name == "scatter-sub" else lambda x: x

    def apply(array: Interval, places: Whole, updates: Interval) -> Interval:
        write, updates = _writer(equation, lax.scatter_add, places), turn(updates)
        low, high = write(array.low, updates.low), write(array.high, updates.high)
        size = write(*(jnp.maximum(abs(x.low), abs(x.high)) for x in (array, updates)))
        error = size * (4 * count * EPSILON) + count * FLUSHED
        total = settled(Interval(low - error, high + error))
        return _sure(equation, places, (array, updates), total)

    return apply


def _sure(equation: Any, places: Whole, sources: Any, value: Interval) -> Interval:
    """A value that is lost where something that goes into it is."""
    write = _writer(equation, lax.scatter_max, places)
    some = lambda flags: write(*(jnp.broadcast_to(f, x.low.shape).astype(jnp.float64)
                                 for f, x in zip(flags, sources, strict=True))) > 0  # fmt: skip
    value = chosen(some(map(is_unknown, sources)), unknown(value.low), value)
    value = undefined_where(some(map(is_undefined, sources)), value)
    return forgotten(value, jnp.all(places.known))  # type: ignore[return-value]


def extreme(function: _Scatter, equation: Any) -> Callable[..., Interval] | None:
    """An array with the greater, or lesser, of its own elements and others'."""
    if kind_of(equation.in_avals[0].dtype) is not Interval:
        return None

    def apply(array: Interval, places: Whole, updates: Interval) -> Interval:
        value = apart(_writer(equation, function, places), array, updates)
        return _sure(equation, places, (array, updates), value)  # type: ignore[arg-type]

    return apply


RULES: dict[str, Callable[[Any], Any]] = {
    "scatter": replaced,
    "scatter-add": added,
    "scatter-sub": added,
    "scatter-max": functools.partial(extreme, lax.scatter_max),
    "scatter-min": functools.partial(extreme, lax.scatter_min),
}
