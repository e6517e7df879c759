"""Arrays whose axes go together: a model's parameters and what it is given."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from verify.functions.arguments import REAL, Range, arrays


class Sized(NamedTuple):
    """A value, the names of its axes and its range.

    "... features" stands for any axes, the same for all arguments, and then features; a
    number stands for itself.
    """

    value: ArrayLike
    axes: str = ""
    range: Range = REAL


def sized(function: str, arguments: dict[str, Sized]) -> list[jax.Array]:
    """The arguments in one floating dtype, axes of one name having one size.

    Args:
        function: the name for error messages.
        arguments: by name.

    Returns:
        Arrays in the dtype that all promote to; of integers only, in JAX's default.

    Raises:
        TypeError: an argument is no real number or array of them.
        ValueError: axes do not fit, or a concrete value is outside its range.
    """
    ranges = {name: argument.range for name, argument in arguments.items()}
    values = arrays(function, ranges, **{name: x.value for name, x in arguments.items()})
    sizes: dict[str, Any] = {}
    for (name, argument), value in zip(arguments.items(), values, strict=True):
        _need_axes(function, name, argument.axes.split(), value.shape, sizes)
    return values


def record(function: str, name: str, value: Any, kind: type[Any]) -> Any:
    """The value, where it is a record of this kind.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, kind):
        raise TypeError(
            f"{function} needs {name} as a {kind.__name__}, got {type(value).__name__}."
        )
    return value


def fields(
    function: str,
    name: str,
    value: Any,
    kind: type[Any],
    axes: Mapping[str, str | tuple[str, Range]],
) -> dict[str, Sized]:
    """Fields of a record under the names that a user would write, for `sized`.

    Args:
        function: for error messages.
        name: of the record, for them too.
        value: as the caller gave it.
        kind: what it has to be.
        axes: by field, its axes, or these and its range.

    Raises:
        TypeError: the value is another record.
    """
    record(function, name, value, kind)
    found: dict[str, Sized] = {}
    for field, wanted in axes.items():
        names, within = (wanted, REAL) if isinstance(wanted, str) else wanted
        found[f"{name}.{field}"] = Sized(getattr(value, field), names, within)
    return found


def spread(vector: jax.Array, over: jax.Array) -> jax.Array:
    """A vector along the last axis, with as many leading axes of size one as another array."""
    return jnp.expand_dims(vector, tuple(range(over.ndim - 1)))


def whole(function: str, name: str, value: Any, *, least: int = 0) -> int:
    """The value, where it is an integer of at least so much.

    Raises:
        TypeError: it is no integer.
        ValueError: it is less.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(
            f"{function} needs an integer {name}, got {type(value).__name__} {value!r}."
        )
    if value < least:
        raise ValueError(f"{function} needs {name} >= {least}, got {value}.")
    return value


def _need_axes(
    function: str, name: str, names: list[str], shape: tuple[int, ...], sizes: dict[str, Any]
) -> None:
    """An error where the axes are others than named; new names are given their sizes."""
    if names[:1] == ["..."]:
        first = max(len(shape) - len(names) + 1, 0)
        found = [shape[:first], *shape[first:]]
    else:
        found = list(shape)
    known = [
        int(axis) if axis.isdigit() else sizes.get(axis, size)
        for axis, size in zip(names, found, strict=False)
    ]
    if len(found) != len(names) or known != found:
        raise ValueError(
            f"{function} needs {name} of shape {_written(names, sizes)}, got shape {shape}."
        )
    sizes |= dict(zip(names, found, strict=True))


def _written(names: list[str], sizes: dict[str, Any]) -> str:
    """A shape, with a name for each size that is not known."""
    parts: list[str] = []
    for axis in names:
        size = sizes.get(axis, axis)
        parts += map(str, size) if isinstance(size, tuple) else [str(size)]
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
