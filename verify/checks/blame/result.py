"""The entry of a program's outputs that is explained, and its error."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic.arrays import boxed
from verify.arithmetic.definedness import DEFINEDNESS, Undefined
from verify.arithmetic.errors import Unreadable
from verify.arithmetic.ulps import Format
from verify.checks.blame.distances import ENOUGH, Distances, Entry, is_float, number
from verify.checks.blame.machine import Machine, Values, compiled
from verify.checks.blame.steps import Steps


class Result:
    """The worst entry of the outputs, and how far it is off when some steps are in floats.

    Attributes:
        apart: distances in the ulps of the floats.
        entry, value, truth: which entry, its float and its exact value.
        is_settled: whether every error so far is known well enough.
        lost: why the result was not defined when it first was not, "" where it always is.
    """

    def __init__(
        self,
        steps: Steps,
        floats: Mapping[str, Any],
        exact: Values,
        truths: Callable[[Sequence[Any]], Sequence[Any]],
        format: Format,
    ):
        self.steps, self.floats, self.apart = steps, floats, Distances(format)
        known = truths([exact[name] for name in steps.outputs])
        self.entry, self.value, self.truth = self._worst(known)
        self.is_settled, self.lost = True, ""
        self._careful: Machine | None = None

    def _worst(self, truths: Sequence[Any]) -> tuple[Entry, float, arb]:
        """The entry that is furthest off; of those that are as far, the first."""
        best, most = None, -1.0
        for name, truth in zip(self.steps.outputs, truths, strict=True):
            value = self.floats[name]
            pairs = zip(np.ravel(value), boxed(truth).flat, strict=True)
            for index, (v, exact) in enumerate(pairs if is_float(value) else ()):
                error = abs(self.apart.error(v, exact))
                if (-0.5 if math.isnan(error) else error) > most:
                    known = exact if isinstance(exact, arb) else arb.nan()
                    best, most = (Entry(name, index), float(v), known), max(error, 0.0)
        assert best is not None  # there is an output of floats, and it is not empty
        return best

    def error(self, values: Values, number: int) -> float:
        """Its error in ulps when the steps up to a number are in floats.

        Returns:
            Infinite where it is not defined any more, or lost to an infinity or a NaN of
            the floats; NaN where it is not known.
        """
        value = self._of(values)
        if not self.truth.is_finite() and not self.truth.is_exact():
            return math.nan
        if isinstance(value, arb) and not value.is_nan():
            if value.is_exact() and not (value.is_finite() and self.truth.is_finite()):
                return self.apart.error(float(value), self.truth)
            if value.is_finite():
                return self._settled(self.apart.ball(value, self.truth))
        why = self.why_undefined(values, number)
        self.lost = self.lost or why
        if why or self._has_infinity(number):
            return math.inf
        self.is_settled = False
        return math.nan

    def rough_error(self, values: Values) -> float:
        """Its error at some values, infinite where it has none."""
        value = self._of(values)
        known = isinstance(value, arb) and value.is_finite() and self.truth.is_finite()
        return self.apart.between(value, self.truth) if known else math.inf

    def why_undefined(self, values: Values, number: int) -> str:
        """Why it is not defined when the steps after some are read exactly, "" where it is."""
        if self._careful is None:
            self._careful = compiled(self.steps.steps, DEFINEDNESS).machine()
        made = {name for step in self.steps.steps[number + 1 :] for name in step.outputs}
        known = {name: value for name, value in values.items() if name not in made}
        try:
            value = self._of(self._careful.resumed(known, number))
        except Unreadable:
            return ""
        return value.why if isinstance(value, Undefined) else ""

    def _of(self, values: Values) -> Any:
        return boxed(values[self.entry.name]).flat[self.entry.index]

    def _settled(self, error: arb) -> float:
        enough = ENOUGH * abs(error).max(arb(1))
        self.is_settled &= not error.is_finite() or bool(error.rad() <= enough)
        return number(error)

    def _has_infinity(self, number: int) -> bool:
        """Whether a step up to a number gave what is not finite, in floats."""
        made = [self.floats[name] for s in self.steps.steps[: number + 1] for name in s.outputs]
        return any(is_float(v) and not np.all(np.isfinite(v)) for v in made)
