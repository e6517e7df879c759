"""Taylor coefficients of the elementary functions at a ball, from differential equations.

Each function takes a ball x and a count n and gives g(x), g'(x), g''(x)/2, …, n of them. The
equations are linear with polynomial coefficients, or Riccati's, so that the coefficients
keep the relative accuracy of the first: 1 - tanh(80)^2 = 5e-69 comes out with all its digits.
"""

import math
from collections.abc import Sequence

from flint import arb

ONE, HALF = arb(1), arb("0.5")


def first_order(start: arb, q: Sequence[arb], p: Sequence[arb], n: int) -> list[arb]:
    """Coefficients of u with q u' = p u and u(0) = start; q and p are polynomials in t."""
    u = [start][:n]
    for k in range(n - 1):
        rest = sum((c * u[k - i] for i, c in enumerate(p[: k + 1])), arb(0))
        for i, c in enumerate(q[1 : k + 1], 1):
            rest -= c * (k + 1 - i) * u[k + 1 - i]
        u.append(rest / (q[0] * (k + 1)))
    return u


def integrated(start: arb, slope: Sequence[arb]) -> list[arb]:
    """Coefficients of the function with this value and these coefficients of its slope."""
    return [start, *(c / (k + 1) for k, c in enumerate(slope))]


def riccati(value: arb, slope: arb, a: int, b: int, n: int) -> list[arb]:
    """Coefficients of y with y' = s, s' = (a + b y) s."""
    y, s = [value][:n], [slope]
    for k in range(n - 1):
        y.append(s[k] / (k + 1))
        rest = a * s[k] + b * sum((y[j] * s[k - j] for j in range(k + 1)), arb(0))
        s.append(rest / (k + 1))
    return y


def periodic(derivatives: Sequence[arb], n: int) -> list[arb]:
    """Coefficients from derivatives that repeat."""
    return [derivatives[k % len(derivatives)] / math.factorial(k) for k in range(n)]


def exp(x: arb, n: int) -> list[arb]:
    return periodic([x.exp()], n)


def expm1(x: arb, n: int) -> list[arb]:
    return [x.expm1(), *exp(x, n)[1:]]


def log(x: arb, n: int) -> list[arb]:
    return integrated(x.log(), first_order(1 / x, [x, ONE], [-ONE], n - 1))


def log1p(x: arb, n: int) -> list[arb]:
    return [x.log1p(), *log(1 + x, n)[1:]]


def sqrt(x: arb, n: int) -> list[arb]:
    return first_order(x.sqrt(), [x, ONE], [HALF], n)


def rsqrt(x: arb, n: int) -> list[arb]:
    return first_order(x.rsqrt(), [x, ONE], [-HALF], n)


def power(x: arb, p: arb, n: int) -> list[arb]:
    return first_order(x**p, [x, ONE], [p], n)


def sin(x: arb, n: int) -> list[arb]:
    s, c = x.sin_cos()
    return periodic([s, c, -s, -c], n)


def cos(x: arb, n: int) -> list[arb]:
    s, c = x.sin_cos()
    return periodic([c, -s, -c, s], n)


def sinh(x: arb, n: int) -> list[arb]:
    return periodic(x.sinh_cosh(), n)


def cosh(x: arb, n: int) -> list[arb]:
    return periodic(x.sinh_cosh()[::-1], n)


def tan(x: arb, n: int) -> list[arb]:
    return riccati(x.tan(), 1 / x.cos() ** 2, 0, 2, n)


def tanh(x: arb, n: int) -> list[arb]:
    return riccati(x.tanh(), 4 * _bell(2 * x), 0, -2, n)


def logistic(x: arb, n: int) -> list[arb]:
    """Of s(x) = 1 / (1 + exp(-x)), with s'' = (1 - 2 s) s'."""
    small = (-x if x > 0 else x).exp()
    value = (1 if x > 0 else small) / (1 + small)
    return riccati(value, _bell(x), 1, -2, n)


def softplus(x: arb, n: int) -> list[arb]:
    """Of log(1 + exp(x)), whose slope is the logistic function."""
    value = x + (-x).exp().log1p() if x > 0 else x.exp().log1p()
    return integrated(value, logistic(x, n - 1))


def _bell(x: arb) -> arb:
    """exp(-|x|) / (1 + exp(-|x|))^2, the slope of the logistic function."""
    small = (-x if x > 0 else x).exp()
    return small / (1 + small) ** 2


def atan(x: arb, n: int) -> list[arb]:
    q = 1 + x * x
    return integrated(x.atan(), first_order(1 / q, [q, 2 * x, ONE], [-2 * x, arb(-2)], n - 1))


def atanh(x: arb, n: int) -> list[arb]:
    q = (1 - x) * (1 + x)
    return integrated(x.atanh(), first_order(1 / q, [q, -2 * x, -ONE], [2 * x, arb(2)], n - 1))


def asin(x: arb, n: int) -> list[arb]:
    q = (1 - x) * (1 + x)
    return integrated(x.asin(), first_order(q.rsqrt(), [q, -2 * x, -ONE], [x, ONE], n - 1))


def acos(x: arb, n: int) -> list[arb]:
    return [x.acos(), *(-c for c in asin(x, n)[1:])]


def asinh(x: arb, n: int) -> list[arb]:
    q = 1 + x * x
    return integrated(x.asinh(), first_order(q.rsqrt(), [q, 2 * x, ONE], [-x, -ONE], n - 1))


def acosh(x: arb, n: int) -> list[arb]:
    q = (x - 1) * (x + 1)
    return integrated(x.acosh(), first_order(q.rsqrt(), [q, 2 * x, ONE], [-x, -ONE], n - 1))


def gaussian(x: arb, n: int) -> list[arb]:
    """Of 2 exp(-x^2) / sqrt(pi), the slope of erf."""
    return first_order(2 * (-x * x).exp() / arb.const_sqrt_pi(), [ONE], [-2 * x, arb(-2)], n)


def erf(x: arb, n: int) -> list[arb]:
    return integrated(x.erf(), gaussian(x, n - 1))


def erfc(x: arb, n: int) -> list[arb]:
    return integrated(x.erfc(), [-c for c in gaussian(x, n - 1)])
