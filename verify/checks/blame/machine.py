"""A program run step by step in balls, so that single values can be replaced."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from verify.arithmetic.balls.constants import constant
from verify.arithmetic.interpreter import NumberSystem, Program
from verify.arithmetic.jaxprs import Closed
from verify.arithmetic.rewriting import rewritten
from verify.checks.blame.steps import Step

Values = dict[str, Any]


class _Value(NamedTuple):
    """An input or output of a single equation."""

    place: int
    aval: Any


class _Single(NamedTuple):
    """An equation whose inputs are all variables, constants among them."""

    primitive: Any
    params: Mapping[str, Any]
    invars: tuple[_Value, ...]
    outvars: tuple[_Value, ...]
    source_info: Any


class _Jaxpr(NamedTuple):
    """As much of a jaxpr as a program is compiled from."""

    invars: tuple[_Value, ...]
    outvars: tuple[_Value, ...]
    eqns: tuple[_Single, ...]
    constvars: tuple[()] = ()


@dataclass(frozen=True)
class Machine:
    """Steps and, for each, its operation for the reading in force."""

    steps: Sequence[Step]
    operations: Sequence[Callable[..., tuple[Any, ...]]]

    def run(self, values: Values) -> Values:
        """All values, from those of inputs and constants."""
        return self.resumed(values, -1)

    def resumed(self, values: Values, after: int) -> Values:
        """All values, from those up to a step."""
        result = dict(values)
        for number in range(after + 1, len(self.steps)):
            self._do(number, result)
        return result

    def changed(self, values: Values, changes: Values, after: int) -> Values:
        """All values once some are replaced, with what depends on them after a step."""
        result = values | changes
        moved = set(changes)
        for number in range(after + 1, len(self.steps)):
            step = self.steps[number]
            if moved.intersection(step.inputs):
                self._do(number, result)
                moved.update(step.outputs)
        return result

    def _do(self, number: int, values: Values) -> None:
        step = self.steps[number]
        outputs = self.operations[number](*(values[name] for name in step.inputs))
        values.update(zip(step.outputs, outputs, strict=True))


@dataclass(frozen=True)
class Compiled:
    """Steps compiled one by one for a number system."""

    steps: Sequence[Step]
    programs: Sequence[Program]

    def machine(self) -> Machine:
        """What runs them in the reading in force."""
        return Machine(self.steps, [program.instance() for program in self.programs])


def compiled(steps: Sequence[Step], system: NumberSystem) -> Compiled:
    """Each step by itself.

    Raises:
        Unreadable: the system has no rule for one.
    """
    whole = rewritten(list(steps))
    programs = [_single(step, read, system) for step, read in zip(steps, whole, strict=True)]
    return Compiled(whole, programs)


def _single(step: Step, read: Step, system: NumberSystem) -> Program:
    equation = read.equation
    invars = tuple(_Value(i, v.aval) for i, v in enumerate(equation.invars))
    outvars = tuple(_Value(-1 - i, v.aval) for i, v in enumerate(equation.outvars))
    source = step.equation.source_info
    single = _Single(equation.primitive, equation.params, invars, outvars, source)
    return system.compile(Closed(_Jaxpr(invars, outvars, (single,)), ()))


def exactly(value: Any) -> Any:
    """Floats, integers or booleans as they are stored, in a reading of constants as points."""
    array = np.asarray(value)
    if not jnp.issubdtype(array.dtype, np.floating):
        return array.item() if array.ndim == 0 else array.astype(object)
    numbers = array.astype(np.float64)
    if numbers.ndim == 0:
        return constant(numbers[()])
    result = np.empty(numbers.shape, object)
    for place in np.ndindex(numbers.shape):
        result[place] = constant(numbers[place])
    return result
