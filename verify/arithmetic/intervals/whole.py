"""Rules of intervals for whole numbers: computed as they are, known where their sources are."""

import functools
import operator
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from verify.arithmetic.intervals.values import Truth, Value, Whole, kind_of

_ELEMENTWISE = (
    *("add", "add_any", "sub", "mul", "neg", "abs", "sign", "max", "min", "div", "rem", "clamp"),
    *("and", "or", "xor", "not", "eq", "ne", "lt", "le", "gt", "ge", "pow", "integer_pow"),
    *("square", "shift_left", "shift_right_arithmetic", "shift_right_logical", "clz"),
    "population_count",
)
_OF_ALL = (
    *("reduce_sum", "reduce_prod", "reduce_max", "reduce_min", "reduce_and", "reduce_or"),
    *("reduce_xor", "cumsum", "cumprod", "cummax", "cummin", "argmax", "argmin", "dot_general"),
    *("sort", "reduce_window_sum", "reduce_window_max", "reduce_window_min"),
    *("scatter-add", "scatter-sub", "scatter-mul", "scatter-min", "scatter-max"),
)


def elementwise(equation: Any) -> Callable[..., Value]:
    """A function of whole numbers, known where all of them are."""

    def apply(*values: Whole) -> Value:
        found = equation.primitive.bind(*(v.value for v in values), **equation.params)
        known = functools.reduce(operator.and_, (v.known for v in values))
        return _result(found, jnp.broadcast_to(known, found.shape))

    return apply


def of_all(equation: Any) -> Callable[..., Any]:
    """A function of arrays of whole numbers, known where every element is."""

    def apply(*values: Whole) -> Any:
        found = equation.primitive.bind(*(v.value for v in values), **equation.params)
        known = functools.reduce(operator.and_, (jnp.all(v.known) for v in values))
        several = found if isinstance(found, tuple | list) else [found]
        results = [_result(each, jnp.broadcast_to(known, each.shape)) for each in several]
        return results[0] if len(results) == 1 else tuple(results)

    return apply


def _result(found: Any, known: Any) -> Value:
    is_truth = kind_of(found.dtype) is Truth
    return Truth(known & found, known & ~found) if is_truth else Whole(found, known)


RULES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_ELEMENTWISE, elementwise),
    **dict.fromkeys(_OF_ALL, of_all),
}
