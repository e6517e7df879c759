"""README.md: what stands between its markers comes from the results, as do the plots."""

import importlib
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.growth import growth_of, longest_line, on_paper, widest_axis
from benchmarks.questions import QUESTIONS
from benchmarks.text import amount, ratio_of, size_of, time_of

PAGE = Path(__file__).parent / "README.md"
PLOTS = results.FOLDER / "plots"
Record = Mapping[str, Any]
_MARKED = re.compile(r"(<!-- (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def write() -> None:
    """The page and its plots, from the results that there are; plots where Matplotlib is."""
    records = everything()
    PAGE.write_text(filled(PAGE.read_text(), records))
    try:
        from benchmarks.plots import draw
    except ModuleNotFoundError as absent:
        print(f"no plots: {absent.name} is not installed")
        return
    draw(records, PLOTS)


def everything() -> list[Record]:
    """All results on CPUs, question after question."""
    return [r for name in QUESTIONS for r in results.read(results.file_of(name))]


def filled(text: str, records: Sequence[Record]) -> str:
    """A page with what is between its markers made anew."""
    of = lambda match: f"{match[1]}{_part(match[2], records)}\n{match[3]}"
    return _MARKED.sub(of, text)


def _part(name: str, records: Sequence[Record]) -> str:
    parts: dict[str, Callable[[Sequence[Record]], str]] = {
        "machine": _machine, "summary": _summary, "growth": growth_of, "paper": on_paper,
    }  # fmt: skip
    if name in parts:
        return parts[name](records)
    return _question(name, [r for r in records if r["question"] == name])


def _machine(records: Sequence[Record]) -> str:
    """Where it ran, and the best that was seen of each ceiling."""
    headers = [r for r in records if "ceilings" in r]
    if not headers:
        return "No results."
    last = headers[-1]
    versions = ", ".join(f"{name} {found}" for name, found in last["versions"].items())
    best = {n: max(h["ceilings"][n] for h in headers) for n in headers[0]["ceilings"]}
    bandwidth = [max(rates) for rates in zip(*_bandwidths(headers), strict=True)]
    commits = sorted({h["commit"] for h in headers})
    return "\n".join([
        f"{last['device']}, {last['cores']} cores. {versions}. Commit {', '.join(commits)}.",
        "",
        f"The best of {len(headers)} measurements: {amount(best['products'], 'FLOP/s')} in products"
        f" of matrices, {amount(best['arithmetic'], 'FLOP/s')} elsewhere,"
        f" {amount(best['transcendentals'], 'exp/s')}, and"
        f" {amount(max(r for _, r in bandwidth), 'B/s')} read and written in cache,"
        f" {amount(bandwidth[-1][1], 'B/s')} of 134 MB.",
    ])  # fmt: skip


def _bandwidths(headers: Iterable[Record]) -> list[list[tuple[int, float]]]:
    return [[tuple(pair) for pair in h["ceilings"]["bandwidth"]] for h in headers]


def _summary(records: Sequence[Record]) -> str:
    """A row a race at its largest size that all contestants ran."""
    rows = []
    for name, of_race in itertools.groupby(_of_races(records), lambda r: r["race"]):
        sizes = _by_size(of_race)
        whole = {s: rows for s, rows in sizes.items() if all(map(_is_whole, rows))}
        if not whole:
            continue
        size, (first, *others) = max(whole.items(), key=lambda item: item[1][0]["items"])
        beside = "; ".join(f"{r['contestant']} {ratio_of(r)}" for r in others)
        rows.append((name, size, time_of(first), _rate(first), _share(first), beside))
    head = ("loop", "size", "time", "rate", "of the hardware", "others, in times of ours")
    return table(head, rows)


def _is_whole(row: Record) -> bool:
    """Whether a contestant ran in all laps."""
    return "seconds" in row and "failed" not in row


def _question(name: str, records: Sequence[Record]) -> str:
    """The question's own words, its tables and its plots."""
    told = (importlib.import_module(f"benchmarks.{name}").__doc__ or "").strip()
    parts = [told]
    for race, rows in itertools.groupby(_of_races(records), lambda r: r["race"]):
        found = list(rows)
        parts += [f"**{race}**", _table(found)]
        if is_plotted(found):
            parts.append(f"![{race}](results/plots/{plain_name(race)}.svg)")
    return "\n\n".join(parts if records else [told, "No results."])


def _table(rows: list[Record]) -> str:
    head = ("size", "contestant", "time", "rate", "beside the first", "of the hardware",
            "compilation", "memory")  # fmt: skip
    first = {size: of_size[0]["contestant"] for size, of_size in _by_size(rows).items()}
    return table(head, [_row(r, first[size_of(r["size"])]) for r in rows])


def _row(r: Record, first: str) -> tuple[str, ...]:
    size, name = size_of(r["size"]), r["contestant"]
    if "error" in r:
        return size, name, r["error"], "", "", "", "", ""
    compiled = amount(r["compile_seconds"], "s") if "compile_seconds" in r else ""
    time = "; ".join(filter(None, (time_of(r), r.get("failed"))))
    beside = ratio_of(r)
    if beside and r["ratio"]["to"] != first:
        beside += f" of {r['ratio']['to']}"
    return size, name, time, _rate(r), beside, _share(r), compiled, _memory(r)


def _rate(r: Record) -> str:
    digits = r.get("facts", {}).get("digits")
    rate = r["items"] / r["seconds"]["median"]
    certified = "" if digits is None else f", {amount(rate * digits, 'digits/s')}"
    return f"{amount(rate, r['unit'] + '/s')}{certified}"


def _share(r: Record) -> str:
    if "roofline" not in r:
        return ""
    found = r["roofline"]
    return f"{100 * found['fraction']:.2g} % ({found['bound']})"


def _memory(r: Record) -> str:
    """What XLA says that a program holds, or else what the process took more."""
    if "xla" in r:
        return amount(r["xla"].get("temporary", 0) + r["xla"].get("output", 0), "B")
    peak = r.get("peak_bytes")
    return "" if peak is None else f"{amount(peak, 'B')} seen"


def _of_races(records: Iterable[Record]) -> list[Record]:
    return [r for r in records if "race" in r]


def _by_size(rows: Iterable[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for r in rows:
        found.setdefault(size_of(r["size"]), []).append(r)
    return found


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def is_plotted(rows: Iterable[Record]) -> bool:
    """Whether a race was timed at two sizes or more that differ in one number."""
    timed = [r for r in rows if "seconds" in r]
    if not timed:
        return False
    axis = widest_axis(timed)
    return len({r["size"][axis] for r in longest_line(timed, axis)}) > 1


def plain_name(race: str) -> str:
    """A name for a file."""
    return re.sub(r"[^a-z0-9]+", "_", race.lower()).strip("_")
