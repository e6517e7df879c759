"""The true derivative of a function at a point, from its expansions on either side.

No rule of automatic differentiation is used. Where the function is analytic, one expansion
serves both sides; elsewhere each side has its own, and they agree or they do not.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from flint import arb

from verify.arithmetic.errors import Undecided, Unreadable
from verify.arithmetic.interpreter import Program
from verify.arithmetic.jaxprs import Closed
from verify.arithmetic.jets.quotients import settled_slope
from verify.arithmetic.jets.series import (
    ZERO,
    Frame,
    Jet,
    Scalar,
    SideNeeded,
    coefficient,
    variable,
)
from verify.arithmetic.reading import current, note_estimate, settings

Function = Callable[[Any], Scalar]


class NotDifferentiable(Unreadable):
    """A function that has no derivative at a point: a kink, a jump or an infinite slope."""


class Derivative:
    """The derivative of f(z, *closed) in z, to be read at many points."""

    def __init__(self, program: Closed, order: int = 1):
        from verify.arithmetic.jets.system import JETS

        self.jets, self.order = JETS.compile(program), order

    def __call__(self, at: arb, *closed: Any) -> arb:
        return derivative(self.jets, at, closed, self.order)


def derivative(jets: Program, point: arb, closed_over: Sequence[Any] = (), order: int = 1) -> arb:
    """The derivative of f(z, *closed_over) in z at a point.

    Args:
        jets: f compiled for jets.
        point: if it is a ball, the derivative is had at every point of it.
        closed_over: balls, integers, arrays of them.
        order: of the derivative, at least 1.

    Returns:
        A ball that holds the derivative if there is one. It is rigorous unless a note says
        that difference quotients were taken.

    Raises:
        NotDifferentiable: there is a kink or a jump, or the slope is infinite, for certain.
        Undecided: the balls are too wide, or no method can tell.
    """
    if not point.is_finite():
        raise Undecided(f"derivative needs a finite point, got {shown(point)}")
    function = lambda z: evaluated(jets, z, closed_over)
    found = _on_both_sides(function, point, order)
    return _side_by_side(function, point, order) if found is None else found


def evaluated(jets: Program, at: Any, closed_over: Sequence[Any]) -> Scalar:
    (result,) = jets(at, *closed_over)
    return result if isinstance(result, Jet) else arb(result)


def _on_both_sides(function: Function, point: arb, order: int) -> arb | None:
    """The derivative where the function is analytic; None where a side had to be asked."""
    try:
        value = function(variable(point, Frame(order + 1, is_sided=False)))
    except (SideNeeded, Undecided):
        return None
    found = coefficient(value, order)
    return None if found is None else found * math.factorial(order)


class _Attempt(NamedTuple):
    """How the sides are expanded: in powers of |z - x|^(1/root), with so many terms."""

    terms: int
    root: int = 1
    precision: int = 1


def _attempts(order: int) -> Iterator[_Attempt]:
    yield _Attempt(order + 3)
    yield _Attempt(order + 10)
    yield from (_Attempt(root * order + 4, root) for root in (2, 3, 6))
    yield _Attempt(order + 10, precision=4)


def _side_by_side(function: Function, point: arb, order: int) -> arb:
    """The derivative that both sides agree on."""
    value = function(point)
    if isinstance(value, Jet) or not value.is_finite():
        why = value.why if isinstance(value, Jet) else shown(value)
        raise Undecided(f"derivative needs a finite value of the function, got {why}")
    reasons = []
    for attempt in _attempts(order):
        try:
            above, below = (_beside(function, point, side, order, attempt) for side in (1, -1))
        except Undecided as undecided:
            reasons.append(str(undecided))
            continue
        found = compared(value, above.derivatives, below.derivatives)
        if found is not None:
            return found
        reasons.append(above.why or below.why or "one with too few known terms")
    return _estimated(function, point, order, reasons[0])


def _estimated(function: Function, point: arb, order: int, why: str) -> arb:
    """The limit that difference quotients settle on."""
    if order == 1 and point.is_exact():
        slope = settled_slope(function, point)
        if slope is not None:
            note_estimate("difference quotients")
            return slope
    raise Undecided(
        f"derivative needs an expansion of the function beside {shown(point)}, got {why}"
    )


class Side(NamedTuple):
    """f, f', … as they tend to a point from one side: infinite, or None where unknown."""

    derivatives: list[arb | None]
    why: str


def _beside(function: Function, point: arb, side: int, order: int, how: _Attempt) -> Side:
    with settings(bits=current().bits * how.precision):
        jet = function(variable(point, Frame(how.terms, True), side=side, root=how.root))
        why = jet.why if isinstance(jet, Jet) else ""
        return Side(_derivatives(jet, side, order, how.root), why)


def _derivatives(jet: Scalar, side: int, order: int, root: int) -> list[arb | None]:
    """Those of a side, from the expansion in t of f(x ± t^root)."""
    if isinstance(jet, Jet) and not jet.why and jet.valuation < 0 and jet.coefficients:
        return [_infinity(jet.coefficients[0], 1), *[None] * order]
    found: list[arb | None] = []
    for k in range(order + 1):
        between = range((k - 1) * root + 1, k * root) if k else range(0)
        terms = [coefficient(jet, exponent) for exponent in between]
        odd = next((c for c in terms if c is None or not c.is_zero()), ZERO)
        if odd is None or not odd.is_zero():
            blown = None if odd is None else _infinity(odd, side**k)
            return [*found, blown, *[None] * (order - k)]
        term = coefficient(jet, k * root)
        found.append(None if term is None else term * math.factorial(k) * side**k)
    return found


def _infinity(leading: arb, sign: int) -> arb | None:
    """The infinity that has the sign of a leading coefficient."""
    if leading.contains(0):
        return None
    return arb.pos_inf() * (sign if leading > 0 else -sign)


def compared(value: arb, above: Sequence[arb | None], below: Sequence[arb | None]) -> arb | None:
    """The last of two lists of one-sided derivatives, if all agree; None where unknown."""
    for k, sides in enumerate(zip(above, below, strict=True)):
        # One side is enough: at the end of a domain, as of sqrt at 0, there is no other.
        if any(one is not None and not one.is_finite() for one in sides):
            raise NotDifferentiable(_message(f"finite one-sided {_named(k)}", *sides))
    common = None
    for k, (a, b) in enumerate(zip(above, below, strict=True)):
        what = _named(k)
        if a is None or b is None:
            return None
        if not a.overlaps(b):
            raise NotDifferentiable(_message(f"equal one-sided {what}", a, b))
        if k == 0 and not (a.overlaps(value) and b.overlaps(value)):
            wanted = f"limits equal to the value {shown(value)}"
            raise NotDifferentiable(_message(wanted, a, b))
        common = a.intersection(b)
    return common


def _named(k: int) -> str:
    return f"derivatives of order {k}" if k > 1 else "slopes" if k else "limits"


def _message(wanted: str, above: arb | None, below: arb | None) -> str:
    return f"derivative needs {wanted}, got {shown(below)} from below and {shown(above)} from above"


def shown(x: arb | None) -> str:
    """A ball as a few decimal digits."""
    if x is None:
        return "one that is not known"
    if x.is_nan():
        return "nan"
    if not x.is_finite() and x.is_exact():
        return "inf" if x > 0 else "-inf"
    return x.str(8, radius=False)
