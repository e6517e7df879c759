"""Whether a function may jump at a place that depends on a parameter.

There Leibniz' rule is wrong: the derivative of the integral has a term for the jump. What
is told is "may": a comparison whose branches agree where it changes is not seen through.
abs, max, min and clamp are continuous and do not count, but their derivatives, which JAX
writes with comparisons, do.
"""

from collections.abc import Sequence
from typing import Any

from verify.arithmetic.jaxprs import Closed, Literal, called, inner_jaxprs

_JUMPS = {
    "lt", "le", "gt", "ge", "lt_to", "le_to", "eq", "ne", "sign", "floor", "ceil", "round", "rem",
    "argmax", "argmin", "sort", "nextafter",
}  # fmt: skip
_Dependence = tuple[bool, bool]  # on the variable, on a moving parameter
_NEITHER: _Dependence = (False, False)


def may_jump(program: Closed, moving: Sequence[bool]) -> bool:
    """Whether f(z, *closed) may jump in z at a place that some moving parameter shifts.

    Args:
        moving: for each closed-over value, whether it is differentiated.
    """
    inputs = [(True, False), *((False, m) for m in moving)]
    return _walk(program, inputs)[1]


def _walk(program: Closed, inputs: Sequence[_Dependence]) -> tuple[list[_Dependence], bool]:
    known = dict(zip(program.jaxpr.invars, inputs, strict=True))
    jumps = False

    def read(atom: Any) -> _Dependence:
        return _NEITHER if isinstance(atom, Literal) else known.get(atom, _NEITHER)

    for equation in program.equations:
        arguments = [read(atom) for atom in equation.invars]
        inner = called(equation)
        if inner is not None:
            results, found = _walk(inner, arguments)
        else:
            both = (any(a[0] for a in arguments), any(a[1] for a in arguments))
            found = all(both) and _is_jump(equation)
            results = [both] * len(equation.outvars)
        jumps |= found
        known.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in program.jaxpr.outvars], jumps


def _is_jump(equation: Any) -> bool:
    """Whether an equation jumps, or anything inside it may."""
    if equation.primitive.name in ("eq", "ne") and equation.invars[0] is equation.invars[1]:
        return False  # asks whether a number is NaN
    if equation.primitive.name in _JUMPS or equation.primitive.name in ("cond", "while"):
        return True
    if equation.primitive.name == "convert_element_type":
        return equation.outvars[0].aval.dtype.kind in "iub"
    return any(_is_jump(e) for inner in inner_jaxprs(equation) for e in inner.equations)
