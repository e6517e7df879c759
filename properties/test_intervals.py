"""Intervals: every rule holds the exact value, says no more than it knows, and is tight."""

import enclosures
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from enclosures import BINARY, UNARY, WHOLE_POWERS, box, enclose
from flint import arb
from jax import lax

from verify.arithmetic import jaxprs
from verify.arithmetic.errors import UnsupportedPrimitive
from verify.arithmetic.intervals import elementary, ordering, selfcheck, system
from verify.arithmetic.intervals.system import INTERVALS
from verify.arithmetic.intervals.values import entered, point

INF = np.inf
RULES = (*UNARY, *BINARY, *(f"x**{n}" for n in WHOLE_POWERS[::3]))
COUNT = 2_000
WIDTH = 1.01 * 2.0**-40  # relative, of a value at a float: four times a slack of 2^10 ulps
ROUGH = dict.fromkeys(("exp2", "sinh", "cosh", "erfc"), 1.01 * 2.0**-38)
ROUGH |= {"erf_inv": 1.01 * 2.0**-28, "tan": 2.02 * 2.0**-40}
WITH_ZEROS = ("lgamma", "digamma")  # near which their error does not shrink with them


@pytest.mark.parametrize("name", RULES)
def test_rule_holds_the_exact_value_at_points_and_in_boxes(name):
    assert not enclosures.misses(name, count=COUNT, seed=0)


def test_every_function_is_tried():
    known = {*UNARY, *BINARY, *ordering.COMPARISONS, "clamp", "is_finite", "polynomial"}
    assert set(system.FUNCTIONS) == known | {"one_minus_square"}


def test_a_float_that_is_not_widened_is_seen_to_miss():
    x = enclosures.random_floats(300, 1)
    value = np.exp(np.clip(x, -30, 30))
    assert enclosures.excluded(arb.exp, [np.clip(x, -30, 30)], value, value)


def test_a_box_that_is_too_narrow_is_seen_to_miss():
    low, high, inside = (np.clip(x, -30, 30) for x in enclosures.random_boxes(300, 1))
    assert enclosures.excluded(lambda x: x * x, [inside], low * low, high * high)


@pytest.mark.parametrize("name", sorted(set(UNARY) - {"sign", "floor", "ceil", "abs", "neg"}))
def test_value_at_a_float_is_narrow(name):
    _, exact = enclosures.rule_of(name)
    x = np.random.default_rng(3).uniform(0.05, 0.95, COUNT) + (1 if name == "acosh" else 0)
    with jaxprs.x64():
        low, high = map(np.asarray, enclosures.compiled(name)([x], [[x, x]])[0])
    values = [float(exact(arb(v)).mid()) for v in x]
    size = np.abs(values) + (name in WITH_ZEROS)
    allowed = ROUGH.get(name, WIDTH) * size
    assert np.all(high - low <= allowed)


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        (lambda x: jnp.where(x < 0, 10, x), (box(-1, 1),), (0, 10)),
        (lambda x: jnp.where(x >= 0, x, 10), (box(-1, 1),), (0, 10)),
        (lambda x: jnp.where(~(x >= 0), 10, x), (box(-1, 1),), (0, 10)),
        (lambda x: jnp.where((x > 0) & (x < 0.5), x, 10), (box(-1, 1),), (0, 10)),
        (lambda x: jnp.where((x < 0) | (x > 0.5), -10, x), (box(-1, 1),), (-10, 0.5)),
        (lambda x, y: jnp.where(x < y, y, 10), (box(0, 3), box(-1, 1)), (0, 10)),
        (jax.nn.relu, (box(-1, 2),), (0, 2)),
        (jnp.square, (box(-1, 2),), (0, 4)),
        (lambda x: x * x, (box(-1, 2),), (0, 4)),
        (jnp.abs, (box(-1, 0.5),), (0, 1)),
        (jnp.floor, (box(-1.5, 0.5),), (-2, 0)),
        (lambda x: lax.rem(x, 2.0), (box(4.25, 5.5),), (0.25, 1.5)),
        (lambda x: x**4, (box(-1, 2),), (0, 16)),
        (lambda x: jnp.sqrt(0.5 * x), (box(0, 2),), (0, 1)),
        (lambda x: -2.0 * x, (box(0, 2),), (-4, 0)),
        (lambda x: x**3, (box(-1, 2),), (-1, 8)),
        (lambda x: jnp.power(x, 2.0), (box(-2, -1),), (1, 4)),
        (lambda x, y: x * y, (box(0, 2), box(0, 3)), (0, 6)),
        (jnp.cosh, (box(-1, 0.5),), (1, np.cosh(1))),
        (jnp.max, (box([0.0, 1.0], [5.0, 2.0]),), (1, 5)),
        (lambda x: jnp.sort(x)[0], (box([0.0, 1.0], [5.0, 2.0]),), (0, 2)),
    ],
)
def test_range_on_a_box_is_sharp(function, arguments, expected):
    (value,) = enclose(function, *arguments)
    assert np.allclose(value, expected, rtol=1e-11, atol=1e-300)
    assert value.low <= expected[0] <= expected[1] <= value.high


@pytest.mark.parametrize(
    ("function", "arguments", "exact"),
    [
        (lambda x, y: x + y, (0.1, 0.2), lambda x, y: x + y),
        (lambda x, y: x * (y / x), (0.1, 1.0), lambda x, y: y),
        (lambda x, y: (x + y) - y, (0.1, 1e16), lambda x, y: x),
        (lambda x, y: x * y - 0.01, (0.1, 0.1), lambda x, y: x * y - arb(0.01)),
        (
            lambda x, y: (x * 1e-200) * 1e300 + y,
            (1e-110, 0.0),
            lambda x, y: x * arb(1e-200) * 1e300,
        ),
        (lambda x, y: x / 1e308 + y, (1e300, 0.0), lambda x, y: x / arb(1e308)),
        (
            lambda x, y: x * 2.0**600 * 2.0**600 * y,
            (2.0**-700, 1.0),
            lambda x, y: x * arb(2) ** 1200,
        ),
        (lambda x, y: (x * 1e200) * 1e200 * y, (1e-150, 1.0), lambda x, y: x * arb(1e200) ** 2),
        (lambda x, y: jnp.exp(x) * jnp.exp(y), (600.0, -650.0), lambda x, y: (x + y).exp()),
    ],
)
def test_what_a_compiler_may_rewrite_is_enclosed(function, arguments, exact):
    (value,) = enclose(function, *arguments, as_run=True)
    assert enclosures.is_held(exact(*map(arb, arguments)), *value)
    assert np.all(np.isfinite(value))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.tanh(jnp.log(x)),
        lambda x: jnp.maximum(jnp.log(x), 3.0),
        lambda x: jnp.clip(jnp.log(x), 0.0, 0.0),
        lambda x: 0.0 * jnp.log(x),
        lambda x: jnp.sign(jnp.abs(jnp.log(x))),
        lambda x: jnp.square(jnp.sqrt(x)),
        lambda x: jnp.sin(1 / x),
        lambda x: jnp.log(x) ** 0,
        lambda x: jnp.cosh(jnp.log(x)),
        lambda x: 1.0 ** jnp.log(x),
        lambda x: jnp.max(jnp.stack([jnp.log(x), x])),
        lambda x: jnp.sort(jnp.stack([jnp.log(x), x]))[1],
        lambda x: lax.cummax(jnp.stack([x, jnp.log(x), x]))[2],
        lambda x: jnp.where(jnp.log(x) < 1, 2.0, jnp.log(x)),
        lambda x: jnp.stack([x, 1.0]) @ jnp.stack([0.0 * jnp.log(x), x]),
    ],
)
def test_what_may_not_exist_is_unknown(function):
    (value,) = enclose(function, box(-1, 1))
    assert value.low == -INF
    assert value.high == INF


@pytest.mark.parametrize(
    "function", [jnp.log, jnp.sqrt, jnp.log1p, jnp.arcsin, jnp.arccosh, jnp.arctanh, lax.rsqrt]
)
def test_no_number_is_said_only_where_there_is_none(function):
    (outside,) = enclose(function, -2.5)
    (straddling,) = enclose(function, box(-3.0, 1.5))
    assert np.isnan(outside.low)
    assert np.isnan(outside.high)
    assert (straddling.low, straddling.high) == (-INF, INF)


@pytest.mark.parametrize("x", [5e-324, -5e-324, 1e-310, -2.2e-308])
def test_subnormal_numbers_are_not_taken_for_zero(x):
    reciprocal, logarithm, scaled = enclose(lambda x: (1 / x, jnp.log(abs(x)), x * 2.0**80), x)
    assert not np.isnan(reciprocal.low)
    assert not np.isnan(logarithm.low)
    assert scaled.low <= x * 2.0**80 <= scaled.high


@pytest.mark.parametrize("x", [2.0**-1022, -(2.0**-1022)])
def test_what_underflows_keeps_its_sign_and_is_not_zero(x):
    for value in enclose(lambda x: (x * 0.5, x * x, -x * 2.0**-30, x / 4.0), x):
        assert value.low < 0 or value.high > 0
        assert value.low == 0 or value.high == 0


def test_subnormal_constants_are_not_taken_for_zero():
    (value,) = enclose(lambda x: x * 1e-310, 2.0**80)
    assert value.low <= 1e-310 * 2.0**80 <= value.high


@pytest.mark.parametrize("x", [0.0, -0.0])
def test_both_zeros_are_zero(x):
    (root, product, is_zero), (low, high) = (
        enclose(lambda x: (jnp.sqrt(x), x * 5.0, x == 0), x),
        (0.0, 0.0),
    )
    assert root.low <= low <= root.high
    assert product.low <= high <= product.high
    assert is_zero.yes


def test_infinite_constants_are_compared_and_carried():
    masked, is_below, finite, *lost = enclose(
        lambda x: (
            jnp.max(jnp.stack([x, -INF])),
            x < INF,
            jnp.isfinite(x),
            (x + INF) - INF,
            0.0 * jnp.maximum(x, INF),
            x * INF,
            jnp.sin(x + INF),
        ),
        box(-1, 2),
    )
    assert np.allclose(masked, (-1, 2))
    assert is_below.yes
    assert finite.yes
    assert all(tuple(value) == (-INF, INF) for value in lost)


def test_overflow_is_a_large_number_not_an_infinity():
    value, back = enclose(lambda x: (x * 1e200, x * 1e200 * 1e-250), 1e200)
    assert 1e308 < value.low < INF == value.high
    assert back.low <= 1e150 <= back.high


@pytest.mark.parametrize(
    ("function", "argument", "expected"),
    [
        (lambda x: (x < 0).astype(int), box(-1, 1), None),
        (lambda x: (x < 2).astype(int) + 1, box(-1, 1), 2),
        (lambda x: (127 + (x < 2)).astype(jnp.int8) + jnp.int8(1), box(-1, 1), -127),
        (lambda x: jnp.uint8(0) - (x < 2).astype(jnp.uint8), box(-1, 1), 255),
        (lambda x: x.astype(jnp.int8), box(127.2, 127.9), 127),
        (lambda x: x.astype(jnp.int8), 128.0, None),
        (lambda x: x.astype(jnp.int64), 2.0**63, None),
        (lambda x: x.astype(jnp.int64), -(2.0**63), -(2**63)),
        (lambda x: x.astype(jnp.int32), box(-0.9, 0.9), 0),
        (lambda x: x.astype(jnp.int32), box(0.9, 1.1), None),
        (lambda x: jnp.floor(x).astype(jnp.int32) ** 2, box(3.1, 3.9), 9),
        (lambda x: jnp.max(jnp.array([1, 2]) + (x < 0)), box(-1, 1), None),
        (lambda x: jnp.sum(jnp.array([1, 2]) + (x < 2)), box(-1, 1), 5),
        (lambda x: jnp.argmax(jnp.stack([x, 2 * x + 2, 0.5])), box(0.0, 1.0), 1),
        (lambda x: jnp.argmax(jnp.stack([x, 0.5])), box(0.0, 1.0), None),
        (lambda x: jnp.argmin(jnp.stack([x, x])), 1.0, 0),
        (lambda x: lax.population_count(jnp.int32(7) + (x < 2)), box(-1, 1), 1),
    ],
)
def test_whole_numbers_are_known_only_where_decided(function, argument, expected):
    (value,) = enclose(function, argument)
    assert bool(value.known) == (expected is not None)
    assert expected is None or value.value == expected


def test_large_whole_numbers_are_not_rounded():
    (value,) = enclose(lambda x: (jnp.int64(2**53 + 1) * (x < 2)).astype(float), 1.0)
    assert value.low < 2**53 < value.high
    assert value.high - value.low < 16


def test_booleans_are_never_both():
    everything = enclose(
        lambda x: (
            jnp.max(jnp.stack([x < 0, x < 2])),
            jnp.min(jnp.stack([x < 0, x < 2])),
            jnp.stack([x < 0, x < 2]).at[np.array([1, 5])].get(mode="fill", fill_value=True),
            jnp.logical_xor(x < 0, x < 2),
            lax.reduce_xor(jnp.stack([x < 3, x < 2]), (0,)),
        ),
        box(-1, 1),
    )
    assert not any(np.any(b.yes & b.no) for b in everything)
    assert [bool(np.all(b.yes | b.no)) for b in everything] == [True, False, True, False, True]


@pytest.mark.parametrize("method", [0, 1])
def test_whole_numbers_are_the_nearest(method):
    half = np.array([0.5, 1.5, 2.5, -0.5, -2.5, 0.49999999999999994, 2.0**52 + 1, 1e300])
    x = np.concatenate([half, np.random.default_rng(0).normal(0, 1e3, 100).round(1)])
    (value,) = enclose(lambda x: lax.round(x, lax.RoundingMethod(method)), x)
    away = np.sign(x) * np.where(abs(x) % 1 == 0.5, np.ceil(abs(x)), np.rint(abs(x)))
    assert np.array_equal(value.low, np.rint(x) if method else away)
    assert np.array_equal(value.low, value.high)


@pytest.mark.parametrize(
    "function", [jnp.sum, jnp.max, jnp.prod, jnp.cumsum, jnp.cumprod, lax.cummax, jnp.sort]
)
def test_arrays_without_elements_are_read(function):
    x = np.zeros((0, 2)) if function is jnp.max else np.zeros(0)
    of = (lambda x: jnp.max(x, 1)) if function is jnp.max else function
    (value,) = enclose(of, x)
    assert np.array_equal(value.low, np.asarray(of(x)))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.fft.fft(x).real,
        lambda x: lax.complex(x, x).imag,
        lambda x: lax.nextafter(x, 2.0),
        lambda x: jax.scipy.special.gammainc(2.0, x),
        lambda x: x.at[0].apply(jnp.sin),
        lambda x: lax.bitcast_convert_type(x, jnp.int64),
    ],
)
def test_what_has_no_rule_is_left_to_balls(function):
    with pytest.raises(UnsupportedPrimitive, match="intervals needs a rule"):
        enclose(function, np.ones(3))


def test_float32_is_refused():
    with jaxprs.x64(False), pytest.raises(RuntimeError, match="intervals need x64, got"):
        elementary.add(point(np.float32(1)), point(np.float32(2)))


def test_floats_enter_as_they_are():
    with jaxprs.x64():
        value = entered(np.array([1.5, 0.0, -INF, 5e-324, -5e-324]))
        around = entered(np.array([-5e-324, 5e-324]), np.array([5e-324, 6e-324]))
    assert np.array_equal(around.low, [-(2.0**-1022), 0.0])
    assert np.array_equal(around.high, [2.0**-1022, 2.0**-1022])
    assert np.array_equal(value.low, [1.5, 0.0, -INF, 0.0, -(2.0**-1022)])
    assert np.array_equal(value.high, [1.5, 0.0, -INF, 2.0**-1022, 0.0])


def test_no_number_stays_no_number():
    for result in enclose(lambda x: (x + 1, jnp.exp(x), jnp.maximum(x, 0), abs(x)), np.nan):
        assert np.isnan(result.low)


def test_device_is_trusted_with_what_a_program_uses():
    program, _ = jaxprs.trace(jax.nn.softplus, jaxprs.float64())
    selfcheck.check(program, slopes=True)


@pytest.fixture
def _forgetful():
    selfcheck.worst_seen.cache_clear()
    yield
    selfcheck.worst_seen.cache_clear()


@pytest.mark.usefixtures("_forgetful")
@pytest.mark.parametrize("fault", [lambda y: y * (1 + 2.0**-40), lambda y: y * jnp.nan])
def test_device_that_is_off_is_refused(fault, monkeypatch):
    honest = selfcheck._PROBED["exp"]()
    faulty = honest._replace(function=lambda x: jnp.where(x > 300, fault(lax.exp(x)), lax.exp(x)))
    monkeypatch.setitem(selfcheck._PROBED, "exp", lambda: faulty)
    with pytest.raises(selfcheck.DeviceInexact, match=r"intervals need exp within 1024 ulps on"):
        selfcheck.trusted(["logaddexp"])


def test_slack_of_every_function_taken_from_the_device_is_looked_at():
    taken = {*system.monotone.FUNCTIONS, "sin", "cos", "bessel_i1e", "lgamma", "digamma", "pow"}
    assert taken <= set(selfcheck._PROBED)


def test_intervals_go_through_vmap():
    program = INTERVALS.compile(jaxprs.trace(jnp.exp, jaxprs.float64())[0])
    with jaxprs.x64():
        x = np.linspace(-1, 1, 5)
        (one_by_one,) = jax.jit(jax.vmap(lambda t: program(point(t))))(x)
        low, high = map(np.asarray, one_by_one)
    assert np.all((low < np.exp(x)) & (np.exp(x) < high))


@pytest.mark.parametrize("count", [1, 5, 64])
def test_products_of_matrices_that_underflow_are_held(count):
    """Of three products of sizes just under 2^-1022 each is flushed; two of them are reach."""
    share = np.full(count, 2.0**-511)
    x, y = box(share * 0.5, share * 1.5), box(share * 0.0, share * 1.999)
    (value,) = enclose(jnp.dot, x, y)
    exact = count * arb(1.5) * arb(1.999) * arb(2) ** -1022
    assert enclosures.is_held(exact, *value)
