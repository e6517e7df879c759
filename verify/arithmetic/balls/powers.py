"""Rules of real balls for powers, sharp on balls that hold zero."""

from typing import Any

from flint import arb

from verify.arithmetic.arrays import Elementwise, inline
from verify.arithmetic.balls.enclosure import (
    ONE,
    ZERO,
    is_infinite,
    monotone,
    narrowed,
    non_negative,
)

LARGEST = 2**30  # exponents up to here are integers to Arb


SQUARE = non_negative("{x} * {x}")


def integer_power(x: arb, n: int) -> arb:
    """x^n; on a ball around zero from its ends, and for an even n never negative."""
    if n < 0:
        return 1 / integer_power(x, -n)
    if n == 0:
        return ONE
    if not x.contains(ZERO):
        return _monotone_power(x, n) if x.is_finite() else _infinite_power(x, n)
    if n % 2:
        return (x.lower() ** n).union(x.upper() ** n)
    return ZERO.union(x.abs_upper() ** n).nonnegative_part()


def _monotone_power(x: arb, n: int) -> arb:
    return narrowed(x**n, lambda end: end**n, x)


def _infinite_power(x: arb, n: int) -> arb:
    if not is_infinite(x):
        return arb.nan()
    return x if n % 2 else abs(x)


def integer_pow(equation: Any) -> Elementwise:
    n = int(equation.params["y"])
    if n == 2:
        return SQUARE
    return Elementwise(lambda x: integer_power(x, n))


def power(x: arb, y: arb) -> arb:
    """x^y for x >= 0 or an exact integer y; 0^0 is 1, as floats have it."""
    n = y.unique_fmpz() if y.is_exact() else None
    if n is not None and abs(int(n)) < LARGEST:
        return integer_power(x, int(n))
    if n is not None and x < ZERO:  # too large to multiply out: by its parity
        size = power(-x, y)
        return -size if int(n) % 2 else size
    if x > ZERO:
        return narrowed(_positive_power(x, y), _positive_power, x, y)
    if not (x >= ZERO and y > ZERO):
        return arb.nan()
    if x.is_zero():
        return x
    top = x.upper()
    return ZERO.union(_positive_power(top, y.lower())).union(_positive_power(top, y.upper()))


def _positive_power(x: arb, y: arb) -> arb:
    """x^y for x > 0, monotone in each."""
    if is_infinite(x):
        return x if y > ZERO else ZERO if y < ZERO else arb.nan()
    return x**y


def cbrt(x: arb) -> arb:
    if x.is_zero():
        return x
    if x >= ZERO:
        return x.root(3)
    return -((-x).root(3)) if x <= ZERO else arb.nan()


RULES: dict[str, Any] = {
    "square": SQUARE,
    "integer_pow": integer_pow,
    "pow": Elementwise(power),
    "cbrt": monotone(cbrt),
    "exp2": inline("two ** {x}", two=arb(2)),
    "log2": inline("{x}.log_base(2)"),
}
