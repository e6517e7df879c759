"""Balls at the places where a careless rule is wrong or blunt: zero, steps, ties, infinity."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from jax import lax
from jax.scipy import special
from readings import as_balls, elements, read

from verify.arithmetic.errors import Undecided

UNIT = arb(0, 1)  # the ball around [-1, 1]
THIRD = arb(1) / 3
MONOTONE = {
    "tanh": jnp.tanh, "logistic": jax.nn.sigmoid, "exp": jnp.exp, "expm1": jnp.expm1,
    "asinh": jnp.arcsinh, "erf": special.erf, "erfc": special.erfc, "cbrt": jnp.cbrt,
    "atan": jnp.arctan, "cube": lambda x: x**3, "floor": jnp.floor,
}  # fmt: skip


def value(function, *arguments, **options):
    (result,) = read(function, *arguments, **options)
    return result


def ends(ball):
    return float(ball.lower()), float(ball.upper())


def about(*numbers):
    """These numbers, but for the rounding of radii to 30 bits."""
    return pytest.approx(numbers, abs=1e-6)


@pytest.mark.parametrize("name", MONOTONE)
@pytest.mark.parametrize("ball", [UNIT, arb(0.5, 2.0), arb(-3.0, 1.5)], ids=str)
def test_a_monotone_function_of_a_wide_ball_is_what_lies_between_its_ends(name, ball):
    function = MONOTONE[name]
    low, high = sorted(float(value(function, end)) for end in (ball.lower(), ball.upper()))
    slack = 1e-6 * (1 + high - low)
    assert low - slack <= ends(value(function, ball))[0]
    assert ends(value(function, ball))[1] <= high + slack


@pytest.mark.parametrize("power", [2, 4, 6])
def test_an_even_power_of_a_ball_around_zero_is_not_negative(power):
    for function in (lambda x: x**power, lambda x: lax.pow(x, float(power))):
        low, high = ends(value(function, UNIT))
        assert low == 0
        assert 1 <= high < 1.0001


def test_a_power_at_zero_is_that_of_floats():
    assert value(lax.pow, 0.0, 0.0) == 1
    assert value(lax.pow, 0.0, 0.5) == 0
    assert value(lax.pow, -2.0, 3.0) == -8
    assert value(lax.pow, 0.0, -1.0).is_nan()
    assert value(lax.pow, -2.0, 0.5).is_nan()
    assert value(lax.pow, UNIT, 0.0) == 1


def test_a_root_of_a_ball_that_touches_zero_is_known():
    assert ends(value(jnp.sqrt, value(jnp.square, UNIT)))[0] == 0
    assert value(jnp.sqrt, arb(0, 0.5)).is_nan()


@pytest.mark.parametrize("function", [jnp.maximum, lambda x, y: jnp.clip(x, y, 3.0)])
def test_a_choice_that_is_decided_is_the_argument_itself(function):
    assert value(function, THIRD, -1.0).rel_accuracy_bits() == THIRD.rel_accuracy_bits()


def test_log_gamma_between_its_zeros_goes_down_to_its_minimum():
    assert ends(value(special.gammaln, arb(1.5, 0.5))) == about(-0.1214862905358496, 0)


def test_a_first_choice_that_is_decided_needs_no_second():
    choose = lambda x, y: jnp.select([x > 0, y > 0], [x, y], 9.0)
    assert value(choose, 1.0, UNIT) == 1
    assert ends(value(choose, UNIT, -1.0)) == about(-1, 9)


def test_an_open_choice_is_a_hull():
    assert ends(value(jnp.maximum, arb(1, 1), arb(1, 0.5))) == about(0.5, 2)
    assert ends(value(jnp.minimum, arb(1, 1), arb(1, 0.5))) == about(0, 1.5)


def test_a_step_inside_a_ball_gives_both_sides():
    assert ends(value(jnp.floor, arb(1, 0.5))) == about(0, 1)
    assert ends(value(jnp.round, arb(0.5, 0.25))) == about(0, 1)
    assert ends(value(jnp.sign, UNIT)) == about(-1, 1)
    assert ends(value(lax.rem, arb(3, 0.5), 3.0)) == about(0, 3)


def test_a_remainder_with_a_quotient_past_all_digits_is_exact():
    assert value(lax.rem, 2.0**300, 3.0) == 1
    assert value(lax.rem, -(2.0**301), 3.0) == -2


def test_comparisons_of_overlapping_balls_are_open():
    for compare in (jnp.equal, jnp.less, jnp.greater_equal):
        assert value(compare, arb(1, 1), arb(2, 1)) is None
    assert value(lambda x: x.astype(bool), UNIT) is None
    assert value(jnp.less, arb(1, 0.25), arb(2, 0.25)) is True
    assert value(jnp.equal, 2.0, 2.0) is True
    assert value(jnp.equal, arb(1, 0.25), arb(2, 0.25)) is False


def test_a_value_is_never_unlike_itself():
    assert value(jnp.isnan, arb(1, 1)) is False
    assert value(lambda x: x == x, arb(1, 1)) is True


def test_the_slope_of_a_maximum_of_inexact_values_is_decided():
    x = np.array([0.25, 0.75, 0.5])
    slopes = elements(value(jax.grad(lambda x: jnp.max(jnp.exp(x))), x))
    assert [float(slope) for slope in slopes] == pytest.approx([0, math.exp(0.75), 0])
    assert all(slope.rel_accuracy_bits() > 100 for slope in slopes)


def test_equal_arguments_share_the_slope_of_their_maximum():
    assert value(jax.grad(lambda x: jnp.max(jnp.stack([x, x, 0 * x]))), 2.0) == 1
    assert value(jax.grad(jnp.maximum), 2.0, 2.0) == 0.5


def test_places_in_an_undecided_order_hold_order_statistics():
    one, two, five = elements(value(jnp.sort, np.array([arb(2, 0.75), arb(5, 1), arb(1, 0.75)])))
    assert ends(one) == about(0.25, 1.75)
    assert ends(two) == about(1.25, 2.75)
    assert ends(five) == about(4, 6)


def test_what_is_sorted_along_in_an_undecided_order_is_a_hull_or_unknown():
    sort = lambda x: lax.sort((x, x * 0 + jnp.arange(3.0), jnp.arange(3)), num_keys=1)
    _, reals, indices = read(sort, np.array([arb(2, 0.75), arb(5, 1), arb(1, 0.75)]))
    assert ends(reals[0]) == about(0, 2)
    assert ends(reals[1]) == about(0, 2)
    assert reals[2] == 1
    assert indices.tolist() == [None, None, 1]


def test_an_open_argmax_is_unknown_and_cannot_index():
    x = np.array([arb(1, 1), arb(1.5, 0.25), arb(-2)])
    assert value(jnp.argmax, x) is None
    assert value(jnp.argmin, x) == 2
    with pytest.raises(Undecided, match="index"):
        read(lambda x: x[jnp.argmax(x)], x)


def test_a_loop_whose_end_is_open_says_so():
    with pytest.raises(Undecided, match="condition"):
        read(lambda x: lax.while_loop(lambda c: c < 1, lambda c: c + 1, x), arb(1, 0.5))


INFINITE = {
    "exp(-inf) is 0": (jnp.exp, -math.inf, 0), "exp(inf)": (jnp.exp, math.inf, math.inf),
    "tanh": (jnp.tanh, -math.inf, -1), "logistic": (jax.nn.sigmoid, math.inf, 1),
    "erf": (special.erf, -math.inf, -1), "erfc": (special.erfc, -math.inf, 2),
    "lgamma": (special.gammaln, math.inf, math.inf), "floor": (jnp.floor, -math.inf, -math.inf),
    "square": (jnp.square, -math.inf, math.inf), "cube": (lambda x: x**3, -math.inf, -math.inf),
    "root": (lambda x: x**0.5, math.inf, math.inf), "log": (jnp.log, math.inf, math.inf),
    "reciprocal": (lambda x: 1 / x, -math.inf, 0), "softplus": (jax.nn.softplus, -math.inf, 0),
    "cumulated log of sums": (lambda x: lax.cumlogsumexp(jnp.stack([x, x, 2.0]))[2], -math.inf, 2),
    "that of nothing": (lambda x: lax.cumlogsumexp(jnp.stack([x, x]))[1], -math.inf, -math.inf),
    "logsumexp": (lambda x: jax.nn.logsumexp(jnp.array([-jnp.inf, 2.0]) + jnp.exp(x)),
                  -math.inf, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", INFINITE)
def test_a_value_at_infinity_is_the_limit(name):
    function, at, expected = INFINITE[name]
    assert value(function, arb.pos_inf() if at > 0 else arb.neg_inf()) == expected


@pytest.mark.parametrize("function", [jnp.sin, lambda x: x - x, lambda x: x * 0])
def test_without_a_limit_no_finite_value_is_made_up(function):
    ball = value(function, arb.pos_inf())
    assert not ball.is_finite() or not ball.is_exact()


def test_the_unknown_stays_unknown():
    for function in (jnp.sign, jnp.square, jnp.exp, jnp.abs, jnp.floor, jax.nn.sigmoid):
        assert value(function, arb.nan()).is_nan()
    assert value(jnp.isfinite, arb.nan()) is None
    assert value(jnp.isfinite, arb.pos_inf()) is False


def test_bits_are_known_of_floats_only():
    assert value(jnp.signbit, -0.5) is True
    assert value(jnp.signbit, THIRD) is None


def test_a_float_outside_the_range_of_integers_is_no_integer():
    assert value(lambda x: x.astype(jnp.int32), -1.5) == -1
    assert value(lambda x: x.astype(jnp.int32), 1e12) is None


def test_the_same_number_in_two_places_is_not_one_variable():
    ball = as_balls(arb(1, 1))
    assert value(jnp.equal, ball, ball) is None
