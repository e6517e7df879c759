"""Domains: the set that a variable of a claim ranges over."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from verify.claims.every_float import Floats, floats_between
from verify.claims.simplex import Simplex

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_SIMPLE = np.array([0.0, 1.0, 2.0, 0.5, 3.0, 0.25, 5.0, 10.0])


@dataclass(frozen=True)
class Interval:
    """Numbers between two ends, in an array of some shape.

    Attributes:
        low, high: the ends; infinite ones are not in the set.
        is_open: whether finite ends are not in the set either.
        shape: of the variable.
    """

    low: float
    high: float
    is_open: bool = False
    shape: tuple[int, ...] = ()

    def contains(self, value: Any) -> bool:
        """Whether every entry is in the set."""
        x = np.asarray(value, np.float64)
        inside = (self.low < x) & (x < self.high)
        if not self.is_open:
            inside |= ((x == self.low) | (x == self.high)) & np.isfinite(x)
        return bool(np.all(inside))

    def strategy(self) -> "SearchStrategy[Any]":
        """Hypothesis' strategy for it, which shrinks to simple values."""
        from verify.claims import strategies

        return strategies.interval(self)

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The ends, in the variable's shape."""
        return np.full(self.shape, self.low), np.full(self.shape, self.high)

    def special(self, reach: float) -> np.ndarray:
        """Ends, zero, powers of two, simple values, tiny and huge ones: entries, not arrays."""
        ends = [e for e in (self.low, self.high) if math.isfinite(e)]
        near = [math.nextafter(self.low, math.inf), math.nextafter(self.high, -math.inf)]
        steps = [1 / reach, 2.0**-20] if self.is_open or math.isfinite(self.low) else []
        inside = [self.low + s for s in steps] + [self.high - s for s in steps]
        wide = np.concatenate([_SIMPLE, -_SIMPLE, [reach, -reach, 1 / reach, -1 / reach]])
        middle = [(self.low + self.high) / 2] if len(ends) == 2 else []
        values = np.array(
            [*ends, *middle, *wide, *inside, *(near if self.is_open and reach > 1e6 else [])]
        )
        values = values[np.isfinite(values) & (abs(values) <= max(reach, *map(abs, ends), 1.0))]
        kept = [v for v in dict.fromkeys(values.tolist()) if self._samples(v, reach)]
        return np.array(kept or [self._clipped(np.array(0.0), reach)])

    def sample(self, rng: np.random.Generator, count: int, reach: float) -> np.ndarray:
        """A batch of points: uniform ones, log-uniform magnitudes and simple values."""
        size = int(np.prod(self.shape, dtype=int))
        columns = [self._column(rng, count, reach) for _ in range(size)]
        return np.stack(columns, axis=1).reshape(count, *self.shape) if size else (
            np.zeros((count, *self.shape)))  # fmt: skip

    def _column(self, rng: np.random.Generator, count: int, reach: float) -> np.ndarray:
        low, high = self.ends(reach)
        parts = np.array_split(np.arange(count), 4)
        x = np.empty(count)
        x[parts[0]] = _stratified(rng, len(parts[0]), low, high)
        x[parts[1]] = _stratified(rng, len(parts[1]), max(low, -10.0), min(high, 10.0))
        x[parts[2]] = self._logarithmic(rng, len(parts[2]), reach)
        x[parts[3]] = (
            np.round(_stratified(rng, len(parts[3]), max(low, -20), min(high, 20)) * 4) / 4
        )
        x = rng.permutation(x)
        outside = ~self._inside(x)
        x[outside] = _stratified(rng, int(outside.sum()), low, high)
        return self._clipped(x, reach)

    def _logarithmic(self, rng: np.random.Generator, count: int, reach: float) -> np.ndarray:
        """Log-uniform distances: from zero where it is inside, from the ends otherwise."""
        spread = math.log(reach)
        distance = np.exp(_stratified(rng, count, -spread, spread))
        if self.low < 0 < self.high:
            return distance * rng.choice([-1.0, 1.0], count)
        if math.isfinite(self.low) and math.isfinite(self.high):
            width = self.high - self.low
            distance = width * np.exp(_stratified(rng, count, -2 * spread, 0.0))
            return np.where(rng.random(count) < 0.5, self.low + distance, self.high - distance)
        return self.low + distance if math.isfinite(self.low) else self.high - distance

    def ends(self, reach: float) -> tuple[float, float]:
        """Finite ends to sample between."""
        low = self.low if math.isfinite(self.low) else min(-reach, self.high - reach)
        high = self.high if math.isfinite(self.high) else max(reach, self.low + reach)
        return low, high

    def _inside(self, x: np.ndarray) -> np.ndarray:
        if self.is_open:
            return (self.low < x) & (x < self.high)
        return (self.low <= x) & (x <= self.high)

    def _samples(self, value: float, reach: float) -> bool:
        low, high = self.ends(reach)
        return self.contains(value) and low <= value <= high

    def _clipped(self, x: np.ndarray, reach: float) -> np.ndarray:
        low, high = self.ends(reach)
        if self.is_open:
            low, high = np.nextafter(low, np.inf), np.nextafter(high, -np.inf)
        return np.clip(x, low, high)

    def moved(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Where steps lead, kept inside; a half-line is crossed by factors."""
        if math.isfinite(self.low) and math.isfinite(self.high):
            return self._clipped(x + step * (self.high - self.low), 1.0)
        if math.isfinite(self.low):
            return self.low + (x - self.low) * np.exp(step)
        if math.isfinite(self.high):
            return self.high - (self.high - x) * np.exp(-step)
        return x + step * (1 + abs(x))

    def settled(self, x: np.ndarray) -> np.ndarray | None:
        """A found array as a point of the domain, or None."""
        x = np.asarray(x, np.float64)
        return x if self.contains(x) else None

    def every_float(self, dtype: Any) -> Floats:
        """The floats of a dtype that an entry can be."""
        return floats_between(self.low, self.high, dtype, is_open=self.is_open)


@dataclass(frozen=True)
class Integers:
    """Whole numbers from low to high, both included, passed to the claim as floats."""

    low: int
    high: int
    shape: tuple[int, ...] = ()

    def contains(self, value: Any) -> bool:
        """Whether every entry is in the set."""
        x = np.asarray(value, np.float64)
        return bool(np.all((self.low <= x) & (x <= self.high) & (x == np.round(x))))

    def strategy(self) -> "SearchStrategy[Any]":
        """Hypothesis' strategy for it, which shrinks to simple values."""
        from verify.claims import strategies

        return strategies.integers(self)

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The ends, in the variable's shape."""
        return np.full(self.shape, float(self.low)), np.full(self.shape, float(self.high))

    def special(self, reach: float) -> np.ndarray:
        """Ends and small numbers."""
        values = [self.low, self.high, *range(-3, 6), self.low + 1, self.high - 1]
        return np.array([float(v) for v in dict.fromkeys(values) if self.low <= v <= self.high])

    def sample(self, rng: np.random.Generator, count: int, reach: float) -> np.ndarray:
        """A batch of points, half of them near the lower end."""
        shape = (count, *self.shape)
        wide = rng.integers(self.low, self.high, shape, endpoint=True)
        near = self.low + rng.integers(0, min(10, self.high - self.low), shape, endpoint=True)
        return np.where(rng.random(shape) < 0.5, wide, near).astype(np.float64)

    def moved(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Integers stay where they are."""
        return x

    def settled(self, x: np.ndarray) -> np.ndarray | None:
        """A found array as a point of the domain, or None."""
        x = np.round(np.asarray(x, np.float64))
        return x if self.contains(x) else None

    def every_float(self, dtype: Any) -> Floats:
        """The floats of a dtype that an entry can be."""
        return floats_between(self.low, self.high, dtype, is_whole=True)


Domain: TypeAlias = Interval | Integers | Simplex


def reals(low: float = -math.inf, high: float = math.inf, *, shape: Any = ()) -> Interval:
    """The reals from low to high, closed where an end is finite.

    Raises:
        TypeError: an end is no real number.
        ValueError: an end is NaN, or the set is empty.
    """
    return _interval("reals", low, high, shape, is_open=False)


def positives(*, shape: Any = ()) -> Interval:
    """The reals over zero."""
    return _interval("positives", 0.0, math.inf, shape, is_open=True)


def probabilities(*, shape: Any = ()) -> Interval:
    """The open interval (0, 1)."""
    return _interval("probabilities", 0.0, 1.0, shape, is_open=True)


def integers(low: int, high: int, *, shape: Any = ()) -> Integers:
    """Whole numbers from low to high, both included, passed to the claim as floats.

    Raises:
        TypeError: an end is no integer.
        ValueError: the set is empty, or an end is over 2**53 in size.
    """
    for name, end in (("low", low), ("high", high)):
        if isinstance(end, bool) or not isinstance(end, int | np.integer):
            raise TypeError(f"integers needs an integer {name}, got {type(end).__name__} {end!r}.")
        if abs(end) > 2**53:
            raise ValueError(
                f"integers needs {name} within 2**53, got {end}: not exact as a float."
            )
    if low > high:
        raise ValueError(f"integers needs low <= high, got {low} and {high}: the set is empty.")
    return Integers(int(low), int(high), shape_of("integers", shape))


def shape_of(function: str, shape: Any) -> tuple[int, ...]:
    """A shape given as an integer or a sequence of them."""
    sizes = (shape,) if isinstance(shape, int | np.integer) else shape
    try:
        result = tuple(int(n) for n in sizes)
    except (TypeError, ValueError):
        result = (-1,)
    if any(n < 0 for n in result):
        raise ValueError(f"{function} needs a shape of sizes >= 0, got {shape!r}.")
    return result


def _interval(function: str, low: Any, high: Any, shape: Any, *, is_open: bool) -> Interval:
    for name, end in (("low", low), ("high", high)):
        if isinstance(end, bool) or not isinstance(end, int | float | np.number):
            raise TypeError(
                f"{function} needs a number for {name}, got {type(end).__name__} {end!r}."
            )
        if math.isnan(end):
            raise ValueError(f"{function} needs a number for {name}, got nan.")
    if low > high or (low == high and math.isinf(low)):
        raise ValueError(f"{function} needs low <= high, got {low} and {high}: the set is empty.")
    return Interval(float(low), float(high), is_open, shape_of(function, shape))


def _stratified(rng: np.random.Generator, count: int, low: float, high: float) -> np.ndarray:
    """Uniform numbers, one in each of as many equal parts, in random order."""
    return low + (high - low) * ((rng.permutation(count) + rng.random(count)) / max(count, 1))
