"""What functions ask of their arguments: kind, shape, range.

A concrete argument out of its range is an error that names it. A traced one cannot be
looked at, and becomes NaN there.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from verify.arithmetic.jaxprs import is_traced


class Range(NamedTuple):
    """A set of numbers: what it is called, and what lies outside. NaN lies outside of none."""

    name: str
    excludes: Callable[[Any], Any] | None


REAL = Range("real", None)
NON_POSITIVE = Range("non-positive", lambda x: x > 0)
POSITIVE = Range("positive", lambda x: x <= 0)
NON_NEGATIVE = Range("non-negative", lambda x: x < 0)
PROBABILITY = Range("in [0, 1]", lambda x: (x < 0) | (x > 1))


def floats(function: str, **arguments: tuple[ArrayLike, Range]) -> list[jax.Array]:
    """The arguments in one floating dtype, each inside its range.

    Args:
        function: the name for error messages.
        **arguments: by name, the value and its range.

    Returns:
        Arrays in the dtype that they promote to; of integers only, in JAX's default.

    Raises:
        TypeError: an argument is no real number or array of them.
        ValueError: shapes do not broadcast, or a concrete value is outside its range.
    """
    values = {name: _need_real(function, name, value) for name, (value, _) in arguments.items()}
    _need_one_shape(function, {name: np.shape(value) for name, value in values.items()})
    return _kept_in_one_dtype(function, values, {name: r for name, (_, r) in arguments.items()})


def samples(function: str, *, axes: int = 1, **arguments: ArrayLike) -> list[jax.Array]:
    """The arguments in one floating dtype, each a sample along its last axes.

    Samples of one call may differ in size; the axes before them broadcast.

    Args:
        function: the name for error messages.
        axes: how many last axes a sample has.
        **arguments: by name, the value.

    Returns:
        Arrays in the dtype that they promote to; of integers only, in JAX's default.

    Raises:
        TypeError: an argument is no real number or array of them.
        ValueError: a sample is empty or lacks an axis, or the axes before do not broadcast.
    """
    values = {name: _need_real(function, name, value) for name, value in arguments.items()}
    shapes = {name: np.shape(value) for name, value in values.items()}
    for name, shape in shapes.items():
        if len(shape) < axes or 0 in shape[len(shape) - axes :]:
            where = "its last axis" if axes == 1 else f"each of its last {axes} axes"
            raise ValueError(
                f"{function} needs {name} with one entry or more along {where}, got shape {shape}."
            )
    _need_one_shape(function, shapes, own=axes)
    return [jnp.asarray(value, _one_dtype(values)) for value in values.values()]


def arrays(
    function: str, ranges: Mapping[str, Range] | None = None, /, **arguments: ArrayLike
) -> list[jax.Array]:
    """The arguments in one floating dtype, of any shapes.

    Args:
        function: the name for error messages.
        ranges: by name, of the arguments that have one.
        **arguments: by name, the value.

    Returns:
        Arrays in the dtype that they promote to; of integers only, in JAX's default.

    Raises:
        TypeError: an argument is no real number or array of them.
        ValueError: a concrete value is outside its range.
    """
    values = {name: _need_real(function, name, value) for name, value in arguments.items()}
    return _kept_in_one_dtype(function, values, ranges or {})


def _kept_in_one_dtype(
    function: str, values: dict[str, Any], ranges: Mapping[str, Range]
) -> list[jax.Array]:
    """Real values as arrays; ranges are those of the values before they are rounded."""
    dtype = _one_dtype(values)
    return [
        jnp.asarray(_kept(function, name, value, ranges.get(name, REAL)), dtype)
        for name, value in values.items()
    ]


def _one_dtype(values: dict[str, Any]) -> Any:
    dtype = jnp.result_type(*values.values())
    return dtype if jnp.issubdtype(dtype, jnp.floating) else jnp.result_type(float)


def _need_real(function: str, name: str, value: Any) -> Any:
    """The value where it is a real number or an array of them; elsewhere an error."""
    value = jnp.asarray(value) if hasattr(value, "__jax_array__") else value
    if isinstance(value, jax.Array | np.ndarray | np.generic):
        if any(jnp.issubdtype(value.dtype, kind) for kind in (jnp.floating, jnp.integer)):
            return value
        got = f"dtype {value.dtype}"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return value
    else:
        got = f"{type(value).__name__} {value!r}"
    raise TypeError(f"{function} needs {name} as a real number or array, got {got}.")


def _need_one_shape(function: str, shapes: dict[str, tuple[int, ...]], own: int = 0) -> None:
    """An error unless the shapes broadcast, up to so many last axes of each's own."""
    try:
        np.broadcast_shapes(*(shape[: len(shape) - own] for shape in shapes.values()))
    except ValueError:
        got = ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
        where = " before the last axis" if own else ""
        raise ValueError(f"{function} needs shapes that broadcast{where}, got {got}.") from None


def _kept(function: str, name: str, value: Any, wanted: Range) -> Any:
    """The value where it is in its range; elsewhere an error, or NaN where it is traced."""
    if wanted.excludes is None:
        return value
    if is_traced(value):
        return _nan_where(wanted.excludes(value), value)
    numbers = np.asarray(value)
    outside = wanted.excludes(numbers)
    if np.any(outside):
        raise ValueError(f"{function} needs {name} {wanted.name}, got {numbers[outside].flat[0]}.")
    return value


@jax.custom_jvp
def _nan_where(is_outside: jax.Array, x: jax.Array) -> jax.Array:
    """NaN at some places, and there in slopes too, for which JAX would give zero."""
    return jnp.where(is_outside, jnp.nan, x)


@_nan_where.defjvp
def _nan_where_jvp(primals: Any, tangents: Any) -> Any:
    (is_outside, _), (_, dx) = primals, tangents
    return _nan_where(*primals), dx * jnp.where(is_outside, jnp.nan, 1.0).astype(dx.dtype)
