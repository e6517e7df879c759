"""The LSTM: what its state starts from, which ways an error goes back, what its gates are."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.functions import sigmoid
from verify.models import LSTMParameters, LSTMState, lstm, lstm_cell, lstm_gates


def _sizes(hidden: int, inputs: int) -> dict[str, Any]:
    """Parameters, a state and an input of these sizes."""
    box = lambda *shape: vf.reals(-5, 5, shape=shape)
    parameters = {
        "W": box(4, hidden, inputs),
        "U": box(4, hidden, hidden),
        "b": box(4, hidden),
    }
    return {**parameters, "h": box(hidden), "c": box(hidden), "x": box(inputs)}


def _only(names: str, domains: dict[str, Any]) -> dict[str, Any]:
    """Those of the domains that a claim is about."""
    return {name: domains[name] for name in names.split()}


_PAIR = _sizes(2, 1)
_SCALAR = {**_sizes(1, 1), "h": vf.reals(-5, 5), "c": vf.reals(-5, 5)}
_PARAMETERS = _only("W U b", _SCALAR)


def _slope(z):
    """σ'(z) = σ(z)(1 - σ(z))."""
    return sigmoid(z) * (1 - sigmoid(z))


def _first_state(W, U, b):
    """(h_1, c_1) from h_0 = c_0 = 0 and x = 0."""
    zero = jnp.zeros(b.shape[1])
    return lstm_cell(LSTMParameters(W, U, b), LSTMState(zero, zero), jnp.zeros(W.shape[2]))


@vf.claim(**_only("U b h c", _SCALAR), holds=False, source="Notes A, 2a")
def a_zero_input_leaves_the_state(U, b, h, c):
    """x = 0 gives h_t = h_{t-1}."""
    parameters, state = LSTMParameters(U, U, b), LSTMState(h[None], c[None])
    return vf.equal(lstm_cell(parameters, state, jnp.zeros(1)).h, state.h)


@vf.claim(**_PARAMETERS, source="Notes A, 2a")
def the_first_state_from_zero_is_made_of_biases(W, U, b):
    """h_0 = c_0 = 0 and x = 0 give c_1 = σ(b_i) tanh(b_c) and h_1 = σ(b_o) tanh(c_1)."""
    _, b_i, b_o, b_c = b
    c = sigmoid(b_i) * jnp.tanh(b_c)
    return vf.equal(_first_state(W, U, b), LSTMState(sigmoid(b_o) * jnp.tanh(c), c))


def _has_the_candidate_of_the_notes(b, state):
    """c_1 = σ(b_i) tanh(b_i)."""
    return vf.equal(state.c, sigmoid(b[1]) * jnp.tanh(b[1]))


@vf.claim(**_PARAMETERS, holds=False, source="Notes A, 2a")
def the_first_state_has_the_input_bias_twice(W, U, b):
    """h_0 = c_0 = 0 and x = 0 give c_1 = σ(b_i) tanh(b_i), whatever b_c."""
    return _has_the_candidate_of_the_notes(b, _first_state(W, U, b))


@vf.claim(**_PARAMETERS, source="Notes A, 2a")
def the_first_state_has_the_input_bias_twice_where_biases_agree(W, U, b):
    """h_0 = c_0 = 0, x = 0 and b_c = b_i give c_1 = σ(b_i) tanh(b_i)."""
    agreeing = b.at[3].set(b[1])
    return _has_the_candidate_of_the_notes(agreeing, _first_state(W, U, agreeing))


@vf.claim(**_PARAMETERS, holds=False, source="Notes A, 2a")
def the_first_state_is_never_zero(W, U, b):
    """h_1 ≠ 0 for all biases."""
    return vf.less(0, _first_state(W, U, b).h ** 2)


@vf.claim(**_PARAMETERS, source="Notes A, 2a")
def the_first_state_is_not_zero_where_the_candidate_has_a_bias(W, U, b):
    """h_1 ≠ 0 for all biases with b_c ≠ 0."""
    return vf.implies(vf.less(0, b[3] ** 2), vf.less(0, _first_state(W, U, b).h ** 2))


@vf.claim(**_PARAMETERS, source="Notes A, 2a")
def the_first_state_is_zero_where_the_candidate_has_no_bias(W, U, b):
    """h_1 = 0 for all biases with b_c = 0."""
    return vf.equal(_first_state(W, U, b.at[3].set(0.0)).h, 0)


def _without_forget_gate(parameters, h, c, x):
    """h_t of a cell whose f_t is overwritten by 0."""
    gates = lstm_gates(parameters, h, x)
    return gates.o * jnp.tanh(0 * c + gates.i * gates.candidate)


def _errors_before(W, U, b, h, c, x):
    """The gradients of Σ_j h_{t,j} in h_{t-1} and c_{t-1}, with f_t overwritten by 0."""
    total = lambda h, c: jnp.sum(_without_forget_gate(LSTMParameters(W, U, b), h, c, x))
    return jax.grad(total, (0, 1))(h, c)


@vf.claim(**_SCALAR, holds=False, source="Notes A, 2b")
def without_the_forget_gate_no_error_goes_back(W, U, b, h, c, x):
    """With f_t overwritten by 0, ∂h_t/∂h_{t-1} = 0 and ∂h_t/∂c_{t-1} = 0."""
    return vf.equal(_errors_before(W, U, b, h[None], c[None], x), 0)


@vf.claim(**_only("U b h", _PAIR), source="Notes A, 2b")
def without_the_forget_gate_errors_go_back_by_the_others(U, b, h):
    """With f_t = 0, those in h_{t-1} are Σ_k U_kᵀ δz_k over input, output and candidate."""
    W, x = jnp.zeros((4, 2, 1)), jnp.zeros(1)
    _, i, o, candidate = lstm_gates(LSTMParameters(W, U, b), h, x)
    _, z_i, z_o, _ = U @ h + b
    cell = jnp.tanh(i * candidate)
    in_cell = o * (1 - cell**2)
    dz = jnp.stack(
        [
            in_cell * candidate * _slope(z_i),
            cell * _slope(z_o),
            in_cell * i * (1 - candidate**2),
        ]
    )
    errors = _errors_before(W, U, b, h, h, x)[0]
    return vf.equal(errors, jnp.einsum("kij,ki->j", U[1:], dz))


@vf.claim(**_PAIR, source="Notes A, 2b")
def without_the_forget_gate_no_error_goes_back_where_the_others_ignore_the_state(W, U, b, h, c, x):
    """With f_t = 0 and U = 0 for input, output and candidate, no error goes back."""
    return vf.equal(_errors_before(W, U.at[1:].set(0.0), b, h, c, x), 0)


def _cell_after(W, U, b, h, c, x):
    """c_t of a scalar cell."""
    parameters, state = LSTMParameters(W, U, b), LSTMState(h[None], c[None])
    return lstm_cell(parameters, state, x).c[0]


def _forget_gate(W, U, b, h, x):
    return lstm_gates(LSTMParameters(W, U, b), h[None], x).f[0]


@vf.claim(**_SCALAR, source="Notes A, 2b")
def the_slope_from_cell_to_cell_is_the_forget_gate(W, U, b, h, c, x):
    """∂c_t/∂c_{t-1} = f_t at fixed h_{t-1}."""
    slope = vf.derivative(lambda c: _cell_after(W, U, b, h, c, x), c)
    return vf.equal(slope, _forget_gate(W, U, b, h, x))


def _slope_in_the_forget_argument(W, U, b, h, c, x):
    """∂c_t/∂z_f, z_f moved by its bias."""
    return jax.grad(_cell_after, 2)(W, U, b, h, c, x)[0, 0]


@vf.claim(**_SCALAR, source="Notes A, 2b")
def the_slope_in_the_forget_argument(W, U, b, h, c, x):
    """∂c_t/∂z_f = c_{t-1} f (1 - f), and at most |c_{t-1}| f in size."""
    slope, f = _slope_in_the_forget_argument(W, U, b, h, c, x), _forget_gate(W, U, b, h, x)
    return vf.all_of(vf.equal(slope, c * f * (1 - f)), vf.at_most(jnp.abs(slope), jnp.abs(c) * f))


@vf.claim(**_SCALAR, source="Notes A, 2b")
def the_slope_in_the_forget_argument_vanishes_with_the_gate(W, U, b, h, c, x):
    """∂c_t/∂z_f → 0 as b_f → -∞, which is f → 0."""
    at = lambda b_f: (W, U, b.at[0, 0].set(b_f))
    slope = lambda b_f: _slope_in_the_forget_argument(*at(b_f), h, c, x)
    gate = lambda b_f: _forget_gate(*at(b_f), h, x)
    return vf.equal([vf.limit(f, -jnp.inf) for f in (slope, gate)], 0)


def _total_slope(W, U, b, h, c, x):
    """dc_t/dc_{t-1} with h_{t-1} = o_{t-1} tanh(c_{t-1}), o_{t-1} = σ(h)."""
    return vf.derivative(lambda c: _cell_after(W, U, b, sigmoid(h) * jnp.tanh(c), c, x), c)


@vf.claim(**_SCALAR, holds=False, source="Notes A, 2b")
def the_slope_by_all_ways_is_the_forget_gate(W, U, b, h, c, x):
    """dc_t/dc_{t-1} = f_t by all ways, h_{t-1} = o_{t-1} tanh(c_{t-1}) among them."""
    f = _forget_gate(W, U, b, sigmoid(h) * jnp.tanh(c), x)
    return vf.equal(_total_slope(W, U, b, h, c, x), f)


@vf.claim(**_SCALAR, source="Notes A, 2b")
def the_slope_by_all_ways_has_that_by_the_hidden_state(W, U, b, h, c, x):
    """dc_t/dc_{t-1} = f_t + ∂c_t/∂h_{t-1} o_{t-1} (1 - tanh²(c_{t-1}))."""
    before = sigmoid(h) * jnp.tanh(c)
    by_hidden = jax.grad(_cell_after, 3)(W, U, b, before, c, x)
    slope = by_hidden * sigmoid(h) * (1 - jnp.tanh(c) ** 2)
    return vf.equal(_total_slope(W, U, b, h, c, x), _forget_gate(W, U, b, before, x) + slope)


@vf.claim(**_only("W U b h x", _PAIR), source="Notes A, 2c")
def gates_lie_between_zero_and_one(W, U, b, h, x):
    """0 < f, i, o < 1."""
    *gates, _ = lstm_gates(LSTMParameters(W, U, b), h, x)
    return vf.all_of(vf.less(0, gates), vf.less(gates, 1))


_THREE = vf.reals(-5, 5, shape=(4, 3))


def _sums(W, U, b, h, x):
    """Σ_j f_j, Σ_j i_j and Σ_j o_j."""
    *gates, _ = lstm_gates(LSTMParameters(W, U, b), h, x)
    return [jnp.sum(gate) for gate in gates]


def _sums_at_zero(b):
    """The same at h = 0 and x = 0."""
    return _sums(jnp.zeros((4, 3, 1)), jnp.zeros((4, 3, 3)), b, jnp.zeros(3), jnp.zeros(1))


@vf.claim(b=_THREE, holds=False, source="Notes A, 2d")
def the_entries_of_the_forget_gate_sum_to_one(b):
    """Σ_j f_j = 1."""
    return vf.equal(_sums_at_zero(b)[0], 1)


@vf.claim(b=_THREE, holds=False, source="Notes A, 2d")
def the_entries_of_the_input_gate_sum_to_one(b):
    """Σ_j i_j = 1."""
    return vf.equal(_sums_at_zero(b)[1], 1)


@vf.claim(b=_THREE, holds=False, source="Notes A, 2d")
def the_entries_of_the_output_gate_sum_to_one(b):
    """Σ_j o_j = 1."""
    return vf.equal(_sums_at_zero(b)[2], 1)


@vf.claim(**_only("W U b h x", _PAIR), source="Notes A, 2d")
def the_entries_of_a_gate_sum_to_less_than_their_number(W, U, b, h, x):
    """0 < Σ_j f_j < n, the same for i and o."""
    sums = _sums(W, U, b, h, x)
    return vf.all_of(vf.less(0, sums), vf.less(sums, len(h)))


def _slope_over_time(W, b, xs):
    """∂c_T/∂c_0 of a scalar cell whose gates do not see the state: U = 0."""
    parameters = LSTMParameters(W, jnp.zeros((4, 1, 1)), b)
    last = lambda c: lstm(parameters, xs, LSTMState(jnp.zeros(1), c[None])).c[-1, 0]
    return jax.grad(last)(0.0)


@vf.claim(**_only("W b", _SCALAR), xs=vf.reals(-5, 5, shape=(3, 1)), source="Notes A, 2, over time")
def over_time_the_forget_gates_multiply(W, b, xs):
    """∂c_T/∂c_0 = Π_t f_t where the gates do not depend on the state."""
    gates = sigmoid(xs[:, 0] * W[0, 0, 0] + b[0, 0])
    return vf.equal(_slope_over_time(W, b, xs), jnp.prod(gates))


@vf.claim(source="Notes A, 2, at T = 500")
def five_hundred_steps_by_the_forget_gate():
    """σ(b)^500 is 2.8e-11 at b = 3, 0.035 at 5, 0.634 at 7 and 0.978 at 10."""
    zeros, xs = jnp.zeros((4, 1, 1)), jnp.zeros((500, 1))
    slope = lambda b: _slope_over_time(zeros, zeros[:, 0].at[0].set(b), xs)
    slopes = jax.vmap(slope)(jnp.array([3.0, 5.0, 7.0, 10.0]))
    decimals = lambda *texts: jnp.stack([jnp.asarray(vf.constant(text)) for text in texts])
    return vf.all_of(
        vf.less(decimals("2.75e-11", "0.0345", "0.6335", "0.9775"), slopes),
        vf.less(slopes, decimals("2.85e-11", "0.0355", "0.6345", "0.9785")),
    )
