"""How fast is a formula read in intervals on XLA, and what do they cost beside plain floats?

A chain of tanh and logarithms, the Gaussian KL from N(0, 1) and the sigmoid in float64, over
boxes of relative width 2^-20; the middles are compared.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.ball_reading import chain, kl
from benchmarks.records import Plain, Race, Size, UnfitError
from verify.arithmetic import jaxprs
from verify.arithmetic.intervals.system import INTERVALS
from verify.arithmetic.intervals.values import entered

Formula = Callable[[Any, Any], Any]

_WIDTH = 2.0**-20
_MOST_BY_MPMATH = 10**5  # links of points


def points(size: Size) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=size["points"]), np.exp(rng.normal(size=size["points"]))


def boxes(size: Size) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(x - abs(x) * _WIDTH / 2, x + abs(x) * _WIDTH / 2) for x in points(size)]


def _in_x64(function: Callable[..., Any], arguments: Any) -> Callable[[], Any]:
    """A compiled function of float64, called where they are switched on."""
    with jaxprs.x64():
        arguments = jax.tree.map(jnp.asarray, arguments)
        options = jaxprs.fast_intervals()
        compiled = jax.jit(function, compiler_options=options).lower(*arguments).compile()

    def run() -> Any:
        with jaxprs.x64():
            return jax.block_until_ready(compiled(*arguments))

    return run


def links(size: Size) -> Formula:
    return chain(size["links"], jnp.log, jnp.tanh)


def in_intervals(formula: Callable[[Size], Formula]) -> Callable[[Size], Plain]:
    def make(size: Size) -> Plain:
        with jaxprs.x64():
            traced, *_ = jaxprs.trace(formula(size), jaxprs.float64(), jaxprs.float64())
            program = INTERVALS.compile(traced)

        def read(mu: Any, sigma: Any) -> Any:
            # Both ends in one array, as verify.checks.accuracy packs what it makes of them: of
            # two results XLA computes each from the beginning.
            ((low, high),) = program(entered(*mu), entered(*sigma))
            return lax.complex(low, high)

        run = _in_x64(jax.vmap(read), boxes(size))
        return Plain(run, _middles, _widest)

    return make


def _ends(packed: Any) -> tuple[np.ndarray, np.ndarray]:
    array = np.asarray(packed)  # JAX's own .real would round to float32 outside of x64
    return array.real, array.imag


def _middles(packed: Any) -> np.ndarray:
    low, high = _ends(packed)
    return (low + high) / 2


def _widest(packed: Any) -> dict[str, Any]:
    low, high = _ends(packed)
    size = np.maximum(np.maximum(abs(low), abs(high)), 1e-300)
    return {"widest": float(np.max((high - low) / size))}


def in_floats(formula: Callable[[Size], Formula]) -> Callable[[Size], Plain]:
    return lambda size: Plain(_in_x64(jax.vmap(formula(size)), points(size)))


def by_mpmath(size: Size) -> Plain:
    """mpmath's own intervals, which have no tanh: by exponentials."""
    from mpmath import iv

    if size["links"] * size["points"] > _MOST_BY_MPMATH:
        raise UnfitError("would take longer than others may")

    def tanh(x: Any) -> Any:
        e = iv.exp(2 * x)
        return 1 - 2 / (e + 1)

    function = chain(size["links"], iv.log, tanh)
    mu, sigma = ([iv.mpf(pair) for pair in zip(*ends, strict=True)] for ends in boxes(size))
    run = lambda: [function(m, s) for m, s in zip(mu, sigma, strict=True)]
    return Plain(run, lambda result: np.array([float(x.mid) for x in result]))


def _contestants(formula: Callable[[Size], Formula]) -> dict[str, Callable[[Size], Plain]]:
    return {
        "verify": in_intervals(formula),
        "float64, not rounded outwards": in_floats(formula),
    }


RACES = (
    Race(
        "intervals, a chain",
        "points",
        lambda size: size["points"],
        _contestants(links),
        ({"links": 1, "points": 1_000}, {"links": 5, "points": 1_000}),
        (
            {"links": 5, "points": 100_000}, {"links": 5, "points": 1_000_000},
            {"links": 30, "points": 1_000},
        ),
        tolerance=1e-4,
        peers={"mpmath.iv": by_mpmath},
    ),
    *(
        Race(
            f"intervals, {name}",
            "points",
            lambda size: size["points"],
            _contestants(formula),
            ({"points": 1_000},),
            ({"points": 100_000}, {"points": 1_000_000}),
            tolerance=1e-4,
        )
        for name, formula in (
            ("Gaussian KL", lambda size: kl),
            ("sigmoid", lambda size: lambda mu, sigma: jax.nn.sigmoid(mu)),
        )
    ),
)  # fmt: skip
