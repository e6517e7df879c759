"""Cells and tables of docs/accuracy.md."""

import math
from collections.abc import Iterable, Sequence

from benchmarks.accuracy_results import Row


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    rows = [head, rule, *([cell.replace("|", "\\|") for cell in line] for line in lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def ulps(row: Row | None) -> str:
    """The worst error, with ≥ where a sample was tried."""
    if row is None:
        return "–"
    return ("" if row["is_exhaustive"] else "≥ ") + number(float(row["ulps"]))


def number(value: float) -> str:
    """Three digits, rounded up so that no error is greater: 0.524, 2.94, 1.3e+07, ∞."""
    if math.isinf(value):
        return "∞"
    if value == 0:
        return "0"
    digits = 2 - math.floor(math.log10(value))
    if value >= 1000:
        exponent = math.floor(math.log10(value))
        return f"{math.ceil(value / 10 ** (exponent - 1)) / 10:g}e+{exponent:02d}"
    return f"{math.ceil(value * 10**digits) / 10**digits:.3g}"


def shares(row: Row | None, which: str) -> str:
    """A share in per cent; of what should not be, nothing for none."""
    if row is None:
        return "–"
    share = float(row[which])
    if which == "right":
        return "100 %" if share == 1 else f"{math.floor(share * 1000) / 10:.1f} %"
    return "" if not share else f"{share:.1%}".replace("%", " %") if share >= 0.001 else "< 0.1 %"


def extent(row: Row | None) -> str:
    """How many inputs, and whether they are all."""
    if row is None:
        return "–"
    return f"{'all' if row['is_exhaustive'] else 'sample,'} {row['inputs']:,}"
