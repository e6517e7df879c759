"""Rules of intervals for primitives that only move elements: JAX's own, on each component."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.arithmetic import structural
from verify.arithmetic.intervals.values import Truth, Value, Whole, apart, constant, forgotten

MOVING = (
    "broadcast_in_dim",
    "reshape",
    "squeeze",
    "expand_dims",
    "transpose",
    "rev",
    "concatenate",
    "slice",
    "pad",
    "tile",
    "stack",
    "copy",
    "copy_p",
)
SAME = (
    "stop_gradient",
    "optimization_barrier",
    "sharding_constraint",
    "device_put",
    "pvary",
    "reduce_precision",
)


def moved(equation: Any) -> Callable[..., Value]:
    bind = equation.primitive.bind
    return lambda *values: apart(lambda *parts: bind(*parts, **equation.params), *values)


def parted(equation: Any) -> Callable[..., tuple[Value, ...]]:
    """A rule for split and unstack, which give several arrays."""
    bind = equation.primitive.bind

    def apply(value: Value) -> tuple[Value, ...]:
        parts = [bind(part, **equation.params) for part in value]
        if getattr(value, "is_point", False):
            parts[1] = parts[0]
        return tuple(type(value)(*pair) for pair in zip(*parts, strict=True))

    return apply


def indexed(arrays: int) -> Callable[[Any], Callable[..., Value]]:
    """A rule whose first operands are arrays and the others, whole numbers, say where."""

    def rule(equation: Any) -> Callable[..., Value]:
        def apply(*values: Any) -> Value:
            places: tuple[Whole, ...] = values[arrays:]
            bind = lambda *parts: equation.primitive.bind(
                *parts, *(place.value for place in places), **equation.params
            )
            known = jnp.asarray(True)
            for place in places:
                known &= jnp.all(place.known)
            return forgotten(_filled(bind, *values[:arrays]), known)

        return apply

    return rule


def _filled(bind: Callable[..., Any], *values: Value) -> Value:
    """What a function takes from arrays; what it takes from outside them is one thing only."""
    found = apart(bind, *values)
    if not isinstance(found, Truth):
        return found
    filled = bind(*(jnp.zeros_like(value[0]) for value in values))  # true where from outside
    return Truth(found.yes, found.no & ~filled)


def counted(equation: Any) -> Callable[[], Value]:
    aval, axis = equation.out_avals[0], equation.params["dimension"]
    shape = [-1 if i == axis else 1 for i in range(len(aval.shape))]
    numbers = np.broadcast_to(np.arange(aval.shape[axis]).reshape(shape), aval.shape)
    result = constant(numbers.astype(aval.dtype))
    return lambda: result


def platform(equation: Any) -> Callable[[], Value]:
    """Which of several programs is meant: the one that balls read."""
    index = structural.RULES["platform_index"](equation)()
    return lambda: constant(np.asarray(index, equation.out_avals[0].dtype))


def unread(equation: Any) -> Callable[[], Value]:
    """An array whose elements are never read."""
    aval = equation.out_avals[0]
    return lambda: forgotten(constant(np.zeros(aval.shape, aval.dtype)), False)


def same(equation: Any) -> Callable[..., Any]:
    return lambda *values: values[0] if len(values) == 1 else values


RULES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(MOVING, moved),
    **dict.fromkeys(SAME, same),
    "split": parted,
    "unstack": parted,
    "gather": indexed(1),
    "dynamic_slice": indexed(1),
    "dynamic_update_slice": indexed(2),
    "iota": counted,
    "platform_index": platform,
    "empty": unread,
    "empty2": unread,
}
