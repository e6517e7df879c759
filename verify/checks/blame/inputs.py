"""What a function is asked about: its arguments as floats of a dtype, and whether they fit."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic.errors import WrongKindError, WrongValueError
from verify.arithmetic.jaxprs import x64
from verify.arithmetic.ulps import Format, format_of
from verify.checks.blame.steps import Steps
from verify.claims.collecting import file_of, name_of


class Inputs(NamedTuple):
    """A function of flat arrays, and where it is to be looked at.

    Attributes:
        name: of the function.
        function: from arrays to what it returns.
        arrays: of the dtype.
        names: of the arrays, as the function's author named them.
        format: of the floats.
        file: in which the function is written.
    """

    name: str
    function: Callable[..., Any]
    arrays: list[np.ndarray]
    names: list[str]
    format: Format
    file: str

    @property
    def is_wide(self) -> bool:
        """Whether x64 is on where the function runs."""
        return self.format.is_double

    @property
    def shapes(self) -> list[jax.ShapeDtypeStruct]:
        """Of the arrays, and their dtype."""
        with x64(self.is_wide):
            return [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in self.arrays]


def inputs_of(function: Callable[..., Any], args: tuple[Any, ...], dtype: Any) -> Inputs:
    """The function and its arguments, rounded to the dtype.

    Raises:
        TypeError: there is no function, no such dtype, or an argument that is not real.
        ValueError: an argument is not finite in the dtype, or their number is wrong.
    """
    format = format_of("blame", dtype)
    if not callable(function):
        raise WrongKindError(f"blame needs a function, got {type(function).__name__} {function!r}.")
    name = name_of(function)
    named = _named(function, name, args)
    leaves, tree = jax.tree_util.tree_flatten_with_path(tuple(map(_as_array, args)))
    if not leaves:
        raise WrongValueError(f"blame needs arguments at which to look at {name}, got none.")
    paths = [named[path[0].idx] + jax.tree_util.keystr(path[1:]) for path, _ in leaves]
    arrays = [_rounded(path, leaf, format) for path, (_, leaf) in zip(paths, leaves, strict=True)]
    return Inputs(name, lambda *flat: function(*jax.tree.unflatten(tree, flat)), arrays, paths,
                  format, file_of(function))  # fmt: skip


def _named(function: Callable[..., Any], name: str, args: tuple[Any, ...]) -> list[str]:
    """The names of a function's arguments."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a builtin that does not say
        return [f"argument {i}" for i in range(len(args))]
    try:
        bound = signature.bind(*args)
    except TypeError as error:
        raise WrongValueError(
            f"blame needs the arguments of {name}{signature}, got {len(args)}: {error}."
        ) from None
    names = []
    for parameter, value in bound.arguments.items():
        is_many = signature.parameters[parameter].kind is inspect.Parameter.VAR_POSITIONAL
        names += [f"{parameter}[{i}]" for i in range(len(value))] if is_many else [parameter]
    return names


def _as_array(value: Any) -> Any:
    """A list of numbers, or of lists of numbers, as the array that it writes."""
    numbers = all(isinstance(leaf, int | float) for leaf in jax.tree.leaves(value))
    return np.asarray(value, float) if isinstance(value, list) and numbers else value


def _rounded(name: str, value: Any, format: Format) -> np.ndarray:
    array = np.asarray(value)
    if not (jnp.issubdtype(array.dtype, np.floating) or array.dtype.kind in "iu"):
        raise WrongKindError(f"blame needs real numbers for {name}, got {array.dtype} {value!r}.")
    with np.errstate(over="ignore"):
        rounded = array.astype(format.dtype)
    if not np.all(np.isfinite(rounded)):
        raise WrongValueError(
            f"blame needs numbers that are finite in {format.name} for {name}, got {value!r}."
        )
    return rounded


def need_scalar(inputs: Inputs, traced: Callable[..., Any]) -> None:
    """A gradient is that of one number.

    Raises:
        ValueError: the function returns something else.
    """
    shape = jax.tree.leaves(traced(inputs.function))
    if len(shape) == 1 and shape[0].shape == () and jnp.issubdtype(shape[0].dtype, np.floating):
        return
    got = ", ".join(f"{s.dtype}{list(s.shape)}" for s in shape) or "nothing"
    raise WrongValueError(
        f"blame needs a function that returns one real number for its gradient,"
        f" got {inputs.name}, which returns {got}."
    )


def need_reals(inputs: Inputs, steps: Steps) -> None:
    """Errors in ulps are those of real numbers.

    Raises:
        ValueError: a step has complex ones.
    """
    for step in steps.steps:
        for variable in (*step.equation.invars, *step.equation.outvars):
            if jnp.issubdtype(variable.aval.dtype, np.complexfloating):
                place = f" at {step.where}" if step.where else ""
                raise WrongValueError(
                    f"blame needs real numbers throughout, got {inputs.name}, which has"
                    f" {variable.aval.dtype}{place}."
                )


def need_floats(inputs: Inputs, outputs: list[Any]) -> None:
    """Errors are those of floats.

    Raises:
        ValueError: no output is one.
    """
    if any(jnp.issubdtype(a.dtype, np.floating) and a.size for a in outputs):
        return
    got = ", ".join(f"{a.dtype}{list(a.shape)}" for a in outputs) or "nothing"
    raise WrongValueError(
        f"blame needs a function that returns floats, got {inputs.name}, which returns {got}."
    )
