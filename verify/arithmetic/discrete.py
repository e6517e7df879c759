"""Integers and three-valued booleans: exact, and shared by every number system.

Integers wrap around as their dtype does. A boolean is True, False or None (undecided).
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.arithmetic.arrays import Elementwise


def logical_not(x: Any) -> Any:
    return None if x is None else not x


def logical_and(x: Any, y: Any) -> Any:
    if x is False or y is False:
        return False
    return None if x is None or y is None else True


def logical_or(x: Any, y: Any) -> Any:
    if x is True or y is True:
        return True
    return None if x is None or y is None else False


def _is_less(x: Any, y: Any) -> Any:
    return logical_and(logical_not(x), y)


def logical_xor(x: Any, y: Any) -> Any:
    return None if x is None or y is None else x != y


def wrapped(dtype: np.dtype) -> Callable[[int], int]:
    """An integer as its dtype keeps it."""
    bits = 8 * dtype.itemsize
    if dtype.kind == "u":
        return lambda value: value % 2**bits
    return lambda value: (value + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)


def _integer(function: Callable[..., Any]) -> Callable[[Any], Elementwise]:
    """A rule for integers; None among the arguments (undecided) stays None."""

    def rule(equation: Any) -> Elementwise:
        dtype = equation.out_avals[0].dtype
        keep = bool if dtype.kind == "b" else wrapped(dtype)
        return Elementwise(lambda *a: None if None in a else keep(function(*a)))

    return rule


def _compared(function: Callable[[int, int], bool]) -> Elementwise:
    """A comparison of integers or booleans; with None, unknown."""
    return Elementwise(lambda x, y: None if x is None or y is None else function(x, y))


def _boolean_or_integer(boolean: Callable[..., Any], integer: Callable[..., Any]) -> Any:
    def rule(equation: Any) -> Elementwise:
        if equation.in_avals[0].dtype.kind == "b":
            return Elementwise(boolean)
        return _integer(integer)(equation)

    return rule


def _truncated(x: int, y: int) -> int:
    quotient = abs(x) // abs(y) if y else -1
    return quotient if (x < 0) == (y < 0) or not y else -quotient


def _remainder(x: int, y: int) -> int:
    return x - y * _truncated(x, y) if y else x


def _sign(x: int) -> int:
    return (x > 0) - (x < 0)


def _bits_set(width: int) -> Callable[[int], int]:
    """How many bits of an integer are set, in two's complement."""
    return lambda x: (x % 2**width).bit_count()


def _convert(equation: Any) -> Elementwise:
    if equation.out_avals[0].dtype.kind == "b":
        return Elementwise(lambda x: None if x is None else x != 0)
    return _integer(int)(equation)


def _logical_shift(equation: Any) -> Elementwise:
    """A shift to the right that brings in zeros from the left."""
    bits = 8 * equation.in_avals[0].dtype.itemsize
    return _integer(lambda x, n: (x % 2**bits) >> n)(equation)


def _shape_only(equation: Any) -> Elementwise:
    return Elementwise(lambda x: x)


RULES: dict[str, Any] = {
    "not": _boolean_or_integer(logical_not, operator.invert),
    "and": _boolean_or_integer(logical_and, operator.and_),
    "or": _boolean_or_integer(logical_or, operator.or_),
    "xor": _boolean_or_integer(logical_xor, operator.xor),
    "add": _boolean_or_integer(logical_or, operator.add),
    "add_any": _boolean_or_integer(logical_or, operator.add),
    "mul": _boolean_or_integer(logical_and, operator.mul),
    "max": _boolean_or_integer(logical_or, max),
    "min": _boolean_or_integer(logical_and, min),
    "sub": _integer(operator.sub),
    "neg": _integer(operator.neg),
    "abs": _integer(abs),
    "sign": _integer(_sign),
    "div": _integer(_truncated),
    "rem": _integer(_remainder),
    "eq": _compared(operator.eq),
    "ne": _compared(operator.ne),
    "lt": _boolean_or_integer(_is_less, operator.lt),
    "le": _boolean_or_integer(lambda x, y: logical_or(logical_not(x), y), operator.le),
    "gt": _boolean_or_integer(lambda x, y: _is_less(y, x), operator.gt),
    "ge": _boolean_or_integer(lambda x, y: logical_or(x, logical_not(y)), operator.ge),
    "clamp": _integer(lambda low, x, high: min(max(x, low), high)),
    "pow": _integer(pow),
    "integer_pow": lambda e: _integer(lambda x: x ** e.params["y"])(e),
    "square": _integer(lambda x: x * x),
    "shift_left": _integer(operator.lshift),
    "shift_right_arithmetic": _integer(operator.rshift),
    "shift_right_logical": _logical_shift,
    "convert_element_type": _convert,
    "stop_gradient": _shape_only,
    "population_count": lambda e: _integer(_bits_set(8 * e.in_avals[0].dtype.itemsize))(e),
}
