"""Long programs in intervals: values that are held, so that XLA does not compute them anew."""

import enclosures
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from enclosures import box, enclose

from benchmarks.ball_reading import chain
from verify.arithmetic import interpreter, jaxprs
from verify.arithmetic.intervals.slopes import SLOPES, Dual, settled_slope
from verify.arithmetic.intervals.system import INTERVALS
from verify.arithmetic.intervals.values import Truth, Whole, entered, held, point

COUNT = 300


def compiled(links, *, slope=False, count=COUNT):
    """A chain of six operations a link at points, and what they were."""
    function = chain(links, jnp.log, jnp.tanh)
    rng = np.random.default_rng(0)
    at = rng.normal(size=count), np.exp(rng.normal(size=count))
    with jaxprs.x64():
        traced, *_ = jaxprs.trace(function, jaxprs.float64(), jaxprs.float64())
        program = (SLOPES if slope else INTERVALS).compile(traced)

        def read(mu, sigma):
            if not slope:
                return program(entered(mu), entered(sigma))[0]
            return settled_slope(program(Dual(entered(mu), point(1.0)), entered(sigma))[0])

        options = jaxprs.fast_intervals()
        found = jax.jit(jax.vmap(read), compiler_options=options).lower(*at).compile()
        return found, at, jax.tree.map(np.asarray, found(*at))


def instructions(links, *, slope=False):
    return compiled(links, slope=slope)[0].as_text().count(" = f64[")


@pytest.mark.parametrize("slope", [False, True])
def test_what_is_compiled_grows_with_the_length(slope):
    short, long = (instructions(links, slope=slope) for links in (4, 10))
    assert 2 * short < long < 4 * short


@pytest.mark.parametrize("links", [3, 5])
def test_chains_hold_the_exact_value_and_are_narrow(links):
    _, at, (low, high) = compiled(links)
    formula = jaxprs.trace(chain(links, jnp.log, jnp.tanh), jaxprs.float64(), jaxprs.float64())[0]
    balls = enclosures.BALLS.compile(formula)
    assert not enclosures.excluded(lambda *x: balls(*x)[0], at, low, high)
    assert np.max((high - low) / np.maximum(abs(low), 1e-3)) < 2.0**-20


@pytest.mark.parametrize(
    "value",
    [
        np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 2.0**-1022, -1e308]),
        np.array([True, False]),
        np.array([2**31 - 1, -(2**31)], np.int32),
        np.array([2**32 - 1], np.uint32),
        np.array([2**53 + 1, -(2**63), 2**63 - 1], np.int64),
        np.array([2**64 - 1], np.uint64),
    ],
)
def test_what_is_held_is_the_same(value):
    with jaxprs.x64():
        kinds = {"b": lambda x: Truth(x, ~x), "f": point}
        kind = kinds.get(value.dtype.kind, lambda x: Whole(x, x == x))
        same = jax.jit(lambda x: held(kind(x)))(jnp.asarray(value))[0]
        assert same.dtype == value.dtype
        assert np.asarray(same).tobytes() == value.tobytes()


def test_a_point_is_held_as_one():
    with jaxprs.x64():
        assert held(point(jnp.ones(3))).is_point


def _padded(x):
    """The same, many steps later."""
    for _ in range(interpreter._LONG):
        x = jnp.sin(x) + x
    return x


def test_comparisons_keep_their_meaning_over_many_steps():
    """max(2 x, 1) by a choice: where that is open, what is chosen of 2 x is at least 1."""

    def late(x, y):
        double = 2 * x
        is_over, z = double > 1.0, _padded(y)
        return jnp.where(is_over, double, 1.0), z

    (value, _) = enclose(late, box(0.0, 1.5), 0.5)
    assert value.low > 0.99
    assert 3.0 <= value.high < 3.01
