"""Recurrent networks of any size: definition, first parameters, and what is read off them."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from verify.functions import mean_squared_error
from verify.models import (
    ElmanParameters,
    Layer,
    Recurrent,
    adding_problem,
    elman,
    fit,
    initial_elman,
    initial_lstm,
    initial_recurrent,
    lstm,
    recurrent_outputs,
    sine_waves,
)

KEY = jax.random.key(0)
INPUTS, HIDDEN, STEPS, N = 3, 5, 7, 4
CELL, LSTM = (make(KEY, inputs=INPUTS, hidden=HIDDEN) for make in (initial_elman, initial_lstm))
cells = pytest.mark.parametrize("cell", [CELL, LSTM], ids=["Elman", "LSTM"])
XS = jax.random.normal(jax.random.key(1), (N, STEPS, INPUTS))
# A step sums eight products of size a few, and hands on what errors the states had.
ERROR = 8 * 16 * STEPS * 2.0**-24


def by_hand(parameters, xs, h):
    W, U, b = map(np.float64, parameters)
    states = []
    for x in np.float64(xs):
        h = np.tanh(W @ x + U @ h + b)
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("first", [None, jnp.linspace(-1, 1, HIDDEN)], ids=["zeros", "given"])
def test_states_are_the_recurrence(first):
    wanted = by_hand(CELL, XS[0], np.zeros(HIDDEN) if first is None else np.float64(first))
    assert np.max(abs(elman(CELL, XS[0], first) - wanted)) < ERROR


@cells
def test_outputs_are_read_off_every_state(cell):
    model = initial_recurrent(KEY, cell, outputs=2)
    states = (lambda x: lstm(cell, x).h) if cell is LSTM else (lambda x: elman(cell, x))
    wanted = [
        np.float64(states(x)) @ np.float64(model.readout.weights).T + np.float64(model.readout.bias)
        for x in XS
    ]
    assert np.max(abs(recurrent_outputs(model, XS) - np.array(wanted))) < ERROR


@cells
def test_outputs_do_not_see_the_future(cell):
    model = initial_recurrent(KEY, cell, outputs=2)
    early, whole = recurrent_outputs(model, XS[:, :3]), recurrent_outputs(model, XS)
    assert np.max(abs(early - whole[:, :3])) < ERROR


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_first_recurrent_weights_are_orthogonal(gain):
    U = np.float64(initial_elman(KEY, inputs=INPUTS, hidden=HIDDEN, gain=gain).U) / gain
    assert np.max(abs(U @ U.T - np.eye(HIDDEN))) < 16 * 2**-23
    for gate in np.float64(LSTM.U):
        assert np.max(abs(gate @ gate.T - np.eye(HIDDEN))) < 16 * 2**-23


def test_only_the_forget_gate_has_a_bias_at_first():
    b = initial_lstm(KEY, inputs=1, hidden=2, forget_bias=3.0).b
    assert b.tolist() == [[3, 3], [0, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@cells
def test_the_dtype_is_kept(cell, dtype):
    model = jax.tree.map(lambda x: x.astype(dtype), initial_recurrent(KEY, cell, outputs=2))
    assert jax.eval_shape(recurrent_outputs, model, XS.astype(dtype)).dtype == dtype


@pytest.mark.parametrize(
    ("data", "last"),
    [
        (lambda key: adding_problem(key, 32, steps=6), True),
        (lambda key: sine_waves(key, 32, steps=6), False),
    ],
    ids=["adding", "sine"],
)
@pytest.mark.parametrize("make", [initial_elman, initial_lstm])
def test_short_sequences_are_learnt(data, last, make):
    """To less than a half of the first error, the mean over ten steps."""
    inputs = data(KEY).inputs.shape[-1]
    model = initial_recurrent(KEY, make(KEY, inputs=inputs, hidden=16), outputs=1)

    def loss(model, key, batch):
        outputs = recurrent_outputs(model, batch.inputs)
        return mean_squared_error(outputs[:, -1] if last else outputs, batch.targets)

    found = fit(loss, model, optax.adam(0.01), data, key=KEY, steps=150)
    losses = np.asarray(found.metrics["loss"])
    assert losses[-10:].mean() < losses[:10].mean() / 2


@pytest.mark.parametrize(
    ("call", "error", "wanted"),
    [
        (lambda: elman(LSTM, XS[0]), TypeError, "elman needs parameters as a ElmanParameters, got"),
        (lambda: elman(CELL, XS), ValueError, r"elman needs xs of shape \(steps, 3\), got shape"),
        (lambda: elman(CELL, XS[0, :0]), ValueError, "elman needs xs of one step or more, got sha"),
        (
            lambda: elman(CELL, XS[0], jnp.ones(2)),
            ValueError,
            r"elman needs h of shape \(5,\), ",
        ),
        (
            lambda: elman(ElmanParameters(CELL.W, CELL.U[:2], CELL.b), XS[0]),
            ValueError,
            r"elman needs parameters.U of shape \(5, 5\), got",
        ),
        (
            lambda: initial_elman(KEY, inputs=0, hidden=1),
            ValueError,
            "initial_elman needs inputs >= 1, got 0",
        ),
        (
            lambda: initial_elman(KEY, inputs=1, hidden=1, gain=-1.0),
            ValueError,
            "initial_elman needs gain non-negative, got",
        ),
        (
            lambda: initial_lstm(KEY, inputs=1, hidden=1.5),
            TypeError,
            "initial_lstm needs an integer hidden, got float",
        ),
        (
            lambda: initial_recurrent(KEY, CELL, outputs=0),
            ValueError,
            "initial_recurrent needs outputs >= 1, got 0",
        ),
        (
            lambda: initial_recurrent(KEY, None, outputs=1),
            TypeError,
            "initial_recurrent needs a cell as ElmanParameters or LSTMParameters, got NoneType",
        ),
        (
            lambda: recurrent_outputs((CELL, None), XS),
            TypeError,
            "recurrent_outputs needs model as a Recurrent, got tuple",
        ),
        (
            lambda: recurrent_outputs(Recurrent(CELL, Layer(jnp.ones((1, 2)), jnp.ones(1))), XS),
            ValueError,
            r"recurrent_outputs needs model.cell.b of shape \(2,\), got shape \(5,\)",
        ),
        (
            lambda: recurrent_outputs(initial_recurrent(KEY, CELL, outputs=1), XS[0]),
            ValueError,
            r"recurrent_outputs needs xs of shape \(n, steps, inputs\), got shape",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_name(call, error, wanted):
    with pytest.raises(error, match=wanted):
        call()
