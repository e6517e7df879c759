"""Intervals through scans, loops, branches and calls."""

import enclosures
import jax
import jax.numpy as jnp
import numpy as np
from enclosures import box, enclose
from flint import arb
from jax import lax


def test_what_a_scan_stacks_may_have_another_shape_than_its_slices():
    step = lambda c, i: (c + i, jnp.stack([c, c * i]))
    last, stacked = enclose(lambda x: lax.scan(step, x, jnp.arange(3.0)), 0.5)
    assert last.low <= 3.5 <= last.high
    exact = np.array([[0.5, 0.0], [0.5, 0.5], [1.5, 3.0]])
    assert np.all((stacked.low <= exact) & (exact <= stacked.high))


def test_scan_holds_what_the_steps_give():
    logistic_map = lambda x: lax.scan(lambda c, _: (2.5 * c * (1 - c), c), x, None, 20)
    last, all_of_them = enclose(logistic_map, 0.3)
    x = arb(0.3)
    for low, high in zip(*all_of_them, strict=True):
        assert enclosures.is_held(x, low, high)
        x = arb(2.5) * x * (1 - x)
    assert enclosures.is_held(x, *last)
    assert last.high - last.low < 1e-6


def test_comparisons_are_carried_through_loops():
    step = lambda c, _: ((c[0] * 2, c[0] < 3), (c[0] < 4, ~c[1]))
    _, last, below, _ = enclose(lambda x: lax.scan(step, (x, x > 0), None, 4), 1.0)
    assert last.no
    assert np.array_equal(below.yes, [True, True, False, False])


def test_loops_end_where_they_are_known_to():
    count = lambda x: lax.while_loop(lambda s: s[1] < x, lambda s: (s[0] + 1, s[1] * 2), (0, 1.0))
    (decided, _), (open_, _) = enclose(count, 100.0), enclose(count, box(60.0, 70.0))
    assert decided.known
    assert decided.value == 7
    assert not open_.known


def test_a_loop_on_a_branch_not_taken_ends():
    endless = lambda x: lax.while_loop(lambda c: c < 1, lambda c: c * 0.5, x)
    (value,) = enclose(lambda x: lax.cond(x > 2, lambda x: x, endless, x), 3.0)
    assert tuple(value) == (3.0, 3.0)


def test_a_branch_that_is_open_gives_the_hull_of_both():
    choice = lambda x: lax.cond(x > 0, lambda x: x + 10, lambda x: x - 10, x)
    (value,) = enclose(choice, box(-1, 1))
    assert np.allclose(value, (-11, 11))


def test_calls_and_rules_of_differentiation_are_read_through():
    doubled = jax.custom_jvp(lambda x: 2 * x)
    doubled.defjvp(lambda p, t: (doubled(*p), 3 * t[0]))
    (value,) = enclose(jax.vmap(jax.jit(lambda x: doubled(x) + jax.checkpoint(jnp.exp)(x))), [0.0])
    assert value.low[0] <= 1 <= value.high[0]
    assert value.high[0] - value.low[0] < 1e-12
