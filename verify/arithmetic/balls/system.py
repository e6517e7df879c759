"""Balls: the reals in rigorous arithmetic (Arb, through python-flint)."""

from collections.abc import Hashable

from flint import arb

from verify.arithmetic import exact
from verify.arithmetic.balls import (
    converting,
    elementary,
    gamma,
    linear,
    monotone,
    ordering,
    powers,
    rounding,
    special,
    spectral,
)
from verify.arithmetic.balls.constants import constant
from verify.arithmetic.calculus import rules as calculus
from verify.arithmetic.interpreter import NumberSystem
from verify.arithmetic.reading import current


def join(left: arb, right: arb) -> arb:
    """The smallest ball around both; unknown where either is."""
    return left.union(right)


def key() -> Hashable:
    return current()


BALLS = NumberSystem(
    name="balls",
    rules={
        **elementary.RULES,
        **powers.RULES,
        **monotone.RULES,
        **ordering.RULES,
        **rounding.RULES,
        **converting.RULES,
        **gamma.RULES,
        **special.RULES,
        **linear.RULES,
        **spectral.RULES,
        **calculus.RULES,
        **exact.RULES,
    },
    constant=constant,
    join=join,
    key=key,
)
