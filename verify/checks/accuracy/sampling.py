"""Inputs drawn from domains, in numbered batches: the same number gives the same batch."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from verify.arithmetic.errors import WrongValueError
from verify.arithmetic.ulps import Format, is_subnormal, stepped
from verify.checks.accuracy.target import Batch
from verify.claims.domain import Domain
from verify.claims.every_float import Floats
from verify.claims.simplex import Simplex

_REACH = 1e3  # of uniform numbers where a domain has no end
_WIDE = 40.0  # binary orders of magnitude around one
_PAIRED = 1 / 8  # share of points at which two variables, or two entries, are close
_KINDS, _RUN = 3, 16  # of numbers in a column, and how many of a kind are together
_MOST_SPECIAL = 2**16  # combinations of special values


@dataclass(frozen=True)
class Sample:
    """Random inputs of some variables, in batches.

    A third has uniform bits, which reach every order of magnitude alike; the others have
    magnitudes near one, or are uniform. At some points two of them are nearly equal.

    Attributes:
        domains: of the variables.
        format: of the inputs.
        seed: of all that is random.
        caller: that needs them, for messages.

    Raises:
        ValueError: no float is in a domain.
    """

    domains: Mapping[str, Domain]
    format: Format
    seed: int
    caller: str = "measure"

    def __post_init__(self) -> None:
        for name in self.domains:
            floats = self._floats.get(name)
            if floats is not None and not floats.size:
                raise WrongValueError(
                    f"{self.caller} needs a domain with floats of {self.format.name} in it, got"
                    f" {name} in {self.domains[name]}."
                )

    @cached_property
    def _floats(self) -> dict[str, Floats]:
        """Of each variable whose entries do not depend on each other."""
        return {
            name: domain.every_float(self.format.dtype)
            for name, domain in self.domains.items()
            if not isinstance(domain, Simplex)
        }

    def batch(self, number: int, count: int) -> Batch:
        """So many random inputs."""
        rng = np.random.default_rng([self.seed, number])
        strides = itertools.accumulate(itertools.repeat(_KINDS), lambda a, b: a * b, initial=_RUN)
        columns = [self._column(name, rng, count, strides) for name in self.domains]
        return tuple(self._paired(columns, rng, count))

    def _column(
        self, name: str, rng: np.random.Generator, count: int, strides: Iterator[int]
    ) -> np.ndarray:
        domain = self.domains[name]
        if isinstance(domain, Simplex):
            return domain.sample(rng, count, _REACH).astype(self.format.dtype)
        floats = self._floats[name]
        x = np.empty((count, *domain.shape), self.format.dtype)
        for entry in np.ndindex(*domain.shape):
            # Each kind of number of one column meets each kind of the others.
            kinds = np.arange(count) // max(next(strides) % count, 1) % _KINDS
            self._fill(x[(slice(None), *entry)], kinds, floats, rng)
        return self._normal(x, floats)

    def _fill(self, x: Any, kinds: np.ndarray, floats: Floats, rng: np.random.Generator) -> None:
        low, high = float(floats.least), float(floats.greatest)
        counts = np.bincount(kinds, minlength=_KINDS)
        bits = np.uint32 if floats.size <= 2**32 else np.uint64
        x[kinds == 0] = floats.at(rng.integers(0, floats.size, counts[0], bits))
        near_one = _magnitudes(rng, counts[1], low, high)
        outside = (near_one < low) | (near_one > high)
        near_one[outside] = rng.uniform(*_near_zero(low, high), int(outside.sum()))
        x[kinds == 1] = floats.nearest(near_one)
        x[kinds == 2] = floats.nearest(rng.uniform(*_near_zero(low, high), counts[2]))

    def _normal(self, x: np.ndarray, floats: Floats) -> np.ndarray:
        """The smallest normal numbers in place of smaller ones, which are special points."""
        subnormal = is_subnormal(x, self.format)
        if not subnormal.any():
            return x
        smallest = np.asarray(self.format.smallest).astype(self.format.dtype)
        x[subnormal] = floats.nearest(np.copysign(smallest, x[subnormal]))
        return x

    def _paired(
        self, columns: list[np.ndarray], rng: np.random.Generator, count: int
    ) -> list[np.ndarray]:
        """Columns in which some numbers of a point are made nearly equal."""
        places = [
            (v, entry)
            for v, name in enumerate(self.domains)
            if name in self._floats
            for entry in np.ndindex(*columns[v].shape[1:])
        ]
        if len(places) < 2:
            return columns
        rows = rng.choice(count, int(count * _PAIRED), replace=False)
        names = list(self.domains)
        for part in np.array_split(rows, min(len(places), 4)):
            a, b = (places[i] for i in rng.choice(len(places), 2, replace=False))
            source = columns[a[0]][(part, *a[1])]
            near = _nudged(source, rng, self.format)
            moved = self._floats[names[b[0]]].nearest(near)
            old = columns[b[0]][(part, *b[1])]
            columns[b[0]][(part, *b[1])] = np.where(moved == near, moved, old)
        return columns

    def inside(self, name: str, x: np.ndarray) -> np.ndarray:
        """Floats moved into a variable's domain."""
        domain = self.domains[name]
        if isinstance(domain, Simplex):
            return domain.moved(np.abs(x.astype(np.float64)), np.zeros(())).astype(x.dtype)
        return self._floats[name].nearest(x)

    def special(self) -> Batch:
        """Ends, zeros, subnormal numbers, powers of two and their neighbours, combined."""
        rng = np.random.default_rng([self.seed, 2**32 - 1])
        values = [self._special(name, rng) for name in self.domains]
        total = float(np.prod([float(len(v)) for v in values]))
        if total <= _MOST_SPECIAL:
            grid = itertools.product(*(range(len(v)) for v in values))
            rows = np.array(list(grid), int).reshape(-1, len(values))
        else:
            rows = np.stack([rng.integers(0, len(v), _MOST_SPECIAL) for v in values], axis=1)
        return tuple(v[rows[:, i]] for i, v in enumerate(values))

    def _special(self, name: str, rng: np.random.Generator) -> np.ndarray:
        domain = self.domains[name]
        if isinstance(domain, Simplex):
            return domain.special(_REACH).astype(self.format.dtype)
        floats = self._floats[name]
        entries = np.unique(floats.nearest(_singled_out(domain, self.format)))
        entries = np.concatenate([entries, _ends(floats)])
        if not domain.shape:
            return entries
        constant = np.broadcast_to(entries.reshape(-1, *[1] * len(domain.shape)),
                                   (len(entries), *domain.shape))  # fmt: skip
        mixed = rng.choice(entries, (4 * len(entries), *domain.shape))
        return np.concatenate([constant, mixed])


def _magnitudes(rng: np.random.Generator, count: int, low: float, high: float) -> np.ndarray:
    """Log-uniform sizes around one, on the sides of zero that there are."""
    size = 2.0 ** rng.uniform(-_WIDE, _WIDE / 2, count)
    signs = [sign for sign, is_there in ((-1.0, low < 0), (1.0, high > 0)) if is_there]
    return rng.choice(signs or [0.0], count) * size


def _near_zero(low: float, high: float) -> tuple[float, float]:
    """Ends to draw uniform numbers between."""
    inside = max(low, -_REACH), min(high, _REACH)
    return inside if inside[0] < inside[1] else (low, high)


def _nudged(x: np.ndarray, rng: np.random.Generator, format: Format) -> np.ndarray:
    """Floats a few places off others, or many, or none."""
    steps = rng.integers(-(2**8), 2**8 + 1, len(x)) >> rng.integers(0, 9, len(x))
    steps = steps << rng.integers(0, max(format.precision - 8, 1), len(x))
    return stepped(x, steps, format)


def _singled_out(domain: Domain, format: Format) -> np.ndarray:
    """Numbers at which code is often wrong, with their neighbours."""
    powers = 2.0 ** np.arange(max(format.least, -200), min(format.greatest, 200), 3)
    simple = np.array([0.0, 1.0, 2.0, 0.5, 3.0, 0.25, 5.0, 10.0, 20.0, 40.0, 80.0, 100.0, 0.1])
    positive = np.concatenate([powers, simple, [format.largest, format.smallest]])
    values = np.concatenate([positive, -positive, np.ravel(domain.special(_REACH))])
    values = np.clip(values, -format.largest, format.largest).astype(format.dtype)
    return np.concatenate([stepped(values, step, format) for step in (-2, -1, 0, 1, 2)])


def _ends(floats: Floats) -> np.ndarray:
    """The first and the last floats of a domain."""
    few = min(floats.size, 4)
    return np.concatenate([floats.between(0, few), floats.between(floats.size - few, floats.size)])
