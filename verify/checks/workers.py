"""Checking claims in worker processes, so that one that hangs or dies costs no other.

Processes, not threads: JAX's x64 mode belongs to a thread, Arb's precision to a process.
"""

import contextlib
import math
import os
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from verify.arithmetic.errors import shown
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
from verify.checks.worker import serve

# Seconds that a file may take to load where --timeout is shorter than that.
_LOADING = 60.0


class WorkerError(RuntimeError):
    """Workers that do not start."""


class Ended(NamedTuple):
    """A worker's end, which no worker sends."""

    reason: str


Message = Loading | Loaded | Ready | Checked | Ended


@dataclass(eq=False)
class _Worker:
    """A process, and the file that it loads or the claim that it checks."""

    process: BaseProcess
    connection: Connection
    output: Path | None
    is_ready: bool = False
    task: File | Entry | None = None
    since: float = 0.0
    allowed: float = math.inf

    def begins(self, task: File | Entry | None, allowed: float = math.inf) -> None:
        self.task, self.since, self.allowed = task, time.monotonic(), allowed

    @property
    def deadline(self) -> float:
        return self.since + self.allowed


class Pool:
    """Worker processes that all hold the same claims; `workers` makes one."""

    def __init__(self, files: Sequence[File], jobs: int, settings: Settings, folder: Path):
        self._files = list(files)
        self._jobs = jobs
        self._settings = settings
        self._folder = folder
        self._problems: list[Problem] = []
        self._workers: list[_Worker] = []
        self._started = 0

    def find(self) -> Ready:
        """What the first worker found that has loaded all files, and what kept files from it.

        Raises:
            WorkerError: workers do not start.
        """
        while True:
            self._start(self._jobs)
            for message in self._messages():
                if isinstance(message, Ready):
                    return message._replace(problems=(*self._problems, *message.problems))

    def check(self, entries: Sequence[Entry]) -> Iterator[Checked]:
        """The verdicts on some claims, as they come."""
        for entry in entries:
            if entry.fault:
                yield Checked(undecided(entry, entry.fault))
        waiting = deque(entry for entry in entries if not entry.fault)
        left = len(waiting)
        while left:
            self._hand_out(waiting)
            verdicts = [m for m in self._messages() if isinstance(m, Checked)]
            self._hand_out(waiting)
            yield from verdicts
            left -= len(verdicts)

    def running(self) -> list[str]:
        """The ids of the claims that are being checked, the longest running first."""
        workers = sorted(self._workers, key=lambda worker: worker.since)
        return [worker.task.id for worker in workers if isinstance(worker.task, Entry)]

    def stop(self) -> None:
        """Kill every worker."""
        for worker in list(self._workers):
            self._end(worker)

    def _start(self, wanted: int) -> None:
        """Start as many workers as are missing from a number."""
        while len(self._workers) < wanted:
            self._started += 1
            output = None if self._settings.debug else self._folder / str(self._started)
            self._workers.append(_started(self._files, self._settings, output))

    def _hand_out(self, waiting: deque[Entry]) -> None:
        """Give each worker that is free a claim, and replace workers that have ended."""
        busy = sum(worker.task is not None for worker in self._workers)
        self._start(min(self._jobs, busy + len(waiting)))
        for worker in self._workers:
            if waiting and worker.is_ready and worker.task is None:
                worker.begins(waiting.popleft(), self._settings.timeout)
                with contextlib.suppress(OSError):  # it has died: the next look will tell
                    worker.connection.send(worker.task)

    def _messages(self) -> list[Message]:
        """Wait for what workers have to say, or for the first of them to run out of time."""
        deadline = min(worker.deadline for worker in self._workers)
        patience = None if math.isinf(deadline) else max(0.0, deadline - time.monotonic())
        heard = wait([worker.connection for worker in self._workers], patience)
        now = time.monotonic()
        return [
            self._received(worker, _said(worker))
            if worker.connection in heard
            else self._received(worker, Ended(f"ran past {worker.allowed:g} s"))
            for worker in list(self._workers)
            if worker.connection in heard or worker.deadline <= now
        ]

    def _received(self, worker: _Worker, message: Message) -> Message:
        """Note what a message says of its worker; the end of one can be a verdict."""
        match message:
            case Loading(file):
                worker.begins(file, max(self._settings.timeout, _LOADING))
            case Loaded():
                worker.begins(None)
            case Ready():
                worker.is_ready = True
            case Checked(is_last=is_last):
                worker.begins(None)
                if is_last:
                    self._end(worker)
            case Ended(reason):
                return self._bury(worker, reason)
        return message

    def _bury(self, worker: _Worker, reason: str) -> Message:
        """What the end of a worker means for what it was doing."""
        self._end(worker)
        match worker.task:
            case Entry() as entry:
                return Checked(undecided(entry, reason, time.monotonic() - worker.since))
            case File() as file if file in self._files:  # where no other worker said so before
                self._files.remove(file)
                self._problems.append(Problem(_unloaded(file, reason)))
            case None if not worker.is_ready:
                raise WorkerError(f"verify check needs a worker that starts, got one: {reason}.")
        return Ended(reason)

    def _end(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.connection.close()


@contextlib.contextmanager
def workers(files: Sequence[File], jobs: int, settings: Settings) -> Iterator[Pool]:
    """Worker processes that load some files and check their claims."""
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        pool = Pool(files, jobs, settings, Path(folder))
        try:
            yield pool
        finally:
            pool.stop()


def usable_cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _started(files: Sequence[File], settings: Settings, output: Path | None) -> _Worker:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    if output:
        output.touch()
    arguments = (theirs, list(files), settings, str(output or ""))
    process = context.Process(target=serve, args=arguments, daemon=True)
    with _uninterrupted():
        process.start()
    theirs.close()
    return _Worker(process, ours, output)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C; a process that is started meanwhile never sees it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _said(worker: _Worker) -> Message:
    try:
        return worker.connection.recv()
    except (EOFError, OSError):
        worker.process.join()
        return Ended(_how_it_ended(worker))


def _how_it_ended(worker: _Worker) -> str:
    how = ending(worker.process.exitcode or 0)
    lines = worker.output.read_text(errors="replace").split("\n") if worker.output else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"{how}: {last}" if last else how


def ending(code: int) -> str:
    """An exit code of `multiprocessing` in words."""
    if code >= 0:
        return f"its process ended with status {code}"
    try:
        return f"its process died with signal {-code} ({signal.Signals(-code).name})"
    except ValueError:  # a real-time signal between the first and the last has no name
        return f"its process died with signal {-code}"


def _unloaded(file: File, reason: str) -> str:
    return f"verify check needs a file that can be imported, got {shown(file.path)}: {reason}."
