"""A program run in floats: equation by equation, and compiled as a whole."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from verify.arithmetic.jaxprs import bind, x64
from verify.checks.blame.steps import Steps


def run(steps: Steps, arguments: Sequence[Any], *, wide: bool) -> dict[str, Any]:
    """All values in floats, one equation after another, as without jit.

    Args:
        steps: of the program.
        arguments: arrays of its dtype.
        wide: whether x64 is on.
    """
    values = dict(zip(steps.inputs, arguments, strict=True)) | dict(steps.constants)
    with x64(wide):
        for step in steps.steps:
            results = bind(step.equation, [values[name] for name in step.inputs])
            values.update(zip(step.outputs, map(_stored, results), strict=True))
    return values


def _stored(value: Any) -> Any:
    """As NumPy has it; keys of random numbers it has not."""
    return np.asarray(value) if isinstance(value.dtype, np.dtype) else value


def run_compiled(
    function: Callable[..., Any], arguments: Sequence[Any], *, wide: bool
) -> list[np.ndarray]:
    """The outputs of the function compiled as a whole, which XLA may have rewritten."""
    with x64(wide):
        return [np.asarray(value) for value in jax.tree.leaves(jax.jit(function)(*arguments))]
