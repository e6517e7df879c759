"""Worst cases made worse: steps over the bits of an input, from the worst that are known."""

import dataclasses

import numpy as np

from verify.arithmetic.ulps import Format, stepped
from verify.checks.accuracy.judge import Judge
from verify.checks.accuracy.sampling import Sample
from verify.checks.accuracy.tally import Case, Tally, join
from verify.checks.accuracy.target import Batch

_ROUNDS = 6
_STALE = 2  # rounds without a worse case, after which it ends


def refined(
    judge: Judge, sample: Sample, found: Tally, seed: int, most_balls: int | None, count: int
) -> Tally:
    """What was found, with the worst of what a search around its worst cases finds.

    The search is no fair sample: counts and shares stay as they were.
    """
    rng = np.random.default_rng([seed, 2**31])
    stale, best = 0, found
    for _ in range(_ROUNDS):
        if not best.worst or best.worst[0].size == np.inf or stale == _STALE:
            break
        before = best.worst[0].size
        around = neighbours(judge, sample, best.worst, rng, min(count, judge.size))
        best = join([best, judge.tally(around, most_balls)])
        stale = 0 if best.worst[0].size > before else stale + 1
    return dataclasses.replace(found, worst=best.worst, upper=best.upper)


def neighbours(
    judge: Judge, sample: Sample, cases: tuple[Case, ...], rng: np.random.Generator, count: int
) -> Batch:
    """Inputs near those of some cases: one number moved over some bits, or each of them."""
    format = judge.target.format
    rows = np.array([case.inputs for case in cases])[np.arange(count) % len(cases)]
    numbers = rows.shape[1]
    steps = _steps(rng, rows.shape, format)
    moves = rng.integers(0, numbers + 1, count)  # the last: all numbers
    moved = (np.arange(numbers) == moves[:, None]) | (moves == numbers)[:, None]
    flat = stepped(rows.astype(format.dtype), np.where(moved, steps, 0), format)
    return _inside(flat, judge, sample)


def _steps(rng: np.random.Generator, shape: tuple[int, ...], format: Format) -> np.ndarray:
    """Steps over floats, of every order of magnitude up to a binade."""
    size = 2.0 ** rng.uniform(0.0, format.precision, shape)
    return rng.choice([-1, 1], shape) * size.astype(np.int64)


def _inside(flat: np.ndarray, judge: Judge, sample: Sample) -> Batch:
    """Rows of numbers as inputs, moved into the domains."""
    columns, position = [], 0
    for name, shape in judge.target.variables.items():
        size = int(np.prod(shape, dtype=int))
        part = flat[:, position : position + size].reshape(len(flat), *shape)
        columns.append(sample.inside(name, part))
        position += size
    return tuple(columns)
