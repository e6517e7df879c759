"""Limits in balls: values at distances that shrink geometrically, in high precision."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from flint import arb, ctx

from verify.arithmetic.interpreter import NumberSystem
from verify.arithmetic.jaxprs import Closed
from verify.arithmetic.reading import (
    current,
    note_estimate,
    note_exchange,
    note_obstacle,
    nudged,
    settings,
)

# Distances 2^-(step k): one ladder for quick, one for slow convergence. The offsets keep
# the places off any lattice on which an oscillation might look constant.
_LADDERS = ((3, 12), (8, 12), (24, 12))
_BLURRED = arb(2) ** -8  # relative radius of a value that says nothing
_ENOUGH = 64  # bits of accuracy for which no longer ladder is tried
_OFFSETS = (arb(1), arb("1.3828125"), arb("1.734375"))  # exact in binary
_OTHER_OFFSETS = (arb("1.1796875"), arb("1.59765625"), arb("1.93359375"))


class Limit:
    """A limit of f(z, *closed), to be read at many points."""

    def __init__(
        self,
        program: Closed,
        system: NumberSystem,
        *,
        side: str,
        integers: bool = False,
        swapped: bool = False,
    ):
        self.function = system.compile(program, varying=1)
        self.side, self.integers, self.swapped = side, integers, swapped

    def __call__(self, at: arb, *closed: Any) -> arb:
        if at.is_nan() or not (at.is_finite() or at.is_exact()):
            return arb.nan()
        closed = tuple(nudged(closed)) if self.swapped else closed
        values = [self._from(at, sign, closed) for sign in self._signs(at)]
        value = _agreed([v for v in values if v is not None]) if None not in values else None
        if value is None:
            note_obstacle("a limit does not exist, or is approached too slowly to be computed")
            return arb.nan()
        if self.swapped:
            note_exchange("a derivative under a limit")
        note_estimate("a limit from values ever nearer")
        return value

    def _signs(self, at: arb) -> Sequence[int]:
        if not at.is_finite():
            return (1,)
        return {"above": (1,), "below": (-1,), "both": (1, -1)}[self.side]

    def _from(self, at: arb, sign: int, closed: Sequence[Any]) -> arb | None:
        """The limit from one side: from the first accurate ladder, and the longest agrees."""
        found = None
        for ladder in _LADDERS[:-1]:
            value = self._climbed(ladder, at, sign, closed)
            found = found if value is None else value
            if value is not None and (value.rel_accuracy_bits() > _ENOUGH or not value.is_finite()):
                break
        longest = self._climbed(_LADDERS[-1], at, sign, closed)
        if current().second_look or found is None:
            return longest
        return found if longest is None else _agreed((found, longest))

    def _climbed(
        self, ladder: tuple[int, int], at: arb, sign: int, closed: Sequence[Any]
    ) -> arb | None:
        """What the values of one ladder tend to, from all of its offsets."""
        step, rungs = ladder
        offsets = _OTHER_OFFSETS if current().second_look else _OFFSETS
        with settings(bits=ctx.prec + 2 * step * rungs):
            f = self.function.along(*closed)
            rows = [[f(z)[0] for z in self._places(at, sign, step, rungs, o)] for o in offsets]
        return _agreed_or_none([_settled(values) for values in rows])

    def _places(self, at: arb, sign: int, step: int, rungs: int, offset: arb) -> Iterator[arb]:
        for k in range(rungs // 2, rungs + 1):
            scale = arb(2) ** (step * k) / offset
            if at.is_finite():
                yield at + sign / scale
            elif self.integers:
                yield self._integer(at, scale, k)
            else:
                yield scale if at > 0 else -scale

    def _integer(self, at: arb, scale: arb, k: int) -> arb:
        """A large integer, odd or even by turns."""
        number = 2 * (scale.mid() / 2).floor() + k % 2
        return number if at > 0 else -number


def _agreed_or_none(values: Sequence[arb | None]) -> arb | None:
    return None if any(v is None for v in values) else _agreed(values)


def _agreed(values: Sequence[Any]) -> arb | None:
    """One ball for values that agree within their errors; None where they do not."""
    hull = values[0]
    for value in values[1:]:
        if not hull.is_finite() or not value.is_finite():
            if not (hull == value and hull.is_exact()):
                return None
            continue
        if not hull.overlaps(value):
            return None
        hull = hull.union(value)
    return hull


def _settled(values: Sequence[arb]) -> arb | None:
    """What a sequence tends to: its last value and the error that its last steps show.

    Each step must shrink the change by a half at least (or end under the rounding), so
    that what remains is no more than the last change.
    """
    if any(v.is_nan() for v in values):
        return None
    infinite = _infinity(values)
    if infinite is not None:
        return infinite
    if not all(v.is_finite() and v.rad() <= _BLURRED * abs(v).mid().max(1) for v in values):
        return None  # too large to be known at all, say
    changes = [abs(b - a) for a, b in itertools.pairwise(values)]
    scale = abs(values[-1]).upper()
    for before, after in itertools.pairwise(changes):
        tiny = after.upper() <= scale * arb(2) ** (-ctx.prec) or after.contains(0)
        if not tiny and not after < before / 2:
            return None
    last = changes[-1].upper()
    return values[-1] + arb(0, 2 * last)


def _infinity(values: Sequence[arb]) -> arb | None:
    """The infinity that a sequence grows to, or None.

    Growth must not slow down: the differences of log-like growth stay equal, those of a
    slow convergence shrink.
    """
    for sign in (1, -1):
        grown = [sign * v for v in values]
        steps = [b - a for a, b in itertools.pairwise(grown)]
        if not all(s > 0 for s in steps) or not grown[-1] > 8:
            continue
        if all(b > a * arb("0.99") for a, b in itertools.pairwise(steps)):
            return arb.pos_inf() * sign
    return None
