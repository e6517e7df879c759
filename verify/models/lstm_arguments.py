"""What an LSTM is given: parameters and states, and whether they fit each other."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Real

from verify.models.sizes import Sized, fields, sized

_AXES = {"W": "4 hidden inputs", "U": "4 hidden hidden", "b": "4 hidden"}


class LSTMParameters(NamedTuple):
    """Weights and biases of z = W x + U h + b, stacked: forget, input, output, candidate."""

    W: Real[Array, "4 hidden inputs"]
    U: Real[Array, "4 hidden hidden"]
    b: Real[Array, "4 hidden"]


class LSTMState(NamedTuple):
    """What a step hands to the next: the hidden state h and the cell c."""

    h: Real[Array, "*steps hidden"]
    c: Real[Array, "*steps hidden"]


def fitting(
    function: str, parameters: LSTMParameters, state: LSTMState | None, **others: Sized
) -> tuple[Any, ...]:
    """Parameters, a state and other arrays, all in one floating dtype.

    Args:
        function: the name for error messages.
        parameters: as the caller gave them.
        state: as the caller gave it; None stands for zeros.
        **others: by name, an array with its axes among steps, hidden and inputs.

    Returns:
        The parameters, the state, the others in order.

    Raises:
        TypeError: parameters or state is of another type, or an array is not real.
        ValueError: shapes do not fit each other.
    """
    given = fields(function, "parameters", parameters, LSTMParameters, _AXES)
    if state is not None:
        given |= fields(function, "state", state, LSTMState, {"h": "hidden", "c": "hidden"})
    W, U, b, *rest = sized(function, given | others)
    if state is None:
        rest = [jnp.zeros_like(b[0]), jnp.zeros_like(b[0]), *rest]
    return LSTMParameters(W, U, b), LSTMState(rest[0], rest[1]), *rest[2:]


def need_steps(function: str, xs: Array, *, axis: int = 0) -> None:
    """An error where a sequence is empty; its steps are along the axis.

    Raises:
        ValueError: it is.
    """
    if not xs.shape[axis]:
        raise ValueError(f"{function} needs xs of one step or more, got shape {xs.shape}.")
