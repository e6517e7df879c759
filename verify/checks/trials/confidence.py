"""Bounds on a probability from the number of runs in which something held.

Runs are looked at more than once, so that what is plain is told early. The bounds of each
look have their own share of the error, and the shares add up to the whole: whenever the
looking stops, a lower bound is over the true probability in at most 5 % of cases, and so is
an upper bound under it.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from scipy.special import betaincinv

ERROR = 0.05  # of each bound, over all looks
_LAST = 0.8  # of the error for the last look, at which most trials end


class Look(NamedTuple):
    """After so many runs, bounds with this error each."""

    runs: int
    error: float


class Bounds(NamedTuple):
    """Between which a probability lies."""

    low: float
    high: float


def looks(runs: Sequence[int]) -> list[Look]:
    """The error that each look may make, after these numbers of runs."""
    *early, last = runs
    if not early:
        return [Look(last, ERROR)]
    share = ERROR * (1 - _LAST) / len(early)
    return [*(Look(count, share) for count in early), Look(last, ERROR * _LAST)]


def bounds(held: int, runs: int, error: float) -> Bounds:
    """Clopper and Pearson's bounds on the probability of what held in some of the runs.

    Args:
        held: 0 … runs.
        runs: independent, at least 1.
        error: the probability with which each bound, alone, may be on the wrong side.

    Source: Clopper and Pearson (1934), "The use of confidence or fiducial limits".

    Example:
        >>> round(bounds(64, 64, 0.05).low, 4)
        0.9543
    """
    low = betaincinv(held, runs - held + 1, error) if held else 0.0
    high = betaincinv(held + 1, runs - held, 1 - error) if held < runs else 1.0
    return Bounds(float(low), float(high))


def fewest_runs(rate: float, error: float) -> int:
    """After how many runs, all of which hold, the lower bound, error^(1/runs), is at a rate."""
    return math.ceil(math.log(error) / math.log(rate))
