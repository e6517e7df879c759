"""Where an integrand may change its ways: centres and widths read off its jaxpr.

A quadrature that knows nothing of an integrand misses a narrow peak and is sure of it.
But a peak has a place, and the jaxpr says where: exp, tanh, a comparison or a power is
applied to something that is linear or quadratic in the variable. The zero of the one, the
vertex of the other and how fast they grow give a centre and a width.
"""

from collections.abc import Sequence
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


class _Seen(NamedTuple):
    """A value and its degree in the variable; None where that is over two or unknown."""

    value: Any
    degree: int | None


def features(program: Closed) -> Closed:
    """The linear and quadratic parts of an integrand f(z, *closed), as a program.

    It takes the arguments of the integrand and gives the value of every linear or
    quadratic subexpression that something nonlinear is applied to. Their values at three
    places give their coefficients.
    """

    def values(z: Any, *closed: Any) -> list[Any]:
        found: list[Any] = []
        _walk(program, [_Seen(z, 1), *(_Seen(c, 0) for c in closed)], found)
        return [jnp.ravel(v) for v in found] or [jnp.zeros((0,), jnp.result_type(float))]

    avals = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in program.in_avals]
    return trace(values, *avals)[0]


def _walk(program: Closed, inputs: Sequence[_Seen], found: list[Any]) -> list[_Seen]:
    names = dict(zip(program.jaxpr.invars, inputs, strict=True))
    names |= {v: _Seen(c, 0) for v, c in zip(program.jaxpr.constvars, program.consts, strict=True)}

    def read(atom: Any) -> _Seen:
        return _Seen(constant_value(atom), 0) if isinstance(atom, Literal) else names[atom]

    for equation in program.equations:
        arguments = [read(atom) for atom in equation.invars]
        inner = called(equation)
        if inner is not None:
            results = _walk(inner, arguments, found)
        else:
            results = _step(equation, arguments, found)
        names.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in program.jaxpr.outvars]


def _step(equation: Any, arguments: list[_Seen], found: list[Any]) -> list[_Seen]:
    values = [a.value for a in arguments]
    results = equation.primitive.bind(*values, **equation.params)
    results = list(results) if equation.primitive.multiple_results else [results]
    degree = _degree(equation, [a.degree for a in arguments])
    if degree is None:
        _record(equation, arguments, found)
    return [_Seen(r, degree) for r in results]


def _degree(equation: Any, degrees: list[int | None]) -> int | None:
    """The degree of an equation's result, or None where it is no polynomial up to two."""
    name = equation.primitive.name
    if all(d == 0 for d in degrees):
        return 0
    if any(d is None for d in degrees):
        return None
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


def _record(equation: Any, arguments: list[_Seen], found: list[Any]) -> None:
    name = equation.primitive.name
    if name in _QUIET or name in _SAME_DEGREE or name in _LARGEST_DEGREE:
        return
    if name in _COMPARED and None not in (arguments[0].degree, arguments[1].degree):
        if arguments[0].value is not arguments[1].value:
            found.append(jnp.subtract(arguments[0].value, arguments[1].value))
        return
    for argument in arguments:
        if argument.degree in (1, 2) and jnp.issubdtype(argument.value.dtype, jnp.floating):
            found.append(argument.value)
