"""A claim read in balls at one point, at growing precision until something is known."""

import copy
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from flint import arb

from verify.arithmetic.arrays import boxed, unboxed
from verify.arithmetic.balls.constants import exact, uncertainty
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.definedness import DEFINEDNESS
from verify.arithmetic.errors import Unreadable
from verify.arithmetic.interpreter import Constant, Program
from verify.arithmetic.reading import Notes, reading
from verify.checks.judgement import Judgement, Truth, judge
from verify.claims.claim import Claim
from verify.claims.relation import Relation

Point = Mapping[str, np.ndarray]

FIRST_BITS = 128
DIGITS = 8  # to which sides must agree, at least
ZERO_BITS = 512  # precision up to which an agreement about zero is put to the test
ZERO_DIGITS = ZERO_BITS * math.log10(2)  # or to which it is seen without
PERTURBATIONS = 3  # of constants, where their balls blow up
SPREAD = 8  # how much further than seen a perturbation may reach
ESTIMATED_STRENGTH = 1e6  # gap over error at which an estimate may refute


@dataclass(frozen=True)
class Outcome:
    """What is known at a point.

    Attributes:
        judgement: of the relation.
        bits: precision that it took.
        notes: taken by the last reading.
        relation: its sides in balls, where they could be had.
    """

    judgement: Judgement
    bits: int
    notes: Notes
    relation: Relation | None = None

    @property
    def truth(self) -> Truth:
        return self.judgement.truth

    @property
    def is_estimated(self) -> bool:
        return bool(self.notes.estimated)

    @property
    def may_refute(self) -> bool:
        """A violation beyond the error of the balls, or far beyond an estimated one."""
        return self.truth is Truth.FALSE and (
            not self.is_estimated or self.judgement.strength >= ESTIMATED_STRENGTH
        )


class Reader:
    """Reads a claim at points of its domain."""

    def __init__(self, claim: Claim, most_bits: int, first_bits: int = FIRST_BITS):
        self.claim, self.most_bits, self.first_bits = claim, most_bits, first_bits
        self.traced = claim.traced
        self.program = BALLS.compile(self.traced.program)

    def deeper(self, bits: int) -> "Reader":
        """The same reader, which begins with more bits."""
        other = copy.copy(self)
        other.first_bits = bits
        return other

    @functools.cached_property
    def _careful(self) -> Program:
        return DEFINEDNESS.compile(self.traced.program)

    @functools.cached_property
    def inexact_constants(self) -> list[Constant]:
        """Constants of which it is not known what their author meant to the last bit."""
        return [c for c in self.program.constants.values() if _is_inexact(c.value)]

    def at(self, point: Point, **settings: Any) -> Outcome:
        """What is known at a point, precision growing as long as that helps."""
        bits, width, best = self.first_bits, math.inf, None
        while True:
            outcome = self._once(self.program, point, bits=bits, **settings)
            if self._is_settled(outcome):
                return outcome
            if best is None or outcome.judgement.width <= best.judgement.width:
                best = outcome
            if bits >= self.most_bits or not self._helps(width, outcome):
                break
            width = outcome.judgement.width
            bits = 2 * bits if bits >= ZERO_BITS or not _is_about_zero(outcome) else ZERO_BITS
        if best.truth is Truth.UNKNOWN and math.isinf(best.judgement.width):
            careful = self._once(self._careful, point, bits=FIRST_BITS, **settings)
            best = careful if careful.truth is Truth.FALSE else best
        if self._agrees_enough(best) or best.truth is Truth.FALSE:
            return best
        return self._with_constants_as_points(point, best, **settings)

    def second_look(self, point: Point, bits: int) -> Outcome:
        """The same point with estimates made in another way, once."""
        return self._once(self.program, point, bits=bits, second_look=True)

    def nudged(self, point: Point, bits: int) -> Outcome:
        """The same point with exchanged derivatives read a little off it, once."""
        return self._once(self.program, point, bits=bits, nudged=True)

    def _once(self, program: Program, point: Point, **settings: Any) -> Outcome:
        with reading(**settings) as notes:
            try:
                sides = program(*self._arguments(point))
            except Unreadable as why:
                judgement = Judgement(Truth.UNKNOWN, width=math.inf, why=str(why))
                return Outcome(judgement, settings["bits"], notes)
            relation = self.traced.relation(sides)
            return Outcome(judge(relation), settings["bits"], notes, relation)

    def _arguments(self, point: Point) -> list[Any]:
        return [as_balls(point[name]) for name in self.claim.domains]

    def _is_settled(self, outcome: Outcome) -> bool:
        judgement = outcome.judgement
        if judgement.truth is Truth.AGREES:
            is_tested = outcome.bits >= ZERO_BITS or judgement.digits >= ZERO_DIGITS
            return judgement.digits >= DIGITS and (is_tested or not judgement.near_zero)
        if judgement.truth is Truth.FALSE and outcome.is_estimated:
            return outcome.may_refute
        return judgement.truth is not Truth.UNKNOWN

    def _agrees_enough(self, outcome: Outcome) -> bool:
        return outcome.truth is Truth.AGREES and outcome.judgement.digits >= DIGITS

    def _helps(self, before: float, outcome: Outcome) -> bool:
        """Whether doubling the precision made the balls any smaller."""
        width = outcome.judgement.width
        if math.isinf(width):
            return math.isinf(before) and not outcome.notes.obstacles
        return width < before / 2

    def _with_constants_as_points(self, point: Point, best: Outcome, **settings: Any) -> Outcome:
        """An estimate where balls for constants blow up: constants as stored and perturbed."""
        if not self.inexact_constants or settings.get("constants", "balls") not in (
            "balls",
            "wide",
        ):
            return best
        mode = "perturbed wide" if settings.get("constants") == "wide" else "perturbed"
        bits = min(4 * FIRST_BITS, self.most_bits)
        stored = self._once(self.program, point, bits=bits, **{**settings, "constants": "points"})
        moved = [
            self._once(self.program, point, bits=bits,
                       **{**settings, "constants": mode, "seed": seed})
            for seed in range(PERTURBATIONS)
        ]  # fmt: skip
        if stored.relation is None or any(m.relation is None for m in moved):
            return best
        relation = jax.tree.map(_spread, stored.relation, *(m.relation for m in moved),
                                is_leaf=lambda leaf: leaf is None)  # fmt: skip
        stored.notes.estimated.add("constants perturbed")
        outcome = Outcome(judge(relation), bits, stored.notes, relation)
        settled = self._agrees_enough(outcome) or outcome.truth is Truth.TRUE or outcome.may_refute
        return outcome if settled else best


def as_balls(value: Any) -> Any:
    """Floats as the exact reals that they are."""
    array = np.asarray(value, np.float64)
    if not array.ndim:
        return exact(array.item())
    result = np.empty(array.shape, object)
    result[...] = np.frompyfunc(exact, 1, 1)(array) if array.size else None
    return result


def _is_about_zero(outcome: Outcome) -> bool:
    return outcome.truth is Truth.AGREES and outcome.judgement.near_zero


def _is_inexact(value: np.ndarray) -> bool:
    return value.dtype.kind not in "iub" and any(
        np.isfinite(float(v)) and uncertainty(v) for v in value.flat
    )


def _spread(stored: Any, *moved: Any) -> Any:
    """Balls around stored values that reach well beyond the moved ones."""

    def one(centre: Any, *others: Any) -> Any:
        if not isinstance(centre, arb):
            return centre if all(o == centre for o in others) else None
        reach = max((abs(o - centre).upper() for o in others), key=lambda r: float(r.mid()))
        return centre + arb(0, SPREAD * reach) if reach.is_finite() else arb.nan()

    arrays = [boxed(v) for v in (stored, *moved)]
    if not arrays[0].size:
        return stored
    with np.errstate(all="ignore"):  # flags that Arb's conversions leave
        return unboxed(np.frompyfunc(one, len(arrays), 1)(*arrays))


def at_generic(outcomes: Sequence[Outcome]) -> bool:
    """Whether a violation shows at most of some points, not at singled-out ones alone."""
    return sum(o.may_refute for o in outcomes) * 4 >= 3 * len(outcomes)
