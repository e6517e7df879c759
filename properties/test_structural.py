"""Moving, choosing, ordering and adding up: exactly as JAX does on whole numbers, and on
balls what holds it.
"""

import jax
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from programs import OF_MATRICES, OF_VECTORS
from readings import elements, floats, holds, read

from verify.arithmetic.errors import Undecided

SMALL = st.integers(-3, 3).map(float)  # few values, so that there are ties
RADII = st.sampled_from([0.0, 0.25, 1.0])
SHARES = st.sampled_from([-1.0, -0.5, 0.0, 0.75, 1.0])  # of a radius, where a number lies
few = settings(max_examples=8)  # for each of 90 programs, twice


def inputs(shape):
    return {
        "x": arrays(float, shape, elements=SMALL),
        "radii": arrays(float, shape, elements=RADII),
        "shares": arrays(float, shape, elements=SHARES),
    }


def exactly(value):
    """A value that is known without error, as a float."""
    assert value is not None
    assert not isinstance(value, arb) or value.is_exact(), value
    return float(value)


def agrees_with_jax(function, x):
    for ours, theirs in zip(read(function, x), floats(jax.jit(function), x), strict=True):
        assert [exactly(value) for value in elements(ours)] == theirs.astype(float).ravel().tolist()


def on_balls_holds_what_is_inside(function, x, radii, shares):
    balls = np.frompyfunc(arb, 2, 1)(x, radii)
    try:
        around = read(function, balls)
    except Undecided:  # says so
        return
    for wide, narrow in zip(around, read(function, x + shares * radii), strict=True):
        for ball, inside in zip(elements(wide), elements(narrow), strict=True):
            if isinstance(ball, arb):
                assert holds(ball, inside)
            else:
                assert ball is None or ball == inside


@pytest.mark.parametrize("name", OF_VECTORS)
@few
@given(x=inputs(6)["x"])
def test_a_vector_goes_where_jax_puts_it(name, x):
    agrees_with_jax(OF_VECTORS[name], x)


@pytest.mark.parametrize("name", OF_MATRICES)
@few
@given(x=inputs((3, 4))["x"])
def test_a_matrix_goes_where_jax_puts_it(name, x):
    agrees_with_jax(OF_MATRICES[name], x)


@pytest.mark.parametrize("name", OF_VECTORS)
@few
@given(**inputs(6))
def test_a_vector_of_balls_ends_around_what_any_vector_inside_ends_as(name, x, radii, shares):
    on_balls_holds_what_is_inside(OF_VECTORS[name], x, radii, shares)


@pytest.mark.parametrize("name", OF_MATRICES)
@few
@given(**inputs((3, 4)))
def test_a_matrix_of_balls_ends_around_what_any_matrix_inside_ends_as(name, x, radii, shares):
    on_balls_holds_what_is_inside(OF_MATRICES[name], x, radii, shares)
