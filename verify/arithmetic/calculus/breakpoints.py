"""Where an integrand may change its ways: centres, widths and jumps read off its jaxpr.

A quadrature that knows nothing of an integrand misses a narrow peak and is sure of it.
But a peak has a place, and the jaxpr says where: exp, tanh, a comparison or a power is
applied to something that is linear or quadratic in the variable. The zero of the one, the
vertex of the other and how fast they grow give a centre and a width.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from verify.arithmetic.jaxprs import Closed, Literal, called, constant_value, trace

_SAME_DEGREE = {
    "neg", "convert_element_type", "reshape", "broadcast_in_dim", "squeeze", "copy", "slice",
    "reduce_sum", "transpose", "stop_gradient", "expand_dims", "cumsum", "optimization_barrier",
}  # fmt: skip
_LARGEST_DEGREE = {"add", "add_any", "sub", "concatenate"}
_COMPARED = {"lt", "le", "gt", "ge", "eq", "ne", "max", "min"}
_QUIET = {"is_finite"}
# Smooth wherever they are defined: a root of what they are applied to is no kink.
_SMOOTH = {
    "exp", "exp2", "expm1", "logistic", "tanh", "erf", "erfc", "sin", "cos", "sinh", "cosh",
    "mul", "square",
}  # fmt: skip


class _Seen(NamedTuple):
    """A value and its degree in the variable; None where that is over two or unknown."""

    value: Any
    degree: int | None


_Visit = Callable[[Any, list[_Seen]], list[_Seen]]


class Features(NamedTuple):
    """The linear and quadratic parts of an integrand that something nonlinear is applied to.

    Attributes:
        program: takes the arguments of the integrand f(z, *closed), gives their values.
            Those at three places give their coefficients.
        is_smooth: for each, whether f is smooth where it is zero.
    """

    program: Closed
    is_smooth: tuple[bool, ...]


def features(program: Closed) -> Features:
    """The parts of an integrand that tell where it may be narrow."""
    smooth: list[bool] = []

    def values(z: Any, *closed: Any) -> list[Any]:
        found: list[Any] = []
        smooth.clear()

        def visit(equation: Any, arguments: list[_Seen]) -> list[_Seen]:
            results = _done(equation, arguments)
            if results and results[0].degree is None:
                _record(equation, arguments, found, smooth)
            return results

        _walk(program, [_Seen(z, 1), *(_Seen(c, 0) for c in closed)], visit)
        return [jnp.ravel(v) for v in found] or [jnp.zeros((0,), jnp.result_type(float))]

    traced = _retraced(values, program.in_avals)
    return Features(traced, tuple(smooth) or (True,))


class Sided(NamedTuple):
    """An integrand that is told on which side of each of its jumps and kinks it is.

    Attributes:
        differences: takes the arguments of the integrand f(z, *closed); gives linear
            functions of z, at whose zeros alone comparisons in f change their answers.
        program: f(z, *answers, *closed), an answer saying where a difference is positive.
    """

    differences: Closed
    program: Closed


def sided(program: Closed) -> Sided:
    """An integrand as pieces, on each of which its linear comparisons have one answer."""

    def differences(z: Any, *closed: Any) -> list[Any]:
        found: list[Any] = []

        def visit(equation: Any, arguments: list[_Seen]) -> list[_Seen]:
            if _has_sides(equation, arguments):
                found.append(_difference(arguments))
            return _done(equation, arguments)

        _walk(program, [_Seen(z, 1), *(_Seen(c, 0) for c in closed)], visit)
        return found

    apart = _retraced(differences, program.in_avals)
    if not apart.out_avals:
        return Sided(apart, program)
    count = len(apart.out_avals)

    def answered(z: Any, *rest: Any) -> list[Any]:
        answers = iter(rest[:count])

        def visit(equation: Any, arguments: list[_Seen]) -> list[_Seen]:
            if _has_sides(equation, arguments):
                value = _BY_SIDE[equation.primitive.name](
                    next(answers), *(a.value for a in arguments)
                )
                return [_Seen(value, None)]
            return _done(equation, arguments)

        inputs = [_Seen(z, 1), *(_Seen(c, 0) for c in rest[count:])]
        return [seen.value for seen in _walk(program, inputs, visit)]

    variable, *closed = program.in_avals
    flags = [jax.ShapeDtypeStruct(a.shape, bool) for a in apart.out_avals]
    return Sided(apart, _retraced(answered, [variable, *flags, *closed]))


# What a primitive gives where the difference of its arguments is known to be positive, or
# known to be negative. An argument alone is compared with zero.
_BY_SIDE: dict[str, Callable[..., Any]] = {
    "lt": lambda is_over, left, right: ~is_over,
    "le": lambda is_over, left, right: ~is_over,
    "gt": lambda is_over, left, right: is_over,
    "ge": lambda is_over, left, right: is_over,
    "max": lambda is_over, left, right: jax.lax.select(is_over, left, right),
    "min": lambda is_over, left, right: jax.lax.select(is_over, right, left),
    "abs": lambda is_over, x: jax.lax.select(is_over, x, -x),
    "sign": lambda is_over, x: jax.lax.select(is_over, jnp.ones_like(x), -jnp.ones_like(x)),
}


def _has_sides(equation: Any, arguments: list[_Seen]) -> bool:
    """Whether it compares linear functions of the variable."""
    degrees = [a.degree for a in arguments]
    return (
        equation.primitive.name in _BY_SIDE
        and None not in degrees
        and max(d for d in degrees if d is not None) == 1
        and all(jnp.issubdtype(jnp.result_type(a.value), jnp.floating) for a in arguments)
    )


def _difference(arguments: list[_Seen]) -> Any:
    if len(arguments) == 1:
        return arguments[0].value
    return jnp.subtract(arguments[0].value, arguments[1].value)


def _retraced(function: Callable[..., Any], avals: Sequence[Any]) -> Closed:
    return trace(function, *(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals))[0]


def _walk(program: Closed, inputs: Sequence[_Seen], visit: _Visit) -> list[_Seen]:
    """Its results, every equation handed to `visit`."""
    names = dict(zip(program.jaxpr.invars, inputs, strict=True))
    names |= {v: _Seen(c, 0) for v, c in zip(program.jaxpr.constvars, program.consts, strict=True)}

    def read(atom: Any) -> _Seen:
        return _Seen(constant_value(atom), 0) if isinstance(atom, Literal) else names[atom]

    for equation in program.equations:
        arguments = [read(atom) for atom in equation.invars]
        inner = called(equation)
        if inner is not None:
            results = _walk(inner, arguments, visit)
        else:
            results = visit(equation, arguments)
        names.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in program.jaxpr.outvars]


def _done(equation: Any, arguments: list[_Seen]) -> list[_Seen]:
    """What an equation gives."""
    results = equation.primitive.bind(*(a.value for a in arguments), **equation.params)
    results = list(results) if equation.primitive.multiple_results else [results]
    degree = _degree(equation, [a.degree for a in arguments])
    return [_Seen(r, degree) for r in results]


def _degree(equation: Any, degrees: list[int | None]) -> int | None:
    """The degree of an equation's result, or None where it is no polynomial up to two."""
    name = equation.primitive.name
    if all(d == 0 for d in degrees):
        return 0
    if any(d is None for d in degrees):
        return None
    if not all(jnp.issubdtype(v.aval.dtype, jnp.floating) for v in equation.outvars):
        return None  # a rounding, or a comparison
    known = [d for d in degrees if d is not None]
    if name in _SAME_DEGREE or name in _LARGEST_DEGREE:
        degree = max(known)
    elif name in ("mul", "dot_general"):
        degree = sum(known)
    elif name == "square":
        degree = 2 * known[0]
    elif name == "integer_pow" and equation.params["y"] > 0:
        degree = equation.params["y"] * known[0]
    elif name == "div" and known[1] == 0:
        degree = known[0]
    else:
        return None
    return degree if degree <= 2 else None


def _record(equation: Any, arguments: list[_Seen], found: list[Any], smooth: list[bool]) -> None:
    name = equation.primitive.name
    if name in _QUIET or name in _SAME_DEGREE or name in _LARGEST_DEGREE:
        return
    if name in _COMPARED and None not in (arguments[0].degree, arguments[1].degree):
        if arguments[0].value is not arguments[1].value:
            found.append(_difference(arguments))
            smooth.append(False)
        return
    if name in ("mul", "div") and None in (arguments[0].degree, arguments[1].degree):
        # A factor that is a polynomial makes nothing narrow; a divisor may be near zero.
        arguments = arguments[1:] if name == "div" else []
    for argument in arguments:
        if argument.degree in (1, 2) and jnp.issubdtype(argument.value.dtype, jnp.floating):
            found.append(argument.value)
            smooth.append(name in _SMOOTH)
