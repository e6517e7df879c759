"""The search for a violation: a claim compiled to floats, many points, and an ascent.

Floats only point; balls decide. A difference between two floats is mostly rounding, so
points are ranked by how steady it is: at neighbouring inputs rounding errors differ at
random, a true difference does not.
"""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic import jaxprs
from verify.checks import cost
from verify.checks.effort import Effort
from verify.checks.sift import LEAST_ROWS, NEIGHBOURS, ROUNDING, Sifted, block_of, sift, steadiness
from verify.claims.claim import Claim
from verify.claims.domain import Domain
from verify.claims.relation import AllOf, AtMost, Equal, Implies, Less, Relation

Batch = dict[str, np.ndarray]

_KEPT = 24  # points that the ranking hands on
_STRATA = 16  # parts of the domain of which each hands on its best
_LOST = 4  # points at which a side is NaN
_QUADRATURE = 1e-6  # relative error of quadrature in floats, under which nothing is seen
_NOTABLE = 1e-12  # relative difference from which a slope is worth its compilation
_STEADY = 32.0  # a difference over its scatter that rounding hardly ever shows
_COLUMNS = 8  # numbers of a point are padded to a multiple of it
_RATES = (0.1, 1e-4)  # of the first and the last step of an ascent, beside the domains' own
_STEP = 2.0**-20  # of a difference, in steps of the domains
_MOST_ROWS, _FEWEST_ASCENTS = 2**12, 8  # evaluated at once by all ascents
_MANY = 2**18  # points, from which on it pays to compile more for a faster run


@dataclass(frozen=True)
class Found:
    """Candidates for a violation, best first, and how many points were looked at."""

    points: list[dict[str, np.ndarray]]
    evaluated: int
    device: str


def points_to_search(program: jaxprs.Closed, effort: Effort) -> int:
    """How many points a search looks at: more where they are drawn and sifted on the device."""
    each = cost.float_cost(program)
    many = cost.float_points(each, effort.floats, cost.SIFTED_BUDGET)
    if many >= _MANY and cost.is_direct(program):
        return many
    return cost.float_points(each, effort.floats)


def search(claim: Claim, effort: Effort, rng: np.random.Generator, count: int) -> Found:
    """Candidates for a violation among `count` random points and ascents from the best."""
    if not claim.domains or not count:
        return Found([], 0, "")
    with jaxprs.x64():
        look = _Look(claim, count)
        if count >= _MANY and look.is_cheap:
            batch, scores, values = look.sifted(rng, count, effort.reach)
        else:
            batch = {n: d.sample(rng, count, effort.reach) for n, d in claim.domains.items()}
            scores, values = look.scores(batch)
        rows = _ranked(batch, scores, values, look.is_cheap)
        points = [_row(batch, i) for i in rows]
        if effort.ascents and look.is_cheap and look.may_climb(scores, values):
            most = max(_FEWEST_ASCENTS, _MOST_ROWS // look.slopes.rows)
            starts = _starts(scores, values, min(effort.ascents, most), rng)
            points = look.ascend({n: v[starts] for n, v in batch.items()}, effort.steps) + points
    settled = [_settled(claim.domains, p) for p in points]
    return Found(
        [p for p in settled if p is not None], look.evaluated, str(jax.devices()[0].device_kind)
    )


class _Look:
    """A claim's violation in floats, compiled once for batches of any origin."""

    def __init__(self, claim: Claim, count: int):
        self.domains = claim.domains
        self.traced = claim.traced
        self.relation = self.traced.relation(self.traced.program.jaxpr.outvars)
        each = cost.float_cost(self.traced.program)
        self.chunk = min(cost.float_chunk(each), count)
        self.is_cheap = cost.is_direct(self.traced.program)
        fast = jaxprs.fast_compilation()
        options = fast if count < _MANY else None
        self._measures = jax.jit(jax.vmap(self._measured), compiler_options=options)
        self.slopes = Slopes(claim.domains)
        self._rows = cost.block_rows(max(each, self.slopes.rows), LEAST_ROWS)
        self.evaluated = 0

    def _measured(self, values: Mapping[str, Any]) -> Any:
        """The violation, relative and steep."""
        arguments = (values[n] for n in self.domains)
        sides = jaxprs.evaluate_meaning(self.traced.program, *arguments)
        relation = self.traced.relation(sides)
        return jnp.stack([violation(relation), violation(relation, STEEP)])

    def scores(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """How steady and how large the violation is at each point of a batch."""
        values = self._all(batch)[:, 0]
        if not self.is_cheap:  # an error of quadrature is as steady as a violation
            return np.where(values > _QUADRATURE, values, -np.inf), values
        scores = np.full(len(values), -np.inf)
        rows = np.flatnonzero(values > _STEADY * ROUNDING)  # no other can be steady
        if len(rows):
            nearby = ({n: v[rows] * (1 + step) for n, v in batch.items()} for step in NEIGHBOURS)
            scores[rows] = steadiness(
                np.stack([values[rows], *(self._all(near)[:, 0] for near in nearby)])
            )
        return scores, values

    def sifted(self, rng: np.random.Generator, count: int, reach: float) -> Sifted:
        """Of about as many random points those that are worth a look, with `scores` of each."""
        measure = lambda batch: jax.vmap(self._measured)(batch)[:, 0]
        rows, seed = self._rows, int(rng.integers(2**31))
        blocks = -(-count // rows)
        self.evaluated += blocks * rows
        return sift(block_of(measure, self.domains, reach, seed, rows), blocks)

    def _all(self, batch: Batch) -> np.ndarray:
        count = len(next(iter(batch.values())))
        self.evaluated += count
        size = self.chunk
        padded = -count % size
        rows = {n: np.concatenate([v, np.repeat(v[:1], padded, axis=0)]) for n, v in batch.items()}
        parts = [
            np.asarray(self._measures({n: v[i : i + size] for n, v in rows.items()}))
            for i in range(0, count + padded, size)
        ]
        return np.concatenate(parts)[:count]

    def may_climb(self, scores: np.ndarray, values: np.ndarray) -> bool:
        """Whether there is a slope: of an order, or of a difference that is no rounding."""
        return has_order(self.relation) or bool(np.any((scores > _STEADY) & (values > _NOTABLE)))

    def ascend(self, starts: Batch, steps: int) -> list[dict[str, np.ndarray]]:
        """Where ascent along the slopes of the violation gets to, best first."""
        here, best = starts, starts
        record = np.full(len(next(iter(starts.values()))), -np.inf)
        state = None
        for number in range(steps):
            side = -1 if number % 2 else 1
            around = self._all(self.slopes.around(here, side))[:, 1]
            values, pull = self.slopes.of(around, side)
            values = np.nan_to_num(values, nan=-np.inf)
            better = values > record
            best = {n: np.where(_along(better, v), here[n], v) for n, v in best.items()}
            record = np.maximum(record, values)
            move, state = _adam(pull, state, steps)
            here = {n: d.moved(here[n], move[n]) for n, d in self.domains.items()}
        return [_row(best, int(i)) for i in np.argsort(-record)[:_KEPT]]


class Slopes:
    """Slopes by differences, in the steps of the domains.

    The batch that is compiled for the search serves: reverse differentiation would have to
    be compiled for each claim, and follows wrong rules. Forward and backward differences
    take turns, so that an end of a domain is left.
    """

    def __init__(self, domains: Mapping[str, Domain]):
        self.domains = domains
        self.rows = 1 + sum(math.prod(d.shape) for d in domains.values())

    def around(self, here: Batch, side: int) -> Batch:
        """All points, then all points moved a little in their first number, and so on."""
        batch, row = {}, 1
        for name, domain in self.domains.items():
            size = math.prod(domain.shape)
            copies = np.repeat(here[name][None], self.rows, axis=0)
            for entry in range(size):
                step = np.zeros(size)
                step[entry] = side * _STEP
                copies[row + entry] = domain.moved(here[name], step.reshape(domain.shape))
            batch[name], row = copies.reshape(-1, *domain.shape), row + size
        return batch

    def of(self, values: np.ndarray, side: int) -> tuple[np.ndarray, Batch]:
        """The values at the points and their slopes, from those around them."""
        at, *moved = values.reshape(self.rows, -1)
        slopes = (np.reshape(moved, (self.rows - 1, -1)) - at).T * side / _STEP
        batch, column = {}, 0
        for name, domain in self.domains.items():
            size = math.prod(domain.shape)
            part = slopes[:, column : column + size]
            batch[name], column = part.reshape(-1, *domain.shape), column + size
        return at, batch


def _along(flags: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Flags for the rows of an array, in its rank."""
    return flags.reshape(-1, *[1] * (values.ndim - 1))


def _adam(pull: Batch, state: Any, steps: int) -> tuple[Batch, Any]:
    """A step of Adam out of so many, for all numbers of all ascents, in one flat array."""
    flat = np.concatenate([v.reshape(len(v), -1) for v in pull.values()], axis=1)
    padding = -flat.shape[1] % _COLUMNS
    flat = np.pad(np.clip(np.nan_to_num(flat), -1e100, 1e100), ((0, 0), (0, padding)))
    state = _optimiser(steps).init(jnp.asarray(flat)) if state is None else state
    found, state = _adam_step(flat, state, steps=steps)
    moves = np.asarray(found)
    parts, position = {}, 0
    for name, value in pull.items():
        size = math.prod(value.shape[1:])
        part = moves[:, position : position + size]
        parts[name], position = part.reshape(value.shape), position + size
    return parts, state


@functools.cache
def _optimiser(steps: int) -> Any:
    import optax

    first, last = _RATES
    rate = optax.exponential_decay(first, steps, last / first)
    return optax.chain(optax.scale_by_adam(), optax.scale_by_schedule(rate))


@functools.partial(jax.jit, static_argnames="steps")
def _adam_step(pull: Any, state: Any, *, steps: int) -> tuple[Any, Any]:
    """Compiled once for all claims of up to as many numbers."""
    return _optimiser(steps).update(pull, state)


def has_order(relation: Relation) -> bool:
    """Whether a relation says of something that it is less, or where something holds."""
    match relation:
        case AllOf(relations):
            return any(map(has_order, relations))
        case Equal():
            return False
        case _:
            return True


class Measure(NamedTuple):
    """How a gap between two sides counts.

    Attributes:
        of: the gap and the size of the sides, to a number that grows with the gap.
        least: less than any of these.
    """

    of: Callable[[Any, Any], Any]
    least: float


def _steep(gap: Any, size: Any) -> Any:
    """Steep where a violation is tiny, an identity's being 1e-9 before it is 1.

    Short of one it is the gap itself, squashed: relative to its sides 0 <= x is never near.
    """
    return jnp.where(gap > 0, jnp.log(jnp.maximum(gap / size, 1e-300)), _squashed(gap) - 700.0)


def _squashed(number: Any) -> Any:
    return number / (1.0 + abs(number))


RELATIVE = Measure(lambda gap, size: gap / size, -1.0)
STEEP = Measure(_steep, -702.0)


def violation(relation: Relation, measure: Measure = RELATIVE) -> Any:
    """By how much floats violate a relation, as a measure has it.

    Relative to its sides it is over 0 where they do.
    """
    match relation:
        case AllOf(relations):
            return functools.reduce(jnp.maximum, (violation(r, measure) for r in relations))
        case Implies(premise, conclusion):
            outside = violation(premise)
            inside = violation(conclusion, measure)
            return jnp.where(outside > 0, measure.least - _squashed(outside), inside)
        case Equal(left, right):
            return _largest(lambda a, b: abs(a - b), left, right, measure)
        case Less(left, right) | AtMost(left, right):
            return _largest(lambda a, b: a - b, left, right, measure)


def _largest(gap: Callable[[Any, Any], Any], left: Any, right: Any, measure: Measure) -> Any:
    """The largest gap among all entries."""
    gaps = []
    for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
        a, b = jnp.asarray(a, jnp.float64), jnp.asarray(b, jnp.float64)
        size = jnp.maximum(abs(a), abs(b)) + 1e-290
        apart = jnp.where(a == b, 0.0, gap(a, b))  # equal infinities differ by nothing
        gaps.append(jnp.max(measure.of(apart, size), initial=measure.least))
    return functools.reduce(jnp.maximum, gaps)


def _ranked(batch: Batch, scores: np.ndarray, values: np.ndarray, is_cheap: bool) -> list[int]:
    """The points to look at in balls: steadiest, largest, best of each part, some NaN."""
    kept = _KEPT if is_cheap else _KEPT // 3
    steady = np.argsort(-scores)[:kept]
    large = np.argsort(-np.nan_to_num(values, nan=-np.inf))[: kept // 2]
    first = next(iter(batch.values())).reshape(len(scores), -1)[:, :1].ravel()
    parts = np.array_split(np.argsort(first), _STRATA if is_cheap else _STRATA // 4)
    strata = [part[np.argmax(scores[part])] for part in parts if len(part)]
    lost = np.flatnonzero(np.isnan(values))[: _LOST if is_cheap else 1]
    least = 0.0 if is_cheap else _QUADRATURE
    violated = [i for i in (*steady, *large, *strata) if values[i] > least]
    return list(dict.fromkeys(map(int, (*violated, *lost))))


def _starts(scores: np.ndarray, values: np.ndarray, count: int, rng: np.random.Generator) -> Any:
    """Where ascents begin: the steadiest, the largest, and random ones."""
    third = count // 3
    best = np.argsort(-scores)[:third]
    large = np.argsort(-np.nan_to_num(values, nan=-np.inf))[:third]
    rest = rng.integers(0, len(scores), count - len(best) - len(large))
    return np.concatenate([best, large, rest])


def _row(batch: Mapping[str, np.ndarray], i: int) -> dict[str, np.ndarray]:
    return {n: np.asarray(v[i], np.float64) for n, v in batch.items()}


def _settled(domains: Mapping[str, Domain], point: dict[str, np.ndarray]) -> Any:
    """A found point moved into the domain, or None."""
    moved = {n: d.settled(point[n]) for n, d in domains.items()}
    return None if any(v is None for v in moved.values()) else moved
