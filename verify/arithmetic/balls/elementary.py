"""Rules of balls for arithmetic and the elementary functions."""

from typing import Any

from flint import arb

from verify.arithmetic.arrays import Elementwise, inline

HALF = arb("0.5")


def tanh(x: arb) -> arb:
    return x.tanh()


def logistic(x: arb) -> arb:
    """1 / (1 + exp(-x)), with relative accuracy in both tails."""
    if x > 0:
        return 1 / (1 + (-x).exp())
    grown = x.exp()
    return grown / (1 + grown)


def expm1(x: arb) -> arb:
    return x.expm1()


def polynomial(equation: Any) -> Elementwise:
    """The sum of coefficients[k] x^k, by Horner's rule."""

    def apply(x: arb, *coefficients: arb) -> arb:
        value = coefficients[-1]
        for coefficient in coefficients[-2::-1]:
            value = coefficient + x * value
        return value

    return Elementwise(apply)


def integer_pow(equation: Any) -> Elementwise:
    y = int(equation.params["y"])
    if y == 2:
        return inline("{x} * {x}")
    return inline("{x} ** y" if y >= 0 else "1 / {x} ** y", y=abs(y))


def power(x: arb, y: Any) -> arb:
    """x ** y for real x >= 0 or integer y, as floats define it at x = 0."""
    exponent = arb(y)
    if exponent.is_integer():
        n = exponent.unique_fmpz()
        if n is not None and abs(int(n)) < 2**30:
            return x ** int(n) if n >= 0 else 1 / x ** int(-n)
    if x.is_zero() and exponent > 0:
        return arb(0)
    return x**exponent


def squared(x: arb) -> arb:
    return x * x


RULES: dict[str, Any] = {
    "add": inline("{x} + {y}"),
    "add_any": inline("{x} + {y}"),
    "sub": inline("{x} - {y}"),
    "mul": inline("{x} * {y}"),
    "div": inline("{x} / {y}"),
    "neg": inline("-{x}"),
    "square": inline("{x} * {x}"),
    "polynomial": polynomial,
    "integer_pow": integer_pow,
    "pow": Elementwise(power),
    "sqrt": inline("{x}.sqrt()"),
    "rsqrt": inline("{x}.rsqrt()"),
    "cbrt": Elementwise(lambda x: x.root(3) if x >= 0 else -((-x).root(3))),
    "exp": inline("{x}.exp()"),
    "exp2": inline("({x} * two.log()).exp()", two=arb(2)),
    "expm1": inline("{x}.expm1()"),
    "log": inline("{x}.log()"),
    "log1p": inline("{x}.log1p()"),
    "logistic": Elementwise(logistic),
    "sin": inline("{x}.sin()"),
    "cos": inline("{x}.cos()"),
    "tan": inline("{x}.tan()"),
    "asin": inline("{x}.asin()"),
    "acos": inline("{x}.acos()"),
    "atan": inline("{x}.atan()"),
    "atan2": Elementwise(lambda y, x: arb.atan2(y, x)),
    "sinh": inline("{x}.sinh()"),
    "cosh": inline("{x}.cosh()"),
    "tanh": inline("{x}.tanh()"),
    "asinh": inline("{x}.asinh()"),
    "acosh": inline("{x}.acosh()"),
    "atanh": inline("{x}.atanh()"),
    "one_minus_square": Elementwise(lambda x: (1 - x) * (1 + x)),
}
