"""A sweep: numbered blocks of inputs, judged on every device at once, joined in their order.

The result depends on the blocks alone: not on devices, threads, or how often the sweep was
killed and went on.
"""

import contextlib
import json
import os
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from queue import SimpleQueue
from typing import Any, NamedTuple

import jax

from verify.checks.accuracy.job import Job, Part, Progress, Swept, Watcher
from verify.checks.accuracy.journal import Journal
from verify.checks.accuracy.stopping import stopped_by
from verify.checks.workers import usable_cores


def sweep(
    job: Job,
    *,
    journal: str | os.PathLike[str] | None = None,
    progress: Watcher | None = None,
) -> Swept:
    """Judge all blocks of a job, and join what they show in the order of their numbers.

    Args:
        job: the blocks.
        journal: a file that keeps what is done, to go on from after a kill.
        progress: called before the first block and after each.

    Raises:
        ValueError: the journal cannot be had, is damaged, or is of another sweep.
        OSError: the disk is full; what the journal has stays good.
        KeyboardInterrupt: after Ctrl-C, saying how far it got. Blocks under way are given up
            where they would take long.
        Exception: what a block raised, with a note of which; no other is begun.
    """
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        kept = None
        if journal is not None:
            kept = stack.enter_context(Journal.opened(journal, job.identity, job.blocks))
        resumed = 0 if kept is None else kept.done
        run = _Run(job, kept, progress)
        parts = stack.enter_context(contextlib.closing(run.parts()))
        try:
            result = job.join(parts)
        except KeyboardInterrupt:
            parts.close()
            raise KeyboardInterrupt(run.standing()) from None
    notes = () if kept is None else kept.notes
    return Swept(result, notes, resumed, time.monotonic() - start)


class _Judged(NamedTuple):
    """What came of a block: its part, also as JSON, or the error it raised."""

    block: int
    part: Any
    text: str = ""
    error: BaseException | None = None


class _Run:
    """A sweep under way."""

    def __init__(self, job: Job, journal: Journal | None, progress: Watcher | None):
        self._job = job
        self._journal = journal
        self._waiting: dict[int, Part] = {}
        self._done = 0 if journal is None else journal.done
        self._view = None if progress is None else _View(job, progress, journal)

    def parts(self) -> Generator[Part, None, None]:
        """The parts in the order of their numbers, as soon as they can be had."""
        missing = deque(i for i in range(self._job.blocks) if not self._is_kept(i))
        judged: SimpleQueue[_Judged] = SimpleQueue()
        threads: list[threading.Thread] = []
        end = threading.Event()
        try:
            for device in _places(jax.local_devices(), len(missing)):
                arguments = (self._job, device, missing, judged, end)
                threads.append(threading.Thread(target=_work, args=arguments))
                threads[-1].start()
            for number in range(self._job.blocks):
                yield self._part(number, judged)
        finally:
            missing.clear()
            end.set()
            self._end(threads, judged)

    def standing(self) -> str:
        """How far it got, and what of it is kept."""
        done = f"measure was stopped after {self._done:,} of {self._job.blocks:,} blocks"
        if self._journal is None:
            return f"{done}; none is kept, for want of a journal"
        if not self._done:
            return done
        return f"{done}; {self._journal.path} keeps them: the same call goes on"

    def _is_kept(self, number: int) -> bool:
        return self._journal is not None and number in self._journal

    def _part(self, number: int, judged: SimpleQueue[_Judged]) -> Part:
        while number not in self._waiting:
            if self._journal is not None and number in self._journal:
                return self._read(self._journal.part(number))
            self._receive(judged.get())
        return self._waiting.pop(number)

    def _read(self, record: Any) -> Part:
        """A part that the journal had."""
        part = self._job.part_type.from_json(record)
        self._show(part, 0)
        return part

    def _receive(self, judged: _Judged) -> None:
        if judged.error is not None:
            blocks = f"{judged.block:,} of the {self._job.blocks:,}"
            judged.error.add_note(f"in block {blocks} of a sweep, counted from 0")
            raise judged.error
        self._keep(judged)
        self._waiting[judged.block] = judged.part
        self._show(judged.part, self._job.inputs(judged.block))

    def _keep(self, judged: _Judged) -> None:
        if self._journal is not None:
            self._journal.write(judged.block, judged.text)
        self._done += 1

    def _show(self, part: Part, inputs: int) -> None:
        if self._view is not None:
            self._view.show(part, inputs)

    def _end(self, threads: Sequence[threading.Thread], judged: SimpleQueue[_Judged]) -> None:
        """Wait for the blocks under way, which stop early or end; keep those that end."""
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        with contextlib.suppress(OSError):  # if it cannot be written, that is being raised
            while not judged.empty():
                last = judged.get()
                if last.error is None:
                    self._keep(last)


class _View:
    """What a watcher is shown."""

    def __init__(self, job: Job, watcher: Watcher, journal: Journal | None):
        self._job, self._watcher = job, watcher
        sizes = [job.inputs(number) for number in range(job.blocks)]
        self._inputs = sum(n for i, n in enumerate(sizes) if journal is not None and i in journal)
        self._of = sum(sizes)
        self._worst = (float("-inf"), "")
        self._watcher(Progress(self._inputs, self._of, ""))

    def show(self, part: Part, inputs: int) -> None:
        """Add a part, and how many inputs it adds to those that were done before."""
        self._inputs += inputs
        self._worst = max(self._worst, self._job.told(part), key=lambda told: told[0])
        self._watcher(Progress(self._inputs, self._of, self._worst[1]))


def _work(
    job: Job, device: Any, missing: deque[int], judged: SimpleQueue[_Judged], end: threading.Event
) -> None:
    """Judge blocks, one after another, until none is missing, one raises or the sweep ends.

    A part goes through JSON also where it is fresh: so the result cannot tell.
    """
    while True:
        try:
            number = missing.popleft()
        except IndexError:
            return
        try:
            with stopped_by(end):
                part = job.block(number, device)
            text = json.dumps(part.to_json(), separators=(",", ":"))
            judged.put(_Judged(number, job.part_type.from_json(json.loads(text)), text))
        except BaseException as error:
            judged.put(_Judged(number, None, error=error))
            return


def _places(devices: Sequence[Any], blocks: int) -> list[Any]:
    """The device of each thread: two for each accelerator, or the cores shared out.

    With two, one block can be made ready while another is computed.
    """
    count = 2 * len(devices)
    if devices[0].platform == "cpu":
        count = max(len(devices), usable_cores(), 2)
    return [devices[i % len(devices)] for i in range(min(count, blocks))]
