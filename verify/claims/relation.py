"""Relations: what a claim returns, two sides and how they are said to relate.

A relation is a pytree, so that a claim can be traced, differentiated through, batched.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np


def _no_truth(self: Any) -> bool:
    """A relation is stated, not tested: `a and b` would drop a without a word."""
    raise TypeError(
        f"a relation has no truth value, got {type(self).__name__} where one was asked for;"
        " join relations with all_of or implies, and return them."
    )


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Equal:
    """left = right, entry by entry."""

    left: Any
    right: Any

    __bool__ = _no_truth


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Less:
    """left < right, entry by entry."""

    left: Any
    right: Any

    __bool__ = _no_truth


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class AtMost:
    """left <= right, entry by entry."""

    left: Any
    right: Any

    __bool__ = _no_truth


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Implies:
    """Where the premise holds, so does the conclusion."""

    premise: "Relation"
    conclusion: "Relation"

    __bool__ = _no_truth


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class AllOf:
    """Every one of the relations holds."""

    relations: "tuple[Relation, ...]"

    __bool__ = _no_truth


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=("arguments",),
    meta_fields=("function", "ulps", "dtype", "gradient", "reference"),
)
@dataclasses.dataclass(frozen=True)
class Accurate:
    """A function's floats are within some ulps of what they should be; see `accurate`."""

    arguments: tuple[Any, ...]
    function: Callable[..., Any]
    ulps: float
    dtype: str
    gradient: bool
    reference: Callable[..., Any] | None

    __bool__ = _no_truth


Relation: TypeAlias = Equal | Less | AtMost | Implies | AllOf | Accurate


def equal(a: Any, b: Any) -> Equal:
    """a = b.

    Args:
        a: an array or a pytree of arrays, real.
        b: the same structure and shapes. A scalar on either side stands for all entries.

    Raises:
        TypeError: a side is no real array.
        ValueError: structures or shapes differ, or there are no entries.
    """
    return Equal(*_sides("equal", a, b))


def less(a: Any, b: Any) -> Less:
    """a < b, in every entry. Arguments and errors as for `equal`."""
    return Less(*_sides("less", a, b))


def at_most(a: Any, b: Any) -> AtMost:
    """a <= b, in every entry. Arguments and errors as for `equal`."""
    return AtMost(*_sides("at_most", a, b))


def implies(premise: Relation, conclusion: Relation) -> Implies:
    """Where the premise holds, so does the conclusion.

    A point counts for the claim only where the premise is certain; a premise that
    hardly ever holds leaves the claim undecided.

    Raises:
        TypeError: premise or conclusion is no relation, or the premise is one of accuracy.
    """
    _need_relation("implies", "premise", premise)
    if any(isinstance(r, Accurate) for r in _parts(premise)):
        raise TypeError(
            "implies needs a premise about real numbers, got one about accuracy; state it as a"
            " claim of its own."
        )
    _need_relation("implies", "conclusion", conclusion)
    return Implies(premise, conclusion)


def all_of(*relations: Relation) -> AllOf:
    """Every one of the relations holds.

    Raises:
        TypeError: one of them is no relation.
        ValueError: there are none.
    """
    if not relations:
        raise ValueError("all_of needs at least one relation, got none.")
    for position, relation in enumerate(relations, start=1):
        _need_relation("all_of", f"relation {position}", relation)
    return AllOf(relations)


def _parts(relation: Relation) -> Iterator[Relation]:
    """A relation and the relations in it."""
    yield relation
    match relation:
        case AllOf(relations):
            inner = relations
        case Implies(premise, conclusion):
            inner = (premise, conclusion)
        case _:
            inner = ()
    for part in inner:
        yield from _parts(part)


def _need_relation(function: str, name: str, value: Any) -> None:
    if not isinstance(value, Relation):
        raise TypeError(
            f"{function} needs a relation as its {name}, got {kind(value)};"
            " make one with equal, less, at_most, accurate, implies or all_of."
        )


def _sides(function: str, a: Any, b: Any) -> tuple[Any, Any]:
    if a is None or b is None:
        raise TypeError(f"{function} needs real arrays, got None; does a function lack its return?")
    a, b = (jax.tree.map(lambda leaf: real(function, leaf), side) for side in (a, b))
    a, b = _filled(a, b), _filled(b, a)
    if jax.tree.structure(a) != jax.tree.structure(b):
        raise ValueError(
            f"{function} needs sides of one structure, got {jax.tree.structure(a)} and"
            f" {jax.tree.structure(b)}."
        )
    pairs = list(zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))
    if not any((right if left.ndim == 0 else left).size for left, right in pairs):
        raise ValueError(f"{function} needs entries to compare, got none.")
    for left, right in pairs:
        if left.shape != right.shape and left.ndim and right.ndim:
            raise ValueError(
                f"{function} needs sides of one shape, got {left.shape} and {right.shape};"
                " reshape or broadcast one of them."
            )
    return a, b


def _filled(side: Any, other: Any) -> Any:
    """A scalar side in the structure of the other."""
    if isinstance(side, jax.Array) and side.ndim == 0:
        return jax.tree.map(lambda _: side, other)
    return side


def real(function: str, leaf: Any) -> jax.Array:
    """A leaf as a real array.

    Raises:
        TypeError: it is none.
    """
    if not _is_jax(leaf) and np.asarray(leaf).dtype.kind not in "fiubcV":
        raise TypeError(f"{function} needs real arrays, got {kind(leaf)}.")
    array = jnp.asarray(leaf)
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise TypeError(
            f"{function} needs real arrays, got dtype {array.dtype};"
            " compare real and imaginary parts."
        )
    return array


def _is_jax(value: Any) -> bool:
    return isinstance(value, jax.Array) or hasattr(value, "__jax_array__")


def kind(value: Any) -> str:
    """What a value is, for an error that refuses it."""
    if isinstance(value, jax.Array):
        return f"an array of dtype {value.dtype}"
    return f"{type(value).__name__} {value!r}"
