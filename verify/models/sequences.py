"""Networks on sequences: recurrent cells of any size, and what is read off their states."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import NON_NEGATIVE, REAL
from verify.functions.hyperbolic import tanh
from verify.models.layers import Layer
from verify.models.lstm import lstm
from verify.models.lstm_arguments import LSTMParameters, need_steps
from verify.models.mlp import initial_mlp
from verify.models.products import matmul
from verify.models.sizes import Sized, fields, record, sized, whole

_ELMAN = {"W": "hidden inputs", "U": "hidden hidden", "b": "hidden"}


class ElmanParameters(NamedTuple):
    """Weights and biases of z = W x + U h + b."""

    W: Real[Array, "hidden inputs"]
    U: Real[Array, "hidden hidden"]
    b: Real[Array, " hidden"]


class Recurrent(NamedTuple):
    """A cell, and the affine map that is read off its hidden state."""

    cell: ElmanParameters | LSTMParameters
    readout: Layer


def elman(
    parameters: ElmanParameters,
    xs: Real[ArrayLike, "steps inputs"],
    h: Real[ArrayLike, " hidden"] | None = None,
) -> Float[Array, "steps hidden"]:
    """h_t = tanh(W x_t + U h_{t-1} + b), t = 1, …, T.

    Args:
        parameters: weights and biases, dimensionless.
        xs: x_1, …, x_T. For a batch of sequences use jax.vmap.
        h: h_0; None stands for zeros.

    Returns:
        h_1, …, h_T, in [-1, 1].

    Raises:
        TypeError: parameters is of another type, or an array is not real.
        ValueError: shapes do not fit each other, or there are no steps.

    Source: Elman (1990), "Finding structure in time".

    Example:
        >>> ones = ElmanParameters(jnp.ones((1, 1)), jnp.zeros((1, 1)), jnp.zeros(1))
        >>> elman(ones, jnp.zeros((2, 1))).tolist()
        [[0.0], [0.0]]
    """
    given = fields("elman", "parameters", parameters, ElmanParameters, _ELMAN)
    given |= {"xs": Sized(xs, "steps inputs")} | ({} if h is None else {"h": Sized(h, "hidden")})
    W, U, b, inputs, *first = sized("elman", given)
    need_steps("elman", inputs)

    def step(h: Array, x: Array) -> tuple[Array, Array]:
        new = tanh(matmul(W, x) + matmul(U, h) + b)
        return new, new

    return jax.lax.scan(step, first[0] if first else jnp.zeros_like(b), inputs)[1]


def initial_elman(
    key: Array, *, inputs: int, hidden: int, gain: Real[ArrayLike, ""] = 1.0
) -> ElmanParameters:
    """W ~ N(0, 1/inputs), U = gain · Q, Q orthogonal and uniform, b = 0.

    Args:
        key: of JAX's random numbers.
        inputs, hidden: sizes, at least 1.
        gain: not negative; under 1 states are forgotten, over 1 they may be chaotic.

    Raises:
        TypeError: a size is no integer, or gain is not real.
        ValueError: a size is not positive, or gain is no single number or negative.

    Source: Saxe, McClelland and Ganguli (2014), for orthogonal weights.

    Example:
        >>> initial_elman(jax.random.key(0), inputs=2, hidden=16).U.shape
        (16, 16)
    """
    inputs = whole("initial_elman", "inputs", inputs, least=1)
    hidden = whole("initial_elman", "hidden", hidden, least=1)
    (gain,) = sized("initial_elman", {"gain": Sized(gain, "", NON_NEGATIVE)})
    input_key, state_key = jax.random.split(key)
    W = jax.random.normal(input_key, (hidden, inputs)) / math.sqrt(inputs)
    U = gain * jax.random.orthogonal(state_key, hidden)
    return ElmanParameters(W, U, jnp.zeros(hidden))


def initial_lstm(
    key: Array, *, inputs: int, hidden: int, forget_bias: Real[ArrayLike, ""] = 1.0
) -> LSTMParameters:
    """W ~ N(0, 1/inputs), U orthogonal for each gate, b = 0 but for the forget gate's.

    Args:
        key: of JAX's random numbers.
        inputs, hidden: sizes, at least 1.
        forget_bias: of the forget gate; the cell keeps σ(bias) of itself a step at first.

    Raises:
        TypeError: a size is no integer, or forget_bias is not real.
        ValueError: a size is not positive, or forget_bias is no single number.

    Source: Gers, Schmidhuber and Cummins (2000); Jozefowicz et al. (2015), for the bias of 1.

    Example:
        >>> initial_lstm(jax.random.key(0), inputs=2, hidden=3).b[0]
        Array([1., 1., 1.], dtype=float32)
    """
    inputs = whole("initial_lstm", "inputs", inputs, least=1)
    hidden = whole("initial_lstm", "hidden", hidden, least=1)
    (bias,) = sized("initial_lstm", {"forget_bias": Sized(forget_bias, "", REAL)})
    input_key, state_key = jax.random.split(key)
    W = jax.random.normal(input_key, (4, hidden, inputs)) / math.sqrt(inputs)
    U = jax.random.orthogonal(state_key, hidden, (4,))
    return LSTMParameters(W, U, jnp.zeros((4, hidden)).at[0].set(bias))


def initial_recurrent(
    key: Array, cell: ElmanParameters | LSTMParameters, *, outputs: int
) -> Recurrent:
    """A cell and a readout N(0, 1/hidden).

    Args:
        key: of JAX's random numbers.
        cell: of initial_elman or initial_lstm.
        outputs: of the readout, at least 1: classes, or numbers to predict.

    Raises:
        TypeError: cell is none, or outputs is no integer.
        ValueError: outputs is not positive.

    Example:
        >>> cell = initial_lstm(jax.random.key(0), inputs=2, hidden=3)
        >>> initial_recurrent(jax.random.key(1), cell, outputs=10).readout.weights.shape
        (10, 3)
    """
    outputs = whole("initial_recurrent", "outputs", outputs, least=1)
    _need_cell("initial_recurrent", cell)
    (readout,) = initial_mlp(key, [cell.b.shape[-1], outputs], gain=1.0)
    return Recurrent(cell, readout)


def recurrent_outputs(
    model: Recurrent, xs: Real[ArrayLike, "n steps inputs"]
) -> Float[Array, "n steps outputs"]:
    """R h_t + r after each step of each sequence, from states zero.

    Args:
        model: cell and readout.
        xs: sequences of one length.

    Returns:
        Logits or predictions a step; a classifier or a regressor of whole sequences takes the
        last.

    Raises:
        TypeError: model is no Recurrent of a cell, or an array is not real.
        ValueError: shapes do not fit, or there are no steps.

    Example:
        >>> cell = initial_elman(jax.random.key(0), inputs=2, hidden=3)
        >>> model = initial_recurrent(jax.random.key(1), cell, outputs=10)
        >>> recurrent_outputs(model, jnp.zeros((4, 7, 2)))[:, -1].shape
        (4, 10)
    """
    cell, readout = record("recurrent_outputs", "model", model, Recurrent)
    _need_cell("recurrent_outputs", cell)
    axes = {"weights": "outputs hidden", "bias": "outputs"}
    given = fields("recurrent_outputs", "model.readout", readout, Layer, axes)
    given |= {"model.cell.b": Sized(cell.b, "gates hidden" if cell.b.ndim > 1 else "hidden")}
    R, r, _, xs = sized("recurrent_outputs", given | {"xs": Sized(xs, "n steps inputs")})
    run = (
        (lambda x: lstm(cell, x).h)
        if isinstance(cell, LSTMParameters)
        else (lambda x: elman(cell, x))
    )
    return matmul(jax.vmap(run)(xs), R.T) + r[None, None]


def _need_cell(function: str, cell: object) -> None:
    if not isinstance(cell, ElmanParameters | LSTMParameters):
        raise TypeError(
            f"{function} needs a cell as ElmanParameters or LSTMParameters,"
            f" got {type(cell).__name__}."
        )
