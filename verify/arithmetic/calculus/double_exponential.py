"""Double-exponential quadrature in balls: improper integrals, with an estimated error.

Takahasi & Mori (1974). On a finite piece z = a + w u(t) with u from 0 to 1, on a half-line
z = a ± w exp(pi/2 sinh t), then the trapezoidal rule in t. Its error is estimated by the
difference between the last two steps, of which the smaller is far more accurate.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from flint import arb, ctx

Integrand = Callable[[arb], arb]


class Node(NamedTuple):
    """A place and its weight, both relative to the piece's width.

    `place` is measured from the nearer end, so that it keeps its relative accuracy there.
    """

    place: arb
    weight: arb
    from_low: bool


_REACH = {"finite": 5, "half-line": 7}  # of t: places from 1e-101, from 1e-374 to 1e374
_COARSE = 1  # the coarsest step is 2^-1
_SURE = 4  # no sum is trusted to have settled before the step 2^-4
_FINE = 8  # the finest 2^-8


@functools.lru_cache(maxsize=4096)
def _node(kind: str, numerator: int, level: int, bits: int) -> Node:
    """The node at t = numerator / 2^level."""
    del bits  # part of the cache's key: the working precision
    t = arb(numerator) / 2**level
    half_pi = arb.pi() / 2
    sinh, cosh = half_pi * t.sinh(), half_pi * t.cosh()
    if kind == "half-line":
        place = sinh.exp()
        return Node(place, place * cosh, True)
    # u = 1 / (1 + exp(-2 sinh)); from the nearer end it is 1 / (1 + exp(2 |sinh|))
    shrunk = (-2 * abs(sinh)).exp()
    place = shrunk / (1 + shrunk)
    return Node(place, 2 * cosh * place / (1 + shrunk), t <= 0)


def integrate(f: Integrand, ends: Sequence[arb], width: arb) -> arb | None:
    """The integral over consecutive pieces; the first and last end may be infinite.

    Args:
        f: the integrand at a ball.
        ends: of the pieces, in increasing order.
        width: the scale of the half-lines.

    Returns:
        A ball that includes the estimated error, or None where the sums do not settle:
        the integral diverges, or converges too slowly.
    """
    pieces = [_piece(f, low, high, width) for low, high in itertools.pairwise(ends)]
    scale = sum((p.coarse() for p in pieces), arb(0)).upper()
    if not scale.is_finite():
        return None
    total = arb(0)
    for terms in pieces:
        value = _settled(terms, scale)
        if value is None:
            return None
        total += value
    return total


def _settled(terms: "_Terms", scale: arb) -> arb | None:
    """One piece, its step halved until the sum changes little beside the whole integral."""
    wanted = (scale * arb(2) ** (-(17 * ctx.prec) // 32)).upper()
    if not terms.neglected <= scale / 1024:
        return None
    previous = terms.total(_COARSE)
    for level in range(_COARSE + 1, _FINE + 1):
        value = terms.total(level)
        change = abs(value - previous).upper()
        enough = max(wanted, 4 * value.rad(), terms.neglected)
        if not change.is_finite():
            return None
        is_nothing = abs(value).upper() <= wanted and abs(previous).upper() <= wanted
        is_settled = level >= _SURE and abs(value.mid() - previous.mid()) <= enough
        if is_nothing or is_settled:
            return value + arb(0, (change + terms.neglected).upper())
        previous = value
    return None


def _piece(f: Integrand, low: arb, high: arb, width: arb) -> "_Terms":
    """The terms of one piece, finite or a half-line."""
    if low.is_finite() and high.is_finite():
        span = high - low
        return _Terms(
            f, lambda n: low + span * n.place if n.from_low else high - span * n.place,
            span, "finite",
        )  # fmt: skip
    if low.is_finite():
        return _Terms(f, lambda n: low + width * n.place, width, "half-line")
    return _Terms(f, lambda n: high - width * n.place, width, "half-line")


class _Terms:
    """The terms of the trapezoidal sums of one piece, each computed once."""

    def __init__(self, f: Integrand, place: Callable[[Node], arb], size: arb, kind: str):
        self.f, self.place, self.size, self.kind = f, place, size, kind
        self.sums: dict[int, arb] = {}
        self.first, self.last = 0.0, 0.0  # the range of t where terms count
        self.neglected = arb(0)

    def total(self, level: int) -> arb:
        """The trapezoidal sum with step 2^-level; the steps must come in their order."""
        if level not in self.sums:
            count = 2**level
            odd = range(int(self.first * count) | 1, int(self.last * count) + 1, 2)
            self.sums[level] = self.sums[level - 1] + sum(
                (self.term(n, level) for n in odd), arb(0)
            )
        return self.sums[level] / 2**level

    def term(self, numerator: int, level: int) -> arb:
        node = _node(self.kind, numerator, level, ctx.prec)
        return self.f(self.place(node)) * node.weight * self.size

    def coarse(self) -> arb:
        """The coarsest sum, outwards from the middle; gives that of the terms' sizes."""
        count = 2**_COARSE
        terms = {0: self.term(0, _COARSE)}
        for side in (-1, 1):
            for n in range(side, side * (_REACH[self.kind] * count + 1), side):
                value = self.term(n, _COARSE)
                if not value.is_finite():
                    break
                terms[n] = value
        self.sums[_COARSE] = sum(terms.values(), arb(0))
        self._fix_range(terms, count)
        return sum((abs(v) for v in terms.values()), arb(0)) / count

    def _fix_range(self, terms: dict[int, arb], count: int) -> None:
        """Leave out, at both ends, terms that are far under the rounding of the sum."""
        largest = max((abs(v).upper() for v in terms.values()), default=arb(0))
        floor = largest * arb(2) ** (-ctx.prec)
        kept = [n for n, v in terms.items() if not abs(v).upper() < floor] or [0]
        low, high = max(min(kept) - 1, min(terms)), min(max(kept) + 1, max(terms))
        self.first, self.last = low / count, high / count
        # What lies beyond is taken to be no more than a few of the last terms.
        self.neglected = (4 * (abs(terms[low]).upper() + abs(terms[high]).upper())).upper()
