"""The probability simplex, in floats that sum to one exactly."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

GRID = 2**52  # entries are multiples of 1/GRID, so that sums of them are exact


@dataclass(frozen=True)
class Simplex:
    """Vectors of positive entries that sum to one.

    Every point that it gives sums to one as a real number, not only after rounding:
    its entries are multiples of 2^-52.
    """

    n: int

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.n,)

    def contains(self, value: Any) -> bool:
        """Whether a vector has positive entries with the exact sum one."""
        x = np.asarray(value, np.float64)
        if x.shape != self.shape or not np.all((x > 0) & (x <= 1)):
            return False
        counts = x * GRID
        return bool(np.all(counts == np.round(counts))) and sum(map(int, counts)) == GRID

    def strategy(self) -> "SearchStrategy[Any]":
        """Hypothesis' strategy for it, which shrinks to simple values."""
        from verify.claims import strategies

        return strategies.simplex(self)

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The smallest box around it."""
        return np.zeros(self.n), np.ones(self.n)

    def special(self, reach: float) -> np.ndarray:
        """The centre, vectors near a corner, repeated and halving entries: whole vectors."""
        centre = np.ones(self.n)
        halving = 2.0 ** -np.arange(self.n)
        corners = [np.where(np.arange(self.n) == i, 1.0, 1 / reach) for i in range(min(self.n, 4))]
        pair = np.where(np.arange(self.n) < 2, 1.0, 1 / reach)
        return np.stack([_on_grid(w) for w in (centre, halving, halving[::-1], pair, *corners)])

    def sample(self, rng: np.random.Generator, count: int, reach: float) -> np.ndarray:
        """A batch of vectors: uniform on the simplex, of unequal sizes, of equal entries."""
        weights = rng.exponential(size=(count, self.n))
        spread = np.log(reach) * rng.random((count, 1))
        weights = np.where(rng.random((count, 1)) < 0.5, weights,
                           np.exp(spread * rng.uniform(-1, 1, (count, self.n))))  # fmt: skip
        repeated = weights[:, rng.integers(0, self.n, self.n)]
        weights = np.where(rng.random((count, 1)) < 0.1, repeated, weights)
        return _on_grid(weights)

    def moved(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Where steps lead, scaled to sum to one."""
        return _on_grid(x * np.exp(step))

    def settled(self, x: np.ndarray) -> np.ndarray | None:
        """A found vector as a point of the domain, or None."""
        x = np.asarray(x, np.float64)
        if x.shape != self.shape or not np.all(np.isfinite(x)) or np.any(x <= 0):
            return None
        return x if self.contains(x) else _on_grid(x)


def simplex(n: int) -> Simplex:
    """Vectors of n positive entries that sum to one.

    Raises:
        TypeError: n is no integer.
        ValueError: n is not positive.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"simplex needs an integer n, got {type(n).__name__} {n!r}.")
    if n < 1:
        raise ValueError(f"simplex needs n >= 1, got {n}.")
    return Simplex(int(n))


def _on_grid(weights: np.ndarray) -> np.ndarray:
    """Positive weights scaled to sum to one and moved to the grid; the largest takes the rest."""
    share = weights / weights.sum(-1, keepdims=True)
    counts = np.maximum(np.round(share * GRID), 1.0).astype(np.int64)
    rest = GRID - counts.sum(-1, keepdims=True)
    largest = counts.argmax(-1)[..., None]
    moved = np.take_along_axis(counts, largest, -1) + rest
    np.put_along_axis(counts, largest, moved, -1)
    return counts / GRID
