"""Long programs in intervals: values that are kept, so that XLA does not compute them anew."""

import enclosures
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import test_intervals_control
from enclosures import box, enclose

from benchmarks.ball_reading import chain
from verify.arithmetic import interpreter, jaxprs
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.intervals.slopes import SLOPES, Dual, settled_slope
from verify.arithmetic.intervals.system import INTERVALS
from verify.arithmetic.intervals.values import Truth, Whole, entered, kept, point

IN_LOOPS = [
    test
    for name, test in vars(test_intervals_control).items()
    if name.startswith("test_") and not test.__code__.co_argcount
]


def lowered(links, at, *, slope=False):
    """A chain of six operations a link, or its slope."""
    with jaxprs.x64():
        function = chain(links, jnp.log, jnp.tanh)
        traced, *_ = jaxprs.trace(function, jaxprs.float64(), jaxprs.float64())
        program = (SLOPES if slope else INTERVALS).compile(traced)

        def read(mu, sigma):
            if not slope:
                return program(entered(mu), entered(sigma))[0]
            return settled_slope(program(Dual(entered(mu), point(1.0)), entered(sigma))[0])

        return jax.jit(jax.vmap(read), compiler_options=jaxprs.fast_intervals()).lower(*at)


def points(count=300):
    rng = np.random.default_rng(0)
    return rng.normal(size=count), np.exp(rng.normal(size=count))


@pytest.mark.parametrize("slope", [False, True])
def test_what_is_compiled_grows_with_the_length(slope):
    compiled = (lowered(links, points(), slope=slope).compile() for links in (4, 8))
    short, long = (program.as_text().count(" = f64[") for program in compiled)
    assert short < long < 3 * short


@pytest.mark.parametrize("slope", [False, True])
@pytest.mark.parametrize("links", [3, 5])
def test_chains_hold_the_exact_value_and_are_narrow(links, slope):
    at, function = points(), chain(links, jnp.log, jnp.tanh)
    with jaxprs.x64():
        low, high = map(np.asarray, lowered(links, at, slope=slope).compile()(*at))
    formula = jax.grad(function) if slope else function
    balls = BALLS.compile(jaxprs.trace(formula, jaxprs.float64(), jaxprs.float64())[0])
    assert not enclosures.excluded(lambda *x: balls(*x)[0], at, low, high)
    assert np.median((high - low) / abs(low)) < 2.0**-30


@pytest.mark.parametrize("test", IN_LOOPS)
def test_values_may_be_kept_everywhere(test, monkeypatch):
    monkeypatch.setattr(interpreter, "_LONG", 0)
    monkeypatch.setattr(interpreter, "_GROUP", 1)
    test()


@pytest.mark.parametrize(
    "value",
    [
        np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 2.0**-1022, -1e308]),
        np.array([True, False]),
        np.array([2**31 - 1, -(2**31)], np.int32),
        np.array([2**53 + 1, -(2**63), 2**63 - 1], np.int64),
        np.array([2**64 - 1], np.uint64),
    ],
)
def test_what_is_kept_is_the_same(value):
    with jaxprs.x64():
        kinds = {"b": lambda x: Truth(x, ~x), "f": point}
        kind = kinds.get(value.dtype.kind, lambda x: Whole(x, x == x))
        same = jax.jit(lambda x: kept(kind(x)))(jnp.asarray(value))[0]
        assert same.dtype == value.dtype
        assert np.asarray(same).tobytes() == value.tobytes()


def test_a_point_is_kept_as_one():
    with jaxprs.x64():
        assert kept(point(jnp.ones(3))).is_point


def test_float32_is_refused_where_values_are_kept():
    with pytest.raises(RuntimeError, match="intervals need x64"):
        kept(Truth(jnp.array(True), jnp.array(False)))


def _many_steps(x):
    for _ in range(interpreter._LONG):
        x = jnp.sin(x) + x
    return x


@pytest.mark.parametrize("alias", [lambda x: x, lambda x: jax.lax.stop_gradient(x)])
def test_comparisons_keep_their_meaning_over_many_steps(alias):
    """max(2 x, 1) by a choice: where that is open, what is chosen of 2 x is at least 1."""

    def late(x, y):
        double = 2 * x
        is_over, same, z = double > 1.0, alias(double), _many_steps(y)
        return jnp.where(is_over, same, 1.0), z

    (value, _) = enclose(late, box(0.0, 1.5), 0.5)
    assert value.low > 0.99
    assert 3.0 <= value.high < 3.01
