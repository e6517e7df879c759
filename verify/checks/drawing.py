"""Random points of domains, drawn on the device: many millions for a search.

They are of the kinds that `Domain.sample` gives. All numbers come of one call for random bits:
each number has 32 of them, which compile and run in a fraction of the time of a key for each.
"""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.claims.domain import Domain, Integers, Interval
from verify.claims.simplex import GRID, Simplex

_TINY = float(np.finfo(np.float64).tiny)
_GOLDEN = np.uint32(0x9E3779B9)  # 2^32 over the golden ratio: a hash by multiplication


def draw(domains: Mapping[str, Domain], key: Any, count: int, reach: float) -> dict[str, Any]:
    """A batch of points in float64, one row for each."""
    widths = [_width(domain) for domain in domains.values()]
    bits = jax.random.bits(key, (sum(widths), count), jnp.uint32)
    ends = itertools.accumulate(widths)
    batch = {}
    for (name, domain), width, end in zip(domains.items(), widths, ends, strict=True):
        batch[name] = _points(domain, bits[end - width : end], reach)
    return batch


def _width(domain: Domain) -> int:
    """How many words of 32 bits a point takes."""
    return math.prod(domain.shape) + isinstance(domain, Simplex)


def _points(domain: Domain, bits: Any, reach: float) -> Any:
    match domain:
        case Interval():
            numbers = _of_interval(domain, bits, reach)
        case Integers():
            numbers = _of_integers(domain, bits)
        case Simplex():
            numbers = _of_simplex(bits, reach)
    return numbers.T.reshape(bits.shape[1], *domain.shape)


def _uniform(bits: Any) -> Any:
    """Numbers between 0 and 1: random bits, and a hash of them in the places below."""
    below = (bits * _GOLDEN).astype(jnp.float64) + 0.5
    return (bits.astype(jnp.float64) + below * 2.0**-32) * 2.0**-32


def _of_interval(domain: Interval, bits: Any, reach: float) -> Any:
    """A quarter each uniform, uniform near zero, log-uniform, and multiples of 1/4."""
    low, high = domain.ends(reach)
    uniform = _uniform(bits)
    even = _between(uniform, low, high)
    kinds = [
        even,
        _between(uniform, max(low, -10.0), min(high, 10.0)),
        _logarithmic(domain, uniform, reach),
        jnp.round(_between(uniform, max(low, -20.0), min(high, 20.0)) * 4) / 4,
    ]
    numbers = jax.lax.select_n((bits & 3).astype(jnp.int32), *kinds)
    least, most = _within(low, high) if domain.is_open else (low, high)
    numbers = jnp.where((least <= numbers) & (numbers <= most), numbers, even)
    return jnp.clip(numbers, least, most)


def _between(uniform: Any, low: float, high: float) -> Any:
    return low + (high - low) * uniform


def _within(low: float, high: float) -> tuple[float, float]:
    """The nearest normal numbers inside: XLA takes smaller ones for zero."""
    least, most = math.nextafter(low, math.inf), math.nextafter(high, -math.inf)
    return (_TINY if 0 < least < _TINY else least), (-_TINY if -_TINY < most < 0 else most)


def _logarithmic(domain: Interval, uniform: Any, reach: float) -> Any:
    """Log-uniform distances: from zero where it is inside, from the ends otherwise."""
    spread = math.log(reach)
    one_sided = 2 * abs(uniform - 0.5)
    is_upper = uniform > 0.5
    if domain.low < 0 < domain.high:
        distance = jnp.exp(_between(one_sided, -spread, spread))
        return jnp.where(is_upper, distance, -distance)
    if math.isfinite(domain.low) and math.isfinite(domain.high):
        distance = (domain.high - domain.low) * jnp.exp(-2 * spread * one_sided)
        return jnp.where(is_upper, domain.high - distance, domain.low + distance)
    distance = jnp.exp(_between(uniform, -spread, spread))
    return domain.low + distance if math.isfinite(domain.low) else domain.high - distance


def _of_integers(domain: Integers, bits: Any) -> Any:
    """Half of them near the lower end."""
    most = jnp.where(bits & 1, domain.high, min(domain.low + 10, domain.high)).astype(jnp.float64)
    return jnp.minimum(domain.low + jnp.floor(_uniform(bits) * (most - domain.low + 1)), most)


def _of_simplex(bits: Any, reach: float) -> Any:
    """Uniform on the simplex, of unequal sizes, and some of either with entries repeated."""
    whole, entries = bits[-1:], bits[:-1]
    uniform = _uniform(entries)
    spread = math.log(reach) * _uniform(whole)
    weights = jnp.where(whole & 1, -jnp.log(uniform), jnp.exp(spread * (2 * uniform - 1)))
    repeated = weights[entries[:, 0] % len(entries)]
    return _on_grid(jnp.where((whole >> 1) % 8 == 0, repeated, weights))


def _on_grid(weights: Any) -> Any:
    """Scaled to sum to one exactly, on the simplex's grid; the largest entry takes the rest."""
    share = weights / weights.sum(0, keepdims=True)
    counts = jnp.maximum(jnp.round(share * GRID), 1.0).astype(jnp.int64)
    largest = counts.argmax(0, keepdims=True)
    moved = jnp.take_along_axis(counts, largest, 0) + (GRID - counts.sum(0, keepdims=True))
    return jnp.put_along_axis(counts, largest, moved, 0, inplace=False).astype(jnp.float64) / GRID
