"""A blame as text for a terminal, and as HTML."""

import html
import math
from collections.abc import Sequence

from verify.checks.blame.record import Blame, Line, Row, bits

_ROWS = 12  # of equations that are shown
_SOURCE = 60  # characters of a line of source
_SINGLE = 24  # bits that nine digits tell apart
_LINES = ("bits lost", "added", "multiplied by", "line")
_EQUATIONS = ("equation", "own error", "amplified", "added", "in floats", "exactly", "")


def to_text(blame: Blame) -> str:
    """What was found in a few sentences, then the lines, then the equations that matter."""
    parts = [*_sentences(blame), "", *_table(_LINES, _line_cells(blame), left=(3,))]
    shown = _shown(blame.rows)
    parts += ["", *_table(_EQUATIONS, [_row_cells(r, blame) for r in shown], left=(0, 6))]
    rest = len(blame.rows) - len(shown)
    if rest:
        little = ", each under an ulp" if _is_little(blame.rows, shown) else ""
        parts.append(f"(and {rest} more{little})")
    return "\n".join(line.rstrip() for line in parts)


def to_html(blame: Blame) -> str:
    """The same with tables."""
    said = "".join(f"<p>{html.escape(s)}</p>" for s in _sentences(blame))
    lines = _html_table(_LINES, _line_cells(blame))
    rows = _html_table(_EQUATIONS, [_row_cells(row, blame) for row in _shown(blame.rows)])
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
        cost = "all" if math.isinf(origin.added) else _ulps(abs(origin.added))
        said += [f"  rounded {_at(origin.where)}, which costs {cost} of the result",
                 *_quoted(origin)]  # fmt: skip
    for title, row in (("infinity", blame.first_infinity), ("NaN", blame.first_nan)):
        if row:
            said.append(f"  first {title} {_at(row.where)}: {row.event}")
    if not said and blame.bits_lost < 1:
        said.append("  no line loses a digit here")
    return said


def _at(where: str) -> str:
    return where if where.startswith("inside ") else f"at {where}"


def _growth(line: Line) -> str:
    """What a line does to the errors that come in."""
    if math.isinf(line.multiplies):
        return "where the errors of its inputs grow without bound"
    return f"which multiplies the errors of its inputs by {_factor(line.multiplies)}"


def _quoted(line: Line) -> list[str]:
    return [f"      {line.source}"] if line.source else []


def _line_cells(blame: Blame) -> list[tuple[str, ...]]:
    return [
        (_bits(line.bits_lost), _ulps(line.added), _factor(line.multiplies),
         f"{line.where}  {_cut(line.source)}")
        for line in blame.lines
    ]  # fmt: skip


def _row_cells(row: Row, blame: Blame) -> tuple[str, ...]:
    place = f"{row.primitive} {row.where.rpartition('/')[2]}"
    return (place, _ulps(row.own), _factor(row.amplification), _ulps(row.added),
            _float(row.value, blame), row.exact, row.event)  # fmt: skip


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


def _cut(text: str) -> str:
    return text if len(text) <= _SOURCE else f"{text[: _SOURCE - 3].rstrip()}..."


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
