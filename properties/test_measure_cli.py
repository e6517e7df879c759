"""verify measure: what each option does, and what is said of a wrong call."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from typer.testing import CliRunner

import verify as vf
from verify.checks.accuracy.asking import question
from verify.checks.assignments import domain, given, number
from verify.cli import app

MINE = """
import jax, jax.numpy as jnp

def softplus(x):
    return jnp.log(1 + jnp.exp(x))

def hypotenuse(x, y, scale=1.0):
    return scale * jnp.sqrt(x * x + y * y)

def series(x):
    return x - x**3 / 6

def sine(x):
    return jnp.sin(x)

def pair(x, *, axis=0):
    return jnp.sum(x, axis), jnp.max(x, axis)

def drawn(x):
    return x + jax.random.normal(jax.random.key(0))

def counting(x, seen=[]):
    seen.append(x)
    return x + len(seen)

def whole(x):
    return jnp.floor(x).astype(int)

def scaled(x, dtype):
    return x * dtype

def none():
    return jnp.float32(1)

def branching(x):
    return x if x > 0 else -x

def quotient(*values):
    return values[0] / values[1]

class Model:
    def __call__(self, x):
        return 2 * x

model, constant = Model(), 2.0
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE)
    Path("torn").mkdir()
    Path("torn/__init__.py").write_text("from .core import f\n")


def measured(*arguments, effort="quick"):
    """What is printed of a call that is right."""
    result = CliRunner().invoke(app, ["measure", *arguments, "--effort", effort])
    assert result.exit_code == 0, result.output
    return result.stdout


def recorded(*arguments):
    """The JSON of a call that is right."""
    measured(*arguments, "--json", "a.json")
    return json.loads(Path("a.json").read_text(), parse_constant=pytest.fail)


def wrong(*arguments):
    """What is said of a call that is wrong."""
    result = CliRunner().invoke(app, ["measure", *arguments])
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr.strip()


def test_the_report_says_how_far_off_and_where():
    lines = measured("mine.py:softplus", "x=-20:-10", "--dtype", "bfloat16").splitlines()
    head, extent, shares, worst, got = lines[:5]
    assert head.endswith("at worst: softplus in bfloat16, compiled, on cpu, over x=-20:-10")
    assert extent == "  129 inputs, all there are: no error is over 255.805 ulps"
    assert "correctly rounded, " in shares
    assert shares.endswith("zero instead of a normal number")
    assert worst.startswith("  worst: 255.805 ulps at x = -")
    assert got.startswith("    got 0.0, not ")
    assert lines[-1].endswith(" s")


def test_the_histogram_counts_each_result():
    text = measured("mine.py:softplus", "x=-20:20", "--dtype", "float16")
    chart = text.partition("signed errors in ulps, of ")[2].splitlines()
    rows = [line.split() for line in chart[1:-1]]
    counts = [int(row[row.index("to") + 2 if "to" in row else 2].replace(",", "")) for row in rows]
    assert chart[0] == f"{sum(counts):,} results:"
    bars = [line.count("█") for line in chart[1:-1]]
    assert max(bars) == 40
    assert all((bar > 0) == (count > 0) for bar, count in zip(bars, counts, strict=True))


def test_so_many_of_the_worst_cases_are_shown_as_are_asked_for():
    call = ("jax.numpy:tanh", "x=-1:1", "--dtype", "float16")
    for top in (0, 1, 5):
        text = measured(*call, "--top", str(top))
        assert text.count("\n    got ") == top
        assert text.count("  worst: ") == min(top, 1)


def test_json_is_what_measure_gives():
    record = recorded("jax.nn:softplus", "x=-2:2", "--dtype", "bfloat16")
    found = vf.measure(jax.nn.softplus, x=vf.reals(-2, 2), dtype="bfloat16", effort="quick")
    assert record["question"] == {"function": "jax.nn:softplus", "arguments": {"x": "-2:2"}}
    assert record["environment"]["effort"] == "quick"
    accuracy = record["accuracy"]
    assert accuracy["ulps"] == found.ulps
    assert accuracy["is_exhaustive"] is True
    assert accuracy["worst"][0]["inputs"] == found.worst[0].inputs
    histogram = [(math.inf if b["high"] == "Infinity" else b["high"], b["count"])
                 for b in accuracy["histogram"]]  # fmt: skip
    assert histogram == [(high, count) for _, high, count in found.histogram]
    assert accuracy["histogram"][0]["low"] == "-Infinity"


def test_the_gradient_is_that_in_each_argument():
    call = ("mine.py:hypotenuse", "x=1:2", "--gradient", "--dtype", "bfloat16")
    assert "gradient of hypotenuse in bfloat16" in measured(*call, "y=0.5")
    assert set(recorded(*call, "y=1:1")["accuracy"]["by_output"]) == {"x", "y"}


def test_a_reference_is_what_the_function_should_be():
    call = ("mine.py:series", "x=-1:1", "--dtype", "bfloat16")
    own, meant = recorded(*call), recorded(*call, "--reference", "mine.py:sine")
    assert own["accuracy"]["ulps"] < 2 < meant["accuracy"]["ulps"]
    assert meant["accuracy"]["notes"] == ["the reference is sine"]


def test_numbers_stay_as_they_are_and_defaults_too():
    record = recorded("mine.py:hypotenuse", "x=1:2", "y=1", "scale=0x1p1", "--dtype", "bfloat16")
    assert list(record["accuracy"]["worst"][0]["inputs"]) == ["x"]
    assert 2.8 < record["accuracy"]["worst"][0]["computed"] < 4.5
    assert record["question"]["arguments"] == {"x": "1:2", "y": "1", "scale": "0x1p1"}


def test_an_object_that_can_be_called_has_the_name_of_its_class():
    asked = question("mine.py:model", ["x"], dtype="float32")
    assert asked.function.__name__ == "Model"
    assert asked.function(3.0) == 6.0


def test_integers_stay_integers():
    asked = question("mine.py:pair", ["axis=1", "x=-1:1@2,3"], dtype="float32")
    assert asked.domains == {"x": vf.reals(-1.0, 1.0, shape=(2, 3))}
    assert [part.shape for part in asked.function(jnp.ones((2, 3)))] == [(2,), (2,)]


@pytest.mark.parametrize("typed", [["x"], ["x="], ["x=reals"], []])
def test_a_name_alone_or_none_at_all_stands_for_all_reals(typed):
    asked = question("jax.numpy:tanh", typed, dtype="bfloat16")
    assert asked.domains == {"x": vf.reals()}
    assert asked.texts == {"x": "reals"}


def test_every_input_is_tried_where_that_is_asked_for():
    call = ("jax.numpy:exp", "x=1:1.01", "--seed", "3")
    assert "83,887 inputs, all there are" in measured(*call, "--exhaustive")
    assert "a sample (seed 3)" in measured(*call)


def test_arguments_of_a_variadic_function_are_given_in_their_order():
    for typed, value in ((["x=1:4", "y=3"], 2 / 3), (["y=3", "x=1:4"], 3 / 2)):
        asked = question("mine.py:quotient", typed, dtype="float32")
        assert asked.function(2.0) == value
    both = question("mine.py:quotient", ["y", "x"], dtype="float32")
    assert list(both.domains) == ["y", "x"]
    assert both.function(1.0, 4.0) == 0.25


def test_a_journal_keeps_what_is_done():
    call = ("jax.numpy:exp", "x=1:1.01", "--exhaustive", "--journal", "exp.journal")
    first = measured(*call)
    lines = Path("exp.journal").read_bytes()
    again = measured(*call)
    assert Path("exp.journal").read_bytes() == lines
    assert first.splitlines()[:-1] == again.splitlines()[:-1]
    other = wrong("jax.numpy:exp", "x=1:1.02", "--exhaustive", "--journal", "exp.journal")
    assert other.startswith(
        "verify measure needs a journal of the same call, got exp.journal, where domains"
    )
    Path("text").write_text("dear diary")
    assert "which does not begin as one" in wrong(*call[:-1], "text")
    assert "Is a directory" in wrong(*call[:-1], ".")
    assert "make the folder 'no'" in wrong(*call[:-1], "no/journal")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_says_how_far_it_got_and_the_same_call_goes_on(stop):
    call = [sys.executable, "-m", "verify", "measure", "mine.py:softplus", "x=1:4", "--exhaustive",
            "--journal", "j"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(Path(vf.__file__).parents[1])}
    process = subprocess.Popen(call, env=environment, stderr=subprocess.PIPE, text=True)
    journal = Path("j")
    while process.poll() is None and (
        not journal.exists() or journal.read_bytes().count(b"\n") < 2
    ):
        time.sleep(0.05)
    process.send_signal(stop)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "blocks; j keeps them: the same call goes on." in said
    assert "Traceback" not in said


WRONG = [
    (("mine.py",), "verify measure needs MODULE:FUNCTION, got 'mine.py'"),
    (("none.py:f", "x"), "verify measure needs a module or a .py file, got 'none.py'"),
    (("mine.py:softplas", "x"), "did you mean softplus?"),
    (("jax.nump:tanh", "x"), "needs a module, got 'jax.nump'; did you mean jax.numpy?"),
    (("jax.qqqq:tanh", "x"), "needs a module, got 'jax.qqqq'; check how it is written."),
    (("torn.core:f", "x"), "needs a module, got 'torn.core'; check how it is written."),
    (("mine.py:branching", "x"), "got branching: TracerBoolConversionError at mine.py:"),
    (("mine.py:branching", "x"), "; choose with jnp.where or jax.lax.cond."),
    (
        ("mine.py:sine", "x", "--reference", "mine.py:hypotenuse"),
        "got its reference hypotenuse: TypeError: hypotenuse() missing 1 required positional",
    ),
    (("mine.py:constant", "x"), "verify measure needs a function, got mine.py:constant"),
    (("mine.py:scaled", "x", "dtype"), "that are not called as its options are, got dtype;"),
    (("mine.py:none", "x"), "verify measure needs arguments of the function, none; got x."),
    (("mine.py:none",), "needs a domain for an argument of the function, none by name; got none"),
    (("mine.py:softplus", "x=1"), "x; got only what stays as it is, x=1; write x=-80:80, say."),
    (("mine.py:softplus", "x=[-1,1]"), "only what stays as it is, x=[-1,1]; write x=-80:80, say."),
    (("mine.py:softplus", "y=0:1"), "verify measure needs arguments of the function, x; got y."),
    (("mine.py:softplus", "x", "x=0:1"), "verify measure needs one value for x, got two"),
    (("mine.py:softplus", "0:1"), "verify measure needs NAME=NUMBER or NAME=DOMAIN, got '0:1'"),
    (("mine.py:softplus", "x=zero"), "needs a number or a domain for x, got 'zero'; write x=0.5"),
    (("mine.py:softplus", "x=2:1"), "reals needs low <= high, got 2 and 1: the set is empty."),
    (("mine.py:softplus", "x=integers:0:1.5"), "integers needs an integer high, got float 1.5."),
    (("mine.py:softplus", "x=70000:80000", "--dtype", "float16"), "with floats of float16 in it"),
    (("mine.py:softplus", "x", "--dtype", "int8"), "verify measure needs a dtype of bfloat16"),
    (("mine.py:softplus", "x", "--effort", "huge"), "verify measure needs an effort of quick"),
    (("mine.py:softplus", "x", "--dtype", "float64", "--exhaustive"), "needs at most 2^32 inputs"),
    (("mine.py:hypotenuse", "x", "y=1e60"), "needs numbers that are finite in float32 for y"),
    (("mine.py:whole", "x"), "verify measure needs a function that gives floats, got int32"),
    (("mine.py:drawn", "x"), "random"),
    (("mine.py:counting", "x"), "verify measure needs a pure function, got counting"),
    (("mine.py:softplus", "x=0:1@0"), "verify measure needs a function that gives numbers"),
    (("mine.py:pair", "x=0:1@2", "--gradient"), "one scalar for its gradient"),
    (("mine.py:softplus", "x", "--reference", "mine.py"), "verify measure needs MODULE:FUNCTION"),
    (("mine.py:softplus", "x", "--reference", "mine.py:hypotenuse"), "hypotenuse"),
    (("mine.py:softplus", "x", "--json", "no/a.json"), "--json needs a file that can be written"),
    (("mine.py:softplus", "x", "--top", "21"), "--top"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[m for _, m in WRONG])
def test_mistakes_are_told_in_a_line(arguments, message):
    said = wrong(*arguments)
    assert message in said


def test_a_traceback_is_shown_with_debug():
    result = CliRunner().invoke(app, ["measure", "mine.py:softplas", "x", "--debug"])
    assert isinstance(result.exception, ValueError)


TYPED = {
    "": vf.reals(),
    "reals": vf.reals(),
    ":": vf.reals(),
    "0:": vf.reals(0.0),
    ":1/4": vf.reals(high=0.25),
    "-80:80": vf.reals(-80.0, 80.0),
    "-inf:+inf": vf.reals(),
    "0x1p-126:1e3": vf.reals(2.0**-126, 1000.0),
    "reals:0:1": vf.reals(0.0, 1.0),
    "positives": vf.positives(),
    "probabilities@2": vf.probabilities(shape=2),
    "integers:-3:9": vf.integers(-3, 9),
    "integers:0:2@2,3": vf.integers(0, 2, shape=(2, 3)),
    "-1:1 @ 3": vf.reals(-1.0, 1.0, shape=3),
    "reals@3": vf.reals(shape=3),
    "@3": vf.reals(shape=3),
    "simplex@4": vf.simplex(4),
}


@pytest.mark.parametrize("text", TYPED)
def test_domains_are_read(text):
    assert domain("x", text, "verify measure") == TYPED[text]


@pytest.mark.parametrize(
    "text", ["simplex", "simplex@2,2", "1:2:3", "1:x", "@", "positives:1:2", "integers", "True:2"]
)
def test_other_texts_are_no_domains(text):
    with pytest.raises(ValueError, match="needs a number or a domain for x, got "):
        domain("x", text, "verify measure")


@drawn(x=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_are_read_in_decimal_and_in_hexadecimal(x):
    assert number(repr(x)) == x
    assert number(x.hex()) == x
    assert given([f"x={x!r}:inf"], ["x"], "verify measure").domains["x"].low == x


@pytest.mark.parametrize("text", ["nan", "inf", "one", "1/0", "'1'", "9" * 400, "0x", "(1, 2)"])
def test_other_texts_are_no_numbers(text):
    assert number(text) is None


def test_integers_and_truth_values_are_kept():
    assert [type(number(t)) for t in ("3", "True", "3.0", "1/4", "[1]", str(2**60))] == [
        int, bool, float, float, list, float,
    ]  # fmt: skip


def test_a_fault_of_ours_is_no_mistake_whatever_it_says(monkeypatch):
    def fails(*arguments, **options):
        raise TypeError("add needs two arrays, got one")

    monkeypatch.setattr("verify.checks.accuracy.asking.measure", fails)
    result = CliRunner().invoke(app, ["measure", "mine.py:softplus", "x=0:1"])
    assert isinstance(result.exception, TypeError)
