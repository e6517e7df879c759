"""How many examples a second does the search look at, beside plain Hypothesis?

One property: 0 <= (μ² + σ² - 1)/2 - log σ. Hypothesis draws both numbers as floats and calls
Python's math, or the compiled function; ours looks at thousands more in its ascents, so rates
tell more than ratios of times. Of many examples, for which Hypothesis would take minutes to days,
ours alone, its compilation counted. Then a false one, whose exceptions lie in a needle:
sqrt((x - π)² + (y - e)²) > 2^-k. How long until a counterexample is found? For Hypothesis within
2,000 examples; its answer and ours are looked at, not only the time.
"""

import math
from collections.abc import Callable
from typing import Any

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

import verify as vf
from benchmarks.records import Plain, Race, Size
from verify.checks.effort import effort_of
from verify.checks.search import search

_MOST = 2_000
_SETTINGS: dict[str, Any] = {
    "deadline": None, "database": None, "derandomize": True,
    "suppress_health_check": list(hypothesis.HealthCheck),
}  # fmt: skip


@vf.claim(mu=vf.reals(), sigma=vf.positives())
def kl_is_not_negative(mu: Any, sigma: Any) -> Any:
    """0 <= (mu^2 + sigma^2 - 1)/2 - log sigma."""
    return vf.at_most(0.0, (mu**2 + sigma**2 - 1) / 2 - jnp.log(sigma))


def by_search(size: Size) -> Plain:
    effort = effort_of("standard")
    run = lambda: search(kl_is_not_negative, effort, np.random.default_rng(0), size["examples"])
    return Plain(run, lambda found: found.evaluated, lambda found: {"items": found.evaluated})


def _kl(mu: float, sigma: float) -> float:
    return (mu * mu + sigma * sigma - 1) / 2 - math.log(sigma)


_compiled = jax.jit(lambda mu, sigma: (mu**2 + sigma**2 - 1) / 2 - jnp.log(sigma))


def by_hypothesis(function: Callable[..., Any]) -> Callable[[Size], Plain]:
    def make(size: Size) -> Plain:
        numbers = st.floats(-1e3, 1e3), st.floats(1e-3, 1e3)

        def run() -> int:
            looked = 0

            @hypothesis.settings(max_examples=size["examples"], **_SETTINGS)
            @hypothesis.given(*numbers)
            def holds(mu: float, sigma: float) -> None:
                nonlocal looked
                looked += 1
                assert function(mu, sigma) >= -1e-5 * (1 + mu * mu + sigma * sigma)

            holds()
            return looked

        return Plain(run, facts=lambda looked: {"items": looked})

    return make


def needle(size: Size) -> Any:
    """A claim with exceptions in a disc of radius 2^-k."""
    radius = 2.0 ** -size["log2_inverse_radius"]

    @vf.claim(x=vf.reals(-10.0, 10.0), y=vf.reals(-10.0, 10.0))
    def is_apart(x: Any, y: Any) -> Any:
        """Nothing is in the disc."""
        return vf.less(radius, jnp.hypot(x - math.pi, y - math.e))

    return is_apart


def by_check(size: Size) -> Plain:
    claim = needle(size)
    run = lambda: vf.check(claim)
    return Plain(run, lambda verdict: verdict.status == "refuted")


def by_find(size: Size) -> Plain:
    """Hypothesis' find; no counterexample among so many is an answer, and not the right one."""
    radius = 2.0 ** -size["log2_inverse_radius"]
    pairs = st.tuples(st.floats(-10, 10), st.floats(-10, 10))
    settings = hypothesis.settings(max_examples=_MOST, **_SETTINGS)
    is_inside = lambda at: math.hypot(at[0] - math.pi, at[1] - math.e) <= radius

    def run() -> bool:
        try:
            hypothesis.find(pairs, is_inside, settings=settings)
        except hypothesis.errors.NoSuchExample:
            return False
        return True

    return Plain(run)


RACES = (
    Race(
        "search, examples",
        "examples",
        lambda size: size["examples"],
        {
            "verify": by_search,
            "Hypothesis, Python's math": by_hypothesis(_kl),
            "Hypothesis, compiled JAX": by_hypothesis(_compiled),
        },
        ({"examples": 200},),
        ({"examples": 2_000},),
        tolerance=None,
        slow=6.0,
    ),
    Race(
        "search, many examples",
        "examples",
        lambda size: size["examples"],
        {"verify": by_search},
        (),
        ({"examples": 100_000}, {"examples": 1_000_000}, {"examples": 100_000_000}),
        tolerance=None,
        slow=20.0,
    ),
    Race(
        "search, a needle",
        "counterexamples",
        lambda size: 1,
        {"verify, standard": by_check, "Hypothesis, find": by_find},
        ({"log2_inverse_radius": 0},),
        ({"log2_inverse_radius": 4}, {"log2_inverse_radius": 10}),
        tolerance=0.0,
        slow=6.0,
    ),
)
