"""What the outputs of a program ought to be, where that is not what it says."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from flint import arb

from verify.arithmetic.arrays import boxed, unboxed
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.errors import Unreadable
from verify.arithmetic.interpreter import Program
from verify.arithmetic.jaxprs import Closed, float64, trace
from verify.arithmetic.reading import taking_notes
from verify.checks.blame.machine import exactly
from verify.claims.calculus import derivative

Truths = Callable[[Sequence[Any]], Sequence[Any]]
MOST_SLOPES = 16  # of a gradient that are found without rules of differentiation


def as_read(outputs: Sequence[Any]) -> Sequence[Any]:
    """The program's own outputs."""
    return outputs


def of_another(program: Closed, arguments: Sequence[Any]) -> Truths:
    """The outputs of another program at the same arguments."""
    compiled, known = BALLS.compile(program), [exactly(a) for a in arguments]
    return lambda outputs: compiled(*known)


def with_slopes(
    truths: Truths, function: Callable[..., Any], arguments: Sequence[np.ndarray]
) -> Truths:
    """Gradients, replaced by the true derivative where they are certainly another number.

    Args:
        truths: gradients by the rules of differentiation, one for each argument.
        function: from those arguments to a scalar.
        arguments: floats.
    """
    programs = [
        [_slope(function, arguments, number, index) for index in range(argument.size)]
        for number, argument in enumerate(arguments)
    ]

    def corrected(outputs: Sequence[Any]) -> Sequence[Any]:
        known = [exactly(a) for a in arguments]
        return [
            _corrected(gradient, [_read(program, known) for program in slopes])
            for gradient, slopes in zip(truths(outputs), programs, strict=True)
        ]

    return corrected


def _slope(
    function: Callable[..., Any], arguments: Sequence[np.ndarray], number: int, index: int
) -> Program | None:
    """The true derivative in one entry of one argument; None where it cannot be asked for."""
    mask = np.arange(arguments[number].size).reshape(arguments[number].shape) == index

    def slope(*values: Any) -> Any:
        def along(t: Any) -> Any:
            moved = jnp.where(mask, t, values[number]) if mask.ndim else t
            return function(*values[:number], moved, *values[number + 1 :])

        return derivative(along, jnp.ravel(values[number])[index])

    try:
        program, _ = trace(slope, *(float64(a.shape) for a in arguments))
        return BALLS.compile(program)
    except (Unreadable, TypeError):
        return None


def _read(program: Program | None, arguments: Sequence[Any]) -> arb:
    """Its value, unknown where there is none or it is only estimated."""
    if program is None:
        return arb.nan()
    with taking_notes() as notes:
        try:
            (value,) = program(*arguments)
        except Unreadable:
            return arb.nan()
    return arb.nan() if notes.estimated else value


def _corrected(gradient: Any, slopes: Sequence[arb]) -> Any:
    result = boxed(gradient).copy()
    for place, slope in zip(np.ndindex(result.shape), slopes, strict=True):
        value: Any = result[place]
        is_known = isinstance(value, arb) and not value.is_nan()
        if slope.is_finite() and not (is_known and value.overlaps(slope)):
            result[place] = slope
    return unboxed(result)


def entries(arguments: Sequence[np.ndarray]) -> int:
    """How many numbers there are."""
    return sum(math.prod(a.shape) for a in arguments)
