"""An LSTM of one hidden unit, computed by hand over two steps; losses and gradients."""

import functools

import jax
import jax.numpy as jnp

import verify as vf
from verify.functions import mean_squared_error
from verify.models import (
    LSTMParameters,
    LSTMState,
    lstm,
    lstm_cell,
    lstm_gates,
    lstm_gradient,
)

# The twelve numbers of the notes, in their order: f, i, c̃, c, o and h of the two steps.
_DIGITS = (
    ("0.769", "0.249", "0.905", "0.226", "0.978", "0.217"),
    ("0.233", "0.458", "-0.587", "-0.216", "0.889", "-0.189"),
)
# Whether the notes rounded the number, or cut it (first i, then i, c̃, c and h).
_IS_ROUNDED = ((1, 0, 1, 1, 1, 1), (1, 0, 0, 0, 1, 0))
_UNIT, _HALF = "0.001", "0.0005"


def _decimals(rows):
    """An array of exact decimals."""
    if isinstance(rows, str):
        return jnp.asarray(vf.constant(rows))
    return jnp.stack([_decimals(row) for row in rows])


def _parameters():
    """Weights and biases of the notes: forget, input, output, candidate."""
    return LSTMParameters(
        W=_decimals(((("1", "2"),), (("-1", "0"),), (("3", "0"),), (("1", "2"),))),
        U=_decimals(((("0.5",),), (("2",),), (("-1",),), (("1.5",),))),
        b=_decimals((("0.2",), ("-0.1",), ("0.8",), ("0.5",))),
    )


def _inputs():
    return _decimals((("1", "0"), ("0.5", "-1")))


def _targets():
    return _decimals((("0.5",), ("0.8",)))


def _numbers():
    """f, i, c̃, c, o and h, a row for each step."""
    parameters, xs = _parameters(), _inputs()
    h, c = lstm(parameters, xs)
    before = jnp.concatenate([jnp.zeros((1, 1)), h[:-1]])
    f, i, o, candidate = jax.vmap(functools.partial(lstm_gates, parameters))(before, xs)
    return jnp.concatenate([f, i, candidate, c, o, h], axis=1)


def _within(distance, value, decimal):
    """A value is no further from a decimal, or each of an array from its own."""
    return vf.at_most(jnp.abs(value - _decimals(decimal)), vf.constant(distance))


@vf.claim(source="Notes A, 3a")
def with_a_scalar_state_all_gates_are_one_by_one():
    """Gates, candidate, cell and hidden state of one unit, as a batch of one, are 1 × 1."""
    parameters, one = _parameters(), jnp.ones((1, 1))
    state = LSTMState(one, one)
    gates = jax.vmap(functools.partial(lstm_gates, parameters))(one, _inputs()[:1])
    new = jax.vmap(functools.partial(lstm_cell, parameters))(state, _inputs()[:1])
    shapes = jnp.array([value.shape for value in (*gates, *new)])
    return vf.equal(shapes, 1)


@vf.claim(source="Notes A, 3b")
def the_states_are_those_of_the_notes():
    """Each of the twelve numbers is within one unit of its last digit."""
    return _within(_UNIT, _numbers(), _DIGITS)


@vf.claim(holds=False, source="Notes A, 3b")
def the_states_are_rounded():
    """Each of the twelve numbers is within half a unit of its last digit."""
    return _within(_HALF, _numbers(), _DIGITS)


@vf.claim(source="Notes A, 3b")
def seven_states_are_rounded_and_five_are_cut():
    """i_1, i_2, c̃_2, c_2 and h_2 are larger in size, by over half a unit; the others rounded."""
    excess = jnp.abs(_numbers()) - jnp.abs(_decimals(_DIGITS))
    is_rounded = jnp.array(_IS_ROUNDED, bool)
    half, unit = _decimals(_HALF), _decimals(_UNIT)
    return vf.all_of(
        vf.at_most(jnp.where(is_rounded, -half, half), excess),
        vf.at_most(excess, jnp.where(is_rounded, half, unit)),
    )


def _argument_of_the_second_input_gate():
    """z_i at the second step."""
    W, U, b = _parameters()
    return (W[1] @ _inputs()[1] + U[1] @ lstm(_parameters(), _inputs()).h[0] + b[1])[0]


@vf.claim(holds=False, source="Notes A, 3b, i_2")
def the_argument_of_the_second_input_gate_as_written():
    """z_i = -0.5 + 0.108 - 0.1 at the second step, to three digits."""
    return _within(_HALF, _argument_of_the_second_input_gate(), "-0.492")


@vf.claim(source="Notes A, 3b, i_2")
def the_argument_of_the_second_input_gate():
    """z_i = -0.5 + 0.435 - 0.1 at the second step, to three digits: u_i is 2."""
    return _within(_HALF, _argument_of_the_second_input_gate(), "-0.165")


def _second_candidate_as_written():
    return jnp.tanh(vf.constant("-1.5") + vf.constant("0.324") + vf.constant("0.5"))


@vf.claim(holds=False, source="Notes A, 3b, c̃_2")
def the_second_candidate_as_written():
    """tanh(-1.5 + 0.324 + 0.5) = -0.587 to three digits."""
    return _within(_HALF, _second_candidate_as_written(), "-0.587")


@vf.claim(source="Notes A, 3b, c̃_2")
def what_is_written_is_another_number():
    """tanh(-1.5 + 0.324 + 0.5) = -0.5889 to four digits."""
    return _within("0.00005", _second_candidate_as_written(), "-0.5889")


@vf.claim(source="Notes A, 3b, c̃_2")
def the_second_candidate():
    """c̃_2 = tanh(-1.5 + u_c h_1 + 0.5) = -0.5875 to four digits."""
    W, U, b = _parameters()
    h = lstm(_parameters(), _inputs()).h[0]
    candidate = jnp.tanh(W[3] @ _inputs()[1] + U[3] @ h + b[3])
    return vf.all_of(
        _within("0.00005", candidate, ("-0.5875",)), vf.equal(candidate[0], _numbers()[1, 2])
    )


def _losses():
    """(h_t - y_t)² for each step."""
    return ((lstm(_parameters(), _inputs()).h - _targets()) ** 2)[:, 0]


@vf.claim(source="Notes A, 3c")
def the_losses_of_the_rounded_states():
    """(0.217 - 0.5)² = 0.080089 and (0.189 + 0.8)² = 0.978121."""
    states, targets = _decimals(("0.217", "-0.189")), _decimals(("0.5", "0.8"))
    return vf.equal((states - targets) ** 2, _decimals(("0.080089", "0.978121")))


@vf.claim(holds=False, source="Notes A, 3c")
def the_losses_are_those_of_the_notes():
    """(h_1 - y_1)² = 0.0801 and (h_2 - y_2)² = 0.978 to their digits."""
    first, second = _losses()
    return vf.all_of(_within("0.00005", first, "0.0801"), _within(_HALF, second, "0.978"))


@vf.claim(source="Notes A, 3c")
def the_losses():
    """(h_1 - y_1)² = 0.0798545 and (h_2 - y_2)² = 0.9798669 to seven decimals."""
    return _within("5e-8", _losses(), ("0.0798545", "0.9798669"))


def _mean_loss(parameters, xs, ys):
    return mean_squared_error(lstm(parameters, xs).h, ys)


@vf.claim(source="Notes A, 3c")
def the_mean_loss_is_that_of_the_notes():
    """The mean of the two is 0.529 within one unit of its last digit, and 0.5298607."""
    loss = _mean_loss(_parameters(), _inputs(), _targets())
    return vf.all_of(_within(_UNIT, loss, "0.529"), _within("5e-8", loss, "0.5298607"))


def _gradient_by_hand(parameters, xs, ys):
    """∇ of the mean loss by backpropagation through time from 2(h_t - y_t)/T."""
    h = lstm(parameters, xs).h
    return lstm_gradient(parameters, xs, 2 * (h - ys) / h.size).parameters


@vf.claim(source="Notes A, 3")
def the_sixteen_gradients_by_hand_at_the_numbers_of_the_notes():
    """Backpropagation through time by hand is the gradient of the mean loss in 16 parameters."""
    at = _parameters(), _inputs(), _targets()
    return vf.equal(_gradient_by_hand(*at), jax.grad(_mean_loss)(*at))


# The sixteen parameters of one hidden unit with two inputs.
_W = vf.reals(-5, 5, shape=(4, 1, 2))
_U = vf.reals(-5, 5, shape=(4, 1, 1))
_B = vf.reals(-5, 5, shape=(4, 1))


@vf.claim(W=_W, U=_U, b=_B, source="Notes A, 3")
def the_sixteen_gradients_by_hand(W, U, b):
    """The same for any weights and biases."""
    at = LSTMParameters(W, U, b), _inputs(), _targets()
    return vf.equal(_gradient_by_hand(*at), jax.grad(_mean_loss)(*at))


@vf.claim(W=_W, U=_U, b=_B, source="Notes A, 3")
def the_sixteen_gradients_give_the_true_slope(W, U, b):
    """The loss along (1, …, 1) has the sum of the sixteen as its derivative, by no rule of AD."""
    parameters, xs, ys = LSTMParameters(W, U, b), _inputs(), _targets()
    along = lambda s: _mean_loss(jax.tree.map(lambda p: p + s, parameters), xs, ys)
    gradient = _gradient_by_hand(parameters, xs, ys)
    total = jax.tree.reduce(lambda total, part: total + jnp.sum(part), gradient, 0.0)
    return vf.equal(vf.derivative(along, 0.0), total)


def _truncated_loss(parameters, xs, ys):
    """The mean loss, as if no state depended on parameters by the hidden state before it."""
    state, states = LSTMState(jnp.zeros(1), jnp.zeros(1)), []
    for x in xs:
        state = lstm_cell(parameters, LSTMState(jax.lax.stop_gradient(state.h), state.c), x)
        states.append(state.h)
    return mean_squared_error(jnp.stack(states), ys)


@vf.claim(W=_W, U=_U, b=_B, holds=False, source="Notes A, 3")
def the_sixteen_gradients_need_no_way_by_the_hidden_state(W, U, b):
    """The gradients are the same where errors go back by the cell alone."""
    at = LSTMParameters(W, U, b), _inputs(), _targets()
    return vf.equal(jax.grad(_truncated_loss)(*at), _gradient_by_hand(*at))
