"""What a claim costs to read at one point, from its jaxpr: the same on every machine."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from verify.arithmetic.jaxprs import (
    Closed,
    all_equations,
    called,
    inner_jaxprs,
    is_read_by_meaning,
    scan_of,
)

# How often the function inside such a primitive is evaluated, roughly.
_EVALUATIONS = {"integral": 1_000, "series": 200, "limit": 300, "derivative": 20, "while": 20}
_POINT = 40  # what a reading in balls costs beside its equations
_MOST_DEAR = 1  # integrals and the like in a claim that is searched in floats
_BALL_BUDGET = 200_000  # equations read in balls, all points together: a third of a second
_FLOAT_BUDGET = 2**24  # equations evaluated in floats
SIFTED_BUDGET = 2**29  # the same where points are drawn and sifted on the device
_MEMORY_BUDGET = 2**24  # numbers held at once by a batch in floats
_BLOCK = 2**18  # points drawn at once: 16 million a second of 0 <= KL, 10 to 14 of fewer


class _Machine(NamedTuple):
    """What it costs to compute.

    Attributes:
        array: what an equation on arrays costs beside its scalar operations.
        evaluations: by primitive, how often the function inside it is evaluated.
    """

    array: int
    evaluations: Mapping[str, int]


_BALLS = _Machine(6, _EVALUATIONS)
_FLOATS = _Machine(0, {**_EVALUATIONS, "series": 1_000})


def cost(program: Closed) -> int:
    """One reading in balls, in scalar operations."""
    return _POINT + _cost(program, _BALLS)


def float_cost(program: Closed) -> int:
    """One evaluation in floats, in scalar operations."""
    return _cost(program, _FLOATS)


def _cost(program: Closed, machine: _Machine) -> int:
    return sum(_equation_cost(e, machine) for e in program.equations)


def is_direct(program: Closed) -> bool:
    """Whether a program holds no integral, series, limit or open loop, which are dear."""
    names = {e.primitive.name for e in all_equations(program)}
    return names.isdisjoint(_EVALUATIONS)


def is_searched(program: Closed) -> bool:
    """Whether a search in floats is worth its compilation: not for many integrals.

    Nor where each point would call back to Python to print.
    """
    names = [e.primitive.name for e in all_equations(program)]
    if any(name.startswith("debug_") for name in names):
        return False
    return sum(name in _EVALUATIONS for name in names) <= _MOST_DEAR


def _equation_cost(equation: Any, machine: _Machine) -> int:
    size = sum(int(getattr(v.aval, "size", 1)) for v in equation.outvars)
    if equation.primitive.name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        shape = equation.invars[0].aval.shape
        for axis in contracted:
            size *= shape[axis]
    parts = [called(equation)] if is_read_by_meaning(equation) else inner_jaxprs(equation)
    inner = sum(_cost(part, machine) for part in parts if part is not None)
    if equation.primitive.name == "scan":
        return scan_of(equation).length * inner
    if equation.primitive.name in machine.evaluations:
        return machine.evaluations[equation.primitive.name] * inner * max(size, 1)
    if inner:
        return inner
    return max(size, 1) + machine.array * any(v.aval.shape for v in equation.outvars)


def ball_points(each: int, most: int, least: int, scale: float) -> int:
    """How many points to read in balls: however dear they are, no fewer than `least`."""
    return int(min(most, max(least, scale * _BALL_BUDGET // max(each, 1))))


def float_points(each: int, most: int, budget: int = _FLOAT_BUDGET) -> int:
    """How many points to evaluate in floats, within a budget of equations."""
    return min(most, max(2**8, budget // max(each, 1)))


def float_chunk(each: int) -> int:
    """How many points to evaluate in floats at once."""
    return max(2**6, min(2**11, _MEMORY_BUDGET // max(each, 1)))


def block_rows(each: int, least: int) -> int:
    """How many points to draw and evaluate at once, of so many numbers.

    It is a power of two, as `least` is.
    """
    most = max(least, min(_BLOCK, _MEMORY_BUDGET // max(each, 1)))
    return 2 ** (most.bit_length() - 1)
