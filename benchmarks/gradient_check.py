"""How long does a check of a gradient take, and to how many digits does it hold?

The gradient of x softplus(x) + log cosh x at n points in float64: `vf.check` of the claim that
`jax.grad` is the derivative, in balls; `jax.test_util.check_grads` and `torch.autograd.gradcheck`,
point after point, by differences. Digits are those to which both sides are known to agree: the
evidence's, and those of the default tolerances.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.test_util import check_grads

import verify as vf
from benchmarks.records import Plain, Race, Size
from verify.arithmetic import jaxprs
from verify.checks.points import random_points
from verify.checks.reader import Reader
from verify.checks.tally import Tally

_LOOSEST_OF_JAX, _LOOSEST_OF_TORCH = 1e-5, 1e-3  # default relative tolerances in float64
_BITS = 4096


def function(x: Any) -> Any:
    return x * jax.nn.softplus(x) + jnp.log(jnp.cosh(x))


@vf.claim(x=vf.reals(-20.0, 20.0))
def gradient_is_the_derivative(x: Any) -> Any:
    """jax.grad(f) = f'."""
    return vf.equal(jax.grad(function)(x), vf.derivative(function, x))


def points(size: Size) -> list[dict[str, np.ndarray]]:
    domains = gradient_is_the_derivative.domains
    return list(random_points(domains, np.random.default_rng(0), size["points"], 1e3))


def in_balls(size: Size) -> Plain:
    """The points of vf.check, as many as asked for, by its reader."""
    reader, places = Reader(gradient_is_the_derivative, _BITS), points(size)

    def run() -> Tally:
        tally = Tally()
        for place in places:
            tally.add(reader.at(place), place)
        return tally

    def facts(tally: Tally) -> dict[str, Any]:
        digits = tally.evidence("balls").digits
        return {"digits": digits, "all agree": not tally.objection()}

    return Plain(run, lambda tally: not tally.objection(), facts)


def by_check_grads(size: Size) -> Plain:
    numbers = [float(place["x"]) for place in points(size)]

    def run() -> bool:
        with jaxprs.x64():
            for x in numbers:
                check_grads(function, (jnp.asarray(x),), order=1, modes=["rev"])
        return True

    return Plain(run, facts=lambda _: {"digits": -math.log10(_LOOSEST_OF_JAX)})


def by_gradcheck(size: Size) -> Plain:
    import torch

    def of(x: Any) -> Any:
        return x * torch.nn.functional.softplus(x) + torch.log(torch.cosh(x))

    numbers = [float(place["x"]) for place in points(size)]
    arguments = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]

    def run() -> bool:
        return all(torch.autograd.gradcheck(of, (x,)) for x in arguments)

    return Plain(run, facts=lambda _: {"digits": -math.log10(_LOOSEST_OF_TORCH)})


RACES = (
    Race(
        "gradient check",
        "points",
        lambda size: size["points"],
        {"verify, in balls": in_balls, "jax check_grads": by_check_grads},
        ({"points": 10},),
        ({"points": 100}, {"points": 1_000}),
        tolerance=0.0,
        peers={"torch gradcheck": by_gradcheck},
    ),
)
