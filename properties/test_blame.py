"""vf.blame: it names the right line, its shares add up, and it says what it cannot do."""

import dataclasses
import inspect
import math
import re

import jax
import jax.numpy as jnp
import naive_formulas as naive
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import verify as vf
from verify.arithmetic import jaxprs
from verify.checks.blame import steps
from verify.checks.blame.record import LOSES
from verify.functions import softplus

# A function, where, in what dtype, and the line to look at, which each loses most bits.
LOSING = {
    "softplus": (naive.softplus, (-20.0,), "jnp.log(1 + grown)"),
    "variance": (naive.variance, ([1000.1, 1001.2, 1002.3],), "mean_of_squares - square_of_mean"),
    "log_slope_of_tanh": (naive.log_slope_of_tanh, (5.0,), "1 - t**2"),
    "gelu": (naive.gelu, (-5.0,), "1 + jnp.tanh(inner)"),
    "excess": (naive.excess, (1e-4,), "(grown - d) - 1"),
    "minimax": (naive.minimax, (12.0,), "jnp.log(1 - p)"),
    "gaussian_kl": (naive.gaussian_kl, (1e-4, 1.0001), "mu**2 + sigma**2 - 1"),
    "orbit": (naive.orbit, (0.3,), "left = 1 - x"),
    "quotient": (naive.quotient_of_differences, (1.0,), "jnp.sin(x + step) - jnp.sin(x)"),
}
LOSING_SLOPES = {
    "gelu": (naive.gelu, (-5.0,), "1 + jnp.tanh(inner)"),
    "minimax": (naive.minimax, (40.0,), "jnp.log(1 - p)"),
    "log_sum_exp": (naive.log_sum_exp, ([100.0, 1.0],), "jnp.exp(x)"),
    "xlogy": (naive.xlogy, (0.0, 3.0), "jnp.where(x == 0, 0.0, product)"),
    "norm": (naive.norm, ([0.0, 0.0],), "jnp.sqrt(squared)"),
}
ACCURATE = {
    "log1p": (jnp.log1p, -1e-6),
    "expm1": (jnp.expm1, 1e-5),
    "softplus": (jax.nn.softplus, -20.0),
    "ours": (softplus, -20.0),
    "sigmoid": (jax.nn.sigmoid, -40.0),
    "tanh": (jnp.tanh, 1e-3),
    "versine": (lambda x: 2 * jnp.sin(x / 2) ** 2, 1e-3),
    "distance": (lambda x: jnp.sqrt(x**2 + 1e-4), 3.0),
}
# Errors are known to 2^-8 of themselves, or of an ulp, and are rounded to doubles, of which
# a sum here has fewer than 2^5.
CLOSE = 2.0**-7
DOUBLE = 2.0**-48

floats = st.floats(-25.0, 25.0, width=32)


@pytest.mark.parametrize("name", LOSING)
def test_the_line_that_loses_the_digits_is_named(name):
    function, arguments, source = LOSING[name]
    blame = vf.blame(function, *arguments)
    assert blame.line is not None
    assert source in blame.line.source, blame
    assert blame.bits_lost > 4
    file, _, line = blame.line.where.rpartition(":")
    assert file.endswith("naive_formulas.py")
    assert source in inspect.getsource(naive).splitlines()[int(line) - 1]


@pytest.mark.parametrize("name", LOSING_SLOPES)
def test_the_line_that_loses_the_digits_of_a_gradient_is_named(name):
    function, arguments, source = LOSING_SLOPES[name]
    blame = vf.blame(function, *arguments, gradient=True)
    assert blame.line is not None, blame
    assert source in blame.line.source, blame


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_the_line_is_named_in_other_dtypes(dtype):
    blame = vf.blame(naive.softplus, -20.0 if dtype == "float64" else -8.0, dtype=dtype)
    assert blame.line is not None
    assert "jnp.log(1 + grown)" in blame.line.source
    assert blame.dtype == dtype


@pytest.mark.parametrize("name", ACCURATE)
def test_no_line_is_named_where_the_result_is_accurate(name):
    function, x = ACCURATE[name]
    blame = vf.blame(function, x)
    assert blame.line is None, blame
    assert blame.bits_lost < LOSES
    assert "no line loses a digit here" in repr(blame)


def test_the_roundings_are_told_from_the_line_that_magnifies_them():
    blame = vf.blame(naive.variance, [1000.1, 1001.2, 1002.3])
    assert blame.magnifier is blame.line
    assert blame.origin is not None
    assert blame.origin.source.startswith(("mean_of_squares =", "square_of_mean ="))
    assert blame.magnifier.added == 0  # the subtraction itself is exact


def test_a_nan_is_traced_to_the_infinity_before_it():
    blame = vf.blame(naive.minimax, 40.0, gradient=True)
    assert blame.first_infinity is not None
    assert blame.first_nan is not None
    assert blame.first_infinity.event == "div(1, 0) gives inf"
    assert "jnp.log(1 - p)" in blame.first_infinity.source
    assert blame.first_nan.event == "mul(-inf, 0) gives NaN"
    assert math.isnan(blame.value)
    assert blame.exact == "-1.0000000000000000"
    assert math.isinf(blame.error)


def test_an_overflow_is_named():
    blame = vf.blame(naive.log_sum_exp, [100.0])
    assert blame.first_infinity is not None
    assert blame.first_infinity.event == "exp overflows"
    assert blame.line is not None
    assert "jnp.exp(x)" in blame.line.source
    assert blame.exact == "100.00000000000000"


def test_an_overflow_in_an_array_is_shown_and_not_the_entry_that_is_rounded():
    blame = vf.blame(naive.log_sum_exp, [1.0, 2.0, 100.0])
    (row,) = (row for row in blame.rows if row.primitive == "exp")
    assert row.value == math.inf
    assert row.exact == "2.6881171418161354e+43"
    assert "inf, exactly 2.6881171418161354e+43: exp overflows" in repr(blame)


@pytest.mark.parametrize(
    ("function", "x", "event"),
    [
        (naive.switched_softplus, 100.0, "exp(100) overflows"),
        (naive.guarded_root, -1.0, "sqrt(-1) gives NaN"),
    ],
)
def test_a_nan_of_a_branch_that_is_not_chosen_is_no_rounding(function, x, event):
    blame = vf.blame(function, x, gradient=True)
    assert math.isnan(blame.value)
    assert blame.line is not None
    assert event in blame.line.events
    assert any("a branch that `where` does not choose" in note for note in blame.notes)
    assert "rounded" not in repr(blame)
    assert "with these roundings" not in repr(blame)
    assert event in repr(blame)


def test_where_is_not_suspected_where_there_is_none():
    assert "`where`" not in repr(vf.blame(naive.minimax, 40.0, gradient=True))


def test_an_underflow_and_a_lost_term_are_named():
    events = {row.event for row in vf.blame(naive.softplus, -110.0).rows}
    assert "underflows to 0" in events
    assert "9.36e-14 is lost in 1" in {row.event for row in vf.blame(naive.softplus, -30.0).rows}


def test_an_infinity_that_is_right_costs_nothing():
    blame = vf.blame(lambda x: 1 / (1 + jnp.exp(x)), 100.0)
    assert blame.error == 0
    assert blame.line is None


def test_a_gradient_that_the_rules_get_wrong_is_not_blamed_on_rounding():
    blame = vf.blame(naive.xlogy, 0.0, 3.0, gradient=True)
    assert blame.value == 0
    assert blame.exact == "1.0986122886681097"
    assert blame.before == blame.error
    assert all(row.added == 0 for row in blame.rows)
    assert any("true derivative" in note for note in blame.notes)


def test_a_gradient_without_a_value_is_said_to_have_none():
    blame = vf.blame(naive.norm, [0.0, 0.0], gradient=True)
    assert blame.exact == "undefined"
    assert math.isnan(blame.error)
    assert any("division by zero" in note for note in blame.notes)
    assert blame.first_nan is not None


def test_what_a_library_does_is_said_to_be_inside_it():
    blame = vf.blame(jnp.tanh, 10.0, gradient=True)
    assert {row.where for row in blame.rows} == {"inside tanh"}
    assert {row.source for row in blame.rows} == {""}


def test_the_library_function_is_named_by_the_line_that_calls_it():
    blame = vf.blame(lambda x: jax.nn.softplus(x) - x, 20.0)
    assert blame.line is not None
    assert "jax.nn.softplus(x) - x" in blame.line.source


@given(x=floats)
@example(x=-20.0)
@example(x=1.2920728672152334e-18)  # shares of 2e25 ulps that leave 9e6
@settings(max_examples=5)
def test_the_shares_add_up_to_the_error(x):
    for function in (naive.softplus, naive.excess, naive.log_slope_of_tanh):
        _adds_up(vf.blame(function, x))


@given(x=floats)
@example(x=17.5)  # from where sigmoid' is 0
@settings(max_examples=4)
def test_the_shares_of_a_gradient_add_up_to_its_error(x):
    _adds_up(vf.blame(naive.minimax, x, gradient=True))


def _adds_up(blame):
    total = blame.before + math.fsum(row.added for row in blame.rows)
    if math.isinf(blame.error):
        assert math.isinf(total), blame
    else:
        largest = max((abs(row.added) for row in blame.rows), default=0.0)
        room = CLOSE * max(1.0, abs(blame.error)) + DOUBLE * largest
        assert abs(total - blame.error) <= room, blame
    for row in blame.rows:
        if row.own:
            assert math.isclose(row.own * row.amplification, abs(row.added)) or math.isinf(
                row.added
            )


@given(x=floats)
@settings(max_examples=4)
def test_the_error_is_that_of_the_float_against_the_exact_value(x):
    blame = vf.blame(naive.softplus, x)
    exact = float(vf.exact(naive.softplus, x, digits=17))
    ulp = 2.0 ** (max(math.frexp(exact)[1], -125) - 24)
    assert math.isclose(blame.error, (blame.value - exact) / ulp, abs_tol=CLOSE)


@given(x=floats)
@settings(max_examples=4)
def test_the_values_are_those_of_eager_and_compiled_code(x):
    blame = vf.blame(naive.gelu, x)
    with jaxprs.x64(False):
        assert blame.value == float(naive.gelu(np.float32(x)))
        assert blame.compiled == float(jax.jit(naive.gelu)(np.float32(x)))


@given(x=floats)
@settings(max_examples=4)
def test_exact_arithmetic_has_no_error(x):
    blame = vf.blame(lambda x: jnp.abs(-2 * x) / 4, x)
    assert blame.error == 0
    assert all(row.own == row.added == 0 for row in blame.rows)


def test_a_rounded_constant_counts_for_the_line_that_uses_it():
    blame = vf.blame(lambda x: x * 0.1, 1.0)
    assert [row.primitive for row in blame.rows] == ["mul"]
    stored = float(np.float32(0.1))
    assert math.isclose(blame.error, (stored - 0.1) / 2.0**-27, rel_tol=CLOSE)


def test_a_zero_that_is_only_known_to_be_small_is_said_to_be():
    blame = vf.blame(lambda x: jnp.cos(x) ** 2 + jnp.sin(x) ** 2 - 1, 1.0)
    assert blame.exact.startswith("under ")
    assert blame.value == 0 or blame.line is not None


def test_inputs_are_the_floats_that_they_round_to():
    assert vf.blame(lambda x: x * 1.0, 0.1).exact == "0.10000000149011612"
    assert vf.blame(lambda x: x * 1.0, 0.1, dtype="float64").exact == "0.10000000000000001"


def test_a_function_that_is_another_program_at_float64_is_said_to_be():
    def branching(x):
        return x + 1 if x.dtype == jnp.float32 else jnp.exp(x)

    blame = vf.blame(branching, 0.5)
    assert blame.exact == "1.6487212707001281"
    assert blame.before != 0
    assert any("another program" in note for note in blame.notes)
    _adds_up(blame)


def test_a_worse_compiled_result_stands_beside_the_eager_one():
    blame = vf.blame(naive.variance, [1000.1, 1001.2, 1002.3])
    compiled = float(jax.jit(naive.variance)(np.array([1000.1, 1001.2, 1002.3], np.float32)))
    assert blame.compiled == compiled
    assert ("compiled as a whole" in repr(blame)) == (compiled != blame.value)


def test_the_worst_entry_of_all_outputs_is_explained():
    def outputs(x):
        return jnp.stack([x, jnp.log(1 + jnp.exp(x))]), jnp.argmax(x)

    blame = vf.blame(outputs, [-1.0, -12.0])
    assert blame.entry == "output 0 [1, 1]"
    slopes = vf.blame(lambda a, b: jnp.sum(a) + naive.minimax(b), [1.0, 2.0], 14.0, gradient=True)
    assert slopes.entry == "in b"


def test_a_model_with_a_tree_of_parameters_is_explained():
    def network(parameters, xs):
        step = lambda h, x: (jnp.tanh(parameters["W"] @ h + parameters["b"] * x), h)
        return jax.lax.scan(step, jnp.ones(2), xs)[0]

    weights = {"W": np.array([[0.1, 0.7], [-0.3, 1.1]]), "b": np.array([0.3, -0.2])}
    blame = vf.blame(network, weights, np.array([0.3, 1.7, -0.6]))
    assert set(blame.arguments) == {"parameters['W']", "parameters['b']", "xs"}
    assert blame.line is not None
    assert "jnp.tanh(parameters" in blame.line.source
    _adds_up(blame)


def test_a_scan_is_explained_turn_by_turn_and_a_long_one_as_a_whole():
    def powers(length):
        step = lambda c, _: (c * 1.1, c)
        return lambda x: jax.lax.scan(step, x, length=length)[1][::-1][0]

    short, long = (vf.blame(powers(n), 1.0) for n in (20, 501))
    assert sum(row.primitive == "mul" and row.own > 0 for row in short.rows) > 10
    assert [row.primitive for row in long.rows if row.added] == ["scan"]


def test_turns_of_a_reversed_scan_keep_their_order():
    def weighted(xs):
        step = lambda c, x: (c / 3 + x, c * x)
        carry, products = jax.lax.scan(step, 0.5, xs, reverse=True)
        return carry + products[0]

    xs = [1.0, 2.0, 5.0]
    exact = vf.exact(weighted, np.array(xs), digits=17)
    assert math.isclose(float(vf.blame(weighted, xs).exact), float(exact), rel_tol=2.0**-50)


def test_constants_differ_between_dtypes_only_in_their_value():
    shapes = [jax.ShapeDtypeStruct((), np.float32)], [jax.ShapeDtypeStruct((), np.float64)]
    narrow, wide = (steps.steps_of(steps.traced(jax.nn.gelu, s, wide=w))
                    for s, w in zip(shapes, (False, True), strict=True))  # fmt: skip
    meant = steps.meant_constants(narrow, wide)
    assert meant is not None
    assert {float(v) for v in meant.values()} == {float(v) for v in wide.constants.values()}


def test_the_report_shows_lines_with_their_bits():
    text = repr(vf.blame(naive.softplus, -20.0))
    assert text.startswith("softplus at x = -20 in float32:\n  0, equation by equation; exactly")
    assert "off by 9.28e+06 ulps, 23.1 of 24 bits lost" in text
    assert "return jnp.log(1 + grown)" in text
    assert "2.06e-09 is lost in 1" in text
    html = vf.blame(lambda x: jnp.where(x < 1, x, 2 * x), 0.5)._repr_html_()
    assert "<table>" in html
    assert "x &lt; 1" in html


@pytest.mark.parametrize("name", LOSING)
def test_tables_fit_a_terminal(name):
    function, arguments, _ = LOSING[name]
    for dtype in ("float32", "float64"):
        sentences, *tables = repr(vf.blame(function, *arguments, dtype=dtype)).split("\n\n")
        assert len(tables) == 2
        assert sentences
        assert all(len(line) <= 80 for table in tables for line in table.splitlines())


def test_a_blame_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        vf.blame(jnp.exp, 1.0).error = 0.0  # type: ignore


def test_the_worst_input_of_domains_is_explained():
    found = vf.blame(naive.softplus, x=vf.reals(-20.0, -15.0), dtype="bfloat16")
    assert found.value == 0.0
    assert re.fullmatch(r"the worst of \d+ inputs, all there are", found.notes[0])
    both = vf.blame(naive.gaussian_kl, sigma=vf.reals(1.0, 1.125), mu=vf.reals(0.0, 0.125),
                    dtype="float16", gradient=True)  # fmt: skip
    assert list(both.arguments) == ["mu", "sigma"]
    with pytest.raises(ValueError, match="blame needs arguments or domains, got 1 and 1"):
        vf.blame(naive.gaussian_kl, 0.0, sigma=vf.reals())
    with pytest.raises(TypeError, match="blame needs a domain for x, got float 2"):
        vf.blame(naive.softplus, x=2.0)
