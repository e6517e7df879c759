"""What each equation adds to the error of a result: the records, and the pass over them all.

Let H(k) be the result when the first k equations are computed in floats and those after
them exactly. H(0) is exact, H(n) is what the floats give, and what equation k adds is the
error of H(k) less that of H(k - 1): the shares add up to the whole error, however large.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flint import arb

from verify.arithmetic.arrays import boxed
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.reading import reading
from verify.arithmetic.ulps import Format
from verify.checks.blame.distances import Entry
from verify.checks.blame.events import event
from verify.checks.blame.machine import Values, compiled, exactly
from verify.checks.blame.result import Result
from verify.checks.blame.steps import Step, Steps

FIRST_BITS, MOST_BITS = 256, 4096
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "max", "min")
_GROWS = 4.0  # a factor from which an equation is said to magnify errors


@dataclass(frozen=True)
class Share:
    """An equation, and what it does to the error of the result.

    Attributes:
        step: the equation.
        own: ulps between its float output and its exact output at the same float inputs.
        added: ulps of the result.
        growth: ulps of its output for one ulp of its inputs, as it was at this place; NaN
            where its inputs had no error.
        effect: ulps of the result that this growth costs; 0 where it is small.
        value: in floats, where it is worst: the first NaN or infinity, if one is wrong.
        exact: when everything is exact, at the same place; not finite where undefined.
        event: what befell it: an infinity, a NaN, a term that is lost.
    """

    step: Step
    own: float
    added: float
    growth: float
    effect: float
    value: float
    exact: arb
    event: str


@dataclass(frozen=True)
class Shares:
    """All that is known of the error of a result.

    Attributes:
        entry: the worst of the outputs.
        value: its float.
        truth: exact, NaN where unknown or undefined.
        why: it is undefined.
        total: error in ulps, NaN where unknown.
        before: error that is there before anything is rounded.
        shares: of the equations, in order.
        lost: why the result stops existing once some equations are in floats.
        ties: comparisons of equal numbers, at which the program has two sides.
    """

    entry: Entry
    value: float
    truth: arb
    why: str
    total: float
    before: float
    shares: Sequence[Share]
    lost: str
    ties: Sequence[Step]


class Case(NamedTuple):
    """What is to be explained.

    Attributes:
        steps: the program.
        floats: all its values in floats.
        meant: exact values of its constants, where other than stored.
        truths: from its outputs, read exactly, to what they ought to be.
        format: of the floats.
    """

    steps: Steps
    floats: Mapping[str, Any]
    meant: Mapping[str, Any]
    truths: Callable[[Sequence[Any]], Sequence[Any]]
    format: Format


def shares_of(case: Case) -> Shares:
    """The shares, at a precision that settles them or the highest that is tried.

    Raises:
        Unreadable: an equation has no exact reading.
    """
    plain, bits = compiled(case.steps.steps, BALLS), FIRST_BITS
    while True:
        with reading(bits=bits, constants="points"):
            walk = _Walk(case, plain)
            found = walk.shares()
        if walk.result.is_settled or bits >= MOST_BITS:
            return found
        bits *= 4


class _Walk:
    """One pass over the equations at one precision."""

    def __init__(self, case: Case, plain: Any):
        self.case, self.machine = case, plain.machine()
        steps = case.steps
        stored = {name: case.floats[name] for name in (*steps.inputs, *steps.constants)}
        base = {name: exactly(value) for name, value in (stored | dict(case.meant)).items()}
        self.exact = self.machine.run(base)
        self.result = Result(steps, case.floats, self.exact, case.truths, case.format)
        self.made = {name for step in steps.steps for name in step.outputs}

    def shares(self) -> Shares:
        """What each step adds, one after another taken in floats."""
        result, values = self.result, dict(self.exact)
        why = result.why_undefined(values, -1) if result.truth.is_nan() else ""
        before = error = result.error(values, -1)
        found = []
        for number, step in enumerate(self.case.steps.steps):
            share, values, error = self._share(number, step, values, error)
            if step.is_floating or share.added:
                found.append(share)
        return Shares(result.entry, result.value, result.truth, why, error, before, found,
                      result.lost, self._ties())  # fmt: skip

    def _ties(self) -> list[Step]:
        compared = [step for step in self.case.steps.steps if step.name in _COMPARISONS]
        return [s for s in compared if _meet(*(boxed(self.exact[name]) for name in s.inputs))]

    def _share(self, number: int, step: Step, values: Values, error: float):
        """What a step adds once it is in floats as well; then all values, and the error."""
        apart, case = self.result.apart, self.case
        floats = {name: case.floats[name] for name in step.outputs}
        own, place = apart.worst(floats, values)
        growth, effect = self._growth(number, step, values)
        what = event(step, case.floats, values, self.exact)
        taken = {name: exactly(value) for name, value in floats.items()}
        added = 0.0
        if any(not apart.is_same(values[name], taken[name]) for name in step.outputs):
            values = self.machine.changed(values, taken, number)
            after = self.result.error(values, number)
            added, error = _difference(after, error), after
        shown = apart.at(apart.telling(floats, self.exact, place), floats, self.exact)
        return Share(step, own, added, growth, effect, *shown, what), values, error

    def _growth(self, number: int, step: Step, values: Values) -> tuple[float, float]:
        """How much a step multiplied the error that came in, and what that did to the result."""
        apart = self.result.apart
        incoming = apart.largest(values, self.exact, [n for n in step.inputs if n in self.made])
        if not step.is_floating or not 0 < incoming < math.inf:
            return math.nan, 0.0
        growth = apart.largest(values, self.exact, step.outputs) / incoming
        if growth < _GROWS:
            return growth, 0.0
        carried = {name: values[name] for name in step.outputs}
        moved = self.machine.changed(self.exact, carried, number)
        return growth, abs(self.result.rough_error(moved))


def _meet(left: Any, right: Any) -> bool:
    """Whether some reals are equal for certain."""
    pairs = zip(left.flat, right.flat, strict=True)
    return any(isinstance(a, arb) and a.is_exact() and a == b for a, b in pairs)


def _difference(after: float, before: float) -> float:
    """What came to an error; nothing where it was infinite before."""
    return 0.0 if math.isinf(before) else after - before
