"""The scalar recurrence: its definition, the gradient's recursion, and its fixed point zero."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import jaxtyped
from mpmath import mp
from oracles import exact

from verify.models import rnn, rnn_gradient

STEPS = 6
EPS = float(jnp.finfo(jnp.float32).eps)
# A step rounds four times (w h, its half, tanh within four ulps) and multiplies an error of
# h by at most |w|/4. Over six steps with |w| <= 8: 8 ulps times 1 + 2 + … + 2⁵. States are
# at most 1/2 in size, a gradient at most |h| + |w| |∇h| times 1/4: under 64 as well.
STATE_ERROR = 8 * 63 * EPS
GRADIENT_ERROR = 64 * STATE_ERROR

weights, states = st.floats(-8, 8, width=32), st.floats(-2, 2, width=32)

run = jax.jit(rnn, static_argnames="steps")
run_gradient = jax.jit(rnn_gradient, static_argnames="steps")
automatic = jax.jit(jax.jacfwd(lambda w, h: rnn(w, h, steps=STEPS)))


def unrolled(w, h):
    """The states in 50 digits."""
    found = [h]
    for _ in range(STEPS):
        found.append(1 / (1 + mp.exp(-w * found[-1])) - mp.mpf("0.5"))
    return found


@given(w=weights, h=states)
def test_the_states_are_the_recurrence(w, h):
    wanted = unrolled(exact(w), exact(h))
    got = run(w, h, steps=STEPS)
    assert max(abs(exact(a) - b) for a, b in zip(got, wanted, strict=True)) <= STATE_ERROR


@given(w=weights, h=states)
def test_the_gradient_is_that_of_the_recurrence(w, h):
    wanted = [mp.diff(lambda w, t=t: unrolled(w, exact(h))[t], exact(w)) for t in range(STEPS + 1)]
    got = run_gradient(w, h, steps=STEPS)
    assert max(abs(exact(a) - b) for a, b in zip(got, wanted, strict=True)) <= GRADIENT_ERROR


@given(w=weights, h=states)
def test_the_gradient_is_that_of_jax(w, h):
    by_hand = run_gradient(w, h, steps=STEPS)
    assert np.all(abs(by_hand - automatic(w, h)) <= 2 * GRADIENT_ERROR)


@given(w=weights)
def test_zero_stays_zero_and_has_no_gradient(w):
    assert not np.any(run(w, 0.0, steps=STEPS))
    assert not np.any(run_gradient(w, 0.0, steps=STEPS))


@given(w=weights, h=states)
def test_reflection_changes_no_bit(w, h):
    assert np.array_equal(run(w, -h, steps=STEPS), -run(w, h, steps=STEPS))


def test_no_steps_give_the_first_state():
    assert rnn(3.0, 0.25, steps=0).tolist() == [0.25]
    assert rnn_gradient(3.0, 0.25, steps=0).tolist() == [0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("function", [rnn, rnn_gradient])
def test_the_dtype_is_kept(function, dtype):
    with jax.enable_x64(dtype == "float64"):
        w, h = jnp.asarray(2.0, dtype), jnp.asarray(0.5, dtype)
        assert jax.eval_shape(lambda w, h: function(w, h, steps=2), w, h).dtype == dtype


@pytest.mark.parametrize("function", [rnn, rnn_gradient])
def test_many_are_run_with_vmap(function):
    w = jnp.array([2.0, -5.0])
    together = jax.jit(jax.vmap(lambda w: function(w, 0.5, steps=STEPS)))(w)
    one_by_one = jnp.stack([function(v, 0.5, steps=STEPS) for v in w])
    assert np.all(abs(together - one_by_one) <= 2 * GRADIENT_ERROR)


def test_more_steps_are_traced_no_longer():
    chex.clear_trace_counter()
    cell = chex.assert_max_traces(n=1)(lambda w, h: rnn(w, h, steps=1_000))
    compiled = jax.jit(cell)
    assert compiled(2.0, 0.5).shape == compiled(3.0, 0.25).shape == (1_001,)
    assert len(jax.make_jaxpr(lambda w, h: rnn(w, h, steps=1_000))(1.0, 1.0).eqns) < 10


@pytest.mark.parametrize("function", [rnn, rnn_gradient])
def test_wrong_arguments_are_refused_by_name(function):
    name = function.__name__
    with pytest.raises(TypeError, match=rf"{name} needs an integer steps, got float 2\.0"):
        function(1.0, 1.0, steps=2.0)
    with pytest.raises(ValueError, match=rf"{name} needs steps >= 0, got -1"):
        function(1.0, 1.0, steps=-1)
    with pytest.raises(ValueError, match=rf"{name} needs a scalar h, got shape \(2,\)"):
        function(1.0, jnp.ones(2), steps=1)
    with pytest.raises(TypeError, match=rf"{name} needs w as a real number or array"):
        function(1j, 1.0, steps=1)


@pytest.mark.parametrize("function", [rnn, rnn_gradient])
def test_the_annotated_shapes_are_those_given(function):
    checked = jaxtyped(typechecker=beartype)(function)
    assert checked(2.0, jnp.float32(0.5), steps=3).shape == (4,)
    with pytest.raises(Exception, match="checking the parameters"):
        checked(jnp.ones(2), 0.5, steps=3)
