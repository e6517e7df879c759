"""A race at one size: compile, compare, warm up, and run the contestants in turns."""

import gc
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import jax
import numpy as np

from benchmarks import memory
from benchmarks.ceilings import Ceilings, roofline
from benchmarks.records import Contestant, Plain, Program, Race, Size, Timed, UnfitError
from benchmarks.statistics import ratio, times

_SHORTEST = 2e-3  # seconds of a round, under which a clock and a scheduler are seen
_FEWEST, _FEWEST_SLOW, _MOST = 5, 3, 41  # rounds
_COLD = 8  # times longer than later runs that the first may take
_COMPARED = 2**16  # numbers of an array


class Limits(NamedTuple):
    """What a race at one size may take.

    Attributes:
        seconds: of all its rounds, unless the fewest take longer.
        longest: seconds of a run, over which a contestant is not timed.
        bytes: of a program's results and what it holds meanwhile.
    """

    seconds: float = 1.0
    longest: float = 2.0
    bytes: float = math.inf


@dataclass
class _Entrant:
    """A contestant that is ready, and what is known of it."""

    name: str
    run: Callable[[], Any]
    row: dict[str, Any]
    numbers: np.ndarray
    repeats: int = 1
    seconds: list[float] = field(default_factory=list)


def race(
    race: Race, size: Size, *, peers: bool, ceilings: Ceilings | None, limits: Limits
) -> list[dict[str, Any]]:
    """A row for each contestant: what it took, or why it took nothing."""
    entrants, rows = [], []
    limits = limits._replace(longest=race.slow * limits.longest)
    least = _least_seconds(race, size, ceilings)
    for name, contestant in (race.contestants | race.peers if peers else race.contestants).items():
        row: dict[str, Any] = {"race": race.name, "size": dict(size), "contestant": name}
        row |= {"unit": race.unit, "items": race.items(size)}
        rows.append(row)
        try:
            if least > limits.longest:
                raise UnfitError(f"takes {least:.2g} s at the ceilings, over {limits.longest:g}")
            entrant = _ready(name, contestant, size, row, limits)
            if entrants and race.tolerance is not None:
                _compare(entrants[0], entrant, race.tolerance)
            entrants.append(entrant)
        except Exception as error:
            row["error"] = told(error)
    _run_in_turns(entrants, limits, _FEWEST if race.slow == 1 else _FEWEST_SLOW)
    for entrant in entrants:
        _add_times(entrant, entrants[0], race, size, ceilings)
    return rows


def _least_seconds(race: Race, size: Size, ceilings: Ceilings | None) -> float:
    """Of a run that is all that the hardware can do."""
    if race.work is None or ceilings is None:
        return 0.0
    return roofline(race.work(size), 1.0, ceilings).fraction


def told(error: Exception) -> str:
    """Why, in one line; a library that is not there is named."""
    if isinstance(error, ModuleNotFoundError):
        return f"absent: {error.name} is not installed"
    text = next(iter(str(error).splitlines()), "")[:200]
    if isinstance(error, UnfitError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _ready(
    name: str, contestant: Contestant, size: Size, row: dict[str, Any], limits: Limits
) -> _Entrant:
    """Compiled, run once to warm up, its memory and its first time known."""
    made = contestant(size)
    run = _compiled(made, row, limits) if isinstance(made, Program) else made.run
    before = memory.reset_peak()
    seconds, result = _timed(run)
    row["peak_bytes"] = memory.peak_since(before)
    if isinstance(made, Plain):
        row["facts"] = dict(made.facts(result))
        row["items"] = row["facts"].pop("items", row["items"])
    found = numbers(made.view(result))
    del result
    if seconds < _COLD * limits.longest:
        seconds = min(seconds, _timed(run)[0])
    row["once"] = seconds
    if seconds > limits.longest:
        raise UnfitError(f"takes {seconds:.2g} s a run, over {limits.longest:g}")
    return _Entrant(name, run, row, found, max(math.ceil(_SHORTEST / seconds), 1))


def _compiled(program: Program, row: dict[str, Any], limits: Limits) -> Callable[[], Any]:
    """The program, the seconds of its compilation and what XLA says that it costs."""
    start = time.perf_counter()
    compiled = jax.jit(program.function).lower(*program.arguments).compile()
    row["compile_seconds"] = time.perf_counter() - start
    row["xla"] = _costs(compiled)
    needed = sum(row["xla"].get(name, 0) for name in ("temporary", "output"))
    if needed > limits.bytes:
        raise UnfitError(
            f"needs {needed / 2**30:.1f} GiB, more than {limits.bytes / 2**30:.1f} free"
        )
    return lambda: compiled(*program.arguments)


def _costs(compiled: Any) -> dict[str, float]:
    """FLOPs, values of transcendental functions and bytes; the body of a loop counts once."""
    counted, held = compiled.cost_analysis() or {}, compiled.memory_analysis()
    names = {"flops": "flops", "transcendentals": "transcendentals", "bytes accessed": "bytes"}
    costs = {short: float(counted[name]) for name, short in names.items() if name in counted}
    if held is not None:
        costs |= {"temporary": held.temp_size_in_bytes, "output": held.output_size_in_bytes}
    return costs


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds of a run, until its result is there."""
    start = time.perf_counter()
    result = jax.block_until_ready(run())
    seconds = time.perf_counter() - start
    return result if isinstance(result, Timed) else (seconds, result)


def numbers(result: Any) -> np.ndarray:
    """The numbers of a result, in order; evenly spaced ones of a leaf that has very many."""
    leaves = [np.ravel(np.asarray(x)) for x in jax.tree.leaves(result)]
    some = [x[:: x.size // _COMPARED + 1].astype(np.float64) for x in leaves]
    return np.concatenate(some) if some else np.zeros(0)


def _compare(first: _Entrant, other: _Entrant, tolerance: float) -> None:
    """The difference of two results, over the largest entry.

    Raises:
        UnfitError: it is too large, or they have other shapes.
    """
    a, b = first.numbers, other.numbers
    if a.shape != b.shape:
        raise UnfitError(f"gives {b.size} numbers where {first.name} gives {a.size}")
    largest = max(float(np.max(abs(a), initial=0.0)), 1e-300)
    gap = float(np.max(abs(a - b), initial=0.0)) / largest
    other.row["difference"] = gap
    if not gap <= tolerance:
        raise UnfitError(f"differs from {first.name} by {gap:.2g} of the largest number")


def _run_in_turns(entrants: list[_Entrant], limits: Limits, fewest: int) -> None:
    """Rounds in which each runs once, another one first each time."""
    if not entrants:
        return
    together = sum(e.row["once"] * e.repeats for e in entrants)
    rounds = int(min(max(limits.seconds / max(together, 1e-9), fewest), _MOST))
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            turn = number % len(entrants)
            for entrant in (*entrants[turn:], *entrants[:turn]):
                entrant.seconds.append(_round(entrant))
    finally:
        gc.enable()


def seconds_of(run: Callable[[], Any], rounds: int = _FEWEST) -> float:
    """The median of some runs, after one to warm up."""
    _timed(run)
    return times([_timed(run)[0] for _ in range(rounds)]).median


def _round(entrant: _Entrant) -> float:
    """Seconds a run, of as many as make a round."""
    start = time.perf_counter()
    for _ in range(entrant.repeats):
        result = jax.block_until_ready(entrant.run())
    seconds = time.perf_counter() - start
    return result.seconds if isinstance(result, Timed) else seconds / entrant.repeats


def _add_times(
    entrant: _Entrant, first: _Entrant, race: Race, size: Size, ceilings: Ceilings | None
) -> None:
    row, found = entrant.row, times(entrant.seconds)
    row |= {"times": entrant.seconds, "seconds": found._asdict()}
    if entrant is not first:
        row["ratio"] = {"to": first.name} | ratio(entrant.seconds, first.seconds)._asdict()
    if race.work is not None:
        work = race.work(size)
        row["work"] = asdict(work)
        if ceilings is not None:
            row["roofline"] = roofline(work, found.median, ceilings)._asdict()
