"""Rules of jets for arithmetic and the elementary functions.

A function is composed with a jet through its Taylor coefficients wherever it is analytic;
the rules below add what happens at its branch points, at its poles and towards infinity.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from verify.arithmetic.arrays import Elementwise, inline
from verify.arithmetic.balls import elementary as balls
from verify.arithmetic.jets import taylor
from verify.arithmetic.jets.series import (
    FLAT,
    ONE,
    ZERO,
    Jet,
    Scalar,
    Taylor,
    composed,
    constant_term,
    has_limit,
    integer_power,
    shifted,
    sign_of,
    unknown,
    vanishing,
    whole,
)

HALF, TWO = arb("0.5"), arb(2)
LARGEST_POWER = 2**30  # beyond it, an integer power goes through logarithms


def analytic(function: Taylor) -> Callable[[Jet], Scalar]:
    """A function of a jet from its Taylor coefficients at a ball."""
    return lambda x: composed(x, function)


def towards(below: Any, above: Any, function: Callable[[Jet], Scalar]) -> Callable[[Jet], Scalar]:
    """A function that tends to these limits, faster than any power, at -∞ and at +∞.

    None for a limit that is infinite.
    """

    def apply(x: Jet) -> Scalar:
        if x.why or x.valuation >= 0 or not x.coefficients:
            return function(x)
        sign = sign_of(x)
        limit = above if sign == 1 else below if sign == -1 else None
        if limit is None:
            return unknown("growth beyond every power")
        return vanishing(FLAT, x.frame) + arb(limit)

    return apply


exp = towards(0, None, analytic(taylor.exp))


def exp2(x: Jet) -> Scalar:
    return of(exp, arb.exp, x * TWO.log())


def of(jet: Callable[[Jet], Scalar], ball: Callable[[arb], arb], x: Scalar) -> Scalar:
    """A function of a quantity that may turn out not to depend on t."""
    return ball(x) if isinstance(x, arb) else jet(x)


def log(x: Jet) -> Scalar:
    """log x; beside a zero or a pole all that is said of log t is that it is o(1/t)."""
    if x.why or (x.valuation == 0 and x.coefficients):
        return composed(x, taylor.log)
    sign = sign_of(x)
    if sign == 1:
        return vanishing(0, x.frame)
    return unknown("log of what vanishes at an unknown rate" if sign is None else _NEGATIVE)


_NEGATIVE = "a root or logarithm of a negative number"


def log1p(x: Jet) -> Scalar:
    if has_limit(x) and not (1 + constant_term(x)).is_zero():
        return composed(x, taylor.log1p)
    return of(log, arb.log, ONE + x)


def log2(x: Jet) -> Scalar:
    return log(x) / TWO.log()


def real_power(x: Scalar, p: arb | Fraction) -> Scalar:
    """x^p for x > 0: (c t^v (1 + …))^p = t^(v p) (c (1 + …))^p."""
    exponent = arb(fmpq(p.numerator, p.denominator)) if isinstance(p, Fraction) else p
    if isinstance(x, arb):
        return x**exponent
    if not exponent.is_finite():
        return unknown("a power with an unknown exponent")
    sign = 1 if x.why else sign_of(x)
    if sign != 1:
        return unknown("a power of what vanishes at an unknown rate" if not sign else _NEGATIVE)
    if x.why or not x.valuation:
        return composed(x, lambda c, n: taylor.power(c, exponent, n))
    order = _integer(x.valuation * p)
    if order is None:
        return vanishing(_ceiling(x.valuation * exponent), x.frame)
    unit = shifted(x, -x.valuation, x.frame)
    raised = real_power(unit, p)
    return shifted(raised, order, x.frame)


def _integer(value: arb | Fraction) -> int | None:
    """A number that is an integer exactly, as one."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else None
    return whole(value) if value.is_exact() else None


def _ceiling(value: arb) -> int:
    """The largest integer n (within reason) for which t^value = o(t^(n - 1)) surely."""
    bounded = value.lower().max(arb(-FLAT)).min(arb(FLAT))
    return whole(bounded.ceil()) or 0


def cbrt(x: Jet) -> Scalar:
    sign = sign_of(x)
    if sign is None:
        return x if x.why else unknown("a root of what may be zero")
    root = real_power(x * arb(sign), Fraction(1, 3))
    return root * arb(sign)


def power(x: Scalar, y: Scalar) -> Scalar:
    """x^y: by an integer y as a product, else for x > 0."""
    if isinstance(y, Jet):
        return _varying_power(x, y)
    n = _integer(arb(y)) if arb(y).is_finite() else None
    if n is not None and abs(n) < LARGEST_POWER:
        return integer_power(x, n)
    return real_power(x, arb(y))


def _varying_power(x: Scalar, y: Jet) -> Scalar:
    """x^y = exp(y log x), by way of x^(lim y) where x vanishes."""
    if isinstance(x, arb) and x.is_zero():
        sign = sign_of(y)
        return ZERO if sign == 1 else unknown("a power of zero") if not y.why else y
    if isinstance(x, Jet) and x.valuation and has_limit(y):
        limit = constant_term(y)
        rest = of(exp, arb.exp, (y - limit) * log(x))
        return (ONE if limit.is_zero() else power(x, limit)) * rest
    return of(exp, arb.exp, y * of(log, arb.log, x))


def integer_pow(equation: Any) -> Elementwise:
    n = int(equation.params["y"])
    ball = balls.integer_pow(equation).function
    return Elementwise(lambda x: ball(x) if isinstance(x, arb) else integer_power(x, n))


def atan(x: Jet) -> Scalar:
    """Towards infinity, ±pi/2 less the angle of 1/x."""
    if x.why or x.valuation >= 0:
        return composed(x, taylor.atan)
    sign = sign_of(x)
    if sign is None:
        return unknown("an angle towards an infinity of unknown sign")
    return sign * arb.pi() / 2 - of(atan, arb.atan, ONE / x)


def atan2(y: Scalar, x: Scalar) -> Scalar:
    """The angle of (x, y), by the quotient that has a limit."""
    across, up = sign_of(x), sign_of(y)
    if up == 0 and across:
        return ZERO if across == 1 else arb.pi()
    if across == 1 and not _is_steep(y, x):
        return of(atan, arb.atan, y / x)
    if up:
        return up * arb.pi() / 2 - of(atan, arb.atan, x / y)
    return unknown("an angle whose quadrant is not known")


def _is_steep(y: Scalar, x: Scalar) -> bool:
    """Whether y / x has a pole."""
    return _order(y) < _order(x)


def _order(x: Scalar) -> int:
    return 0 if isinstance(x, arb) else x.valuation


def asin(x: Jet) -> Scalar:
    """asin x = pi/2 - acos x beside 1, and it is odd."""
    if not _is_at_unit(x):
        return composed(x, taylor.asin)
    if constant_term(x) < 0:
        return -asin(-x)
    return arb.pi() / 2 - acos(x)


def acos(x: Jet) -> Scalar:
    """2 asin sqrt((1 - x)/2) beside 1, and pi less that of -x beside -1."""
    if not _is_at_unit(x):
        return composed(x, taylor.acos)
    if constant_term(x) < 0:
        return arb.pi() - acos(-x)
    return TWO * of(asin, arb.asin, _root((ONE - x) * HALF))


def _is_at_unit(x: Jet) -> bool:
    """Whether a jet tends to 1 or to -1 exactly."""
    return has_limit(x) and (abs(constant_term(x)) - 1).is_zero()


def _root(x: Scalar) -> Scalar:
    return of(sqrt, arb.sqrt, x)


def acosh(x: Jet) -> Scalar:
    """acosh x = 2 asinh sqrt((x - 1)/2) beside 1, and log(2 x) + O(1/x^2) towards infinity."""
    if has_limit(x) and (constant_term(x) - 1).is_zero():
        return TWO * of(asinh, arb.asinh, _root((x - ONE) * HALF))
    return vanishing(0, x.frame) if _is_pole(x, 1) else composed(x, taylor.acosh)


def asinh(x: Jet) -> Scalar:
    return vanishing(0, x.frame) if _is_pole(x) else composed(x, taylor.asinh)


def _is_pole(x: Jet, sign: int | None = None) -> bool:
    """Whether a jet tends to an infinity (of this sign)."""
    if x.why or x.valuation >= 0 or not x.coefficients:
        return False
    found = sign_of(x)
    return found is not None and sign in (None, found)


def atanh(x: Jet) -> Scalar:
    """atanh x = log((1 + x) / (1 - x)) / 2 beside ±1."""
    if not _is_at_unit(x):
        return composed(x, taylor.atanh)
    return of(log, arb.log, (ONE + x) / (ONE - x)) * HALF


def sqrt(x: Jet) -> Scalar:
    return composed(x, taylor.sqrt) if _is_regular(x) else real_power(x, Fraction(1, 2))


def rsqrt(x: Jet) -> Scalar:
    return composed(x, taylor.rsqrt) if _is_regular(x) else real_power(x, Fraction(-1, 2))


def _is_regular(x: Jet) -> bool:
    """Whether a jet has a limit other than an exact zero."""
    return has_limit(x) and x.valuation == 0


def logaddexp(x: Scalar, y: Scalar) -> Scalar:
    """log(exp(x) + exp(y)) = x + log(1 + exp(y - x)); the analytic function has no tie."""
    for one, other in ((x, y), (y, x)):
        if isinstance(one, arb) and one == arb.neg_inf():
            return other
    return x + _softplus(y - x)


def _softplus(x: Scalar) -> Scalar:
    """log(1 + exp(x)), which is x + log(1 + exp(-x)) towards infinity."""
    if isinstance(x, arb):
        return x.exp().log1p()
    if _is_pole(x, 1):
        return x + _softplus(-x)
    return vanishing(FLAT, x.frame) if _is_pole(x, -1) else composed(x, taylor.softplus)


def one_minus_square(x: Jet) -> Scalar:
    return (ONE - x) * (ONE + x)


def polynomial(x: Scalar, *coefficients: Scalar) -> Scalar:
    """c_0 + c_1 x + c_2 x^2 + …"""
    result = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        result = result * x + c
    return result


FUNCTIONS: dict[str, Callable[..., Scalar]] = {
    "pow": power,
    "sqrt": sqrt,
    "rsqrt": rsqrt,
    "cbrt": cbrt,
    "exp": exp,
    "exp2": exp2,
    "expm1": towards(-1, None, analytic(taylor.expm1)),
    "log": log,
    "log1p": log1p,
    "log2": log2,
    "logistic": towards(0, 1, analytic(taylor.logistic)),
    "sin": analytic(taylor.sin),
    "cos": analytic(taylor.cos),
    "tan": analytic(taylor.tan),
    "asin": asin,
    "acos": acos,
    "atan": atan,
    "atan2": atan2,
    "sinh": analytic(taylor.sinh),
    "cosh": analytic(taylor.cosh),
    "tanh": towards(-1, 1, analytic(taylor.tanh)),
    "asinh": asinh,
    "acosh": acosh,
    "atanh": atanh,
    "erf": towards(-1, 1, analytic(taylor.erf)),
    "erfc": towards(2, 0, analytic(taylor.erfc)),
    "one_minus_square": one_minus_square,
    "logaddexp": logaddexp,
}

# These are written with operators alone, which balls and jets both have.
RULES: dict[str, Any] = {
    "add": inline("{x} + {y}"),
    "add_any": inline("{x} + {y}"),
    "sub": inline("{x} - {y}"),
    "mul": inline("{x} * {y}"),
    "div": inline("{x} / {y}"),
    "neg": inline("-{x}"),
    "square": inline("{x} * {x}"),
    "integer_pow": integer_pow,
    "polynomial": Elementwise(polynomial),
}
