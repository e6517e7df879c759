"""No hot loop does more than it did when its counts were written: counts, never seconds."""

import json

import hot_loops
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.records import Plain, Program

RECORDED = json.loads(hot_loops.FILE.read_text())


@pytest.mark.parametrize("name", hot_loops.names())
def test_a_hot_loop_does_no_more_than_it_did(name):
    if jax.__version__ != RECORDED["jax"]:
        pytest.skip(f"counts are of JAX {RECORDED['jax']}, this is {jax.__version__}")
    found, before = hot_loops.counts(name), RECORDED["loops"][name]
    more = {what: (before[what], n) for what, n in found.items() if n > before[what]}
    assert not more, "if it is meant: python -m properties.hot_loops"


def test_all_that_is_recorded_is_counted():
    assert list(RECORDED["loops"]) == hot_loops.names()


def test_a_loop_unrolled_has_more_equations():
    step = lambda x, _: (jnp.sin(x), None)
    rolled = lambda x: jax.lax.scan(step, x, length=8)[0]
    unrolled = lambda x: [x := jnp.sin(x) for _ in range(8)][-1]
    few, many = (
        hot_loops.counts_of_program(lambda f=f: Program(f, (jnp.ones(3),)))
        for f in (rolled, unrolled)
    )
    assert few["equations"] < many["equations"] == 8
    assert few["transcendentals"] < many["transcendentals"] == 24


def test_a_callback_is_counted():
    def chatty(x):
        jax.debug.callback(lambda x: None, x)
        return x

    assert hot_loops.counts_of_program(lambda: Program(chatty, (jnp.ones(3),)))["callbacks"] == 1


def test_every_look_of_the_host_is_counted():
    x = jnp.arange(3.0)
    looking = Plain(lambda: [float(x[0]), np.asarray(x), bool(x[1])])
    still = Plain(lambda: x)
    assert hot_loops.counts_of_host_loop(lambda: looking)["host transfers"] == 3
    assert hot_loops.counts_of_host_loop(lambda: still)["host transfers"] == 0


def test_a_program_that_is_compiled_anew_each_time_is_counted():
    anew = Plain(lambda: jax.jit(lambda x: x + 1)(jnp.ones(3)))
    assert hot_loops.counts_of_host_loop(lambda: anew)["compilations"] == 1
