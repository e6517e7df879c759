"""Does another run find the ratios where the first one expected them?"""

import math
from collections.abc import Iterable, Mapping
from typing import Any


def key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """What names a ratio: the race, the size and both contestants."""
    return (
        record["race"],
        tuple(record["size"].items()),
        record["contestant"],
        record["ratio"]["to"],
    )


def outside(
    earlier: Iterable[Mapping[str, Any]], later: Iterable[Mapping[str, Any]]
) -> tuple[int, list[str]]:
    """How many ratios both runs have, and those of the later one outside their intervals."""
    expected = {key(r): r["ratio"] for r in earlier if "ratio" in r}
    both = [(r, expected[key(r)]) for r in later if "ratio" in r and key(r) in expected]
    missed = []
    for row, found in both:
        value, (low, high) = row["ratio"]["value"], _expected(found, row["ratio"])
        if not low <= value <= high:
            name = "/".join(map(str, (row["race"], *row["size"].values(), row["contestant"])))
            missed.append(f"{name} {value:.3g}, expected {low:.3g} to {high:.3g}")
    return len(both), missed


def _expected(found: Mapping[str, Any], later: Mapping[str, Any]) -> tuple[float, float]:
    """The interval of a ratio, which is for a run of as many laps, for one of as many as later."""
    ours, its = len(found.get("laps", [1])), len(later.get("laps", [1]))
    wider = math.sqrt((1 / ours + 1 / its) / (2 / ours)) if ours > 1 else 1.0
    low, value, high = (found[name] for name in ("low", "value", "high"))
    return value * (low / value) ** wider, value * (high / value) ** wider


def agreement(earlier: Iterable[Mapping[str, Any]], later: Iterable[Mapping[str, Any]]) -> str:
    """In words."""
    count, missed = outside(earlier, later)
    told = f"{count - len(missed)} of {count} ratios within their intervals"
    return "\n    ".join([told, *missed])
