"""The true derivative from one-sided jets: right where there is one, none where there is none."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from hypothesis import example, given
from hypothesis import strategies as st

from verify.arithmetic.balls.constants import exact
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.errors import Undecided, Unreadable, UnsupportedPrimitive
from verify.arithmetic.jaxprs import float64, trace
from verify.arithmetic.jets.derivative import Derivative, NotDifferentiable
from verify.arithmetic.reading import reading

ORDERS = (1, 2, 3)


@functools.cache
def compiled(function, order, shapes):
    program, _ = trace(function, float64(), *map(float64, shapes))
    return Derivative(program, order)


def ball(x):
    return x if isinstance(x, arb) else exact(float(x))


def true_derivative(function, x, *closed, order=1, bits=128):
    """The derivative, with the shapes of what is closed over read off it."""
    derivative = compiled(function, order, tuple(np.shape(c) for c in closed))
    values = [np.vectorize(ball, otypes=[object])(c) if np.ndim(c) else ball(c) for c in closed]
    with reading(bits=bits):
        return derivative(ball(x), *values)


def is_rigorous(function, x):
    with reading(bits=128) as notes:
        compiled(function, 1, ())(ball(x))
    return not notes.estimated


def digits(value):
    """Decimal digits of relative accuracy."""
    return value.rel_accuracy_bits() * 0.30103


# --- Where automatic differentiation and the truth part ----------------------------------

AT_ZERO = {
    "norm squared": (lambda x: jnp.linalg.norm(jnp.stack([x, 2 * x])) ** 2, 0),
    "root of the square, squared": (lambda x: jnp.sqrt(x * x) ** 2, 0),
    "sinc by where": (lambda x: jnp.where(x == 0, 1.0, jnp.sin(x) / x), 0),
    "library sinc": (jnp.sinc, 0),
    "x |x|": (lambda x: x * jnp.abs(x), 0),
    "cube and square": (lambda x: jnp.where(x >= 0, x**3, x**2), 0),
    "elu": (jax.nn.elu, 1),
    "logistic softplus": (jax.nn.softplus, "0.5"),
    "flat": (lambda x: jnp.where(x == 0, 0.0, jnp.exp(-1 / x**2)), 0),
    "tie of a maximum with itself": (lambda x: jnp.maximum(x, x), 1),
    "equal branches": (lambda x: jnp.maximum(x**2 + x, x), 1),
    "|x|^1.01": (lambda x: jnp.abs(x) ** 1.01, 0),
    "|x|^1.5": (lambda x: jnp.abs(x) ** 1.5, 0),
    "x^2 log|x|": (lambda x: jnp.where(x == 0, 0.0, x * x * jnp.log(jnp.abs(x))), 0),
    "a root squared": (lambda x: jnp.sqrt(jnp.abs(x)) ** 2 * jnp.sign(x), 1),
    "arc cosine squared": (lambda x: jnp.arccos(1 - x**2) ** 2, 0),
    "(1 - cos x) / x": (lambda x: jnp.where(x == 0, 0.0, (1 - jnp.cos(x)) / x), "0.5"),
    "a deep cancellation": (
        lambda x: jnp.where(x == 0, 0.0, (jnp.expm1(x) - x - x**2 / 2 - x**3 / 6) / x**3),
        arb(1) / 24,
    ),
    "angle across the positive axis": (lambda x: jnp.arctan2(x, 1.0), 1),
    "angle up the imaginary axis": (lambda x: jnp.arctan2(1.0, x), -1),
}


@pytest.mark.parametrize("name", AT_ZERO)
def test_the_derivative_at_zero_is_right(name):
    function, expected = AT_ZERO[name]
    found = true_derivative(function, 0.0)
    assert found.overlaps(arb(expected))
    assert found.rad() < 1e-12
    assert is_rigorous(function, 0.0)


def test_x_log_y_at_x_zero_has_the_derivative_log_y_where_jax_gives_zero():
    def x_log_y(x, y):
        return jnp.where(x == 0, 0.0, x * jnp.log(y))

    assert jax.grad(x_log_y)(0.0, 3.0) == 0
    assert true_derivative(x_log_y, 0.0, 3.0).overlaps(arb(3).log())
    assert digits(true_derivative(x_log_y, 0.0, 3.0)) > 30


def test_a_wrong_rule_of_differentiation_is_ignored():
    @jax.custom_jvp
    def square(x):
        return x * x

    square.defjvp(lambda primals, tangents: (square(*primals), 7 * tangents[0]))
    assert jax.grad(square)(3.0) == 7
    assert true_derivative(square, 3.0) == 6


def test_a_wrong_reverse_rule_is_ignored():
    @jax.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (cube(x), None), lambda _, g: (0 * g,))
    assert jax.grad(cube)(2.0) == 0
    assert true_derivative(cube, 2.0) == 12


def test_stopped_gradients_do_not_stop_the_truth():
    assert true_derivative(lambda x: jax.lax.stop_gradient(x) * x, 3.0) == 6


# --- Where there is no derivative ---------------------------------------------------------

KINKS = {
    "relu": (jax.nn.relu, 0.0, "0 from below and 1.0000000 from above"),
    "abs": (jnp.abs, 0.0, "-1.0000000 from below and 1.0000000 from above"),
    "root of the square": (lambda x: jnp.sqrt(x**2), 0.0, "-1.0000000 from below"),
    "max(x, 2x)": (lambda x: jnp.maximum(x, 2 * x), 0.0, "1.0000000 from below and 2.0000000"),
    "clip above": (lambda x: jnp.clip(x, -1, 1), 1.0, "1.0000000 from below and 0 from above"),
    "clip below": (lambda x: jnp.clip(x, -1, 1), -1.0, "0 from below and 1.0000000 from above"),
    "selu": (jax.nn.selu, 0.0, "1.7580993 from below and 1.0507010 from above"),
    "jump": (lambda x: jnp.where(x >= 0, 1.0, 0.0), 0.0, "limits, got 0 from below"),
    "jump of equal slopes": (lambda x: jnp.where(x > 1, x, x + 1), 1.0, "limits, got 2.0000000"),
    "lone value": (lambda x: jnp.where(x == 0, 5.0, jnp.sin(x) / x), 0.0, "value 5.0000000"),
    "floor": (jnp.floor, 2.0, "limits, got 1.0000000 from below and 2.0000000 from above"),
    "round": (jnp.round, 0.5, "limits, got 0 from below and 1.0000000 from above"),
    "remainder": (lambda x: jnp.mod(x, 1.0), 3.0, "limits, got 1.0000000 from below and 0"),
    "sign": (jnp.sign, 0.0, "limits, got -1.0000000 from below and 1.0000000 from above"),
    "root": (lambda x: jnp.sqrt(jnp.abs(x)), 0.0, "got -inf from below and inf from above"),
    "cube root": (jnp.cbrt, 0.0, "got inf from below and inf from above"),
    "root above": (lambda x: jnp.where(x > 0, jnp.sqrt(x), x), 0.0, "and inf from above"),
    "pole": (lambda x: jnp.where(x == 0, 0.0, 1 / x), 0.0, "limits, got -inf from below"),
    "branch cut": (lambda x: jnp.arctan2(x, -1.0), 0.0, "-3.1415927 from below"),
    "step through infinity": (
        lambda x: jnp.where(x == 0, 0.0, x * jax.nn.sigmoid(1 / x)), 0.0, "0 from below and 1.0"
    ),
    "branch": (lambda x: jax.lax.cond(x > 0, jnp.sin, jnp.cos, x), 0.0, "1.0000000 from below"),
    "loop": (
        lambda x: jax.lax.while_loop(lambda h: h < 8, lambda h: h * x, x), 2.0,
        "16.000000 from below and 8.0000000 from above",
    ),
    "largest": (lambda x: jnp.sort(jnp.stack([x, 1 - x, 2.0]))[0], 0.5, "1.0000000 from below"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINKS)
def test_kinks_jumps_and_infinite_slopes_have_no_derivative_and_say_why(name):
    function, x, reason = KINKS[name]
    with pytest.raises(NotDifferentiable) as caught:
        true_derivative(function, x)
    assert reason in str(caught.value)
    assert str(caught.value).startswith("derivative needs ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", KINKS)
def test_beside_a_kink_there_is_a_derivative(name):
    function, x, _ = KINKS[name]
    for side in (-1, 1):
        assert true_derivative(function, x + side * 2.0**-40).is_finite()


ENDS = [
    (jnp.sqrt, 0.0),
    (lambda x: x**0.5, 0.0),
    (lambda x: jnp.sqrt(1 - x * x), -1.0),
    (jnp.arcsin, 1.0),
    (jnp.arccos, -1.0),
    (jnp.arccosh, 1.0),
]


@pytest.mark.parametrize(("function", "end"), ENDS)
def test_an_infinite_slope_at_the_end_of_a_domain_is_no_derivative(function, end):
    with pytest.raises(NotDifferentiable, match=r"finite one-sided slopes, got .*not known"):
        true_derivative(function, end)


def test_higher_derivatives_end_where_they_do():
    cube = lambda x: jnp.abs(x) ** 3
    assert true_derivative(cube, 0.0, order=2) == 0
    with pytest.raises(NotDifferentiable, match=r"order 3, got -6.0000000 from below and 6\."):
        true_derivative(cube, 0.0, order=3)
    between = lambda x: jnp.abs(x) ** 2.5
    assert true_derivative(between, 0.0, order=2) == 0
    with pytest.raises(NotDifferentiable, match="order 3, got -inf from below and inf"):
        true_derivative(between, 0.0, order=3)


@given(p=st.integers(65, 256).map(lambda n: n / 64))
@example(p=1.015625)
def test_a_power_over_one_is_never_a_kink(p):
    assert true_derivative(_power, 0.0, p) == 0


def _power(x, p):
    return jnp.where(x == 0, 0.0, jnp.abs(x) ** p)


# --- What cannot be told -------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.where(x == 0, 0.0, x * jnp.log(jnp.abs(x))),
        lambda x: jnp.where(x == 0, 0.0, x * jnp.log(x)),
        lambda x: x * jnp.sqrt(x),  # its slope from above is 0: that a NaN is wrong is not hidden
        lambda x: jnp.where(x == 0, 0.0, x * jnp.sin(1 / x)),
        lambda x: jnp.where(x == 0, 0.0, x * x * jnp.sin(1 / x) + jnp.abs(x)),
        lambda x: jnp.where(x == 0, 0.0, x / jnp.log(jnp.abs(x))),
        lambda x: jnp.where(x == 0, 0.0, jnp.abs(x) / jnp.log(jnp.abs(x))),
        lambda x: jnp.abs(x) ** 0.7,
        lambda x: jnp.sin(x) / x,
        jnp.log,
    ],
)
def test_what_no_method_can_tell_is_undecided_and_never_a_kink(function):
    with pytest.raises(Undecided, match=r"^derivative needs "):
        true_derivative(function, 0.0)


def test_an_oscillation_that_dies_away_is_estimated_and_says_so():
    function = lambda x: jnp.where(x == 0, 0.0, x * x * jnp.sin(1 / x))
    assert true_derivative(function, 0.0).overlaps(arb(0))
    assert true_derivative(function, 0.0).rad() < 1e-30
    assert not is_rigorous(function, 0.0)


def test_an_inexact_point_is_undecided_at_a_kink_and_fine_elsewhere():
    with pytest.raises(Undecided):
        true_derivative(jax.nn.relu, arb(0, 1e-30))
    with pytest.raises(Undecided):
        true_derivative(lambda x: jnp.where(x > 1, 1.0, 0.0), arb(1, 1e-30))
    wide = true_derivative(jnp.sin, arb(1, 0.125))
    assert all(wide.contains(arb(1 + t).cos()) for t in (-0.125, 0, 0.125))
    assert wide.rad() < 0.2


def test_an_inexact_constant_leaves_a_branch_at_it_undecided():
    function = lambda x: jnp.where(x > 0.1, x, 2 * x)
    with pytest.raises(Undecided):
        true_derivative(function, 0.1)
    assert true_derivative(function, 0.2) == 1


def test_more_digits_decide_what_few_cannot():
    # At 128 bits 1e-60 is lost beside 1; expm1 of the difference keeps its sign at 512.
    function = lambda x, h: jnp.abs((1 + x + h) - 1)
    for bits in (128, 512):
        assert true_derivative(function, 0.0, 2.0**-200, bits=bits) == 1


def test_a_point_that_is_not_finite_is_refused():
    with pytest.raises(Undecided, match="derivative needs a finite point, got inf"):
        true_derivative(jnp.sin, arb.pos_inf())


def test_an_infinite_or_undefined_value_has_no_derivative_to_tell():
    for function in (lambda x: x * 0 + jnp.inf, lambda x: x * 0 + jnp.nan, jnp.log):
        with pytest.raises(Undecided, match="finite value"):
            true_derivative(function, -1.0)


def test_an_unsupported_primitive_is_named():
    with pytest.raises(UnsupportedPrimitive, match="one-sided jets needs a rule for"):
        true_derivative(lambda x: jnp.fft.fft(jnp.stack([x, x]))[0].real, 1.0)


def test_eigenvalues_are_read_of_fixed_matrices_alone():
    largest = lambda x: x * jnp.linalg.eigvalsh(jnp.array([[2.0, 1.0], [1.0, 2.0]]))[1]
    assert true_derivative(largest, 5.0).overlaps(arb(3))
    with pytest.raises(Unreadable, match=r"without eigh of what varies.*use jax\.grad there"):
        true_derivative(lambda x: jnp.linalg.eigvalsh(jnp.eye(2) * x)[0], 1.0)


# --- Laws -----------------------------------------------------------------------------------

FUNCTIONS = [
    jnp.sin,
    jnp.tanh,
    jax.nn.softplus,
    jnp.exp,
    lambda x: x * x,
    lambda x: 1 / (2 + x * x),
]
points = st.integers(-256, 256).map(lambda n: n / 64)
choices = st.lists(st.integers(0, len(FUNCTIONS) - 1), min_size=1, max_size=3).map(tuple)


@functools.cache
def composition(choice):
    def function(x):
        for index in choice:
            x = FUNCTIONS[index](x) + x / 2
        return x

    return function


@functools.cache
def differentiated(choice, order):
    function = composition(choice)
    for _ in range(order):
        function = jax.grad(function)
    return BALLS.compile(trace(function, float64())[0])


@given(choice=choices, x=points, order=st.sampled_from(ORDERS))
def test_compositions_agree_with_right_rules_of_differentiation_read_in_balls(choice, x, order):
    found = true_derivative(composition(choice), x, order=order)
    with reading(bits=128):
        (expected,) = differentiated(choice, order)(exact(x))
    assert found.overlaps(expected)
    assert found.rad() < 1e-12 * (1 + abs(found))


@given(x=points, y=points)
def test_what_is_closed_over_may_be_an_array(x, y):
    def function(x, w):
        return jnp.sum(w * jnp.stack([x, x**2, x**3]))

    weights = np.array([y, 2.0, 3.0])
    assert true_derivative(function, x, weights) == exact(y + 4 * x + 9 * x * x)
