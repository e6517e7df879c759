"""Rules of real balls for functions that are monotone, sharp on wide balls too."""

from typing import Any

from flint import arb

from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls import elementary
from verify.arithmetic.balls.enclosure import (
    INFINITY,
    ONE,
    is_infinite,
    monotone,
    monotone_method,
    narrowed,
    non_negative,
)


def erf(x: arb) -> arb:
    return x.sgn() if is_infinite(x) else x.erf()


def erfc(x: arb) -> arb:
    return ONE - x.sgn() if is_infinite(x) else x.erfc()


def logaddexp(x: arb, y: arb) -> arb:
    """The logarithm of exp(x) + exp(y)."""
    return narrowed(_logaddexp(x, y), _logaddexp, x, y)


def _logaddexp(x: arb, y: arb) -> arb:
    low, high = (x, y) if x < y else (y, x)
    if low == -INFINITY or high == INFINITY:
        return high
    return high + (low - high).exp().log1p()


RULES: dict[str, Any] = {
    "logistic": monotone(elementary.logistic),
    "exp": non_negative("{x}.exp()"),
    "log1p": monotone_method("log1p"),
    "rsqrt": monotone_method("rsqrt"),
    "tanh": monotone_method("tanh"),
    "asinh": monotone_method("asinh"),
    "acosh": monotone_method("acosh"),
    "atanh": monotone_method("atanh"),
    "asin": monotone_method("asin"),
    "acos": monotone_method("acos"),
    "erf": monotone(erf),
    "erfc": monotone(erfc),
    "logaddexp": Elementwise(logaddexp),  # for JAX's cumlogsumexp
}
