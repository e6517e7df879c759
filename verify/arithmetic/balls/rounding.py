"""Rules of balls for rounding to integers and what is left of it."""

from typing import Any

from flint import arb, fmpz

from verify.arithmetic.arrays import Elementwise, inline
from verify.arithmetic.balls.enclosure import HALF, ZERO, is_infinite, step


def floor(x: arb) -> arb:
    """The largest integer up to an exact x."""
    return x if is_infinite(x) else x.floor()


def ceil(x: arb) -> arb:
    """The smallest integer from an exact x on."""
    return x if is_infinite(x) else x.ceil()


def truncated(x: arb) -> arb:
    """An exact x without its fraction."""
    return floor(x) if x >= ZERO else ceil(x)


def nearest_away(x: arb) -> arb:
    """The integer nearest to an exact x, from a tie the one away from zero."""
    return floor(x + HALF) if x >= ZERO else ceil(x - HALF)


def nearest_even(x: arb) -> arb:
    """The integer nearest to an exact x, from a tie the even one."""
    above = x + HALF
    is_tie = above.is_exact() and above.is_integer()
    return 2 * floor(above * HALF) if is_tie else floor(above)


def round_(equation: Any) -> Elementwise:
    to_even = int(equation.params["rounding_method"]) == 1
    return step(nearest_even if to_even else nearest_away)


def remainder(x: arb, y: arb) -> arb:
    """What x leaves over y, of the sign of x; where the quotient is open, all it may be."""
    quotient = truncate(x / y)
    if quotient.is_exact() and quotient.is_finite():
        return x - y * quotient
    if x.is_exact() and y.is_exact() and x.is_finite() and y.is_finite() and not y.is_zero():
        return _exact_remainder(x, y)
    size = y.abs_upper()
    if y.contains(ZERO) or not size.is_finite() or not x.is_finite():
        return arb.nan()
    low, high = (-size).max(x.lower()), size.min(x.upper())
    return low.min(ZERO).union(high.max(ZERO))


def _exact_remainder(x: arb, y: arb) -> arb:
    """The remainder of exact numbers, by arithmetic modulo the second's mantissa."""
    (m, e), (n, f) = ((int(part) for part in number.man_exp()) for number in (x, y))
    low = min(e, f)
    n <<= f - low
    left = abs(m) * pow(2, e - low, abs(n)) % abs(n)
    return arb((fmpz(left if m > 0 else -left), fmpz(low)))


truncate = step(truncated).function

RULES: dict[str, Any] = {
    "floor": step(floor),
    "ceil": step(ceil),
    "round": round_,
    "rem": Elementwise(remainder),
    "reduce_precision": inline("{x}"),
}
