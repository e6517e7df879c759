"""Programs read in balls, for tests: at floats, at balls, and what a reading must hold."""

import functools

import jax
import numpy as np
from flint import arb
from mpmath import mp, mpf

from verify.arithmetic import jaxprs
from verify.arithmetic.balls.constants import exact
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.reading import reading


@functools.cache
def program(function, *shapes):
    """The function compiled for balls, for float64 arguments of these shapes."""
    avals = [jaxprs.float64(shape) for shape in shapes]
    return BALLS.compile(jaxprs.trace(function, *avals)[0])


def read(function, *arguments, bits=128, constants="points"):
    """The function's outputs in balls at floats, balls, or arrays of either."""
    values = [as_balls(argument) for argument in arguments]
    with reading(bits=bits, constants=constants):
        return program(function, *map(np.shape, values))(*values)


def as_balls(value):
    """A float as the exact ball of it, a ball as it is; arrays element by element."""
    if isinstance(value, arb):
        return value
    if np.ndim(value) == 0:
        return exact(float(value))
    return np.frompyfunc(as_balls, 1, 1)(np.asarray(value)).astype(object)


def floats(function, *arguments):
    """The function's outputs by JAX itself, in float64."""
    with jaxprs.x64():
        return [np.asarray(x) for x in jax.tree.leaves(function(*map(np.float64, arguments)))]


def around(value, digits=45):
    """A ball around a number of mpmath's that is right to this many digits, or to 1e-35."""
    with mp.workdps(60), reading(bits=256):
        radius = abs(mpf(value)) * mpf(10) ** -digits + (mpf("1e-35") if digits < 30 else 0)
        return arb(mp.nstr(mpf(value), digits + 10), mp.nstr(radius, 5))


def elements(value):
    """The scalars of a value, in order."""
    return list(value.flat) if isinstance(value, np.ndarray) else [value]


def holds(ball, value):
    """Whether a ball holds a number; one that is unknown holds any."""
    return ball.is_nan() or bool(ball.overlaps(value))


def has_digits(ball, bits):
    """Whether a ball is exact or known to this many bits."""
    return ball.is_finite() and (ball.is_exact() or ball.rel_accuracy_bits() >= bits)


def near(ball, number, tolerance):
    """Whether a ball's middle is a float but for a relative tolerance (absolute under 1)."""
    middle = float(ball.mid()) if isinstance(ball, arb) else float(ball)
    return middle == number or abs(middle - number) <= tolerance * max(1.0, abs(number))
