"""Races in a process of their own, so that one that hangs or dies is a result, not an end."""

import contextlib
import importlib
import os
import signal
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

Row = dict[str, Any]

_START = 120.0  # seconds for a process to start and to measure ceilings


class Options(NamedTuple):
    """How races are run.

    Attributes:
        device: the platform.
        peers: whether contestants take part that need another library.
        seconds: of rounds, for a race at a size.
        longest: seconds of a run, over which a contestant is not timed.
        patience: seconds after which a race at a size is given up.
    """

    device: str = "cpu"
    peers: bool = False
    seconds: float = 1.0
    longest: float = 2.0
    patience: float = 60.0


class Heat(NamedTuple):
    """A race, by its place in its question, at a size."""

    race: int
    size: dict[str, int]


class DeviceError(RuntimeError):
    """There is no such device."""


def rows(question: str, heats: Sequence[Heat], options: Options) -> Iterator[list[Row]]:
    """The environment with the ceilings, and then what came of each heat.

    Raises:
        DeviceError: the process does not start on the device.
    """
    left, is_first = list(heats), True
    while left:
        with _process(question, options) as connection:
            header = _received(connection, _START)
            if isinstance(header, DeviceError):
                raise header
            if isinstance(header, str):
                yield _lost(question, left.pop(0), header)
                continue
            if is_first:
                yield [header]
                is_first = False
            while left:
                heat = left.pop(0)
                connection.send(heat)
                answer = _received(connection, options.patience)
                yield _lost(question, heat, answer) if isinstance(answer, str) else answer
                if isinstance(answer, str):
                    break


def _received(connection: Connection, seconds: float) -> Any:
    """An answer, or why there is none."""
    try:
        if connection.poll(seconds):
            return connection.recv()
    except (EOFError, ConnectionResetError):
        return "an end of its process: out of memory, or a crash"
    return f"no result within {seconds:g} s"


def _lost(question: str, heat: Heat, why: str) -> list[Row]:
    race = importlib.import_module(f"benchmarks.{question}").RACES[heat.race]
    row = {"race": race.name, "size": dict(heat.size), "unit": race.unit}
    return [row | {"items": race.items(heat.size), "contestant": "all", "error": why}]


@contextlib.contextmanager
def _process(question: str, options: Options) -> Iterator[Connection]:
    """A fresh process that answers heats; killed at the end if it is not done."""
    # OpenMP's threads wait in a loop for each other. Where others have the cores, PyTorch's
    # gradient of a small LSTM took 400 ms so, and 0.8 ms where they sleep.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["JAX_PLATFORMS"] = {"gpu": "cuda"}.get(options.device, options.device)
    ours, its = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(question, options, its))
    process.start()
    its.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(1)
        with contextlib.suppress(ProcessLookupError):  # it has ended, and all that it started
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.join()


def _serve(question: str, options: Options, connection: Connection) -> None:
    """Answer heats until there are no more."""
    import jax

    from benchmarks import harness, memory
    from benchmarks.ceilings import ceilings
    from benchmarks.results import environment

    os.setsid()  # so that what races start can be ended with this process
    try:
        jax.devices()
    except Exception as error:
        needed = f"benchmarks needs a {options.device} device, got {harness.told(error)}"
        connection.send(DeviceError(needed))
        return
    try:
        races = importlib.import_module(f"benchmarks.{question}").RACES
        _share_threads(options)
        measured = ceilings()
    except Exception as error:
        connection.send(harness.told(error))
        return
    with contextlib.suppress(EOFError, BrokenPipeError):  # whoever asked has gone
        connection.send(environment() | {"ceilings": measured._asdict()})
        while True:
            heat = connection.recv()
            limits = harness.Limits(options.seconds, options.longest, memory.available())
            answer = harness.race(
                races[heat.race], heat.size, peers=options.peers, ceilings=measured, limits=limits
            )
            connection.send(answer)


def _share_threads(options: Options) -> None:
    """As many threads for PyTorch as XLA takes: all cores."""
    if not options.peers:
        return
    with contextlib.suppress(ImportError):
        import torch

        from verify.checks.workers import usable_cores

        torch.set_num_threads(usable_cores())
