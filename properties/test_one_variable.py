"""Functions of one variable and x log y: to the last digit in value, slope and its slope."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mpmath import mp, mpf
from oracles import exact, ulps

import verify as vf
from verify import functions as f

FAITHFUL = 1  # ulps: one of the two floats next to the exact value
BEND_ULPS = 3  # slopes of slopes, some of which are products of two accurate functions

EVERYWHERE = (-np.inf, np.inf)
sigmoid = lambda x: 1 / (1 + mp.exp(-x))
sigmoid_slope = lambda x: 1 / ((1 + mp.exp(-x)) * (1 + mp.exp(x)))
sigmoid_bend = lambda x: -sigmoid_slope(x) * mp.tanh(x / 2)
tanh_slope = lambda x: 1 / mp.cosh(x) ** 2


def with_digits(formula):
    """A formula that cancels near zero, with as many digits more."""

    def precise(x):
        with mp.workdps(50 + 2 * max(0, -int(mp.log10(abs(x))) if x else 0)):
            return formula(mpf(x))

    return precise


# function, where it is defined, its value, its slope and the slope of that
TABLE = [
    (f.sigmoid, EVERYWHERE, sigmoid, sigmoid_slope, sigmoid_bend),
    (f.shifted_sigmoid, EVERYWHERE, lambda x: mp.tanh(x / 2) / 2, sigmoid_slope, sigmoid_bend),
    (f.softplus, EVERYWHERE, lambda x: mp.log1p(mp.exp(x)), sigmoid, sigmoid_slope),
    (
        f.log_sigmoid, EVERYWHERE,
        lambda x: -mp.log1p(mp.exp(-x)), lambda x: sigmoid(-x), lambda x: -sigmoid_slope(x),
    ),
    (f.tanh, EVERYWHERE, mp.tanh, tanh_slope, lambda x: -2 * tanh_slope(x) * mp.tanh(x)),
    (f.log_cosh, EVERYWHERE, with_digits(lambda x: mp.log(mp.cosh(x))), mp.tanh, tanh_slope),
    (
        f.log1mexp, (-np.inf, -(2.0**-100)), with_digits(lambda x: mp.log1p(-mp.exp(x))),
        lambda x: -1 / mp.expm1(-x), lambda x: -mp.exp(x) / mp.expm1(x) ** 2,
    ),
    (
        f.log1p_excess, (2.0**-24 - 1, np.inf), with_digits(lambda x: x - mp.log1p(x)),
        lambda x: x / (1 + x), lambda x: 1 / (1 + x) ** 2,
    ),
    (f.expm1_excess, EVERYWHERE, with_digits(lambda x: mp.exp(x) - 1 - x), mp.expm1, mp.exp),
]  # fmt: skip
NAMES = [row[0].__name__ for row in TABLE]
FUNCTIONS = pytest.mark.parametrize("function", [row[0] for row in TABLE], ids=NAMES)

magnitudes = st.builds(
    lambda m, e, s: s * m * 2.0**e,
    st.floats(1, 1.99),
    st.integers(-110, 7),
    st.sampled_from((-1, 1)),
)
inputs = magnitudes | st.floats(-90, 90) | st.floats(-2, 2)


def all_orders(x):
    return [
        (function(x), jax.grad(function)(x), jax.grad(jax.grad(function))(x))
        for function, *_ in TABLE
    ]


compiled = jax.jit(all_orders)
both = {row[0]: jax.jit(jax.vmap(jax.value_and_grad(row[0]))) for row in TABLE}


def judged(x, found):
    """Every function's value, slope and slope of slope at x, against mpmath."""
    for got, (function, (low, high), *wanted) in zip(found, TABLE, strict=True):
        if low <= x <= high:
            bounds = FAITHFUL, FAITHFUL, BEND_ULPS
            for order, (y, oracle, bound) in enumerate(zip(got, wanted, bounds, strict=True)):
                assert ulps(y, oracle(exact(x))) < bound, (function.__name__, order)


@given(x=inputs)
@example(x=0.0)
@example(x=-0.31134381890296936)  # the series of log ended early there
@example(x=44.47403335571289)  # the slope of tanh is no normal number, its slope is
@example(x=-0.6701592206954956)  # XLA folded (x + 1) - 1 to x, and the digits of exp were lost
@example(x=2.0**-60)
@example(x=-87.3)
def test_values_slopes_and_their_slopes_in_float32(x):
    x = np.float32(x)
    judged(x, compiled(x))


@given(x=inputs)
@example(x=-0.4140625)  # XLA's log1p is 129 ulps off near there
def test_values_slopes_and_their_slopes_in_float64(x):
    with jax.enable_x64(True):
        judged(np.float64(x), compiled(np.float64(x)))


@FUNCTIONS
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_floats_are_rounded_once_from_float32(function, dtype):
    narrow = np.arange(2**16, dtype=np.uint16).view(jnp.dtype(dtype))
    run = both[function]
    for got, wide in zip(run(narrow), run(narrow.astype(np.float32)), strict=True):
        assert np.array_equal(got, wide.astype(dtype), equal_nan=True)


# Values and slopes at -infinity, 0, infinity; None where the function is not defined.
INF = np.inf
ENDS = {
    f.sigmoid: ((0, 0), (0.5, 0.25), (1, 0)),
    f.shifted_sigmoid: ((-0.5, 0), (0, 0.25), (0.5, 0)),
    f.softplus: ((0, 0), (np.log(np.float32(2)), 0.5), (INF, 1)),
    f.log_sigmoid: ((-INF, 1), (-np.log(np.float32(2)), 0.5), (0, 0)),
    f.tanh: ((-1, 0), (0, 1), (1, 0)),
    f.log_cosh: ((INF, -1), (0, 0), (INF, 1)),
    f.log1mexp: ((0, 0), (-INF, -INF), None),
    f.log1p_excess: (None, (0, 0), (INF, 1)),
    f.expm1_excess: ((INF, -1), (0, 0), (INF, INF)),
}


@pytest.mark.parametrize(
    ("place", "x"), [(0, -INF), (1, 0), (2, INF)], ids=["left", "zero", "right"]
)
def test_values_and_slopes_at_infinities_and_zero(place, x):
    for found, (function, *_) in zip(compiled(np.float32(x)), TABLE, strict=True):
        wanted = ENDS[function][place]
        assert np.isnan(found[0]) if wanted is None else tuple(found[:2]) == wanted, function


def test_the_excess_of_log_at_its_end():
    value, slope, _ = compiled(np.float32(-1))[NAMES.index("log1p_excess")]
    assert (value, slope) == (INF, -INF)


def test_nan_gives_nan_only():
    assert np.all(np.isnan(np.array(compiled(np.float32(np.nan)))))


@pytest.mark.parametrize("function", [f.tanh, f.shifted_sigmoid], ids=lambda g: g.__name__)
@given(x=inputs)
@example(x=0.0)
def test_odd_functions_are_odd_to_the_sign_of_zero(function, x):
    left, right = function(np.float32(-x)), function(np.float32(x))
    assert left == -right
    assert np.signbit(left) != np.signbit(right)


@given(x=inputs)
def test_log_cosh_is_even(x):
    assert f.log_cosh(np.float32(-x)) == f.log_cosh(np.float32(x))


@given(x=inputs)
def test_log_sigmoid_and_softplus_are_two_signs_of_one_function(x):
    assert f.log_sigmoid(np.float32(x)) == -f.softplus(np.float32(-x))


@FUNCTIONS
def test_every_way_to_the_second_slope_is_the_same(function):
    x, one = np.float32(-0.6875), np.float32(1)
    forward, reverse = jax.jacfwd(function), jax.jacrev(function)
    ways = jax.jit(
        lambda x: [
            jax.jacfwd(forward)(x), jax.jacfwd(reverse)(x), jax.jacrev(forward)(x),
            jax.jacrev(reverse)(x), jax.linearize(reverse, x)[1](one),
            jax.vjp(forward, x)[1](one)[0],
        ]
    )(x)  # fmt: skip
    assert len({float(way) for way in ways}) == 1


# Definitions, and the domains on which they are compared.
CLOSED = [
    (f.sigmoid, lambda x: 1 / (1 + jnp.exp(-x)), vf.reals()),
    (f.shifted_sigmoid, lambda x: 1 / (1 + jnp.exp(-x)) - 0.5, vf.reals(-50, 50)),
    (f.softplus, lambda x: jnp.log(1 + jnp.exp(x)), vf.reals(-50, 50)),
    (f.log_sigmoid, lambda x: jnp.log(1 / (1 + jnp.exp(-x))), vf.reals(-50, 50)),
    (f.tanh, lambda x: jnp.sinh(x) / jnp.cosh(x), vf.reals(-50, 50)),
    (f.log_cosh, lambda x: jnp.log(jnp.cosh(x)), vf.reals(-50, 50)),
    (f.log1mexp, lambda x: jnp.log(1 - jnp.exp(x)), vf.reals(-50, -1e-3)),
    (f.log1p_excess, lambda x: x - jnp.log(1 + x), vf.reals(-0.99, 100)),
    (f.expm1_excess, lambda x: jnp.exp(x) - 1 - x, vf.reals(-50, 50)),
]


@pytest.mark.parametrize(("function", "formula", "domain"), CLOSED, ids=NAMES)
def test_functions_and_two_slopes_mean_their_formulas(function, formula, domain):
    @vf.claim(x=domain)
    def same(x):
        second = vf.derivative(lambda z: vf.derivative(formula, z), x)
        return vf.all_of(
            vf.equal(function(x), formula(x)),
            vf.equal(jax.grad(function)(x), vf.derivative(formula, x)),
            vf.equal(jax.grad(jax.grad(function))(x), second),
        )

    assert vf.check(same, effort="quick").status == "holds"


positive_magnitudes = st.builds(lambda m, e: m * 2.0**e, st.floats(1, 1.99), st.integers(-120, 60))
xlogy = jax.jit(lambda x, y: (f.xlogy(x, y), *jax.grad(f.xlogy, argnums=(0, 1))(x, y)))


@given(x=magnitudes, y=positive_magnitudes)
@example(x=3.0, y=np.float32(1e-40))  # subnormal
@example(x=1e-30, y=1.0000001)
def test_x_log_y_and_its_slopes(x, y):
    x, y = np.float32(x), np.float32(y)
    value, in_x, in_y = xlogy(x, y)
    assert ulps(value, exact(x) * mp.log(exact(y))) < FAITHFUL
    assert ulps(in_x, mp.log(exact(y))) < FAITHFUL
    if y >= jnp.finfo(y.dtype).tiny:  # devices divide by zero where it is subnormal
        assert ulps(in_y, exact(x) / exact(y)) < FAITHFUL


def test_x_log_y_where_x_or_y_is_zero_or_infinite():
    assert [float(v) for v in xlogy(0.0, 0.0)] == [0, -np.inf, 0]
    assert [float(v) for v in xlogy(0.0, 3.0)][::2] == [0, 0]
    assert f.xlogy(0.0, jnp.inf) == 0
    assert f.xlogy(2.0, 0.0) == -jnp.inf
    assert f.xlogy(-2.0, jnp.inf) == -jnp.inf
    assert f.xlogy(jnp.inf, 0.5) == -jnp.inf


def test_a_slope_in_y_alone_does_not_ask_for_log_y():
    assert jax.jvp(lambda y: f.xlogy(0.0, y), (0.0,), (1.0,)) == (0, 0)


def test_x_log_y_of_batches_along_other_axes():
    x, y = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([0.5, 2.0], np.float32)
    mapped = jax.vmap(f.xlogy, in_axes=(1, None), out_axes=1)(x, y)
    assert np.array_equal(mapped, f.xlogy(x, y[:, None]))
