"""A run as a record: what was found, on which machine, and its JSON."""

import dataclasses
import json
import math
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.checks.verdict import Evidence, Verdict

if TYPE_CHECKING:
    from verify.checks.accuracy.record import Accuracy

SCHEMA = 1
STATUSES = ("proved", "holds", "supported", "refuted", "undecided")

_PACKAGES = {
    "jax": "jax",
    "jaxlib": "jaxlib",
    "numpy": "numpy",
    "python_flint": "python-flint",
    "verify": "verify-jax",
}


@dataclasses.dataclass(frozen=True)
class Run:
    """What came of a call of `verify check`.

    Attributes:
        verdicts: in the order in which the claims were found.
        errors: what kept claims from being found, a line each.
        environment: versions, device, seed and effort.
        seconds: from start to end.
        not_run: how many claims were left when the run was stopped.
    """

    verdicts: tuple[Verdict, ...]
    errors: tuple[str, ...] = ()
    environment: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    not_run: int = 0

    @property
    def unexpected(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if not verdict.as_expected)


def environment(*, device: str, effort: str, seed: int) -> dict[str, Any]:
    """What a verdict can depend on beside the claim."""
    return {
        **versions(),
        "platform": platform.platform(),
        "device": device,
        "effort": effort,
        "seed": seed,
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that numbers come from."""
    packages = {name: _version(package) for name, package in _PACKAGES.items()}
    return {"verify": packages.pop("verify"), "python": platform.python_version(), **packages}


def to_json(run: Run) -> str:
    """Strict JSON: floats round-trip; NaN and the infinities are strings."""
    record = {
        "schema": SCHEMA,
        "environment": plain(run.environment),
        "claims": [_claim(verdict) for verdict in run.verdicts],
        "errors": list(run.errors),
        "summary": summary(run),
    }
    return json.dumps(record, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def accuracy_record(accuracy: "Accuracy") -> dict[str, Any]:
    """An accuracy in JSON's own types, all that is in it; that of eager floats within."""
    record = plain(dataclasses.asdict(accuracy))
    edges = ("low", "high", "count")
    record["histogram"] = [dict(zip(edges, bin, strict=True)) for bin in record["histogram"]]
    if accuracy.other is not None:
        record["other"] = accuracy_record(accuracy.other)
    return record


def summary(run: Run) -> dict[str, Any]:
    """Counts, of each status too, and seconds."""
    statuses = Counter(verdict.status for verdict in run.verdicts)
    return {
        "claims": len(run.verdicts),
        "as_expected": len(run.verdicts) - len(run.unexpected),
        "not_as_expected": len(run.unexpected),
        **{status: statuses[status] for status in STATUSES},
        "not_run": run.not_run,
        "errors": len(run.errors),
        "seconds": round(run.seconds, 3),
    }


def plain(value: Any) -> Any:
    """A value in JSON's own types: arrays are nested lists, NaN and infinities strings."""
    if isinstance(value, bool | int | str | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, np.generic | np.ndarray) or hasattr(value, "__array__"):
        array = np.asarray(value)
        return plain(array.tolist() if array.dtype != object else list(array))
    return str(value)


def by_file(verdicts: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    """Verdicts by the file part of their ids, in order."""
    files: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        files.setdefault(file_of(verdict.id), []).append(verdict)
    return files


def file_of(id: str) -> str:
    return id.partition("::")[0]


def name_of(id: str) -> str:
    return id.rpartition("::")[2]


def _claim(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "statement": verdict.statement,
        "source": verdict.source,
        "status": verdict.status,
        "expected": verdict.holds,
        "as_expected": verdict.as_expected,
        "counterexample": plain(verdict.counterexample),
        "reason": verdict.reason,
        "evidence": [_evidence(item) for item in verdict.evidence],
        "seconds": round(verdict.seconds, 3),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    """Of a trial, what its runs gave too."""
    record = plain(dataclasses.asdict(evidence))
    if evidence.trials is None:
        del record["trials"]
    return record


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
