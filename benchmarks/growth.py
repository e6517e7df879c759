"""How time and memory grow with each size, and what that gives on paper for many accelerators."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.statistics import exponent
from benchmarks.text import amount

Record = Mapping[str, Any]
_MANY = (1, 2, 4, 8, 16, 32, 64)
_LINK, _LATENCY = 50e9, 10e-6  # bytes a second and seconds of a link, assumed of an accelerator's
_LSTM = (1_024, 256, 1_024)  # steps, batch of a device and hidden units of the step on paper
_SHARE = 0.4  # of the products that an accelerator can do, assumed of that step
_PRODUCTS = 50e12  # FLOPs a second of an accelerator in float32, assumed


def growth_of(records: Sequence[Record]) -> str:
    """Exponents of time and memory in each size, the others held: a row a contestant."""
    rows = []
    for (race, name), found in _grouped(records):
        for axis in found[0]["size"]:
            line = longest_line(found, axis)
            if len(line) < 2:
                continue
            ends = [r["size"][axis] for r in line]
            sizes = [2.0**n for n in ends] if axis.startswith("log2_") else ends
            span = f"{axis} {ends[0]:,} to {ends[-1]:,}"
            time = exponent(sizes, [r["seconds"]["median"] for r in line])
            rows.append((race, name, span, f"{time:.2f}", _of_memory(line, sizes)))
    head = ("loop", "contestant", "over", "time ~ size^", "memory ~ size^")
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _of_memory(line: Sequence[Record], sizes: Sequence[float]) -> str:
    held = [r.get("xla", {}).get("temporary", 0) + r.get("xla", {}).get("output", 0) for r in line]
    return f"{exponent(sizes, held):.2f}" if all(held) else ""


def _grouped(records: Iterable[Record]) -> Iterable[tuple[tuple[str, str], list[Record]]]:
    timed = [r for r in records if "seconds" in r]
    key = lambda r: (r["race"], r["contestant"])
    order = {name: i for i, name in enumerate(dict.fromkeys(map(key, timed)))}
    ordered = sorted(timed, key=lambda r: order[key(r)])
    return [(k, list(rows)) for k, rows in itertools.groupby(ordered, key)]


def longest_line(records: Iterable[Record], axis: str) -> list[Record]:
    """Those that differ in one size alone, the most that there are, by that size."""
    lines: dict[Any, list[Record]] = {}
    for r in records:
        others = tuple((name, value) for name, value in r["size"].items() if name != axis)
        lines.setdefault(others, []).append(r)
    best = max(lines.values(), key=lambda line: len({r["size"][axis] for r in line}))
    return sorted(best, key=lambda r: r["size"][axis])


def widest_axis(records: Sequence[Record]) -> str:
    """The size of which most values were run, the others held."""
    count = lambda axis: len({r["size"][axis] for r in longest_line(records, axis)})
    return max(records[0]["size"], key=count)


def on_paper(records: Sequence[Record]) -> str:
    """A sweep and a data-parallel step on up to 64 accelerators, from what was measured."""
    parts = [r for r in records if r.get("race") == "parts of a sweep" and "seconds" in r]
    if len({r["contestant"] for r in parts}) < 2:
        return "Not measured."
    last = {r["contestant"]: r["seconds"]["median"] / r["items"] for r in parts}
    judged, joined = last["judging a block"], last["joining it"]
    steps, batch, hidden = _LSTM
    compute = 48.0 * steps * batch * hidden**2 / (_SHARE * _PRODUCTS)
    parameters = 4.0 * (8 * hidden**2 + 4 * hidden)
    rows = []
    for n in _MANY:
        sweep = judged / max(judged / n, joined)
        reduced = 2 * (n - 1) / n * parameters / _LINK + 2 * math.log2(n) * _LATENCY
        rows.append((str(n), f"{sweep:.3g}", f"{n * compute / (compute + reduced):.3g}"))
    head = ("accelerators", "sweep, times faster", "LSTM step, times the samples a second")
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return (
        f"A block of 2^20 inputs takes {amount(judged, 's')} to judge and {amount(joined, 's')} of"
        " the one process that joins them, which sets the end of the first column: with devices"
        " that judge k times faster than this one it comes k times sooner.\n\n" + table
    )
