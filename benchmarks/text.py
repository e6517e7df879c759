"""Records in words: sizes, times and ratios, for the terminal and for the page."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"))
_WIDTH = 26  # of the name of a contestant


def amount(value: float, unit: str = "") -> str:
    """Three digits with a prefix, as in 1.25 ms."""
    if not value:
        return f"0 {unit}".strip()
    scale, prefix = next((p for p in _PREFIXES if abs(value) >= p[0]), (1e-9, "n"))
    return f"{value / scale:.3g} {prefix}{unit}".strip()


def size_of(size: Mapping[str, int]) -> str:
    """As in steps 32, batch 1."""
    return ", ".join(f"{name} {value:,}" for name, value in size.items())


def time_of(record: Mapping[str, Any]) -> str:
    """The median and half the distance of the quartiles, of it."""
    found = record["seconds"]
    spread = (found["upper"] - found["lower"]) / 2 / found["median"]
    return f"{amount(found['median'], 's')} ± {100 * spread:.0f} %"


def ratio_of(record: Mapping[str, Any]) -> str:
    """The ratio and its interval."""
    if "ratio" not in record:
        return ""
    found = record["ratio"]
    return f"{found['value']:.3g} ({found['low']:.3g} to {found['high']:.3g})"


def lines_of(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A line for each contestant at a size; the environment in one."""
    before = None
    for record in records:
        heading = _heading(record)
        if heading != before:
            yield heading
        before = heading
        if "race" in record:
            yield f"  {record['contestant']:{_WIDTH}} {_told(record)}"


def _heading(record: Mapping[str, Any]) -> str:
    if "race" in record:
        return f"{record['race']}: {size_of(record['size'])}"
    return f"{record['device']}, {record['cores']} cores, commit {record['commit']}"


def _told(record: Mapping[str, Any]) -> str:
    if "error" in record:
        return record["error"]
    rate = amount(record["items"] / record["seconds"]["median"], f"{record['unit']}/s")
    beside = f", {ratio_of(record)} times {record['ratio']['to']}" if "ratio" in record else ""
    failed = f"; {record['failed']}" if "failed" in record else ""
    return f"{time_of(record)}, {rate}{beside}{failed}"
