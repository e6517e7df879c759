"""Intervals against balls at a million points a primitive, and whole programs read in both."""

import enclosures
import jax
import jax.numpy as jnp
import numpy as np
import programs
import pytest
import readings
import real_functions
from enclosures import BINARY, UNARY, WHOLE_POWERS, agrees, box, components, enclose
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jax import lax

from verify.arithmetic import jaxprs
from verify.arithmetic.errors import Undecided, UnsupportedPrimitive
from verify.arithmetic.intervals import selfcheck

SHARES, POINTS = 10, 100_000  # a million points a primitive, and as many boxes
LEFT_TO_BALLS = {
    "bitcast_convert_type",
    "igamma",
    "igamma_grad_a",
    "igammac",
    "polygamma",
    "reduce",
    "reduce_window",
    "regularized_incomplete_beta",
    "scatter",
    "scatter-mul",
    "select_and_gather_add",
    "select_and_scatter_add",
    "sort",
    "zeta",
}


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("name", [*UNARY, *BINARY, *(f"x**{n}" for n in WHOLE_POWERS)])
def test_no_exact_value_is_excluded(name, share):
    assert not enclosures.misses(name, count=POINTS, seed=1_000 + 100 * share, as_run=True)


@pytest.mark.slow
def test_device_in_use_is_within_every_slack():
    selfcheck.trusted(selfcheck._PROBED)


def _read(function, *arguments):
    """A function's outputs in intervals, or None where it is left to balls."""
    try:
        return enclose(function, *arguments, as_run=True)
    except UnsupportedPrimitive as error:
        if error.primitive not in LEFT_TO_BALLS:
            raise
        return None


def _assert_agreement(function, arguments, points):
    """What is said of arguments holds at points among them."""
    found = _read(function, *arguments)
    if found is None:
        return
    try:
        meant = readings.read(function, *points)
    except Undecided:  # by balls; there is nothing to compare with
        return
    for value, exact in zip(found, meant, strict=True):
        for element, expected in zip(components(value), readings.elements(exact), strict=True):
            assert agrees(element, expected), (element, expected)


VECTORS = [np.array([0.3, -1.0, 2.5, 0.7, 2.0, -0.4]), np.array([1.0, 1.0, -2.0, 0.0, 3.0, 1.0])]


@pytest.mark.slow
@pytest.mark.parametrize("name", programs.OF_VECTORS)
def test_program_of_vectors_is_enclosed(name):
    _try_arrays(programs.OF_VECTORS[name], VECTORS)


@pytest.mark.slow
@pytest.mark.parametrize("name", programs.OF_MATRICES)
def test_program_of_matrices_is_enclosed(name):
    _try_arrays(programs.OF_MATRICES[name], [np.linspace(-1.5, 2.0, 12).reshape(3, 4)])


def _try_arrays(function, arrays):
    random = np.random.default_rng(0)
    for x in arrays:
        _assert_agreement(function, (x,), (x,))
        for radius in (1e-3, 0.5, 2.0):
            low, high = x - radius * random.random(x.shape), x + radius * random.random(x.shape)
            for share in (0.0, 1.0, random.random(x.shape)):
                inside = np.clip(low + share * (high - low), low, high)
                _assert_agreement(function, (box(low, high),), (inside,))


@pytest.mark.slow
@pytest.mark.parametrize("case", real_functions.CASES, ids=lambda case: case.name)
def test_function_of_real_numbers_is_enclosed(case):
    for points in case.points:
        _assert_agreement(case.function, points, points)
        for width in (1e-9, 0.1):
            ends = [box(p - width * abs(p) / 3, p + width * abs(p)) for p in points]
            _assert_agreement(case.function, ends, points)


STEPS = {
    "exp": lambda x, y: jnp.exp(-abs(x)),
    "log": lambda x, y: jnp.log1p(x * x),
    "root": lambda x, y: jnp.sqrt(abs(x)),
    "tanh": lambda x, y: jnp.tanh(x),
    "sine": lambda x, y: jnp.sin(x),
    "sum": lambda x, y: x + y,
    "difference": lambda x, y: x - y,
    "product": lambda x, y: x * y,
    "ratio": lambda x, y: x / (1 + y * y),
    "cube": lambda x, y: x**3,
    "greater": lambda x, y: jnp.maximum(x, y),
    "choice": lambda x, y: jnp.where(x < y, x, 2 * y),
    "floor": lambda x, y: jnp.floor(x) + y,
    "remainder": lambda x, y: jnp.mod(x, 1.5),
    "branch": lambda x, y: lax.cond(x > 0, jnp.sin, jnp.square, y),
    "loop": lambda x, y: lax.fori_loop(0, 3, lambda i, c: 0.5 * c + y, x),
    "softmax": lambda x, y: jax.nn.softmax(jnp.stack([x, y, 0.0]))[0],
    "index": lambda x, y: jnp.stack([x, y])[jnp.argmin(jnp.stack([y, x]))],
    "power": lambda x, y: jnp.power(abs(x) + 0.5, y),
    "quotient of exp": lambda x, y: jnp.expm1(x) / jnp.exp(x),
}
numbers = st.floats(-8, 8, width=32) | st.sampled_from([0.0, 1.0, -1.0, 2.0, -0.5, 1e-6])


@pytest.mark.slow
@settings(max_examples=60, phases=[Phase.generate])  # each compiles a program
@given(
    steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=6),
    point=st.tuples(numbers, numbers),
    widths=st.tuples(st.sampled_from([0.0, 1e-6, 0.3, 4.0]), st.sampled_from([0.0, 1e-6, 1.0])),
    share=st.sampled_from([0.0, 1.0, 0.5]),
)
def test_composition_is_enclosed(steps, point, widths, share):
    def program(x, y):
        for step in steps:
            x, y = STEPS[step](x, y), x
        return x, y

    low, high = np.array(point), np.array(point) + np.array(widths)
    inside = np.clip(low + share * (high - low), low, high)
    _assert_agreement(program, [box(*ends) for ends in zip(low, high, strict=True)], inside)


@pytest.mark.slow
def test_many_points_at_once_are_read_as_one_by_one():
    program = enclosures.INTERVALS.compile(jaxprs.trace(jax.nn.softplus, jaxprs.float64())[0])
    with jaxprs.x64():
        one = lambda t: program(enclosures.point(t))[0]
        x = jnp.linspace(-30, 30, 1_001)
        low, high = map(np.asarray, jax.jit(jax.vmap(one))(x))
        single = jax.jit(one)
        for i in range(0, x.size, 100):
            alone = single(x[i])
            assert alone.low <= high[i]
            assert low[i] <= alone.high
