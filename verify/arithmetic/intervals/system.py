"""Intervals as a number system: a jaxpr read on the device, in outward-rounded float64.

Read it under `jax.jit` with x64 on; `jax.vmap` goes through it, as through any JAX function.
"""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.arithmetic import exact
from verify.arithmetic.errors import UnsupportedPrimitive
from verify.arithmetic.interpreter import NumberSystem
from verify.arithmetic.intervals import (
    control,
    elementary,
    monotone,
    moving,
    ordering,
    reductions,
    scattering,
    sorting,
    special,
    whole,
)
from verify.arithmetic.intervals.values import (
    Interval,
    Truth,
    Value,
    Whole,
    around,
    constant,
    is_readable,
    join,
    kept,
    kind_of,
)

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **elementary.FUNCTIONS,
    **monotone.FUNCTIONS,
    **special.FUNCTIONS,
    **ordering.FUNCTIONS,
}

_NUMERIC = {**reductions.RULES, **sorting.RULES}

RULES: dict[str, Callable[[Any], Any]] = {
    **moving.RULES,
    **_NUMERIC,
    **scattering.RULES,
    **control.RULES,
    "integer_pow": lambda e: lambda x: elementary.integer_power(x, int(e.params["y"])),
    "convert_element_type": lambda e: lambda x: ordering.converted(x, e.out_avals[0].dtype),
    "of_itself": lambda e: lambda x, _: ordering.of_itself(x, e.params["answer"]),
    "round": lambda e: _rounding(e),
    "exact_constant": lambda e: _constant(e),
    "is_maximum": lambda e: _is_extreme(e, ordering.le),
    "is_minimum": lambda e: _is_extreme(e, lambda x, y: ordering.le(y, x)),
}


def find(equation: Any) -> Callable[..., Value]:
    """The operation of an equation on intervals.

    Raises:
        UnsupportedPrimitive: there is no rule: balls must read what holds it.
    """
    operation = _found(equation)
    if operation is None:
        raise UnsupportedPrimitive(equation.name, equation.system.name, equation.where)
    return operation


def _found(equation: Any) -> Callable[..., Value] | None:
    avals = [aval for aval in (*equation.in_avals, *equation.out_avals) if hasattr(aval, "dtype")]
    if not all(is_readable(aval.dtype) for aval in avals):
        return None
    kinds = {kind_of(aval.dtype) for aval in equation.in_avals if hasattr(aval, "dtype")}
    rules = {} if len(kinds) != 1 else _OF_ONE_KIND.get(next(iter(kinds)), {})
    if equation.name in rules:
        return rules[equation.name](equation)
    if Interval not in kinds and equation.name in _NUMERIC:
        return None
    if equation.name in RULES:
        return RULES[equation.name](equation)
    return FUNCTIONS.get(equation.name) if Interval in kinds else None


# Rules that come before others where all arguments are whole numbers, or all are booleans.
_OF_ONE_KIND: dict[type, dict[str, Callable[[Any], Any]]] = {
    Whole: whole.RULES,
    Truth: {
        **dict.fromkeys(ordering.LOGIC, lambda e: ordering.LOGIC[e.name]),
        **reductions.OF_TRUTH,
        "argmax": lambda e: _of_numbers(sorting.greatest(e)),
        "argmin": lambda e: _of_numbers(sorting.least(e)),
    },
}


def _of_numbers(operation: Callable[..., Value] | None) -> Callable[..., Value] | None:
    """An operation on booleans as it is on 0 and 1."""
    return operation and (lambda x: operation(ordering.converted(x, np.dtype(np.float64))))


def _rounding(equation: Any) -> Callable[..., Value]:
    return ordering.rounded(lambda x: equation.primitive.bind(x, **equation.params))


def _constant(equation: Any) -> Callable[[], Value]:
    """An exact constant between the floats on either side of it."""
    value = around(float(exact.ball(equation.params["text"]).mid()))
    return lambda: value


def _is_extreme(equation: Any, compare: Callable[..., Truth]) -> Callable[..., Truth] | None:
    """Which elements are not exceeded along some axes."""
    axes = tuple(equation.params["axes"])
    if len(axes) != 1 or kind_of(equation.in_avals[0].dtype) is not Interval:
        return None
    (axis,) = axes

    def apply(x: Any) -> Truth:
        first = type(x)(*(jnp.expand_dims(e, axis) for e in x))
        other = type(x)(*(jnp.expand_dims(e, axis + 1) for e in x))
        exceeded = compare(first, other)  # element j of `axis` against element i after it
        size = equation.in_avals[0].shape[axis]
        same = np.eye(size, dtype=bool).reshape(
            [
                size if a in (axis, axis + 1) else 1
                for a in range(len(equation.in_avals[0].shape) + 1)
            ]
        )
        return Truth(jnp.all(exceeded.yes | same, axis + 1), jnp.any(exceeded.no & ~same, axis + 1))

    return apply


INTERVALS = NumberSystem(
    name="intervals", rules={}, constant=constant, join=join, find=find, keep=kept
)
