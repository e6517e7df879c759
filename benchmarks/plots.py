"""Plots of the results: throughput against size, and rooflines."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

from benchmarks.growth import longest_line, widest_axis
from benchmarks.page import is_plotted, plain_name
from benchmarks.text import size_of

Record = Mapping[str, Any]
_STYLE = {
    "svg.hashsalt": "verify", "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
    "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip
_SAVED: dict[str, Any] = {"format": "svg", "bbox_inches": "tight", "metadata": {"Date": None}}


def draw(records: Sequence[Record], folder: Path) -> None:
    """A plot for each race of two sizes or more, and one of the roofline."""
    folder.mkdir(exist_ok=True)
    for earlier in folder.glob("*.svg"):
        earlier.unlink()
    timed = [r for r in records if "seconds" in r]
    with pyplot.rc_context(_STYLE):
        for race, rows in itertools.groupby(timed, lambda r: r["race"]):
            found = list(rows)
            if is_plotted(found):
                _throughput(race, found, folder / f"{plain_name(race)}.svg")
        _roofline(records, folder / "roofline.svg")


def _throughput(race: str, rows: Sequence[Record], file: Path) -> None:
    axis = widest_axis(rows)
    figure, axes = pyplot.subplots(figsize=(5, 3))
    line = longest_line(rows, axis)
    for name in dict.fromkeys(r["contestant"] for r in line):
        points = [(r["size"][axis], _rate(r)) for r in line if r["contestant"] == name]
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1, label=name)
    axes.set(xscale="log", yscale="log", title=race)
    held = size_of({name: value for name, value in line[0]["size"].items() if name != axis})
    axes.set(xlabel=f"{axis} ({held})" if held else axis, ylabel=f"{rows[0]['unit']} a second")
    axes.legend(fontsize=7, frameon=False)
    _save(figure, file)


def _rate(r: Record) -> float:
    return r["items"] / r["seconds"]["median"]


def _roofline(records: Sequence[Record], file: Path) -> None:
    """FLOPs a second against FLOPs a byte, both of the least work, under the ceilings."""
    headers = [r["ceilings"] for r in records if "ceilings" in r]
    points = [r for r in records if "roofline" in r and "seconds" in r and _flops(r)]
    if not headers or not points:
        return
    figure, axes = pyplot.subplots(figsize=(6, 4))
    products = max(h["products"] for h in headers)
    bandwidth = max(h["bandwidth"][-1][1] for h in headers)
    places = [10.0 ** (k / 4) for k in range(-6, 18)]
    axes.plot(places, [min(products, bandwidth * x) for x in places], color="black", linewidth=1)
    for name, rows in _ours(points):
        at = [(_flops(r) / r["work"]["bytes"], _flops(r) / r["seconds"]["median"]) for r in rows]
        axes.scatter(*zip(*at, strict=True), s=12, label=name)
    axes.set(xscale="log", yscale="log", xlabel="FLOPs a byte, of the least work")
    axes.set(ylabel="FLOPs a second", title="verify under the ceilings (bytes: of large arrays)")
    axes.legend(fontsize=6, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, file)


def _ours(points: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    found: dict[str, list[Record]] = {}
    for r in points:
        if r["contestant"] == "verify":
            found.setdefault(r["race"], []).append(r)
    return list(found.items())


def _flops(r: Record) -> float:
    return r["work"]["products"] + r["work"]["arithmetic"]


def _save(figure: Any, file: Path) -> None:
    figure.savefig(file, **_SAVED)
    pyplot.close(figure)
