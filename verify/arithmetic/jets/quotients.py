"""Difference quotients that settle: an estimate of a slope, where no expansion is known."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from flint import arb

from verify.arithmetic.jets.series import Jet, Scalar
from verify.arithmetic.reading import current, settings

Function = Callable[[arb], Scalar]

_SCALES = (64, 128, 256)  # steps of 2^-64, …, relative to the point
_SETTLED = arb(2) ** -16  # how much less the last quotients may differ than those before
_CAUTION = 16  # the error is taken to be so many times the last difference


class _Side(NamedTuple):
    """The last quotient of one side, and an estimate of its error."""

    slope: arb
    error: arb


def settled_slope(function: Function, point: arb) -> arb | None:
    """The slope at an exact point that quotients of ever smaller steps settle on.

    A slow convergence is not taken for one: |z|^1.1 at 0 gives None, and so does z log|z|.
    """
    bits = current().bits + 4 * _SCALES[-1]
    with settings(bits=bits):
        value = function(point)
        sides = [_settled(_quotients(function, point, value, side)) for side in (1, -1)]
    if sides[0] is None or sides[1] is None:
        return None
    gap, error = abs(sides[0].slope - sides[1].slope), sides[0].error + sides[1].error
    if not gap <= _CAUTION * error:
        return None
    radius = _CAUTION * error + gap
    return (sides[0].slope + sides[1].slope) / 2 + arb(0, radius.abs_upper())


def _quotients(function: Function, point: arb, value: Scalar, side: int) -> list[Scalar]:
    size = arb(1) if point.is_zero() else abs(point)
    steps = [side * size / arb(2) ** scale for scale in _SCALES]
    return [(function(point + step) - value) / step for step in steps]


def _settled(quotients: Sequence[Scalar]) -> _Side | None:
    """The last of three quotients, if the differences between them shrink fast."""
    known = [q for q in quotients if not isinstance(q, Jet) and q.is_finite()]
    if len(known) < len(_SCALES):
        return None
    first, last = abs(known[1] - known[0]), abs(known[2] - known[1])
    resolution = (1 + abs(known[2])) * arb(2) ** -(current().bits // 2)
    if not (last <= _SETTLED * first or last <= resolution):
        return None
    return _Side(known[2], last.abs_upper() + resolution)
