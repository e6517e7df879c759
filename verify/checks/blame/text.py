"""A blame as text for a terminal, and as HTML."""

import html
import math
from collections.abc import Sequence

from verify.checks.blame.record import Blame, Line, Row, bits

_ROWS = 12  # of equations that are shown
_WIDTH = 80  # columns of a table
_LEAST_SOURCE = 12  # characters of a line of source that are shown however long its file's name
_SINGLE = 24  # bits that nine digits tell apart
_LINES = ("bits lost", "added", "multiplied by", "line")
_EQUATIONS = ("equation", "own error", "amplified", "added")


def to_text(blame: Blame) -> str:
    """What was found in a few sentences, then the lines, then the equations that matter."""
    parts = [*_sentences(blame), "", *_line_table(blame)]
    shown = _shown(blame.rows)
    head, *rows = _table(_EQUATIONS, [_row_cells(row) for row in shown], left=(0,))
    parts += ["", head]
    for row, line in zip(shown, rows, strict=True):
        parts += [line, f"    {_values(row, blame)}"]
    rest = len(blame.rows) - len(shown)
    if rest:
        little = ", each under an ulp" if _is_little(blame.rows, shown) else ""
        parts.append(f"(and {rest} more{little})")
    return "\n".join(line.rstrip() for line in parts)


def to_html(blame: Blame) -> str:
    """The same with tables."""
    said = "".join(f"<p>{html.escape(s)}</p>" for s in _sentences(blame))
    lines = _html_table(_LINES, [(*_line_cells(n), f"{n.where}  {n.source}") for n in blame.lines])
    cells = [(*_row_cells(row), _values(row, blame)) for row in _shown(blame.rows)]
    rows = _html_table((*_EQUATIONS, ""), cells)
    return f"<div>{said}{lines}{rows}</div>"


def _sentences(blame: Blame) -> list[str]:
    """What a reader should know first."""
    inputs = ", ".join(f"{name} = {value}" for name, value in blame.arguments.items())
    what = f"the gradient of {blame.function}" if blame.gradient else blame.function
    place = f", {blame.entry}" if blame.entry else ""
    said = [f"{what} at {inputs} in {blame.dtype}{place}:", f"  {_outcome(blame)}"]
    both = (blame.compiled, blame.value)
    if both[0] != both[1] and not all(map(math.isnan, both)):
        off = _off(blame.compiled_error, blame.precision)
        said.append(f"  compiled as a whole: {_float(blame.compiled, blame)}, {off}")
    said += [f"  {note}" for note in blame.notes]
    return said + _pointers(blame)


def _outcome(blame: Blame) -> str:
    head = f"{_float(blame.value, blame)}, equation by equation; exactly {blame.exact}"
    return head if math.isnan(blame.error) else f"{head}: {_off(blame.error, blame.precision)}"


def _off(error: float, precision: int) -> str:
    if math.isnan(error):
        return "how far off is not known"
    if math.isinf(error):
        return "nothing of it is right"
    lost = bits(error)
    off = f"off by {abs(error):.3g} ulps"
    if lost < 1:
        return off
    return f"{off}, {min(lost, precision):.1f} of {precision} bits lost"


def _pointers(blame: Blame) -> list[str]:
    """The lines to look at."""
    said = []
    magnifier, origin = blame.magnifier, blame.origin
    if magnifier:
        said += [f"  lost {_at(magnifier.where)}, {_growth(magnifier)}", *_quoted(magnifier)]
    if origin and (not magnifier or origin.where != magnifier.where):
        said += [f"  {_cost(origin)} of the result", *_quoted(origin)]
    for title, row in (("infinity", blame.first_infinity), ("NaN", blame.first_nan)):
        if row:
            said.append(f"  first {title} {_at(row.where)}: {row.event}")
    if not said and blame.bits_lost < 1:
        said.append("  no line loses a digit here")
    return said


def _cost(line: Line) -> str:
    """What a line adds; what takes all of a result is no rounding, but what befell it."""
    if not math.isinf(line.added):
        return f"rounded {_at(line.where)}, which costs {_ulps(abs(line.added))}"
    what = f", where {line.events[0]}" if line.events else ""
    return f"broken {_at(line.where)}{what}: it costs all"


def _at(where: str) -> str:
    return where if where.startswith("inside ") else f"at {where}"


def _growth(line: Line) -> str:
    """What a line does to the errors that come in."""
    if math.isinf(line.multiplies):
        return "where the errors of its inputs grow without bound"
    return f"which multiplies the errors of its inputs by {_factor(line.multiplies)}"


def _quoted(line: Line) -> list[str]:
    return [f"      {_cut(line.source, _WIDTH - 6)}"] if line.source else []


def _line_table(blame: Blame) -> list[str]:
    """The lines of source, cut to what the other columns leave of the width."""
    cells = [_line_cells(line) for line in blame.lines]
    taken = len(_table(_LINES[:-1], cells, left=())[0]) + 2
    places = [(_place(line, _WIDTH - taken),) for line in blame.lines]
    return _table(_LINES, [(*c, *p) for c, p in zip(cells, places, strict=True)], left=(3,))


def _place(line: Line, room: int) -> str:
    """Where a line is and what it says; of a long path, the file's name alone."""
    where = line.where
    if len(where) + 2 + min(len(line.source), _LEAST_SOURCE) > room:
        where = where.rpartition("/")[2]
    left = max(room - len(where) - 2, _LEAST_SOURCE)
    return f"{where}  {_cut(line.source, left)}"


def _line_cells(line: Line) -> tuple[str, ...]:
    return _bits(line.bits_lost), _ulps(line.added), _factor(line.multiplies)


def _row_cells(row: Row) -> tuple[str, ...]:
    place = f"{row.primitive} {row.where.rpartition('/')[2]}"
    return place, _ulps(row.own), _factor(row.amplification), _ulps(row.added)


def _values(row: Row, blame: Blame) -> str:
    """The float of an equation, what it is exactly, and what befell it."""
    both = f"{_float(row.value, blame)}, exactly {row.exact}"
    return f"{both}: {row.event}" if row.event else both


def _shown(rows: Sequence[Row]) -> list[Row]:
    """The rows that add or lose most, and those that something befell."""
    telling = [r for r in rows if r.added or r.costs or r.event]
    return telling[:_ROWS] or list(rows[:_ROWS])


def _is_little(rows: Sequence[Row], shown: Sequence[Row]) -> bool:
    kept = set(map(id, shown))
    return all(abs(r.added) < 1 for r in rows if id(r) not in kept)


def _bits(lost: float) -> str:
    if math.isnan(lost):
        return "?"
    return "all" if math.isinf(lost) else f"{lost:.1f}" if lost else "-"


def _ulps(error: float) -> str:
    if math.isnan(error):
        return "?"
    return "-" if not error else f"{error:.3g} ulps"


def _factor(factor: float) -> str:
    if math.isnan(factor):
        return "-"
    if math.isinf(factor):
        return "inf"
    return f"2^{math.log2(factor):.1f}" if factor >= 64 else f"{factor:.3g}"


def _float(value: float, blame: Blame) -> str:
    """With as many digits as tell it from its neighbours."""
    return f"{value:.17g}" if blame.precision > _SINGLE else f"{value:.9g}"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 3].rstrip()}..."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: Sequence[int]) -> list[str]:
    """Aligned columns, numbers to the right."""
    cells = [head, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"<tr>{''.join(f'<th>{html.escape(c)}</th>' for c in head)}</tr>"]
    lines += [f"<tr>{''.join(f'<td>{html.escape(c)}</td>' for c in row)}</tr>" for row in rows]
    return f"<table>{''.join(lines)}</table>"
