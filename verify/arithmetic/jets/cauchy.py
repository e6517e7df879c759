"""Taylor coefficients of an analytic function of several jets, by Cauchy's formula.

The jets' polynomials are put into the function, and the composition is sampled on a circle
|t| = r. The trapezoidal rule on N points gives the k-th coefficient up to an error of
M R^-k (r/R)^N / (1 - (r/R)^N), where |g| <= M on the disc |t| <= R > r.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flint import acb, arb

from verify.arithmetic.jets.series import (
    TOO_WIDE,
    ZERO,
    Jet,
    Scalar,
    coefficient,
    has_limit,
    normal,
    unknown,
)
from verify.arithmetic.reading import current

Function = Callable[..., acb]

_SHRINK = 3  # r = R / 2^3
_HALVINGS = 64  # how small a disc is tried
_LARGEST_BOUND = 2**64  # a disc on which the enclosure is wider is too large


class Disc(NamedTuple):
    """A disc around zero on which a function is analytic and bounded."""

    radius: arb
    bound: arb


def composed(function: Function, is_inside: Callable[..., Any], *arguments: Scalar) -> Scalar:
    """A function of jets and balls, analytic wherever `is_inside` holds of its arguments."""
    jets = [a for a in arguments if isinstance(a, Jet)]
    for jet in jets:
        if not has_limit(jet):
            return jet if jet.why else unknown("a function of what has no finite limit")
    count = int(min(jets[0].frame.terms, *(jet.end for jet in jets)))
    series = [[coefficient(a, k) or ZERO for k in range(count)] for a in arguments]
    composition = lambda t: function(*(_polynomial(s, t) for s in series))
    disc = _disc(composition, lambda t: is_inside(*(_polynomial(s, t) for s in series)))
    if disc is None:
        return unknown(TOO_WIDE)
    size = 2 * math.ceil((current().bits + 64) / (2 * _SHRINK))
    return normal(0, sampled(composition, disc, count, size), count, jets[0].frame)


def _polynomial(series: Sequence[arb], t: acb) -> acb:
    result = acb(0)
    for c in reversed(series):
        result = result * t + c
    return result


def _disc(function: Callable[[acb], acb], is_inside: Callable[[acb], Any]) -> Disc | None:
    """The largest disc tried on which the function is known to be analytic and bounded."""
    for k in range(_HALVINGS):
        radius = arb(2) ** -k
        disc = acb(arb(0, radius), arb(0, radius))
        if not is_inside(disc):
            continue
        bound = function(disc).abs_upper()
        if bound.is_finite() and bound < _LARGEST_BOUND:
            return Disc(radius, bound)
    return None


def sampled(function: Callable[[acb], acb], disc: Disc, count: int, size: int) -> list[arb]:
    """The first coefficients of a function that is real on the real line, from N = `size`."""
    radius = disc.radius / 2**_SHRINK
    turns = [(acb(2 * j) / size).exp_pi_i() for j in range(size)]
    # The values at conjugate places are conjugate.
    half = [function(turns[j] * radius) for j in range(size // 2 + 1)]
    weights = [1 if j in (0, size // 2) else 2 for j in range(size // 2 + 1)]
    excess = disc.bound / (arb(2) ** (_SHRINK * size) - 1)
    found = []
    for k in range(count):
        total = ZERO
        for j, (value, weight) in enumerate(zip(half, weights, strict=True)):
            total += weight * (value * turns[-j * k % size]).real
        error = excess / disc.radius**k
        found.append(total / size / radius**k + arb(0, error.abs_upper()))
    return found
