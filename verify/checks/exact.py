"""The exact value of a function at given inputs, to as many digits as wanted."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import numpy as np
from flint import arb

from verify.arithmetic import exact as constants
from verify.arithmetic.arrays import boxed
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.definedness import DEFINEDNESS, Undefined
from verify.arithmetic.errors import Undecided, Unreadable
from verify.arithmetic.interpreter import Program
from verify.arithmetic.jaxprs import float64, trace
from verify.arithmetic.reading import reading
from verify.checks.reader import as_balls

_MOST_BITS = 2**16
_ROOM = 32  # bits beyond the digits asked for


def exact(function: Callable[..., Any], *args: Any, digits: int = 30) -> Any:
    """The exact value of a function at its arguments, as decimal digits that are all right.

    Args:
        function: from real arrays to real arrays, pure and traceable. Its constants are
            the floats that they are stored as.
        *args: real numbers or arrays; a float is the real number it is, a string such as
            "0.1" the decimal that it writes.
        digits: how many to give, at least 1.

    Returns:
        A string such as "0.33333" for a scalar; for arrays, lists or trees of them. The
        last digit may be one off where the value lies between two. "nan" never comes back.

    Raises:
        TypeError: an argument is no real number, or digits no integer.
        ValueError: digits < 1, or a value that is not defined, only estimated (an integral
            over an infinite range, an infinite series, a limit), or not to be had.

    Example:
        >>> import jax.numpy as jnp
        >>> import verify as vf
        >>> vf.exact(jnp.exp, 1.0, digits=20)
        '2.7182818284590452354'
    """
    if isinstance(digits, bool) or not isinstance(digits, int):
        raise TypeError(f"exact needs digits as an integer, got {digits!r}.")
    if digits < 1:
        raise ValueError(f"exact needs digits >= 1, got {digits}.")
    if not callable(function):
        raise TypeError(f"exact needs a function, got {type(function).__name__} {function!r}.")
    shapes = [float64(() if isinstance(a, str) else _floats(a).shape) for a in args]
    program, tree = trace(function, *shapes)
    values = _settled(BALLS.compile(program), args, digits)
    if values is None:
        raise ValueError(f"exact needs a value that can be had, got none: {_why(program, args)}")
    texts = [_texts(v, digits) for v in values]
    return jax.tree.unflatten(tree, texts)


def _settled(program: Program, args: Any, digits: int) -> Any:
    """The values, precision doubling until their digits are known; None where they are not."""
    bits = int(digits * math.log2(10)) + _ROOM
    while bits <= _MOST_BITS:
        with reading(bits=bits, constants="points") as notes:
            try:
                values = program(*map(_argument, args))
            except Undecided:
                values = (arb.nan(),)
            if notes.estimated:
                how = ", ".join(sorted(notes.estimated))
                raise ValueError(f"exact needs a value that is not estimated, got one by {how}.")
            if all(_is_known(v, digits) for value in values for v in boxed(value).flat):
                return values
        bits *= 2
    return None


def _is_known(value: Any, digits: int) -> bool:
    if not isinstance(value, arb):
        return value is not None
    if not value.is_finite():
        return value.is_exact() and not value.is_nan()
    return value.is_zero() or value.rel_accuracy_bits() > digits * math.log2(10) + 4


def _why(program: Any, args: Any) -> str:
    """Why there is no value."""
    with reading(constants="points") as notes:
        try:
            values = DEFINEDNESS.compile(program)(*map(_argument, args))
        except Unreadable as why:
            return str(why)
    lost = [v for value in values for v in boxed(value).flat if isinstance(v, Undefined)]
    if lost:
        return f"it is not defined there, {lost[0].why}."
    if notes.obstacles:
        return f"{sorted(notes.obstacles)[0]}."
    return (
        f"its digits are not settled at {_MOST_BITS} bits (is it zero without being exactly so?)."
    )


def _argument(value: Any) -> Any:
    if isinstance(value, str):
        return constants.ball(str(_fraction(value)))
    return as_balls(_floats(value))


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(float.fromhex(text)) if "x" in text.lower() else Fraction(text)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise ValueError(f"exact needs decimals, fractions or hex floats, got {text!r}.") from None


def _floats(value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "fiubV":
        raise TypeError(f"exact needs real numbers, got {type(value).__name__} {value!r}.")
    result = array.astype(np.float64)
    if not np.all(np.isfinite(result)):
        raise ValueError(f"exact needs finite numbers, got {value!r}.")
    return result


def _texts(value: Any, digits: int) -> Any:
    array = boxed(value)
    texts = np.reshape([_text(v, digits) for v in array.flat], array.shape)
    return texts.tolist()


def _text(value: Any, digits: int) -> str:
    if not isinstance(value, arb):
        return str(value)
    if not value.is_finite():
        return "inf" if value > 0 else "-inf"
    with reading(bits=int(digits * math.log2(10)) + 2 * _ROOM):
        return value.str(digits, radius=False)
