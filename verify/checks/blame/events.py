"""What befalls a value in floats: an infinity, a NaN, an underflow, a term that is lost."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic.arrays import boxed
from verify.checks.blame.distances import is_float
from verify.checks.blame.steps import Step

_SUMS = ("add", "add_any", "sub")


def event(
    step: Step,
    floats: Mapping[str, Any],
    values: Mapping[str, Any],
    exact: Mapping[str, Any],
) -> str:
    """A few words on what befell a step, "" where nothing did.

    Args:
        step: the step.
        floats: all values of the program in floats.
        values: among them the step's outputs, exact at its float inputs.
        exact: all values when everything is exact.
    """
    if not step.is_floating:
        return ""
    inputs = [floats[name] for name in step.inputs]
    name = next(name for name in step.outputs if is_float(floats[name]))
    output = floats[name]
    if np.any(np.isnan(output)) and not _any(np.isnan, inputs):
        return f"{_call(step, inputs)} gives NaN"
    if np.any(np.isinf(output)) and not _any(lambda v: ~np.isfinite(v), inputs):
        known = all(isinstance(v, arb) and v.is_finite() for v in boxed(values[name]).flat)
        infinity = "-inf" if np.all(output == -np.inf) else "inf"
        return f"{_call(step, inputs)} {'overflows' if known else f'gives {infinity}'}"
    had_zero = _any(lambda v: v == 0, inputs)
    vanished = "" if had_zero else _vanishing(output, values[name], exact[name])
    return vanished or _absorption(step, inputs, output)


def _any(test: Any, values: Sequence[Any]) -> bool:
    return any(is_float(v) and np.any(test(v)) for v in values)


def _vanishing(output: Any, here: Any, exact: Any) -> str:
    """Whether what is not zero became zero, and whether by being small or by cancellation."""
    for value, near, far in zip(np.ravel(output), boxed(here).flat, boxed(exact).flat, strict=True):
        if value == 0 and isinstance(far, arb) and not far.contains(0):
            return "underflows to 0" if not _holds_zero(near) else "comes out as 0"
    return ""


def _holds_zero(value: Any) -> bool:
    return not isinstance(value, arb) or bool(value.contains(0))


def _absorption(step: Step, inputs: Sequence[Any], output: Any) -> str:
    """Whether one of two terms left no trace."""
    if step.name not in _SUMS or np.ndim(output) or not np.isfinite(output):
        return ""
    left, right = (float(v) for v in inputs)
    lost = right if output == left else left if abs(output) == abs(right) else 0.0
    return f"{lost:.3g} is lost in {float(output):.9g}" if lost else ""


def _call(step: Step, inputs: Sequence[Any]) -> str:
    if any(np.ndim(v) for v in inputs):
        return step.name
    return f"{step.name}({', '.join(f'{float(v):.9g}' for v in inputs)})"
