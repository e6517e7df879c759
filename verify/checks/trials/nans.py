"""Whether a result was got from NaN by a step that hides it.

`loss < 0.1` is false where training went to NaN, and `~(loss > 0.1)` is true: neither says
anything of the loss. XLA's largest number of several passes over NaN on the CPU, so that an
array that holds it can have any. What is looked through is the function itself and the
functions that it calls. Of a loop, a branch or a function with derivatives of its own, whose
steps may have NaN where nobody looks, it is seen whether NaN goes in or comes out, not whether
it arises inside and is hidden there. `x != x`, by which NaN is asked for, and `isfinite` hide
nothing.
"""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from verify.arithmetic import jaxprs
from verify.arithmetic.jaxprs import Closed, Literal

# Beside all that gives integers or booleans.
_HIDING = {
    "max", "min", "clamp", "reduce_max", "reduce_min", "cummax", "cummin", "sort", "top_k",
    "approx_top_k", "pow", "reduce_window_max", "reduce_window_min", "scatter_max", "scatter_min",
    "select_and_scatter_add", "select_and_gather_add",
}  # fmt: skip
_Marked = tuple[Any, Array]  # a value, and whether a hidden NaN has a part in it


def watched(program: Closed, *arguments: Any) -> tuple[list[Any], list[Array]]:
    """The results of a jaxpr, and for each whether a hidden NaN has a part in it.

    A result that is NaN itself counts too.
    """
    results, marks = _read(program, [(value, jnp.bool_(False)) for value in arguments])
    return results, [mark | _is_nan(result) for mark, result in zip(marks, results, strict=True)]


def _read(program: Closed, arguments: Sequence[_Marked]) -> tuple[list[Any], list[Array]]:
    """The results, and their marks."""
    jaxpr = program.jaxpr
    clear = jnp.bool_(False)
    known = {v: (c, clear) for v, c in zip(jaxpr.constvars, program.consts, strict=True)}
    known |= dict(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> _Marked:
        return (jaxprs.constant_value(atom), clear) if isinstance(atom, Literal) else known[atom]

    for equation in program.equations:
        arguments = [read(atom) for atom in equation.invars]
        known.update(zip(equation.outvars, _step(equation, arguments), strict=True))
    outputs = [read(atom) for atom in jaxpr.outvars]
    return [value for value, _ in outputs], [mark for _, mark in outputs]


def _step(equation: Any, arguments: Sequence[_Marked]) -> list[_Marked]:
    """What an equation gives."""
    values = [value for value, _ in arguments]
    inner = jaxprs.plain_call(equation)
    if inner is not None:
        return list(zip(*_read(inner, arguments), strict=True))
    mark = jnp.bool_(False)
    for _, other in arguments:
        mark = mark | other
    if _may_hide(equation):
        for value in values:
            mark = mark | _is_nan(value)
    return [(result, mark) for result in jaxprs.bind(equation, values)]


def _may_hide(equation: Any) -> bool:
    """Whether NaN can go in and not come out: through a loop or a branch too."""
    name = equation.primitive.name
    if name in ("eq", "ne") and equation.invars[0] is equation.invars[1]:
        return False  # asks for it
    if name == "is_finite":
        return False
    has_no_nan = any(
        not jnp.issubdtype(result.aval.dtype, jnp.inexact) for result in equation.outvars
    )
    return has_no_nan or name in _HIDING or bool(jaxprs.inner_jaxprs(equation))


def _is_nan(value: Any) -> Array:
    if not jnp.issubdtype(jnp.result_type(value), jnp.inexact):
        return jnp.bool_(False)
    return jnp.any(jnp.isnan(value))
