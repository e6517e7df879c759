"""The LSTM made for speed: states are those of cells, gradients those of the chain rule."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.models import LSTMParameters, LSTMState, lstm_batch, lstm_cell


def _sizes(n: int, hidden: int) -> dict[str, Any]:
    """Parameters, sequences of three steps of one input, and first states."""
    box = lambda *shape: vf.reals(-3, 3, shape=shape)
    parameters = {"W": box(4, hidden, 1), "U": box(4, hidden, hidden), "b": box(4, hidden)}
    return {**parameters, "xs": box(n, 3, 1), "h": box(n, hidden), "c": box(n, hidden)}


# Products are written in one way for one sequence, and for batches of few hidden units in another.
_WIDE, _TALL = _sizes(1, 2), _sizes(2, 1)


def _cell_by_cell(parameters, xs, state, *, before=lambda state: state):
    """The states of each sequence, with no loop of JAX's and no gradient of ours."""
    h, c = [], []
    for t in range(xs.shape[1]):
        step = jax.vmap(lambda h, c, x: lstm_cell(parameters, LSTMState(h, c), x))
        state = before(state)
        state = step(state.h, state.c, xs[:, t])
        h.append(state.h)
        c.append(state.c)
    return LSTMState(jnp.stack(h, axis=1), jnp.stack(c, axis=1))


def _gradient(run, W, U, b, xs, h, c):
    """∇ Σ (t + 1) h_t² + (t + 2) c_t² in the parameters, xs and the first states."""
    at = LSTMParameters(W, U, b), xs, LSTMState(h, c)
    weights = 1.0 + jnp.arange(xs.shape[1])[None, :, None]

    def loss(at):
        states = run(*at)
        return jnp.sum(weights * states.h**2 + (weights + 1) * states.c**2)

    return jax.grad(loss)(at)


def _again(*at):
    """As lstm_batch where the way back computes gates and slopes again."""
    return lstm_batch(*at, store="states")


def _states_are_those_of_cells(W, U, b, xs, h, c):
    at = LSTMParameters(W, U, b), xs, LSTMState(h, c)
    return vf.equal(lstm_batch(*at), _cell_by_cell(*at))


@vf.claim(**_WIDE, source="definition")
def the_states_of_one_sequence_are_those_of_cells(W, U, b, xs, h, c):
    """lstm_batch gives (h_t, c_t) of lstm_cell after lstm_cell, the weights on the left."""
    return _states_are_those_of_cells(W, U, b, xs, h, c)


@vf.claim(**_TALL, source="definition")
def the_states_of_a_batch_are_those_of_cells(W, U, b, xs, h, c):
    """lstm_batch gives (h_t, c_t) of lstm_cell after lstm_cell, the weights on the right."""
    return _states_are_those_of_cells(W, U, b, xs, h, c)


@vf.claim(**_WIDE, source="Werbos (1990)")
def the_gradient_over_one_sequence_is_that_of_the_chain_rule(W, U, b, xs, h, c):
    """The gradient by hand is that of JAX through every cell, the weights on the left."""
    at = W, U, b, xs, h, c
    return vf.equal(_gradient(lstm_batch, *at), _gradient(_cell_by_cell, *at))


@vf.claim(**_TALL, source="Werbos (1990)")
def the_gradient_over_a_batch_is_that_of_the_chain_rule(W, U, b, xs, h, c):
    """The gradient by hand is that of JAX through every cell, the weights on the right."""
    at = W, U, b, xs, h, c
    return vf.equal(_gradient(lstm_batch, *at), _gradient(_cell_by_cell, *at))


@vf.claim(**_WIDE, source="definition")
def the_gradient_over_one_sequence_needs_no_storage(W, U, b, xs, h, c):
    """It is the same with gates and slopes computed again, the weights on the left."""
    at = W, U, b, xs, h, c
    return vf.equal(_gradient(_again, *at), _gradient(_cell_by_cell, *at))


@vf.claim(**_TALL, source="definition")
def the_gradient_over_a_batch_needs_no_storage(W, U, b, xs, h, c):
    """It is the same with gates and slopes computed again, the weights on the right."""
    at = W, U, b, xs, h, c
    return vf.equal(_gradient(_again, *at), _gradient(_cell_by_cell, *at))


def _without_the_hidden_way(*at):
    """Cells whose errors go back by the cell alone."""
    stopped = lambda state: LSTMState(jax.lax.stop_gradient(state.h), state.c)
    return _cell_by_cell(*at, before=stopped)


@vf.claim(**_TALL, holds=False, source="Werbos (1990)")
def the_gradient_over_a_batch_needs_no_way_by_the_hidden_state(W, U, b, xs, h, c):
    """The gradient is the same where errors go back by the cell alone."""
    at = W, U, b, xs, h, c
    return vf.equal(_gradient(lstm_batch, *at), _gradient(_without_the_hidden_way, *at))


def _without_the_cells_way(*at):
    """Cells whose errors go back by the hidden state alone."""
    stopped = lambda state: LSTMState(state.h, jax.lax.stop_gradient(state.c))
    return _cell_by_cell(*at, before=stopped)


@vf.claim(**_WIDE, holds=False, source="Werbos (1990)")
def the_gradient_over_one_sequence_needs_no_way_by_the_cell(W, U, b, xs, h, c):
    """The gradient is the same where errors go back by the hidden state alone."""
    at = W, U, b, xs, h, c
    return vf.equal(_gradient(lstm_batch, *at), _gradient(_without_the_cells_way, *at))
