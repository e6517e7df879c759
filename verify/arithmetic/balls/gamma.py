"""Rules of balls for the gamma function, its kin and its incomplete integrals."""

import math
from typing import Any

from flint import acb, arb, fmpz

from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls.enclosure import (
    ENOUGH,
    INFINITY,
    ONE,
    ZERO,
    common,
    is_infinite,
    narrowed,
    sharpened,
)
from verify.arithmetic.reading import current, settings

# Where the gamma function is smallest on the positive numbers, to 50 digits.
_LOWEST = arb("1.46163214496836234126265954232572132846819620400645 +/- 1e-50")

MOST_TERMS = 10**6  # of a series: enough for arguments up to 10^9, in half a second


def lgamma(x: arb) -> arb:
    """The logarithm of |gamma(x)|."""
    if x > ZERO:
        return x if x == INFINITY else _lgamma_convex(x)
    if not x < ZERO or is_infinite(x):
        return arb.nan()
    return sharpened(_lgamma_reflected, x)


def _lgamma_convex(x: arb) -> arb:
    """The logarithm of gamma(x) for x > 0, where it is convex."""
    value = sharpened(arb.lgamma, x)
    if x.is_exact() or value.rel_accuracy_bits() > ENOUGH:
        return value
    ends = x.lower().lgamma().union(x.upper().lgamma())
    return common(value, ends.union(_LOWEST.lgamma()) if x.overlaps(_LOWEST) else ends)


def _lgamma_reflected(x: arb) -> arb:
    """|gamma(x)| = |pi / sin(pi x)| / gamma(1 - x), for x < 0."""
    return (arb.pi() / abs(x.sin_pi())).log() - (1 - x).lgamma()


def digamma(x: arb) -> arb:
    """The derivative of log |gamma(x)|, increasing between its poles."""
    if x == INFINITY:
        return x
    if _may_be_pole(x):
        return arb.nan()
    return narrowed(sharpened(arb.digamma, x), arb.digamma, x)


def _may_be_pole(x: arb) -> bool:
    """Whether a ball may hold a pole of gamma: zero or a negative integer."""
    return not x > ZERO and x.contains_integer()


def polygamma(n: arb, x: arb) -> arb:
    """The derivative of order n of digamma, for an exact integer n >= 0."""
    order = _exact_integer(n)
    if order is None or order < 0 or _may_be_pole(x):
        return arb.nan()
    if order == 0:
        return digamma(x)
    if x == INFINITY:
        return ZERO
    function = lambda t: acb(t).polygamma(order).real
    value = sharpened(function, x)
    return narrowed(value, function, x) if x > ZERO else value


def _exact_integer(n: arb) -> int | None:
    value: fmpz | None = n.unique_fmpz() if n.is_exact() else None
    return None if value is None else int(value)


def zeta(s: arb, q: arb) -> arb:
    """The sum of (q + k)^-s over k = 0, 1, …, for s > 1."""
    if not s > ONE or _may_be_pole(q):
        return arb.nan()
    if q > ZERO:
        return sharpened(arb.zeta, s, q)
    return acb(s).zeta(acb(q)).real if s.is_integer() else arb.nan()


def igamma(a: arb, x: arb) -> arb:
    """P(a, x): the integral of t^(a-1) exp(-t) from 0 to x, over gamma(a)."""
    if not (a > ZERO and x >= ZERO and a.is_finite()):
        return arb.nan()
    if x == INFINITY:
        return ONE
    return narrowed(sharpened(_lower, a, x), _lower, a, x)


def igammac(a: arb, x: arb) -> arb:
    """Q(a, x) = 1 - P(a, x), with its own relative accuracy."""
    if not (a > ZERO and x >= ZERO and a.is_finite()):
        return arb.nan()
    if x == INFINITY:
        return ZERO
    return narrowed(sharpened(_upper, a, x), _upper, a, x)


def _lower(a: arb, x: arb) -> arb:
    """By a series of positive terms: Arb's own takes seconds at a = x = 10^3, for 25 bits."""
    if x > a:
        return 1 - _upper(a, x)
    if not x > ZERO:
        return x.gamma_lower(a, regularized=1)
    return (a * x.log() - x - (a + 1).lgamma()).exp() * _falling_series(a, x)


def _falling_series(a: arb, x: arb) -> arb:
    """1 + x/(a+1) + x^2/((a+1)(a+2)) + …, the rest under a geometric series."""
    total, term, least = ONE, ONE, arb(2) ** -(current().bits + 8)
    for k in range(1, MOST_TERMS):
        term = term * x / (a + k)
        total = total + term
        if term < least:
            ratio = x / (a + k + 1)
            return total + ZERO.union(term * ratio / (1 - ratio)) if ratio < ONE else arb.nan()
    return arb.nan()


def _upper(a: arb, x: arb) -> arb:
    return x.gamma_upper(a, regularized=1)


def igamma_grad_a(a: arb, x: arb) -> arb:
    """The derivative of P(a, x) in a.

    With f(a) = x^a / a^2 times 2F2(a, a; a + 1, a + 1; -x), it is
    (log x - digamma(a)) P(a, x) - f(a) / gamma(a).
    """
    if not (a > ZERO and x > ZERO and a.is_finite() and x.is_finite()):
        return ZERO if a > ZERO and (x.is_zero() or x == INFINITY) else arb.nan()
    return sharpened(_igamma_slope, a, x)


def _igamma_slope(a: arb, x: arb) -> arb:
    bits = current().bits
    most = 16 * bits
    lost = math.ceil(3 * float(x.upper())) if x < most else most  # the series alternates
    with settings(bits=bits + lost):
        series = (-x).hypgeom([a, a], [a + 1, a + 1])
        value = (x.log() - a.digamma()) * _lower(a, x) - x**a / a**2 * series * a.rgamma()
    return +value


def regularized_incomplete_beta(a: arb, b: arb, x: arb) -> arb:
    """The integral of t^(a-1) (1-t)^(b-1) from 0 to x, over that from 0 to 1."""
    if not (a > ZERO and b > ZERO and x >= ZERO and x <= ONE):
        return arb.nan()
    return narrowed(sharpened(_beta_lower, a, b, x), _beta_lower, a, b, x)


def _beta_lower(a: arb, b: arb, x: arb) -> arb:
    """By the half whose series converges fast: a million terms less at b = 10^6."""
    if x * (a + b) > a:
        return 1 - (1 - x).beta_lower(b, a, regularized=1)
    return x.beta_lower(a, b, regularized=1)


RULES: dict[str, Any] = {
    "lgamma": Elementwise(lgamma),
    "digamma": Elementwise(digamma),
    "polygamma": Elementwise(polygamma),
    "zeta": Elementwise(zeta),
    "igamma": Elementwise(igamma),
    "igammac": Elementwise(igammac),
    "igamma_grad_a": Elementwise(igamma_grad_a),
    "regularized_incomplete_beta": Elementwise(regularized_incomplete_beta),
}
