"""Branches and loops, the same in every number system."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.arithmetic.arrays import Elementwise, boxed, unboxed
from verify.arithmetic.errors import Undecided
from verify.arithmetic.jaxprs import closed, scan_of, while_of


def one_or_all(values: Sequence[Any]) -> Any:
    """The convention of operations: a single result stands for itself."""
    return values[0] if len(values) == 1 else tuple(values)


def cond(equation: Any) -> Callable[..., Any]:
    branches = [equation.system.compile(closed(b)) for b in equation.params["branches"]]

    def apply(index: Any, *operands: Any) -> Any:
        if index is not None:
            chosen = branches[min(max(int(index), 0), len(branches) - 1)]
            return one_or_all(chosen(*operands))
        results = [branch(*operands) for branch in branches]
        joined = results[0]
        for other in results[1:]:
            joined = tuple(join(equation.system, a, b) for a, b in zip(joined, other, strict=True))
        return one_or_all(joined)

    return apply


def join(system: Any, left: Any, right: Any) -> Any:
    """The hull of two values, element by element; of unequal booleans or integers, unknown."""
    return unboxed(np.frompyfunc(lambda a, b: _join(system, a, b), 2, 1)(boxed(left), boxed(right)))


def _join(system: Any, left: Any, right: Any) -> Any:
    if left is right:
        return left
    if left is None or right is None or isinstance(left, int):
        return left if left == right else None
    return system.join(left, right)


def scan(equation: Any) -> Callable[..., Any]:
    loop = scan_of(equation)
    body = equation.system.compile(loop.body)
    out_avals = equation.out_avals[loop.carries :]
    order = range(loop.length)[:: -1 if loop.reverse else 1]

    def apply(*operands: Any) -> Any:
        constants = operands[: loop.constants]
        carry = operands[loop.constants : loop.constants + loop.carries]
        slices = operands[loop.constants + loop.carries :]
        outputs = [np.empty(aval.shape, object) for aval in out_avals]
        step = body.instance()
        for i in order:
            results = step(*constants, *carry, *(xs[i] for xs in slices))
            carry = results[: loop.carries]
            for output, value in zip(outputs, results[loop.carries :], strict=True):
                output[i] = value
        return one_or_all((*carry, *outputs))

    return apply


def while_(equation: Any) -> Callable[..., Any]:
    loop = while_of(equation)
    condition = equation.system.compile(loop.condition)
    body = equation.system.compile(loop.body)
    split = loop.condition_constants, loop.condition_constants + loop.body_constants

    def apply(*operands: Any) -> Any:
        for_condition, for_body = operands[: split[0]], operands[split[0] : split[1]]
        carry = operands[split[1] :]
        goes_on, step = condition.instance(), body.instance()
        while True:
            (again,) = goes_on(*for_condition, *carry)
            if not _any(again, equation):
                return one_or_all(carry)
            following = step(*for_body, *carry)
            carry = tuple(
                _where(again, new, old) for new, old in zip(following, carry, strict=True)
            )

    return apply


def _any(flags: Any, equation: Any) -> bool:
    """Whether a loop, or any of a batch of loops, goes on."""
    each = list(flags.flat) if isinstance(flags, np.ndarray) else [flags]
    if any(flag is None for flag in each):
        raise Undecided(f"a loop's condition could not be decided{at(equation)}")
    return any(each)


def _where(flags: Any, new: Any, old: Any) -> Any:
    """The new values where a batch of loops goes on, the old where it has ended."""
    if not isinstance(flags, np.ndarray):
        return new
    spread = flags.reshape(flags.shape + (1,) * (new.ndim - flags.ndim)).astype(bool)
    return np.where(spread, new, old)


def custom_linear_solve(equation: Any) -> Callable[..., Any]:
    """The solution by the solver that the user gave."""
    lengths, solver = equation.params["const_lengths"], equation.params["jaxprs"].solve
    solve = equation.system.compile(closed(solver))
    first = lengths.matvec + lengths.vecmat
    last = first + lengths.solve
    return lambda *operands: one_or_all(
        solve(*operands[first:last], *operands[last + lengths.transpose_solve :])
    )


def at(equation: Any) -> str:
    return f" at {equation.where}" if equation.where else ""


def select_n(equation: Any) -> Elementwise:
    """One of several values by an index; by an undecided one, the hull of all."""
    choose = functools.partial(_chosen, equation.system)
    if len(equation.in_avals) != 3 or equation.in_avals[0].dtype.kind != "b":
        return Elementwise(choose)
    template = "({1} if {0} is False else {2} if {0} is True else _choose({0}, {1}, {2}))"
    return Elementwise(choose, template, {"_choose": choose})


def _chosen(system: Any, which: Any, *cases: Any) -> Any:
    if which is not None:
        return cases[int(which)]
    return functools.reduce(lambda a, b: _join(system, a, b), cases)


RULES = {
    "cond": cond,
    "scan": scan,
    "while": while_,
    "select_n": select_n,
    "custom_linear_solve": custom_linear_solve,
}
