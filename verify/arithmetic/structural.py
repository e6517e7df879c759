"""Primitives that move elements and do no arithmetic: the same in every number system."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.arithmetic.arrays import boxed, full, unboxed
from verify.arithmetic.control import one_or_all
from verify.arithmetic.errors import Undecided


def moved(function: Callable[..., np.ndarray]) -> Callable[[Any], Callable[..., Any]]:
    """A rule from a function of (equation, *arrays) that only moves elements."""

    def rule(equation: Any) -> Callable[..., Any]:
        if all(aval.shape for aval in (*equation.in_avals, *equation.out_avals)):
            return functools.partial(function, equation)
        return lambda *values: unboxed(function(equation, *map(boxed, values)))

    return rule


def integers(index: Any) -> np.ndarray:
    """Indices as NumPy integers; one that could not be decided is an error."""
    array = boxed(index)
    if any(i is None for i in array.flat):
        raise Undecided("an index could not be decided")
    return array.astype(np.int64)


def _broadcast_in_dim(equation: Any) -> Callable[..., Any]:
    shape, dims = equation.params["shape"], equation.params["broadcast_dimensions"]
    sizes = dict(zip(dims, equation.in_avals[0].shape, strict=True))
    expanded = tuple(sizes.get(axis, 1) for axis in range(len(shape)))
    if expanded == shape:
        return lambda x: unboxed(boxed(x).reshape(shape))
    if not dims:
        return lambda x: full(shape, x)
    return lambda x: np.broadcast_to(x.reshape(expanded), shape)


def _reshape(equation: Any, x: np.ndarray) -> np.ndarray:
    return x.reshape(equation.params["new_sizes"])


def _slice(equation: Any) -> Callable[[np.ndarray], np.ndarray]:
    params = equation.params
    strides = params["strides"] or (1,) * len(params["start_indices"])
    bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    places = tuple(slice(*b) for b in bounds)
    return lambda x: boxed(x)[places]


def _pad(equation: Any) -> Callable[..., Any]:
    shape = equation.out_avals[0].shape
    sizes = zip(equation.in_avals[0].shape, shape, equation.params["padding_config"], strict=True)
    places = [_padded(*axis) for axis in sizes]
    sources, targets = (tuple(pair[i] for pair in places) for i in (0, 1))

    def apply(x: Any, filler: Any) -> Any:
        padded = boxed(full(shape, filler))
        padded[targets] = boxed(x)[sources]
        return unboxed(padded)

    return apply


def _padded(size: int, new: int, config: tuple[int, int, int]) -> tuple[slice, slice]:
    """Which elements of an axis are kept, and where they go; negative amounts cut."""
    low, _, interior = config
    step = interior + 1
    first, after = max(0, -(low // step)), min(size, (new - 1 - low) // step + 1)
    count = max(0, after - first)
    start = low + first * step
    return slice(first, first + count), slice(start, start + count * step, step)


def _starts(start: Sequence[Any], sizes: Sequence[int], shape: Sequence[int]) -> list[int]:
    """The start of a dynamic slice, moved inside the array as XLA does."""
    wanted = [int(integers(s)) for s in start]
    return [min(max(w, 0), n - s) for w, s, n in zip(wanted, sizes, shape, strict=True)]


def _window(start: Sequence[int], sizes: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(a, a + n) for a, n in zip(start, sizes, strict=True))


def _dynamic_slice(equation: Any, x: np.ndarray, *start: Any) -> np.ndarray:
    sizes = equation.params["slice_sizes"]
    return x[_window(_starts(start, sizes, x.shape), sizes)]


def _dynamic_update_slice(equation: Any, x: np.ndarray, new: np.ndarray, *start: Any):
    result = x.copy()
    result[_window(_starts(start, new.shape, x.shape), new.shape)] = new
    return result


def _split(equation: Any) -> Callable[..., Any]:
    places = np.cumsum(equation.params["sizes"])[:-1]
    axis = equation.params["axis"]
    return lambda x: one_or_all(np.split(x, places, axis))


def _iota(equation: Any) -> Callable[..., Any]:
    aval, dimension = equation.out_avals[0], equation.params["dimension"]
    counts = np.arange(aval.shape[dimension]).astype(object)
    if aval.dtype.kind not in "iub":
        constant = equation.system.constant
        counts = np.array([*map(constant, map(np.float64, counts)), None], object)[:-1]
    expanded = counts.reshape([-1 if d == dimension else 1 for d in range(len(aval.shape))])
    result = np.broadcast_to(expanded, aval.shape)
    return lambda: result


def _stack(equation: Any, *xs: np.ndarray) -> np.ndarray:
    return np.stack(xs, equation.params["axis"])


def _unstack(equation: Any) -> Callable[..., Any]:
    axis = equation.params["axis"]
    return lambda x: one_or_all([unboxed(part) for part in np.moveaxis(x, axis, 0)])


def _platform_index(equation: Any) -> Callable[..., Any]:
    """Which of several programs runs: the one for the CPU, else the one for any platform."""
    platforms = equation.params["platforms"]
    chosen = [i for i, names in enumerate(platforms) if names is None or "cpu" in names]
    return lambda: chosen[0]


def _unread(equation: Any) -> Callable[..., Any]:
    """An array whose elements are never read."""
    aval = equation.out_avals[0]
    number = 0 if aval.dtype.kind in "iub" else equation.system.constant(np.float64(np.nan))
    return lambda: full(aval.shape, number)


def _tile(equation: Any, x: np.ndarray) -> np.ndarray:
    return np.tile(x, equation.params["reps"])


def _identity(equation: Any) -> Callable[..., Any]:
    return lambda *values: one_or_all(values)


RULES: dict[str, Any] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "reshape": moved(_reshape),
    "squeeze": moved(lambda e, x: np.squeeze(x, e.params["dimensions"])),
    "expand_dims": moved(lambda e, x: np.expand_dims(x, e.params["dimensions"])),
    "transpose": moved(lambda e, x: np.transpose(x, e.params["permutation"])),
    "rev": moved(lambda e, x: np.flip(x, e.params["dimensions"])),
    "concatenate": moved(lambda e, *xs: np.concatenate(xs, e.params["dimension"])),
    "slice": _slice,
    "pad": _pad,
    "tile": moved(_tile),
    "stack": moved(_stack),
    "unstack": _unstack,
    "platform_index": _platform_index,
    "empty": _unread,
    "empty2": _unread,
    "dynamic_slice": moved(_dynamic_slice),
    "dynamic_update_slice": moved(_dynamic_update_slice),
    "split": _split,
    "iota": _iota,
    "copy": _identity,
    "copy_p": _identity,
    "stop_gradient": _identity,
    "optimization_barrier": _identity,
    "sharding_constraint": _identity,
    "device_put": _identity,
    "pvary": _identity,
}
