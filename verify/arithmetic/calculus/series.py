"""Series in balls: exact sums of finitely many terms, accelerated ones of infinitely many."""

from collections.abc import Callable, Sequence
from typing import Any

from flint import arb, ctx

from verify.arithmetic.errors import Undecided
from verify.arithmetic.interpreter import NumberSystem
from verify.arithmetic.jaxprs import Closed
from verify.arithmetic.reading import (
    current,
    note_estimate,
    note_exchange,
    note_obstacle,
    nudged,
    settings,
)

_MOST_TERMS = 200_000  # of a finite sum
_ORDERS = (24, 32, 40)  # of Levin's transformation
_OTHER_ORDERS = (28, 37, 46)  # for a second look
_FAR = 2**200  # where the decay of the terms is judged: 1/(k log k) falls too slowly there
_FAR_END = 2**60  # up to which the tail of a fast series is bounded,
_HALVINGS, _SHARE = 200, 10  # by so many balls each time that k doubles, each a 2^-10 of it
_HORIZON = 2**20  # up to which terms are seen not to grow again
_FURTHER, _FURTHER_ON = 64, 4_096  # terms added one by one before the second start
_DIRECT = (100, 400, 1_600, 6_400)  # terms after which a fast series may have died away


class Series:
    """A sum of f(k, *closed) over integers, to be read at many points."""

    def __init__(self, program: Closed, system: NumberSystem, *, swapped: bool = False):
        self.swapped = swapped
        self.terms = system.compile(program, varying=1)

    def __call__(self, low: arb, high: arb, *closed: Any) -> arb:
        first = _whole("low", low)
        if high.is_finite():
            return self._finite(first, _whole("high", high), closed)
        if not (high.is_exact() and high > 0):
            return arb(0) if high.is_exact() else arb.nan()
        if self.swapped:
            closed = tuple(nudged(closed))
            note_exchange("a derivative under an infinite series")
        value = self._infinite(first, closed)
        if value is None:
            note_obstacle("a series diverges, or converges too slowly to be computed")
            return arb.nan()
        note_estimate("an accelerated series")
        return value

    def _finite(self, first: int, last: int, closed: Sequence[Any]) -> arb:
        if last - first >= _MOST_TERMS:
            raise Undecided(f"a sum of {last - first + 1:,} terms is over the {_MOST_TERMS:,} that"
                            " are added one by one")  # fmt: skip
        f = self.terms.along(*closed)
        return sum((f(arb(k))[0] for k in range(first, last + 1)), arb(0))

    def _infinite(self, first: int, closed: Sequence[Any]) -> arb | None:
        """The sum from two starts, which must agree: one of them may lie before a turn."""
        later = first + (_FURTHER_ON if current().second_look else _FURTHER)
        with settings(bits=3 * ctx.prec):  # Levin's sums cancel
            f = self.terms.along(*closed)
            here, rest = (
                _tail(lambda k, at=at: f(arb(at + k))[0], max(at, 1)) for at in (first, later)
            )
            if here is None or rest is None or not (here.is_finite() and rest.is_finite()):
                return None
            value = rest + sum((f(arb(k))[0] for k in range(first, later)), arb(0))
            return value if value.overlaps(here) else None


def _tail(term: Callable[[int], arb], start: int) -> arb | None:
    """The sum of all terms, directly where they die away, accelerated where they may be.

    Args:
        start: the index of the first one.
    """
    value = _direct(term, ctx.prec // 3)
    if value is None and _converges(term):
        value = _levin(term, start)
    return value


def _never_grows(term: Callable[[int], arb], start: int, bound: arb) -> bool:
    """Whether terms further and further out stay under a bound that falls with them."""
    k = start
    while k < _HORIZON:
        size = abs(term(k)).upper()
        if not size <= bound * arb("1.01"):
            return False
        bound, k = min(bound, size), k + max(k // 4, 1)
    return True


def _direct(term: Callable[[int], arb], bits: int) -> arb | None:
    """The sum of a series whose terms die away geometrically, or None."""
    total, previous, k = arb(0), None, 0
    for stop in _DIRECT:
        while k < stop:
            total += term(k)
            k += 1
        here, there = abs(term(k)), abs(term(k + stop // 2))
        if not here.is_finite():
            return None
        # Over half as many terms again they shrink by this factor, so what is left is at
        # most about stop/2 * here / (1 - ratio).
        rest = (stop * here).upper()
        gone = here.is_zero() and there.is_zero()
        enough = abs(total) * arb(2) ** -bits
        if gone or (there < here / 2 and rest < enough):
            return _with_tail(term, total + arb(0, rest), k, enough)
        if previous is not None and not there < previous:
            return None
        previous = there
        if not (there < here * arb(2) ** -20 or _is_geometric(term, k, stop // 2)):
            return None  # algebraic: leave it to the acceleration
    return None


def _with_tail(term: Callable[[Any], arb], total: arb, start: int, enough: arb) -> arb | None:
    """A sum with a bound for its tail; NaN where the terms may grow again."""
    bound = _bound(term, start, enough)
    if bound is None:  # no function of real k: a look here and there must do
        return total if _never_grows(term, start, abs(term(start)).upper()) else arb.nan()
    return total + arb(0, bound.upper()) if bound.is_finite() else arb.nan()


def _bound(term: Callable[[Any], arb], start: int, enough: arb) -> arb | None:
    """A bound of Σ |term(k)| from a start to a far end, by balls for k; None where NaN."""
    total, low = arb(0), arb(start)
    while low < _FAR_END:
        part = _halved(term, low, 2 * low, enough * arb(2) ** -_SHARE)
        if part is None or part.is_nan():
            return part
        total, low = total + part, 2 * low
    return total


def _halved(term: Callable[[Any], arb], low: arb, high: arb, enough: arb) -> arb | None:
    """A bound over a range, halved where it is large; NaN where it stays so, None unknown."""
    total, parts = arb(0), [(low, high)]
    for _ in range(_HALVINGS):
        if not parts:
            return total
        a, b = parts.pop()
        bound = abs(term(a.union(b))).upper() * (b - a + 1)
        if bound.is_nan():
            return None
        if bound <= enough:
            total += bound
        else:
            middle = ((a + b) / 2).floor()
            parts += [(a, middle), (middle, b)]
    return arb.nan()


def _is_geometric(term: Callable[[int], arb], start: int, step: int) -> bool:
    """Whether terms shrink well, and from one step to the next as much again.

    Powers of k shrink ever less: by (3/2)^-p over the first half step, (4/3)^-p over the next.
    """
    first, second, third = (abs(term(start + i * step)) for i in range(3))
    return bool(second < first / 64 and third * first < 2 * second * second)


def _converges(term: Callable[[int], arb]) -> bool:
    """Whether terms far out shrink fast enough for their signs.

    An acceleration gives the sum of 1 - 1 + 1 - … as a half, and of k^-0.9 as zeta(0.9).
    """
    k = _FAR
    (here, following), (there, beyond) = ((term(n), term(n + 1)) for n in (k, 2 * k))
    alternates = here * following < 0 and there * beyond < 0
    keeps_sign = here * following > 0 and here * there > 0 and there * beyond > 0
    # k^-p halves p times as k doubles; without a change of sign p must be over one.
    most = arb("0.99") if alternates else arb("0.497")
    falls = (alternates or keeps_sign) and abs(there) < most * abs(here)
    return bool(falls) and _never_grows(term, 1, abs(term(1)).upper())


def _levin(term: Callable[[int], arb], start: int) -> arb | None:
    """Levin's u-transformation at growing orders; their agreement is its error.

    Levin (1973), "Development of non-linear transformations for improving convergence of
    sequences".
    """
    orders = _OTHER_ORDERS if current().second_look else _ORDERS
    terms = [term(k) for k in range(orders[-1] + 1)]
    if not all(t.is_finite() for t in terms) or any(t.contains(0) for t in terms):
        return None
    values = [_levin_u(terms, order, start) for order in orders]
    if not all(v.is_finite() for v in values):
        return None
    first, second = abs(values[1] - values[0]).upper(), abs(values[2] - values[1]).upper()
    if not (second <= first or second < abs(values[2]) * arb(2) ** -80):
        return None
    return values[2] + arb(0, 2 * second)


def _levin_u(terms: Sequence[arb], order: int, start: int) -> arb:
    total, above, below = arb(0), arb(0), arb(0)
    binomial = arb(1)
    for j in range(order + 1):
        total += terms[j]
        weight = binomial * (arb(start + j) / (start + order)) ** (order - 1)
        weight /= (start + j) * terms[j]
        above, below = above + weight * total, below + weight
        binomial = -binomial * (order - j) / (j + 1)
    return above / below


def _whole(name: str, end: arb) -> int:
    number = end.unique_fmpz()
    if number is None or not end.is_exact():
        raise Undecided(f"a series needs a whole number for {name}, got {end}")
    return int(number)
