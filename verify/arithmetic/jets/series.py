"""One-sided jets: the expansion of a quantity beside a point, with balls as coefficients.

A jet stands for g(t) = c_v t^v + … + c_{n-1} t^{n-1} + o(t^{n-1}) as t → 0 from above; the
remainder may be differentiated term by term (logarithms, powers and exponentials of t all
may), so that the coefficients hold the derivatives too. A quantity that does not depend
on t is a bare ball (`arb`), and no jet is identically zero.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from flint import arb

ZERO, ONE = arb(0), arb(1)
FLAT = 2**30  # the order of what vanishes faster than every power: exp(-1 / t)


class SideNeeded(Exception):  # noqa: N818 - no error: a question put to a two-sided jet
    """A jet that holds on both sides of a point was asked something that each side decides."""


class Frame(NamedTuple):
    """What the jets of one expansion have in common.

    Attributes:
        terms: how many coefficients a jet keeps at most.
        is_sided: whether t > 0; otherwise t has either sign, and the germ is analytic.
    """

    terms: int
    is_sided: bool


@dataclass(frozen=True, slots=True, eq=False)
class Jet:
    """A truncated Laurent series.

    Attributes:
        valuation: the exponent of the first coefficient; without any, equal to `end`.
        coefficients: the first may contain zero, but is not zero exactly; those missing
            before `end` are zero exactly.
        end: the remainder is o(t^(end - 1)); infinite where there is none.
        frame: as of every jet it is combined with.
        why: what kept the quantity from being known; empty where it is.
    """

    valuation: int
    coefficients: tuple[arb, ...]
    end: float
    frame: Frame
    why: str = ""

    def __add__(self, other: "Scalar") -> "Scalar":
        return add(self, other)

    def __radd__(self, other: "Scalar") -> "Scalar":
        return add(self, other)

    def __neg__(self) -> "Jet":
        return replace(self, coefficients=tuple(-c for c in self.coefficients))

    def __sub__(self, other: "Scalar") -> "Scalar":
        return add(self, -other)

    def __rsub__(self, other: "Scalar") -> "Scalar":
        return add(-self, other)

    def __mul__(self, other: "Scalar") -> "Scalar":
        return multiply(self, other)

    def __rmul__(self, other: "Scalar") -> "Scalar":
        return multiply(self, other)

    def __truediv__(self, other: "Scalar") -> "Scalar":
        return divide(self, other)

    def __rtruediv__(self, other: "Scalar") -> "Scalar":
        return divide(other, self)


Scalar = arb | Jet
Taylor = Callable[[arb, int], Sequence[arb]]

TOO_WIDE = "a value that is not defined, or whose ball is too wide"


def unknown(why: str) -> Jet:
    """A quantity of which nothing is known, and why."""
    return Jet(0, (), 0, Frame(0, True), why)


def variable(point: arb, frame: Frame, *, side: int = 1, root: int = 1) -> Jet:
    """point ± t^root: the variable itself, beside a point."""
    step = (*[ZERO] * (root - 1), arb(side))
    valuation, coefficients = (root, step[-1:]) if point.is_zero() else (0, (point, *step))
    return Jet(valuation, coefficients, math.inf, frame)


def vanishing(end: int, frame: Frame) -> Jet:
    """Something of which only that it is o(t^(end - 1)) is known."""
    return Jet(end, (), end, frame)


def normal(valuation: int, coefficients: Sequence[arb], end: float, frame: Frame) -> Scalar:
    """The jet with these coefficients, cut to the frame's terms; a ball if it is constant."""
    if not all(c.is_finite() for c in coefficients):
        return unknown(TOO_WIDE)
    first, last = 0, len(coefficients)
    while first < last and coefficients[first].is_zero():
        first += 1
    while last > first and coefficients[last - 1].is_zero():
        last -= 1
    valuation += first
    if last - first > frame.terms:
        last = first + frame.terms
        end = min(end, valuation + frame.terms)
    if valuation >= end:
        return vanishing(int(end), frame)
    if first == last:
        return ZERO if end == math.inf else vanishing(int(end), frame)
    if valuation == 0 and last - first == 1 and end == math.inf:
        return coefficients[first]
    kept = tuple(coefficients[first:last])[: None if end == math.inf else int(end) - valuation]
    return Jet(valuation, kept, end, frame)


def coefficient(x: Scalar, exponent: int) -> arb | None:
    """The coefficient of t^exponent; None where it is not known."""
    if isinstance(x, arb):
        is_known = x.is_finite() or (exponent == 0 and x.is_exact() and not x.is_nan())
        return (x if exponent == 0 else ZERO) if is_known else None
    if x.why or exponent >= x.end:
        return None
    place = exponent - x.valuation
    return x.coefficients[place] if 0 <= place < len(x.coefficients) else ZERO


def whole(x: arb) -> int | None:
    """The only integer in a ball."""
    number = x.unique_fmpz()
    return None if number is None else int(number)


def constant_term(x: Jet) -> arb:
    """The limit of a known jet without a pole."""
    return x.coefficients[0] if x.valuation == 0 and x.coefficients else ZERO


def has_limit(x: Jet) -> bool:
    """Whether a jet is known to have a finite limit."""
    return not x.why and (x.valuation > 0 or (x.valuation == 0 and bool(x.coefficients)))


def sign_of(x: Scalar) -> int | None:
    """The sign of a quantity for all small t: that of its leading coefficient."""
    if isinstance(x, arb):
        return 1 if x > 0 else -1 if x < 0 else 0 if x.is_zero() else None
    if x.why:
        return None
    if x.valuation and not x.frame.is_sided:
        raise SideNeeded
    if not x.coefficients:
        return None
    leading = x.coefficients[0]
    return 1 if leading > 0 else -1 if leading < 0 else None


def add(x: Jet, y: Scalar) -> Scalar:
    if x.why:
        return x
    if isinstance(y, arb):
        if not y.is_finite():
            return unknown(TOO_WIDE) if y.is_nan() else y
        y = Jet(0, (y,), math.inf, x.frame)
    if y.why:
        return y
    start, end = min(x.valuation, y.valuation), min(x.end, y.end)
    lengths = (x.valuation + len(x.coefficients), y.valuation + len(y.coefficients))
    stop = int(min(max(lengths), end))
    if stop > start + x.frame.terms:
        stop = start + x.frame.terms
        end = stop
    sums = [ZERO] * (stop - start)
    for part in (x, y):
        for exponent, c in enumerate(part.coefficients, part.valuation - start):
            if exponent < len(sums):
                sums[exponent] += c
    return normal(start, sums, end, x.frame)


def scaled(x: Jet, factor: arb) -> Scalar:
    """A jet times a finite ball."""
    if x.why:
        return x
    return normal(x.valuation, [c * factor for c in x.coefficients], x.end, x.frame)


def multiply(x: Jet, y: Scalar) -> Scalar:
    if x.why:
        return x
    if isinstance(y, arb):
        return _times_ball(x, y)
    if y.why:
        return y
    # What has no coefficients is o(t^(end - 1)): it may vanish more slowly than t^end.
    leads = [z.valuation if z.coefficients else z.valuation - 1 for z in (x, y)]
    valuation, end = x.valuation + y.valuation, min(leads[0] + y.end, leads[1] + x.end)
    if not (x.coefficients and y.coefficients):
        return vanishing(int(end), x.frame)
    count = len(x.coefficients) + len(y.coefficients) - 1
    if count > x.frame.terms:
        count = x.frame.terms
        end = min(end, valuation + count)
    products = convolved(x.coefficients, y.coefficients, int(min(count, end - valuation)))
    return normal(valuation, products, end, x.frame)


def _times_ball(x: Jet, y: arb) -> Scalar:
    if y.is_finite():
        return ZERO if y.is_zero() else scaled(x, y)
    sign = None if y.is_nan() else sign_of(x)
    return sign * y if sign else unknown(TOO_WIDE)


def convolved(a: Sequence[arb], b: Sequence[arb], count: int) -> list[arb]:
    """The first coefficients of a product of series."""
    products = [ZERO] * max(count, 0)
    for i, left in enumerate(a[:count]):
        for j, right in enumerate(b[: count - i]):
            products[i + j] += left * right
    return products


def divide(x: Scalar, y: Scalar) -> Scalar:
    if isinstance(y, arb):
        return _over_ball(x, y)
    if isinstance(x, arb):
        if not x.is_finite():
            return divide(ONE, y) * x
        x = Jet(0, (x,), math.inf, y.frame)
    if x.why or y.why:
        return x if x.why else y
    if y.valuation and not y.frame.is_sided:
        raise SideNeeded
    if not y.coefficients:
        return unknown("division by what vanishes at an unknown rate")
    if y.coefficients[0].contains(ZERO):
        return unknown(TOO_WIDE)
    return _quotient(x, y)


def _over_ball(x: Any, y: arb) -> Scalar:
    if x.why:
        return x
    if y.is_zero():
        return unknown("division by zero")
    if not y.is_finite():
        return unknown(TOO_WIDE) if y.is_nan() else ZERO
    return normal(x.valuation, [c / y for c in x.coefficients], x.end, x.frame)


def _quotient(x: Jet, y: Jet) -> Scalar:
    """The quotient of series, of which the second has a leading coefficient."""
    valuation = x.valuation - y.valuation
    lengths = (x.end - x.valuation, y.end - y.valuation)
    if len(y.coefficients) == 1 and y.end == math.inf:
        terms = [c / y.coefficients[0] for c in x.coefficients]
        return normal(valuation, terms, valuation + lengths[0], x.frame)
    count = int(min(*lengths, x.frame.terms))
    terms: list[arb] = []
    for k in range(count):
        rest = x.coefficients[k] if k < len(x.coefficients) else ZERO
        for j in range(1, min(k + 1, len(y.coefficients))):
            rest -= y.coefficients[j] * terms[k - j]
        terms.append(rest / y.coefficients[0])
    return normal(valuation, terms, valuation + count, x.frame)


def integer_power(x: Scalar, n: int) -> Scalar:
    """x^n by repeated squaring."""
    if n < 0:
        return divide(ONE, integer_power(x, -n))
    result: Scalar = ONE
    square: Scalar = x
    while n:
        if n & 1:
            result = square * result
        n >>= 1
        square = square * square if n else square
    return result


def shifted(x: Scalar, by: int, frame: Frame) -> Jet:
    """A quantity times t^by."""
    if isinstance(x, arb):
        x = Jet(0, (x,), math.inf, frame)
    return x if x.why else Jet(x.valuation + by, x.coefficients, x.end + by, x.frame)


def composed(x: Scalar, taylor: Taylor) -> Scalar:
    """g(x) from a function that gives the Taylor coefficients of g at a ball."""
    if isinstance(x, arb):
        return taylor(x, 1)[0]
    if not has_limit(x):
        return x if x.why else unknown("a function of what has no finite limit")
    centre = constant_term(x)
    count = int(min(x.end, x.frame.terms))
    outer = taylor(centre, count)
    inner = [coefficient(x, k) or ZERO for k in range(count)]
    return normal(0, _horner(outer, inner), count, x.frame)


def _horner(outer: Sequence[arb], inner: Sequence[arb]) -> list[arb]:
    """Σ outer_k h^k for the series h of `inner` without its constant term."""
    count = len(outer)
    if all(c.is_zero() for c in inner[2:]):
        return [c * inner[1] ** k if k else c for k, c in enumerate(outer)]
    result = [outer[-1]]
    for k in range(count - 2, -1, -1):
        result = [outer[k], *convolved(inner[1:], result, count - 1 - k)]
    return result
