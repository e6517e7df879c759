"""What an LSTM is given: parameters and states, and whether they fit each other."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Real

from verify.functions.arguments import REAL, floats


class LSTMParameters(NamedTuple):
    """Weights and biases of z = W x + U h + b, stacked: forget, input, output, candidate."""

    W: Real[ArrayLike, "4 hidden inputs"]
    U: Real[ArrayLike, "4 hidden hidden"]
    b: Real[ArrayLike, "4 hidden"]


class LSTMState(NamedTuple):
    """What a step hands to the next: the hidden state h and the cell c."""

    h: Real[ArrayLike, "*steps hidden"]
    c: Real[ArrayLike, "*steps hidden"]


def fitting(
    function: str,
    parameters: LSTMParameters,
    state: LSTMState | None,
    **others: tuple[ArrayLike, str],
) -> tuple[Any, ...]:
    """Parameters, a state and other arrays, all in one floating dtype.

    Args:
        function: the name for error messages.
        parameters: as the caller gave them.
        state: as the caller gave it; None stands for zeros.
        **others: by name, an array and its axes among steps, hidden and inputs.

    Returns:
        The parameters, the state, the others in order.

    Raises:
        TypeError: parameters or state is of another type, or an array is not real.
        ValueError: shapes do not fit each other.
    """
    given = _named(function, "parameters", parameters, LSTMParameters)
    if state is not None:
        given |= _named(function, "state", state, LSTMState)
    given |= {name: value for name, (value, _) in others.items()}
    arrays = _in_one_dtype(function, given)
    _need_shapes(function, arrays, {name: axes for name, (_, axes) in others.items()})
    W, U, b, *rest = arrays.values()
    if state is None:
        rest = [jnp.zeros_like(b[0]), jnp.zeros_like(b[0]), *rest]
    return LSTMParameters(W, U, b), LSTMState(rest[0], rest[1]), *rest[2:]


def _named(function: str, name: str, record: Any, kind: type) -> dict[str, Any]:
    """The fields of a record under the names that a user would write."""
    if not isinstance(record, kind):
        raise TypeError(f"{function} needs {name} as {kind.__name__}, got {type(record).__name__}.")
    return {f"{name}.{field}": value for field, value in zip(kind._fields, record, strict=True)}


def _in_one_dtype(function: str, values: dict[str, Any]) -> dict[str, jax.Array]:
    """Real arrays in the floating dtype that all promote to."""
    for name, value in values.items():
        floats(function, **{name: (value, REAL)})
    dtype = jnp.result_type(*values.values())
    if not jnp.issubdtype(dtype, jnp.floating):
        dtype = jnp.result_type(float)
    return {name: jnp.asarray(value, dtype) for name, value in values.items()}


_AXES = {
    "parameters.U": "4 hidden hidden",
    "parameters.b": "4 hidden",
    "state.h": "hidden",
    "state.c": "hidden",
}


def _need_shapes(function: str, arrays: dict[str, jax.Array], axes: dict[str, str]) -> None:
    """Every array has the axes it is said to have, in the sizes that the first one gives."""
    W = arrays["parameters.W"]
    if W.ndim != 3 or len(W) != 4:
        wanted = "(4, hidden, inputs)"
        raise ValueError(f"{function} needs parameters.W of shape {wanted}, got shape {W.shape}.")
    sizes = {"4": 4, "hidden": W.shape[1], "inputs": W.shape[2]}
    known = _AXES | axes
    for name, array in arrays.items():
        if name in known:
            _need_shape(function, name, array, known[name].split(), sizes)


def _need_shape(
    function: str, name: str, array: jax.Array, axes: list[str], sizes: dict[str, int]
) -> None:
    """The array has these axes; the first one with steps says how many there are."""
    if "steps" in axes and array.ndim == len(axes):
        sizes.setdefault("steps", len(array))
    wanted = ", ".join(str(sizes.get(axis, axis)) for axis in axes) + "," * (len(axes) == 1)
    if array.shape != tuple(sizes.get(axis) for axis in axes):
        raise ValueError(
            f"{function} needs {name} of shape ({wanted}), got shape {array.shape};"
            " map over more with jax.vmap."
        )
