"""Enclosures by the values at a ball's ends: of monotone functions, and of steps.

Arb's own enclosure on a wide ball can be far too wide (tanh on [-1, 1] gives
[-5.6, 0.77]) or unknown. The ends cost two more evaluations, so they are asked only
where the first enclosure has few digits.
"""

import functools
import itertools
from collections.abc import Callable

from flint import arb

from verify.arithmetic.arrays import Elementwise, inline
from verify.arithmetic.reading import current, settings

ENOUGH = 20  # bits of relative accuracy over which an enclosure is taken as it is
SLACK = 28  # bits that a function of exact arguments may lose before it is computed again
ZERO, ONE, HALF = arb(0), arb(1), arb("0.5")
INFINITY = arb.pos_inf()

Function = Callable[[arb], arb]


def monotone(function: Function) -> Elementwise:
    """The rule of a function that is monotone wherever it is defined on a whole ball."""
    name = function.__name__
    return _put_straight(name, f"{name}({{x}})", function)


def monotone_method(name: str) -> Elementwise:
    """The same for a method of `arb`."""
    return _put_straight(name, f"{{x}}.{name}()", getattr(arb, name))


def _put_straight(name: str, call: str, function: Function) -> Elementwise:
    """A call that is put straight into the code: it is narrowed where it has few digits."""
    value = f"_y if (_y := {call}).rel_accuracy_bits() > {ENOUGH} else narrowed(_y, {name}, {{x}})"
    return inline(value, **{"narrowed": narrowed, name: function})


def non_negative(template: str) -> Elementwise:
    """The rule of an expression in x that is never negative, as wide balls may be."""
    return inline(f"_y if (_y := {template}) >= ZERO else _y.nonnegative_part()", ZERO=ZERO)


def narrowed(value: arb, function: Callable[..., arb], *balls: arb) -> arb:
    """An enclosure of a function monotone in each argument, cut to the hull of its corners."""
    if value.rel_accuracy_bits() > ENOUGH or all(x.is_exact() for x in balls):
        return value
    ends = ((x,) if x.is_exact() else (x.lower(), x.upper()) for x in balls)
    corners = itertools.product(*ends)
    return common(value, functools.reduce(arb.union, itertools.starmap(function, corners)))


def common(left: arb, right: arb) -> arb:
    """What two enclosures of one number have in common; NaN encloses everything."""
    if left.is_nan() or right.is_nan():
        return right if left.is_nan() else left
    return left.intersection(right)


def sharpened(function: Callable[..., arb], *balls: arb) -> arb:
    """A function's value; at exact arguments that cost it digits, with more of them inside."""
    value, bits = function(*balls), current().bits
    if not all(x.is_exact() for x in balls):
        return value
    for factor in (2, 4, 8):
        if value.rel_accuracy_bits() >= bits - SLACK:
            break
        with settings(bits=factor * bits):
            value = function(*balls)
    return +value


def step(function: Function) -> Elementwise:
    """The rule of a monotone function with steps, given on exact numbers."""

    def apply(x: arb) -> arb:
        if x.is_exact():
            return function(x)
        low, high = function(x.lower()), function(x.upper())
        return low if low == high else low.union(high)

    return Elementwise(apply)


def is_infinite(x: arb) -> bool:
    """Whether x is exactly plus or minus infinity."""
    return x.is_exact() and not x.is_finite() and not x.is_nan()
