"""Gathers and scatters: elements found and placed by indices, in every number system.

Both speak XLA's language: an index is the start of a window of the operand, batch
dimensions come from the indices, window dimensions from the slice.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from verify.arithmetic.arrays import boxed, unboxed
from verify.arithmetic.jaxprs import closed
from verify.arithmetic.reductions import scalar_of
from verify.arithmetic.structural import integers


class Windows(NamedTuple):
    """Where the elements of windows lie in the operand.

    Attributes:
        places: for each operand dimension, indices of shape (*batch, *window), cut to
            the operand's bounds.
        inside: of shape batch, whether the whole window lies in the operand.
    """

    places: tuple[np.ndarray, ...]
    inside: np.ndarray


class Layout(NamedTuple):
    """How indices address an operand, the same words for gathers and scatters."""

    shape: Sequence[int]  # of the operand
    sizes: Sequence[int]  # of a window, one for each operand dimension
    dropped: Sequence[int]  # operand dimensions that the window does not show
    mapped: Sequence[int]  # the operand dimension of each index component
    operand_batch: Sequence[int]
    index_batch: Sequence[int]
    is_clipped: bool


def windows(layout: Layout, indices: np.ndarray) -> Windows:
    """The places of all windows, given indices of shape (*batch, components)."""
    batch = indices.shape[:-1]
    starts = [np.zeros(batch, np.int64) for _ in layout.shape]
    for component, axis in enumerate(layout.mapped):
        starts[axis] = indices[..., component]
    for axis, along in zip(layout.operand_batch, layout.index_batch, strict=True):
        starts[axis] = np.indices(batch)[along]
    last = [n - size for n, size in zip(layout.shape, layout.sizes, strict=True)]
    inside = np.ones(batch, bool)
    for axis, start in enumerate(starts):
        clipped = np.clip(start, 0, last[axis])
        inside &= start == clipped
        starts[axis] = clipped
    if layout.is_clipped:
        inside = np.ones(batch, bool)
    return Windows(_places(layout, starts, batch), inside)


def _places(
    layout: Layout, starts: Sequence[np.ndarray], batch: Sequence[int]
) -> tuple[np.ndarray, ...]:
    shown = [axis for axis in range(len(layout.shape)) if axis not in layout.dropped]
    whole = (*batch, *(layout.sizes[axis] for axis in shown))
    places = []
    for axis, start in enumerate(starts):
        place = start.reshape((*batch, *(1 for _ in shown)))
        if axis in shown:
            offsets = np.arange(layout.sizes[axis])
            place = place + offsets.reshape([-1 if a == axis else 1 for a in shown])
        places.append(np.broadcast_to(place, whole))
    return tuple(places)


def _remembering(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, not called again on the very object that it had last."""
    last: list[Any] = [None, None]

    def apply(argument: Any) -> Any:
        if last[0] is not argument or not isinstance(argument, np.ndarray):
            last[:] = argument, function(argument)
        return last[1]

    return apply


def gather(equation: Any) -> Callable[..., Any]:
    numbers, mode = equation.params["dimension_numbers"], equation.params["mode"]
    layout = Layout(
        equation.in_avals[0].shape,
        equation.params["slice_sizes"],
        (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims),
        numbers.start_index_map,
        numbers.operand_batching_dims,
        numbers.start_indices_batching_dims,
        mode.name != "FILL_OR_DROP",
    )
    find = _remembering(lambda indices: windows(layout, integers(indices)))
    window_axes, shape = numbers.offset_dims, equation.out_avals[0].shape
    filler = None if layout.is_clipped else _filler(equation)

    def apply(x: Any, indices: Any) -> Any:
        places, inside = find(indices)
        found = boxed(boxed(x)[places])
        if not inside.all():
            found[~inside] = filler
        axes = range(inside.ndim, inside.ndim + len(window_axes))
        return unboxed(np.moveaxis(found, axes, window_axes).reshape(shape))

    return apply


def _filler(equation: Any) -> Any:
    """What stands for elements outside the operand: NaN, or an extreme integer."""
    value, dtype = equation.params["fill_value"], equation.out_avals[0].dtype
    if dtype.kind == "b":
        return True if value is None else bool(value)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return int(value) if value is not None else info.min if dtype.kind == "i" else info.max
    return equation.system.constant(np.float64(math.nan if value is None else value))


_COMBINED = {"scatter-add": "add", "scatter-sub": "sub", "scatter-mul": "mul",
             "scatter-min": "min", "scatter-max": "max"}  # fmt: skip


def scatter(equation: Any) -> Callable[..., Any]:
    window_axes = equation.params["dimension_numbers"].update_window_dims
    layout = _scatter_layout(equation)
    find = _remembering(lambda indices: windows(layout, integers(indices)))
    combine = _combination(equation)

    def apply(x: Any, indices: Any, updates: Any) -> Any:
        places, inside = find(indices)
        result = boxed(x).copy()
        axes = range(inside.ndim, inside.ndim + len(window_axes))
        new = np.moveaxis(boxed(updates), window_axes, axes)
        if not inside.all():
            places, new = tuple(p[inside] for p in places), new[inside]
        if combine is None:
            result[places] = unboxed(new)
        else:
            _combine_at(combine, result, places, new)
        return unboxed(result)

    return apply


def _combine_at(
    combine: Callable[[Any, Any], Any], result: np.ndarray, places: Any, new: np.ndarray
) -> None:
    """Combine new elements one by one into their places, which may occur repeatedly."""
    flat = np.ravel_multi_index(places, result.shape) if places else np.zeros(1, int)
    elements = result.reshape(-1)
    for place, element in zip(flat.ravel(), new.ravel(), strict=True):
        elements[place] = combine(elements[place], element)


def _scatter_layout(equation: Any) -> Layout:
    numbers = equation.params["dimension_numbers"]
    shape, updates = equation.in_avals[0].shape, equation.in_avals[2].shape
    dropped = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    sizes = [1] * len(shape)
    shown = [axis for axis in range(len(shape)) if axis not in dropped]
    for axis, along in zip(shown, numbers.update_window_dims, strict=True):
        sizes[axis] = updates[along]
    return Layout(
        shape, sizes, dropped,
        numbers.scatter_dims_to_operand_dims,
        numbers.operand_batching_dims,
        numbers.scatter_indices_batching_dims,
        equation.params["mode"].name == "CLIP",
    )  # fmt: skip


def _combination(equation: Any) -> Callable[[Any, Any], Any] | None:
    """What an old and a new element give; None where the new one replaces the old."""
    if equation.name in _COMBINED:
        return scalar_of(equation, _COMBINED[equation.name])
    jaxpr = equation.params["update_jaxpr"]
    if jaxpr is None:
        return None
    program = closed(jaxpr)
    consts = program.consts or tuple(equation.params["update_consts"])
    program = equation.system.compile(program._replace(consts=consts))
    return lambda old, new: program(old, new)[0]


RULES: dict[str, Any] = {"gather": gather, **dict.fromkeys(["scatter", *_COMBINED], scatter)}
