"""Does another run find the ratios where the first one expected them?"""

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
    missed = [
        f"{'/'.join(map(str, (r['race'], *r['size'].values(), r['contestant'])))}"
        f" {r['ratio']['value']:.3g}, expected {found['low']:.3g} to {found['high']:.3g}"
        for r, found in both
        if not found["low"] <= r["ratio"]["value"] <= found["high"]
    ]
    return len(both), missed


def agreement(earlier: Iterable[Mapping[str, Any]], later: Iterable[Mapping[str, Any]]) -> str:
    """In words."""
    count, missed = outside(earlier, later)
    told = f"{count - len(missed)} of {count} ratios within their intervals"
    return "\n    ".join([told, *missed])
