"""What a batch of inputs has shown of a function's errors, and how batches add up."""

import dataclasses
import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

KEPT = 20  # worst cases that are kept

# Sizes of errors, in ulps, between which they are counted.
EDGES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 4096.0, 2.0**20, 2.0**40)


@dataclass(frozen=True, order=True)
class Case:
    """An output at one input, and its error.

    Attributes:
        size: of the error, in ulps, as a lower bound.
        signed: the error, with its sign; infinite for NaN.
        inputs: the numbers of the input, flat.
        output: which of the outputs.
        value: what was computed.
    """

    size: float
    inputs: tuple[float, ...]
    output: int
    signed: float
    value: float

    @property
    def rank(self) -> Any:
        """By size, and among equals by the input, so that an order is always the same."""
        return self.size, tuple(-abs(x) for x in self.inputs), self.inputs, -self.output

    def to_json(self) -> Any:
        numbers = (self.size, self.signed, self.value, *self.inputs)
        return [self.output, *(float(n).hex() for n in numbers)]

    @classmethod
    def from_json(cls, record: Any) -> Self:
        output, size, signed, value, *inputs = record
        numbers = [float.fromhex(n) for n in (size, signed, value)]
        return cls(numbers[0], tuple(map(float.fromhex, inputs)), output, *numbers[1:])


@dataclass(frozen=True)
class Tally:
    """Counts over some inputs; an output at an input counts as one.

    Attributes:
        inputs: how many there were.
        counted: outputs whose error is known, all inputs together.
        undefined: outputs that have no exact value.
        kinks: outputs that have no derivative.
        unread: outputs whose error could not be settled; an upper bound may be known.
        by_balls: outputs of which intervals left the error open, so that balls were asked.
        right: outputs within half an ulp, that is, correctly rounded.
        normal: outputs whose exact value rounds to a normal number.
        zeros, nans: of those, how many were computed as zero, and as NaN.
        histogram: counts of errors between the edges, from the most negative to the most
            positive; the last holds infinite ones.
        upper: for each output, a bound of all errors seen.
        worst: the worst cases, the worst first.
    """

    inputs: int = 0
    counted: int = 0
    undefined: int = 0
    kinks: int = 0
    unread: int = 0
    by_balls: int = 0
    right: int = 0
    normal: int = 0
    zeros: int = 0
    nans: int = 0
    histogram: tuple[int, ...] = (0,) * (2 * len(EDGES) + 1)
    upper: tuple[float, ...] = ()
    worst: tuple[Case, ...] = ()

    def to_json(self) -> Any:
        record = dataclasses.asdict(self)
        record["upper"] = [float(u).hex() for u in self.upper]
        record["worst"] = [case.to_json() for case in self.worst]
        return record

    @classmethod
    def from_json(cls, record: Any) -> Self:
        known = dict(record)
        known["upper"] = tuple(map(float.fromhex, record["upper"]))
        known["worst"] = tuple(map(Case.from_json, record["worst"]))
        known["histogram"] = tuple(record["histogram"])
        return cls(**known)


_ADDED = ("inputs", "counted", "undefined", "kinks", "unread", "by_balls", "right", "normal",
          "zeros", "nans")  # fmt: skip


def join(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    total = Tally()
    for tally in tallies:
        sums = {name: getattr(total, name) + getattr(tally, name) for name in _ADDED}
        histogram = tuple(map(sum, zip(total.histogram, tally.histogram, strict=True)))
        upper = tuple(map(max, total.upper, tally.upper)) if total.upper else tally.upper
        worst = worst_of((*total.worst, *tally.worst))
        total = Tally(**sums, histogram=histogram, upper=upper, worst=worst)
    return total


def worst_of(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The worst of some cases, each once."""
    once = {(case.inputs, case.output): case for case in cases}
    return tuple(heapq.nlargest(KEPT, once.values(), key=lambda case: case.rank))


def bins(signed: Sequence[float]) -> np.ndarray:
    """How many errors lie between the edges, NaN being as wrong as infinity."""
    errors = np.nan_to_num(np.asarray(signed, float), nan=math.inf, posinf=math.inf)
    ends = np.array([-math.inf, *(-e for e in reversed(EDGES)), *EDGES, math.inf])
    places = np.clip(np.searchsorted(ends, errors, side="right") - 1, 0, len(ends) - 2)
    return np.bincount(places, minlength=len(ends) - 1)
