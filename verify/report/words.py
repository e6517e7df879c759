"""How a report puts things, on a terminal and in Markdown alike."""

import dataclasses
from collections import Counter
from collections.abc import Iterable

from verify.checks.verdict import Evidence, Verdict, counted, evidence_text, point_text
from verify.claims.collecting import TRIAL
from verify.report.records import STATUSES, Run


def expectation(holds: bool) -> str:
    return "expected to hold" if holds else "expected to be refuted"


def first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""


def is_of_trial(verdict: Verdict) -> bool:
    """Whether it is on a trial, whose id says so."""
    return f"::{TRIAL}" in verdict.id


def gist(verdict: Verdict) -> str:
    """What matters most about a verdict: where it fails, why it is open, how strong it is."""
    if verdict.status == "undecided":
        return verdict.reason
    if verdict.status == "refuted":
        return (not is_of_trial(verdict) and place(verdict)) or verdict.reason
    return "; ".join(map(evidence_text, verdict.evidence))


def short_gist(verdict: Verdict) -> str:
    """The gist in the width of a line: an estimate is called one, but not described."""
    if verdict.status in ("undecided", "refuted"):
        return gist(verdict)
    return "; ".join(map(_short, verdict.evidence))


def place(verdict: Verdict) -> str:
    """Where a claim was refuted; "" where it has no variables."""
    return f"at {point_text(verdict.counterexample)}" if verdict.counterexample else ""


def summary_line(run: Run) -> str:
    """Such as "64 claims: 64 as expected (50 hold, 14 refuted), 0 not"."""
    expected = [verdict for verdict in run.verdicts if verdict.as_expected]
    line = (
        f"{counted(len(run.verdicts), 'claim')}: {len(expected)} as expected{_statuses(expected)},"
        f" {len(run.unexpected)} not{_statuses(run.unexpected)}"
    )
    line += f", {run.not_run} not run" if run.not_run else ""
    return line + (f", {counted(len(run.errors), 'error')}" if run.errors else "")


def _short(evidence: Evidence) -> str:
    """Of floats the device is left out; the detail is the gist."""
    if evidence.is_of_floats or evidence.trials is not None:
        return evidence_text(dataclasses.replace(evidence, device=""))
    parts = [
        evidence.method,
        counted(evidence.points, "point") if evidence.points else "",
        f"{evidence.undecided:,} undecided" if evidence.undecided else "",
        f"{evidence.vacuous:,} outside the premise" if evidence.vacuous else "",
        counted(evidence.digits, "digit") if evidence.digits is not None else "",
        "estimated" if evidence.estimated else "",
    ]
    said = [part for part in parts if part]
    return ", ".join(said if len(said) > 1 else filter(None, (evidence.method, evidence.detail)))


def _statuses(verdicts: Iterable[Verdict]) -> str:
    counts = Counter(verdict.status for verdict in verdicts)
    parts = [f"{counts[s]} {_plural(s, counts[s])}" for s in STATUSES if counts[s]]
    return f" ({', '.join(parts)})" if parts else ""


def _plural(status: str, count: int) -> str:
    return "hold" if status == "holds" and count > 1 else status
