"""How far values of a program are from one another, in ulps."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from flint import arb

from verify.arithmetic import ulps
from verify.arithmetic.arrays import boxed
from verify.arithmetic.ulps import Format

ENOUGH = 2.0**-8  # of an error, its ball's radius, relative and in ulps


class Entry(NamedTuple):
    """An entry of one of several values: which one, and its flat index."""

    name: str
    index: int


class Distances(NamedTuple):
    """Distances in the ulps of a format."""

    format: Format

    def error(self, value: float, exact: Any) -> float:
        """The signed error of a float; NaN where the exact value is not known."""
        known = exact if isinstance(exact, arb) else arb.nan()
        return number(ulps.error(float(value), known, self.format))

    def worst(self, floats: Mapping[str, Any], exact: Mapping[str, Any]) -> tuple[float, Entry]:
        """The largest error of some floats and where it is; unknown errors count as none."""
        best, place = 0.0, Entry(next(iter(floats)), 0)
        for name, value in floats.items():
            pairs = zip(np.ravel(value), boxed(exact[name]).flat, strict=True)
            for index, (v, e) in enumerate(pairs if is_float(value) else ()):
                error = abs(self.error(v, e))
                if error > best:
                    best, place = error, Entry(name, index)
        return best, place

    def telling(
        self, floats: Mapping[str, Any], exact: Mapping[str, Any], otherwise: Entry
    ) -> Entry:
        """The first NaN of some floats, or the first infinity that is exactly none."""
        infinity = None
        for name, value in floats.items():
            pairs = zip(np.ravel(value), boxed(exact[name]).flat, strict=True)
            for index, (v, e) in enumerate(pairs if is_float(value) else ()):
                if math.isnan(v):
                    return Entry(name, index)
                is_none = not isinstance(e, arb) or e.is_finite() or not e.is_exact()
                if math.isinf(v) and is_none and infinity is None:
                    infinity = Entry(name, index)
        return infinity or otherwise

    def largest(
        self, values: Mapping[str, Any], exact: Mapping[str, Any], names: Iterable[str]
    ) -> float:
        """The largest distance between some values; infinite where one is not finite."""
        return max((abs(self.between(v, e)) for name in names
                    for v, e in zip(boxed(values[name]).flat, boxed(exact[name]).flat,
                                    strict=True)), default=0.0)  # fmt: skip

    def between(self, value: Any, exact: Any) -> float:
        """From an exact real number to another; 0 where that one is unknown, or no real."""
        if not (isinstance(exact, arb) and isinstance(value, arb) and exact.is_finite()):
            return 0.0
        if not value.is_finite():
            return math.inf
        return number(self.ball(value, exact))

    def ball(self, value: arb, exact: arb) -> arb:
        """From a finite real number to another; beyond the floats it counts as infinite."""
        if abs(value) >= self.format.overflow:
            return ulps.error(math.copysign(math.inf, float(value.sgn())), exact, self.format)
        return ulps.distance(value, exact, self.format)

    def at(
        self, place: Entry, floats: Mapping[str, Any], exact: Mapping[str, Any]
    ) -> tuple[float, arb]:
        """The float and the exact value of an entry."""
        values = np.ravel(floats[place.name])
        if not values.size:
            return math.nan, arb.nan()
        known = boxed(exact[place.name]).flat[place.index]
        return float(values[place.index]), known if isinstance(known, arb) else arb.nan()

    @staticmethod
    def is_same(value: Any, other: Any) -> bool:
        """Whether two values are one number for certain, entry by entry."""
        pairs = zip(boxed(value).flat, boxed(other).flat, strict=True)
        return all(a == b and (not isinstance(a, arb) or a.is_exact()) for a, b in pairs)


def number(error: arb) -> float:
    """The middle of a ball; zero where it holds zero and hardly more."""
    if error.is_nan():
        return math.nan
    if not error.is_finite():
        return math.copysign(math.inf, -1 if error < 0 else 1)
    return 0.0 if error.contains(0) and error.rad() < ENOUGH else float(error.mid())


def is_float(value: Any) -> bool:
    return jnp.issubdtype(np.asarray(value).dtype, np.floating)
