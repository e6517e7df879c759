"""The records of a question from several laps: all its races, in fresh processes each time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.statistics import ratio_of_processes, scatter, times

Row = dict[str, Any]


def joined(laps: Sequence[Iterable[Mapping[str, Any]]]) -> list[Row]:
    """The header of each lap, and a row a contestant at a size.

    Times are of the rounds of all laps, ratios the geometric means of those of the laps; from
    two laps on their intervals come from how these scatter. What failed in some laps says so.
    Whatever else a row holds is that of the first lap in which the contestant ran.
    """
    headers = [dict(r) for lap in laps for r in lap if "race" not in r]
    heats: dict[tuple[Any, ...], dict[str, list[Row]]] = {}
    for lap in laps:
        for row in lap:
            if "race" in row:
                heat = heats.setdefault((row["race"], *row["size"].items()), {})
                heat.setdefault(row["contestant"], []).append(dict(row))
    rows = [[_joined(of_one, len(laps)) for of_one in heat.values()] for heat in heats.values()]
    together = scatter([[r["ratio"]["laps"] for r in heat if "ratio" in r] for heat in rows])
    for row in (row for heat in rows for row in heat):
        if len(row.get("ratio", {}).get("laps", ())) > 1:
            row["ratio"] |= ratio_of_processes(row["ratio"]["laps"], together)._asdict()
    return [*headers, *(row for heat in rows for row in heat)]


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
    row["seconds"] = times([s for r in timed for s in r["times"]])._asdict()
    del row["times"]
    for name, of_all in (("compile_seconds", np.median), ("peak_bytes", max), ("difference", max)):
        values = [r[name] for r in timed if r.get(name) is not None]
        if values:
            row[name] = float(of_all(values))
    ratios = [r["ratio"] for r in timed if "ratio" in r]
    if ratios:
        row["ratio"] = _of_one_baseline(ratios)
    if "roofline" in row:
        reached = sorted((r["roofline"] for r in timed), key=lambda found: found["fraction"])
        row["roofline"] = reached[(len(reached) - 1) // 2]
    return row


def _of_one_baseline(ratios: Sequence[Row]) -> Row:
    """Those to whom most laps have them; another stands in where a race's first one failed."""
    ((to, _),) = Counter(r["to"] for r in ratios).most_common(1)
    same = [r for r in ratios if r["to"] == to]
    return same[0] | {"laps": [r["value"] for r in same]}
