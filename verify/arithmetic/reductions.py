"""Reductions, cumulations and products, from a number system's own scalar operations."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.arithmetic import discrete
from verify.arithmetic.arrays import Elementwise, boxed, full, unboxed
from verify.arithmetic.errors import UnsupportedPrimitive


def scalar_of(equation: Any, name: str, aval: Any = None) -> Callable[..., Any]:
    """An operation on scalars of an aval's kind (the result's): the system's, or on integers."""
    aval = equation.out_avals[0] if aval is None else aval
    alike = equation._replace(in_avals=[aval, aval], out_avals=[aval])
    rule = (discrete.RULES if aval.dtype.kind in "iub" else equation.system.rules).get(name)
    if rule is None:
        raise UnsupportedPrimitive(equation.name, equation.system.name, equation.where)
    return (rule if isinstance(rule, Elementwise) else rule(alike)).function


def unit(equation: Any, value: float) -> Any:
    """A number of the equation's kind."""
    kind = equation.out_avals[0].dtype.kind
    if kind == "b":
        return bool(value)
    return int(value) if kind in "iu" else equation.system.constant(np.float64(value))


def _folded(name: str, empty: float | None) -> Callable[[Any], Callable[..., Any]]:
    """A reduction that folds a binary operation over some axes."""

    def rule(equation: Any) -> Callable[..., Any]:
        combine = scalar_of(equation, name)
        axes = equation.params["axes"]
        start = () if empty is None else (unit(equation, empty),)
        shape = equation.out_avals[0].shape

        def fold(elements: np.ndarray) -> Any:
            if len(elements):
                return functools.reduce(combine, elements)
            return functools.reduce(combine, elements, *start)

        def apply(x: Any) -> Any:
            return over_axes(fold, boxed(x), axes, shape)

        return apply

    return rule


def over_axes(function: Callable[[np.ndarray], Any], x: np.ndarray, axes: Any, shape: Any) -> Any:
    """A function of a vector applied over some axes of an array."""
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    inner = int(np.prod([x.shape[axis] for axis in axes]))
    rows = x.transpose([*kept, *axes]).reshape(int(np.prod(shape)), inner)
    result = np.empty(len(rows), object)
    for i, row in enumerate(rows):
        result[i] = function(row)
    return unboxed(result.reshape(shape))


def _is_extreme(name: str) -> Callable[[Any], Callable[..., Any]]:
    """Which elements are not exceeded along some axes: those that equal the extreme."""

    def rule(equation: Any) -> Callable[..., Any]:
        axes = equation.params["axes"]
        compare = scalar_of(equation, name, equation.in_avals[0])

        def mark(row: np.ndarray) -> list[Any]:
            return [
                functools.reduce(
                    discrete.logical_and,
                    (compare(x, y) for j, y in enumerate(row) if j != i),
                    True,
                )
                for i, x in enumerate(row)
            ]

        return lambda x: _on_rows(mark, boxed(x), axes)

    return rule


def _on_rows(function: Callable[[np.ndarray], Any], x: np.ndarray, axes: Any) -> Any:
    """A function from a vector to one of its size, applied over some axes of an array."""
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    order = [*kept, *axes]
    turned = x.transpose(order)
    rows = turned.reshape(int(np.prod(turned.shape[: len(kept)])), -1)
    result = np.empty(rows.shape, object)
    for i, row in enumerate(rows):
        result[i] = function(row)
    return unboxed(result.reshape(turned.shape).transpose(np.argsort(order)))


def _cumulated(name: str) -> Callable[[Any], Callable[..., Any]]:
    def rule(equation: Any) -> Callable[..., Any]:
        combine = scalar_of(equation, name)
        axis, reverse = equation.params["axis"], equation.params["reverse"]

        def apply(x: np.ndarray) -> np.ndarray:
            rows = np.moveaxis(x, axis, 0).copy()
            rows = rows[::-1] if reverse else rows
            step = np.frompyfunc(combine, 2, 1)
            for i in range(1, len(rows)):
                rows[i] = step(rows[i - 1], rows[i])
            return np.moveaxis(rows[::-1] if reverse else rows, 0, axis)

        return apply

    return rule


def _dot_general(equation: Any) -> Callable[..., Any]:
    multiply, add = scalar_of(equation, "mul"), scalar_of(equation, "add")
    zero = unit(equation, 0.0)

    def product(left: np.ndarray, right: np.ndarray) -> Any:
        terms = [multiply(a, b) for a, b in zip(left, right, strict=True)]
        return functools.reduce(add, terms) if terms else zero

    def matrix_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        result = np.empty((len(left), len(right)), object)
        for i, row in enumerate(left):
            for j, column in enumerate(right):
                result[i, j] = product(row, column)
        return result

    return dot_general_by(equation, matrix_product)


def dot_general_by(equation: Any, matrix_product: Callable[..., Any]) -> Callable[..., Any]:
    """dot_general from a function of (rows × inner, columns × inner) matrices."""
    inner, batch = equation.params["dimension_numbers"]
    arrange_left, arrange_right = map(_matrices, equation.in_avals, batch, inner)
    shape = equation.out_avals[0].shape

    def apply(left: Any, right: Any) -> Any:
        lefts, rights = arrange_left(boxed(left)), arrange_right(boxed(right))
        if not batch[0]:
            return unboxed(matrix_product(lefts[0], rights[0]).reshape(shape))
        result = np.empty((len(lefts), lefts.shape[1], rights.shape[1]), object)
        for i, (a, b) in enumerate(zip(lefts, rights, strict=True)):
            result[i] = matrix_product(a, b)
        return unboxed(result.reshape(shape))

    return apply


def _matrices(aval: Any, batch: Any, inner: Any) -> Callable[[np.ndarray], np.ndarray]:
    """An array as one matrix for each batch, the inner axes last."""
    free = [axis for axis in range(len(aval.shape)) if axis not in (*batch, *inner)]
    order = (*batch, *free, *inner)
    sizes = [math.prod(aval.shape[axis] for axis in axes) for axes in (batch, free, inner)]
    return lambda x: x.transpose(order).reshape(sizes)


def zeros(equation: Any) -> Any:
    return full(equation.out_avals[0].shape, unit(equation, 0.0))


RULES: dict[str, Any] = {
    "reduce_sum": _folded("add", 0.0),
    "reduce_prod": _folded("mul", 1.0),
    "reduce_max": _folded("max", None),
    "reduce_min": _folded("min", None),
    "reduce_and": _folded("and", 1.0),
    "reduce_or": _folded("or", 0.0),
    "reduce_xor": _folded("xor", 0.0),
    "is_maximum": _is_extreme("ge"),
    "is_minimum": _is_extreme("le"),
    "cumsum": _cumulated("add"),
    "cumprod": _cumulated("mul"),
    "cumlogsumexp": _cumulated("logaddexp"),
    "cummax": _cumulated("max"),
    "cummin": _cumulated("min"),
    "dot_general": _dot_general,
}
