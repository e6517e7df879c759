"""Constants that are exact: decimals, fractions and pi, at any precision."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import arb, fmpq, fmpz


def ball(text: str) -> arb:
    """The ball around an exact constant at the working precision."""
    if text == "pi":
        return arb.pi()
    number = Fraction(text)
    return arb(fmpq(fmpz(number.numerator), fmpz(number.denominator)))


def exact_constant(equation: Any) -> Callable[[], arb]:
    text = equation.params["text"]
    return lambda: ball(text)


RULES = {"exact_constant": exact_constant}
