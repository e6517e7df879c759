"""How fast is a formula read in balls, beside the same formula by hand?

At 128 bits: the Gaussian KL to the standard normal with its gradient; the KL as an integral
over the line, estimated, and on a finite range, rigorous; a chain of tanh and logarithms of
growing length; and a cell of an LSTM. Read from the jaxpr, written by hand in python-flint, and
in mpmath.
"""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flint import arb, arb_mat

import verify as vf
from benchmarks.records import Plain, Race, Size
from verify.arithmetic import jaxprs
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.reading import reading
from verify.models import LSTMParameters, LSTMState, lstm_cell

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
    return np.array([float(x.mid()) if isinstance(x, arb) else float(x) for x in _flat(results)])


def digits(results: Iterable[Any]) -> dict[str, Any]:
    """Decimal digits that the widest ball has."""
    bits = min(x.rel_accuracy_bits() for x in _flat(results))
    return {"digits": round(bits * np.log10(2), 1)}


def _flat(results: Iterable[Any]) -> list[Any]:
    """The numbers of all points, whatever they are in."""
    return [x for r in results for part in jax.tree.leaves(r) for x in np.ravel(part)]


def _in_balls(function: Callable[..., Any], balls: list[Any]) -> Plain:
    def run() -> list[Any]:
        with reading(bits=BITS):
            return [function(*point) for point in balls]

    return Plain(run, middles, digits)


def _balls_at(size: Size) -> list[Any]:
    return [(arb(m), arb(s)) for m, s in points(size)]


def from_jaxpr(function: Callable[[Size], Callable[..., Any]]) -> Callable[[Size], Plain]:
    def make(size: Size) -> Plain:
        program = compiled(function(size))
        with reading(bits=BITS):
            return _in_balls(program.instance(), _balls_at(size))

    return make


def by_flint(function: Callable[[Size], Callable[..., Any]]) -> Callable[[Size], Plain]:
    return lambda size: _in_balls(function(size), _balls_at(size))


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


def cells(size: Size) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """W, U and b of a cell of as many inputs as hidden units; h, c and x of each point."""
    rng, hidden = np.random.default_rng(0), size["hidden"]
    weights = [rng.normal(size=(4, hidden, hidden)) / hidden**0.5 for _ in "WU"]
    states = rng.normal(size=(size["points"], 3, hidden))
    return [*weights, rng.normal(size=(4, hidden))], list(map(list, states))


def _exactly(array: np.ndarray) -> np.ndarray:
    return np.vectorize(arb, otypes=[object])(array)


def cell_from_jaxpr(size: Size) -> Plain:
    """The verified cell, whose weights are arguments too."""
    weights, states = cells(size)

    def cell(W: Any, U: Any, b: Any, h: Any, c: Any, x: Any) -> Any:
        return tuple(lstm_cell(LSTMParameters(W, U, b), LSTMState(h, c), x))

    shapes = [jaxprs.float64(np.shape(a)) for a in (*weights, *states[0])]
    program = BALLS.compile(jaxprs.trace(cell, *shapes)[0])
    given = list(map(_exactly, weights))
    with reading(bits=BITS):
        instance = program.instance()
        return _in_balls(instance, [(*given, *map(_exactly, state)) for state in states])


def cell_by_flint(size: Size) -> Plain:
    """Matrices of arb, and a gate after the other."""
    weights, states = cells(size)
    hidden = size["hidden"]
    sigmoid = lambda z: 1 / (1 + (-z).exp())
    column = lambda x: arb_mat(len(x), 1, x.tolist())
    matrix = lambda x: arb_mat(4 * hidden, x.shape[2], x.ravel().tolist())
    W, U, b = matrix(weights[0]), matrix(weights[1]), column(weights[2].ravel())

    def cell(h: Any, c: Any, x: Any) -> Any:
        z = (W * column(x) + U * column(h) + b).entries()
        f, i, o = ([sigmoid(v) for v in z[k * hidden : (k + 1) * hidden]] for k in range(3))
        g = [v.tanh() for v in z[3 * hidden :]]
        c = [f[k] * c[k] + i[k] * g[k] for k in range(hidden)]
        return [o[k] * c[k].tanh() for k in range(hidden)], c

    return _in_balls(cell, [tuple(map(_exactly, state)) for state in states])


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
        "balls, LSTM cell",
        "points",
        _count,
        {"verify, from the jaxpr": cell_from_jaxpr, "python-flint by hand": cell_by_flint},
        ({"hidden": 16, "points": 10},),
        ({"hidden": 4, "points": 100}, {"hidden": 64, "points": 10}),
        tolerance=1e-14,
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
