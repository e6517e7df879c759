"""A function traced at a dtype, as one list of equations with every value named.

Unlike the compiled form of a program, no two equations are taken together: each keeps the
line that made it. Calls are replaced by what they call, scans that are short enough by their
turns. Other loops, and branches, stay whole.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic.interpreter import live
from verify.arithmetic.jaxprs import (
    Closed,
    Literal,
    Scan,
    called,
    closed,
    constant_value,
    is_read_by_meaning,
    name_of_call,
    scan_of,
    source_line,
    x64,
)

_MOST_TURNED = 500  # equations of all turns of a scan, over which it is one equation


@dataclass(frozen=True)
class Step:
    """An equation, the names of its values, and where it comes from.

    Attributes:
        equation: of the jaxpr, or one that is read in its place.
        inputs, outputs: names.
        where: the user's `file:line`, "" inside libraries.
        inside: the function of a library that it belongs to, "" in the user's own code.
    """

    equation: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    where: str
    inside: str

    @property
    def name(self) -> str:
        return self.equation.primitive.name

    @property
    def is_floating(self) -> bool:
        """Whether it gives floats, which alone can be rounded."""
        return any(is_floating(v.aval) for v in self.equation.outvars)


@dataclass(frozen=True)
class Steps:
    """A program as a list of steps.

    Attributes:
        steps: those that the outputs need.
        inputs, outputs: names.
        constants: by name, one for each use.
        avals: of the outputs.
    """

    steps: Sequence[Step]
    inputs: Sequence[str]
    outputs: Sequence[str]
    constants: Mapping[str, Any]
    avals: Sequence[Any]


def is_floating(aval: Any) -> bool:
    return jnp.issubdtype(aval.dtype, np.floating)


def traced(function: Callable[..., Any], shapes: Any, *, wide: bool) -> Closed:
    """The jaxpr of a function at a tuple of shapes and dtypes, with x64 on or off."""
    with x64(wide):
        return closed(jax.make_jaxpr(function)(*shapes))


def steps_of(program: Closed) -> Steps:
    """The equations of a program and of the programs that it calls, in order."""
    flat = _Flat()
    inputs = [flat.name("x") for _ in program.jaxpr.invars]
    outputs = flat.add(program, inputs, "", "")
    kept = live(flat.steps, outputs)
    return Steps(kept, inputs, outputs, flat.constants, program.out_avals)


@dataclass
class _Flat:
    steps: list[Step] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    _count: int = 0

    def name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def constant(self, value: Any, aval: Any) -> str:
        name = self.name("k")
        is_number = isinstance(aval.dtype, np.dtype)  # keys of random numbers are not
        self.constants[name] = np.asarray(value).astype(aval.dtype) if is_number else value
        return name

    def add(self, program: Closed, inputs: Sequence[str], where: str, inside: str) -> list[str]:
        """Append a program's equations; gives the names of its outputs."""
        names: dict[Any, str] = dict(zip(program.jaxpr.invars, inputs, strict=True))
        held = dict(zip(program.jaxpr.constvars, program.consts, strict=True))

        def read(atom: Any) -> str:
            if isinstance(atom, Literal):
                return self.constant(constant_value(atom), atom.aval)
            return self.constant(held[atom], atom.aval) if atom in held else names[atom]

        for equation in program.equations:
            arguments = tuple(map(read, equation.invars))
            results = self._equation(equation, arguments, where, inside)
            names.update(zip(equation.outvars, results, strict=True))
        return [read(atom) for atom in program.jaxpr.outvars]

    def _equation(self, equation: Any, inputs: tuple[str, ...], where: str, inside: str):
        own = source_line(equation)
        inner = None if is_read_by_meaning(equation) else called(equation)
        if inner is not None:
            return self.add(inner, inputs, own or where, name_of_call(equation))
        if equation.primitive.name == "scan" and _is_short(scan_of(equation)):
            return self._turns(equation, inputs, own or where, inside)
        outputs = tuple(self.name("v") for _ in equation.outvars)
        self.steps.append(Step(equation, inputs, outputs, own or where, "" if own else inside))
        return outputs

    def _turns(
        self, equation: Any, inputs: Sequence[str], where: str, inside: str
    ) -> Sequence[str]:
        """A scan's turns one after another; gives the names of its outputs."""
        loop, avals = scan_of(equation), [v.aval for v in equation.invars]
        first = loop.constants + loop.carries
        constants, carry = inputs[: loop.constants], list(inputs[loop.constants : first])
        slices, made = list(zip(inputs[first:], avals[first:], strict=True)), []
        for turn in range(loop.length)[:: -1 if loop.reverse else 1]:
            here = [self._of_arrays(_entry(turn), [x], where) for x in slices]
            results = self.add(loop.body, [*constants, *carry, *here], where, inside)
            carry = results[: loop.carries]
            made.append(results[loop.carries :])
        in_order = made[:: -1 if loop.reverse else 1]
        stacks = [list(names) for names in zip(*in_order, strict=True)]
        kinds = loop.body.out_avals[loop.carries :]
        return [*carry, *(self._of_arrays(_stack, [(name, kind) for name in names], where)
                          for names, kind in zip(stacks, kinds, strict=True))]  # fmt: skip

    def _of_arrays(
        self, function: Callable[..., Any], arrays: Sequence[tuple[str, Any]], where: str
    ) -> str:
        """A function of named arrays, as steps."""
        program = traced(function, [aval for _, aval in arrays], wide=True)
        return self.add(program, [name for name, _ in arrays], where, "")[0]


def _is_short(loop: Scan) -> bool:
    return 0 < loop.length * len(loop.body.equations) <= _MOST_TURNED


def _entry(place: int) -> Callable[..., Any]:
    return lambda array: jax.lax.index_in_dim(array, place, keepdims=False)


def _stack(*arrays: Any) -> Any:
    return jnp.stack(arrays)


def meant_constants(steps: Steps, wide: Steps) -> dict[str, Any] | None:
    """The constants of a program as float64 holds them.

    Args:
        steps: of the program at its dtype.
        wide: of the same function at float64.

    Returns:
        By their names in `steps`; None where the function is another program at float64.
    """
    narrow_uses, wide_uses = _uses(steps), _uses(wide)
    if [shape for shape, _ in narrow_uses] != [shape for shape, _ in wide_uses]:
        return None
    pairs = zip(narrow_uses, wide_uses, strict=True)
    return {
        name: wide.constants[other]
        for (_, names), (_, others) in pairs
        for name, other in zip(names, others, strict=True)
    }


def _uses(steps: Steps) -> list[tuple[Any, list[str]]]:
    """Of each step: what it is and where its inputs come from, and the constants it uses.

    Conversions between floats, or between integers, depend on the dtype and are passed over.
    """
    sources: dict[str, tuple[Any, Any]] = {
        name: ("input", i) for i, name in enumerate(steps.inputs)
    }
    sources |= {name: ("constant", name) for name in steps.constants}
    uses = []
    for step in steps.steps:
        if _only_converts(step.equation):
            sources[step.outputs[0]] = sources[step.inputs[0]]
            continue
        sources |= {name: (len(uses), i) for i, name in enumerate(step.outputs)}
        shapes = tuple(v.aval.shape for v in step.equation.outvars)
        uses.append(_use((step.name, shapes), [sources[name] for name in step.inputs]))
    return [*uses, _use("outputs", [sources[name] for name in steps.outputs])]


def _use(what: Any, sources: Sequence[tuple[Any, Any]]) -> tuple[Any, list[str]]:
    constants = [name for kind, name in sources if kind == "constant"]
    return (what, tuple("" if s[0] == "constant" else s for s in sources)), constants


def _only_converts(equation: Any) -> bool:
    if equation.primitive.name != "convert_element_type":
        return False
    source, target = equation.invars[0].aval, equation.outvars[0].aval
    both_integers = all(jnp.issubdtype(a.dtype, np.integer) for a in (source, target))
    return both_integers or (is_floating(source) and is_floating(target))
