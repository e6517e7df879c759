"""What the points of a claim have shown, added up."""

import math
from collections import Counter
from dataclasses import dataclass, field

from verify.checks.judgement import Truth
from verify.checks.points import Point, plain
from verify.checks.reader import DIGITS, Outcome
from verify.checks.verdict import Evidence, point_text

_MOST_UNDECIDED = 0.1  # share of points beyond which a claim is undecided
_FEWEST_PREMISES = 5  # points at which a premise must have held
_HOPELESS = 40  # points of which nine in ten are undecided, before it gives up


@dataclass
class Tally:
    """What points have shown so far.

    Attributes:
        agreeing: points at which nothing speaks against the claim.
        vacuous: points at which a premise fails.
        failing: points that seem to refute it.
        digits: to which sides agree where they agree worst.
        bits: the highest precision that was needed.
        estimated: how values were estimated.
        doubts: why points were left undecided, and how many.
        blurred: points left undecided for want of digits.
        undecided_at: for each doubt, the first such point.
        last: the outcome that came last.
    """

    agreeing: int = 0
    vacuous: int = 0
    failing: int = 0
    digits: float = math.inf
    bits: int = 0
    estimated: set[str] = field(default_factory=set)
    doubts: Counter[str] = field(default_factory=Counter)
    blurred: int = 0
    undecided_at: dict[str, Point] = field(default_factory=dict)
    last: Outcome | None = None

    @property
    def undecided(self) -> int:
        return self.doubts.total()

    @property
    def points(self) -> int:
        return self.agreeing + self.vacuous + self.failing + self.undecided

    @property
    def is_hopeless(self) -> bool:
        """Whether so many points are undecided that the claim will be."""
        return self.points >= _HOPELESS and self.undecided > 0.9 * self.points

    def add(self, outcome: Outcome, point: Point) -> None:
        self.last = outcome
        self.bits = max(self.bits, outcome.bits)
        self.estimated |= outcome.notes.estimated
        judgement, truth = outcome.judgement, outcome.truth
        if truth is Truth.VACUOUS:
            self.vacuous += 1
        elif outcome.may_refute:
            self.failing += 1
        elif truth is Truth.TRUE or (truth is Truth.AGREES and judgement.digits >= DIGITS):
            self.agreeing += 1
            self.digits = min(self.digits, judgement.digits)
        else:
            self.doubts[_doubt(outcome)] += 1
            self.undecided_at.setdefault(_doubt(outcome), point)
            self.blurred += truth is Truth.AGREES

    def evidence(self, method: str) -> Evidence:
        return Evidence(
            method,
            points=self.points,
            undecided=self.undecided,
            vacuous=self.vacuous,
            digits=self._known_digits(),
            bits=self.bits or None,
            estimated=tuple(sorted(self.estimated)),
        )

    def _known_digits(self) -> int | None:
        """No more digits than the precision has: sides near zero agree to any number."""
        if math.isinf(self.digits):
            return None
        return min(int(self.digits), int(self.bits * math.log10(2)))

    def objection(self) -> str:
        """Why the claim cannot be said to hold; empty where it can."""
        if self.undecided > _MOST_UNDECIDED * (self.agreeing + self.undecided):
            why, _ = self.doubts.most_common(1)[0]
            where = point_text(plain(self.undecided_at[why]))
            return f"{why} ({self.undecided} of {self.points} points, the first at {where})"
        if self.vacuous and self.agreeing < min(_FEWEST_PREMISES, self.points):
            return f"the premise held at only {self.agreeing} of {self.points} points"
        return ""


def _doubt(outcome: Outcome) -> str:
    if outcome.notes.obstacles:
        return sorted(outcome.notes.obstacles)[0]
    if outcome.truth is Truth.FALSE:
        return "a gap was seen that is too small beside the error of an estimate"
    return outcome.judgement.why or "the balls stay too wide to tell"
