"""Integrals, series, limits and derivatives in claims: their values, and JAX through them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from mpmath import mp, mpf

import verify as vf
from verify.arithmetic import jaxprs
from verify.arithmetic.arrays import boxed
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.reading import reading
from verify.checks.reader import as_balls

INF = jnp.inf
FLOATS = 1e-6  # relative: floats only point at places for balls to decide
BITS = 128


def read(function, *arguments, **settings):
    """A function read in balls, with the notes taken."""
    program, _ = jaxprs.trace(function, *(jaxprs.float64(np.shape(a)) for a in arguments))
    compiled = BALLS.compile(program)
    with reading(bits=BITS, **settings) as notes:
        values = compiled(*map(as_balls, arguments))
    return (values[0] if len(values) == 1 else values), notes


def in_floats(function, *arguments):
    with jax.enable_x64(True):
        return jax.jit(function)(*(jnp.asarray(a, jnp.float64) for a in arguments))


def holds(ball, value):
    """Whether a ball holds a number known to 40 digits."""
    text = mp.nstr(value, 38)
    return ball.overlaps(arb(text, abs(arb(text)) * arb("1e-36") + arb("1e-37")))


def normal(z, mu, sigma):
    return jnp.exp(-(((z - mu) / sigma) ** 2) / 2) / (sigma * jnp.sqrt(2 * vf.pi))


# name, function of one number, argument, value, decimal digits that must be known
VALUES = [
    ("a polynomial", lambda a: vf.integral(lambda z: a * z**2, 0, 3), 2.0, lambda a: 18, 30),
    ("reversed ends", lambda a: vf.integral(lambda z: a * z**2, 3, 0), 2.0, lambda a: -18, 30),
    ("equal ends", lambda a: vf.integral(lambda z: 1 / z, a, a), 0.0, lambda a: 0, 30),
    ("a parameter in an end", lambda a: vf.integral(jnp.cos, 0, a), 1.5, mp.sin, 25),
    ("a kink", lambda a: vf.integral(lambda z: abs(z - a), 0, 1), 0.25,
     lambda a: mpf("0.3125"), 20),
    ("a step", lambda a: vf.integral(lambda z: jnp.where(z < a, 1.0, 3.0), 0, 1), 0.25,
     lambda a: mpf("2.5"), 20),
    ("a branch", lambda a: vf.integral(
        lambda z: jax.lax.cond(z < a, jnp.sin, jnp.cos, z), 0, 1), 0.5,
     lambda a: 1 - mp.cos(a) + mp.sin(1) - mp.sin(a), 20),
    ("a pole of the integrand's derivative", lambda a: vf.integral(lambda z: jnp.log(z), 0, a),
     2.0, lambda a: a * mp.log(a) - a, 20),
    ("an inverse root", lambda a: vf.integral(lambda z: 1 / jnp.sqrt(z), 0, a), 2.0,
     lambda a: 2 * mp.sqrt(a), 15),
    ("a Gaussian", lambda a: vf.integral(lambda z: normal(z, a, 2.0), -INF, INF), 3.0,
     lambda a: 1, 20),
    ("a narrow Gaussian far out", lambda a: vf.integral(
        lambda z: normal(z, a**2, 0.0009765625), -INF, INF), 30.0, lambda a: 1, 20),
    ("a wide Gaussian", lambda a: vf.integral(lambda z: z**2 * normal(z, 0.0, a), -INF, INF),
     1e6, lambda a: a**2, 20),
    ("a heavy tail", lambda a: vf.integral(lambda z: 1 / (a + z**2), -INF, INF), 4.0,
     lambda a: mp.pi / mp.sqrt(a), 20),
    ("a half-line", lambda a: vf.integral(lambda z: jnp.exp(-a * z), 0, INF), 0.125,
     lambda a: 1 / a, 20),
    ("the other half-line", lambda a: vf.integral(lambda z: jnp.exp(a * z), -INF, 0), 0.125,
     lambda a: 1 / a, 20),
    ("an algebraic tail", lambda a: vf.integral(lambda z: z**-1.5, a, INF), 4.0,
     lambda a: 1, 20),
    ("one inside another", lambda a: vf.integral(
        lambda x: vf.integral(lambda y: x * y * a, 0, x), 0, 1), 2.0, lambda a: mpf("0.25"), 15),
    ("softplus, which asks whether its argument is NaN",
     lambda a: vf.integral(lambda z: jax.nn.softplus(z - a), -1, 1), 0.0,
     lambda a: mp.quad(lambda z: mp.log(1 + mp.exp(z)), [-1, 1]), 15),
    ("a finite sum", lambda a: vf.series(lambda k: a * k**2, 1, 100), 0.5,
     lambda a: mpf(338350) / 2, 30),
    ("an empty sum", lambda a: vf.series(lambda k: a, 3, 2), 0.5, lambda a: 0, 30),
    ("a geometric series", lambda a: vf.series(lambda k: a**k, 0, INF), 0.75,
     lambda a: 1 / (1 - a), 20),
    ("an exponential series",
     lambda a: vf.series(lambda k: a**k / jnp.exp(jax.lax.lgamma(k + 1.0)), 0, INF), 3.0,
     mp.exp, 20),
    ("an algebraic series", lambda a: vf.series(lambda k: k**-a, 1, INF), 1.5, mp.zeta, 20),
    ("an alternating series", lambda a: vf.series(lambda k: (-1) ** k / (k + a), 0, INF), 1.0,
     lambda a: mp.log(2), 20),
    ("a removable singularity", lambda a: vf.limit(lambda z: jnp.sin(a * z) / z, 0.0), 3.0,
     lambda a: a, 20),
    ("a logarithm that loses", lambda a: a + vf.limit(lambda z: z * jnp.log(z), 0.0,
                                                      side="above"), 3.0, lambda a: a, 20),
    ("Euler's limit", lambda a: vf.limit(lambda n: (1 + a / n) ** n, INF), 3.0, mp.exp, 12),
    ("a decay", lambda a: vf.limit(lambda n: (a / 4) ** n, INF, integers=True), -3.0,
     lambda a: 0, 30),
    ("a flat zero", lambda a: vf.limit(lambda z: a * jnp.exp(-1 / z**2), 0.0), 3.0,
     lambda a: 0, 30),
    ("a derivative", lambda a: vf.derivative(lambda x: x**3, a), 2.0, lambda a: 12, 30),
    ("a derivative in the tail", lambda a: vf.derivative(jnp.tanh, a), 40.0,
     lambda a: 1 / mp.cosh(a) ** 2, 30),
]  # fmt: skip
BY_NAME = pytest.mark.parametrize(
    ("function", "argument", "value", "digits"),
    [pytest.param(*row[1:], id=row[0]) for row in VALUES],
)


@BY_NAME
def test_a_ball_holds_the_value_and_is_narrow(function, argument, value, digits):
    ball, _ = read(function, argument)
    with mp.workdps(40):
        expected = mpf(value(mpf(argument)))
        assert holds(ball, expected)
    assert float(ball.rad()) <= 10.0**-digits * max(1.0, abs(float(expected)))


@BY_NAME
def test_floats_come_near_the_value(function, argument, value, digits):
    got, expected = float(in_floats(function, argument)), float(value(mpf(argument)))
    rough = 1e-3  # of slow series, log singularities and steps inside a piece
    assert abs(got - expected) <= rough * max(1.0, abs(expected))


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (lambda a: vf.integral(lambda z: a / z, 0, 1), 1.0),
        (lambda a: vf.integral(lambda z: a / z, 1, INF), 1.0),
        (lambda a: vf.integral(lambda z: 1 / (z - a), 0, 1), 0.5),
        (lambda a: vf.integral(lambda z: a + 0 * z, -INF, INF), 1.0),
        (lambda a: vf.integral(lambda z: jnp.log(z - a), 0, 1), 0.5),
        (lambda a: vf.series(lambda k: a / k, 1, INF), 1.0),
        (lambda a: vf.series(lambda k: k**-a, 1, INF), 0.9),
        (lambda a: vf.series(lambda k: a * (-1) ** k, 0, INF), 1.0),
        (lambda a: vf.series(lambda k: a**k, 0, INF), 1.25),
        (lambda a: vf.limit(lambda z: jnp.sin(1 / z) * a, 0.0), 1.0),
        (lambda a: vf.limit(lambda z: abs(z) / z * a, 0.0), 1.0),
        (lambda a: vf.limit(lambda n: a**n, INF, integers=True), -1.0),
        (lambda a: vf.limit(lambda z: a / jnp.log(z), INF), 1.0),
        (lambda a: vf.limit(lambda z: jnp.log(jnp.log(z)) * a, INF), 1.0),
    ],
)
def test_what_does_not_exist_or_is_too_slow_has_no_value(function, argument):
    ball, notes = read(function, argument)
    assert not ball.is_finite()
    assert not ball.is_exact() or ball.is_nan()
    assert notes.obstacles


@pytest.mark.parametrize(
    ("function", "argument", "sign"),
    [
        (lambda a: vf.limit(lambda z: a / z**2, 0.0), 2.0, 1),
        (lambda a: vf.limit(lambda z: a / z, 0.0, side="below"), 2.0, -1),
        (lambda a: vf.limit(lambda z: a * jnp.log(z), INF), 2.0, 1),
        (lambda a: vf.limit(lambda n: a**n, INF, integers=True), 5.0, 1),
    ],
)
def test_an_infinite_limit_is_known_to_be_infinite(function, argument, sign):
    ball, _ = read(function, argument)
    assert ball == sign * arb.pos_inf()


SMOOTH = [
    ("integral, parameter", lambda a: vf.integral(lambda z: jnp.exp(-a * z), 0, 2)),
    ("integral, ends", lambda a: vf.integral(lambda z: jnp.exp(-z), a, a**2)),
    ("integral, infinite", lambda a: vf.integral(lambda z: normal(z, a, 1.5) * z**2, -INF, INF)),
    ("series", lambda a: vf.series(lambda k: jnp.exp(-a * k), 1, 20)),
    ("limit", lambda a: vf.limit(lambda z: jnp.sin(a * z) / z + a**2, 0.0)),
    ("derivative", lambda a: vf.derivative(lambda x: jnp.sin(a * x) * x, a)),
]
SMOOTH_BY_NAME = pytest.mark.parametrize("function", [pytest.param(f, id=n) for n, f in SMOOTH])


@SMOOTH_BY_NAME
def test_gradients_in_balls_are_differences_of_values(function):
    step = 2.0**-20
    low, _ = read(function, 1.25 - step)
    high, _ = read(function, 1.25 + step)
    slope, _ = read(jax.grad(function), 1.25)
    difference = (high - low) / (2 * step)
    assert abs(float(slope.mid()) - float(difference.mid())) < 1e-9  # step squared is 1e-12


@SMOOTH_BY_NAME
def test_second_derivatives_in_balls_agree_with_floats(function):
    curve = jax.grad(jax.grad(function))
    ball, _ = read(curve, 1.25)
    assert float(ball.mid()) == pytest.approx(float(in_floats(curve, 1.25)), rel=FLOATS)


@SMOOTH_BY_NAME
def test_vmap_is_a_row_of_single_calls(function):
    places = np.array([0.75, 1.25, 2.0])
    row, _ = read(jax.vmap(function), places)
    for value, place in zip(boxed(row).flat, places, strict=True):
        alone, _ = read(function, float(place))
        assert value.overlaps(alone)
    np.testing.assert_allclose(
        in_floats(jax.vmap(function), places),
        [float(in_floats(function, p)) for p in places],
        rtol=FLOATS,
    )


@SMOOTH_BY_NAME
def test_gradient_of_a_vmapped_sum_and_vmap_of_a_gradient_agree(function):
    places = np.array([0.75, 1.25])
    of_sum, _ = read(jax.grad(lambda x: jnp.sum(jax.vmap(function)(x))), places)
    of_each, _ = read(jax.vmap(jax.grad(function)), places)
    assert all(a.overlaps(b) for a, b in zip(boxed(of_sum).flat, boxed(of_each).flat, strict=True))


def test_nested_vmap_closes_over_both_axes():
    table = jax.vmap(
        lambda a: jax.vmap(lambda b: vf.integral(lambda z: a * z + b, 0, 1))(jnp.arange(3.0))
    )
    got, _ = read(table, np.array([2.0, 4.0]))
    expected = [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]
    assert [[float(v.mid()) for v in row] for row in got] == pytest.approx(np.array(expected))


def test_an_integrand_may_hold_a_loop():
    def power_sum(z, a):
        total, _ = jax.lax.scan(lambda c, k: (c + a * z**k, None), 0.0 * z, jnp.arange(1.0, 4.0))
        return total

    ball, _ = read(lambda a: vf.integral(lambda z: power_sum(z, a), 0, 1), 1.0)
    with mp.workdps(40):
        assert holds(ball, mpf(1) / 2 + mpf(1) / 3 + mpf(1) / 4)


def test_an_integrand_with_a_custom_vjp_is_differentiated_backwards():
    square = jax.custom_vjp(lambda x: x**2)
    square.defvjp(lambda x: (x**2, x), lambda x, g: (2 * x * g,))
    slope, _ = read(jax.grad(lambda a: vf.integral(lambda z: square(a * z), 0, 1)), 3.0)
    assert holds(slope, mpf(2))


def test_a_jump_that_moves_with_the_parameter_is_not_differentiated():
    step = lambda a: vf.integral(lambda z: jnp.where(z < a, 1.0, 0.0), 0, 1)
    verdict = vf.check(
        vf.claim(a=vf.reals(0.1, 0.9))(lambda a: vf.equal(jax.grad(step)(a), 0.0)), effort="quick"
    )
    assert verdict.status == "undecided"
    assert "Leibniz" in verdict.reason


@pytest.mark.parametrize(
    "kinked",
    [
        lambda z, a: abs(z - a),
        lambda z, a: jnp.maximum(z, a),
        lambda z, a: jax.nn.relu(z - a),
        lambda z, a: jnp.clip(z, a, 2.0),
    ],
)
def test_a_kink_that_moves_with_the_parameter_is_differentiated(kinked):
    function = lambda a: vf.integral(lambda z: kinked(z, a), 0, 1)
    step = 2.0**-20
    (low, _), (high, _) = read(function, 0.375 - step), read(function, 0.375 + step)
    slope, _ = read(jax.grad(function), 0.375)
    assert abs(float(((high - low) / (2 * step) - slope).mid())) < 1e-6  # a kink costs a step


def test_an_estimate_is_said():
    _, finite = read(lambda a: vf.integral(lambda z: a * z, 0, 1), 1.0)
    _, infinite = read(lambda a: vf.integral(lambda z: jnp.exp(-a * z), 0, INF), 1.0)
    assert not finite.estimated
    assert infinite.estimated


def test_a_second_look_at_an_improper_integral_is_rigorous_on_a_long_range():
    kl = lambda m: vf.integral(
        lambda z: normal(z, m, 1.0) * jnp.log(normal(z, m, 1.0) / normal(z, 0, 1)), -INF, INF
    )
    ball, notes = read(kl, 3.0, second_look=True)
    assert holds(ball, mpf(4.5))
    assert any("finite range" in note for note in notes.estimated)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: vf.integral(3.0, 0, 1), TypeError, "integral needs a function, got float 3.0"),
        (lambda: vf.integral(lambda z: jnp.ones(2), 0, 1), TypeError, "one real scalar, got"),
        (lambda: vf.integral(lambda z: (z, z), 0, 1), TypeError, "one real scalar, got"),
        (lambda: vf.integral(lambda z: z, jnp.zeros(2), 1), TypeError,
         "integral needs a real scalar for low"),
        (lambda: vf.integral(lambda z: z, 0, "1"), TypeError, "a real scalar for high, got str"),
        (lambda: vf.integral(lambda z: z, float("nan"), 1), ValueError,
         "integral needs a number for low, got nan"),
        (lambda: vf.series(lambda k: k, 0.5, 3), ValueError,
         "series needs a whole number for low, got 0.5"),
        (lambda: vf.series(lambda k: k, -INF, 3), ValueError, "series needs a finite low"),
        (lambda: vf.limit(lambda z: z, 0.0, side="left"), ValueError,
         "limit needs a side of above, below or both, got 'left'"),
        (lambda: vf.limit(lambda z: z, 0.0, integers=True), ValueError,
         "limit needs an infinite place with integers=True"),
        (lambda: vf.derivative(lambda z: z, float("nan")), ValueError, "derivative needs a number"),
    ],
)  # fmt: skip
def test_a_mistake_in_calculus_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
