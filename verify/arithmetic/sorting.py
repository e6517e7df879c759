"""Sorts and searches by order, in every number system.

Elements are ordered by their keys, equal ones by their index. Where that is undecided,
what a place may hold is enclosed: a first key by the order statistics, what is sorted
along with it by a hull; an index is None.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from verify.arithmetic.arrays import boxed
from verify.arithmetic.control import one_or_all
from verify.arithmetic.discrete import logical_and, logical_not, logical_or
from verify.arithmetic.reductions import over_axes, scalar_of

Less = Callable[[Any, Any], bool | None]


class Order(NamedTuple):
    """How rows of elements are ordered, and how undecided places are filled.

    Attributes:
        less: for each key, whether one comes strictly before another.
        lower, upper: the one of two first keys that comes first, or last.
        join: the hull of two values of the number system.
    """

    less: Sequence[Less]
    lower: Callable[[Any, Any], Any]
    upper: Callable[[Any, Any], Any]
    join: Callable[[Any, Any], Any]


def ascending(equation: Any, keys: int = 1) -> Order:
    avals = equation.in_avals
    less = [scalar_of(equation, "lt", aval) for aval in avals[:keys]]
    lower, upper = (scalar_of(equation, name, avals[0]) for name in ("min", "max"))
    return Order(less, lower, upper, equation.system.join)


def descending(equation: Any) -> Order:
    order = ascending(equation)
    return Order([lambda x, y: order.less[0](y, x)], order.upper, order.lower, order.join)


def precedes(order: Order, rows: Sequence[Sequence[Any]], i: int, j: int) -> bool | None:
    """Whether row i comes before row j; of rows with equal keys the first one does."""
    if i > j:
        return logical_not(precedes(order, rows, j, i))
    return logical_not(_is_before(order.less, rows[j], rows[i]))


def _is_before(less: Sequence[Less], x: Sequence[Any], y: Sequence[Any]) -> bool | None:
    """Whether x comes strictly before y in lexicographic order of the keys."""
    if not less:
        return False
    first = less[0](x[0], y[0])
    if first is True or len(less) == 1:
        return first
    not_after = logical_not(less[0](y[0], x[0]))
    return logical_or(first, logical_and(not_after, _is_before(less[1:], x[1:], y[1:])))


def sorted_rows(order: Order, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """The rows in order, or what encloses them."""
    sign = {True: -1, False: 1, None: 0}

    def compared(i: int, j: int) -> int:
        return sign[precedes(order, rows, i, j)]

    blocks: list[list[int]] = []
    for i in sorted(range(len(rows)), key=functools.cmp_to_key(compared)):
        block = [i]
        while blocks and not _all_precede(order, rows, blocks[-1], block):
            block = blocks.pop() + block
        blocks.append(block)
    result = []
    for block in blocks:
        result += [rows[block[0]]] if len(block) == 1 else _enclosed(order, rows, block)
    return result


def _all_precede(
    order: Order, rows: Sequence[Sequence[Any]], left: Sequence[int], right: Sequence[int]
) -> bool:
    return all(precedes(order, rows, i, j) is True for i in left for j in right)


def _enclosed(order: Order, rows: Sequence[Sequence[Any]], block: Sequence[int]) -> list[Any]:
    """What the places of a block may hold, whose order is undecided."""
    columns = list(zip(*(rows[i] for i in block), strict=True))
    hull = functools.partial(_hull, order)
    keys = _order_statistics(order, columns[0])
    return [(key, *(functools.reduce(hull, c) for c in columns[1:])) for key in keys]


def _hull(order: Order, left: Any, right: Any) -> Any:
    if left is right:
        return left
    if left is None or right is None or isinstance(left, int):
        return left if left == right else None
    return order.join(left, right)


def _order_statistics(order: Order, keys: Sequence[Any]) -> list[Any]:
    """The first, second, … of keys in any order, by exchanges of neighbours."""
    result = list(keys)
    for end in range(len(result) - 1, 0, -1):
        for i in range(end):
            x, y = result[i], result[i + 1]
            result[i], result[i + 1] = order.lower(x, y), order.upper(x, y)
    return result


def _along(axis: int, operands: Sequence[np.ndarray], sort: Callable[..., Any]) -> list[np.ndarray]:
    """A function of lists of rows on each line of the operands along an axis."""
    lines = [np.moveaxis(boxed(x), axis, -1) for x in operands]
    results = [np.empty_like(line) for line in lines]
    for place in np.ndindex(lines[0].shape[:-1]):
        rows = sort(list(zip(*(line[place] for line in lines), strict=True)))
        for result, column in zip(results, zip(*rows, strict=True), strict=False):
            result[place] = np.array([*column, None], object)[:-1]
    return [np.moveaxis(result, -1, axis) for result in results]


def sort(equation: Any) -> Callable[..., Any]:
    order = ascending(equation, equation.params["num_keys"])
    axis = equation.params["dimension"]
    return lambda *operands: one_or_all(
        _along(axis, operands, lambda rows: sorted_rows(order, rows))
    )


def top_k(equation: Any) -> Callable[..., Any]:
    order, shape = descending(equation), equation.in_avals[0].shape
    axis, k = equation.params["axis"], equation.params["k"]
    numbers = np.indices(shape)[axis].astype(object)

    def apply(x: np.ndarray) -> Any:
        ordered = _along(axis, (x, numbers), lambda rows: sorted_rows(order, rows))
        return tuple(np.moveaxis(np.moveaxis(o, axis, 0)[:k], 0, axis) for o in ordered)

    return apply


def first_index(order: Order, keys: Sequence[Any]) -> int | None:
    """The index of the key that comes first; None where that is undecided."""
    rows, best = [(key,) for key in keys], 0
    for i in range(1, len(rows)):
        best = i if precedes(order, rows, i, best) is True else best
    others = (i for i in range(len(rows)) if i != best)
    return best if all(precedes(order, rows, best, i) is True for i in others) else None


def _first(order_of: Callable[[Any], Order]) -> Callable[[Any], Callable[..., Any]]:
    """The index of what comes first in an order; None where that is undecided."""

    def rule(equation: Any) -> Callable[..., Any]:
        order, axes = order_of(equation), equation.params["axes"]
        shape = equation.out_avals[0].shape
        return lambda x: over_axes(
            lambda keys: first_index(order, list(keys)), boxed(x), axes, shape
        )

    return rule


RULES: dict[str, Any] = {
    "sort": sort,
    "top_k": top_k,
    "argmax": _first(descending),
    "argmin": _first(ascending),
}
