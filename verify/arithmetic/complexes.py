"""Complex balls: integrands off the real line, for rigorous quadrature.

Values that depend on the variable of integration are `acb`; all others stay `arb`. A
value must enclose the function's analytic continuation from the real line. While
`analytic` is demanded, a value whose continuation is not analytic on the ball is NaN.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from flint import acb, arb

from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls import elementary, ordering
from verify.arithmetic.balls.constants import constant
from verify.arithmetic.balls.system import convert_element_type, key
from verify.arithmetic.interpreter import NumberSystem

NAN = acb(arb.nan(), arb.nan())


class _Demand:
    """Whether values must be analytic on their balls; set by the quadrature's callback."""

    analytic = False


@contextlib.contextmanager
def demanding(analytic: bool) -> Iterator[None]:
    before, _Demand.analytic = _Demand.analytic, analytic
    try:
        yield
    finally:
        _Demand.analytic = before


def join(left: Any, right: Any) -> Any:
    """The hull of two branches, of which none is analytic where both occur."""
    if _Demand.analytic:
        return NAN
    if isinstance(left, arb) and isinstance(right, arb):
        return left.union(right)
    return acb(left).union(acb(right))


def _either(real: Callable[..., Any], complex_: Callable[..., Any]) -> Elementwise:
    """A rule for real balls and one for complex ones."""

    def apply(*values: Any) -> Any:
        if all(isinstance(v, arb) for v in values):
            return real(*values)
        return complex_(*map(acb, values))

    return Elementwise(apply)


def _root_like(name: str, origin: int = 0) -> Elementwise:
    """A method of reals right of an origin, left of which its branch cut lies."""

    def apply(x: acb) -> acb:
        if x.real < origin or (_Demand.analytic and not x.real > origin and x.imag.contains(0)):
            return NAN
        return getattr(x, name)()

    return _either(lambda x: getattr(x, name)(), apply)


def _arc(name: str) -> Elementwise:
    """A method that is analytic where the ball keeps within the unit circle's shadow."""

    def apply(x: acb) -> acb:
        inside = abs(x.imag) < 1 if name in ("atan", "asinh") else abs(x.real) < 1
        return getattr(x, name)() if inside or not _Demand.analytic else NAN

    return _either(lambda x: getattr(x, name)(), apply)


def _by_real_part(compare: Callable[[arb, arb], bool | None]) -> Elementwise:
    """A comparison: the real line's answer where the whole ball gives the same one."""
    return _either(compare, lambda x, y: compare(x.real, y.real))


def _power(x: acb, y: acb) -> acb:
    if y.imag.is_zero() and y.real.is_integer():
        n = y.real.unique_fmpz()
        if n is not None and abs(int(n)) < 2**30:
            return x ** int(n) if n >= 0 else 1 / x ** int(-n)
    return NAN if x.real < 0 else x.pow(y, analytic=_Demand.analytic)


def _maximum(x: acb, y: acb) -> acb:
    return x.real_max(y, analytic=_Demand.analytic)


def _minimum(x: acb, y: acb) -> acb:
    return x.real_min(y, analytic=_Demand.analytic)


def _clamp(low: Any, x: Any, high: Any) -> Any:
    if all(isinstance(v, arb) for v in (low, x, high)):
        return ordering.clamp(low, x, high)
    return _minimum(_maximum(acb(x), acb(low)), acb(high))


def _logistic(x: acb) -> acb:
    if x.real > 0:
        return 1 / (1 + (-x).exp())
    grown = x.exp()
    return grown / (1 + grown)


def _converted(equation: Any) -> Elementwise:
    """A step from an undecided boolean to a number is not analytic either."""
    rule = convert_element_type(equation)
    if rule.template:
        return rule

    def apply(x: Any) -> Any:
        if x is None and _Demand.analytic and equation.out_avals[0].dtype.kind not in "iub":
            return NAN
        return rule.function(x.real if isinstance(x, acb) else x)

    return Elementwise(apply)


def _real_only(name: str) -> Elementwise:
    """A function of Arb that is entire or meromorphic: the same method for both."""
    return Elementwise(lambda x: getattr(x, name)())


COMPLEXES = NumberSystem(
    name="complex balls",
    rules={
        **{name: elementary.RULES[name] for name in (
            "add", "add_any", "sub", "mul", "div", "neg", "square", "integer_pow", "exp",
            "exp2", "sin", "cos", "tan", "sinh", "cosh", "tanh", "expm1", "one_minus_square",
        )},
        **{name: _by_real_part(ordering.RULES[name].function)
           for name in ("eq", "ne", "lt", "le", "gt", "ge")},
        "abs": _either(abs, lambda x: x.real_abs(analytic=_Demand.analytic)),
        "sign": _either(ordering.sign, lambda x: x.real_sgn(analytic=_Demand.analytic)),
        "floor": _either(arb.floor, lambda x: x.real_floor(analytic=_Demand.analytic)),
        "ceil": _either(arb.ceil, lambda x: x.real_ceil(analytic=_Demand.analytic)),
        "max": _either(ordering.maximum, _maximum),
        "min": _either(ordering.minimum, _minimum),
        "clamp": Elementwise(_clamp),
        "log": _root_like("log"),
        "log1p": _root_like("log1p", -1),
        "sqrt": _root_like("sqrt"),
        "rsqrt": _root_like("rsqrt"),
        "asin": _arc("asin"),
        "acos": _arc("acos"),
        "atan": _arc("atan"),
        "asinh": _arc("asinh"),
        "acosh": _root_like("acosh", 1),
        "atanh": _arc("atanh"),
        "pow": _either(elementary.power, _power),
        "logistic": _either(elementary.logistic, _logistic),
        "erf": _real_only("erf"),
        "erfc": _real_only("erfc"),
        "digamma": _real_only("digamma"),
        "is_finite": Elementwise(lambda x: True if x.is_finite() else None),
        "convert_element_type": _converted,
    },
    constant=constant,
    join=join,
    key=key,
)  # fmt: skip
