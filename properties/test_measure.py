"""measure: what it says of a function's floats, against mpmath and fractions."""

import functools
import math
from collections import Counter
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import ulps_by_fractions as naive
from jax import lax
from mpmath import mp, mpf

import verify as vf
from verify.arithmetic.ulps import FORMATS
from verify.checks.accuracy.reference import Reference
from verify.checks.accuracy.tally import EDGES
from verify.checks.accuracy.target import target

_NEAR = 2e-6  # relative, by which a bound may be over an error: it is kept in float32
_WIDE = 2.0**-60  # relative, of what mpmath leaves open
_LOG1P_IS_OFF = tuple(map(int, jax.__version__.split(".")[:2])) < (0, 11)  # jax-ml/jax#39707

_measure = functools.partial(vf.measure, effort="quick")
everything = vf.reals()


@pytest.fixture(autouse=True)
def precision():
    with mp.workdps(60):
        yield


def fraction(x):
    """An mpf as the fraction that it is."""
    sign, mantissa, exponent, _ = x._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** exponent


def error_of(computed, exact, dtype):
    return naive.error(float(computed), fraction(mpf(exact)), dtype)


def floats(dtype, low, high):
    """Every float of a dtype in a range, from their bits."""
    count = 8 * np.dtype(dtype).itemsize
    bits = np.arange(2**count, dtype=f"u{count // 8}")
    x = bits.view(dtype)
    with np.errstate(invalid="ignore"):  # of NaNs that signal
        wide = x.astype(np.float64)
    return x[(wide >= low) & (wide <= high)]


def logistic_slope(x):
    return 1 / ((1 + mp.exp(-x)) * (1 + mp.exp(x)))


BRUTE = {
    "softplus": ("bfloat16", jax.nn.softplus, lambda x: mp.log1p(mp.exp(x)), (2**-6, 64), False),
    "softplus below": ("float16", jax.nn.softplus, lambda x: mp.log1p(mp.exp(x)), (-16, -2), False),
    "log1p": ("float16", jnp.log1p, mp.log1p, (0.25, 8), False),
    "exp overflows": ("bfloat16", jnp.exp, mp.exp, (64, 128), False),
    "exp underflows": ("float16", jnp.exp, mp.exp, (-32, -8), False),
    "square": ("float16", jnp.square, lambda x: x * x, (-0.03, -(2**-14)), False),
    "naive log1p": ("bfloat16", lambda x: jnp.log(1 + x), mp.log1p, (2**-9, 4), False),
    "logistic'": ("bfloat16", jax.nn.sigmoid, logistic_slope, (1, 100), True),
    "tanh'": ("float16", jnp.tanh, lambda x: mp.sech(x) ** 2, (-20, -0.5), True),
    "expm1' lost": ("bfloat16", lambda x: jnp.exp(x) * jnp.exp(-x), lambda x: 0, (60, 120), True),
}


@pytest.mark.parametrize("name", BRUTE)
def test_all_inputs_of_sixteen_bits_agree_with_brute_force(name):
    dtype, function, exact, ends, gradient = BRUTE[name]
    found = _measure(function, dtype=dtype, gradient=gradient, x=vf.reals(*ends))
    x = floats(dtype, *ends)
    run = jax.grad(function) if gradient else function
    errors = [
        error_of(c, exact(mpf(float(a))), dtype)
        for a, c in zip(x, np.asarray(jax.jit(jax.vmap(run))(x)), strict=True)
    ]
    sizes = sorted((float(abs(e)) for e in errors), reverse=True)
    assert found.is_exhaustive
    assert found.inputs == len(x)
    assert found.undefined == found.unread == found.kinks == 0
    assert found.ulps == pytest.approx(sizes[0], rel=_WIDE)
    assert sizes[0] <= found.bound <= sizes[0] * (1 + _NEAR) + 2.0**-20
    worst = [case.ulps for case in found.worst]
    assert worst == pytest.approx([s for s in sizes[: len(worst)] if s], rel=_WIDE)
    assert found.right == sum(s <= 0.5 for s in sizes) / len(x)
    assert [n for *_, n in found.histogram] == histogram(errors)


def histogram(errors):
    """Errors sorted into the edges; one on an edge of half an ulp is in the middle."""
    counts = Counter()
    for e in errors:
        steps = sum(float(abs(e)) > edge for edge in EDGES)
        counts[-steps if e < 0 else steps] += 1
    return [counts[k] for k in range(-len(EDGES), len(EDGES) + 1)]


def test_worst_cases_are_true_and_in_order():
    found = _measure(jax.nn.softplus, x=everything)
    run = jax.jit(jax.vmap(jax.nn.softplus))
    assert found.worst
    assert [c.ulps for c in found.worst] == sorted((c.ulps for c in found.worst), reverse=True)
    assert len({c.hexadecimal["x"] for c in found.worst}) == len(found.worst)
    for case in found.worst:
        x = np.float32(float.fromhex(case.hexadecimal["x"]))
        assert float(x) == case.inputs["x"]
        exact = mp.log1p(mp.exp(mpf(float(x))))
        assert case.computed == run(x[None])[0]
        assert abs(case.signed) == case.ulps
        assert float(error_of(case.computed, exact, "float32")) == pytest.approx(case.signed)
        assert abs(mpf(case.exact) / exact - 1) < mpf(10) ** -29
        assert len(case.exact.replace(".", "").lstrip("0").split("e")[0]) == 30


KNOWN = {
    "softplus": (jax.nn.softplus, False, (-100, 100), (2, 5)),
    "square": (lambda x: x * x, False, (-math.inf, math.inf), (0.49, 0.5)),
    "2 sin^2": (lambda x: 2 * jnp.sin(x / 2) ** 2, False, (2.0**-20, 100), (0.5, 4)),
    "log1p": (jnp.log1p, False, (-0.999, math.inf), (0.5, 4)),
    "log_sigmoid'": (jax.nn.log_sigmoid, True, (-80, 80), (0.5, 10)),
    "square'": (jnp.square, True, (-math.inf, math.inf), (0, 0.5)),
    "relu'": (jax.nn.relu, True, (2.0**-126, math.inf), (0, 0)),
    "abs": (jnp.abs, False, (-math.inf, math.inf), (0, 0)),
    "clip'": (lambda x: jnp.clip(x, -1, 1), True, (-math.inf, math.inf), (0, 0)),
    "floor": (jnp.floor, False, (-math.inf, math.inf), (0, 0)),
    "mod": (lambda x: jnp.mod(x, 3.0), False, (-1e4, 1e4), (0.4, 0.5)),
    "guarded log": (
        lambda x: jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1.0)), 0.0),
        False, (-math.inf, math.inf), (0.5, 4),
    ),
    "branches": (lambda x: lax.cond(x > 1, jnp.sin, jnp.cos, x), False, (-9, 9), (0.5, 2)),
    "loop": (
        lambda x: lax.while_loop(lambda c: c > 1, lambda c: c / 2, x), False, (0, 1e5), (0, 0),
    ),
    "sigmoid'": (jax.nn.sigmoid, True, (-80, 80), (2.0**23, 2.0**24)),
    "log(1 - sigmoid)'": (
        lambda h: jnp.log(1 - jax.nn.sigmoid(h)), True, (-80, 80), (math.inf, math.inf),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_known_functions_have_their_known_errors(name):
    function, gradient, ends, (least, most) = KNOWN[name]
    found = _measure(function, gradient=gradient, x=vf.reals(*ends))
    assert least <= found.ulps <= most


def test_gradients_that_are_lost_are_counted():
    found = _measure(jax.nn.sigmoid, dtype="bfloat16", gradient=True, x=vf.reals(1.0, 80.0))
    x = floats("bfloat16", 1, 80)
    got = np.asarray(jax.jit(jax.vmap(jax.grad(jax.nn.sigmoid)))(x))
    assert (got == 0).any()
    assert found.zeros == (got == 0).sum() / len(x)
    assert found.nans == 0


def test_nans_in_place_of_numbers_are_counted():
    def naive_loss(h):
        return jnp.log(1 - jax.nn.sigmoid(h))

    found = _measure(naive_loss, dtype="bfloat16", gradient=True, x=vf.reals(1.0, 80.0))
    x = floats("bfloat16", 1, 80)
    lost = np.isnan(np.asarray(jax.jit(jax.vmap(jax.grad(naive_loss)))(x), np.float32))
    assert lost.any()
    assert found.nans == lost.sum() / len(x)
    assert found.worst[0].ulps == math.inf


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_nan_in_place_of_no_normal_number_is_not_counted_as_one(sign):
    """exp(-x) is subnormal and exp(x) overflows, where exp(x) exp(-2 x) is infinity times zero."""
    found = _measure(lambda x: jnp.exp(x) * jnp.exp(-2 * x), dtype="bfloat16",
                     reference=lambda x: jnp.exp(sign * x), x=vf.reals(90.0, 200.0))  # fmt: skip
    assert found.ulps == math.inf
    assert found.nans == 0
    assert found.inputs == found.histogram[-1][2]


def test_float64_is_measured_too():
    found = _measure(jnp.log1p, dtype="float64", x=vf.reals(-0.4145, -0.4139))
    assert (found.ulps > 100) == _LOG1P_IS_OFF
    assert found.dtype == "float64"
    case = found.worst[0]
    exact = mp.log1p(mpf(case.inputs["x"]))
    assert float(error_of(case.computed, exact, "float64")) == pytest.approx(case.signed)


def test_an_error_of_more_ulps_than_float64_counts_is_an_error():
    found = _measure(lambda x: x * 0 + 1e300, dtype="float64", x=vf.reals(0.0, 1.0),
                     reference=lambda x: x * 0 + 1e-300)  # fmt: skip
    assert found.ulps == math.inf
    assert found.undefined == 0


def test_kinks_are_passed_over_and_counted():
    for function in (jax.nn.relu, jnp.abs):
        found = _measure(function, dtype="bfloat16", gradient=True, x=everything)
        # Zeros of both signs; and subnormal numbers, if the device takes them for zero.
        assert 2 <= found.kinks <= 2 * 128
        assert found.ulps == found.zeros == found.unread == 0
        assert found.right == 1
        away = _measure(function, dtype="bfloat16", gradient=True, x=vf.reals(1.0, 2.0))
        assert away.kinks == 0


def test_the_end_of_a_domain_leaves_a_gradient_bounded():
    """sqrt has an infinite slope at 0 from above, and no other side."""
    found = _measure(jnp.sqrt, dtype="bfloat16", gradient=True, x=vf.reals(0.0, 4.0))
    assert 1 <= found.kinks <= 128
    assert found.unread == 0
    assert found.bound < 2
    nan_at_zero = _measure(
        lambda x: x * jnp.sqrt(x), dtype="bfloat16", gradient=True, x=vf.reals(0.0, 4.0)
    )
    assert nan_at_zero.kinks == 0
    assert nan_at_zero.bound == math.inf


def test_what_has_no_exact_value_is_passed_over_and_counted():
    negative = _measure(jnp.log, dtype="bfloat16", x=vf.reals(-2.0, -1.0))
    assert negative.undefined == negative.inputs == 129
    assert negative.worst == ()
    both = _measure(jnp.sqrt, dtype="bfloat16", x=vf.reals(-2.0, 2.0))
    below = (floats("bfloat16", -2, -(2.0**-126)) < 0).sum()
    assert below <= both.undefined <= below + 127
    assert both.bound <= 0.5 + 2e-6


def test_a_subnormal_input_is_what_it_is_or_zero():
    inverse = _measure(lambda x: 1 / x, dtype="float16", x=everything)
    assert inverse.undefined == 2  # the zeros alone: the device keeps what is subnormal
    assert inverse.bound <= 0.5 + 2e-6
    flushing = _measure(lambda x: 1 / x, dtype="bfloat16", x=everything)
    assert 2 <= flushing.undefined <= 2 * 128
    assert flushing.bound <= 0.5 + 2e-6
    same = _measure(lambda x: x * 1, dtype="bfloat16", x=everything)
    assert same.bound == 0
    shifted = _measure(lambda x: x * 2.0**60, dtype="bfloat16", x=everything)
    assert shifted.bound == 0


def test_a_tie_is_correctly_rounded():
    assert _measure(lambda x: x + 1, dtype="bfloat16", x=vf.reals(0.0, 4.0)).right == 1
    assert _measure(jnp.square, dtype="float16", x=everything).right == 1


def test_zero_that_no_digits_settle_is_said_to_be_near():
    def zero(x):
        return jnp.sin(x) ** 2 + jnp.cos(x) ** 2 - 1

    found = _measure(zero, dtype="bfloat16", x=vf.reals(1.0, 2.0))
    assert found.ulps > 1e30
    assert found.worst[0].exact.startswith("[+/- ")


def test_a_narrow_error_is_found():
    def off(x):
        return jnp.where((x > 1.234) & (x < 1.2341), x * 1.001, x)

    found = _measure(off, reference=lambda x: x, x=vf.reals(0.0, 2.0))
    assert 1.234 < found.worst[0].inputs["x"] < 1.2341
    assert found.ulps == pytest.approx(1.234e-3 * 2**23, rel=0.1)


def test_several_outputs_are_each_judged():
    def several(x, y):
        return {"sum": x + y, "pair": (x * y, jnp.stack([x, x * 1.5]))}

    found = _measure(several, dtype="bfloat16", x=vf.reals(1.0, 1.1), y=vf.reals(2.0, 2.3))
    assert list(found.by_output) == ["['pair'][0]", "['pair'][1][0]", "['pair'][1][1]", "['sum']"]
    assert found.by_output["['pair'][1][0]"] == 0
    assert 0 < found.by_output["['sum']"] <= found.bound == max(found.by_output.values())
    assert {case.output for case in found.worst} <= set(found.by_output)
    assert sum(n for *_, n in found.histogram) == 4 * found.inputs


def test_arrays_and_simplices_are_sampled():
    found = _measure(lambda v: jnp.sum(v * v), x=vf.reals(0.5, 1.0, shape=3))
    assert not found.is_exhaustive
    assert 0.5 < found.ulps < 3
    assert np.shape(found.worst[0].inputs["x"]) == np.shape(found.worst[0].hexadecimal["x"]) == (3,)
    entropy = _measure(lambda p: -jnp.sum(p * jnp.log(p)), p=vf.simplex(2))
    assert abs(sum(entropy.worst[0].inputs["p"]) - 1) < 1e-6
    assert entropy.unread < entropy.inputs / 100


def test_integers_are_tried_as_integers():
    found = _measure(lambda k: k * k, k=vf.integers(-3000, 5000))
    assert found.is_exhaustive
    assert found.inputs == 8002  # both zeros
    squares = np.arange(-3000.0, 5001.0) ** 2
    inexact = (squares != squares.astype(np.float32)).sum()
    assert sum(n for _, _, n in found.histogram) == 8002
    assert (found.ulps > 0) == bool(inexact)


def test_partial_derivatives_are_judged_in_every_variable():
    def norm(x, y):
        return jnp.sqrt(x * x + y * y)

    found = _measure(norm, dtype="bfloat16", gradient=True,
                     x=vf.reals(1.0, 1.1), y=vf.reals(2.0, 2.5))  # fmt: skip
    assert list(found.by_output) == ["x", "y"]
    assert found.ulps > 0
    for case in found.worst:
        x, y = (mpf(case.inputs[name]) for name in "xy")
        exact = (x if case.output == "x" else y) / mp.sqrt(x * x + y * y)
        assert float(error_of(case.computed, exact, "bfloat16")) == pytest.approx(case.signed)
    vectors = _measure(lambda v, s: s * jnp.sum(v), gradient=True,
                       v=vf.reals(1.0, 2.0, shape=2), s=vf.reals(1.0, 2.0))  # fmt: skip
    assert list(vectors.by_output) == ["v[0]", "v[1]", "s"]
    assert vectors.by_output["v[0]"] < 1e-6


def test_the_reference_is_what_the_function_should_be():
    def series(x):
        return 1 + x + x**2 / 2

    own = _measure(series, dtype="bfloat16", x=vf.reals(0.5, 1.0))
    meant = _measure(series, dtype="bfloat16", reference=jnp.exp, x=vf.reals(0.5, 1.0))
    assert own.ulps < 2
    assert meant.ulps > 10
    assert any("the reference is exp" in note for note in meant.notes)


def test_a_function_that_looks_at_dtypes_is_said_to():
    def by_dtype(x):
        return jnp.sin(x) if x.dtype == jnp.float64 else jnp.cos(x)

    found = _measure(by_dtype, dtype="bfloat16", x=vf.reals(1.0, 2.0))
    assert any("another program in float64" in note for note in found.notes)
    assert _measure(jnp.sin, dtype="bfloat16", x=vf.reals(1.0, 2.0)).notes == ()


def test_eager_floats_are_judged_where_they_differ():
    found = _measure(lambda x: jnp.where(x > 50, (x + 1) * 1.1 - 1, x), dtype="bfloat16",
                     x=vf.reals(0.0, 100.0))  # fmt: skip
    run = jax.vmap(lambda x: (x + 1) * 1.1 - 1)
    x = floats("bfloat16", 50.5, 100)
    differ = not np.array_equal(np.asarray(run(x)), np.asarray(jax.jit(run)(x)))
    assert (found.other is not None) == differ
    if differ:
        assert not found.other.compiled
        assert found.other.ulps > found.ulps


def test_shares_and_counts_add_up():
    found = _measure(lambda x: jnp.log(x) * jnp.sqrt(x - 1), x=vf.reals(-3.0, 9.0))
    counted = sum(n for *_, n in found.histogram)
    assert counted + found.undefined + found.kinks + found.unread == found.inputs
    middle = next(n for low, high, n in found.histogram if low < 0 < high)
    assert found.right == middle / counted
    edges = [e for low, high, _ in found.histogram for e in (low, high)]
    assert edges == sorted(edges)


@pytest.mark.parametrize(
    ("function", "x", "ulps"),
    [
        (lambda x: x - 1, 1 + 2.0**-10, 2.0**10),
        (lambda x: x - 1, 1.0, None),
        (jnp.exp, 80.0, math.frexp(math.exp(80.0))[0] * 2 * 2.0**6),
        (jnp.sqrt, 1.0, 0.5),
        (lambda x: x * 0 + 1, 3.0, 0.0),
        (jnp.arcsin, 1.0, None),
    ],
)
def test_conditioning_is_what_an_ulp_of_input_is_worth(function, x, ulps):
    judged = target("measure", function, {"x": ()}, FORMATS["float32"])
    found = Reference(judged).conditioning([np.float32(x)], 0)
    if ulps is None:
        assert found is None or found > 1e30
    else:
        assert found == pytest.approx(ulps, rel=1e-4)


def test_conditioning_adds_up_over_variables():
    judged = target("measure", jnp.subtract, {"x": (), "y": ()}, FORMATS["float32"])
    found = Reference(judged).conditioning([np.float32(1 + 2.0**-10), np.float32(1)], 0)
    assert found == pytest.approx(2.0**11)
