"""Rules of balls for the primitives that carry a function."""

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.arithmetic.arrays import boxed, unboxed
from verify.arithmetic.calculus.integrals import Integral
from verify.arithmetic.calculus.limits import Limit
from verify.arithmetic.calculus.series import Series
from verify.arithmetic.errors import Undecided
from verify.arithmetic.jaxprs import Closed, closed


def integral(equation: Any) -> Callable[..., Any]:
    if equation.params["jumps"]:
        return _jumping(equation, "an integrand", "Leibniz' rule is wrong")
    return batched(equation, Integral(*_parts(equation), swapped=equation.params["swapped"]))


def series(equation: Any) -> Callable[..., Any]:
    if equation.params["jumps"]:
        return _jumping(equation, "a term", "term-by-term differentiation is wrong")
    return batched(equation, Series(*_parts(equation), swapped=equation.params["swapped"]))


def limit(equation: Any) -> Callable[..., Any]:
    if equation.params["jumps"]:
        return _jumping(equation, "a function", "the limit of its derivatives is another thing")
    options = {name: equation.params[name] for name in ("side", "integers", "swapped")}
    return batched(equation, Limit(*_parts(equation), **options))


def derivative(equation: Any) -> Callable[..., Any]:
    from verify.arithmetic.jets.derivative import Derivative

    program = closed(equation.params["jaxpr"])
    return batched(equation, Derivative(program, equation.params["order"]))


def _parts(equation: Any) -> tuple[Closed, Any]:
    return closed(equation.params["jaxpr"]), equation.system


def batched(equation: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of scalar places over the batch axes of its operands."""
    for level in equation.params["axes"]:
        function = _over(function, level)
    return function


def _over(function: Callable[..., Any], level: tuple[int | None, ...]) -> Callable[..., Any]:
    def apply(*operands: Any) -> Any:
        arrays = [boxed(o) if d is None else np.moveaxis(boxed(o), d, 0)
                  for o, d in zip(operands, level, strict=True)]  # fmt: skip
        size = next(len(a) for a, d in zip(arrays, level, strict=True) if d is not None)
        rows = [
            boxed(function(*(unboxed(a) if d is None else a[i]
                             for a, d in zip(arrays, level, strict=True))))
            for i in range(size)
        ]  # fmt: skip
        return np.stack(rows) if rows else np.empty(0, object)

    return apply


def _jumping(equation: Any, what: str, so: str) -> Callable[..., Any]:
    place = f" at {equation.where}" if equation.where else ""
    return _raising(
        f"{what} may jump at a place that depends on the parameter of a derivative{place},"
        f" where {so}; write the jump with maximum, abs or ends"
    )


def _raising(why: str) -> Callable[..., Any]:
    def apply(*_: Any) -> Any:
        raise Undecided(why)

    return apply


RULES = {"integral": integral, "series": series, "limit": limit, "derivative": derivative}
