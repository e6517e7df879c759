"""Measuring a function's accuracy over a domain."""

import dataclasses
import inspect
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from verify.arithmetic.errors import WrongKindError, WrongValueError
from verify.arithmetic.ulps import format_of
from verify.checks import cost
from verify.checks.accuracy.enumeration import Grid
from verify.checks.accuracy.job import Watcher
from verify.checks.accuracy.jobs import Everything, Some
from verify.checks.accuracy.judge import Judge
from verify.checks.accuracy.record import Accuracy, WorstCase, histogram_of
from verify.checks.accuracy.reference import UnsettledError
from verify.checks.accuracy.refine import refined
from verify.checks.accuracy.sampling import Sample
from verify.checks.accuracy.sweep import sweep
from verify.checks.accuracy.tally import Case, Tally, join
from verify.checks.accuracy.target import Batch, Target, target
from verify.checks.effort import Effort, effort_of, need_seed
from verify.claims.domain import Domain
from verify.claims.simplex import Simplex

_BLOCK = 2**18  # points of one number; fewer where a point has more
_SWEEP_BLOCK = 2**20
_LEAST = 200_000  # the same in float64, where intervals settle little
_LONG = 2**24  # inputs, from which on it pays to compile more for a faster run
_DOUBLE_BLOCK = 2**12  # of float64, which balls read
_OF_INTERVALS = "a value that intervals enclose and balls do not settle"
_FEW = 2**16  # inputs that are all tried, whatever the effort
_CHEAP = 8  # operations of a function of which all inputs of an effort are tried
_DUAL, _DRAWN = 3, 4  # operations of a slope beside its value, and of drawing a number
_EAGER, _PARTS = 2**14, 4  # inputs of a batch that is run eagerly, and batches of all there are
_SLOPE = 20  # times what a value costs, a derivative does
_BUDGET = 500_000  # equations read in balls, at standard effort: a second or two


def measure(
    function: Callable[..., Any],
    *by_position: Domain,
    dtype: Any = "float32",
    gradient: bool = False,
    reference: Callable[..., Any] | None = None,
    effort: str = "standard",
    seed: int = 0,
    exhaustive: bool | None = None,
    journal: str | os.PathLike[str] | None = None,
    progress: Watcher | None = None,
    **domains: Domain,
) -> Accuracy:
    """Measure how far a function's floats are from its exact values, in ulps.

    What runs is the function of one point, compiled for a batch of them on JAX's default
    device. Its exact values are those of its own jaxpr, traced at float64 and read in the
    reals at the very floats that go in; constants are the floats that they are stored as. An
    input that is subnormal counts as what it is or as zero, as devices have it.

    Args:
        function: of scalars or arrays, pure and traceable, to floats; several outputs are each
            judged.
        *by_position: nothing; domains have names.
        dtype: of the inputs: bfloat16, float16, float32 or float64.
        gradient: judge `jax.grad` in every argument against the true derivative, which is
            found without any rule of differentiation. For a function that gives one scalar.
        reference: what the function should be, where its own jaxpr is only near it (a series,
            a polynomial): of the same arguments, read exactly in its place.
        effort: "quick" (2^17 inputs), "standard" (2^24) or "thorough" (every input, where they
            are at most 2^32 of scalar variables). 65,536 inputs are always all tried.
        seed: of random inputs. The same call gives the same answer.
        exhaustive: try every input, or do not, whatever the effort.
        journal: a file that keeps what is done, from which the same call goes on.
        progress: called after each block of inputs with how far it is.
        **domains: for each argument, by name or in order, the set it ranges over.

    Returns:
        The worst error with its input, a bound, a histogram, shares. Values that do not
        exist, and derivatives at kinks, are passed over and counted.

    Raises:
        TypeError: no function, a dtype without ulps, a domain that is none or has no name, a
            gradient of something other than one scalar.
        ValueError: a function that cannot be traced, is not pure or gives nothing; domains that
            do not fit its arguments or hold no float; a journal that is not this one's.

    Example:
        >>> import jax.numpy as jnp
        >>> import verify as vf
        >>> accuracy = vf.measure(jnp.square, x=vf.reals(-2.0, 2.0), effort="quick")
        >>> accuracy.ulps <= 0.5
        True
    """
    start = time.perf_counter()
    _need_names(function, by_position)
    _need_options(dtype=dtype, gradient=gradient, reference=reference, effort=effort, seed=seed,
                  exhaustive=exhaustive)  # fmt: skip
    size = effort_of(effort, "measure")
    _need_domains("measure", function, domains)
    shapes = {name: domain.shape for name, domain in domains.items()}
    judged = target("measure", function, shapes, format_of("measure", dtype),
                    gradient=gradient, reference=reference)  # fmt: skip
    plan = Plan.of(judged, domains, size, seed, exhaustive, "measure")
    found = plan.run(journal, progress)
    return accuracy_of(plan, found, time.perf_counter() - start)


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a target is measured.

    Attributes:
        judge: of the target.
        job: its blocks.
        sample: from which inputs around the worst are moved into the domains.
        is_exhaustive: whether the job has every input.
        most_balls: of each batch of the search.
        seed: of everything random.
    """

    judge: Judge
    job: Any
    sample: Sample
    is_exhaustive: bool
    most_balls: int | None
    seed: int

    @classmethod
    def of(
        cls, judged: Target, domains: Mapping[str, Domain], effort: Effort, seed: int,
        exhaustive: bool | None, caller: str,
    ) -> "Plan":  # fmt: skip
        """Every input where they are few or all are asked for, else a sample.

        Raises:
            ValueError: every input is asked for, and they cannot all be tried.
        """
        sample = Sample(domains, judged.format, seed, caller)
        grid = _grid(domains, judged, caller, effort, exhaustive)
        if grid is not None:
            size = min(_SWEEP_BLOCK, max(grid.size, 1))
            judge = Judge(judged, size, is_long=grid.size > _LONG)
            grid = dataclasses.replace(grid, block_size=judge.size)
            return cls(judge, Everything(judge, None, grid), sample, True, None, seed)
        judge, count, balls = sampled(judged, effort)
        job = Some(judge, balls, sample, count)
        return cls(judge, job, sample, False, 8 * balls, seed)

    def run(self, journal: Any = None, progress: Watcher | None = None) -> "Found":
        """What all inputs show, and a search from the worst of a sample."""
        swept = sweep(self.job, journal=journal, progress=progress)
        tally = swept.result
        if not self.is_exhaustive:
            count = min(2**15, self.judge.size)
            tally = refined(self.judge, self.sample, tally, self.seed, self.most_balls, count)
        return Found(tally, swept.notes)


@dataclasses.dataclass(frozen=True)
class Found:
    """What a measurement has shown, and what is to be said of its journal."""

    tally: Tally
    notes: tuple[str, ...] = ()


def _grid(
    domains: Mapping[str, Domain], judged: Target, caller: str, effort: Effort,
    exhaustive: bool | None,
) -> Grid | None:  # fmt: skip
    """All inputs, where they are to be tried."""
    if exhaustive is False:
        return None
    scalars = [d for d in domains.values() if not isinstance(d, Simplex) and not d.shape]
    is_listed = len(scalars) == len(domains)
    if exhaustive or (is_listed and effort.name == "thorough"):
        try:
            return Grid(domains, judged.format.dtype, _SWEEP_BLOCK, caller)
        except ValueError:
            if exhaustive:
                raise
            return None
    if not is_listed:
        return None
    total = math.prod(d.every_float(judged.format.dtype).size for d in scalars)
    return Grid(domains, judged.format.dtype, _FEW, caller) if 0 < total <= _FEW else None


def sampled(judged: Target, effort: Effort) -> tuple[Judge, int, int]:
    """A judge for batches that fit into a cache, how many inputs to try, and how many of each
    batch balls may settle.
    """
    dear = max(_work(judged) // _CHEAP, 1)
    if judged.is_double:
        block = max(_DOUBLE_BLOCK // dear, 2**8)
        count = max(effort.inputs // (2**10 * dear), block)
    else:
        block = 2 ** int(math.log2(max(_BLOCK // dear, 2**10)))
        count = max(effort.inputs // dear, block)
    blocks = 1 + -(-count // block)
    return Judge(judged, min(block, count)), count, max(_balls(judged, effort) // blocks, 4)


def _work(judged: Target) -> int:
    """What it takes to judge a point, in operations of some nanoseconds."""
    slopes = _DUAL * judged.numbers if judged.gradient else 1
    return cost.float_cost(judged.program) * slopes + _DRAWN * judged.numbers


def _balls(judged: Target, effort: Effort) -> int:
    """How many errors balls may settle in all."""
    each = cost.cost(judged.program) * (_SLOPE if judged.gradient else 1)
    budget = max(_BUDGET * effort.inputs // 2**24, _LEAST if judged.is_double else 0)
    return max(budget // each, 64)


def accuracy_of(plan: Plan, found: Found, seconds: float, compiled: bool = True) -> Accuracy:
    """What was found, as it is reported: worst cases are read again in balls."""
    judged, tally = plan.judge.target, found.tally
    worst = worst_cases(plan.judge, tally)
    upper = max(tally.upper, default=0.0)
    counted = max(tally.counted, 1)
    notes = [*judged.notes, *found.notes]
    if not plan.judge.has_intervals:
        notes.append("intervals cannot be used here: balls read some of the inputs")
    other = _eagerly(plan, tally) if compiled else None
    return Accuracy(
        judged.name, judged.format.name, judged.gradient,
        worst[0].ulps if worst else 0.0, upper, plan.is_exhaustive, tally.inputs, worst,
        dict(zip(judged.outputs, tally.upper, strict=True)), histogram_of(tally.histogram),
        tally.right / counted, tally.zeros / max(tally.normal, 1),
        tally.nans / max(tally.normal, 1), tally.undefined, tally.kinks, tally.unread,
        tally.by_balls, compiled, other, jax.devices()[0].device_kind, plan.seed,
        round(seconds, 3), tuple(notes),
    )  # fmt: skip


def worst_cases(judge: Judge, tally: Tally) -> tuple[WorstCase, ...]:
    """The worst cases in order, each read again in balls where these can read it."""
    cases = []
    for case in tally.worst:
        inputs = judge.target.inputs(case)
        try:
            error = judge.reference.error(inputs, case.output, case.value)
            if error.lower > 0:
                exact = judge.reference.exact(inputs, case.output)
                cases.append((error.upper, error.signed, exact, case, inputs))
        except UnsettledError as why:
            if why.kind == "unread":
                cases.append((abs(case.signed), case.signed, _OF_INTERVALS, case, inputs))
    cases.sort(key=lambda item: -item[0])
    return tuple(_worst(judge, *found, is_first=not i) for i, found in enumerate(cases))


def _worst(
    judge: Judge, size: float, signed: float, exact: str, case: Case, inputs: Any, *,
    is_first: bool,
) -> WorstCase:  # fmt: skip
    names = judge.target.variables
    return WorstCase(
        size, signed,
        {n: np.asarray(x, np.float64).tolist() for n, x in zip(names, inputs, strict=True)},
        {n: _hexadecimal(x) for n, x in zip(names, inputs, strict=True)},
        judge.target.outputs[case.output] if len(judge.target.outputs) > 1 else "",
        case.value, exact,
        judge.reference.conditioning(inputs, case.output) if is_first else None,
    )  # fmt: skip


def _hexadecimal(x: np.ndarray) -> Any:
    if x.ndim:
        return [_hexadecimal(part) for part in x]
    return float(x).hex()


def _eagerly(plan: Plan, tally: Tally) -> Accuracy | None:
    """The accuracy of the eager function, where it gives other results than the compiled one."""
    start = time.perf_counter()
    judge = plan.judge
    batches = [*_few(plan.job, judge), *_worst_inputs(judge.target, tally)]
    run = judge.target.eager()
    if all(_same(judge.floats(batch, run), judge.floats(batch)) for batch in batches):
        return None
    eager = dataclasses.replace(plan, is_exhaustive=False)
    tallies = [judge.tally(batch, plan.most_balls, run=run) for batch in batches]
    return accuracy_of(eager, Found(join(tallies)), time.perf_counter() - start, compiled=False)


def _few(job: Any, judge: Judge) -> list[Batch]:
    """Some of the inputs of a job, from all over."""
    if isinstance(job, Everything):
        numbers = sorted({job.blocks * part // _PARTS for part in range(_PARTS)})
        wholes = [job.grid.inputs(number) for number in numbers]
    else:
        wholes = [job.sample.special(), job.sample.batch(1, judge.size)]
    most = min(_EAGER, judge.size)
    steps = (max(-(-len(whole[0]) // most), 1) for whole in wholes)
    return [tuple(c[::step] for c in whole) for whole, step in zip(wholes, steps, strict=True)]


def _worst_inputs(judged: Target, tally: Tally) -> list[Batch]:
    """Those of the worst cases, as a batch, if there are any."""
    rows = [judged.inputs(case) for case in tally.worst]
    return [tuple(map(np.stack, zip(*rows, strict=True)))] if rows else []


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.all((first == second) | ((first != first) & (second != second))))


def _need_names(function: Any, by_position: Sequence[Any]) -> None:
    """An error unless domains have names."""
    if not by_position:
        return
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # no function, or one of C
        names = []
    wanted = [*names, *"xyz"[len(names) :]][: len(by_position)]
    cure = ", ".join(f"{name}=vf.reals(...)" for name in wanted)
    raise WrongKindError(
        f"measure needs a domain by the name of its argument, got {len(by_position)} without;"
        f" write {cure}."
    )


def _need_options(**options: Any) -> None:
    """An error unless options are what they can be."""
    for name, value in options.items():
        if isinstance(value, Domain):
            raise WrongValueError(
                f"measure needs variables named unlike its options, got {name}; wrap the function"
                " in one that names it otherwise."
            )
    need_seed("measure", options["seed"])


def _need_domains(caller: str, function: Any, domains: Mapping[str, Any]) -> None:
    """An error unless each argument of the function has a domain."""
    if not callable(function):
        raise WrongKindError(
            f"{caller} needs a function, got {type(function).__name__} {function!r}."
        )
    for name, domain in domains.items():
        if not isinstance(domain, Domain):
            kind = f"{type(domain).__name__} {domain!r}"
            raise WrongKindError(f"{caller} needs a domain for {name}, got {kind}; use vf.reals().")
    if not domains:
        raise WrongValueError(
            f"{caller} needs a domain for each argument, got none; write x=vf.reals()."
        )
