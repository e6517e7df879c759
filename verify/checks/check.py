"""From a claim to a verdict."""

import logging
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from verify.checks import cost
from verify.checks.accuracy.stated import speaks_of_accuracy, without_accuracy
from verify.checks.confirm import Confirmation, confirm, named
from verify.checks.effort import Effort, effort_of, need_seed
from verify.checks.judgement import are_far_apart
from verify.checks.points import Point, plain, random_points, special_points
from verify.checks.raised import told
from verify.checks.reader import FIRST_BITS, Reader
from verify.checks.search import points_to_search, search
from verify.checks.tally import Tally
from verify.checks.verdict import Evidence, Finding, Verdict
from verify.claims.claim import Claim
from verify.claims.trial import Trial

_log = logging.getLogger(__name__)

_DEEP_POINTS = 8  # looked at again in high precision, where no constant is in its way
_DEEP_BITS = 4096
_MOST_VANISHED = 5  # violations that a closer look explained away, before it gives up


def check(claim: Claim | Trial, *, effort: str = "standard", seed: int = 0) -> Verdict:
    """Try a claim and say what was found.

    Args:
        claim: made by `claim` or `trial`.
        effort: "quick" (about 100 points in balls), "standard" (about 1,000, and a search
            in floats) or "thorough". Of a trial all runs are made in any effort, in
            "thorough" up to four times as many where they leave it open.
        seed: of everything random; that of the first run of a trial. The same claim, effort
            and seed give the same verdict.

    Returns:
        The verdict. A claim that raises, or cannot be read, is undecided, with the reason.
        `holds` means that no counterexample was found and that at every point tried the
        sides agree to the digits stated; it is no proof. `supported` means that the lower
        bound on the rate (95 % confidence) is at or over that of the trial.

    Raises:
        TypeError: this is no claim, or the seed is no integer.
        ValueError: an unknown effort.
    """
    if not isinstance(claim, Claim | Trial):
        raise TypeError(f"check needs a claim, got {type(claim).__name__} {claim!r};"
                        " make one with the decorator vf.claim or vf.trial.")  # fmt: skip
    need_seed("check", seed)
    size = effort_of(effort)
    start = time.perf_counter()
    finding = _find(claim, size, int(seed))
    return Verdict(
        claim.id, claim.statement, claim.source, finding.status, claim.holds,
        finding.counterexample, finding.reason, finding.evidence,
        round(time.perf_counter() - start, 3),
    )  # fmt: skip


class _Stage(NamedTuple):
    """Points to read, by whom, and where they come from."""

    method: str
    reader: Reader
    points: Iterable[Point]
    evaluated: int = 0
    device: str = ""


def _find(claim: Claim | Trial, effort: Effort, seed: int) -> Finding:
    try:
        if isinstance(claim, Trial):
            from verify.checks.trials.look import look  # SciPy, which few claims need

            return look(claim, effort, seed)
        if not speaks_of_accuracy(claim):
            return _look(Reader(claim, effort.bits), effort, seed)
        return _look_at_floats(claim, effort, seed)
    except Exception as error:  # a claim is somebody's code: what it raises is its reason
        _log.debug("%s raised", claim.id, exc_info=error)
        return Finding("undecided", told(error, claim.file))


def _look_at_floats(claim: Claim, effort: Effort, seed: int) -> Finding:
    """What is said of accuracy, and then what else is said."""
    from verify.checks.accuracy.claims import look  # half a second, which few claims need

    first = look(claim, effort, seed)
    rest = without_accuracy(claim)
    if rest is None or first.status == "refuted":
        return first
    second = _look(Reader(rest, effort.bits), effort, seed)
    evidence = (*first.evidence, *second.evidence)
    weaker = second if second.status == "refuted" or not first.reason else first
    return replace(weaker, evidence=evidence)


def _look(reader: Reader, effort: Effort, seed: int) -> Finding:
    """Stage after stage until one refutes the claim; the first one says whether it holds."""
    rng = np.random.default_rng([seed, zlib.crc32(reader.claim.name.encode())])
    evidence: list[Evidence] = []
    objection, blurred = "", False
    for stage in _stages(reader, effort, rng):
        tally = Tally()
        found = _try(stage, tally, rng, effort)
        evidence.append(_evidence(stage, tally))
        if found is not None:
            return replace(found, evidence=(*evidence, *found.evidence))
        if stage.method == "balls":
            objection, blurred = tally.objection(), tally.blurred > 0
            objection = objection or (_disowned(stage, tally) if effort.floats else "")
            if tally.is_hopeless:  # what balls cannot read, a search cannot settle
                break
    if blurred and objection:
        objection += f"; inexact constants: {named(reader)}"
    return Finding("undecided" if objection else "holds", objection, None, tuple(evidence))


def _disowned(stage: _Stage, tally: Tally) -> str:
    """Whether a second look at an estimate speaks against it: the last point is asked."""
    if not tally.estimated or tally.last is None:
        return ""
    (*_, point) = stage.points
    first = tally.last.relation
    second = stage.reader.second_look(point, FIRST_BITS).relation
    if first is not None and second is not None and are_far_apart(first, second):
        return "a second, independent look at an estimate does not agree with the first"
    return ""


def _stages(reader: Reader, effort: Effort, rng: np.random.Generator) -> Iterator[_Stage]:
    """Special and random points; some of them at high precision; what a search points to."""
    claim, program = reader.claim, reader.traced.program
    each = cost.cost(program)
    count = cost.ball_points(each, effort.points, effort.dear_points, effort.points / 1_000)
    special = special_points(claim.domains, rng, effort.reach, max(count // 4, 8))
    points = [*special, *random_points(claim.domains, rng, count - len(special), effort.reach)]
    yield _Stage("balls", reader, points)
    if not reader.inexact_constants and cost.is_direct(program):
        some = points[:: max(len(points) // _DEEP_POINTS, 1)]
        yield _Stage("balls at high precision", reader.deeper(_DEEP_BITS), some)
    if effort.floats and claim.domains and cost.is_searched(program):
        found = search(claim, effort, rng, points_to_search(program, effort))
        yield _Stage("search", reader, found.points, found.evaluated, found.device)


def _evidence(stage: _Stage, tally: Tally) -> Evidence:
    found = tally.evidence(stage.method)
    if not stage.evaluated:
        return found
    detail = f"{tally.points} candidates read in balls, {tally.undecided} undecided"
    return Evidence(stage.method, stage.evaluated, device=stage.device, detail=detail)


def _try(stage: _Stage, tally: Tally, rng: np.random.Generator, effort: Effort) -> Finding | None:
    """Read points until one refutes the claim; None where none does."""
    vanished: list[Confirmation] = []
    for point in stage.points:
        outcome = stage.reader.at(point)
        tally.add(outcome, point)
        if outcome.may_refute:
            confirmation = confirm(stage.reader, point, rng, effort)
            if confirmation.stands:
                counterexample = plain(confirmation.point)
                return Finding(
                    "refuted", confirmation.text, counterexample, (confirmation.evidence,)
                )
            vanished.append(confirmation)
        if len(vanished) == _MOST_VANISHED or tally.is_hopeless:
            break
    return Finding("undecided", vanished[0].text) if vanished else None
