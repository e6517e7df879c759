"""What the hardware can do, measured beside what is to be judged by it."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.records import Work

_COPIED = (2**12, 2**16, 2**20, 2**24)  # numbers of an array
_MATRIX = 2_048
_VALUES, _CHAIN = 2**16, 64
_ROUNDS = 7


class Ceilings(NamedTuple):
    """The best seen of each, in float32, of one program of XLA.

    Attributes:
        products: FLOPs a second, in a product of square matrices.
        arithmetic: FLOPs a second, in multiplications and additions of what is in cache.
        transcendentals: values of exp a second.
        bandwidth: pairs of bytes of a working set, and bytes a second read and written.
    """

    products: float
    arithmetic: float
    transcendentals: float
    bandwidth: tuple[tuple[int, float], ...]


class Roofline(NamedTuple):
    """The share of what the hardware can do, and what keeps it from doing more."""

    fraction: float
    bound: str


def ceilings() -> Ceilings:
    """Measure all of them; a second or two."""
    matrix = jnp.full((_MATRIX, _MATRIX), 1e-3)
    values = jnp.linspace(-1.0, 1.0, _VALUES)
    exact = jax.lax.Precision.HIGHEST
    return Ceilings(
        2 * _MATRIX**3 / _best(lambda x: jnp.matmul(x, x, precision=exact), matrix),
        2 * _CHAIN * _VALUES / _best(_chained, values),
        _VALUES / _best(jnp.exp, values),
        tuple((8 * n, 8 * n / _best(lambda x: x + 1, jnp.ones(n))) for n in _COPIED),
    )


def _chained(x: Any) -> Any:
    start = x
    for _ in range(_CHAIN):
        x = x * start + 0.5
    return x


def _best(function: Callable[[Any], Any], argument: Any) -> float:
    """Seconds of the fastest of some calls, each of which ends before the next."""
    compiled = jax.jit(function).lower(argument).compile()
    jax.block_until_ready(compiled(argument))
    seconds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        jax.block_until_ready(compiled(argument))
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def roofline(work: Work, seconds: float, measured: Ceilings) -> Roofline:
    """The time that the least work takes at the ceilings, over the time that was taken.

    What overlaps on the hardware costs only the longest of its parts. A fraction over one says
    that the ceiling was measured on a busier machine.
    """
    parts = {
        "products": work.products / measured.products,
        "arithmetic": work.arithmetic / measured.arithmetic,
        "transcendentals": work.transcendentals / measured.transcendentals,
        "bytes": work.bytes / _bandwidth(work.bytes, measured),
    }
    bound = max(parts, key=lambda name: parts[name])
    return Roofline(parts[bound] / seconds, bound)


def _bandwidth(working_set: float, measured: Ceilings) -> float:
    """Bytes a second where an array of about this size is copied."""
    sizes = np.log([size for size, _ in measured.bandwidth])
    nearest = int(np.argmin(abs(sizes - np.log(max(working_set, 1.0)))))
    return measured.bandwidth[nearest][1]
