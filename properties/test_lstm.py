"""The LSTM: its definition, its gradient by hand, and the ways a caller can reach it."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jaxtyping import jaxtyped
from mpmath import mp
from oracles import exact
from readings import elements, floats, read

from verify.arithmetic import jaxprs
from verify.functions import mean_squared_error
from verify.models import LSTMParameters, LSTMState, lstm, lstm_cell, lstm_gates, lstm_gradient

STEPS, HIDDEN, INPUTS = 3, 2, 1
EPS = float(np.finfo(np.float64).eps)
# All numbers are at most 1 in size. Then |z| <= 4, off by 20 eps and by 2 for each 1 that h
# is off; a gate by 10 eps and a half; the candidate by 31 eps and 2; the cell, |c| <= 4, by
# 90 eps, 4.5 for h and 1 for the cell before; h' by 104 eps and 6 for each 1 that h and c
# are off before. Over three steps: 104 (1 + 6 + 36).
STATE_ERROR = 104 * 43 * EPS
STATE_ERROR_FLOAT32 = STATE_ERROR / EPS * float(np.finfo(np.float32).eps)
# A gradient sums products of these slopes over the steps, up to 43 in size, and each of its
# factors is off by up to 43 times what a state is.
GRADIENT_ERROR = 43 * 43 * STATE_ERROR


def numbers(*shape):
    return hnp.arrays(np.float64, shape, elements=st.floats(-1, 1))


parameters = st.builds(
    LSTMParameters,
    numbers(4, HIDDEN, INPUTS),
    numbers(4, HIDDEN, HIDDEN),
    numbers(4, HIDDEN),
)
states = st.builds(LSTMState, numbers(HIDDEN), numbers(HIDDEN))
sequences, cotangents = numbers(STEPS, INPUTS), numbers(STEPS, HIDDEN)

run, run_gradient = jax.jit(lstm), jax.jit(lstm_gradient)
run_cell, run_gates = jax.jit(lstm_cell), jax.jit(lstm_gates)
slopes_of_error = jax.jit(jax.grad(mean_squared_error, (0, 1)))
ones = LSTMParameters(np.ones((4, 2, 1)), np.ones((4, 2, 2)), np.ones((4, 2)))


@jax.jit
def automatic(parameters, xs, cotangent, state):
    """The gradient by JAX: ∇ Σ cotangent · h."""
    states, pullback = jax.vjp(lstm, parameters, xs, state)
    return pullback(LSTMState(cotangent, jnp.zeros_like(states.c)))


def in_float64(function, *arguments):
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, function(*arguments))


def exactly(tree):
    """A tree of arrays as nested lists of exact numbers, leaf by leaf."""
    return [np.vectorize(exact, otypes=[object])(leaf) for leaf in jax.tree.leaves(tree)]


def unrolled(W, U, b, xs, h, c):
    """Hidden states and cells, entry by entry in 50 digits."""
    logistic = lambda z: 1 / (1 + mp.exp(-z))
    hidden, cells = [], []
    for x in xs:
        z = [[b[k, j] + W[k, j] @ x + U[k, j] @ h for j in range(HIDDEN)] for k in range(4)]
        forget, let_in, let_out = ([logistic(entry) for entry in row] for row in z[:3])
        c = np.array([
            f * old + i * mp.tanh(candidate)
            for f, i, old, candidate in zip(forget, let_in, c, z[3], strict=True)
        ])  # fmt: skip
        h = np.array([o * mp.tanh(cell) for o, cell in zip(let_out, c, strict=True)])
        hidden.append(h)
        cells.append(c)
    return np.array(hidden), np.array(cells)


def largest(left, right):
    """The largest difference of two trees."""
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return max((np.max(abs(a - b), initial=0) for a, b in pairs), default=0)


@given(parameters=parameters, xs=sequences, state=states)
def test_the_states_are_those_of_the_equations(parameters, xs, state):
    W, U, b, inputs, h, c = exactly((parameters, xs, state))
    got = exactly(in_float64(run, parameters, xs, state))
    assert largest(got, unrolled(W, U, b, inputs, h, c)) <= STATE_ERROR


@given(parameters=parameters, xs=sequences, state=states, cotangent=cotangents, data=st.data())
def test_the_gradient_is_the_slope_in_any_direction(parameters, xs, state, cotangent, data):
    place = exactly((parameters, xs, state))
    direction = [data.draw(numbers(*leaf.shape)) for leaf in place]
    weights = exactly([cotangent])[0]

    def loss(s):
        moved = [x + s * d for x, d in zip(place, exactly(direction), strict=True)]
        return np.sum(weights * unrolled(*moved)[0])

    gradient = in_float64(run_gradient, parameters, xs, cotangent, state)
    got = sum(np.sum(g * d) for g, d in zip(jax.tree.leaves(gradient), direction, strict=True))
    assert abs(exact(got) - mp.diff(loss, 0)) <= sum(map(np.size, direction)) * GRADIENT_ERROR


@given(parameters=parameters, xs=sequences, state=states, cotangent=cotangents)
def test_the_gradient_by_hand_is_that_of_jax(parameters, xs, state, cotangent):
    by_hand = in_float64(run_gradient, parameters, xs, cotangent, state)
    by_jax = in_float64(automatic, parameters, xs, cotangent, state)
    assert largest(by_hand, by_jax) <= 2 * GRADIENT_ERROR


@given(parameters=parameters, xs=sequences)
def test_states_start_from_zero(parameters, xs):
    zero = LSTMState(np.zeros(HIDDEN), np.zeros(HIDDEN))
    assert largest(run(parameters, xs, zero), run(parameters, xs)) == 0


@given(parameters=parameters, xs=sequences, state=states)
def test_a_sequence_is_run_in_parts(parameters, xs, state):
    whole = in_float64(run, parameters, xs, state)
    first = in_float64(run, parameters, xs[:1], state)
    rest = in_float64(run, parameters, xs[1:], LSTMState(first.h[-1], first.c[-1]))
    joined = LSTMState(*map(np.concatenate, zip(first, rest, strict=True)))
    assert largest(joined, whole) <= 2 * STATE_ERROR


@given(parameters=parameters, xs=sequences, state=states)
def test_reflection_changes_no_bit(parameters, xs, state):
    W, U, b = parameters
    sign = np.array([1, 1, 1, -1])
    mirrored = LSTMParameters(W * sign[:, None, None], U * -sign[:, None, None], b * sign[:, None])
    reflect = lambda state: LSTMState(-state.h, -state.c)
    got = run(mirrored, xs, reflect(state))
    assert largest(got, reflect(run(parameters, xs, state))) == 0


@given(state=states, xs=sequences)
def test_a_shut_cell_keeps_what_it_has(state, xs):
    biases = np.array([1e4, -1e4, 0, 0])[:, None] * np.ones(HIDDEN)
    shut = LSTMParameters(np.zeros((4, HIDDEN, INPUTS)), np.zeros((4, HIDDEN, HIDDEN)), biases)
    assert largest(run(shut, xs, state).c, np.tile(np.float32(state.c), (STEPS, 1))) == 0


@given(parameters=parameters, xs=sequences, state=states)
def test_the_states_are_those_of_cells(parameters, xs, state):
    found = run(parameters, xs, state)
    for t, x in enumerate(xs):
        state = run_cell(parameters, state, x)
        assert largest(LSTMState(found.h[t], found.c[t]), state) <= 2 * STATE_ERROR_FLOAT32


@given(parameters=parameters, state=states, xs=sequences)
def test_a_cell_is_made_of_its_gates(parameters, state, xs):
    f, i, o, candidate = run_gates(parameters, state.h, xs[0])
    h, c = run_cell(parameters, state, xs[0])
    assert largest(c, f * state.c + i * candidate) <= STATE_ERROR_FLOAT32
    assert largest(h, o * np.tanh(c)) <= STATE_ERROR_FLOAT32


def test_without_inputs_it_runs_on_its_own():
    alone = ones._replace(W=np.ones((4, 2, 0)))
    constant = ones._replace(W=np.zeros((4, 2, 1)))
    got, wanted = lstm(alone, np.zeros((3, 0))), lstm(constant, np.zeros((3, 1)))
    assert largest(got, wanted) == 0


@jax.jit
def slopes_of_gates(b):
    """∂f/∂z_f, ∂i/∂z_i, ∂o/∂z_o and ∂candidate/∂z_candidate, where z is b."""
    zero = np.zeros((4, 1, 1))
    parameters = lambda b: LSTMParameters(zero, zero, b[:, None])
    gates = lambda b: jnp.concatenate(lstm_gates(parameters(b), np.zeros(1), np.zeros(1)))
    return jnp.diag(jax.jacobian(gates)(b))


@pytest.mark.parametrize("z", [30.0, -30.0, 80.0, -80.0])
def test_slopes_of_gates_are_right_in_both_tails(z):
    *gates, candidate = slopes_of_gates(np.array([z, z, z, z / 2], np.float32))
    wanted = mp.exp(-abs(z)) / (1 + mp.exp(-abs(z))) ** 2
    # exp is off by 2 ulps, what divides it and the products by one each.
    bound = 6 * exact(np.finfo(np.float32).eps)
    assert all(abs(exact(slope) / wanted - 1) <= bound for slope in gates)
    assert abs(exact(candidate) / (4 * wanted) - 1) <= bound


@pytest.mark.parametrize("size", [1e4, 3e38])
def test_huge_numbers_give_states_within_one_and_no_nan(size):
    huge = jax.tree.map(lambda x: size * x, ones)
    states = lstm(huge, np.array([[1.0], [0.0], [-1.0]]))
    gradient = lstm_gradient(huge, np.array([[1.0], [0.0], [-1.0]]), np.ones((3, 2)))
    assert np.all(abs(states.h) <= 1)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves((states, gradient)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept(dtype):
    with jax.enable_x64(dtype == "float64"):
        at = jax.tree.map(lambda x: jnp.asarray(x, dtype), ones)
        xs, cotangent = jnp.ones((3, 1), dtype), jnp.ones((3, 2), dtype)
        functions = lambda *args: (
            lstm(*args[:2]),
            lstm_gradient(*args),
            mean_squared_error(xs, xs),
        )
        found = jax.eval_shape(functions, at, xs, cotangent)
        assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {jnp.dtype(dtype)}


def test_integers_are_read_as_floats():
    whole = jax.tree.map(lambda x: x.astype(int), ones)
    assert lstm(whole, np.ones((3, 1), int)).h.dtype == jnp.float32
    half = jax.tree.map(lambda x: jnp.asarray(x, jnp.float16), ones)
    assert lstm(half, np.ones((3, 1), int)).h.dtype == jnp.float16


def test_batches_are_run_with_vmap():
    xs = np.random.default_rng(0).normal(size=(5, 3, 1))
    together = jax.jit(jax.vmap(lambda xs: lstm(ones, xs)))(xs)
    one_by_one = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[lstm(ones, x) for x in xs])
    assert largest(together, one_by_one) <= 2 * STATE_ERROR_FLOAT32
    assert jax.vmap(lambda xs: lstm(ones, xs))(xs[:0]).h.shape == (0, 3, 2)


def test_more_steps_are_traced_no_longer():
    chex.clear_trace_counter()
    counted = jax.jit(chex.assert_max_traces(n=1)(lambda xs: lstm(ones, xs).h))
    assert counted(np.zeros((1_000, 1))).shape == counted(np.ones((1_000, 1))).shape
    lengths = [len(jax.make_jaxpr(lambda xs: lstm(ones, xs))(np.ones((n, 1))).eqns) for n in (2, 9)]
    assert lengths[0] == lengths[1]


def test_wrong_arguments_are_refused_by_name():
    xs = np.ones((3, 1))
    state = LSTMState(np.ones(2), np.ones(2))
    with pytest.raises(TypeError, match=r"lstm needs parameters as a LSTMParameters, got tuple"):
        lstm(tuple(ones), xs)
    with pytest.raises(TypeError, match=r"lstm_cell needs state as a LSTMState, got tuple"):
        lstm_cell(ones, tuple(state), xs[0])
    with pytest.raises(TypeError, match=r"lstm needs xs as a real number or array, got dtype comp"):
        lstm(ones, 1j * xs)
    with pytest.raises(TypeError, match=r"lstm needs parameters\.b as a real .* got list"):
        lstm(ones._replace(b=[0, 0]), xs)
    with pytest.raises(ValueError, match=r"lstm needs parameters\.U of shape \(4, 2, 2\), got .*3"):
        lstm(ones._replace(U=np.ones((4, 3, 3))), xs)
    with pytest.raises(
        ValueError, match=r"lstm needs parameters\.W of shape \(4, hidden, inputs\)"
    ):
        lstm(jax.tree.map(lambda x: x[:3], ones), xs)
    with pytest.raises(ValueError, match=r"lstm needs parameters\.W of shape .*, got shape \(3,"):
        lstm(ones._replace(W=ones.W[:3]), xs)
    with pytest.raises(ValueError, match=r"lstm needs xs of shape \(steps, 1\), got shape \(1,\)"):
        lstm(ones, xs[0])
    with pytest.raises(ValueError, match=r"lstm_gates needs x of shape \(1,\), got shape \(3, 1\)"):
        lstm_gates(ones, np.ones(2), xs)
    with pytest.raises(ValueError, match=r"lstm needs state\.c of shape \(2,\), got shape \(3,\)"):
        lstm(ones, xs, state._replace(c=np.ones(3)))
    with pytest.raises(ValueError, match=r"lstm needs xs of one step or more, got shape \(0, 1\)"):
        lstm(ones, xs[:0])
    with pytest.raises(ValueError, match=r"lstm_gradient needs xs of one step or more"):
        lstm_gradient(ones, xs[:0], np.ones((0, 2)))
    with pytest.raises(ValueError, match=r"lstm_gradient needs cotangent of shape \(3, 2\), got"):
        lstm_gradient(ones, xs, np.ones((2, 2)))


def test_the_annotated_types_are_those_given():
    for function, rest in (
        (lstm, (np.ones((3, 1)),)),
        (lstm_cell, (LSTMState(np.ones(2), np.ones(2)), np.ones(1))),
        (lstm_gates, (np.ones(2), np.ones(1))),
        (lstm_gradient, (np.ones((3, 1)), np.ones((3, 2)))),
    ):
        checked = jaxtyped(typechecker=beartype)(function)
        assert checked(ones, *rest)
        with pytest.raises(Exception, match="checking the parameters"):
            checked(ones, *rest[:-1], np.ones((1, 1, 1)))


pairs = st.tuples(numbers(2, 3), numbers(2, 3))


@given(pair=pairs)
def test_the_mean_squared_error_is_its_definition(pair):
    prediction, target = exactly(pair)
    got = in_float64(mean_squared_error, *pair)
    # Three roundings of each square, five additions, a division.
    bound = 9 * EPS * np.sum((prediction - target) ** 2) + np.finfo(np.float64).tiny
    assert abs(exact(got) - np.sum((prediction - target) ** 2) / 6) <= bound


@given(pair=pairs)
def test_the_slope_of_the_mean_squared_error(pair):
    prediction, target = pair
    slopes = in_float64(slopes_of_error, prediction, target)
    assert np.all(abs(slopes[0] - (prediction - target) / 3) <= 4 * EPS)
    assert largest(slopes[0], -slopes[1]) == 0


def test_the_mean_squared_error_refuses_what_has_no_mean():
    with pytest.raises(ValueError, match=r"mean_squared_error needs entries, got shape \(0,\)"):
        mean_squared_error(np.zeros(0), np.zeros(0))
    for other in (1, 3):
        wrong = (
            rf"needs prediction and target of one shape, .* \(2,\), target of shape \({other},\)"
        )
        with pytest.raises(ValueError, match=wrong):
            mean_squared_error(np.zeros(2), np.zeros(other))
    with pytest.raises(TypeError, match=r"mean_squared_error needs target as a real number"):
        mean_squared_error(np.zeros(2), np.zeros(2, complex))
    assert jaxtyped(typechecker=beartype)(mean_squared_error)(np.ones(2), np.zeros(2)) == 1


def flax_states(cell, parameters, xs):
    """The hidden states of flax's cell, from zero."""
    W, U, b = parameters
    weights = {}
    for k, gate in enumerate("fiog"):
        weights[f"i{gate}"] = {"kernel": W[k].T}
        weights[f"h{gate}"] = {"kernel": U[k].T, "bias": b[k]}
    carry, states = (jnp.zeros(HIDDEN), jnp.zeros(HIDDEN)), []
    for x in xs:
        carry, h = cell.apply({"params": weights}, carry, x)
        states.append(h)
    return jnp.stack(states)


def test_the_states_and_gradients_are_those_of_flax():
    linen = pytest.importorskip("flax.linen")
    rng = np.random.default_rng(0)
    at = jax.tree.map(lambda x: rng.uniform(-1, 1, size=x.shape), ones)
    xs, cotangent = rng.uniform(-1, 1, size=(STEPS, INPUTS)), rng.uniform(-1, 1, (STEPS, HIDDEN))
    cell = linen.OptimizedLSTMCell(HIDDEN, param_dtype=jnp.float64)
    theirs = lambda parameters: flax_states(cell, parameters, xs)
    assert largest(in_float64(run, at, xs).h, in_float64(theirs, at)) <= 2 * STATE_ERROR
    wanted = in_float64(jax.grad(lambda parameters: jnp.sum(cotangent * theirs(parameters))), at)
    got = in_float64(run_gradient, at, xs, cotangent).parameters
    assert largest(got, wanted) <= 2 * GRADIENT_ERROR


def _loss_and_gradient(W, U, b, xs, ys):
    loss = lambda parameters: mean_squared_error(lstm(parameters, xs).h, ys)
    return jax.value_and_grad(loss)(LSTMParameters(W, U, b))


@pytest.mark.slow
def test_a_hundred_steps_in_balls_agree_with_floats_to_twelve_digits():
    rng = np.random.default_rng(0)
    shapes = (4, 16, 4), (4, 16, 16), (4, 16), (100, 4), (100, 16)
    scales = 4**-0.5, 16**-0.5, 1, 1, 1
    arguments = [s * rng.normal(size=shape) for s, shape in zip(scales, shapes, strict=True)]
    tree = lambda *arguments: jax.tree.leaves(_loss_and_gradient(*arguments))
    with jaxprs.x64():
        wanted = floats(jax.jit(tree), *arguments)
    for balls, array in zip(read(tree, *arguments, bits=256), wanted, strict=True):
        assert all(ball.is_finite() and ball.rel_accuracy_bits() >= 53 for ball in elements(balls))
        middles = np.array([float(ball.mid()) for ball in elements(balls)]).reshape(array.shape)
        assert np.max(abs(middles - array)) <= 1e-12 * np.max(abs(middles))
