"""Verdicts: what was found about a claim, and how strong the evidence is."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["proved", "holds", "supported", "refuted", "undecided"]


@dataclass(frozen=True)
class Trials:
    """What the runs of a trial gave.

    Attributes:
        held: in how many it held.
        rate: with which it is said to hold.
        low, high: bounds on the rate at which it does, each of 95 % confidence.
        failed: the seeds for which it did not.
        nans: the seeds for which it gave NaN, or hid NaN on the way, which says nothing.
        margins: by how much it held, in the order of seeds, where it tells.
    """

    held: int
    rate: float
    low: float
    high: float
    failed: tuple[int, ...] = ()
    nans: tuple[int, ...] = ()
    margins: tuple[float, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What one check did and saw.

    Attributes:
        method: how ("balls", "search", "shrinking", "sampled floats", …).
        points: how many points were tried; of accuracy, how many inputs; of a trial, runs.
        undecided: at how many of them nothing could be said.
        vacuous: at how many a premise failed, or there is no exact value or derivative to
            compare with, so that they say nothing.
        digits: decimal digits to which the two sides agree where they agree worst;
            None where sides were not compared.
        bits: the highest working precision that was needed.
        device: where floats were computed, "" for balls.
        estimated: values whose error is estimated, not bounded, and how.
        detail: one line for a reader.
        trials: what the runs of a trial gave; None of other claims.
    """

    method: str
    points: int = 0
    undecided: int = 0
    vacuous: int = 0
    digits: int | None = None
    bits: int | None = None
    device: str = ""
    estimated: tuple[str, ...] = ()
    detail: str = ""
    trials: Trials | None = None

    @property
    def noun(self) -> str:
        """What was tried."""
        if self.trials is not None:
            return "run"
        return "input" if self.is_of_floats else "point"

    @property
    def is_of_floats(self) -> bool:
        """Whether it is about what floats give, not about what is true of the reals."""
        return self.method in ("every float", "sampled floats")


@dataclass(frozen=True)
class Finding:
    """What was found about a claim, before it is a verdict: see there."""

    status: Status
    reason: str = ""
    counterexample: dict[str, Any] | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What was found about a claim.

    Attributes:
        id: the claim's file and name.
        statement: what it says.
        source: where it comes from.
        status: see the table of the words in the README.
        holds: whether the claim is stated as true.
        counterexample: a point at which it fails, by name; None where none was found.
            A claim without variables has an empty one.
        reason: one line, always there when undecided.
        evidence: what each check did.
        seconds: how long it took.
    """

    id: str
    statement: str
    source: str
    status: Status
    holds: bool
    counterexample: Mapping[str, Any] | None = None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0

    @property
    def as_expected(self) -> bool:
        """A true statement that stands, or a false one that was refuted."""
        if self.holds:
            return self.status in ("proved", "holds", "supported")
        return self.status == "refuted"

    def __bool__(self) -> bool:
        raise TypeError(
            "a verdict has no truth value; ask for its status, or whether it is as_expected."
        )

    def __repr__(self) -> str:
        lines = [f"{self.status}: {self.id}", *self.statement.splitlines()[:1]]
        if self.counterexample is not None:
            lines.append(f"counterexample: {point_text(self.counterexample)}")
        if self.reason:
            lines.append(f"reason: {self.reason}")
        lines += [f"evidence: {evidence_text(item)}" for item in self.evidence]
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        head, *rest = (html.escape(line) for line in repr(self).split("\n  "))
        items = "".join(f"<li>{line}</li>" for line in rest)
        return f"<div><strong>{head}</strong><ul>{items}</ul></div>"


def point_text(point: Mapping[str, Any]) -> str:
    """A point as a reader writes it."""
    if not point:
        return "everywhere (the claim has no variables)"
    return ", ".join(f"{name} = {value!r}" for name, value in point.items())


def counted(count: int, noun: str) -> str:
    """Such as "1 point" or "1,000 points"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def evidence_text(evidence: Evidence) -> str:
    """One line on what a check did."""
    parts = [evidence.method]
    if evidence.points:
        parts.append(counted(evidence.points, evidence.noun))
    if evidence.undecided and evidence.trials is None:
        parts.append(f"{evidence.undecided:,} undecided")
    if evidence.vacuous:
        why = "without an exact value" if evidence.is_of_floats else "outside the premise"
        parts.append(f"{evidence.vacuous:,} {why}")
    if evidence.digits is not None:
        parts.append(counted(evidence.digits, "digit"))
    if evidence.bits:
        parts.append(f"up to {counted(evidence.bits, 'bit')}")
    if evidence.device:
        parts.append(f"on {evidence.device}")
    if evidence.estimated:
        parts.append("estimated: " + ", ".join(evidence.estimated))
    if evidence.detail:
        parts.append(evidence.detail)
    return ", ".join(parts)
