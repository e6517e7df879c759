"""Rules of jets for the primitives that carry a function, or are read in balls alone."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb, fmpq, fmpq_poly

from verify.arithmetic.arrays import Elementwise, boxed, lift, unboxed
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.errors import Undecided, Unreadable
from verify.arithmetic.jaxprs import closed
from verify.arithmetic.jets.derivative import NotDifferentiable, derivative, evaluated
from verify.arithmetic.jets.series import (
    ZERO,
    Frame,
    Jet,
    Scalar,
    SideNeeded,
    coefficient,
    composed,
    constant_term,
    has_limit,
    normal,
    sign_of,
    unknown,
    variable,
)


def nested_derivative(equation: Any) -> Callable[..., Any]:
    """The derivative of order n of f(z, *closed) at z, where any of them may be jets."""
    from verify.arithmetic.calculus.rules import batched

    jets = equation.system.compile(closed(equation.params["jaxpr"]))
    order = equation.params["order"]

    def apply(at: Scalar, *closed_over: Any) -> Scalar:
        if any(_varies(value) for value in closed_over):
            return mixed(jets, at, closed_over, order)
        if isinstance(at, Jet):
            return _along(jets, at, closed_over, order)
        try:
            return derivative(jets, at, closed_over, order)
        except NotDifferentiable as reason:
            return unknown(str(reason))

    return batched(equation, apply)


def _varies(value: Any) -> bool:
    return any(isinstance(element, Jet) for element in boxed(value).flat)


def _along(jets: Any, at: Jet, closed_over: Sequence[Any], order: int) -> Scalar:
    """f^(n)(z) = Σ (k + n)!/k! a_(k+n) h^k for z = z_0 + h, where f(z_0 + h) = Σ a_k h^k.

    Beside a kink of f the expansion is that of the side on which h lies. For n = -1 it is
    the integral from z_0 to z.
    """
    if not has_limit(at):
        return at if at.why else unknown("a derivative towards infinity")

    def coefficients(centre: arb, n: int) -> list[arb]:
        terms = n + order + 3
        side = _side_of(jets, at, closed_over, terms)
        frame = Frame(terms, is_sided=side != 0)
        value = evaluated(jets, variable(centre, frame, side=side or 1), closed_over)
        return [_term(value, k, order, side or 1) for k in range(n)]

    return composed(at, coefficients)


def _side_of(jets: Any, at: Jet, closed_over: Sequence[Any], terms: int) -> int:
    """0 where f is analytic at the limit of `at`; else the side from which it is reached."""
    try:
        evaluated(jets, variable(constant_term(at), Frame(terms, is_sided=False)), closed_over)
        return 0
    except SideNeeded:
        side = sign_of(at - constant_term(at))
        if not side:
            raise Undecided("derivative needs to know on which side of a kink it is") from None
        return side


def _term(value: Scalar, k: int, order: int, side: int) -> arb:
    """The k-th Taylor coefficient of the derivative of order n, from those of f in ±h."""
    place = k + order
    if place < 0:
        return ZERO
    has_pole = isinstance(value, Jet) and not value.why and value.valuation < 0
    found = None if has_pole else coefficient(value, place)
    if found is None:
        return arb.nan()
    return found * side**place * math.factorial(place) / math.factorial(k)


def mixed(jets: Any, at: Scalar, closed_over: Sequence[Any], order: int) -> Scalar:
    """The n-th derivative in z of f(z(t), c(t)), where f is analytic in all of them.

    The coefficient of t^N in f(z(t) + s t, c(t)) is a polynomial in s of degree N, and n!
    times its n-th coefficient is that of t^(N-n) sought. So it is interpolated.
    """
    frame = next(e.frame for c in (at, *closed_over) for e in boxed(c).flat if isinstance(e, Jet))
    wide = Frame(frame.terms + order, is_sided=False)
    place, *others = (_reframed(value, wide) for value in (at, *closed_over))
    along = lambda s: evaluated(jets, place + variable(ZERO, wide) * s, others)
    try:
        # No comparison may depend on the direction: not one in a whole interval of them.
        along(arb(1, 0.5))
        values = [along(arb(s)) for s in range(wide.terms)]
    except SideNeeded:
        return unknown("a derivative beside a kink that moves")
    found: list[arb] = []
    for degree in range(order, wide.terms):
        terms = [coefficient(value, degree) for value in values[: degree + 1]]
        if any(term is None for term in terms):
            break
        found.append(math.factorial(order) * _interpolated(terms, order))
    return normal(0, found, len(found), frame) if found else unknown("a mixed derivative")


def _reframed(value: Any, frame: Frame) -> Any:
    change = lambda x: replace(x, frame=frame) if isinstance(x, Jet) and not x.why else x
    return unboxed(boxed(np.frompyfunc(change, 1, 1)(boxed(value))))


def _interpolated(values: Sequence[Any], k: int) -> arb:
    """The k-th coefficient of the polynomial that has these values at 0, 1, 2, …"""
    total = ZERO
    for i, value in enumerate(values):
        basis = fmpq_poly([1])
        for j in range(len(values)):
            if j != i:
                basis *= fmpq_poly([fmpq(-j, i - j), fmpq(1, i - j)])
        total += arb(basis[k]) * value
    return total


def nested_integral(equation: Any) -> Callable[..., Any]:
    """The integral of f(z, *closed) from low to high, where the ends may be jets."""
    from verify.arithmetic.calculus.rules import batched

    jets = equation.system.compile(closed(equation.params["jaxpr"]))
    unbatched = {**equation.params, "axes": ()}
    balls = BALLS.rules["integral"](equation._replace(system=BALLS, params=unbatched))

    def swept(end: Scalar, closed_over: Sequence[Any]) -> Scalar:
        return _along(jets, end, closed_over, -1) if isinstance(end, Jet) else ZERO

    def apply(low: Scalar, high: Scalar, *closed_over: Any) -> Scalar:
        _need_fixed(equation, closed_over)
        ends = [constant_term(end) if isinstance(end, Jet) else end for end in (low, high)]
        fixed = balls(*ends, *closed_over)
        return fixed + (swept(high, closed_over) - swept(low, closed_over))

    return batched(equation, apply)


def _need_fixed(equation: Any, operands: Sequence[Any]) -> None:
    if any(_varies(operand) for operand in operands):
        place = f" at {equation.where}" if equation.where else ""
        raise Unreadable(
            f"derivative needs a function without {equation.name} of what varies, got one"
            f"{place}; use jax.grad there"
        )


def of_balls_alone(name: str) -> Callable[[Any], Callable[..., Any]]:
    """The rule of balls; an operand that varies cannot be read."""

    def rule(equation: Any) -> Callable[..., Any]:
        balls = BALLS.rules[name]
        if isinstance(balls, Elementwise):
            balls = lift(balls, len(equation.in_avals), equation.out_avals)
        else:
            balls = balls(equation._replace(system=BALLS))

        def apply(*operands: Any) -> Any:
            _need_fixed(equation, operands)
            return balls(*operands)

        return apply

    return rule


_OF_BALLS_ALONE = ("series", "limit", "eigh", "svd", "qr", "igamma_grad_a")

RULES: dict[str, Any] = {
    "derivative": nested_derivative,
    "integral": nested_integral,
    **{name: of_balls_alone(name) for name in _OF_BALLS_ALONE},
}
