"""Rules for arithmetic and the elementary functions, the same on real and complex balls.

Real balls have sharper ones for some, in `powers` and `monotone`.
"""

from typing import Any

from flint import arb

from verify.arithmetic.arrays import Elementwise, inline

_ONE = arb(1)


def logistic(x: arb) -> arb:
    """1 / (1 + exp(-x)) for a real x, with relative accuracy in both tails."""
    value = _ONE / (_ONE + (-x).exp())
    if value.is_finite():
        return value
    grown = x.exp()
    return grown / (_ONE + grown)


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
    "sqrt": inline("{x}.sqrt()"),
    "rsqrt": inline("{x}.rsqrt()"),
    "exp": inline("{x}.exp()"),
    "exp2": inline("({x} * two.log()).exp()", two=arb(2)),
    "expm1": inline("{x}.expm1()"),
    "log": inline("{x}.log()"),
    "log1p": inline("{x}.log1p()"),
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
