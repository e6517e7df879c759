"""A violation is looked at again before it refutes: a claim is not false for rounding."""

from dataclasses import dataclass

import numpy as np

from verify.arithmetic.interpreter import Constant
from verify.checks import cost
from verify.checks.effort import Effort
from verify.checks.judgement import are_alike, failing_sides
from verify.checks.points import Point, random_points
from verify.checks.reader import Outcome, Reader, at_generic
from verify.checks.shrink import shrunk
from verify.checks.verdict import Evidence

_MOST_SHRINKING, _FEWEST_SHRINKING = 400, 30  # points that shrinking may try
_GENERIC = 12  # random points at which an exchange of limits must fail as well


@dataclass(frozen=True)
class Confirmation:
    """What a closer look made of a violation.

    Attributes:
        stands: whether it refutes the claim.
        point: the counterexample, shrunk.
        text: one line: the sides there, or why it does not stand.
        evidence: of the closer look.
    """

    stands: bool
    point: Point
    text: str
    evidence: Evidence


def confirm(reader: Reader, point: Point, rng: np.random.Generator, effort: Effort) -> Confirmation:
    """Look again at a point where a claim seems to fail, shrunk first and as it was found."""
    tried = 0

    def fails(candidate: Point) -> bool:
        nonlocal tried
        tried += 1
        return reader.at(candidate).may_refute and _survives_wide_constants(reader, candidate)

    most = cost.ball_points(
        cost.cost(reader.traced.program), _MOST_SHRINKING, _FEWEST_SHRINKING, 1.0
    )
    domains = reader.claim.domains
    smallest = shrunk(domains, dict(point), fails, most) if fails(point) else point
    objection = ""
    for candidate in (smallest, point) if smallest is not point else (point,):
        outcome = reader.at(candidate)
        objection = _objection(reader, candidate, outcome, rng, effort)
        if not objection:
            text = _text(outcome)
            again = "; a second, independent look agrees" if outcome.is_estimated else ""
            evidence = Evidence("shrinking", tried, bits=outcome.bits, detail=f"{text}{again}",
                                estimated=tuple(sorted(outcome.notes.estimated)))  # fmt: skip
            return Confirmation(True, candidate, text, evidence)
    return Confirmation(False, point, objection, Evidence("second look", 1, detail=objection))


def _objection(
    reader: Reader, point: Point, outcome: Outcome, rng: np.random.Generator, effort: Effort
) -> str:
    """Why a violation does not stand; empty where it does."""
    if not outcome.may_refute:
        return "a gap was seen that is too small beside the error of an estimate"
    if not _survives_wide_constants(reader, point):
        return ("the gap vanishes when inexact constants may be off by 2^-40: "
                + named(reader))  # fmt: skip
    if outcome.is_estimated and not _seen_again(outcome, reader.second_look(point, outcome.bits)):
        return "the gap rests on an estimate that a second, independent look did not confirm"
    if outcome.notes.exchanged and not (
        _seen_again(outcome, reader.nudged(point, outcome.bits))
        and _fails_generically(reader, rng, effort)
    ):
        what = ", ".join(sorted(outcome.notes.exchanged))
        return f"the gap shows only at single points, where {what} need not be right"
    return ""


def _seen_again(first: Outcome, second: Outcome) -> bool:
    """Whether a second look shows the same violation, not merely another one."""
    if not second.may_refute or first.relation is None or second.relation is None:
        return False
    return are_alike(first.relation, second.relation)


def _survives_wide_constants(reader: Reader, point: Point) -> bool:
    if not reader.inexact_constants:
        return True
    return reader.at(point, constants="wide").may_refute


def _fails_generically(reader: Reader, rng: np.random.Generator, effort: Effort) -> bool:
    points = random_points(reader.claim.domains, rng, _GENERIC, effort.reach)
    outcomes = [reader.at(p) for p in points]
    return bool(points) and at_generic(outcomes)


def named(reader: Reader) -> str:
    """The inexact constants of a claim, with the lines that use them."""
    return ", ".join(map(_constant_text, reader.inexact_constants[:3])) or "none"


def _constant_text(constant: Constant) -> str:
    value = constant.value
    number = repr(float(value)) if value.ndim == 0 else f"an array of shape {value.shape}"
    return f"{number} at {constant.where}" if constant.where else number


def _text(outcome: Outcome) -> str:
    """The two sides at the counterexample."""
    if outcome.relation is None:
        return outcome.judgement.why
    if outcome.judgement.why:
        return outcome.judgement.why
    return failing_sides(outcome.relation)
