"""Arrays of scalars of any number system: NumPy arrays of objects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Elementwise:
    """A rule for one element: a function of scalars and, where short, its source.

    Attributes:
        function: from scalars to a scalar (or, with several results, a tuple).
        template: the same as an expression in {0}, {1}, …, put straight into the code.
        scope: the names that the template uses.
    """

    function: Callable[..., Any]
    template: str | None = None
    scope: Mapping[str, Any] = field(default_factory=dict)


def inline(template: str, **scope: Any) -> Elementwise:
    """An elementwise rule given as an expression in x, y and z."""
    letters = [letter for letter in "xyz" if "{" + letter + "}" in template]
    arguments = dict(zip(letters, (f"{{{i}}}" for i in range(3)), strict=False))
    names = {letter: letter for letter in letters}
    function = eval(f"lambda {', '.join(letters)}: {template.format(**names)}", dict(scope))
    return Elementwise(function, f"({template.format(**arguments)})", scope)


def lift(rule: Elementwise, arity: int, out_avals: Sequence[Any]) -> Callable[..., Any]:
    """The rule on whole values; scalars of its arguments are broadcast."""
    if not any(aval.shape for aval in out_avals):
        return rule.function
    ufunc = _UFUNCS.get(rule.template or "")
    if ufunc and out_avals[0].dtype.kind == "f":
        return ufunc
    if all(aval.size for aval in out_avals):
        return np.frompyfunc(rule.function, arity, len(out_avals))
    empty = [np.empty(aval.shape, object) for aval in out_avals]
    return lambda *_: tuple(empty) if len(empty) > 1 else empty[0]


# Of elements that are objects NumPy asks for their own operators, without a call of Python.
_UFUNCS: Mapping[str, Callable[..., Any]] = {
    "({0} + {1})": np.add,
    "({0} - {1})": np.subtract,
    "({0} * {1})": np.multiply,
    "({0} / {1})": np.true_divide,
}


def boxed(value: Any) -> np.ndarray:
    """A value as an array, a bare scalar as one of shape ()."""
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), object)
    array[()] = value
    return array


def unboxed(array: Any) -> Any:
    """An array as a value: of shape (), the bare scalar in it."""
    return array[()] if isinstance(array, np.ndarray) and array.ndim == 0 else array


def full(shape: Sequence[int], value: Any) -> Any:
    """A value of the shape, each element the same object."""
    if not len(shape):
        return value
    array = np.empty(tuple(shape), object)
    array.fill(value)
    return array
