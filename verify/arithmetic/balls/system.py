"""Balls: the reals in rigorous arithmetic (Arb, through python-flint)."""

from collections.abc import Hashable
from typing import Any

from flint import arb

from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls import elementary, ordering
from verify.arithmetic.balls.constants import constant
from verify.arithmetic.interpreter import NumberSystem
from verify.arithmetic.reading import current


def join(left: arb, right: arb) -> arb:
    """The smallest ball around both; unknown where either is."""
    return left.union(right)


def convert_element_type(equation: Any) -> Elementwise:
    """Between kinds of numbers; a change of float width is none in the reals."""
    source, target = equation.in_avals[0].dtype, equation.out_avals[0].dtype
    if target.kind in "iu":
        return Elementwise(_truncated)
    if target.kind == "b":
        return Elementwise(lambda x: ordering.ne(x, arb(0)))
    if source.kind == "b":
        return Elementwise(_from_boolean)
    if source.kind in "iu":
        return Elementwise(_from_integer)
    return Elementwise(lambda x: x, "{0}")


def _from_boolean(x: bool | None) -> arb:
    return arb(0.5, 0.5) if x is None else arb(int(x))


def _from_integer(x: int | None) -> arb:
    return arb.nan() if x is None else arb(x)


def _truncated(x: arb) -> int | None:
    rounded = (x.floor() if x >= 0 else x.ceil()).unique_fmpz()
    return None if rounded is None else int(rounded)


def key() -> Hashable:
    return current()


BALLS = NumberSystem(
    name="balls",
    rules={
        **elementary.RULES,
        **ordering.RULES,
        "convert_element_type": convert_element_type,
    },
    constant=constant,
    join=join,
    key=key,
)
