"""Integrals in balls: rigorous where a finite range allows it, estimated otherwise."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from flint import acb, arb, ctx

from verify.arithmetic.arrays import boxed, unboxed
from verify.arithmetic.calculus import double_exponential
from verify.arithmetic.calculus.breakpoints import features, sided
from verify.arithmetic.complexes import COMPLEXES, NAN, Demand, plain
from verify.arithmetic.errors import UnsupportedPrimitive
from verify.arithmetic.interpreter import NumberSystem, Program
from verify.arithmetic.jaxprs import Closed
from verify.arithmetic.reading import current, note_estimate, note_exchange, note_obstacle, nudged

_WIDTHS = 12  # widths on either side of a centre after which a peak has died away: e^-72
_NEAR = arb("0.5")  # widths from a cut to a centre that needs none of its own
_EVALUATIONS = 10_000  # of the integrand, before rigorous quadrature gives up
_QUIET = 4  # such parts with nothing in them: a sixteenfold distance
_PART = 500  # evaluations for a part of the tails
_HALVINGS = 60  # of a part of the tails, on which the integrand is enclosed
_SAMPLES = (arb("0.3"), arb("0.5"), arb("0.77"))  # of a piece, where its values are looked at
_DEPTH = 400  # bisections of rigorous quadrature
# Half the range of a second look, in widths, and the evaluations that it may take. On wide
# balls ratios of densities overflow: shorter ranges are for them.
_LONG, _SHORTER = (10**12, 4_000), ((64, 10_000), (8, 80_000))
_MARGIN = arb(2) ** -48  # left out at a finite end by a second look, in widths
_ENOUGH = arb(2) ** -44  # error of a second look, relative to the estimate
_FAIR = arb(2) ** -20  # relative radius of a second look for which no better one is tried
_TINY = arb(2) ** -2_000  # no error is small enough: the relative one decides


class _Place(NamedTuple):
    """Where an integrand may be narrow, how narrow, and whether it is smooth there."""

    centre: arb
    width: arb
    is_smooth: bool


class Integral:
    """An integral from low to high of f(z, *closed), to be read at many points."""

    def __init__(self, program: Closed, system: NumberSystem, *, swapped: bool = False):
        self.swapped, self.system = swapped, system
        self.real = system.compile(program, varying=1)
        parts, self.is_smooth = features(program)
        self.features = system.compile(parts)
        self.sided = sided(program)
        self.differences = system.compile(self.sided.differences)

    @functools.cached_property
    def complex(self) -> Program | None:
        """The integrand in complex balls; None where one of its functions has no rule."""
        system = replace(COMPLEXES, still=self.system)
        try:
            return system.compile(self.sided.program, varying=1)
        except UnsupportedPrimitive:
            return None

    def __call__(self, low: arb, high: arb, *closed: Any) -> arb:
        if low.is_nan() or high.is_nan():
            return arb.nan()
        if low.is_exact() and high.is_exact() and low == high:
            return arb(0)
        if low > high:
            return -self(high, low, *closed)
        finite = low.is_finite() and high.is_finite()
        if not finite and not (_is_end(low) and _is_end(high)):
            return arb.nan()
        if finite:
            value = self._rigorous([low, high], closed)
            if _is_good(value):
                return value
            if not low < high:
                return arb.nan()
        if self.swapped:
            closed = tuple(nudged(closed))
            note_exchange("a derivative under an improper integral")
        centres, width = self._centres(low, high, closed)
        if current().second_look:
            return self._again(low, high, centres, width, closed)
        return self._estimated([low, *centres, high], width, closed)

    def _estimated(self, ends: list[arb], width: arb, closed: Sequence[Any]) -> arb:
        if len(ends) == 2 and not ends[0].is_finite() and not ends[1].is_finite():
            ends.insert(1, arb(0))
        integrand = self.real.along(*closed)
        value = double_exponential.integrate(lambda z: integrand(z)[0], ends, width)
        if value is None:
            note_obstacle("an integral diverges, or converges too slowly to be computed")
            return arb.nan()
        note_estimate("double-exponential quadrature")
        return value

    def _again(self, low: arb, high: arb, centres: list[arb], width: arb, closed: Any) -> arb:
        """A second look at an improper integral: rigorous, over a long finite range.

        It keeps off finite ends, where the integrand may be singular. Where only a shorter
        range can be had, the integrand beyond is enclosed part by part.
        """
        is_finite = low.is_finite() and high.is_finite()
        width = high - low if is_finite else width
        middle = centres or [arb(0)]
        enough = abs(self._estimated([low, *centres, high], width, closed)).upper() * _ENOUGH
        best = arb.nan()
        for length, evaluations in (_LONG,) if is_finite else (_LONG, *_SHORTER):
            reach = width * length
            start = low + width * _MARGIN if low.is_finite() else (middle[0] - reach).mid()
            end = high - width * _MARGIN if high.is_finite() else (middle[-1] + reach).mid()
            value = self._rigorous([start, *centres, end], closed, enough, evaluations)
            if value.is_finite() and length < _LONG[0]:
                value += arb(0) if low.is_finite() else self._beyond(start, -width, closed, enough)
                value += arb(0) if high.is_finite() else self._beyond(end, width, closed, enough)
            if value.is_finite() and not value.rad() >= best.rad():
                best = value
            if best.rad() <= _FAIR * abs(best):
                break
        if best.is_finite():
            note_estimate("rigorous quadrature over a long finite range")
        return best

    def _beyond(self, start: arb, width: arb, closed: Any, enough: arb) -> arb:
        """The integral outwards from a place over the rest of a long range, enclosed.

        It goes by parts twice as long as the one before, each enclosed in real balls, which
        no pole beside the real line disturbs, else by quadrature in complex ones. What has
        died away over some parts is taken to stay away where it cannot be enclosed.
        """
        length, total, nothing = abs(width), arb(0), 0
        while length < abs(width) * _LONG[0]:
            end = (start + length if width > 0 else start - length).mid()
            ends = sorted((start, end), key=_middle)
            value = self._halved(*ends, closed, enough)
            if not value.rad() <= enough:
                value = _narrower(value, self._rigorous(ends, closed, enough, _PART))
            if nothing >= _QUIET and not value.is_finite():
                return total + arb(0, enough)
            nothing = nothing + 1 if abs(value).upper() <= enough else 0
            total += value
            start, length = end, 2 * length
        return total

    def _halved(self, low: arb, high: arb, closed: Any, enough: arb) -> arb:
        """The integral over a range whose widest parts are halved, so many times."""
        parts = [(self._enclosed(low, high, closed), low, high)]
        for _ in range(_HALVINGS):
            widest = max(parts, key=lambda part: _spread(part[0]))
            if widest[0].rad() <= enough:
                break
            parts.remove(widest)
            _, low, high = widest
            middle = ((low + high) / 2).mid()
            parts += [
                (self._enclosed(a, b, closed), a, b) for a, b in ((low, middle), (middle, high))
            ]
        return sum((value for value, _, _ in parts), arb(0))

    def _rigorous(
        self,
        ends: Sequence[arb],
        closed: Sequence[Any],
        enough: arb = _TINY,
        evaluations: int = _EVALUATIONS,
    ) -> arb:  # fmt: skip
        """Petras' adaptive Gauss-Legendre quadrature in complex balls (acb.integral)."""
        if self.complex is None or any(_has_nan(c) for c in closed):
            return arb.nan()
        pieces, total = self._pieces(ends, closed)
        tolerance = self._tolerance(ends, closed)
        for piece in pieces:
            look = _Look(self.complex.along(*self._answers(piece, closed), *closed))
            total += acb.integral(
                look, *piece, rel_tol=tolerance, abs_tol=enough,
                eval_limit=evaluations // len(pieces), depth_limit=_DEPTH,
            ).real  # fmt: skip
            if look.failure is not None and not total.is_finite():
                raise look.failure
            if not total.is_finite():
                break
        return total

    def _pieces(self, ends: Sequence[arb], closed: Any) -> tuple[list[tuple[arb, arb]], arb]:
        """Ranges on which linear comparisons keep their answers, and the integral between.

        Where the place of a change is a ball, the integrand on it is enclosed as a whole.
        """
        lines = zip(*(self.differences(arb(z), *closed) for z in (0, 1)), strict=True)
        zeros = sorted((z for at, there in lines for z in _zeros(at, there)), key=_middle)
        pieces, between = [], arb(0)
        for start, end in itertools.pairwise(ends):
            for zero in zeros:
                if zero <= start or zero >= end:
                    continue
                low = zero.lower() if zero.lower() > start else start
                high = zero.upper() if zero.upper() < end else end
                if low is not start:
                    pieces.append((start, low))
                if not (low.is_exact() and high.is_exact() and low == high):
                    between += self._enclosed(low, high, closed)
                start = high
            if start is not end:
                pieces.append((start, end))
        return pieces, between

    def _enclosed(self, low: arb, high: arb, closed: Any) -> arb:
        """The integral over a range by a ball for the integrand on all of it."""
        (value,) = self.real.along(*closed)(low.union(high))
        return value * (high - low)

    def _answers(self, piece: tuple[arb, arb], closed: Any) -> list[Any]:
        """For each comparison whether its difference is positive on a piece, None where unknown."""
        start, end = piece
        places = (start, (start + end) / 2, end)
        values = zip(*(self.differences(z, *closed) for z in places), strict=True)
        return [unboxed(_ANSWER(*(boxed(v) for v in value))) for value in values]

    def _tolerance(self, ends: Sequence[arb], closed: Sequence[Any]) -> arb:
        """Relative, no finer than the integrand's own radii allow where it is large."""
        integrand = self.real.along(*closed)
        places = [(low + (high - low) * share).mid()
                  for low, high in itertools.pairwise(ends) for share in _SAMPLES]  # fmt: skip
        values = [v for place in places for v in integrand(place) if v.is_finite()]
        largest = max((abs(v).upper() for v in values), key=_middle, default=arb(0))
        blur = max((v.rad() for v in values), key=_middle, default=arb(0))
        finest = arb(2) ** (30 - ctx.prec)
        return max(finest, 2**8 * blur / largest, key=_middle) if largest > 0 else finest

    def _centres(self, low: arb, high: arb, closed: Any) -> tuple[list[arb], arb]:
        """Where to split between the ends, in order, and the widest scale."""
        found = self._places([self.features(arb(z), *closed) for z in (-1, 0, 1)])
        split: list[arb] = []
        for place in sorted(found, key=lambda p: _middle(p.width)):
            cuts = [(place.centre, place.width * _NEAR if place.is_smooth else arb(0))]
            cuts += [(place.centre + side * _WIDTHS * place.width, place.width * _WIDTHS / 2)
                     for side in (-1, 1)]  # fmt: skip
            for cut, tolerance in cuts:
                at = cut.mid()
                inside = low < at and at < high
                if inside and not any(abs(at - other) <= tolerance for other in split):
                    split.append(at)
        widths = [p.width.mid() for p in found] or [arb(1)]
        return sorted(split, key=_middle), max(widths, key=float)

    def _places(self, values: Sequence[tuple[Any, ...]]) -> list[_Place]:
        """Centres and widths of linear and quadratic parts, from their values at -1, 0, 1."""
        found = []
        for is_smooth, before, at, after in zip(self.is_smooth, *values, strict=True):
            triples = zip(boxed(before).flat, boxed(at).flat, boxed(after).flat, strict=True)
            for low, middle, high in triples:
                slope, bend = (high - low) / 2, (high + low) / 2 - middle
                if bend.contains(0):
                    found += _linear(middle, slope, is_smooth)
                else:
                    found += _quadratic(middle, slope, bend, is_smooth)
        return [p for p in found if p.centre.is_finite() and p.width.is_finite() and p.width > 0]


class _Look:
    """The integrand as acb.integral calls it; an error inside it is kept for later."""

    def __init__(self, integrand: Callable[..., Any]):
        self.integrand = integrand
        self.failure: Exception | None = None

    def __call__(self, z: acb, analytic: bool) -> acb:
        before, Demand.analytic = Demand.analytic, analytic
        try:
            return acb(plain(self.integrand(z)[0]))
        except Exception as failure:  # would come out of Arb as a SystemError
            self.failure = failure
            return NAN
        finally:
            Demand.analytic = before


def _zeros(at: Any, there: Any) -> list[arb]:
    """Where linear functions are zero, from their values at 0 and 1; constants have none."""
    values = zip(boxed(at).flat, boxed(there).flat, strict=True)
    return [-a / (b - a) for a, b in values if not (b - a).contains(0)]


def _narrower(first: arb, second: arb) -> arb:
    return first if first.rad() < second.rad() else second


def _spread(ball: arb) -> float:
    return float(ball.rad()) if ball.is_finite() else math.inf


def _middle(ball: arb) -> float:
    return float(ball.mid())


def _side(start: arb, middle: arb, end: arb) -> bool | None:
    """Whether a linear function is positive between two places; None where unknown.

    It may be zero at one end. Where its slope is unknown its sign must be known at both.
    """
    has_slope = not (end - start).contains(0)
    if middle > 0 and (has_slope or (start > 0 and end > 0)):
        return True
    if middle < 0 and (has_slope or (start < 0 and end < 0)):
        return False
    return None


_ANSWER = np.frompyfunc(_side, 3, 1)


def _linear(value: arb, slope: arb, is_smooth: bool) -> list[_Place]:
    return [] if slope.contains(0) else [_Place(-value / slope, 1 / abs(slope), is_smooth)]


def _quadratic(value: arb, slope: arb, bend: arb, is_smooth: bool) -> list[_Place]:
    """The vertex, with the width over which the parabola rises by a half, and its zeros.

    Zeros near the vertex are no places of their own where nothing has a kink there.
    """
    vertex, width = -slope / (2 * bend), (2 * abs(bend)).rsqrt()
    found = [_Place(vertex, width, True)]
    spread = (slope / (2 * bend)) ** 2 - value / bend
    if spread > 0 and not (is_smooth and spread < (_WIDTHS / 2 * width) ** 2):
        root = spread.sqrt()
        found += [_Place(vertex + side * root, width, is_smooth) for side in (-1, 1)]
    return found


def _is_good(value: arb) -> bool:
    return value.is_finite() and (value.rad() <= abs(value).mid() * arb(2) ** -30
                                  or value.rad() <= arb(2) ** (-ctx.prec // 2))  # fmt: skip


def _is_end(end: arb) -> bool:
    """Finite, or infinite for certain."""
    return end.is_finite() or end.is_exact()


def _has_nan(value: Any) -> bool:
    return any(isinstance(v, arb) and v.is_nan() for v in boxed(value).flat)
