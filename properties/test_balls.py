"""Balls: each rule against mpmath, at floats and on balls, and against float64."""

import itertools
import operator

import jax
import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from readings import around, as_balls, floats, has_digits, holds, near, program, read
from real_functions import CASES

from verify.arithmetic.balls import elementary
from verify.arithmetic.reading import reading

PARTS = (2.0**-10, 2.0**-33)  # of an argument, the radius of the ball around it
FLOAT64 = 1e-9  # relative; far over float64's rounding, far under any slip of meaning
SMOOTH = [case for case in CASES if case.is_smooth]


def by_name(cases):
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def truth(case, point):
    """The function at a point by mpmath, or None outside its domain."""
    try:
        with mp.workdps(60):
            value = case.oracle(*map(mpf, point))
    except ValueError:  # of erfinv over 1
        return None
    return value if isinstance(value, mpf) and mp.isfinite(value) else None


def numbers_inside(x, radius):
    """The ends of a ball around a float, and a number between."""
    with mp.workdps(60):
        return [mpf(x) + share * mpf(radius) for share in (-1, 0.3, 1)]


def derivatives(case, order):
    """The partial derivative in the first argument, by JAX and by mpmath."""
    function = case.function
    for _ in range(order):
        function = jax.grad(function)
    oracle = lambda x, *rest: mp.diff(lambda t: case.oracle(t, *rest), x, order)
    return function, oracle


def differs(point):
    """Whether a point is away from 0, where a difference quotient would cross a kink."""
    return abs(point[0]) > 2.0**-30


@by_name(CASES)
def test_a_value_at_floats_is_a_tight_ball_around_the_truth(case):
    for point in case.points:
        (ball,) = read(case.function, *point, constants="balls")
        assert has_digits(ball, case.bits), (point, ball)
        assert holds(ball, around(truth(case, point))), (point, ball)


@by_name(CASES)
def test_a_value_at_floats_is_what_float64_gives(case):
    for point in case.points:
        (ball,), (number,) = read(case.function, *point), floats(case.function, *point)
        assert near(ball, number, FLOAT64), (point, ball, number)


@by_name(CASES)
@pytest.mark.parametrize("part", PARTS)
def test_a_value_on_balls_holds_the_truth_at_the_points_inside(case, part):
    for point in case.points:
        radii = [part * (abs(x) or 1.0) for x in point]
        balls = [arb(as_balls(x), r) for x, r in zip(point, radii, strict=True)]
        (ball,) = read(case.function, *balls, constants="balls")
        inside = map(numbers_inside, point, radii)
        values = [truth(case, corner) for corner in itertools.product(*inside)]
        assert None in values or ball.is_finite(), (point, ball)
        assert all(holds(ball, around(v)) for v in values if v is not None), (point, ball)


@st.composite
def balls_with_a_number_inside(draw):
    middle = draw(st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5, 30.0]))
    radius = draw(st.sampled_from([0.0, 2.0**-20, 0.25, 0.5, 1.0, 4.0]))
    share = draw(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]))
    return arb(middle, radius), middle + share * radius


@by_name(CASES)
@settings(max_examples=15)
@given(drawn=st.lists(balls_with_a_number_inside(), min_size=3, max_size=3))
def test_a_value_on_wide_balls_holds_the_values_at_numbers_inside(case, drawn):
    balls, numbers = zip(*drawn[: len(case.points[0])], strict=True)
    (wide,), (narrow,) = read(case.function, *balls), read(case.function, *numbers)
    assert not narrow.is_finite() or holds(wide, narrow), (balls, wide, narrow)


@by_name(SMOOTH)
@pytest.mark.parametrize("order", [1, 2])
def test_a_derivative_by_jax_holds_the_true_one(case, order):
    function, oracle = derivatives(case, order)
    for point in filter(differs, case.points):
        (ball,) = read(function, *point, bits=256, constants="balls")
        with mp.workdps(60):
            slope = oracle(*map(mpf, point))
        assert has_digits(ball, 30), (point, ball)
        assert holds(ball, around(slope, 15)), (point, ball, slope)


def test_one_program_multiplies_the_matrices_that_it_is_given():
    """Also where an array is written to in place, and at another precision."""
    rng = np.random.default_rng(0)
    product = program(lambda a, b: a @ b, (3, 4), (4,)).instance()
    a, b = as_balls(rng.normal(size=(3, 4))), as_balls(rng.normal(size=4))
    third = arb(1) / 3

    def agrees():
        (found,) = product(a, b)
        return all(x.overlaps(sum(p * q for p, q in zip(row, b, strict=True)))
                   for x, row in zip(found, a, strict=True))  # fmt: skip

    for bits in (128, 53, 256):
        with reading(bits=bits):
            assert agrees()
            a[1, 2], b[0] = a[1, 2] + third, b[0] - 1
            assert agrees()
            a = as_balls(rng.normal(size=(3, 4)))
            assert agrees()


@pytest.mark.parametrize("apply", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_arrays_and_scalars_are_combined_element_by_element(apply):
    array, scalar = np.array([[1.5, -2.0], [0.25, 3.0]]), 0.75
    for left, right in ((array, scalar), (scalar, array), (array, array + 1)):
        (found,) = read(apply, left, right)
        assert found.shape == array.shape
        for ball, number in zip(found.ravel(), np.ravel(apply(left, right)), strict=True):
            assert near(ball, number, FLOAT64)


@pytest.mark.parametrize(("middle", "radius"), [(-30, 25), (-1000, 10), (0, 1), (40, 39)])
def test_a_wide_ball_has_a_logistic_between_those_of_its_ends(middle, radius):
    (ball,) = read(jax.nn.sigmoid, arb(middle, radius))
    (low,), (high,) = (read(jax.nn.sigmoid, arb(middle + end)) for end in (-radius, radius))
    assert ball.contains(low)
    assert ball.contains(high)
    assert ball <= 1.001 * high
    assert elementary.logistic(arb(middle, radius)).is_finite()
