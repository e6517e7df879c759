"""A jaxpr compiled once to straight-line Python, in any number system.

A value of shape () is a bare scalar of the system; an array is a NumPy array of such
scalars (dtype object). Integers are Python ints in every system, booleans are True,
False or None, which means: the balls at hand cannot decide.
"""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from verify.arithmetic import control, discrete, indexing, reductions, sorting, structural, windows
from verify.arithmetic.arrays import Elementwise, lift
from verify.arithmetic.errors import Unreadable, UnsupportedPrimitive
from verify.arithmetic.jaxprs import (
    Closed,
    Literal,
    called,
    constant_value,
    is_small_integer,
    source_line,
)
from verify.arithmetic.reading import Notes, repeat_notes, taking_notes
from verify.arithmetic.rewriting import rewritten

Operation = Callable[..., Any]

# Programs of more steps are long: of each group of steps what later ones need is kept.
_LONG, _GROUP = 20, 8


class Constant(NamedTuple):
    """A constant of a program: its value as stored, and the user's line that uses it."""

    value: np.ndarray
    where: str | None


class Equation(NamedTuple):
    """What a rule sees of an equation of a jaxpr."""

    name: str
    params: Mapping[str, Any]
    in_avals: Sequence[Any]
    out_avals: Sequence[Any]
    where: str | None
    system: "NumberSystem"
    primitive: Any = None


@dataclass(frozen=True)
class NumberSystem:
    """One reading of a jaxpr: how constants are read, and a rule for every primitive.

    Attributes:
        name: as a report says it.
        rules: from a primitive's name to an `Elementwise`, or to a function of the
            `Equation` that gives an `Elementwise` or an operation on whole values.
        constant: from one number of a constant (NumPy scalar, floating) to a value.
        join: the hull of two values, for branches that could not be decided.
        key: what constants and folded equations depend on (precision, mode).
        is_total: whether every value is a number, so that x = x.
        still: the system for what does not depend on varying arguments, if another.
        find: from an `Equation` to its operation, for a system whose values are arrays of its
            own; then no table is asked, and `constant` reads a whole constant.
        keep: the same value, for a system traced by JAX, so that no compiler computes it anew
            for each of its uses. Done to some values of long programs; for a system without
            `still`.
    """

    name: str
    rules: Mapping[str, Any]
    constant: Callable[[Any], Any]
    join: Callable[[Any, Any], Any]
    key: Callable[[], Hashable] = tuple
    still: "NumberSystem | None" = None
    is_total: bool = True
    find: Callable[[Equation], Operation] | None = None
    keep: Callable[[Any], Any] | None = None

    def scalar(self, name: str) -> Callable[..., Any]:
        """The elementwise rule of a primitive as a function of scalars."""
        return self.rules[name].function

    def compile(self, program: Closed, varying: int | None = None) -> "Program":
        """A program to be read in this system; see `Program`."""
        return Program(program, self, varying)


@dataclass
class _Step:
    """An equation with the names of its values in the generated code."""

    equation: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    where: str | None


@dataclass
class _Flat:
    """A jaxpr without calls: its steps and its constants, every value named."""

    constants: dict[str, Constant] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)
    _shared: dict[Hashable, Any] = field(default_factory=dict)
    _count: int = 0

    def name(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def constant(self, value: Any, where: str | None) -> str:
        array = np.asarray(value)
        key = (array.dtype.name, array.shape, array.tobytes())
        if key not in self._shared:
            name = self._shared[key] = self.name("k")
            self.constants[name] = Constant(array, where)
        return self._shared[key]

    def add(self, program: Closed, inputs: Sequence[str], where: str | None) -> list[str]:
        """Append a program's equations, those of the jaxprs it calls in their place."""
        names: dict[Any, str] = dict(zip(program.jaxpr.invars, inputs, strict=True))
        for variable, value in zip(program.jaxpr.constvars, program.consts, strict=True):
            names[variable] = self.constant(value, where)

        def read(atom: Any, where: str | None) -> str:
            if isinstance(atom, Literal):
                return self.constant(constant_value(atom), where)
            return names[atom]

        for equation in program.equations:
            line = source_line(equation) or where
            arguments = tuple(read(atom, line) for atom in equation.invars)
            inner = called(equation)
            if inner is not None:
                outputs = self.add(inner, arguments, line)
            else:
                outputs = self._step(equation, arguments, line)
            names.update(zip(equation.outvars, outputs, strict=True))
        return [read(atom, where) for atom in program.jaxpr.outvars]

    def _step(self, equation: Any, arguments: tuple[str, ...], where: str | None):
        """Append one equation, or find the same one among those already there."""
        key = _key(equation, arguments)
        if key is not None and key in self._shared:
            return self._shared[key]
        outputs = tuple(self.name("v") for _ in equation.outvars)
        self.steps.append(_Step(equation, arguments, outputs, where))
        if key is not None:
            self._shared[key] = outputs
        return outputs


def _key(equation: Any, arguments: tuple[str, ...]) -> Hashable | None:
    params = tuple(sorted(equation.params.items(), key=lambda item: item[0]))
    key = (equation.primitive.name, params, arguments)
    try:
        hash(key)
    except TypeError:
        return None
    return key


class Program:
    """A jaxpr compiled for a number system.

    Calling it gives the outputs as a tuple. Equations of constants alone are computed
    once for each reading (precision, mode of constants), not once for each point. Where
    only the first `varying` arguments change often, `along` computes once what the others
    decide.
    """

    def __init__(self, closed: Closed, system: NumberSystem, varying: int | None = None):
        self.closed, self.system = closed, system
        flat = _Flat()
        inputs = [flat.name("x") for _ in closed.jaxpr.invars]
        outputs = flat.add(closed, inputs, None)
        steps = live(rewritten(flat.steps), outputs)
        used = {name for step in steps for name in step.inputs} | set(outputs)
        self.constants = {k: v for k, v in flat.constants.items() if k in used}
        self.varying = len(inputs) if varying is None else varying
        kept = _needed_far_on(steps) if len(steps) > _LONG and system.keep else set()
        code = _Code(system, inputs[: self.varying], inputs[self.varying :], outputs, kept)
        self._make = code.generate(steps, list(self.constants))
        self._instances: dict[Hashable, tuple[Operation, Notes]] = {}

    def __call__(self, *arguments: Any) -> tuple[Any, ...]:
        return self.along(*arguments[self.varying :])(*arguments[: self.varying])

    def instance(self) -> Operation:
        """The program as a function of all arguments, for the reading in force."""
        return self.along()

    def along(self, *settled: Any) -> Operation:
        """The program as a function of the varying arguments, the others given."""
        if self.system.find is not None:  # under a trace of JAX, which nothing may outlive
            return self._instance()(*settled)
        key = self.system.key()
        if key not in self._instances:
            with taking_notes() as notes:
                self._instances[key] = self._instance(), notes
        bind, notes = self._instances[key]
        repeat_notes(notes)
        return bind(*settled)

    def _instance(self) -> Operation:
        return self._make([_read_constant(self.system, c) for c in self.constants.values()])


def live(steps: Sequence[Any], outputs: Sequence[str]) -> list[Any]:
    """The steps that the outputs need."""
    needed, kept = set(outputs), []
    for step in reversed(steps):
        if needed.intersection(step.outputs):
            needed.update(step.inputs)
            kept.append(step)
    return kept[::-1]


def _needed_far_on(steps: Sequence[_Step]) -> set[str]:
    """What steps need of those in groups before their own."""
    groups, far = {}, set()
    for number, step in enumerate(steps):
        group = number // _GROUP
        far.update(name for name in step.inputs if groups.get(name, group) < group)
        groups.update(dict.fromkeys(step.outputs, group))
    return far


def _read_constant(system: NumberSystem, constant: Constant) -> Any:
    value = constant.value
    if system.find is not None:
        return system.constant(value)
    if value.dtype.kind in "iub":
        return value.item() if value.ndim == 0 else value.astype(object)
    if value.ndim == 0:
        return system.constant(value[()])
    result = np.empty(value.size, object)
    for i, number in enumerate(value.flat):  # NumPy scalars, which know their dtype
        result[i] = system.constant(number)
    return result.reshape(value.shape)


@dataclass(frozen=True)
class _Code:
    """The straight-line code of a program, as three functions one inside the other.

    `make` takes the constants, `bind` the arguments that are settled, `body` those that
    vary; each computes what it has all it needs for. What does not vary is read by the
    system for such values.
    """

    system: NumberSystem
    varying: Sequence[str]
    settled: Sequence[str]
    outputs: Sequence[str]
    kept: set[str]

    def generate(
        self, steps: Sequence[_Step], constants: Sequence[str]
    ) -> Callable[[list[Any]], Operation]:
        scope: dict[str, Any] = {"keep": self.system.keep}
        known = dict.fromkeys(constants, 0) | dict.fromkeys(self.settled, 1)
        lines: tuple[list[str], ...] = ([], [], [])
        for number, step in enumerate(steps):
            level = max((known.get(name, 2) for name in step.inputs), default=0)
            known.update(dict.fromkeys(step.outputs, level))
            system = self.system if level == 2 else self.system.still or self.system
            line = _statement(system, step, f"op{number}", scope)
            lines[level].append(f"{'    ' * (level + 1)}{line}")
            for name in (name for name in step.outputs if name in self.kept):
                lines[level].append(f"{'    ' * (level + 1)}{_kept(name, step.inputs)}")
        exec(compile(self._source(lines, constants), f"<{self.system.name}>", "exec"), scope)
        return scope["make"]

    def _source(self, lines: tuple[list[str], ...], constants: Sequence[str]) -> str:
        results = f"({', '.join(self.outputs)}{',' if self.outputs else ''})"
        return "\n".join([
            "def make(constants):",
            *([f"    {', '.join(constants)}, = constants"] if constants else []),
            *lines[0],
            f"    def bind({', '.join(self.settled)}):",
            *lines[1],
            f"        def body({', '.join(self.varying)}):",
            *lines[2],
            f"            return {results}",
            "        return body",
            "    return bind",
        ])  # fmt: skip


def _statement(system: NumberSystem, step: _Step, name: str, scope: dict[str, Any]) -> str:
    equation = _equation(system, step)
    operation = _compared_with_itself(step, equation) or _operation(equation)
    targets = ", ".join(step.outputs)
    if isinstance(operation, Elementwise):
        if operation.template and not any(a.shape for a in equation.in_avals):
            template = _with_names_apart(operation, name, scope)
            return f"{targets} = {template.format(*step.inputs)}"
        operation = lift(operation, len(step.inputs), equation.out_avals)
    scope[name] = operation
    return f"{targets} = {name}({', '.join(step.inputs)})"


def _with_names_apart(rule: Elementwise, step: str, scope: dict[str, Any]) -> str:
    """A rule's template, and its names in the scope that all steps share.

    Where a name is taken by something else the step's own name is added to it.
    """
    template = rule.template or ""
    for name, value in rule.scope.items():
        if scope.setdefault(name, value) is not value:
            scope[f"{name}_{step}"] = value
            template = re.sub(rf"(?<!\.)\b{name}\b", f"{name}_{step}", template)
    return template


def _kept(name: str, inputs: Sequence[str]) -> str:
    """A statement that keeps a value; one that came in stays the object that it was."""
    is_input = " or ".join(f"{name} is {source}" for source in inputs) or "False"
    return f"{name} = {name} if {is_input} else keep({name})"


def _compared_with_itself(step: _Step, equation: Equation) -> Operation | None:
    """A comparison of a value with itself, which is decided however wide its ball.

    `d != d` asks whether d is NaN, and a real number never is. NaN here means unknown.
    """
    known = equation.name in _OF_ITSELF and equation.system.is_total
    if not known or step.inputs[0] != step.inputs[1]:
        return None
    answer = _OF_ITSELF[equation.name]
    if equation.system.find is not None:
        return equation.system.find(equation._replace(name="of_itself", params={"answer": answer}))
    rule = Elementwise(lambda x, _: None if _is_nan(x) else answer)
    return lift(rule, 2, equation.out_avals)


def _is_nan(value: Any) -> bool:
    return hasattr(value, "is_nan") and value.is_nan()


_OF_ITSELF = {"eq": True, "le": True, "ge": True, "ne": False, "lt": False, "gt": False}


def _equation(system: NumberSystem, step: _Step) -> Equation:
    source = step.equation
    for variable in (*source.invars, *source.outvars):
        _need_readable(system, getattr(variable.aval, "dtype", None), step.where)
    return Equation(
        source.primitive.name,
        source.params,
        [v.aval for v in source.invars],
        [v.aval for v in source.outvars],
        step.where,
        system,
        source.primitive,
    )


_SHARED = tuple(
    table.RULES for table in (control, structural, reductions, indexing, sorting, windows)
)


def _need_readable(system: NumberSystem, dtype: Any, where: str | None) -> None:
    """Integers of less than a byte have a kind of their own in NumPy: not read as reals."""
    if dtype is not None and is_small_integer(dtype):
        place = f" at {where}" if where else ""
        raise Unreadable(
            f"{system.name} needs integers of at least 8 bits, got {dtype}{place}; use int8."
        )


def _operation(equation: Equation) -> Elementwise | Operation:
    """The first rule found: exact integers, the system's own, then those shared by all."""
    if equation.system.find is not None:
        return equation.system.find(equation)
    tables = [equation.system.rules, *_SHARED]
    if all(_is_discrete(a) for a in (*equation.in_avals, *equation.out_avals)):
        tables.insert(0, discrete.RULES)
    for table in tables:
        rule = table.get(equation.name)
        if rule is not None:
            return rule if isinstance(rule, Elementwise) else rule(equation)
    raise UnsupportedPrimitive(equation.name, equation.system.name, equation.where)


def _is_discrete(aval: Any) -> bool:
    return getattr(getattr(aval, "dtype", None), "kind", "") in ("i", "u", "b")
