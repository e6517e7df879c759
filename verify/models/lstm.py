"""The LSTM: c' = f c + i tanh(z_candidate), h' = o tanh(c'), gates f, i, o = σ(z)."""

from typing import NamedTuple

import jax
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.hyperbolic import tanh
from verify.functions.logistic import sigmoid
from verify.models.lstm_arguments import LSTMParameters, LSTMState, fitting, need_steps
from verify.models.products import matmul
from verify.models.sizes import Sized


class LSTMGates(NamedTuple):
    """σ(z_f), σ(z_i), σ(z_o) and tanh(z_candidate)."""

    f: Float[Array, " hidden"]
    i: Float[Array, " hidden"]
    o: Float[Array, " hidden"]
    candidate: Float[Array, " hidden"]


def lstm(
    parameters: LSTMParameters, xs: Real[ArrayLike, "steps inputs"], state: LSTMState | None = None
) -> LSTMState:
    """(h_1, c_1), …, (h_T, c_T) of the LSTM from (h_0, c_0).

    Args:
        parameters: weights and biases, dimensionless.
        xs: x_1, …, x_T, dimensionless. For a batch of sequences use jax.vmap.
        state: h_0 and c_0; None stands for zeros.

    Returns:
        The hidden states and the cells, each of shape (steps, hidden), in the dtype that
        the arguments promote to; hidden states in [-1, 1].

    Raises:
        TypeError: parameters or state is of another type, or an array is not real.
        ValueError: shapes do not fit each other, or there are no steps.

    Gradient: lstm_gradient; in the tails of the gates too.
    Source: Hochreiter and Schmidhuber (1997); with the forget gate of Gers, Schmidhuber and
        Cummins (2000).

    Example:
        >>> import jax.numpy as jnp
        >>> zeros = LSTMParameters(jnp.zeros((4, 2, 3)), jnp.zeros((4, 2, 2)), jnp.zeros((4, 2)))
        >>> lstm(zeros, jnp.ones((5, 3))).h.shape
        (5, 2)
    """
    weights, first, inputs = fitting("lstm", parameters, state, xs=Sized(xs, "steps inputs"))
    need_steps("lstm", inputs)

    def step(state: LSTMState, x: Float[Array, " inputs"]) -> tuple[LSTMState, LSTMState]:
        new = following(state, gates_at(preactivations(weights, state.h, x)))
        return new, new

    return jax.lax.scan(step, first, inputs)[1]


def lstm_cell(
    parameters: LSTMParameters, state: LSTMState | None, x: Real[ArrayLike, " inputs"]
) -> LSTMState:
    """c' = f c + i candidate and h' = o tanh(c'), one step of the LSTM.

    Args:
        parameters: as for lstm.
        state: h and c before the step; None stands for zeros.
        x: the input of this step.

    Returns:
        The next state, in the dtype that the arguments promote to.

    Raises:
        TypeError, ValueError: as for lstm.

    Example:
        >>> import jax.numpy as jnp
        >>> zeros = LSTMParameters(jnp.zeros((4, 1, 1)), jnp.zeros((4, 1, 1)), jnp.zeros((4, 1)))
        >>> lstm_cell(zeros, LSTMState(jnp.zeros(1), jnp.ones(1)), jnp.ones(1)).c
        Array([0.5], dtype=float32)
    """
    weights, before, inputs = fitting("lstm_cell", parameters, state, x=Sized(x, "inputs"))
    return following(before, gates_at(preactivations(weights, before.h, inputs)))


def lstm_gates(
    parameters: LSTMParameters, h: Real[ArrayLike, " hidden"], x: Real[ArrayLike, " inputs"]
) -> LSTMGates:
    """f, i, o = σ(z) and candidate = tanh(z), z = W x + U h + b with the weights of each.

    Args:
        parameters, x: as for lstm_cell.
        h: the hidden state before the step.

    Returns:
        The gates, in [0, 1], and the candidate, in [-1, 1].

    Raises:
        TypeError, ValueError: as for lstm.

    Example:
        >>> import jax.numpy as jnp
        >>> zeros = LSTMParameters(jnp.zeros((4, 1, 1)), jnp.zeros((4, 1, 1)), jnp.zeros((4, 1)))
        >>> lstm_gates(zeros, jnp.ones(1), jnp.ones(1)).f
        Array([0.5], dtype=float32)
    """
    axes = {"h": Sized(h, "hidden"), "x": Sized(x, "inputs")}
    weights, _, before, inputs = fitting("lstm_gates", parameters, None, **axes)
    return gates_at(preactivations(weights, before, inputs))


def preactivations(
    parameters: LSTMParameters, h: Float[Array, " hidden"], x: Float[Array, " inputs"]
) -> Float[Array, "4 hidden"]:
    """z = W x + U h + b."""
    return matmul(parameters.W, x) + matmul(parameters.U, h) + parameters.b


def gates_at(z: Float[Array, "4 hidden"]) -> LSTMGates:
    """The gates and the candidate at their arguments."""
    f, i, o = sigmoid(z[:3])
    return LSTMGates(f, i, o, tanh(z[3]))


def following(state: LSTMState, gates: LSTMGates) -> LSTMState:
    """The state after a step with these gates."""
    c = gates.f * state.c + gates.i * gates.candidate
    return LSTMState(gates.o * tanh(c), c)
