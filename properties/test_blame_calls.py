"""vf.blame and verify blame: what is said of a wrong call, and what the command takes."""

import inspect
import math

import jax
import jax.numpy as jnp
import naive_formulas as naive
import numpy as np
import pytest
from typer.testing import CliRunner

import verify as vf
from verify.cli import app

FAULTS = [
    (TypeError, "blame needs a function, got int 3.", lambda: vf.blame(3, 1.0)),
    (TypeError, "blame needs a dtype of bfloat16, float16, float32, float64, got int32.",
     lambda: vf.blame(jnp.exp, 1.0, dtype="int32")),
    (TypeError, "got complex64.", lambda: vf.blame(jnp.exp, 1.0, dtype=jnp.complex64)),
    (TypeError, "blame needs real numbers for x, got complex128 1j.",
     lambda: vf.blame(lambda x: x, 1j)),
    (ValueError, "blame needs numbers that are finite in float32 for x, got nan.",
     lambda: vf.blame(naive.softplus, math.nan)),
    (ValueError, "finite in float16 for x, got 70000.0.",
     lambda: vf.blame(naive.softplus, 7e4, dtype="float16")),
    (ValueError, "blame needs the arguments of gaussian_kl(mu, sigma), got 1: missing",
     lambda: vf.blame(naive.gaussian_kl, 1.0)),
    (ValueError, "blame needs arguments at which to look at <lambda>, got none.",
     lambda: vf.blame(lambda: 1.0)),
    (ValueError, "blame needs a function that returns one real number for its gradient, got exp,"
     " which returns float32[2].", lambda: vf.blame(jnp.exp, [1.0, 2.0], gradient=True)),
    (ValueError, "blame needs a function that returns floats, got argmax, which returns int32[].",
     lambda: vf.blame(jnp.argmax, [1.0, 2.0])),
    (ValueError, "got <lambda>, which returns nothing.", lambda: vf.blame(lambda x: None, 1.0)),
    (ValueError, "which returns float32[0].", lambda: vf.blame(lambda x: x * 2, np.ones(0))),
    (ValueError, "blame needs a function of real arrays that JAX can trace, got <lambda>:"
     " TracerBoolConversionError at ", lambda: vf.blame(lambda x: x if x > 0 else -x, 1.0)),
    (ValueError, "blame needs a function that can be read in the reals, got noisy: balls needs a"
     " rule for the primitive 'random_", lambda: vf.blame(noisy, 1.0)),
    (ValueError, "blame needs real numbers throughout, got <lambda>, which has complex64 at",
     lambda: vf.blame(lambda x: jnp.abs(x + 1j * x), 1.0)),
    (ValueError, "got <lambda>: balls needs a rule for the primitive 'pure_callback'",
     lambda: vf.blame(lambda x: jax.pure_callback(np.asarray, x, x), 1.0)),
]  # fmt: skip


def noisy(x):
    return x + jax.random.normal(jax.random.key(0))


@pytest.mark.parametrize(("kind", "message", "call"), FAULTS, ids=[m for _, m, _ in FAULTS])
def test_what_cannot_be_blamed_is_said(kind, message, call):
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)


@pytest.fixture
def _file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(inspect.getsource(naive))
    (tmp_path / "broken.py").write_text("import jax.numpy as jnp\nraise KeyError('no')\n")


def run(*arguments):
    return CliRunner().invoke(app, ["blame", *arguments])


@pytest.mark.usefixtures("_file")
def test_the_command_shows_the_line():
    result = run("mine.py:softplus", "x=-20")
    assert result.exit_code == 0, result.output
    assert "lost at mine.py:" in result.stdout
    assert "return jnp.log(1 + grown)" in result.stdout


@pytest.mark.usefixtures("_file")
def test_the_command_takes_arrays_hex_floats_gradients_and_dtypes():
    arrays = run("mine.py:variance", "x=[1000.1, 1001.2]", "--dtype", "float64")
    assert "at x = [1000.1, 1001.2] in float64" in arrays.stdout
    hexadecimal = run("mine.py:gaussian_kl", "sigma=0x1.8p0", "mu=1/4", "--gradient")
    assert "the gradient of gaussian_kl at mu = 0.25, sigma = 1.5" in hexadecimal.stdout
    assert "inside gelu" in run("jax.nn:gelu", "x=-5").stdout


@pytest.mark.usefixtures("_file")
def test_the_command_finds_the_worst_input_of_a_domain():
    found = run("mine.py:softplus", "x=-20:-15")
    assert "\n  the worst of " in found.stdout
    assert " inputs, a sample\n  lost at mine.py:" in found.stdout
    assert "return jnp.log(1 + grown)" in found.stdout
    arguments = ("mine.py:gaussian_kl", "mu=0.5", "sigma=0.25:4", "--dtype", "bfloat16")
    gradient = run(*arguments, "--gradient")
    assert "the gradient of gaussian_kl at mu = 0.5, sigma = " in gradient.stdout
    assert "513 inputs, all there are" in gradient.stdout


@pytest.mark.usefixtures("_file")
def test_what_is_given_no_value_is_looked_for_among_all_reals():
    bare = run("mine.py:softplus", "--dtype", "bfloat16")
    assert bare.stdout.startswith("softplus at x = 89 in bfloat16:\n  inf, equation by equation")
    assert run("mine.py:softplus", "x", "--dtype", "bfloat16").stdout == bare.stdout


WRONG = [
    (("mine.py",), "verify blame needs MODULE:FUNCTION, got 'mine.py'"),
    (("none.py:f", "x=1"), "verify blame needs a module or a .py file, got 'none.py'"),
    (("their:softplus", "x=1"), "verify blame needs a module, got 'their'; install it."),
    (("mine.py:softplas", "x=1"), "got mine.py:softplas; did you mean softplus?"),
    (("mine.py:jnp", "x=1"), "verify blame needs a function, got mine.py:jnp"),
    (("broken.py:f", "x=1"), "can be imported, got KeyError: 'no' in broken.py"),
    (("mine.py:softplus", "=1"), "verify blame needs NAME=NUMBER or NAME=DOMAIN, got '=1'"),
    (("mine.py:softplus", "x=one"), "verify blame needs a number or a domain for x, got 'one'"),
    (("mine.py:softplus", "x=2:1"), "got '2:1': reals needs low <= high, got 2 and 1"),
    (("jax.numpy:abs", "x=-1:1", "--dtype", "float16"), "which abs is off, found none among"),
    (("mine.py:softplus", "x=0:1", "--effort", "huge"), "verify blame needs an effort of quick"),
    (("mine.py:softplus", "y=1"), "needs arguments of the function, x; got y."),
    (("mine.py:softplus", "x=1", "x=2"), "needs one value for x, got two"),
    (("mine.py:softplus", "x=1e60"), "verify blame needs numbers that are finite in float32"),
    (("mine.py:softplus", "x=1", "--dtype", "int8"), "verify blame needs a dtype of"),
]


@pytest.mark.usefixtures("_file")
@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[m for _, m in WRONG])
def test_the_command_tells_mistakes_in_a_line(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
