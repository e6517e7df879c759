"""Many millions of points, drawn, measured and sifted on the device.

Drawing them in NumPy takes three times as long as measuring them (0 <= KL, two cores). Here one
compiled program draws, measures and sifts a block of points, and only what is worth a look comes
back: the steadiest violations, the largest, points that were not chosen, and one at which a side
is NaN.
"""

import collections
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify.checks.drawing import draw
from verify.claims.domain import Domain

_HEAT = 16  # rows, far apart, of which the one of the largest violation goes on
_MOST_STEADY, _LARGEST, _RANDOM = 64, 16, 128  # rows of a block that come back
LEAST_ROWS = _HEAT * _MOST_STEADY
_IN_FLIGHT = 2  # blocks started before the first is waited for
NEIGHBOURS = (3e-16, -7e-16)  # relative steps to neighbouring inputs
ROUNDING = 4e-16  # relative: below it nothing is told from rounding


class Sifted(NamedTuple):
    """The rows that came back.

    Attributes:
        batch: the points.
        scores: how steady the violation is at each.
        values: how large, relative to its sides.
    """

    batch: dict[str, np.ndarray]
    scores: np.ndarray
    values: np.ndarray


def steadiness(values: Any) -> Any:
    """The violation over its scatter, from the values (k, n) at n points and near them."""
    arrays = values.__array_namespace__()
    with np.errstate(invalid="ignore"):  # infinity less infinity
        least, spread = values.min(0), values.max(0) - values.min(0)
    is_known = (least > 0) & arrays.isfinite(spread)
    return arrays.where(is_known, least / (spread + ROUNDING), -np.inf)


def sift(block: Callable[[int], Any], blocks: int) -> Sifted:
    """What comes back of so many blocks."""
    started: collections.deque[Any] = collections.deque()
    found = []
    for number in range(blocks):
        started.append(block(number))
        if len(started) == _IN_FLIGHT:
            found.append(jax.device_get(started.popleft()))
    found.extend(jax.device_get(list(started)))
    return Sifted(*jax.tree.map(lambda *parts: np.concatenate(parts), *found))


def block_of(
    measure: Callable[[Mapping[str, Any]], Any],
    domains: Mapping[str, Domain],
    reach: float,
    seed: int,
    rows: int,
) -> Callable[[int], Any]:
    """A compiled function from a block's number to those of its points that are worth a look.

    Args:
        measure: the relative violation at each point of a batch; traced.
        domains: of the variables.
        reach: magnitudes at which unbounded ends are drawn.
        seed: of the points of all blocks.
        rows: points of a block; a power of two, of at least `LEAST_ROWS`.
    """

    @jax.jit
    def block(number: Any) -> Any:
        key = jax.random.fold_in(jax.random.key(seed, impl="threefry2x32"), number)
        # Behind barriers, or XLA draws and measures anew for each use.
        batch = jax.lax.optimization_barrier(draw(domains, key, rows, reach))
        values = jax.lax.optimization_barrier(measure(batch))
        ranked = jnp.where(jnp.isnan(values), -jnp.inf, values)
        best = _best_of(ranked, rows // _HEAT)
        points, sizes = {n: v[best] for n, v in batch.items()}, ranked[best]
        nearby = [measure({n: v * (1 + s) for n, v in points.items()}) for s in NEIGHBOURS]
        scores = steadiness(jnp.stack([sizes, *nearby]))
        steady = _best_of(scores, _MOST_STEADY)
        large = _best_of(sizes.at[steady].set(-jnp.inf), _LARGEST)
        found = jnp.concatenate([steady, large])
        others = jnp.append(jnp.arange(_RANDOM), _first(jnp.isnan(values)))
        kept = jnp.concatenate([best[found], others])
        of_kept = jnp.append(scores[found], jnp.full(len(others), -jnp.inf))
        return {n: v[kept] for n, v in batch.items()}, of_kept, values[kept]

    return block


def _best_of(values: Any, groups: int) -> Any:
    """The place of the largest in each of so many groups of places far apart.

    Of 2^16 violations of 0 <= KL on two cores: 15 ns a point, where argmax takes 40.
    """
    parts = values.reshape(-1, groups)
    is_largest = parts == jnp.max(parts, axis=0, keepdims=True)
    places = jnp.arange(values.size).reshape(parts.shape)
    return jnp.min(jnp.where(is_largest, places, places[-1:]), axis=0)


def _first(flags: Any) -> Any:
    """The first place of a flag, or the last place."""
    places = jnp.arange(flags.size)
    return jnp.min(jnp.where(flags, places, places[-1]))
