"""How fast is every float of a range judged in ulps?

softplus, value and gradient, at all 2^k float32 numbers of a range: by `vf.measure`, and by
mpmath one after the other with NumPy's floats, which says no more than the largest error. The
block is what a sweep repeats, once compiled; the whole call compiles as well.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import verify as vf
from benchmarks.records import Plain, Race, Size, UnfitError
from verify.arithmetic.ulps import format_of
from verify.checks.accuracy.measure import Plan
from verify.checks.accuracy.target import target
from verify.checks.effort import effort_of
from verify.claims.domain import Interval

_SPACING = 2.0**-24  # of float32 in [1/2, 1)
_MOST_BY_MPMATH = 18  # bits that number the inputs


def domain(size: Size) -> Interval:
    """2^k numbers and the end."""
    return vf.reals(0.5, 0.5 + _SPACING * 2.0 ** size["log2_inputs"])


def whole(gradient: bool) -> Any:
    """The call of a user."""

    def make(size: Size) -> Plain:
        run = lambda: vf.measure(
            jax.nn.softplus, x=domain(size), gradient=gradient, exhaustive=True
        )
        return Plain(run, lambda found: found.ulps, lambda found: {"inputs": found.inputs})

    return make


def block(gradient: bool) -> Any:
    """A block of the sweep, compiled."""

    def make(size: Size) -> Plain:
        judged = target(
            "benchmarks", jax.nn.softplus, {"x": ()}, format_of("benchmarks", "float32"),
            gradient=gradient,
        )  # fmt: skip
        options = effort_of("standard"), 0, True, "benchmarks"
        job = Plan.of(judged, {"x": domain(size)}, *options).job
        device, told = jax.devices()[0], {"blocks": job.blocks, "inputs": job.inputs(0)}
        run = lambda: [job.block(number, device) for number in range(job.blocks)]
        return Plain(run, lambda parts: max(job.told(part)[0] for part in parts), lambda _: told)

    return make


def by_mpmath(gradient: bool) -> Any:
    function = jax.grad(jax.nn.softplus) if gradient else jax.nn.softplus
    compiled = jax.jit(jax.vmap(function))

    def make(size: Size) -> Plain:
        import mpmath

        if size["log2_inputs"] > _MOST_BY_MPMATH:
            raise UnfitError("would take longer than others may")
        exact = (
            (lambda x: 1 / (1 + mpmath.exp(-x)))
            if gradient
            else (lambda x: mpmath.log1p(mpmath.exp(x)))
        )
        count = 2 ** size["log2_inputs"] + 1
        xs = (0.5 + _SPACING * np.arange(count)).astype(np.float32)

        def error(x: float, got: float) -> float:
            value = exact(mpmath.mpf(x))
            spacing = math.ldexp(1.0, max(mpmath.frexp(value)[1], -125) - 24)
            return abs(float((mpmath.mpf(got) - value) / spacing))

        def run() -> float:
            with mpmath.workprec(100):
                got = np.asarray(compiled(jnp.asarray(xs)))
                return max(map(error, xs.tolist(), got.tolist()))

        return Plain(run)

    return make


def _race(name: str, gradient: bool) -> Race:
    return Race(
        name,
        "inputs",
        lambda size: 2 ** size["log2_inputs"],
        {"verify, compiled": block(gradient), "verify, whole call": whole(gradient)},
        ({"log2_inputs": 14},),
        ({"log2_inputs": 17}, {"log2_inputs": 20}, {"log2_inputs": 22}),
        tolerance=1e-3,
        slow=3.0,
        peers={"mpmath": by_mpmath(gradient)},
    )


RACES = (_race("sweep of softplus", False), _race("sweep of softplus, gradient", True))
