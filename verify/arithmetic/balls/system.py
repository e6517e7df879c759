"""Balls: the reals in rigorous arithmetic (Arb, through python-flint)."""

from collections.abc import Hashable
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls import elementary, gamma, ordering, powers, rounding, special
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
        return _to_integer(target)
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


def _to_integer(dtype: Any) -> Elementwise:
    """An integer without the fraction; unknown where open, or outside the dtype's range."""
    info = np.iinfo(dtype)

    def apply(x: arb) -> int | None:
        number = rounding.truncate(x).unique_fmpz()
        return int(number) if number is not None and info.min <= number <= info.max else None

    return Elementwise(apply)


def key() -> Hashable:
    return current()


BALLS = NumberSystem(
    name="balls",
    rules={
        **elementary.RULES,
        **ordering.RULES,
        **powers.RULES,
        **rounding.RULES,
        **gamma.RULES,
        **special.RULES,
        "convert_element_type": convert_element_type,
    },
    constant=constant,
    join=join,
    key=key,
)
