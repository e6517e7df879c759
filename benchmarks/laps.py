"""The records of a question from several laps: all its races, in fresh processes each time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.statistics import ratio_of_processes, scatter, times

Row = dict[str, Any]


def joined(laps: Sequence[Iterable[Mapping[str, Any]]]) -> list[Row]:
    """The header of each lap, and a row a contestant at a size.

    Times are of the rounds of all laps. Ratios are the means of those of the laps, and from two
    laps on their intervals come from how these scatter. What failed in some laps only says so.
    """
    headers = [dict(r) for lap in laps for r in lap if "race" not in r]
    found: dict[tuple[Any, ...], list[Row]] = {}
    for lap in laps:
        for row in lap:
            if "race" in row:
                key = (row["race"], tuple(row["size"].items()), row["contestant"])
                found.setdefault(key, []).append(dict(row))
    rows = [_joined(of_one, len(laps)) for of_one in found.values()]
    together = scatter([r["ratio"]["laps"] for r in rows if "ratio" in r])
    for row in rows:
        if len(row.get("ratio", {}).get("laps", ())) > 1:
            row["ratio"] |= ratio_of_processes(row["ratio"]["laps"], together)._asdict()
    return [*headers, *rows]


def _joined(rows: Sequence[Row], laps: int) -> Row:
    """A contestant at a size, from each lap that has a row of it."""
    timed = [r for r in rows if "error" not in r]
    errors = [r["error"] for r in rows if "error" in r]
    if errors and len(errors) < laps:
        errors = [f"in {len(errors)} of {laps} processes: {errors[0]}"]
    if not timed:
        return rows[0] | {"error": errors[0]}
    row = dict(timed[0])
    if errors:
        row["failed"] = errors[0]
    row["seconds"] = times([s for r in timed for s in r["rounds"]])._asdict()
    del row["rounds"]
    for name, of_all in (("compile_seconds", np.median), ("peak_bytes", np.max)):
        values = [r[name] for r in timed if r.get(name) is not None]
        if values:
            row[name] = of_all(values).item()
    ratios = [r["ratio"] for r in timed if "ratio" in r]
    if ratios:
        row["ratio"] = ratios[0] | {"laps": [r["value"] for r in ratios]}
    if "roofline" in row:
        reached = sorted((r["roofline"] for r in timed), key=lambda found: found["fraction"])
        row["roofline"] = reached[len(reached) // 2]
    return row
