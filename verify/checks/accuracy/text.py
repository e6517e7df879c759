"""An accuracy as text for a terminal, and as HTML."""

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.checks.verdict import counted

if TYPE_CHECKING:
    from verify.checks.accuracy.record import Accuracy, WorstCase

_BAR = 40  # characters of the longest
_POWER = 2.0**16  # edges from here on are written as powers of two
_OUTPUTS = 6  # that are listed


def to_text(accuracy: "Accuracy") -> str:
    """What was found, as a sentence, and how."""
    return "\n".join(lines(accuracy))


def to_html(accuracy: "Accuracy") -> str:
    """The same as a list, with the histogram as a table."""
    head, *rest = (html.escape(line.strip()) for line in lines(accuracy))
    items = "".join(f"<li>{line}</li>" for line in rest)
    rows = "".join(
        f"<tr><td>{html.escape(label)}</td><td>{count:,}</td></tr>"
        for label, count in _filled(accuracy.histogram)
    )
    table = f"<table><tr><th>ulps</th><th>results</th></tr>{rows}</table>" if rows else ""
    return f"<div><strong>{head}</strong><ul>{items}</ul>{table}</div>"


def lines(accuracy: "Accuracy", top: int = 1) -> list[str]:
    """What was found, a line for each thing, with so many of the worst cases."""
    told = [_extent(accuracy), *_shares(accuracy)]
    for number, case in enumerate(accuracy.worst[:top]):
        told += _case("next" if number else "worst", case, accuracy.dtype)
    if len(accuracy.by_output) > 1:
        told.append(_by_output(accuracy))
    if accuracy.other is not None:
        told.append(f"run eagerly, it gives other results: {_other(accuracy.other)}")
    told += [f"note: {note}" for note in accuracy.notes]
    return [_head(accuracy), *(f"  {line}" for line in told)]


def bars(accuracy: "Accuracy", block: str) -> list[str]:
    """The histogram of signed errors: counts, and a bar of some character for each."""
    rows = _filled(accuracy.histogram)
    most = max((count for _, count in rows), default=0)
    wide = max((len(label) for label, _ in rows), default=0)
    room = max((len(f"{count:,}") for _, count in rows), default=0)
    return [
        f"{label:>{wide}}  {count:>{room},}  {block * math.ceil(count / most * _BAR)}".rstrip()
        for label, count in rows
    ]


def ulps_text(ulps: float) -> str:
    """Such as "3.62 ulps" or "1.2e+07 ulps"."""
    if math.isinf(ulps):
        return "infinitely many ulps"
    number = f"{ulps:.3g}" if ulps >= 1000 or 0 < ulps < 0.01 else f"{ulps:.3f}".rstrip("0")
    return f"{number.rstrip('.')} ulp{'' if ulps == 1 else 's'}"


def _head(accuracy: "Accuracy") -> str:
    what = f"gradient of {accuracy.function}" if accuracy.gradient else accuracy.function
    way = "compiled" if accuracy.compiled else "eager"
    how_bad = f"{ulps_text(accuracy.ulps)} at worst"
    if not _judged(accuracy):
        how_bad = "nothing could be judged"
    return f"{how_bad}: {what} in {accuracy.dtype}, {way}, on {accuracy.device}"


def _judged(accuracy: "Accuracy") -> int:
    return sum(count for _, _, count in accuracy.histogram)


def _extent(accuracy: "Accuracy") -> str:
    tried = counted(accuracy.inputs, "input")
    if not accuracy.is_exhaustive:
        return f"{tried}, a sample (seed {accuracy.seed}): the largest error seen, not a bound"
    if accuracy.right == 1 and not accuracy.worst and not accuracy.unread:
        return f"{tried}, all there are: every result is exact"
    is_bounded = math.isfinite(accuracy.bound)
    return f"{tried}, all there are" + (
        f": no error is over {ulps_text(accuracy.bound)}" if is_bounded else ""
    )


def _shares(accuracy: "Accuracy") -> list[str]:
    of = f" of the {_judged(accuracy):,} settled" if accuracy.unread else ""
    parts = [f"{_percent(accuracy.right)}{of} correctly rounded"] if _judged(accuracy) else []
    for share, what in ((accuracy.zeros, "zero"), (accuracy.nans, "NaN")):
        if share:
            parts.append(f"{_percent(share)} {what} instead of a normal number")
    passed = [
        (accuracy.undefined, "without an exact value"),
        (accuracy.kinks, "without a derivative"),
        (accuracy.unread, "not settled"),
    ]
    left = [f"{count:,} {what}" for count, what in passed if count]
    told = [", ".join(parts), f"passed over: {', '.join(left)}" if left else ""]
    return [text for text in told if text]


def _percent(share: float) -> str:
    """With two decimals, of which none says all or nothing where it is not so."""
    if 0 < share < 1e-4:
        return "under 0.01%"
    return "over 99.99%" if 1 - 1e-4 < share < 1 else f"{share:.2%}"


def _case(title: str, case: "WorstCase", dtype: str) -> list[str]:
    which = f" in {case.output}" if case.output else ""
    at = ", ".join(
        f"{name} = {_number(value, dtype)} ({_hexadecimal(case.hexadecimal[name])})"
        for name, value in case.inputs.items()
    )
    told = [
        f"{title}: {ulps_text(case.ulps)}{which} at {at}",
        f"  got {_number(case.computed, dtype)}, not {case.exact}",
    ]
    if case.conditioning is not None:
        each = "the input" if len(case.inputs) == 1 else "each input"
        told.append(f"  an ulp of {each} is worth {ulps_text(case.conditioning)} of the result")
    return told


def _number(value: Any, dtype: str) -> str:
    """With as many digits as tell it from its neighbours in float32, or in float64."""
    if isinstance(value, Sequence):
        return f"[{', '.join(_number(part, dtype) for part in value)}]"
    if dtype == "float64" or not math.isfinite(value) or float(np.float32(value)) != value:
        return repr(value)
    return str(np.float32(value))


def _hexadecimal(value: Any) -> str:
    """Without the zeros at the end of what `float.hex` gives."""
    if not isinstance(value, str):
        return f"[{', '.join(map(_hexadecimal, value))}]"
    digits, mark, exponent = value.partition("p")
    return f"{digits.rstrip('0').rstrip('.')}{mark}{exponent}" if "." in digits else value


def _by_output(accuracy: "Accuracy") -> str:
    ranked = sorted(accuracy.by_output.items(), key=lambda item: -item[1])
    each = [f"{name} {ulps_text(bound)}" for name, bound in ranked[:_OUTPUTS]]
    rest = len(ranked) - len(each)
    return f"at most: {', '.join(each)}" + (f", and {rest:,} more" if rest else "")


def _other(accuracy: "Accuracy") -> str:
    return f"{ulps_text(accuracy.ulps)} at worst of {counted(accuracy.inputs, 'input')}"


def _filled(histogram: Sequence[tuple[float, float, int]]) -> list[tuple[str, int]]:
    """Labels and counts, from the first to the last that is not zero."""
    places = [i for i, (_, _, count) in enumerate(histogram) if count]
    if not places:
        return []
    kept = histogram[places[0] : places[-1] + 1]
    return [(_between(low, high), count) for low, high, count in kept]


def _between(low: float, high: float) -> str:
    if math.isinf(low):
        return f"under {_edge(high)}"
    return f"over {_edge(low)}" if math.isinf(high) else f"{_edge(low)} to {_edge(high)}"


def _edge(ulps: float) -> str:
    if abs(ulps) < _POWER:
        return f"{ulps:g}"
    return f"{'-' if ulps < 0 else ''}2^{math.log2(abs(ulps)):g}"
