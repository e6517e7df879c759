"""Jets as a number system: a jaxpr read beside a point.

A rule for jets is met only where an argument is one; of balls alone the rule of balls holds.
"""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic import exact
from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls.constants import constant
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.interpreter import NumberSystem
from verify.arithmetic.jets import elementary, linear, nested, ordering, special
from verify.arithmetic.jets.series import ZERO, Jet, Scalar, unknown
from verify.arithmetic.reading import current


def join(left: Scalar, right: Scalar) -> Scalar:
    """What a branch that could not be decided gives: known only if both are one ball.

    A hull would hide a kink or a jump, and with it that there is no derivative.
    """
    for value in (left, right):
        if isinstance(value, Jet) and value.why:
            return value
    if isinstance(left, arb) and isinstance(right, arb) and left.is_exact() and left == right:
        return left
    return unknown("a branch that could not be decided")


def with_balls(name: str, function: Callable[..., Any]) -> Any:
    """The rule of a primitive: of balls that of balls, of anything with a jet the function."""
    rule = BALLS.rules[name]
    if isinstance(rule, Elementwise):
        return Elementwise(_either(rule.function, function))
    return lambda equation: Elementwise(_either(rule(equation).function, function))


def _either(balls: Callable[..., Any], jets: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*arguments: Any) -> Any:
        for argument in arguments:
            if isinstance(argument, Jet):
                return jets(*arguments)
        return balls(*arguments)

    return apply


def convert_element_type(equation: Any) -> Elementwise:
    source, target = equation.in_avals[0].dtype, equation.out_avals[0].dtype
    if target.kind in "iu":
        return Elementwise(_to_integer(np.iinfo(target)))
    if target.kind == "b":
        return Elementwise(lambda x: ordering.ne(x, ZERO))
    if source.kind in "iub":
        return Elementwise(_from_integer)
    return Elementwise(lambda x: x, "{0}")


def bitcast_convert_type(equation: Any) -> Elementwise:
    """The bits of what varies are not known."""
    is_integer = equation.out_avals[0].dtype.kind in "iu"
    nothing = lambda x: None if is_integer else unknown("the bits of an unknown float")
    balls = BALLS.rules["bitcast_convert_type"](equation).function
    return Elementwise(lambda x: nothing(x) if isinstance(x, Jet) or x is None else balls(x))


def _to_integer(info: Any) -> Callable[[Scalar], int | None]:
    def apply(x: Scalar) -> int | None:
        number = ordering.integer(x)
        return number if number is not None and info.min <= number <= info.max else None

    return apply


def _from_integer(x: int | None) -> Scalar:
    return unknown("an integer that could not be decided") if x is None else arb(int(x))


def key() -> Hashable:
    return current()


FUNCTIONS = {**elementary.FUNCTIONS, **ordering.FUNCTIONS, **special.FUNCTIONS}

JETS = NumberSystem(
    name="one-sided jets",
    rules={
        **elementary.RULES,
        **nested.RULES,
        **linear.RULES,
        **exact.RULES,
        **{name: with_balls(name, function) for name, function in FUNCTIONS.items()},
        "convert_element_type": convert_element_type,
        "bitcast_convert_type": bitcast_convert_type,
    },
    constant=constant,
    join=join,
    key=key,
)
