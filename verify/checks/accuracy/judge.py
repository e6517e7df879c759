"""Batches of inputs judged: floats against intervals on the device, the rest against balls."""

import dataclasses
import functools
import math
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic import jaxprs
from verify.arithmetic.ulps import Format, is_subnormal
from verify.checks.accuracy.bounds import (
    OF_NO_NORMAL,
    Bounds,
    bounds,
    enclosure,
    pack,
    unpacked,
    unpacked_on_device,
)
from verify.checks.accuracy.reference import Reference, UnsettledError
from verify.checks.accuracy.tally import EDGES, KEPT, Case, Tally, bins, worst_of
from verify.checks.accuracy.target import Batch, Target

CLOSE = 1 / 16  # ulps between two bounds of an error that count as one
CLOSELY = 2.0**-20  # or so much of the error
_TIE = 2.0**-22  # relative, by which what is found of half an ulp may be off
_ROW = 2**10  # points of which the worst is looked for together

# What an error counts as, in a byte: the number of its bin, with a flag where a zero or a NaN was
# computed for a normal number (both flags: a NaN for another); or one of these.
_FLUSHED, _ZERO, _NAN, _UNDEFINED, _UNDECIDED, _PADDING = 24, 32, 64, 128, 129, 130
_MIDDLE = len(EDGES)

_precision = threading.Lock()  # of Arb is global to the process


class _Summary(NamedTuple):
    """A batch judged on the device.

    Attributes:
        errors: packed, for each output at each point.
        codes: what each counts as.
        peaks: the greatest upper bound of each output among some points in a row.
    """

    errors: Any
    codes: Any
    peaks: Any


class Judge:
    """Judges batches of one target, all of one size: `size` points, or fewer.

    Where there are so many that it pays (`is_long`), those whose results are all finite have
    a program of their own, which has less to do.
    """

    def __init__(self, target: Target, size: int, *, is_long: bool = False):
        self.target, self.size, self.is_long = target, size, is_long
        self.reference = Reference(target)
        self._compiled = target.compiled()
        with jaxprs.x64():
            self._enclose = enclosure(target)
        self._judged = jax.jit(
            self._bounds, static_argnames="is_finite", compiler_options=jaxprs.fast_intervals()
        )

    @property
    def has_intervals(self) -> bool:
        """Whether the reference can be read in intervals; if not, balls read all."""
        return self._enclose is not None

    def floats(self, columns: Batch, run: Callable[..., np.ndarray] | None = None) -> np.ndarray:
        """What is computed at some points, an array of (points, outputs).

        Always of one size, for another is compiled anew, eager operations too.
        """
        run = run or self._compiled
        return run(*_padded(columns, self.size))[: len(columns[0])]

    def tally(
        self,
        columns: Batch,
        most_balls: int | None = None,
        device: Any = None,
        run: Callable[..., np.ndarray] | None = None,
    ) -> Tally:
        """What the points of a batch show.

        Args:
            columns: the inputs, an array of points for each argument, in the target's dtype.
            most_balls: how many errors balls may settle that intervals leave open; the
                others stay unread. None: all.
            device: on which to compute, JAX's default without.
            run: what computes the floats, the compiled function without.
        """
        count = len(columns[0])
        padded = _padded(columns, self.size)
        with jax.default_device(_unless_first(device)):
            computed = (run or self._compiled)(*padded)
            summary = self._summary(padded, computed, count)
        tally = self._known(summary, columns, computed, count)
        if not tally.unread:
            return tally
        rows = np.argwhere(summary.codes == _UNDECIDED)
        return self._with_balls(tally, rows, columns, computed, summary, most_balls)

    def _summary(self, padded: Batch, computed: np.ndarray, count: int) -> _Summary:
        """The floats in two programs: in one, XLA would compute all again for each result."""
        exact = [column.astype(np.float64) for column in padded]
        flushed = [_flushed(c, self.target.format) for c in padded]
        is_finite = self.is_long and bool(np.isfinite(computed).all())
        with jaxprs.x64():
            errors = self._judged(computed, exact, is_finite=is_finite)
            if any(f is not None for f in flushed):
                zeroed = [e if f is None else f for e, f in zip(exact, flushed, strict=True)]
                others = self._judged(computed, zeroed, is_finite=is_finite)
                errors = _lesser(errors, others, computed)
            codes, peaks = _coded(errors, computed, count, format=self.target.result)
        return _Summary(*map(np.asarray, (errors, codes, peaks)))

    def _bounds(self, computed: Any, exact: Any, *, is_finite: bool) -> Any:
        if self._enclose is None:
            return pack(Bounds(jnp.zeros(computed.shape), jnp.full(computed.shape, jnp.inf)))
        floats = jnp.asarray(computed, jnp.float64)
        return pack(bounds(floats, self._enclose(*exact), self.target.result, is_finite))

    def _known(self, summary: _Summary, columns: Batch, computed: Any, count: int) -> Tally:
        counts = np.bincount(summary.codes.ravel(), minlength=256)
        flagged = counts[:_UNDEFINED].reshape(-1, _ZERO)  # without a flag, or with one or both
        histogram = flagged[:, : 2 * _MIDDLE + 1].sum(0)
        histogram[_MIDDLE] += counts[_FLUSHED]
        counted = int(histogram.sum())
        zeros, nans, others = map(int, flagged[1:].sum(1))
        return Tally(
            inputs=count, counted=counted, undefined=int(counts[_UNDEFINED]),
            unread=int(counts[_UNDECIDED]), right=int(histogram[_MIDDLE]),
            normal=counted - int(counts[_FLUSHED]) - others, zeros=zeros, nans=nans,
            histogram=tuple(map(int, histogram)),
            upper=tuple(map(float, summary.peaks.max(0))),
            worst=_worst(summary, columns, computed),
        )  # fmt: skip

    def _with_balls(
        self, tally: Tally, rows: np.ndarray, columns: Batch, computed: np.ndarray,
        summary: _Summary, most: int | None,
    ) -> Tally:  # fmt: skip
        """The tally with what intervals left open."""
        asked = rows if most is None else _spread(rows, most)
        with _precision:
            read = {(i, k): self._read(columns, computed, i, k) for i, k in asked.tolist()}
        return _with(tally, read, rows, columns, computed, unpacked(summary.errors))

    def _read(self, columns: Batch, computed: np.ndarray, i: int, k: int) -> Any:
        inputs = [column[i] for column in columns]
        try:
            return self.reference.error(inputs, int(k), float(computed[i, k]))
        except UnsettledError as why:
            return why


def _with(
    tally: Tally, read: dict[tuple[int, int], Any], rows: np.ndarray, columns: Batch,
    computed: np.ndarray, found: Bounds,
) -> Tally:  # fmt: skip
    """A tally with what balls said of errors that were open, and of the others their bounds."""
    known = {place: e for place, e in read.items() if not isinstance(e, UnsettledError)}
    kinds = Counter(e.kind for e in read.values() if isinstance(e, UnsettledError))
    upper = np.array(tally.upper)
    settled = {place for place, e in read.items() if getattr(e, "kind", "") != "unread"}
    signed, radius = (np.float64(part[rows[:, 0], rows[:, 1]]) for part in found)
    sizes = abs(signed) + radius
    width = computed.shape[1]
    is_settled = np.isin(rows[:, 0] * width + rows[:, 1], [i * width + k for i, k in settled])
    sizes = np.where(is_settled, 0.0, sizes)
    np.maximum.at(upper, rows[:, 1], sizes)
    for (_, k), error in known.items():
        upper[k] = max(upper[k], error.upper)
    cases = [_case(columns, computed, *p, e.lower, e.signed) for p, e in known.items() if e.lower]
    histogram = np.asarray(tally.histogram) + bins([e.signed for e in known.values()])
    values = [float(computed[place]) for place, e in known.items() if e.is_normal]
    return dataclasses.replace(
        tally,
        counted=tally.counted + len(known),
        undefined=tally.undefined + kinds["undefined"],
        kinks=tally.kinks + kinds["kink"],
        unread=len(rows) - len(read) + kinds["unread"],
        by_balls=len(read),
        right=tally.right + sum(e.lower <= 0.5 for e in known.values()),
        normal=tally.normal + len(values),
        zeros=tally.zeros + values.count(0.0),
        nans=tally.nans + sum(v != v for v in values),
        histogram=tuple(map(int, histogram)),
        upper=tuple(map(float, upper)),
        worst=worst_of((*tally.worst, *cases)),
    )


def _worst(summary: _Summary, columns: Batch, computed: np.ndarray) -> tuple[Case, ...]:
    """The worst cases of a batch, from the rows of points that hold them."""
    peaks = summary.peaks.max(1)
    height, outputs = len(computed) // len(peaks), computed.shape[1]
    rows = np.sort(_largest(peaks, columns, lambda rows: rows * height))
    found = unpacked(summary.errors.reshape(len(peaks), -1)[rows])
    codes = summary.codes.reshape(len(peaks), -1)[rows]
    sizes = np.where(codes < _UNDEFINED, np.abs(found.signed), 0.0)
    points = (rows[:, None] * height + np.arange(sizes.shape[1]) // outputs).ravel()
    best = _largest(sizes.ravel(), columns, lambda places: points[places])
    cases = []
    for place in best[sizes.ravel()[best] > 0].tolist():
        signed, radius = (float(part.ravel()[place]) for part in found)
        size = abs(signed) - (0.0 if math.isinf(signed) else radius)
        i, k = int(points[place]), place % outputs
        cases.append(_case(columns, computed, i, k, max(size, 0.0), signed))
    return worst_of(cases)


def _largest(
    sizes: np.ndarray, columns: Batch, point: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Where the largest sizes stand; of equal ones, those of the inputs nearest to zero."""
    if len(sizes) <= KEPT:
        return np.arange(len(sizes))
    least = np.partition(sizes, -KEPT)[-KEPT]
    larger, equal = np.flatnonzero(sizes > least), np.flatnonzero(sizes == least)
    if least > 0 and len(larger) + len(equal) > KEPT:
        at = np.minimum(point(equal), len(columns[0]) - 1)  # the last rows may be padding
        numbers = np.concatenate([np.abs(c[at]).reshape(len(at), -1) for c in columns], axis=1)
        equal = equal[np.lexsort(numbers.T[::-1])]
    return np.concatenate([larger, equal[: KEPT - len(larger)]])


@functools.partial(jax.jit, static_argnames="format")
def _coded(errors: Any, computed: Any, count: Any, *, format: Format) -> tuple[Any, Any]:
    """What each error counts as, and the greatest bounds of points in a row."""
    signed, radius = unpacked_on_device(errors)
    size = abs(signed)
    is_known = radius <= CLOSE + CLOSELY * size
    upper = size + jnp.where(jnp.isinf(size), 0.0, radius)
    steps = (size > EDGES[0] * (1 + _TIE)).astype(jnp.uint8)
    for edge in EDGES[1:]:
        steps += (size > edge).astype(jnp.uint8)
    code = jnp.where(signed < 0, _MIDDLE - steps, _MIDDLE + steps)
    is_lost = (size >= 1) & (computed == 0)
    of_nan = jnp.where(radius == OF_NO_NORMAL, _NAN + _ZERO, _NAN)
    code += jnp.where(is_lost, _ZERO, jnp.where(jnp.isnan(computed), of_nan, 0))
    is_flushed = (abs(computed) < format.smallest) & (size == 0)
    code = jnp.where(is_flushed, _FLUSHED, code)
    code = jnp.where(is_known, code, jnp.where(jnp.isnan(radius), _UNDEFINED, _UNDECIDED))
    inside = (jnp.arange(computed.shape[0]) < count)[:, None]
    code = jnp.where(inside, code, _PADDING).astype(jnp.uint8)
    bound = jnp.where(inside & is_known, upper, 0.0)
    rows = math.gcd(_ROW, size.shape[0])
    return code, jnp.max(bound.reshape(-1, rows, size.shape[1]), axis=1)


@jax.jit
def _lesser(first: Any, second: Any, computed: Any) -> Any:
    """The error of an input that counts as either of two; not known if the other may be less.

    Where the second has no exact value, no infinity or NaN is wrong.
    """
    found = unpacked_on_device(first), unpacked_on_device(second)
    (signed, radius), (other, spread) = found
    is_free = jnp.isnan(spread)
    (least, most), (lower, upper) = map(_sizes, found)
    pick = is_free | (most <= upper)
    is_off = jnp.where(pick, most, upper) > EDGES[0]
    is_open = jnp.where(pick, lower < least, least < lower) & is_off
    lost = jnp.isnan(radius) | (is_free & is_off & ~jnp.isfinite(computed))
    signed = jnp.where(is_open, 0.0, jnp.where(pick, signed, other))
    radius = jnp.where(is_open, jnp.inf, jnp.where(pick, radius, spread))
    return pack(Bounds(signed, jnp.where(lost, jnp.nan, radius)))


def _sizes(found: Bounds) -> tuple[Any, Any]:
    """The least and the greatest that an error may be."""
    size = abs(found.signed)
    endless = jnp.isinf(size)
    least = jnp.where(endless, jnp.inf, jnp.maximum(size - found.radius, 0.0))
    return least, jnp.where(endless, jnp.inf, size + found.radius)


def _padded(columns: Batch, size: int) -> Batch:
    """Batches of one size, filled up with the first point."""
    missing = size - len(columns[0])
    if not missing:
        return columns
    return tuple(np.concatenate([c, np.repeat(c[:1], missing, axis=0)]) for c in columns)


def _unless_first(device: Any) -> Any:
    """A device, or None for the first: named, JAX would compile for it what it has compiled."""
    return None if device == jax.local_devices()[0] else device


def _flushed(column: np.ndarray, format: Any) -> np.ndarray | None:
    """Inputs as float64 with zeros for subnormal numbers; None where there are none."""
    subnormal = is_subnormal(column, format)
    return np.where(subnormal, 0.0, column.astype(np.float64)) if subnormal.any() else None


def _case(columns: Batch, computed: np.ndarray, i: int, k: int, size: float, signed: float) -> Case:
    inputs = tuple(float(x) for column in columns for x in np.ravel(column[i]))
    return Case(size, inputs, int(k), signed, float(computed[i, k]))


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """Some of the rows, from all over."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(int)] if most else rows[:0]
