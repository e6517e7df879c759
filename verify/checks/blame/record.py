"""What `vf.blame` finds: equations and lines in order of the error that they add."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LOSES = 1.0  # bits from which a result is said to have lost some


@dataclass(frozen=True)
class Row:
    """An equation.

    Attributes:
        where: the user's `file:line`, or the function of a library that made it.
        source: the text of the line, "" inside libraries.
        primitive: its operation.
        own: ulps of its float output, off its exact output at the same float inputs.
        amplification: ulps of the result for one ulp of these, NaN where there are none.
        added: ulps of the result, with a sign: own times amplification in size.
        multiplies: ulps of its output for one ulp of its inputs, as it was at this place;
            NaN where its inputs had no error.
        costs: bits of the result that are lost because it multiplies errors.
        value: its float output, where it is furthest off: the first NaN or infinity, if
            one is wrong.
        exact: the same entry when everything is exact, to 17 digits.
        event: what befell it, "" for nothing.
    """

    where: str
    source: str
    primitive: str
    own: float
    amplification: float
    added: float
    multiplies: float
    costs: float
    value: float
    exact: str
    event: str

    @property
    def bits_lost(self) -> float:
        """log2 of what it adds, 0 for an ulp or less."""
        return bits(self.added)


@dataclass(frozen=True)
class Line:
    """A line of source: what its equations do together.

    Attributes:
        where, source: as of its rows.
        added: ulps of the result, the sum of what its equations add.
        multiplies: the most that one of them multiplies the error of its inputs, at the
            cost of bits of the result; NaN where none does.
        costs: those bits.
        events: what befell its equations.
    """

    where: str
    source: str
    added: float
    multiplies: float
    costs: float
    events: tuple[str, ...]

    @property
    def bits_lost(self) -> float:
        """log2 of what it adds, 0 for an ulp or less."""
        return bits(self.added)


@dataclass(frozen=True)
class Blame:
    """Where a function loses digits at one input.

    Attributes:
        function: its name.
        arguments: text of the inputs, by name; rounded to the dtype they are exact.
        dtype: of the floats.
        precision: bits of their significand.
        gradient: whether the gradient was looked at.
        entry: which entry of the output is explained, the worst; "" where there is one.
        value: its float, equation by equation.
        exact: its exact value to 17 digits; "undefined" or "unknown".
        error: of the float, in ulps of the exact value, with a sign.
        compiled: its float when XLA compiles the whole function.
        compiled_error: the error of that.
        before: error that is there without any rounding: of rules of differentiation, or of
            a function that is another program at float64.
        ties: the places of comparisons whose two sides are equal at this input.
        rows: the equations in order of what they add.
        first_infinity, first_nan: the first equation that gave one.
        notes: what else a reader should know.
    """

    function: str
    arguments: Mapping[str, str]
    dtype: str
    precision: int
    gradient: bool
    entry: str
    value: float
    exact: str
    error: float
    compiled: float
    compiled_error: float
    before: float
    ties: tuple[str, ...]
    rows: Sequence[Row]
    first_infinity: Row | None
    first_nan: Row | None
    notes: tuple[str, ...]

    @property
    def bits_lost(self) -> float:
        """log2 of the error in ulps, 0 for an ulp or less."""
        return bits(self.error)

    @functools.cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines of source in order of what they add."""
        grouped: dict[str, list[Row]] = {}
        for row in self.rows:
            grouped.setdefault(row.where, []).append(row)
        return tuple(sorted((_line(rows) for rows in grouped.values()), key=rank))

    @property
    def origin(self) -> Line | None:
        """The line whose roundings make most of the error; None where little is lost."""
        adding = [line for line in self.lines if line.bits_lost >= LOSES]
        return adding[0] if adding and self._is_lossy else None

    @property
    def magnifier(self) -> Line | None:
        """The line that multiplies the errors of others at the greatest cost."""
        costly = max(self.lines, key=lambda line: line.costs, default=None)
        is_one = costly is not None and costly.costs >= LOSES and self._is_lossy
        return costly if is_one else None

    @property
    def line(self) -> Line | None:
        """The line to look at first: where digits are lost, or else where they are rounded.

        A rounding of half an ulp is nobody's fault; a subtraction that turns it into a
        thousand ulps is. Where no line magnifies errors it is the one that adds most, and
        where there is no exact value the one that gave the first infinity, or else NaN; so
        also where none of these explains why nothing of the result is right. Where
        the rules of differentiation are wrong already, it is the first with a tie.
        """
        if self.ties and bits(self.before) >= max(LOSES, self.bits_lost - LOSES):
            return next((line for line in self.lines if line.where in self.ties), None)
        first = self.first_infinity or self.first_nan
        lossy = self.magnifier or self.origin
        is_lost = math.isnan(self.error) or (math.isinf(self.error) and lossy is None)
        if is_lost and first is not None:
            return next(line for line in self.lines if line.where == first.where)
        return lossy

    @property
    def _is_lossy(self) -> bool:
        return self.bits_lost >= LOSES

    def __repr__(self) -> str:
        from verify.checks.blame.text import to_text

        return to_text(self)

    def _repr_html_(self) -> str:
        from verify.checks.blame.text import to_html

        return to_html(self)


def bits(error: float) -> float:
    """log2 of an error in ulps, 0 for an ulp or less, NaN for an unknown one."""
    return math.log2(max(1.0, abs(error))) if not math.isnan(error) else math.nan


def rank(item: Row | Line) -> tuple[float, float]:
    """The most added error first; at a tie, where errors are multiplied most."""
    added = 0.0 if math.isnan(item.added) else abs(item.added)
    return -added, -item.costs


def _line(rows: Sequence[Row]) -> Line:
    costly = max(rows, key=lambda row: row.costs)
    return Line(
        where=rows[0].where,
        source=rows[0].source,
        added=math.fsum(r.added for r in rows if not math.isnan(r.added)),
        multiplies=costly.multiplies if costly.costs else math.nan,
        costs=costly.costs,
        events=tuple(dict.fromkeys(r.event for r in rows if r.event)),
    )
