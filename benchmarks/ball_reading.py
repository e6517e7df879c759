"""How fast is a formula read in balls, beside the same formula by hand?

At 128 bits: the Gaussian KL to the standard normal with its gradient; the KL as an integral
over the line, estimated, and on a finite range, rigorous; and a chain of tanh and logarithms
of growing length. Read from the jaxpr, written by hand in python-flint, and in mpmath.
"""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flint import arb

import verify as vf
from benchmarks.records import Plain, Race, Size
from verify.arithmetic import jaxprs
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.reading import reading

BITS = 128
Rows = list[tuple[float, float]]


def points(size: Size) -> Rows:
    rng, count = np.random.default_rng(0), size["points"]
    mu, sigma = 3 * rng.normal(size=count), np.exp(rng.normal(size=count))
    return list(zip(mu.tolist(), sigma.tolist(), strict=True))


def kl(mu: Any, sigma: Any) -> Any:
    return (mu**2 + sigma**2 - 1) / 2 - jnp.log(sigma)


def value_and_gradient(mu: Any, sigma: Any) -> Any:
    return kl(mu, sigma), *jax.grad(kl, (0, 1))(mu, sigma)


def kl_integral(low: float, high: float) -> Callable[..., Any]:
    density = lambda z, mu, sigma: (
        jnp.exp(-(((z - mu) / sigma) ** 2) / 2) / (sigma * jnp.sqrt(2 * vf.pi))
    )

    def integral(mu: Any, sigma: Any) -> Any:
        q, p = (lambda z: density(z, mu, sigma)), (lambda z: density(z, 0.0, 1.0))
        return vf.integral(lambda z: q(z) * jnp.log(q(z) / p(z)), low, high)

    return integral


def chain(links: int, log: Any, tanh: Any) -> Callable[..., Any]:
    """x ← log(1 + tanh(x)² + σ²) + μ x/2, six operations a link."""

    def of(mu: Any, sigma: Any) -> Any:
        x = mu
        for _ in range(links):
            t = tanh(x)
            x = log(t * t + 1 + sigma * sigma) + mu * x / 2
        return x

    return of


def compiled(function: Callable[..., Any]) -> Any:
    return BALLS.compile(jaxprs.trace(function, jaxprs.float64(), jaxprs.float64())[0])


def middles(results: Iterable[Any]) -> np.ndarray:
    """The middles of balls, and mpmath's numbers, as floats."""
    flat = [x for r in results for x in (r if isinstance(r, tuple | list) else (r,))]
    return np.array([float(x.mid()) if isinstance(x, arb) else float(x) for x in flat])


def digits(results: Iterable[Any]) -> dict[str, Any]:
    """Decimal digits that the widest ball has."""
    flat = [x for r in results for x in (r if isinstance(r, tuple | list) else (r,))]
    return {"digits": round(min(x.rel_accuracy_bits() for x in flat) * np.log10(2), 1)}


def _in_balls(function: Callable[..., Any], rows: Rows) -> Plain:
    balls = [(arb(m), arb(s)) for m, s in rows]

    def run() -> list[Any]:
        with reading(bits=BITS):
            return [function(*pair) for pair in balls]

    return Plain(run, middles, digits)


def from_jaxpr(function: Callable[[Size], Callable[..., Any]]) -> Callable[[Size], Plain]:
    def make(size: Size) -> Plain:
        program = compiled(function(size))
        with reading(bits=BITS):
            return _in_balls(program.instance(), points(size))

    return make


def by_flint(function: Callable[[Size], Callable[..., Any]]) -> Callable[[Size], Plain]:
    return lambda size: _in_balls(function(size), points(size))


def by_mpmath(function: Callable[[Size], Callable[..., Any]]) -> Callable[[Size], Plain]:
    def make(size: Size) -> Plain:
        import mpmath

        pairs = [(mpmath.mpf(m), mpmath.mpf(s)) for m, s in points(size)]

        def run() -> list[Any]:
            with mpmath.workprec(BITS):
                return [function(size)(*pair) for pair in pairs]

        return Plain(run, middles)

    return make


def _kl_by_flint(mu: arb, sigma: arb) -> Any:
    return (mu * mu + sigma * sigma - 1) / 2 - sigma.log(), mu, sigma - 1 / sigma


def _kl_by_mpmath(mu: Any, sigma: Any) -> Any:
    import mpmath

    return (mu**2 + sigma**2 - 1) / 2 - mpmath.log(sigma), mu, sigma - 1 / sigma


def _chain_by_mpmath(size: Size) -> Callable[..., Any]:
    import mpmath

    return chain(size["links"], mpmath.log, mpmath.tanh)


def _count(size: Size) -> float:
    return size["points"]


_LINKS = tuple({"links": n, "points": 1_000 // n} for n in (1, 30))
RACES = (
    Race(
        "balls, Gaussian KL with gradient",
        "points",
        _count,
        {
            "verify, from the jaxpr": from_jaxpr(lambda size: value_and_gradient),
            "python-flint by hand": by_flint(lambda size: _kl_by_flint),
        },
        ({"points": 1_000},),
        ({"points": 10_000},),
        tolerance=1e-14,
        peers={"mpmath by hand": by_mpmath(lambda size: _kl_by_mpmath)},
    ),
    Race(
        "balls, a chain",
        "points",
        _count,
        {
            "verify, from the jaxpr": from_jaxpr(lambda s: chain(s["links"], jnp.log, jnp.tanh)),
            "python-flint by hand": by_flint(lambda s: chain(s["links"], arb.log, arb.tanh)),
        },
        _LINKS,
        ({"links": 5, "points": 200}, {"links": 200, "points": 5}),
        tolerance=1e-13,
        peers={"mpmath by hand": by_mpmath(_chain_by_mpmath)},
    ),
    Race(
        "balls, KL as an integral",
        "points",
        _count,
        {
            "over the line, estimated": from_jaxpr(lambda size: kl_integral(-jnp.inf, jnp.inf)),
            "on [-30, 30], rigorous": from_jaxpr(lambda size: kl_integral(-30.0, 30.0)),
            "closed form": from_jaxpr(lambda size: kl),
        },
        ({"points": 1},),
        ({"points": 10},),
        tolerance=1e-9,
    ),
)
