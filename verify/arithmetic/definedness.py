"""Balls that know where a function is not defined in the reals.

Arb answers NaN both for "not defined" and for "cannot tell". Here the first is a value of
its own, decided by a rule from the argument: the log of a number that is zero or less for
certain, division by an exact zero. It spreads through arithmetic, and `where` stops it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic.arrays import Elementwise, boxed, unboxed
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.control import at


@dataclass(frozen=True)
class Undefined:
    """A value that does not exist, and why."""

    why: str


_NONE_WHERE: dict[str, tuple[str, Callable[..., bool]]] = {
    "log": ("the log of zero or less", lambda x: x <= 0),
    "log1p": ("log1p of -1 or less", lambda x: x <= -1),
    "sqrt": ("the root of a negative number", lambda x: x < 0),
    "rsqrt": ("the inverse root of zero or less", lambda x: x <= 0),
    "div": ("division by zero", lambda x, y: y.is_zero()),
    "rem": ("a remainder of division by zero", lambda x, y: y.is_zero()),
    "asin": ("asin outside [-1, 1]", lambda x: abs(x) > 1),
    "acos": ("acos outside [-1, 1]", lambda x: abs(x) > 1),
    "acosh": ("acosh under 1", lambda x: x < 1),
    "atanh": ("atanh outside (-1, 1)", lambda x: abs(x) >= 1),
    "erf_inv": ("erf_inv outside (-1, 1)", lambda x: abs(x) >= 1),
    "lgamma": ("a pole of lgamma", lambda x: _is_pole(x)),
    "digamma": ("a pole of digamma", lambda x: _is_pole(x)),
    "pow": ("a power that is not real", lambda x, y: _no_power(x, y)),
}


def _is_pole(x: arb) -> bool:
    return bool(x.is_exact() and x <= 0 and x.is_integer())


def _no_power(x: arb, y: Any) -> bool:
    exponent = arb(y)
    if x.is_zero():
        return bool(exponent < 0)
    return bool(x < 0 and exponent.is_exact() and not exponent.is_integer())


def _negative_power(equation: Any) -> tuple[str, Callable[..., bool]] | None:
    if equation.name == "integer_pow" and equation.params["y"] < 0:
        return "a negative power of zero", lambda x: x.is_zero()
    return _NONE_WHERE.get(equation.name)


def _careful(name: str, rule: Any) -> Callable[[Any], Any]:
    """The rule of balls, which passes on what is undefined and finds what becomes so."""

    def bind(equation: Any) -> Any:
        # What carries a function reads that in plain balls, as do rules that mix entries.
        plain = equation._replace(system=BALLS)
        operation = rule if isinstance(rule, Elementwise) else rule(plain)
        is_number = equation.out_avals[0].dtype.kind not in "iub"
        if not isinstance(operation, Elementwise):
            return lambda *values: operation(*map(_forgotten, values))
        return Elementwise(_elementwise(equation, operation.function, is_number))

    return bind


def _elementwise(equation: Any, function: Callable[..., Any], is_number: bool) -> Any:
    found = _negative_power(equation)

    def apply(*values: Any) -> Any:
        for value in values:
            if isinstance(value, Undefined):
                return value if is_number else None
        if found and found[1](*values):
            return Undefined(f"{found[0]}{at(equation)}")
        return function(*values)

    return apply


def _forgotten(value: Any) -> Any:
    """Undefined entries as unknown ones, for operations that mix entries."""
    array = boxed(value)
    if not any(isinstance(v, Undefined) for v in array.flat):
        return value
    forget = np.frompyfunc(lambda v: arb.nan() if isinstance(v, Undefined) else v, 1, 1)
    return unboxed(forget(array))


def _join(left: Any, right: Any) -> Any:
    if isinstance(left, Undefined) or isinstance(right, Undefined):
        return arb.nan()
    return BALLS.join(left, right)


DEFINEDNESS = replace(
    BALLS,
    name="balls that know where they are defined",
    rules={name: _careful(name, rule) for name, rule in BALLS.rules.items()},
    join=_join,
    is_total=False,
)
