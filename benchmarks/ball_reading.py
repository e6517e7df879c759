"""How fast is a formula read in balls, beside the same formula by hand?

The Gaussian KL to the standard normal with its gradient, at 10,000 points and 128 bits:
read from its jaxpr, written by hand in python-flint, written by hand in mpmath. The runs
are interleaved and their medians compared, so that a busy machine slows all alike. Then
the KL as an integral over the line, estimated, at 100 points, and rigorous on a finite
range at one point.

    python -m benchmarks.ball_reading
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
from flint import arb

import verify as vf
from verify.arithmetic import jaxprs
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.reading import reading

BITS, POINTS, ROUNDS = 128, 10_000, 5


def kl(mu, sigma):
    return (mu**2 + sigma**2 - 1) / 2 - jnp.log(sigma)


def value_and_gradient(mu, sigma):
    return kl(mu, sigma), *jax.grad(kl, (0, 1))(mu, sigma)


def density(z, mu, sigma):
    """The normal density, its constant exact."""
    return jnp.exp(-(((z - mu) / sigma) ** 2) / 2) / (sigma * jnp.sqrt(2 * vf.pi))


def kl_integral(low: float, high: float) -> Callable:
    def integral(mu, sigma):
        q, p = (lambda z: density(z, mu, sigma)), (lambda z: density(z, 0.0, 1.0))
        return vf.integral(lambda z: q(z) * jnp.log(q(z) / p(z)), low, high)

    return integral


def compiled(function: Callable):
    program, _ = jaxprs.trace(function, jaxprs.float64(), jaxprs.float64())
    return BALLS.compile(program)


def by_flint(mu: arb, sigma: arb):
    return (mu * mu + sigma * sigma - 1) / 2 - sigma.log(), mu, sigma - 1 / sigma


def by_mpmath(mu, sigma):
    return (mu**2 + sigma**2 - 1) / 2 - mpmath.log(sigma), mu, sigma - 1 / sigma


def seconds(function: Callable, points: list) -> float:
    start = time.perf_counter()
    for mu, sigma in points:
        function(mu, sigma)
    return time.perf_counter() - start


def closed_form(rows: np.ndarray) -> None:
    balls = [(arb(m), arb(s)) for m, s in rows.tolist()]
    numbers = [(mpmath.mpf(m), mpmath.mpf(s)) for m, s in rows.tolist()]
    program, times = compiled(value_and_gradient), {"jaxpr": [], "flint": [], "mpmath": []}
    with reading(bits=BITS), mpmath.workprec(BITS):
        read = program.instance()
        for got, expected in zip(read(*balls[0]), by_flint(*balls[0]), strict=True):
            assert got.overlaps(expected)
        for _ in range(ROUNDS):
            times["jaxpr"].append(seconds(read, balls))
            times["flint"].append(seconds(by_flint, balls))
            times["mpmath"].append(seconds(by_mpmath, numbers))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, value in medians.items():
        print(f"{name:8} {1e6 * value / len(balls):6.2f} us a point")
    print(f"mpmath / jaxpr {medians['mpmath'] / medians['jaxpr']:.1f}")
    print(f"jaxpr / flint  {medians['jaxpr'] / medians['flint']:.2f}")


def integrals(rows: np.ndarray) -> None:
    balls = [(arb(m), arb(s)) for m, s in rows.tolist()]
    line, piece = compiled(kl_integral(-jnp.inf, jnp.inf)), compiled(kl_integral(-30.0, 30.0))
    with reading(bits=BITS):
        taken = seconds(line, balls)
        digits = min(_digits(line(*b)[0], by_flint(*b)[0]) for b in balls[:10])
        print(f"over the line {taken:.2f} s for {len(balls)} points, {digits:.0f} digits")
    with reading(bits=BITS) as notes:
        mu, sigma = arb("1.5"), arb("0.5")
        taken = seconds(piece, [(mu, sigma)])
        value = piece(mu, sigma)[0]
    how = "estimated" if notes.estimated else "rigorous"
    print(f"on [-30, 30]  {taken:.2f} s for one point, {how}, {value.str(25)}")


def _digits(value: arb, expected: arb) -> float:
    return -float(mpmath.log10(float((abs(value - expected) / abs(expected)).upper())))


def main() -> None:
    rng = np.random.default_rng(0)
    print("seed 0")
    rows = np.stack([rng.normal(size=POINTS) * 3, np.exp(rng.normal(size=POINTS))], axis=1)
    closed_form(rows)
    integrals(rows[:100])


if __name__ == "__main__":
    main()
