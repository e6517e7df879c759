"""What a worker process does: load the files of claims, then check one claim after another."""

import contextlib
import dataclasses
import logging
import os
import re
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import Any

from verify.checks.finding import File
from verify.checks.messages import (
    Checked,
    Entry,
    Loaded,
    Loading,
    Problem,
    Ready,
    Settings,
    undecided,
)
from verify.checks.verdict import Verdict

# What needs JAX is imported by the worker: its parent starts without.

try:
    import resource
except ImportError:  # not on Windows
    resource = None

# Python's, NumPy's and XLA's words for it.
_SPENT = re.compile(r"\bMemoryError\b|RESOURCE_EXHAUSTED")


def serve(connection: Connection, files: Sequence[File], settings: Settings, output: str) -> None:
    """Load the files, then check the claims whose entries come, until the parent hangs up.

    Args:
        connection: to the parent.
        files: those to load.
        settings: how to check.
        output: the file that takes what is printed, emptied for each claim; "" for none.
    """
    _settle(settings, output)
    from verify.checks.check import check
    from verify.checks.loading import entry_of

    claims, problems = _loaded(connection, files)
    connection.send(Loaded())
    entries = tuple(entry_of(*item) for item in claims.items())
    connection.send(Ready(entries, problems, _device()))
    is_last = False
    while not is_last:
        try:
            entry = connection.recv()
        except EOFError:
            return
        if output:
            os.ftruncate(1, 0)
        answer = _checked(check, claims.get(entry.id), entry, settings)
        is_last = answer.is_last
        connection.send(answer)


def _settle(settings: Settings, output: str) -> None:
    """Make this process a good worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops its workers
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    # Several processes share an accelerator: none may take all of its memory at once.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if output:
        descriptor = os.open(output, os.O_WRONLY | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
    if resource and settings.memory:
        # Not RLIMIT_AS: JAX maps 1.3 GiB that it does not use.
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        limit = int(settings.memory * 2**30)
        limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


def _lift_the_limit() -> None:
    """Let a process whose memory is spent say so."""
    if resource:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _loaded(
    connection: Connection, files: Sequence[File]
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """The claims that the files state, by id, and what kept others from being found."""
    from verify.checks.loading import load_all

    claims, failed, empty = load_all(files, lambda file: connection.send(Loading(file)))
    problems = [Problem(str(error), _cause(error)) for error in failed]
    return claims, (*problems, *map(Problem, empty))


def _cause(error: BaseException) -> str:
    cause = error.__cause__ or error
    return "".join(traceback.format_exception(cause))


def _device() -> str:
    import jax

    return jax.devices()[0].device_kind


def _checked(
    check: Callable[..., Verdict], claim: Any, entry: Entry, settings: Settings
) -> Checked:
    if claim is None:
        return Checked(undecided(entry, "another worker found it, but not the one that was asked"))
    start = time.perf_counter()
    with _tracebacks() as raised:
        try:
            verdict = check(claim, effort=settings.effort, seed=settings.seed)
        except BaseException as error:
            _lift_the_limit()
            verdict = undecided(entry, _what_was_raised(error), time.perf_counter() - start)
            return _of_memory(Checked(verdict, traceback.format_exc()), settings)
    verdict = dataclasses.replace(verdict, id=entry.id)
    return _of_memory(Checked(verdict, "".join(raised)), settings)


class _Tracebacks(logging.Handler):
    """Keeps the tracebacks of what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.kept += traceback.format_exception(record.exc_info[1])


@contextlib.contextmanager
def _tracebacks() -> Iterator[list[str]]:
    """The tracebacks of what checks log meanwhile, which is what claims raise."""
    logger, handler = logging.getLogger("verify.checks"), _Tracebacks()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield handler.kept
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def _what_was_raised(error: BaseException) -> str:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"raised {what.splitlines()[0]}"


def _of_memory(checked: Checked, settings: Settings) -> Checked:
    """Where memory ran out, say so and let the worker end: its memory is not to be trusted."""
    verdict = checked.verdict
    if verdict.status != "undecided" or not _SPENT.search(verdict.reason):
        return checked
    reason = f"used more than {settings.memory:g} GiB of memory"
    return Checked(dataclasses.replace(verdict, reason=reason), checked.traceback, is_last=True)
