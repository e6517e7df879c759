"""Claims of accuracy: from `vf.accurate` to what was found."""

import dataclasses
import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic import jaxprs
from verify.arithmetic.reading import reading
from verify.arithmetic.ulps import FORMATS
from verify.checks.accuracy.judge import CLOSE, CLOSELY, Judge
from verify.checks.accuracy.measure import Plan, sampled
from verify.checks.accuracy.record import ulps_text
from verify.checks.accuracy.reference import Error, UnsettledError
from verify.checks.accuracy.sampling import Sample
from verify.checks.accuracy.stated import Stated, accuracies, stated_by
from verify.checks.accuracy.tally import KEPT, Case, Tally, join
from verify.checks.accuracy.target import Target, target
from verify.checks.effort import Effort
from verify.checks.judgement import Truth
from verify.checks.judgement import judge as judge_relation
from verify.checks.points import Point, plain
from verify.checks.reader import Reader, as_balls
from verify.checks.search import violation
from verify.checks.shrink import shrunk
from verify.checks.verdict import Evidence, Finding
from verify.claims.claim import Claim
from verify.claims.relation import AllOf, Implies, Less, Relation

_MOST_UNREAD = 0.1  # share of errors left open beyond which a claim is undecided
_SHRINKING = 100  # points that shrinking may try
_INDIRECT = 2**-4  # of the inputs, where arguments must be computed first
_NEAR = 1 / 16  # ulps, by which a bound of an error may be over the error
_SLACK = "intervals allow XLA's float64 functions 2^10 ulps and more"


def look(claim: Claim, effort: Effort, seed: int) -> Finding:
    """Every statement of accuracy of a claim, until one is refuted."""
    reader = Reader(claim, effort.bits)
    evidence: list[Evidence] = []
    status, objection = "proved", ""
    for position, stated in enumerate(accuracies(stated_by(claim))):
        found = _Look(claim, reader, stated, position, effort, seed).finding()
        evidence += found.evidence
        if found.status == "refuted":
            return dataclasses.replace(found, evidence=tuple(evidence))
        objection = objection or found.reason
        status = status if found.status == "proved" else "holds"
    return Finding("undecided" if objection else status, objection, None, tuple(evidence))


@dataclass(frozen=True)
class _Look:
    """One statement of accuracy of a claim, looked at.

    Attributes:
        position: which of the claim's statements of accuracy it is.
    """

    claim: Claim
    reader: Reader
    stated: Stated
    position: int
    effort: Effort
    seed: int

    def finding(self) -> Finding:
        names = self._own_names()
        if names is None or self.stated.premises:
            return self._indirectly()
        domains = {name: self.claim.domains[name] for name in names}
        judged = self._target({name: domain.shape for name, domain in domains.items()})
        plan = Plan.of(judged, domains, self.effort, self.seed, None, "accurate")
        tally = plan.run().tally
        points = (dict(zip(names, x, strict=True)) for x in map(judged.inputs, tally.worst))
        everywhere = {n: d.special(1.0)[0] for n, d in self.claim.domains.items()}
        whole = ({**everywhere, **point} for point in points)
        cases = zip(tally.worst, whole, strict=True)
        return self._concluded(plan.judge, tally, cases, plan.is_exhaustive)

    def _own_names(self) -> list[str] | None:
        """The claim's variables that the arguments are; None where they are something else."""
        found, count = self._named, len(self.stated.accurate.arguments)
        return found if count == len(found) == len(set(found)) else None

    @functools.cached_property
    def _named(self) -> list[str]:
        """The claim's variables that are arguments as they stand."""
        known = dict(zip(map(id, self.claim.traced.program.jaxpr.invars), self.claim.domains,
                         strict=True))  # fmt: skip
        names = (known.get(id(a)) for a in self.stated.accurate.arguments)
        return [name for name in names if name is not None]

    def _target(self, shapes: Mapping[str, tuple[int, ...]]) -> Target:
        accurate = self.stated.accurate
        return target(
            "accurate", accurate.function, shapes, FORMATS[accurate.dtype],
            gradient=accurate.gradient, reference=accurate.reference, by_name=False,
        )  # fmt: skip

    def _indirectly(self) -> Finding:
        """Points of the domain are drawn, and the arguments computed from them in float64."""
        accurate = self.stated.accurate
        shapes = {f"argument {i}": a.aval.shape for i, a in enumerate(accurate.arguments, start=1)}
        judged = self._target(shapes)
        judge, count, balls = sampled(judged, self.effort)
        rng = np.random.default_rng([self.seed, len(shapes)])
        tallies: list[Tally] = []
        places: dict[tuple[float, ...], Point] = {}
        for _ in range(max(int(count * _INDIRECT) // judge.size, 1)):
            drawn = {n: d.sample(rng, judge.size, self.effort.reach)
                     for n, d in self.claim.domains.items()}  # fmt: skip
            points, columns, kept = self._arguments(drawn, judged)
            if not kept.any():
                continue
            tallies.append(judge.tally(tuple(c[kept] for c in columns), balls))
            for case in tallies[-1].worst:
                places.setdefault(case.inputs, _place(points, columns, kept, case.inputs))
        tally = join(tallies)
        return self._concluded(judge, tally, ((c, places[c.inputs]) for c in tally.worst), False)

    def _arguments(self, drawn: Any, judged: Target) -> tuple[Any, Any, np.ndarray]:
        """Some points, the arguments there, rounded, and where they count: once each.

        Variables that are arguments as they stand are floats of their domains, so that nothing
        is asked of others that these are rounded to.
        """
        points = {name: self._floats(name, np.asarray(values)) for name, values in drawn.items()}
        with jaxprs.x64():
            values, counts = self._computed(list(points.values()))
        with np.errstate(over="ignore"):  # those that overflow are not kept
            columns = tuple(np.asarray(v).astype(judged.format.dtype) for v in values)
        flat = _flat(columns)
        kept = np.isfinite(flat).all(1) & np.asarray(counts)
        first = np.zeros(len(flat), bool)
        first[np.flatnonzero(kept)[np.unique(flat[kept], axis=0, return_index=True)[1]]] = True
        return points, columns, first

    def _floats(self, name: str, values: np.ndarray) -> np.ndarray:
        """What a variable is where it is an argument itself: a float of its domain."""
        sample = self._sample
        if name not in sample.domains:
            return values
        with np.errstate(over="ignore"):
            return sample.inside(name, values.astype(sample.format.dtype))

    @functools.cached_property
    def _sample(self) -> Sample:
        """Of the variables that are arguments as they stand."""
        domains = {name: self.claim.domains[name] for name in self._named}
        return Sample(domains, FORMATS[self.stated.accurate.dtype], self.seed, "accurate")

    @functools.cached_property
    def _computed(self) -> Any:
        program = self.claim.traced.program

        def at(point: Any) -> Any:
            relation = self.claim.traced.relation(jaxprs.evaluate(program, *point))
            stated = list(accuracies(relation))[self.position]
            met = [_is_met(p) for p in stated.premises]
            return stated.accurate.arguments, jnp.all(jnp.array([True, *met]))

        return jax.jit(jax.vmap(at))

    def _concluded(
        self, judge: Judge, tally: Tally, cases: Iterable[tuple[Case, Point]], exhaustive: bool
    ) -> Finding:
        """What the worst cases, read again, say of the bound."""
        bound, read, most = self.stated.accurate.ulps, [], _least_bad(tally)
        for case, point in cases:
            if not self._counts(point):
                continue
            try:
                inputs = judge.target.inputs(case)
                error = judge.reference.error(inputs, case.output, case.value)
            except UnsettledError as why:
                if why.kind == "unread":
                    most = max(most, abs(case.signed))
                continue
            if error.lower > bound:
                evidence = self._evidence(judge, tally, exhaustive, error)
                return self._refuted(judge, case, point, error, evidence)
            read.append(error)
        worst = max(read, key=lambda error: error.upper, default=None)
        most = max(most, worst.upper if worst else 0.0)
        upper = min(most, max(tally.upper, default=0.0)) if not tally.unread else most
        evidence = (self._evidence(judge, tally, exhaustive, worst),)
        objection = _objection(tally, upper, bound)
        if objection:
            return Finding("undecided", objection, None, evidence)
        is_proof = exhaustive and not tally.unread and upper <= bound
        return Finding("proved" if is_proof else "holds", "", None, evidence)

    def _error(self, judge: Judge, inputs: Any, output: int) -> Error | None:
        """The error of an output at single inputs, of the floats as they come now."""
        value = float(judge.floats(tuple(np.asarray(x)[None] for x in inputs))[0, output])
        try:
            return judge.reference.error(inputs, output, value)
        except UnsettledError:
            return None

    def _counts(self, point: Point) -> bool:
        """Whether the premises hold at a point, for certain."""
        if not self.stated.premises:
            return True
        with reading(constants="points"):
            sides = self.reader.program(*(as_balls(point[name]) for name in self.claim.domains))
        stated = list(accuracies(self.claim.traced.relation(sides)))[self.position]
        return all(judge_relation(p).truth is Truth.TRUE for p in stated.premises)

    def _refuted(
        self, judge: Judge, case: Case, point: Point, worst: Error, evidence: Evidence
    ) -> Finding:
        """The counterexample, shrunk, and what is wrong there."""
        bound, output = self.stated.accurate.ulps, case.output

        def error_at(candidate: Point) -> tuple[Point, Any, Error | None]:
            drawn = {n: np.asarray(candidate[n])[None] for n in self.claim.domains}
            points, columns, kept = self._arguments(drawn, judge.target)
            taken = {n: np.asarray(values[0], np.float64) for n, values in points.items()}
            inputs = [column[0] for column in columns]
            if not kept[0] or not self._counts(taken):
                return taken, inputs, None
            return taken, inputs, self._error(judge, inputs, output)

        def fails(candidate: Point) -> bool:
            *_, error = error_at(candidate)
            return error is not None and error.lower > bound

        smallest, inputs, error = error_at(
            shrunk(self.claim.domains, dict(point), fails, _SHRINKING)
        )
        if error is None or error.lower <= bound:
            smallest, inputs = point, judge.target.inputs(case)
            error = self._error(judge, inputs, output)
        over = f"over {ulps_text(bound)}"
        if error is not None and worst.lower > error.lower:
            over += f" ({ulps_text(worst.lower)} at the worst input seen)"
        text = _told(judge, inputs, output, error, over)
        return Finding("refuted", text, plain(smallest), (evidence,))

    def _evidence(
        self, judge: Judge, tally: Tally, exhaustive: bool, worst: Error | None
    ) -> Evidence:
        if worst is not None:
            seen = f"worst {ulps_text(worst.upper)}"
        else:
            seen = "no error could be read" if tally.worst else "every result is exact"
        bound = f"asked {ulps_text(self.stated.accurate.ulps)}"
        kinks = [f"{tally.kinks:,} kinks passed over"] if tally.kinks else []
        slack = [_SLACK] if exhaustive and judge.has_intervals else []
        return Evidence(
            "every float" if exhaustive else "sampled floats",
            tally.inputs,
            undecided=tally.unread,
            vacuous=tally.undefined + tally.kinks,
            device=str(jax.devices()[0].device_kind),
            detail=", ".join([seen, bound, *kinks, *slack]),
        )


def _place(points: Any, columns: Any, kept: np.ndarray, inputs: tuple[float, ...]) -> Point:
    """The point of the domain at which the arguments are some inputs."""
    (row, *_) = np.flatnonzero(kept & np.all(_flat(columns) == np.array(inputs), axis=1))
    return {name: np.asarray(values[row], np.float64) for name, values in points.items()}


def _flat(columns: Any) -> np.ndarray:
    """The arguments of each point as one row of numbers."""
    return np.concatenate([c.reshape(len(c), -1).astype(np.float64) for c in columns], axis=1)


def _is_met(premise: Relation) -> Any:
    """Whether floats meet a premise, entry by entry: that of `less` not where sides are equal."""
    match premise:
        case AllOf(relations):
            return functools.reduce(jnp.logical_and, map(_is_met, relations), jnp.array(True))
        case Implies(first, second):
            return ~_is_met(first) | _is_met(second)
        case Less():
            return violation(premise) < 0
        case _:
            return violation(premise) <= 0


def _objection(tally: Tally, upper: float, bound: float) -> str:
    """Why a claim of accuracy cannot be said to hold, where nothing refutes it."""
    if not tally.counted:
        return "no input was found at which there is an exact value to compare with"
    if tally.unread > _MOST_UNREAD * (tally.counted + tally.unread):
        share = tally.unread / (tally.counted + tally.unread)
        return f"the error could not be settled at {share:.0%} of the inputs"
    if upper > bound + _NEAR:
        return "an error is too near the bound to tell"
    return ""


def _least_bad(tally: Tally) -> float:
    """A bound of the errors that were settled and are not among the worst cases."""
    rest = tally.worst[-1].size if len(tally.worst) == KEPT else 0.0
    return rest + 2 * (CLOSE + CLOSELY * rest)


def _told(judge: Judge, inputs: Any, output: int, error: Error | None, over: str) -> str:
    """What is wrong at a counterexample, in a line."""
    value = float(judge.floats(tuple(np.asarray(x)[None] for x in inputs))[0, output])
    exact = judge.reference.exact(inputs, output)
    which = f" in {judge.target.outputs[output]}" if len(judge.target.outputs) > 1 else ""
    what = "derivative" if judge.target.gradient else "value"
    size = ulps_text(error.lower if error else math.inf)
    return f"{size}{which}, {over}: got {value!r}, the {what} is {exact}"
