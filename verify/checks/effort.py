"""How much work a check does."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.arithmetic.errors import WrongKindError, WrongValueError


@dataclass(frozen=True)
class Effort:
    """The size of a check.

    Attributes:
        name: as asked for.
        points: points read in balls, for a claim that is cheap to read.
        dear_points: the fewest, however dear.
        floats: points evaluated in floats by the search, of a cheap claim; 0 for none.
        ascents: points from which the search climbs, fewer where they have many numbers.
        steps: of each ascent.
        reach: magnitudes at which unbounded ends are sampled, from 1/reach to reach.
        bits: the highest working precision.
        inputs: of a cheap function, whose accuracy is judged.
    """

    name: str
    points: int
    dear_points: int
    floats: int
    ascents: int
    steps: int
    reach: float = 1e3
    bits: int = 4096
    inputs: int = 2**24


EFFORTS = {
    effort.name: effort
    for effort in (
        Effort("quick", points=100, dear_points=30, floats=0, ascents=0, steps=0, inputs=2**17),
        Effort("standard", points=1_000, dear_points=30, floats=2**17, ascents=128, steps=60),
        Effort(
            "thorough",
            points=10_000,
            dear_points=100,
            floats=2**24,
            ascents=1_024,
            steps=200,
            reach=1e30,
            inputs=2**27,
        ),
    )
}


def effort_of(name: Any, function: str = "check") -> Effort:
    """The effort of a name, asked for by a function.

    Raises:
        ValueError: there is none of that name.
    """
    if not isinstance(name, str) or name not in EFFORTS:
        raise WrongValueError(f"{function} needs an effort of {', '.join(EFFORTS)}, got {name!r}.")
    return EFFORTS[name]


def need_seed(caller: str, seed: Any) -> None:
    """An error unless a seed is an integer that is not negative.

    Raises:
        TypeError: it is none.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise WrongKindError(f"{caller} needs a seed that is an integer >= 0, got {seed!r}.")
