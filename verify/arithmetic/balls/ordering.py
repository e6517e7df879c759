"""Rules of balls for comparisons and what is decided by them."""

from typing import Any

from flint import arb

from verify.arithmetic import discrete
from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls.enclosure import is_infinite


def eq(x: arb, y: arb) -> bool | None:
    if x == y:  # to Arb: both exact, and equal
        return True
    return False if x != y else None


def ne(x: arb, y: arb) -> bool | None:
    return discrete.logical_not(eq(x, y))


def lt(x: arb, y: arb) -> bool | None:
    if x < y:
        return True
    return False if x >= y else None


def le(x: arb, y: arb) -> bool | None:
    if x <= y:
        return True
    return False if x > y else None


def is_finite(x: arb) -> bool | None:
    if x.is_finite():
        return True
    return False if is_infinite(x) else None


def sign(x: arb) -> arb:
    return x if x.is_nan() else x.sgn()


def maximum(x: arb, y: arb) -> arb:
    """The greater one; as it is, where that is decided."""
    if x >= y:
        return x
    return y if y > x else x.max(y)


def minimum(x: arb, y: arb) -> arb:
    """The lesser one; as it is, where that is decided."""
    if x <= y:
        return x
    return y if y < x else x.min(y)


def clamp(low: arb, x: arb, high: arb) -> arb:
    return minimum(maximum(x, low), high)


RULES: dict[str, Any] = {
    "eq": Elementwise(eq),
    "ne": Elementwise(ne),
    "lt": Elementwise(lt),
    "le": Elementwise(le),
    "gt": Elementwise(lambda x, y: lt(y, x)),
    "ge": Elementwise(lambda x, y: le(y, x)),
    "lt_to": Elementwise(lt),
    "le_to": Elementwise(le),
    "eq_to": Elementwise(eq),
    "sign": Elementwise(sign),
    "abs": Elementwise(abs),
    "max": Elementwise(maximum),
    "min": Elementwise(minimum),
    "clamp": Elementwise(clamp),
    "is_finite": Elementwise(is_finite),
}
