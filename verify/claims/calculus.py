"""Calculus inside a claim: integrals, series, limits, the true derivative.

Each is a JAX primitive that carries its function's jaxpr, so that every number system can
read it in its own way, and `jax.grad`, `jit` and `vmap` go through it.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from verify.arithmetic import floats, jaxprs
from verify.arithmetic.dependence import may_jump
from verify.arithmetic.jaxprs import Closed
from verify.claims.functional import along_closed, close_over, functional_primitive, place

Function = Callable[[Any], Any]


def integral(f: Function, low: Any, high: Any) -> Float[Array, ""]:
    """The integral of f(z) dz from low to high.

    Args:
        f: from a real scalar to a real scalar; it may close over anything.
        low, high: real scalars, which may be infinite.

    Returns:
        Real scalar. In balls it is rigorous on a finite range where f is piecewise
        analytic, and estimated (with a stated error) on an infinite one or with a
        singularity at an end. In floats, outside a claim, it is a guide that points a
        search: rough, and a number even where the integral diverges.

    Raises:
        TypeError: f is no function of that kind, or an end is no real scalar.
        ValueError: an end is NaN.
    """
    jaxpr, closed = close_over("integral", f)
    ends = _ends("integral", low, high)
    return integral_p.bind(*ends, *closed, jaxpr=jaxpr, axes=(), jumps=False, swapped=False)


def series(f: Function, low: Any, high: Any) -> Float[Array, ""]:
    """The sum of f(k) over the integers k from low to high, both included.

    Args:
        f: from a real scalar (a whole number, as a float) to a real scalar.
        low: whole number.
        high: whole number, or infinity.

    Returns:
        Real scalar. A finite sum is exact in balls, an infinite one is estimated. In
        floats it is rough, and a number even where the series diverges.

    Raises:
        TypeError: f is no function of that kind, or an end is no real scalar.
        ValueError: an end is NaN or no whole number, or low is infinite.
    """
    jaxpr, closed = close_over("series", f)
    ends = _ends("series", low, high)
    for name, end in (("low", ends[0]), ("high", ends[1])):
        number = _concrete(end)
        if number is not None and not math.isinf(number) and number != round(number):
            raise ValueError(f"series needs a whole number for {name}, got {number}.")
    if (_concrete(ends[0]) or 0.0) == -math.inf:
        raise ValueError("series needs a finite low, got -inf; sum over -k as well.")
    return series_p.bind(*ends, *closed, jaxpr=jaxpr, axes=(), jumps=False, swapped=False)


def limit(f: Function, at: Any, *, side: str = "both", integers: bool = False) -> Float[Array, ""]:
    """The limit of f(z) as z tends to a place.

    Args:
        f: from a real scalar to a real scalar.
        at: real scalar, which may be infinite.
        side: "above" (z > at), "below" (z < at) or "both".
        integers: z runs over the integers, odd and even; `at` must be infinite.

    Returns:
        Real scalar, which may be infinite. Estimated, from values in high precision at
        distances that shrink geometrically. In floats it is rough, and a number even where
        there is no limit.

    Raises:
        TypeError: f is no function of that kind, or `at` is no real scalar.
        ValueError: an unknown side, NaN, or integers at a finite place.
    """
    if side not in ("above", "below", "both"):
        raise ValueError(f"limit needs a side of above, below or both, got {side!r}.")
    jaxpr, closed = close_over("limit", f)
    where = _not_nan("limit", "at", place("limit", "at", at))
    number = _concrete(where)
    if integers and number is not None and not math.isinf(number):
        raise ValueError(f"limit needs an infinite place with integers=True, got {number}.")
    return limit_p.bind(where, *closed, jaxpr=jaxpr, axes=(), side=side, integers=bool(integers),
                        jumps=False, swapped=False)  # fmt: skip


def derivative(f: Function, x: Any) -> Float[Array, ""]:
    """The true derivative of f at x, whatever JAX's rules make of it.

    Args:
        f: from a real scalar to a real scalar.
        x: real scalar.

    Returns:
        Real scalar. In balls it is found from the expansions of f on either side of x,
        without any rule of automatic differentiation; where f has no derivative there is
        no value, and the claim is undecided at that point. In floats it is what JAX's
        rules give.

    Raises:
        TypeError: f is no function of that kind, or x is no real scalar.
    """
    jaxpr, closed = close_over("derivative", f)
    where = _not_nan("derivative", "x", place("derivative", "x", x))
    return derivative_p.bind(where, *closed, jaxpr=jaxpr, axes=(), order=1)


def _ends(name: str, low: Any, high: Any) -> tuple[Any, Any]:
    return (_not_nan(name, "low", place(name, "low", low)),
            _not_nan(name, "high", place(name, "high", high)))  # fmt: skip


def _not_nan(name: str, argument: str, value: Any) -> Any:
    number = _concrete(value)
    if number is not None and math.isnan(number):
        raise ValueError(f"{name} needs a number for {argument}, got nan.")
    return value


def _concrete(value: Any) -> float | None:
    """A value's number, or None while it is traced."""
    return None if jaxprs.is_traced(value) else float(value)


def _at(jaxpr: Any, z: Any, closed: Any) -> Any:
    return jaxprs.evaluate(jaxprs.closed(jaxpr), z, *closed)[0]


def _integral_tangent(
    ends: Sequence[Any],
    end_tangents: Sequence[Any],
    closed: Sequence[Any],
    tangents: Sequence[Any],
    *,
    jaxpr: Any,
    jumps: bool,
    swapped: bool,
) -> Any:
    """Leibniz' rule: what the ends sweep over, and the integral of the partial derivative."""
    jumps = jumps or _may_jump(jaxpr, tangents)
    build = _of_functions(integral_p, ends, jumps=jumps, swapped=True)
    total = along_closed(build, jaxpr, closed, tangents)
    for sign, end, tangent in zip((-1, 1), ends, end_tangents, strict=True):
        if tangent is not None:
            total += sign * _at(jaxpr, end, closed) * tangent
    return total


def _of_functions(
    primitive: jaxprs.Primitive, places: Sequence[Any], **options: Any
) -> Callable[[Function], Any]:
    """A primitive at some places, as a map from scalar functions to its value."""

    def build(g: Function) -> Any:
        jaxpr, closed = close_over(primitive.name, g)
        return primitive.bind(*places, *closed, jaxpr=jaxpr, axes=(), **options)

    return build


def _may_jump(jaxpr: Any, tangents: Sequence[Any]) -> bool:
    """Whether f may jump in its variable at a place that some moving operand shifts."""
    return may_jump(jaxprs.closed(jaxpr), [t is not None for t in tangents])


def _series_tangent(
    ends: Sequence[Any],
    end_tangents: Sequence[Any],
    closed: Sequence[Any],
    tangents: Sequence[Any],
    *,
    jaxpr: Any,
    jumps: bool,
    swapped: bool,
) -> Any:
    """Term by term; the ends are whole numbers and do not move."""
    jumps = jumps or _may_jump(jaxpr, tangents)
    build = _of_functions(series_p, ends, jumps=jumps, swapped=True)
    return along_closed(build, jaxpr, closed, tangents)


def _limit_tangent(
    places: Sequence[Any],
    place_tangents: Sequence[Any],
    closed: Sequence[Any],
    tangents: Sequence[Any],
    *,
    jaxpr: Any,
    side: str,
    integers: bool,
    jumps: bool,
    swapped: bool,
) -> Any:
    """The limit of the partial derivatives, which is an exchange of limits."""
    jumps = jumps or _may_jump(jaxpr, tangents)
    build = _of_functions(limit_p, places, side=side, integers=integers, jumps=jumps, swapped=True)
    total = along_closed(build, jaxpr, closed, tangents)
    if place_tangents[0] is not None:  # of a continuous function: its own derivative
        f = functools.partial(_at, jaxpr, closed=closed)
        total += place_tangents[0] * build(lambda z: jax.jvp(f, (z,), (jnp.ones_like(z),))[1])
    return total


def _derivative_tangent(
    places: Sequence[Any],
    place_tangents: Sequence[Any],
    closed: Sequence[Any],
    tangents: Sequence[Any],
    *,
    jaxpr: Any,
    order: int,
) -> Any:
    """The next derivative along the place; the derivative of the partial ones."""
    total = along_closed(_of_functions(derivative_p, places, order=order), jaxpr, closed, tangents)
    if place_tangents[0] is not None:
        further = derivative_p.bind(*places, *closed, jaxpr=jaxpr, axes=(), order=order + 1)
        total += further * place_tangents[0]
    return total


def _integral_floats(
    program: Closed, ends: tuple[Any, Any], closed: Sequence[Any], *, jumps: bool, swapped: bool
) -> Any:
    return floats.integral(program, *ends, closed)


def _series_floats(
    program: Closed, ends: tuple[Any, Any], closed: Sequence[Any], *, jumps: bool, swapped: bool
) -> Any:
    return floats.series(program, *ends, closed)


def _limit_floats(
    program: Closed,
    places: tuple[Any],
    closed: Sequence[Any],
    *,
    side: str,
    integers: bool,
    jumps: bool,
    swapped: bool,
) -> Any:
    return floats.limit(program, *places, closed, side=side, integers=integers)


def _derivative_floats(
    program: Closed, places: tuple[Any], closed: Sequence[Any], *, order: int
) -> Any:
    return floats.derivative(program, *places, closed, order=order)


integral_p = functional_primitive("integral", 2, _integral_floats, _integral_tangent)
series_p = functional_primitive("series", 2, _series_floats, _series_tangent)
limit_p = functional_primitive("limit", 1, _limit_floats, _limit_tangent)
derivative_p = functional_primitive("derivative", 1, _derivative_floats, _derivative_tangent)
