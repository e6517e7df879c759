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
    special,
)
from verify.arithmetic.intervals.values import (
    Truth,
    Value,
    Whole,
    around,
    constant,
    join,
    kind_of,
)

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **elementary.FUNCTIONS,
    **monotone.FUNCTIONS,
    **special.FUNCTIONS,
    **ordering.FUNCTIONS,
}

RULES: dict[str, Callable[[Any], Any]] = {
    **moving.RULES,
    **reductions.RULES,
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
    kinds = {kind_of(aval.dtype) for aval in equation.in_avals if hasattr(aval, "dtype")}
    if equation.name in RULES:
        return RULES[equation.name](equation)
    if kinds == {Whole}:
        return _of_whole(equation)
    if kinds == {Truth}:
        return ordering.LOGIC.get(equation.name) or _of_bits(equation)
    return FUNCTIONS.get(equation.name)


def _of_whole(equation: Any) -> Callable[..., Value]:
    """Whole numbers are computed as they are, and known where all they come from are."""
    bind = equation.primitive.bind
    is_truth = kind_of(equation.out_avals[0].dtype) is Truth

    def apply(*values: Whole) -> Value:
        found = bind(*(v.value for v in values), **equation.params)
        known = jnp.ones((), bool)
        for value in values:
            known = known & value.known
        return Truth(known & found, known & ~found) if is_truth else Whole(found, known)

    return apply if equation.name in _OF_WHOLE else None


_OF_WHOLE = frozenset(
    [
        "add",
        "sub",
        "mul",
        "neg",
        "abs",
        "sign",
        "max",
        "min",
        "div",
        "rem",
        "and",
        "or",
        "xor",
        "not",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "clamp",
        "pow",
        "square",
        "integer_pow",
        "shift_left",
        "shift_right_arithmetic",
        "shift_right_logical",
        "population_count",
    ]
)


def _of_bits(equation: Any) -> Callable[..., Value] | None:
    """Comparisons of booleans."""
    equal = lambda x, y: ordering.logical_not(ordering.logical_xor(x, y))
    return {"eq": equal, "ne": ordering.logical_xor}.get(equation.name)


def _rounding(equation: Any) -> Callable[..., Value]:
    return ordering.rounded(lambda x: equation.primitive.bind(x, **equation.params))


def _constant(equation: Any) -> Callable[[], Value]:
    """An exact constant between the floats on either side of it."""
    value = around(float(exact.ball(equation.params["text"]).mid()))
    return lambda: value


def _is_extreme(equation: Any, compare: Callable[..., Truth]) -> Callable[..., Truth] | None:
    """Which elements are not exceeded along some axes."""
    axes = tuple(equation.params["axes"])
    if len(axes) != 1:
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


INTERVALS = NumberSystem(name="intervals", rules={}, constant=constant, join=join, find=find)
