"""A call of `verify check`: find claims, check them in workers, keep what is done."""

import difflib
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from rich.console import Console

from verify.checks.finding import find
from verify.checks.messages import Checked, Entry, Problem, Ready, Settings
from verify.checks.verdict import counted
from verify.checks.workers import Pool, WorkerError, usable_cores, workers
from verify.report.records import Run, environment, name_of
from verify.report.terminal import progress, waiting


class Request(NamedTuple):
    """What is to be checked, and in how many processes; without a number, one a core."""

    paths: Sequence[str]
    only: str | None = None
    jobs: int | None = None


class Session(NamedTuple):
    """A run, the tracebacks that --debug shows, and whether Ctrl-C ended it."""

    run: Run
    tracebacks: tuple[str, ...]
    is_interrupted: bool


def session(request: Request, settings: Settings, console: Console) -> Session:
    """Check what is asked for; Ctrl-C or a fault ends it and loses nothing that is done."""
    start = time.monotonic()
    files, errors = find(request.paths)
    problems = [Problem(error) for error in errors]
    chosen: list[Entry] = []
    done: dict[str, Checked] = {}
    device, is_interrupted = "", False
    try:
        if files:
            with workers(files, request.jobs or usable_cores(), settings) as pool:
                ready = _ready(pool, len(files), console)
                device = ready.device
                problems += ready.problems
                chosen += _chosen(ready.entries, request.only, problems)
                _check(pool, chosen, done, console)
    except KeyboardInterrupt:
        is_interrupted = True
    except WorkerError as error:
        problems.append(Problem(str(error)))
    ordered = [done[entry.id] for entry in chosen if entry.id in done]
    run = Run(
        tuple(checked.verdict for checked in ordered),
        tuple(problem.message for problem in problems),
        environment(device=device, effort=settings.effort, seed=settings.seed),
        time.monotonic() - start,
        len(chosen) - len(ordered),
    )
    tracebacks = filter(None, (found.traceback for found in (*ordered, *problems)))
    return Session(run, tuple(tracebacks), is_interrupted)


def matching(entries: Sequence[Entry], glob: str | None) -> list[Entry]:
    """The entries whose name or id a glob matches.

    Raises:
        ValueError: it matches none.
    """
    if glob is None:
        return list(entries)
    chosen = [e for e in entries if fnmatchcase(e.id, glob) or fnmatchcase(name_of(e.id), glob)]
    if not chosen:
        raise ValueError(
            f"--only needs a name, an id or a pattern of one, got {glob!r},"
            f" which matches none; {_near(entries, glob)}."
        )
    return chosen


def _near(entries: Sequence[Entry], glob: str) -> str:
    names = [name_of(entry.id) for entry in entries]
    word = glob.rpartition("::")[2].strip("*")
    near = [name for name in names if word and word.lower() in name.lower()][:3]
    near = near or difflib.get_close_matches(word, names, n=3)
    return f"near it: {', '.join(near)}" if near else "verify list shows the names"


def _chosen(entries: Sequence[Entry], only: str | None, problems: list[Problem]) -> list[Entry]:
    try:
        return matching(entries, only)
    except ValueError as error:
        if entries:  # without any there is a problem already
            problems.append(Problem(str(error)))
        return []


def _ready(pool: Pool, files: int, console: Console) -> Ready:
    with waiting(console, f"loading {counted(files, 'file')}"):
        return pool.find()


def _check(pool: Pool, chosen: list[Entry], done: dict[str, Checked], console: Console) -> None:
    with progress(console, len(chosen), pool.running) as show:
        for checked in pool.check(chosen):
            done[checked.verdict.id] = checked
            show(checked.verdict)
