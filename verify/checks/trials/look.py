"""From a trial to what is found about it."""

import jax
import numpy as np

from verify.checks.effort import Effort
from verify.checks.trials.confidence import Bounds, Look, bounds, fewest_runs, looks
from verify.checks.trials.running import MOST_SEEDS, Runs, batches
from verify.checks.verdict import Evidence, Finding, Status, Trials, counted
from verify.claims.trial import Trial

_PARTS = 4  # in which the runs are made, with a look after each
_FEWEST = 8  # runs in a part, where there are so many
_DEEPER = 4  # times the runs, in thorough effort, while they leave it open
_SHOWN = 5  # seeds of runs that failed


def look(trial: Trial, effort: Effort, seed: int) -> Finding:
    """Run it until the bounds on its rate are on one side of the stated one, or runs are spent.

    A run that gave NaN counts as one that failed when the trial is to be supported and as
    one that held when it is to be refuted.

    Raises:
        ValueError: there are not so many seeds.
    """
    size = min(max(-(-trial.runs // _PARTS), _FEWEST), trial.runs)
    plan = looks(_counts(trial.runs, size, effort.name == "thorough"))
    if seed + plan[-1].runs > MOST_SEEDS:
        most = MOST_SEEDS - plan[-1].runs
        raise ValueError(f"trial needs a seed of at most {most:,}, got {seed:,}.")
    source, seen = batches(trial, size, seed), None
    for each in plan:
        while seen is None or len(seen.seeds) < each.runs:
            seen = _with(seen, next(source))
        found = _first(seen, each.runs)
        between = _between(found, each)
        if between.low >= trial.rate:
            return _finding("supported", trial, found, between)
        if between.high < trial.rate:
            return _finding("refuted", trial, found, between)
    return _finding("undecided", trial, found, between, plan[-1])


def _counts(runs: int, size: int, is_thorough: bool) -> list[int]:
    """After how many runs to look."""
    counts = [*range(size, runs, size), runs]
    return [*counts, *(runs * n for n in range(2, _DEEPER + 1))] if is_thorough else counts


def _with(seen: Runs | None, more: Runs) -> Runs:
    if seen is None:
        return more
    seeds, held, is_nan = (np.append(a, b) for a, b in zip(seen[:3], more[:3], strict=True))
    if seen.margins is None or more.margins is None:
        return Runs(seeds, held, is_nan, None)
    return Runs(seeds, held, is_nan, np.append(seen.margins, more.margins))


def _first(seen: Runs, count: int) -> Runs:
    seeds, held, is_nan = (part[:count] for part in seen[:3])
    return Runs(seeds, held, is_nan, None if seen.margins is None else seen.margins[:count])


def _between(found: Runs, each: Look) -> Bounds:
    """A lower bound for which NaN is failing, an upper one for which it is holding."""
    held, open_ = int(found.held.sum()), int(found.is_nan.sum())
    low = bounds(held, each.runs, each.error).low
    return Bounds(low, bounds(held + open_, each.runs, each.error).high)


def _finding(
    status: Status, trial: Trial, found: Runs, between: Bounds, last: Look | None = None
) -> Finding:
    failed = found.seeds[~found.held & ~found.is_nan].tolist()
    nans = found.seeds[found.is_nan].tolist()
    held = int(found.held.sum())
    margins = [] if found.margins is None else found.margins.tolist()
    trials = Trials(held, trial.rate, *between, tuple(failed), tuple(nans), tuple(margins))
    evidence = Evidence(
        "trial", len(found.seeds), len(nans), device=str(jax.devices()[0].device_kind),
        detail=_detail(trials), trials=trials,
    )  # fmt: skip
    reason = _reason(status, trials, len(found.seeds), last)
    is_refuted = status == "refuted" and failed
    return Finding(status, reason, {"seed": failed[0]} if is_refuted else None, (evidence,))


def _detail(trials: Trials) -> str:
    parts = [f"held in {trials.held}", f"rate {trials.low:.3g} to {trials.high:.3g}"]
    if trials.failed:
        parts.append(f"failed for {_seeds(trials.failed)}")
    if trials.nans:
        parts.append(f"NaN for {_seeds(trials.nans)}")
    if known := sorted(margin for margin in trials.margins if margin == margin):
        low, middle, high = known[0], known[len(known) // 2], known[-1]
        parts.append(f"margins {low:.3g} to {high:.3g}, median {middle:.3g}")
    return ", ".join(parts)


def _seeds(seeds: tuple[int, ...]) -> str:
    noun = "seed" if len(seeds) == 1 else "seeds"
    more = f" and {len(seeds) - _SHOWN} more" if len(seeds) > _SHOWN else ""
    return f"{noun} {', '.join(map(str, seeds[:_SHOWN]))}{more}"


def _reason(status: str, trials: Trials, runs: int, last: Look | None) -> str:
    """Why it is open, or what refutes it."""
    share = f"it held in {trials.held} of {counted(runs, 'run')}"
    if status == "supported":
        return ""
    if status == "refuted":
        return f"{share}: a rate of at most {trials.high:.3g} (95 %), not {trials.rate:g}"
    if 2 * len(trials.nans) > runs:
        return f"{len(trials.nans)} of {counted(runs, 'run')} gave NaN, which says nothing"
    reason = (
        f"{share}: a rate of {trials.low:.3g} to {trials.high:.3g} (95 % each), which leaves"
        f" {trials.rate:g} open"
    )
    fewest = fewest_runs(trials.rate, last.error) if last else 0
    if fewest > runs:
        return f"{reason}; to support it takes {fewest} runs or more"
    return reason + (", NaN in some of them" if trials.nans else "")
