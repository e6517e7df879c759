"""Rules of jets for the special functions.

In one varying argument their Taylor coefficients come from a differential equation or a
recurrence of derivatives; in several at once from Cauchy's formula.
"""

import math
from collections.abc import Callable
from typing import Any

from flint import acb, arb

from verify.arithmetic.balls import gamma
from verify.arithmetic.jets import cauchy
from verify.arithmetic.jets.elementary import analytic, exp, of
from verify.arithmetic.jets.ordering import absolute
from verify.arithmetic.jets.series import (
    ONE,
    ZERO,
    Jet,
    Scalar,
    composed,
    constant_term,
    has_limit,
    unknown,
    whole,
)
from verify.arithmetic.jets.taylor import first_order, integrated


def _lgamma(x: arb, n: int) -> list[arb]:
    return integrated(gamma.lgamma(x), _digamma(x, n - 1))


def _digamma(x: arb, n: int) -> list[arb]:
    return _polygamma(0, x, n)


def _polygamma(order: int, x: arb, n: int) -> list[arb]:
    """Of psi^(m), whose slope is psi^(m+1)."""
    return [gamma.polygamma(arb(order + k), x) / math.factorial(k) for k in range(n)]


def polygamma(m: Scalar, x: Scalar) -> Scalar:
    order = whole(m) if isinstance(m, arb) and m.is_exact() else None
    if order is None or not isinstance(x, Jet):
        return unknown("polygamma of an order that varies")
    return composed(x, lambda c, n: _polygamma(order, c, n))


def zeta(s: Scalar, q: Scalar) -> Scalar:
    """In q alone, Σ binomial(-s, k) h^k times its value at s + k."""
    if isinstance(s, Jet):
        return cauchy.composed(lambda s, q: s.zeta(q), _is_in_zetas_domain, s, q)

    def coefficients(c: arb, n: int) -> list[arb]:
        return [gamma.zeta(s + k, c) * _binomial(-s, k) for k in range(n)]

    return composed(q, coefficients)


def _binomial(s: arb, k: int) -> arb:
    return math.prod(((s - j) / (j + 1) for j in range(k)), start=ONE)


def _is_in_zetas_domain(s: acb, q: acb) -> bool:
    return s.real > 1 and q.real > 0


def _bessel(order: int) -> Callable[[Jet], Scalar]:
    """exp(-|x|) I_n(x), with I_n^(k) = 2^-k Σ binomial(k, j) I_(n-k+2j)."""

    def scaled(x: arb, n: int) -> list[arb]:
        return [_bessel_derivative(order, k, x) / math.factorial(k) for k in range(n)]

    def apply(x: Jet) -> Scalar:
        if not has_limit(x):
            return x if x.why else unknown("a Bessel function towards infinity")
        change = absolute(x) - abs(constant_term(x))
        return composed(x, scaled) * of(exp, arb.exp, -change)

    return apply


def _bessel_derivative(order: int, k: int, x: arb) -> arb:
    """exp(-|x|) I_n^(k)(x)."""
    orders = (order - k + 2 * j for j in range(k + 1))
    terms = (math.comb(k, j) * _scaled_bessel(m, x) for j, m in enumerate(orders))
    return sum(terms, ZERO) / 2**k


def _scaled_bessel(m: int, x: arb) -> arb:
    """exp(-|x|) I_m(x), where I_m is even or odd as m is."""
    if x < 0:
        return (-1) ** m * _scaled_bessel(m, -x)
    return x.bessel_i(arb(m), True) if x > 0 else x.bessel_i(arb(m)) * (-abs(x)).exp()


def _erf_inv(x: arb, n: int) -> list[arb]:
    """Of y with y' = s and s' = 2 y s^2, where s = sqrt(pi) exp(y^2) / 2."""
    y = [x.erfinv()]
    s = [arb.pi().sqrt() * (y[0] * y[0]).exp() / 2]
    for k in range(n - 1):
        y.append(s[k] / (k + 1))
        squares = [sum((s[i] * s[j - i] for i in range(j + 1)), ZERO) for j in range(k + 1)]
        s.append(2 * sum((y[j] * squares[k - j] for j in range(k + 1)), ZERO) / (k + 1))
    return y


def _incomplete_gamma(lower: bool) -> Callable[[Scalar, Scalar], Scalar]:
    """P(a, x) or Q(a, x): in x alone by its density x^(a-1) exp(-x) / gamma(a)."""
    ball, sign = (gamma.igamma, 1) if lower else (gamma.igammac, -1)
    name = "gamma_lower" if lower else "gamma_upper"

    def apply(a: Scalar, x: Scalar) -> Scalar:
        if isinstance(a, Jet):
            function = lambda a, x: getattr(x, name)(a, regularized=1)
            return cauchy.composed(function, _is_positive, a, x)

        def coefficients(c: arb, n: int) -> list[arb]:
            density = sign * ((a - 1) * c.log() - c - a.lgamma()).exp()
            return integrated(ball(a, c), first_order(density, [c, ONE], [a - 1 - c, -ONE], n - 1))

        return composed(x, coefficients)

    return apply


def _is_positive(*values: acb) -> bool:
    return all(v.real > 0 for v in values)


def incomplete_beta(a: Scalar, b: Scalar, x: Scalar) -> Scalar:
    """I_x(a, b): in x alone by its density x^(a-1) (1-x)^(b-1) / B(a, b)."""
    if isinstance(a, Jet) or isinstance(b, Jet):
        function = lambda a, b, x: x.beta_lower(a, b, regularized=1)
        domain = lambda a, b, x: _is_positive(a, b, x, 1 - x)
        return cauchy.composed(function, domain, a, b, x)

    def coefficients(c: arb, n: int) -> list[arb]:
        logarithm = (a - 1) * c.log() + (b - 1) * (1 - c).log()
        density = (logarithm + (a + b).lgamma() - a.lgamma() - b.lgamma()).exp()
        q, m = [c * (1 - c), 1 - 2 * c, -ONE], a + b - 2
        value = gamma.regularized_incomplete_beta(a, b, c)
        return integrated(value, first_order(density, q, [a - 1 - m * c, -m], n - 1))

    return composed(x, coefficients)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "lgamma": analytic(_lgamma),
    "digamma": analytic(_digamma),
    "polygamma": polygamma,
    "zeta": zeta,
    "bessel_i0e": _bessel(0),
    "bessel_i1e": _bessel(1),
    "erf_inv": analytic(_erf_inv),
    "igamma": _incomplete_gamma(True),
    "igammac": _incomplete_gamma(False),
    "regularized_incomplete_beta": incomplete_beta,
}
