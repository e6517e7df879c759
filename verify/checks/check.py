"""From a claim to a verdict."""

import math
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify.checks import cost
from verify.checks.confirm import Confirmation, confirm, named
from verify.checks.effort import Effort, effort_of
from verify.checks.points import Point, plain, random_points, special_points
from verify.checks.reader import DIGITS, Outcome, Reader
from verify.checks.search import search
from verify.checks.verdict import Evidence, Status, Verdict
from verify.claims.claim import Claim

_MOST_UNDECIDED = 0.1  # share of points beyond which a claim is undecided
_FEWEST_PREMISES = 5  # points at which a premise must have held
_DEEP_POINTS = 8  # looked at again in high precision, where no constant is in its way
_DEEP_BITS = 1024
_LOG10_2 = math.log10(2)
_HOPELESS = 40  # points of which nine in ten are undecided, before it gives up
_MOST_VANISHED = 3  # violations that a closer look explained away, before it gives up


def check(claim: Claim, *, effort: str = "standard", seed: int = 0) -> Verdict:
    """Try a claim and say what was found.

    Args:
        claim: made by `claim`.
        effort: "quick" (about 100 points in balls), "standard" (about 1,000, and a search
            in floats) or "thorough".
        seed: of everything random. The same claim, effort and seed give the same verdict.

    Returns:
        The verdict. A claim that raises, or cannot be read, is undecided, with the reason.
        `holds` means that no counterexample was found and that at every point tried the
        sides agree to the digits stated; it is no proof.

    Raises:
        TypeError: this is no claim, or the seed is no integer.
        ValueError: an unknown effort.
    """
    if not isinstance(claim, Claim):
        raise TypeError(f"check needs a claim, got {type(claim).__name__} {claim!r};"
                        " make one with the decorator vf.claim.")  # fmt: skip
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise TypeError(f"check needs a seed that is an integer >= 0, got {seed!r}.")
    size = effort_of(effort)
    start = time.perf_counter()
    finding = _find(claim, size, int(seed))
    return Verdict(
        claim.id, claim.statement, claim.source, finding.status, claim.holds,
        finding.counterexample, finding.reason, tuple(finding.evidence),
        round(time.perf_counter() - start, 3),
    )  # fmt: skip


@dataclass
class _Finding:
    status: Status
    reason: str = ""
    counterexample: dict[str, Any] | None = None
    evidence: list[Evidence] = field(default_factory=list)


@dataclass
class _Tally:
    """What points have shown so far."""

    agreeing: int = 0
    vacuous: int = 0
    digits: float = math.inf
    bits: int = 0
    estimated: set[str] = field(default_factory=set)
    doubts: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        self.bits = max(self.bits, outcome.bits)
        self.estimated |= outcome.notes.estimated
        name = outcome.truth.name
        if name == "VACUOUS":
            self.vacuous += 1
        elif name == "TRUE" or (name == "AGREES" and outcome.judgement.digits >= DIGITS):
            self.agreeing += 1
            self.digits = min(self.digits, outcome.judgement.digits)
        else:
            self.doubts[_doubt(outcome)] += 1

    @property
    def undecided(self) -> int:
        return self.doubts.total()

    @property
    def points(self) -> int:
        return self.agreeing + self.vacuous + self.undecided

    def evidence(self, method: str, device: str = "") -> Evidence:
        return Evidence(
            method, self.points, self.undecided, self.vacuous,
            None if math.isinf(self.digits) else int(self.digits), self.bits, device,
            tuple(sorted(self.estimated)),
        )  # fmt: skip


def _doubt(outcome: Outcome) -> str:
    if outcome.notes.obstacles:
        return sorted(outcome.notes.obstacles)[0]
    if outcome.truth.name == "FALSE":
        return "a gap was seen that is too small beside the error of an estimate"
    return outcome.judgement.why or "the balls stay too wide to tell"


def _find(claim: Claim, effort: Effort, seed: int) -> _Finding:
    try:
        reader = Reader(claim, effort.bits)
        return _look(claim, reader, effort, seed)
    except Exception as error:  # a claim is somebody's code: what it raises is its reason
        return _Finding("undecided", _one_line(error))


def _look(claim: Claim, reader: Reader, effort: Effort, seed: int) -> _Finding:
    """Points in balls first, then what a search in floats points to."""
    rng = np.random.default_rng([seed, zlib.crc32(claim.name.encode())])
    program = claim.traced.program
    each = cost.cost(program)
    count = cost.ball_points(each, effort.points, effort.points / 1_000)
    special = special_points(claim.domains, rng, effort.reach, max(count // 4, 10))
    points = [*special, *random_points(claim.domains, rng, count - len(special), effort.reach)]
    tally = _Tally()
    finding = _try(reader, points, tally, rng, effort)
    if finding is None and not reader.inexact_constants and cost.is_direct(program):
        some = points[:: max(len(points) // _DEEP_POINTS, 1)]
        finding = _try(reader.deeper(_DEEP_BITS), some, _Tally(), rng, effort)
    if finding is None and effort.floats and claim.domains and cost.is_searched(program):
        found = search(claim, effort, rng, cost.float_points(each, effort.floats))
        searched = _Tally()
        finding = _try(reader, found.points, searched, rng, effort)
        if finding is None:
            closing = _conclusion(tally, reader)
            closing.evidence = [
                tally.evidence("balls"),
                Evidence("search", found.evaluated, device=found.device,
                         detail=f"{searched.points} candidates read in balls,"
                                f" {searched.undecided} undecided"),
            ]  # fmt: skip
            return closing
    if finding is None:
        finding = _conclusion(tally, reader)
    finding.evidence.insert(0, tally.evidence("balls"))
    return finding


def _try(
    reader: Reader, points: Iterable[Point], tally: _Tally, rng: np.random.Generator, effort: Effort
) -> _Finding | None:
    """Read points until one refutes the claim; None where none does."""
    vanished: list[Confirmation] = []
    for point in points:
        outcome = reader.at(point)
        if outcome.may_refute:
            confirmation = confirm(reader, point, rng, effort)
            if confirmation.stands:
                return _Finding("refuted", confirmation.text, plain(confirmation.point),
                                [confirmation.evidence])  # fmt: skip
            vanished.append(confirmation)
            if len(vanished) == _MOST_VANISHED:
                break
        tally.add(outcome)
        if tally.points >= _HOPELESS and tally.undecided > 0.9 * tally.points:
            break
    if vanished:
        return _Finding("undecided", vanished[0].text)
    return None


def _conclusion(tally: _Tally, reader: Reader) -> _Finding:
    """The verdict where nothing was refuted."""
    decided = tally.agreeing + tally.undecided
    if tally.undecided > _MOST_UNDECIDED * decided:
        why, _ = tally.doubts.most_common(1)[0]
        constants = f"; inexact constants: {named(reader)}" if "digits" in why else ""
        text = f"{why} ({tally.undecided} of {tally.points} points){constants}"
        return _Finding("undecided", text)
    if tally.vacuous and tally.agreeing < min(_FEWEST_PREMISES, tally.points):
        return _Finding(
            "undecided", f"the premise held at only {tally.agreeing} of {tally.points} points"
        )
    return _Finding("holds")


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    known = ("UnsupportedPrimitive", "Undecided", "Unreadable")
    name = type(error).__name__
    return (text if name in known else f"{name}: {text}")[:500]
