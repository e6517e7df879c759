"""Rules of intervals for branches and loops."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from verify.arithmetic.intervals.ordering import narrowed
from verify.arithmetic.intervals.values import (
    Compared,
    Interval,
    Truth,
    Value,
    Whole,
    forgotten,
    join,
    kind_of,
)
from verify.arithmetic.jaxprs import closed, scan_of, while_of

_MOST_ROUNDS = 2**20  # of a loop that may be on a branch not taken, where it need not end


def select_n(equation: Any) -> Callable[..., Value]:
    """One of several values by an index; by an undecided one, what holds of all."""

    def apply(which: Truth | Whole, *cases: Value) -> Value:
        if isinstance(which, Truth):
            first, second = cases
            return _either(which, second, first)
        found = functools.reduce(join, cases)
        for number, case in enumerate(cases):
            found = _where(which.known & (which.value == number), case, found)
        return found

    return apply


def _either(which: Truth, first: Value, second: Value) -> Value:
    """The first where it is true, the second where it is false, what holds of both elsewhere."""
    if isinstance(which, Compared):
        narrow = narrowed(first, which.if_true), narrowed(second, which.if_false)
    else:
        narrow = first, second
    return _where(which.yes, first, _where(which.no, second, join(*narrow)))


def _where(flags: Any, first: Value, second: Value) -> Value:
    return type(first)(*(jnp.where(flags, a, b) for a, b in zip(first, second, strict=True)))


def cond(equation: Any, choose: Any = None) -> Callable[..., Any]:
    """All branches, of which the index chooses."""
    branches = [equation.system.compile(closed(b)) for b in equation.params["branches"]]
    choose = choose or select_n(equation)

    def apply(index: Truth | Whole, *operands: Value) -> Any:
        results = [branch(*operands) for branch in branches]
        if isinstance(index, Whole):
            index = Whole(jnp.clip(index.value, 0, len(branches) - 1), index.known)
        return one_or_all([choose(index, *cases) for cases in zip(*results, strict=True)])

    return apply


def one_or_all(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


def scan(equation: Any, form: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A loop of known length, on the device, compiled once."""
    form = form or carried
    loop = scan_of(equation)
    body = equation.system.compile(loop.body)
    avals = loop.body.in_avals

    def apply(*operands: Value) -> Any:
        constants = operands[: loop.constants]
        carry = operands[loop.constants : loop.constants + loop.carries]
        slices = operands[loop.constants + loop.carries :]
        start = [form(c, a) for c, a in zip(carry, avals[loop.constants :], strict=False)]

        def step(state: Any, parts: Any) -> Any:
            results = body(*constants, *state, *parts)
            state = zip(results[: loop.carries], avals[loop.constants :], strict=False)
            return [form(r, a) for r, a in state], list(results[loop.carries :])

        state, outputs = lax.scan(step, start, list(slices), loop.length, reverse=loop.reverse)
        return one_or_all([*state, *outputs])

    return apply


def carried(value: Value, aval: Any) -> Value:
    """A value in the one form that it has all through a loop: two arrays of full shape."""
    kind = kind_of(aval.dtype)
    dtypes = {Interval: (jnp.float64,) * 2, Truth: (bool, bool), Whole: (aval.dtype, bool)}[kind]
    parts = [
        jnp.broadcast_to(jnp.asarray(p, d), aval.shape) for p, d in zip(value, dtypes, strict=True)
    ]
    return kind(*parts)


def while_(
    equation: Any, form: Callable[..., Any] | None = None, forget: Callable[..., Any] = forgotten
) -> Callable[..., Any]:
    """A loop that ends where it is known to end; where that is not known, nothing is."""
    form = form or carried
    loop = while_of(equation)
    condition = equation.system.compile(loop.condition)
    body = equation.system.compile(loop.body)
    split = loop.condition_constants, loop.condition_constants + loop.body_constants
    avals = loop.body.in_avals[loop.body_constants :]

    def apply(*operands: Value) -> Any:
        for_condition, for_body = operands[: split[0]], operands[split[0] : split[1]]
        start = [form(c, a) for c, a in zip(operands[split[1] :], avals, strict=True)]

        def goes_on(counted: Any) -> Any:
            rounds, state = counted
            (again,) = condition(*for_condition, *state)
            return jnp.any(again.yes) & (rounds < _MOST_ROUNDS)

        def step(counted: Any) -> Any:
            rounds, state = counted
            (again,) = condition(*for_condition, *state)
            after = [form(r, a) for r, a in zip(body(*for_body, *state), avals, strict=True)]
            return rounds + 1, after if not jnp.ndim(again.yes) else _moved_on(again, after, state)

        _, last = lax.while_loop(goes_on, step, (jnp.zeros((), int), start))
        (again,) = condition(*for_condition, *last)
        return one_or_all([
            forget(value, _spread(again.no, len(aval.shape)))
            for value, aval in zip(last, avals, strict=True)
        ])  # fmt: skip

    return apply


def _moved_on(again: Truth, new: Any, old: Any) -> Any:
    """The new values where a batch of loops goes on, the old where it has ended."""
    return jax.tree.map(lambda a, b: jnp.where(_spread(again.yes, jnp.ndim(a)), a, b), new, old)


def _spread(flags: Any, rank: int) -> Any:
    """Flags of a batch in the shape that they have beside an array of it."""
    return jnp.reshape(flags, (*jnp.shape(flags), *(1,) * (rank - jnp.ndim(flags))))


RULES: dict[str, Callable[[Any], Any]] = {
    "select_n": select_n,
    "cond": cond,
    "scan": scan,
    "while": while_,
}
