"""Expressions on the command line: exact numbers in, exact numbers out, clear mistakes."""

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.checks.expression import function_of, numbers, value_of


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_hexadecimal_is_that_float(x):
    assert numbers([f"x={x.hex()}"]) == {"x": x}


@given(st.decimals(-1_000, 1_000, places=12))
def test_a_decimal_stays_a_decimal(x):
    assert Fraction(numbers([f"x={x}"])["x"]) == Fraction(x)


def test_numbers_are_decimals_fractions_and_floats():
    given_ = ["a=1", "b=-.5", "c=2.e-3", "d=1/3", " e = +7 ", "f=0x10", "g=-0X.8p1"]
    assert numbers(given_) == {
        "a": "1", "b": "-.5", "c": "2.e-3", "d": "1/3", "e": "+7", "f": 16.0, "g": -1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("assignments", "error"),
    [
        (["x"], "verify exact needs variables, got 'x'; write x=0.1 for one tenth"),
        (["1=x"], "verify exact needs variables, got '1=x'; write x=0.1"),
        (["x="], "verify exact needs a number for x, got ''; write x=0.1"),
        (["x=abc"], "verify exact needs a number for x, got 'abc'; write x=0.1"),
        (["x=inf"], "verify exact needs a number for x, got 'inf'"),
        (["x=1/0"], "verify exact needs a number for x, got '1/0'"),
        (["x=1e99999"], "verify exact needs a number for x, got '1e99999'"),
        (["x=0x"], "verify exact needs a float64 for x, got '0x'"),
        (["x=0x1p2000"], "verify exact needs a float64 for x, got '0x1p2000'"),
        (["x=1", "x=2"], "verify exact needs one value for x, got two; leave one out."),
    ],
)
def test_what_is_no_number_is_told(assignments, error):
    with pytest.raises(ValueError, match="^" + re.escape(error)):
        numbers(assignments)


def test_decimals_of_an_expression_are_exact():
    assert value_of("x + 0.1", ["x=0.2"], digits=40) == "0.3" + 39 * "0"
    assert value_of("x - 0.1", ["x=0x1.999999999999ap-4"], digits=5) == "5.5511e-18"
    assert value_of("where(x > 0, 0.7, x)", ["x=1"], digits=5) == "0.70000"


def test_pi_is_exact_inside_functions():
    digits = "3.14159265358979323846264338327950288420"  # OEIS A000796
    assert value_of("pi", [], digits=39) == digits
    assert value_of("exp(log(pi))", [], digits=39) == digits


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1/3", "0.33333333333333333333"),
        ("2**0.5", "1.4142135623730950488"),
        ("2**-3", "0.12500000000000000000"),
        ("10**23 / 10**23", "1.0000000000000000000"),
        ("0.1 + 0.2 - 0.3", "0"),
        ("ones((2, 3)).sum(axis=-1)[1] / 7", "0.42857142857142857143"),
        ("9007199254740993 - 9007199254740992.0", "1.0000000000000000000"),
    ],
)
def test_what_is_written_in_numbers_alone_is_exact(expression, value):
    assert value_of(expression, [], digits=20) == value


def test_a_variable_takes_the_place_of_a_name():
    assert value_of("2 * pi * beta", ["pi=3", "beta=0.5"], digits=3) == "3.00"


def test_names_of_libraries_and_of_verify_are_known():
    function = function_of("softplus(x) + jnp.sin(x) + jax.nn.relu(x) + gammaln(x)", ["x"])
    assert float(function(1.0)) == pytest.approx(math.log1p(math.e) + math.sin(1) + 1, rel=1e-6)
    assert value_of("vf.integral(lambda t: t * x, 0, 1)", ["x=3"], digits=8) == "1.5000000"
    assert value_of("sum(jnp.array([x for i in [1, 2]]))", ["x=3"], digits=2) == "6.0"


@pytest.mark.parametrize(
    ("expression", "assignments", "error"),
    [
        ("1 +", [], "verify exact needs a Python expression, got '1 +': invalid syntax."),
        ("", [], "verify exact needs a Python expression, got '': invalid syntax."),
        ("x = 1", [], "verify exact needs a Python expression, got 'x = 1': invalid syntax"),
        ("sin(x) + yy", ["x=1"], "verify exact needs a value for yy, got none; write yy=0.5, say."),
        ("e", [], "verify exact needs a value for e, got none; write e=0.5, say."),
        (
            "lgama(x)",
            ["x=1"],
            "verify exact needs functions of jax.numpy, jax.nn or jax.scipy.special, got lgama;"
            " did you mean gamma?",
        ),
        ("open('x')", [], "verify exact needs functions of jax.numpy, jax.nn or"),
        (
            "sin(x)",
            ["x=1", "y=2"],
            "verify exact needs variables of the expression, got y; leave it out.",
        ),
        (
            "x.nothing",
            ["x=1"],
            "verify exact needs an expression of real numbers that JAX can trace,"
            " got AttributeError: ",
        ),
        ("2^3", [], "verify exact needs powers written with **, got ^."),
        ("x + 1/0", ["x=1"], "verify exact needs divisors other than zero, got one of 0."),
        ("log(x)", ["x=-1"], "verify exact needs a value that can be had, got none: "),
        ("1 / x", ["x=0"], "verify exact needs a value that can be had, got none: "),
    ],
)
def test_a_mistake_is_told_in_a_line(expression, assignments, error):
    with pytest.raises(ValueError, match="^" + re.escape(error)) as told:
        value_of(expression, assignments, digits=10)
    assert "\n" not in str(told.value)
