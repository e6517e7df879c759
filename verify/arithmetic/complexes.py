"""Complex balls: integrands off the real line, for rigorous quadrature.

Values that depend on the variable of integration are `acb`; all others stay `arb`. A
value must enclose the function's analytic continuation from the real line. While
`analytic` is demanded, a value whose continuation is not analytic on the ball is NaN.
"""

from collections.abc import Callable
from typing import Any

from flint import acb, arb

from verify.arithmetic import exact
from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls import elementary, ordering, powers
from verify.arithmetic.balls.constants import constant
from verify.arithmetic.balls.converting import convert_element_type
from verify.arithmetic.interpreter import NumberSystem
from verify.arithmetic.reading import current

NAN = acb(arb.nan(), arb.nan())


class Demand:
    """Whether values must be analytic on their balls; set by the quadrature's callback."""

    analytic = False


class Exponential:
    """c exp(L), c a positive real, kept apart so that its log is log c + L.

    On a wide ball exp(L) may reach from nothing to everything, and the log of a ratio of
    two such densities is lost. log c + L is its analytic continuation, without a cut.
    """

    __slots__ = ("exponent", "factor")

    def __init__(self, factor: arb, exponent: acb):
        self.factor, self.exponent = factor, exponent

    @property
    def value(self) -> acb:
        return self.factor * self.exponent.exp()

    def log(self) -> acb:
        return self.factor.log() + self.exponent

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Exponential):
            return Exponential(self.factor * other.factor, self.exponent + other.exponent)
        if isinstance(other, arb) and other > 0:
            return Exponential(self.factor * other, self.exponent)
        return self.value * other

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Exponential):
            return Exponential(self.factor / other.factor, self.exponent - other.exponent)
        if isinstance(other, arb) and other > 0:
            return Exponential(self.factor / other, self.exponent)
        return self.value / other

    def __rtruediv__(self, other: Any) -> Any:
        if isinstance(other, arb) and other > 0:
            return Exponential(other / self.factor, -self.exponent)
        return other / self.value

    def __add__(self, other: Any) -> acb:
        return self.value + plain(other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> acb:
        return self.value - plain(other)

    def __rsub__(self, other: Any) -> acb:
        return other - self.value

    def __neg__(self) -> acb:
        return -self.value

    def __pow__(self, power: int) -> Any:
        return Exponential(self.factor**power, self.exponent * power)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # given _mpc_, acb's operators would take the midpoint alone
            raise AttributeError(name)
        return getattr(self.value, name)


def plain(value: Any) -> Any:
    """A complex or real ball, an exponential multiplied out."""
    return value.value if isinstance(value, Exponential) else value


def _exp(x: Any) -> Any:
    if isinstance(x, arb):
        return x.exp()
    return Exponential(arb(1), acb(plain(x)))


def _log(x: Any) -> Any:
    return x.log() if isinstance(x, Exponential) else _LOG.function(x)


def join(left: Any, right: Any) -> Any:
    """The hull of two branches, of which none is analytic where both occur."""
    if Demand.analytic:
        return NAN
    if isinstance(left, arb) and isinstance(right, arb):
        return left.union(right)
    return acb(plain(left)).union(acb(plain(right)))


def _either(real: Callable[..., Any], complex_: Callable[..., Any]) -> Elementwise:
    """A rule for real balls and one for complex ones."""

    def apply(*values: Any) -> Any:
        if all(isinstance(v, arb) for v in values):
            return real(*values)
        return complex_(*(acb(plain(v)) for v in values))

    return Elementwise(apply)


def _root_like(name: str, origin: int = 0) -> Elementwise:
    """A method of reals right of an origin, left of which its branch cut lies."""

    def apply(x: acb) -> acb:
        if x.real < origin or (Demand.analytic and not x.real > origin and x.imag.contains(0)):
            return NAN
        return getattr(x, name)()

    return _either(lambda x: getattr(x, name)(), apply)


def _arc(name: str) -> Elementwise:
    """A method that is analytic where the ball keeps within the unit circle's shadow."""

    def apply(x: acb) -> acb:
        inside = abs(x.imag) < 1 if name in ("atan", "asinh") else abs(x.real) < 1
        return getattr(x, name)() if inside or not Demand.analytic else NAN

    return _either(lambda x: getattr(x, name)(), apply)


def _by_real_part(compare: Callable[[arb, arb], bool | None]) -> Elementwise:
    """A comparison: the real line's answer where the whole ball gives the same one."""
    return _either(compare, lambda x, y: compare(x.real, y.real))


def _power(x: acb, y: acb) -> acb:
    if y.imag.is_zero() and y.real.is_integer():
        n = y.real.unique_fmpz()
        if n is not None and abs(int(n)) < 2**30:
            return x ** int(n) if n >= 0 else 1 / x ** int(-n)
    return NAN if x.real < 0 else x.pow(y, analytic=Demand.analytic)


def _maximum(x: acb, y: acb) -> acb:
    return x.real_max(y, analytic=Demand.analytic)


def _minimum(x: acb, y: acb) -> acb:
    return x.real_min(y, analytic=Demand.analytic)


def _clamp(low: Any, x: Any, high: Any) -> Any:
    if all(isinstance(v, arb) for v in (low, x, high)):
        return ordering.clamp(low, x, high)
    return _minimum(_maximum(acb(plain(x)), acb(plain(low))), acb(plain(high)))


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
        if x is None and Demand.analytic and equation.out_avals[0].dtype.kind not in "iub":
            return NAN
        number = plain(x)
        return rule.function(number.real if isinstance(number, acb) else number)

    return Elementwise(apply)


def _real_only(name: str) -> Elementwise:
    """A function of Arb that is entire or meromorphic: the same method for both."""
    return Elementwise(lambda x: getattr(x, name)())


_LOG = _root_like("log")

COMPLEXES = NumberSystem(
    name="complex balls",
    rules={
        **{name: elementary.RULES[name] for name in (
            "add", "add_any", "sub", "mul", "div", "neg", "square", "integer_pow", "exp2",
            "sin", "cos", "tan", "sinh", "cosh", "tanh", "expm1", "one_minus_square",
        )},
        **{name: _by_real_part(ordering.RULES[name].function)
           for name in ("eq", "ne", "lt", "le", "gt", "ge")},
        "abs": _either(abs, lambda x: x.real_abs(analytic=Demand.analytic)),
        "sign": _either(ordering.sign, lambda x: x.real_sgn(analytic=Demand.analytic)),
        "floor": _either(arb.floor, lambda x: x.real_floor(analytic=Demand.analytic)),
        "ceil": _either(arb.ceil, lambda x: x.real_ceil(analytic=Demand.analytic)),
        "max": _either(ordering.maximum, _maximum),
        "min": _either(ordering.minimum, _minimum),
        "clamp": Elementwise(_clamp),
        "exp": Elementwise(_exp),
        "log": Elementwise(_log),
        "log1p": _root_like("log1p", -1),
        "sqrt": _root_like("sqrt"),
        "rsqrt": _root_like("rsqrt"),
        "asin": _arc("asin"),
        "acos": _arc("acos"),
        "atan": _arc("atan"),
        "asinh": _arc("asinh"),
        "acosh": _root_like("acosh", 1),
        "atanh": _arc("atanh"),
        "pow": _either(powers.power, _power),
        "logistic": _either(elementary.logistic, _logistic),
        "erf": _real_only("erf"),
        "erfc": _real_only("erfc"),
        "digamma": _real_only("digamma"),
        "is_finite": Elementwise(lambda x: True if x.is_finite() else None),
        **exact.RULES,
        "convert_element_type": _converted,
    },
    constant=constant,
    join=join,
    key=current,
)  # fmt: skip
