"""The LSTM made for speed: its definition, its gradient, and the ways a caller can reach it."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jaxtyping import jaxtyped

from verify.models import LSTMParameters, LSTMState, lstm, lstm_batch

STEPS, INPUTS = 3, 2
EPS, EPS_32 = float(np.finfo(np.float64).eps), float(np.finfo(np.float32).eps)
# As in test_lstm, with one input more: |z| <= 5 is off by 22 eps and by 2 for each 1 that h is
# off; h' then by 106 eps and 6 for each 1 that h and c are off before. NumPy is off by as much.
STATE_ERROR = 2 * 106 * 43
# A gradient sums products of slopes, up to 43 in size, each factor off by 43 times a state.
GRADIENT_ERROR = 43 * 43 * STATE_ERROR
# The weights stand on the left of products in the first of these, on the right in the others.
SIZES = (1, 3), (2, 3), (4, 1)


def numbers(*shape):
    return hnp.arrays(np.float64, shape, elements=st.floats(-1, 1))


@st.composite
def arguments(draw):
    """Parameters, sequences and first states."""
    n, hidden = draw(st.sampled_from(SIZES))
    shapes = (4, hidden, INPUTS), (4, hidden, hidden), (4, hidden)
    parameters = LSTMParameters(*(draw(numbers(*shape)) for shape in shapes))
    state = LSTMState(draw(numbers(n, hidden)), draw(numbers(n, hidden)))
    return parameters, draw(numbers(n, STEPS, INPUTS)), state


def ones(n=2, hidden=2):
    shapes = (4, hidden, INPUTS), (4, hidden, hidden), (4, hidden)
    return LSTMParameters(*map(np.ones, shapes)), np.ones((n, STEPS, INPUTS))


def weighted(states):
    """A loss that every state adds to in its own way."""
    weights = 1.0 + jnp.arange(STEPS)[None, :, None]
    return jnp.sum(weights * states.h - states.c / weights)


run = jax.jit(lstm_batch)
slopes = {
    store: jax.jit(
        jax.grad(lambda *at, store=store: weighted(lstm_batch(*at, store=store)), (0, 1, 2))
    )
    for store in ("all", "states")
}
one_by_one = jax.jit(jax.vmap(lstm, (None, 0, 0)))
slopes_one_by_one = jax.jit(
    jax.grad(lambda *at: weighted(jax.vmap(lstm, (None, 0, 0))(*at)), (0, 1, 2))
)


def in_float64(function, *arguments):
    with jax.enable_x64(True):
        return jax.tree.map(np.asarray, function(*arguments))


def largest(left, right):
    """The largest difference of two trees."""
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return max(np.max(abs(np.asarray(a) - b), initial=0) for a, b in pairs)


def unrolled(parameters, xs, state):
    """The states by NumPy in a plain loop, each sequence on its own."""
    logistic = lambda z: 1 / (1 + np.exp(-z))
    found = np.zeros((2, *xs.shape[:2], parameters.b.shape[1]))
    for n, sequence in enumerate(xs):
        h, c = state.h[n], state.c[n]
        for t, x in enumerate(sequence):
            f, i, o, candidate = parameters.W @ x + parameters.U @ h + parameters.b
            c = logistic(f) * c + logistic(i) * np.tanh(candidate)
            h = logistic(o) * np.tanh(c)
            found[:, n, t] = h, c
    return LSTMState(*found)


@given(at=arguments())
def test_the_states_are_those_of_the_equations(at):
    assert largest(in_float64(run, *at), unrolled(*at)) <= STATE_ERROR * EPS
    assert largest(run(*at), unrolled(*at)) <= STATE_ERROR * EPS_32


@given(at=arguments(), store=st.sampled_from(["all", "states"]))
def test_the_gradient_is_that_of_jax_through_lstm(at, store):
    got, wanted = in_float64(slopes[store], *at), in_float64(slopes_one_by_one, *at)
    entries = sum(map(np.size, jax.tree.leaves(at)))
    assert largest(got, wanted) <= entries * GRADIENT_ERROR * EPS


@given(at=arguments())
def test_a_sequence_is_run_in_parts(at):
    parameters, xs, state = at
    whole = in_float64(run, *at)
    first = in_float64(run, parameters, xs[:, :1], state)
    last = LSTMState(first.h[:, -1], first.c[:, -1])
    rest = in_float64(run, parameters, xs[:, 1:], last)
    joined = LSTMState(*(np.concatenate(pair, axis=1) for pair in zip(first, rest, strict=True)))
    assert largest(joined, whole) <= STATE_ERROR * EPS


@given(at=arguments())
def test_compiled_eager_and_mapped_agree(at):
    parameters, xs, state = at
    compiled = run(*at)
    assert largest(lstm_batch(*at), compiled) <= STATE_ERROR * EPS_32
    twice = lambda x: jnp.stack([x, x])
    mapped = jax.vmap(lstm_batch, (None, 0, 0))(parameters, twice(xs), jax.tree.map(twice, state))
    assert largest(jax.tree.map(lambda x: x[1], mapped), compiled) <= STATE_ERROR * EPS_32


@pytest.mark.parametrize("sizes", SIZES)
def test_states_start_from_zero(sizes):
    parameters, xs = ones(*sizes)
    zero = LSTMState(np.zeros(sizes), np.zeros(sizes))
    assert largest(run(parameters, xs, zero), run(parameters, xs)) == 0


@pytest.mark.parametrize("store", ["all", "states"])
def test_many_weights_stand_on_the_left_of_several_sequences(store):
    n, hidden = 2, sys.modules[lstm_batch.__module__]._HIDDEN_IN_CACHE + 1
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.normal(size=shape) * 0.1
    shapes = (4, hidden, INPUTS), (4, hidden, hidden), (4, hidden)
    parameters = LSTMParameters(*(draw(*shape) for shape in shapes))
    state = LSTMState(draw(n, hidden), draw(n, hidden))
    at = parameters, draw(n, STEPS, INPUTS), state
    assert largest(in_float64(run, *at), unrolled(*at)) <= hidden * STATE_ERROR * EPS
    got, wanted = in_float64(slopes[store], *at), in_float64(slopes_one_by_one, *at)
    assert largest(got, wanted) <= hidden * GRADIENT_ERROR * EPS


@pytest.mark.parametrize("sizes", SIZES)
def test_a_gradient_mapped_is_that_of_each(sizes):
    parameters, xs = ones(*sizes)
    loss = lambda xs: weighted(lstm_batch(parameters, xs))
    mapped = jax.vmap(jax.grad(loss))(np.stack([xs, 2 * xs]))
    bound = sum(map(np.size, parameters)) * GRADIENT_ERROR * EPS_32
    assert largest(mapped[1], jax.grad(loss)(2 * xs)) <= bound


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("store", ["all", "states"])
def test_gradients_of_gradients_are_those_of_lstm(store, n):
    parameters, xs = ones(n)
    slope = lambda run: jax.grad(
        lambda xs: jnp.sum(jax.grad(lambda xs: weighted(run(xs)))(xs) ** 2)
    )
    fast = slope(lambda xs: lstm_batch(parameters, xs, store=store))
    plain = slope(jax.vmap(lambda x: lstm(parameters, x)))
    bound = sum(map(np.size, parameters)) * GRADIENT_ERROR * EPS
    assert largest(in_float64(fast, xs), in_float64(plain, xs)) <= bound


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept_and_narrow_ones_are_rounded_once(dtype):
    with jax.enable_x64(dtype == "float64"):
        at = jax.tree.map(lambda x: jnp.asarray(x, dtype), ones())
        found = jax.grad(lambda *at: weighted(lstm_batch(*at)).astype(dtype))(*at), lstm_batch(*at)
        assert {leaf.dtype for leaf in jax.tree.leaves(found)} == {jnp.dtype(dtype)}
        wide = lstm_batch(*jax.tree.map(lambda x: x.astype(jnp.promote_types(dtype, "f4")), at))
        assert largest(jax.tree.map(lambda x: x.astype(dtype), wide), found[1]) == 0


def test_integers_are_read_as_floats():
    whole, xs = jax.tree.map(lambda x: x.astype(int), ones())
    assert lstm_batch(whole, xs).h.dtype == jnp.float32


def test_empty_batches_and_no_inputs():
    parameters, xs = ones()
    assert lstm_batch(parameters, xs[:0]).h.shape == (0, STEPS, 2)
    alone = lstm_batch(parameters._replace(W=np.ones((4, 2, 0))), np.zeros((2, STEPS, 0)))
    still = lstm_batch(parameters._replace(W=np.zeros((4, 2, INPUTS))), xs)
    assert largest(alone, still) == 0


@pytest.mark.parametrize("size", [1e4, 3e38])
def test_huge_numbers_give_states_within_one_and_no_nan(size):
    huge, xs = ones()
    huge = jax.tree.map(lambda x: np.float32(size) * x, huge)
    xs = xs * np.array([[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]])[None]
    states = lstm_batch(huge, xs)
    gradient = jax.grad(lambda huge: jnp.sum(lstm_batch(huge, xs).h))(huge)
    assert np.all(abs(states.h) <= 1)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves((states, gradient)))


def test_more_steps_are_traced_no_longer():
    parameters, _ = ones()
    traced = lambda n: jax.make_jaxpr(lambda xs: lstm_batch(parameters, xs))(np.ones((2, n, 2)))
    assert len(str(traced(2)).splitlines()) == len(str(traced(9)).splitlines())


def test_wrong_arguments_are_refused_by_name():
    parameters, xs = ones()
    state = LSTMState(np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(TypeError, match=r"lstm_batch needs parameters as a LSTMParameters, got tu"):
        lstm_batch(tuple(parameters), xs)
    with pytest.raises(TypeError, match=r"lstm_batch needs state as a LSTMState, got tuple"):
        lstm_batch(parameters, xs, tuple(state))
    with pytest.raises(
        TypeError, match=r"lstm_batch needs xs as a real number or array, got dtype"
    ):
        lstm_batch(parameters, 1j * xs)
    with pytest.raises(
        ValueError, match=r"lstm_batch needs xs of shape \(n, steps, 2\), got shape"
    ):
        lstm_batch(parameters, xs[0])
    with pytest.raises(ValueError, match=r"lstm_batch needs state\.h of shape \(2, 2\), got shape"):
        lstm_batch(parameters, xs, state._replace(h=np.ones(2)))
    with pytest.raises(
        ValueError, match=r"lstm_batch needs parameters\.U of shape \(4, 2, 2\), got"
    ):
        lstm_batch(parameters._replace(U=np.ones((4, 3, 3))), xs)
    with pytest.raises(
        ValueError, match=r"lstm_batch needs xs of one step or more, got shape \(2, 0"
    ):
        lstm_batch(parameters, xs[:, :0])
    with pytest.raises(ValueError, match=r'lstm_batch needs store as "all" or "states", got \'som'):
        lstm_batch(parameters, xs, store="some")


def test_the_annotated_types_are_those_given():
    parameters, xs = ones()
    checked = jaxtyped(typechecker=beartype)(lstm_batch)
    assert checked(parameters, xs)
    with pytest.raises(Exception, match="checking the parameters"):
        checked(parameters, xs[0])
