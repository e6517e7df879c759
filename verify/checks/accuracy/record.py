"""What was measured of a function's accuracy, for a reader."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verify.checks.accuracy.tally import EDGES
from verify.checks.accuracy.text import to_html, to_text
from verify.checks.accuracy.text import ulps_text as ulps_text


@dataclass(frozen=True)
class WorstCase:
    """An input at which a function is far off, read again in balls where these can read it.

    Attributes:
        ulps: the size of the error.
        signed: with its sign.
        inputs: the arguments by name, as Python numbers and lists.
        hexadecimal: the same, exactly.
        output: which of several outputs, or which partial derivative; "" for one alone.
        computed: what came.
        exact: what is right, to 30 digits; in words, where only intervals know it.
        conditioning: how many ulps of the result one ulp of each input is worth, together;
            None where that is not known. An error well under it is no fault of the code.
    """

    ulps: float
    signed: float
    inputs: Mapping[str, Any]
    hexadecimal: Mapping[str, Any]
    output: str
    computed: float
    exact: str
    conditioning: float | None = None

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {value!r}" for name, value in self.inputs.items())
        which = f" in {self.output}" if self.output else ""
        return f"{ulps_text(self.ulps)}{which} at {at}: got {self.computed!r}, not {self.exact}"


@dataclass(frozen=True)
class Accuracy:
    """The accuracy of a function over a domain, on a device.

    Attributes:
        function: its name.
        dtype: of its inputs.
        gradient: whether its partial derivatives were judged, not its values.
        ulps: the worst error seen.
        bound: what no error exceeds at the inputs that were tried; infinite where it is not
            known. It bounds all errors where every input was tried.
        is_exhaustive: whether every input was.
        inputs: how many were.
        worst: the worst cases, the worst first; empty where every result is exact.
        by_output: for each output the bound of its errors.
        histogram: counts of signed errors between edges in ulps, (low, high, count).
        right: the share of results within half an ulp, that is, correctly rounded.
        zeros, nans: of results that should be normal numbers, the share of zeros and NaNs.
        undefined: results that have no exact value, and were passed over.
        kinks: partial derivatives that do not exist, and were passed over.
        unread: results whose error could not be settled.
        by_balls: results of which intervals left the error open, so that balls were asked.
        compiled: whether it was compiled for all inputs at once; the other way of running it
            is in `other` where its results differ.
        other: the accuracy of the eager function, at some of the inputs.
        device: on which it ran.
        seed: of random inputs.
        seconds: it took.
        notes: what else a reader should know.
    """

    function: str
    dtype: str
    gradient: bool
    ulps: float
    bound: float
    is_exhaustive: bool
    inputs: int
    worst: tuple[WorstCase, ...]
    by_output: Mapping[str, float]
    histogram: tuple[tuple[float, float, int], ...]
    right: float
    zeros: float
    nans: float
    undefined: int
    kinks: int
    unread: int
    by_balls: int
    compiled: bool
    other: "Accuracy | None"
    device: str
    seed: int
    seconds: float
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        raise TypeError("an accuracy has no truth value; compare its ulps.")

    def __repr__(self) -> str:
        return to_text(self)

    def _repr_html_(self) -> str:
        return to_html(self)


def histogram_of(counts: tuple[int, ...]) -> tuple[tuple[float, float, int], ...]:
    """Counts with the edges between which they lie."""
    ends = [-math.inf, *(-e for e in reversed(EDGES)), *EDGES, math.inf]
    return tuple(zip(ends[:-1], ends[1:], counts, strict=True))
