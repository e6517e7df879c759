"""Batches of inputs judged: floats against intervals on the device, the rest against balls."""

import functools
import math
import os
import threading
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic import jaxprs
from verify.arithmetic.ulps import Format, is_subnormal
from verify.checks.accuracy.bounds import Bounds, bounds, enclosure
from verify.checks.accuracy.reference import Reference, Unsettled
from verify.checks.accuracy.tally import EDGES, KEPT, Case, Tally, bins, worst_of
from verify.checks.accuracy.target import Batch, Target

_CLOSE = 1 / 16  # ulps between two bounds of an error that count as one
_CLOSELY = 2.0**-20  # or so much of the error
_ROW = 2**10  # points of which the worst is looked for together
_FIRST = 4  # edges of errors that the device counts
_COUNTED, _UNDECIDED = 1, 2  # what an error may count as

_precision = threading.Lock()  # of Arb is global to the process


class _Summary(NamedTuple):
    """A batch, added up on the device, and what is needed to look at single points."""

    counts: Any  # undefined, undecided, right, normal, zeros, nans
    over: Any  # for each of the first edges and each sign, how many errors are over it
    upper: Any  # the greatest bound of each output
    peaks: Any  # the greatest error of each row of points
    bounds: Bounds
    state: Any  # of each error, what it counts as


class Judge:
    """Judges batches of one target, all of one size: `size` points, or fewer."""

    def __init__(self, target: Target, size: int):
        self.target, self.size = target, size
        self.reference = Reference(target)
        self._compiled = target.compiled()
        with jaxprs.x64():
            enclose = enclosure(target)
        self.has_intervals = enclose is not None
        self._enclose = None if enclose is None else jax.jit(enclose)

    def floats(self, columns: Batch) -> np.ndarray:
        """What is computed at some points, an array of (points, outputs)."""
        return self._compiled(*_padded(columns, self.size))[: len(columns[0])]

    def tally(self, columns: Batch, most_balls: int | None = None, device: Any = None) -> Tally:
        """What the points of a batch show.

        Args:
            columns: the inputs, an array of points for each argument, in the target's dtype.
            most_balls: how many errors balls may settle that intervals leave open; the
                others stay unread. None: all.
            device: on which to compute, JAX's default without.
        """
        count = len(columns[0])
        padded = _padded(columns, self.size)
        with jax.default_device(device):
            computed = self._compiled(*padded)
            summary = self._summary(padded, computed, count)
        tally = self._known(summary, columns, computed, count)
        if not int(summary.counts[1]):
            return tally
        rows = np.argwhere(np.asarray(summary.state) == _UNDECIDED)
        return self._with_balls(tally, rows, columns, computed, summary.bounds, most_balls)

    def _summary(self, padded: Batch, computed: np.ndarray, count: int) -> _Summary:
        """Three programs one after the other: in one XLA would compute all again for each sum."""
        exact = [column.astype(np.float64) for column in padded]
        flushed = [_flushed(c, self.target.format) for c in padded]
        with jaxprs.x64():
            found = self._bounds(exact, computed)
            if any(f is not None for f in flushed):
                zeroed = [e if f is None else f for e, f in zip(exact, flushed, strict=True)]
                found = _lesser(found, self._bounds(zeroed, computed))
            return _added_up(found, computed, count, format=self.target.result)

    def _bounds(self, exact: Any, computed: np.ndarray) -> Bounds:
        if self._enclose is None:
            nothing = np.zeros(computed.shape, np.float32)
            return Bounds(nothing, nothing + np.float32(np.inf))
        is_finite = bool(np.isfinite(computed).all())
        enclosed = self._enclose(*exact)
        return _bounded(computed, enclosed, format=self.target.result, is_finite=is_finite)

    def _known(self, summary: _Summary, columns: Batch, computed: Any, count: int) -> Tally:
        undefined, undecided, right, normal, zeros, nans = map(int, summary.counts)
        counted = count * computed.shape[1] - undefined - undecided
        return Tally(
            inputs=count, counted=counted, undefined=undefined, right=right, normal=normal,
            zeros=zeros, nans=nans, histogram=_histogram(summary, counted),
            upper=tuple(float(u) for u in summary.upper),
            worst=self._worst(summary, columns, computed),
        )  # fmt: skip

    def _worst(self, summary: _Summary, columns: Batch, computed: np.ndarray) -> tuple[Case, ...]:
        """The worst cases of a batch, from the rows of points that hold them."""
        peaks = np.asarray(summary.peaks)
        rows = np.sort(np.argsort(-peaks, kind="stable")[:KEPT])
        outputs = computed.shape[1]
        sizes = np.abs(np.asarray(summary.bounds.signed)).reshape(len(peaks), -1)[rows]
        states = np.asarray(summary.state).reshape(len(peaks), -1)[rows]
        sizes = np.where(states == _COUNTED, sizes, 0.0)
        best = np.argsort(-sizes, axis=None, kind="stable")[:KEPT]
        cases = []
        for place in best[sizes.ravel()[best] > 0]:
            row, column = np.unravel_index(place, sizes.shape)
            i, k = divmod(int(rows[row]) * sizes.shape[1] + int(column), outputs)
            signed, radius = (float(part[i, k]) for part in summary.bounds[:2])
            size = abs(signed) - (0.0 if math.isinf(signed) else radius)
            cases.append(_case(columns, computed, i, k, max(size, 0.0), signed))
        return worst_of(cases)

    def _with_balls(
        self, tally: Tally, rows: np.ndarray, columns: Batch, computed: np.ndarray,
        found: Bounds, most: int | None,
    ) -> Tally:  # fmt: skip
        """The tally with what intervals left open."""
        if not len(rows):
            return tally
        asked = rows if most is None else _spread(rows, most)
        with _precision:
            read = [self._read(columns, computed, i, k) for i, k in asked]
        return _with(tally, read, rows, asked, found, columns, computed)

    def _read(self, columns: Batch, computed: np.ndarray, i: int, k: int) -> Any:
        inputs = [column[i] for column in columns]
        try:
            return self.reference.error(inputs, int(k), float(computed[i, k]))
        except Unsettled as why:
            return why


def _with(
    tally: Tally, read: list[Any], rows: np.ndarray, asked: np.ndarray, found: Bounds,
    columns: Batch, computed: np.ndarray,
) -> Tally:  # fmt: skip
    import dataclasses

    upper = list(tally.upper)
    pairs = zip(asked, read, strict=True)
    known = [(i, k, e) for (i, k), e in pairs if not isinstance(e, Unsettled)]
    for i, k, error in known:
        upper[k] = max(upper[k], error.upper)
    settled = {(int(i), int(k)) for (i, k), e in zip(asked, read, strict=True)
               if not (isinstance(e, Unsettled) and e.kind == "unread")}  # fmt: skip
    for i, k in rows:
        if (int(i), int(k)) not in settled:
            bound = abs(float(found.signed[i, k])) + float(found.radius[i, k])
            upper[k] = max(upper[k], bound)
    kinds = [e.kind for e in read if isinstance(e, Unsettled)]
    cases = [_case(columns, computed, i, k, e.lower, e.signed) for i, k, e in known if e.lower > 0]
    histogram = np.asarray(tally.histogram) + bins([e.signed for _, _, e in known])
    normal = [(i, k) for i, k, e in known if e.is_normal]
    values = [float(computed[i, k]) for i, k in normal]
    return dataclasses.replace(
        tally,
        counted=tally.counted + len(known),
        undefined=tally.undefined + kinds.count("undefined"),
        kinks=tally.kinks + kinds.count("kink"),
        unread=tally.unread + kinds.count("unread") + len(rows) - len(asked),
        by_balls=tally.by_balls + len(asked),
        right=tally.right + sum(e.upper <= 0.5 for _, _, e in known),
        normal=tally.normal + len(normal),
        zeros=tally.zeros + values.count(0.0),
        nans=tally.nans + sum(v != v for v in values),
        histogram=tuple(map(int, histogram)),
        upper=tuple(upper),
        worst=worst_of((*tally.worst, *cases)),
    )


@functools.partial(jax.jit, static_argnames=("format", "is_finite"))
def _bounded(computed: Any, exact: Any, *, format: Format, is_finite: bool) -> Bounds:
    return bounds(jnp.asarray(computed, jnp.float64), exact, format, is_finite)


@functools.partial(jax.jit, static_argnames="format")
def _added_up(found: Bounds, computed: Any, count: Any, *, format: Format) -> _Summary:
    size, radius = abs(found.signed), found.radius
    inside = (jnp.arange(computed.shape[0]) < count)[:, None]
    undefined = inside & jnp.isnan(radius)
    undecided = inside & (radius > _CLOSE + _CLOSELY * size)
    counted = inside & (radius <= _CLOSE + _CLOSELY * size)
    upper = jnp.where(counted, size + jnp.where(jnp.isinf(size), 0.0, radius), 0.0)
    # What was computed is of the size of the exact value, unless it is far off.
    is_normal = (abs(computed) >= format.smallest) | (size >= 1)
    counts = [undefined, undecided, counted & (upper <= 0.5), counted & is_normal,
              counted & (size >= 1) & (computed == 0), counted & jnp.isnan(computed)]  # fmt: skip
    signed = jnp.where(counted, found.signed, 0.0)
    over = [[_total(side * signed > edge) for edge in EDGES[:_FIRST]] for side in (1, -1)]
    peaks = jnp.max(abs(signed).reshape(-1, min(_ROW, size.shape[0]) * size.shape[1]), axis=1)
    state = jnp.where(counted, _COUNTED, jnp.where(undecided, _UNDECIDED, 0)).astype(jnp.uint8)
    return _Summary(
        jnp.stack([_total(c) for c in counts]), jnp.array(over), jnp.max(upper, axis=0), peaks,
        found, state,
    )  # fmt: skip


def _total(flags: Any) -> Any:
    """How many flags are set; bytes are added in parts that a byte can count."""
    if flags.size % 2**13:
        return jnp.sum(flags, dtype=jnp.int32)
    parts = jnp.sum(flags.reshape(-1, 2**6, 2**7), axis=1, dtype=jnp.int8)
    return jnp.sum(parts, dtype=jnp.int32)


@jax.jit
def _lesser(first: Bounds, second: Bounds) -> Bounds:
    """The error of an input that counts as either of two."""
    lost = jnp.isnan(first.radius) | jnp.isnan(second.radius)
    pick = abs(first.signed) + first.radius <= abs(second.signed) + second.radius
    signed = jnp.where(pick, first.signed, second.signed)
    radius = jnp.where(pick, first.radius, second.radius)
    return Bounds(signed, jnp.where(lost, jnp.nan, radius))


def _histogram(summary: _Summary, counted: int) -> tuple[int, ...]:
    """Counts between edges, from counts of what is over the first ones; the rest are few."""
    above, below = np.asarray(summary.over, int)
    middle = counted - int(above[0]) - int(below[0])
    sides = [side[:-1] - side[1:] for side in (below, above)]
    near = np.concatenate([sides[0][::-1], [middle], sides[1]])
    counts = np.zeros(2 * len(EDGES) + 1, int)
    edge = len(EDGES) - _FIRST + 1
    counts[edge : edge + len(near)] = near
    if above[-1] or below[-1]:
        signed = np.asarray(summary.bounds.signed)
        far = (np.abs(signed) > EDGES[_FIRST - 1]) & (np.asarray(summary.state) == _COUNTED)
        counts += bins(signed[far])
    return tuple(map(int, counts))


def _padded(columns: Batch, size: int) -> Batch:
    """Batches of one size, filled up with the first point."""
    missing = size - len(columns[0])
    if not missing:
        return columns
    return tuple(np.concatenate([c, np.repeat(c[:1], missing, axis=0)]) for c in columns)


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


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
