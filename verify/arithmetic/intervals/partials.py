"""Partial derivatives in intervals, of each function of one argument or two."""

import math
from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np

from verify.arithmetic.intervals.elementary import (
    add,
    divide,
    multiply,
    negative,
    one_minus_square,
    sqrt,
    square,
    subtract,
)
from verify.arithmetic.intervals.system import FUNCTIONS
from verify.arithmetic.intervals.values import Interval, around, chosen, point, unknown

_ONE, _TWO = point(np.float64(1.0)), point(np.float64(2.0))
_ROOT_PI = around(math.sqrt(math.pi))
_LOG_2 = around(math.log(2))

Partials = Callable[..., Sequence[Interval]]


def _inverse(x: Interval) -> Interval:
    return divide(_ONE, x)


def _logistic_slope(x: Interval) -> Interval:
    """logistic(x) logistic(-x), which is at most a quarter."""
    logistic = FUNCTIONS["logistic"]
    slope = multiply(logistic(x), logistic(negative(x)))
    return Interval(slope.low, jnp.minimum(slope.high, 0.25))


def _root(x: Interval) -> Interval:
    """1/sqrt(x)."""
    return _inverse(sqrt(x))


def _bell(x: Interval) -> Interval:
    """The slope 2 exp(-x^2)/sqrt(pi) of erf."""
    return divide(multiply(_TWO, FUNCTIONS["exp"](negative(square(x)))), _ROOT_PI)


def _sign(x: Interval) -> Interval:
    """The sign of what is not near zero."""
    return chosen((x.low > 0) | (x.high < 0), FUNCTIONS["sign"](x), unknown(x.low))


def _of_power(value: Interval, x: Interval, y: Interval) -> Sequence[Interval]:
    lower = FUNCTIONS["pow"](x, subtract(y, _ONE))
    partials = multiply(y, lower), multiply(FUNCTIONS["log"](x), value)
    return [chosen(x.low > 0, p, unknown(p.low)) for p in partials]


def _of_angle(value: Interval, y: Interval, x: Interval) -> Sequence[Interval]:
    size = add(square(x), square(y))
    return divide(x, size), negative(divide(y, size))


def _of_i1e(value: Interval, x: Interval) -> Sequence[Interval]:
    even = subtract(FUNCTIONS["bessel_i0e"](x), divide(value, x))
    return [subtract(even, multiply(_sign(x), value))]


# Of each function of one or two arguments: its value and arguments to its partial derivatives.
PARTIALS: dict[str, Partials] = {
    "neg": lambda v, x: [negative(_ONE)],
    "add": lambda v, x, y: [_ONE, _ONE],
    "add_any": lambda v, x, y: [_ONE, _ONE],
    "sub": lambda v, x, y: [_ONE, negative(_ONE)],
    "mul": lambda v, x, y: [y, x],
    "div": lambda v, x, y: [_inverse(y), negative(divide(v, y))],
    "square": lambda v, x: [multiply(_TWO, x)],
    "one_minus_square": lambda v, x: [multiply(negative(_TWO), x)],
    "sqrt": lambda v, x: [_inverse(multiply(_TWO, v))],
    "rsqrt": lambda v, x: [negative(divide(v, multiply(_TWO, x)))],
    "cbrt": lambda v, x: [_inverse(multiply(point(np.float64(3.0)), square(v)))],
    "abs": lambda v, x: [_sign(x)],
    "exp": lambda v, x: [v],
    "exp2": lambda v, x: [multiply(_LOG_2, v)],
    "expm1": lambda v, x: [FUNCTIONS["exp"](x)],
    "log": lambda v, x: [_inverse(x)],
    "log1p": lambda v, x: [_inverse(add(_ONE, x))],
    "logistic": lambda v, x: [_logistic_slope(x)],
    "tanh": lambda v, x: [multiply(point(np.float64(4.0)), _logistic_slope(multiply(_TWO, x)))],
    "sin": lambda v, x: [FUNCTIONS["cos"](x)],
    "cos": lambda v, x: [negative(FUNCTIONS["sin"](x))],
    "tan": lambda v, x: [_inverse(square(FUNCTIONS["cos"](x)))],
    "asin": lambda v, x: [_root(one_minus_square(x))],
    "acos": lambda v, x: [negative(_root(one_minus_square(x)))],
    "atan": lambda v, x: [_inverse(add(_ONE, square(x)))],
    "atan2": _of_angle,
    "sinh": lambda v, x: [FUNCTIONS["cosh"](x)],
    "cosh": lambda v, x: [FUNCTIONS["sinh"](x)],
    "asinh": lambda v, x: [_root(add(_ONE, square(x)))],
    "acosh": lambda v, x: [_root(multiply(subtract(x, _ONE), add(x, _ONE)))],
    "atanh": lambda v, x: [_inverse(one_minus_square(x))],
    "erf": lambda v, x: [_bell(x)],
    "erfc": lambda v, x: [negative(_bell(x))],
    "erf_inv": lambda v, x: [_inverse(_bell(v))],
    "lgamma": lambda v, x: [FUNCTIONS["digamma"](x)],
    "bessel_i0e": lambda v, x: [subtract(FUNCTIONS["bessel_i1e"](x), multiply(_sign(x), v))],
    "bessel_i1e": _of_i1e,
    "logaddexp": lambda v, x, y: [
        FUNCTIONS["logistic"](subtract(x, y)),
        FUNCTIONS["logistic"](subtract(y, x)),
    ],
    "pow": _of_power,
}
