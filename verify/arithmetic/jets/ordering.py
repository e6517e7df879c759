"""Rules of jets for comparisons, and for functions with kinks and steps.

All are decided by the leading coefficient of a difference: what holds beside a point is what
holds for all small t > 0.
"""

from collections.abc import Callable
from typing import Any

from flint import arb

from verify.arithmetic import discrete
from verify.arithmetic.jets.series import (
    Jet,
    Scalar,
    constant_term,
    has_limit,
    sign_of,
    unknown,
    vanishing,
    whole,
)

HALF = arb("0.5")
TIE = "a comparison that the width of the balls leaves open"


def compare(x: Scalar, y: Scalar) -> int | None:
    """The sign of x - y."""
    return sign_of(x - y)


def eq(x: Scalar, y: Scalar) -> bool | None:
    order = compare(x, y)
    return None if order is None else order == 0


def ne(x: Scalar, y: Scalar) -> bool | None:
    return discrete.logical_not(eq(x, y))


def lt(x: Scalar, y: Scalar) -> bool | None:
    order = compare(x, y)
    return None if order is None else order < 0


def le(x: Scalar, y: Scalar) -> bool | None:
    order = compare(x, y)
    return None if order is None else order <= 0


def is_finite(x: Jet) -> bool | None:
    """A known quantity is finite for every t > 0, whatever its limit."""
    return None if x.why else True


def sign(x: Jet) -> Scalar:
    found = sign_of(x)
    return _undecided(x) if found is None else arb(found)


def _undecided(x: Scalar) -> Jet:
    return x if isinstance(x, Jet) and x.why else unknown(TIE)


def absolute(x: Jet) -> Scalar:
    found = sign_of(x)
    if found is None:
        return _only_order(x)
    return -x if found < 0 else x


def _only_order(x: Scalar) -> Jet:
    """What can be said of ±x, or of x or 0, where it is not known which."""
    if isinstance(x, arb) or x.why or x.valuation <= 0:
        return _undecided(x)
    return vanishing(x.valuation, x.frame)


def maximum(x: Scalar, y: Scalar) -> Scalar:
    """The greater; of two that agree as far as is known, what they have in common."""
    if x is y:
        return x
    difference = x - y
    order = sign_of(difference)
    if order is None:
        return y + _only_order(difference)
    return x if order >= 0 else y


def minimum(x: Scalar, y: Scalar) -> Scalar:
    return x if x is y else -maximum(-x, -y)


def clamp(low: Scalar, x: Scalar, high: Scalar) -> Scalar:
    return minimum(maximum(x, low), high)


def floor(x: Scalar) -> Scalar:
    """The integer below the limit; beside an integer, that below the side in question."""
    if isinstance(x, arb):
        return x.floor()
    if not has_limit(x):
        return x if x.why else unknown("the floor of what has no finite limit")
    limit = constant_term(x)
    below = limit.floor()
    if not (limit.is_exact() and limit.is_integer()):
        return below if below.is_exact() else unknown(TIE)
    side = sign_of(x - limit)
    return _undecided(x) if side is None else below - (side < 0)


def ceil(x: Scalar) -> Scalar:
    return -floor(-x)


def nearest(x: Jet) -> Scalar:
    """The nearest integer; there are no ties beside a point."""
    return floor(x + HALF)


def truncated(x: Scalar) -> Scalar:
    order = sign_of(x)
    if order is None:
        return _undecided(x)
    return ceil(x) if order < 0 else floor(x)


def remainder(x: Scalar, y: Scalar) -> Scalar:
    """x - y trunc(x / y)."""
    return x - y * truncated(x / y)


def integer(x: Scalar) -> int | None:
    """A quantity without its fraction, as the integer that it is beside the point."""
    found = truncated(x)
    return whole(found) if isinstance(found, arb) else None


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "le": le,
    "gt": lambda x, y: lt(y, x),
    "ge": lambda x, y: le(y, x),
    "lt_to": lt,
    "le_to": le,
    "eq_to": eq,
    "is_finite": is_finite,
    "sign": sign,
    "abs": absolute,
    "max": maximum,
    "min": minimum,
    "clamp": clamp,
    "floor": floor,
    "ceil": ceil,
    "round": nearest,
    "rem": remainder,
    "reduce_precision": lambda x: x,
}
