"""A run as Markdown tables, one a file of claims; the same run gives the same text."""

import re
from collections.abc import Iterable

from verify.checks.verdict import Verdict
from verify.report.records import Run, by_file, name_of
from verify.report.words import first_line, gist, is_of_trial, summary_line

_HEAD = (
    "claim",
    "statement",
    "source",
    "expected",
    "verdict",
    "counterexample, reason or evidence",
)
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$])")


def to_markdown(run: Run) -> str:
    """The claims by file: statement, what is expected, the verdict and what it rests on."""
    parts = [f"{summary_line(run)}.", _environment(run)]
    parts += [f"- {escaped(error)}" for error in run.errors]
    for file, verdicts in by_file(run.verdicts).items():
        parts += [f"### {file}", _table(verdicts)]
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """Text of one line, in which nothing is Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _environment(run: Run) -> str:
    about = run.environment
    if not about:
        return ""
    return (
        f"JAX {about['jax']} on {about['device']}, python-flint {about['python_flint']},"
        f" Python {about['python']}; effort {about['effort']}, seed {about['seed']}."
    )


def _table(verdicts: Iterable[Verdict]) -> str:
    lines = [_HEAD, ("---",) * len(_HEAD), *map(_cells, verdicts)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(verdict: Verdict) -> tuple[str, ...]:
    good = "supported" if is_of_trial(verdict) else "holds"
    expected = good if verdict.holds else "refuted"
    status = verdict.status if verdict.as_expected else f"**{verdict.status}**"
    return (
        f"`{name_of(verdict.id)}`",
        escaped(first_line(verdict.statement)),
        escaped(verdict.source),
        expected,
        status,
        escaped(gist(verdict)),
    )
