"""Reductions over sliding windows, and pooling's derivatives, in every number system."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.arithmetic.arrays import boxed, unboxed
from verify.arithmetic.control import join
from verify.arithmetic.jaxprs import Closed, closed
from verify.arithmetic.reductions import scalar_of, unit
from verify.arithmetic.sorting import ascending, descending, first_index

PADDING = -1  # the place of what lies outside the operand


def places(shape: Any, params: Any) -> np.ndarray:
    """For each window (leading axes) its elements' places in the flat operand, or PADDING."""
    rank = len(shape)
    strides = [int(np.prod(shape[axis + 1 :])) for axis in range(rank)]
    flat, inside = np.zeros((), int), np.ones((), bool)
    for axis in range(rank):
        at = _along(shape[axis], axis, params)
        spread = [1] * (2 * rank)
        spread[axis], spread[rank + axis] = at.shape
        flat = flat + (at * strides[axis]).reshape(spread)
        inside = inside & (at >= 0).reshape(spread)
    whole = np.where(inside, flat, PADDING)
    return whole.reshape((*whole.shape[:rank], -1))


def _along(size: int, axis: int, params: Any) -> np.ndarray:
    """One axis of all windows: (window, element) to the place along the operand, or -1."""
    width, stride = params["window_dimensions"][axis], params["window_strides"][axis]
    low, high = params["padding"][axis]
    apart = params.get("base_dilation", (1,) * (axis + 1))[axis]
    step = params.get("window_dilation", (1,) * (axis + 1))[axis]
    spread = (size - 1) * apart + 1
    count = (spread + low + high - (width - 1) * step - 1) // stride + 1
    at = np.add.outer(np.arange(count) * stride, np.arange(width) * step) - low
    is_inside = (at >= 0) & (at < spread) & (at % apart == 0)
    return np.where(is_inside, at // apart, -1)


def _reduced(name: str) -> Callable[[Any], Callable[..., Any]]:
    """A fold of what a window shows of the operand; padding counts for nothing."""

    def rule(equation: Any) -> Callable[..., Any]:
        combine = scalar_of(equation, name)
        where = places(equation.in_avals[0].shape, equation.params)
        empty = {"add": 0.0, "max": -np.inf, "min": np.inf}[name]

        def fold(elements: np.ndarray, window: np.ndarray) -> Any:
            shown = [elements[i] for i in window if i != PADDING]
            return functools.reduce(combine, shown) if shown else unit(equation, empty)

        return lambda x: _over_windows(fold, x, where)

    return rule


def _over_windows(fold: Callable[..., Any], x: Any, where: np.ndarray) -> Any:
    elements = boxed(x).reshape(-1)
    result = np.empty(where.shape[:-1], object)
    for place in np.ndindex(result.shape):
        result[place] = fold(elements, where[place])
    return unboxed(result)


def reduce_window(equation: Any) -> Callable[..., Any]:
    """A fold by any function of two scalars; padding is the initial value."""
    where = places(equation.in_avals[0].shape, equation.params)
    program = equation.system.compile(_with_consts(equation))

    def apply(x: Any, start: Any) -> Any:
        combine = program.instance()

        def fold(elements: np.ndarray, window: np.ndarray) -> Any:
            shown = (start if i == PADDING else elements[i] for i in window)
            return functools.reduce(lambda a, b: combine(a, b)[0], shown, start)

        return _over_windows(fold, x, where)

    return apply


def _with_consts(equation: Any) -> Closed:
    program = closed(equation.params["jaxpr"])
    return program._replace(consts=program.consts or tuple(equation.params.get("consts", ())))


def reduce(equation: Any) -> Callable[..., Any]:
    """A fold of several arrays at once by any function of scalars."""
    axes = equation.params["dimensions"]
    program = equation.system.compile(_with_consts(equation))
    count, shape = len(equation.out_avals), equation.out_avals[0].shape

    def apply(*operands: Any) -> Any:
        rows = [_rows(boxed(x), axes) for x in operands[:count]]
        step, results = program.instance(), np.empty((count, len(rows[0])), object)
        for i in range(len(rows[0])):
            state = operands[count:]
            for elements in zip(*(row[i] for row in rows), strict=True):
                state = step(*state, *elements)
            results[:, i] = state
        values = [unboxed(result.reshape(shape)) for result in results]
        return values[0] if count == 1 else tuple(values)

    return apply


def _rows(x: np.ndarray, axes: Any) -> np.ndarray:
    """The elements to fold, one row for each result."""
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    size = int(np.prod([x.shape[axis] for axis in axes]))
    return x.transpose([*kept, *axes]).reshape(-1, size)


def _chosen(equation: Any, operand: np.ndarray, window: np.ndarray) -> tuple[list[int], bool]:
    """The place that a pooling chooses in a window; where undecided, all that it shows."""
    order_of = descending if equation.params["select_prim"].name == "ge" else ascending
    shown = [int(i) for i in window if i != PADDING]
    alike = equation._replace(in_avals=[equation.in_avals[1]])
    best = first_index(order_of(alike), [operand[i] for i in shown])
    return (shown, False) if best is None else ([shown[best]], True)


def select_and_gather_add(equation: Any) -> Callable[..., Any]:
    """The tangent of the element that each window chooses."""
    where = places(equation.in_avals[0].shape, equation.params)

    def apply(tangents: Any, operand: Any) -> Any:
        values = boxed(operand).reshape(-1)

        def fold(elements: np.ndarray, window: np.ndarray) -> Any:
            candidates, _ = _chosen(equation, values, window)
            hull = functools.partial(join, equation.system)
            return functools.reduce(hull, [elements[i] for i in candidates])

        return _over_windows(fold, tangents, where)

    return apply


def select_and_scatter_add(equation: Any) -> Callable[..., Any]:
    """Each window's cotangent, added to the element that the window chooses."""
    where = places(equation.in_avals[1].shape, equation.params)
    add, zero = scalar_of(equation, "add"), unit(equation, 0.0)

    def apply(cotangents: Any, operand: Any) -> Any:
        values = boxed(operand).reshape(-1)
        result = np.array([*[zero] * len(values), None], object)[:-1]
        for place, cotangent in np.ndenumerate(boxed(cotangents)):
            candidates, is_decided = _chosen(equation, values, where[place])
            share = cotangent if is_decided else join(equation.system, zero, cotangent)
            for i in candidates:
                result[i] = add(result[i], share)
        return unboxed(result.reshape(equation.out_avals[0].shape))

    return apply


RULES: dict[str, Any] = {
    "reduce": reduce,
    "reduce_window": reduce_window,
    "reduce_window_sum": _reduced("add"),
    "reduce_window_max": _reduced("max"),
    "reduce_window_min": _reduced("min"),
    "select_and_gather_add": select_and_gather_add,
    "select_and_scatter_add": select_and_scatter_add,
}
