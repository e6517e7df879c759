"""How does it grow: over sizes, over devices and processes of one machine, and on paper to 64?

Two CPU devices share the cores that one has alone, so that what they cost is seen, not what they
gain: the same batch of an LSTM's gradient on one of them and on both. Two processes of
jax.distributed each sweep half of a range of floats and exchange what they found; one sweeps it
all. The parts of a sweep that one process does for all, and of a data-parallel step that all do
together, are timed for the model of many accelerators.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import verify as vf
from benchmarks import lstm
from benchmarks.float_sweep import domain
from benchmarks.records import Plain, Race, Size, Timed
from verify.arithmetic.ulps import format_of
from verify.checks.accuracy.measure import Plan
from verify.checks.accuracy.target import target
from verify.checks.effort import effort_of
from verify.claims.domain import Interval

_DEVICES = 2
_LIMIT = 120  # seconds


def on_devices(count: int) -> Callable[[Size], Plain]:
    """The gradient of a batch with a part on each device; parameters are on all."""

    def make(size: Size) -> Plain:
        run = lambda: _child("devices", count, json.dumps(dict(size)))
        return Plain(run)

    return make


def in_processes(count: int) -> Callable[[Size], Plain]:
    """Parts of a range, one a process; from when all are ready to when all know the worst."""

    def make(size: Size) -> Plain:
        def run() -> Timed:
            with socket.socket() as free:
                free.bind(("localhost", 0))
                address = f"localhost:{free.getsockname()[1]}"
            rest = (count, json.dumps(dict(size)), address)
            processes = [_started("sweep", *rest, number) for number in range(count)]
            answers = [_answer(process) for process in processes]
            return answers[0]

        return Plain(run)

    return make


def _started(*arguments: Any, devices: int = 1) -> subprocess.Popen[str]:
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-m", "benchmarks.scaling", *map(str, arguments)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **pipes)


def _answer(process: subprocess.Popen[str]) -> Timed:
    """What a process printed last.

    Raises:
        RuntimeError: it failed; its last line says why.
    """
    try:
        told, wrong = process.communicate(timeout=_LIMIT)
    finally:
        process.kill()
    if process.returncode:
        raise RuntimeError((wrong.strip().splitlines() or ["no word"])[-1])
    seconds, result = json.loads(told.splitlines()[-1])
    return Timed(seconds, result)


def _child(*arguments: Any) -> Timed:
    return _answer(_started(*arguments, devices=_DEVICES))


def _shared_out(count: int, size: Size) -> tuple[float, list[float]]:
    """Seconds of a gradient on some devices, and the norms of its parts."""
    from benchmarks.harness import seconds_of

    mesh = Mesh(np.array(jax.devices()[:count]), ("batch",))
    place = lambda *axes: NamedSharding(mesh, PartitionSpec(*axes))
    *weights, xs = map(jnp.asarray, lstm.inputs(size))
    arguments = [*jax.device_put(weights, place()), jax.device_put(xs, place("batch"))]
    compiled = jax.jit(lstm.gradient_of(lstm.ours)).lower(*arguments).compile()
    found = [float(jnp.linalg.norm(part.ravel())) for part in compiled(*arguments)]
    return seconds_of(lambda: compiled(*arguments)), found


def _job(part: Interval) -> Any:
    judged = target(
        "benchmarks", jax.nn.softplus, {"x": ()}, format_of("benchmarks", "float32"),
        gradient=False,
    )  # fmt: skip
    return Plan.of(judged, {"x": part}, effort_of("standard"), 0, True, "benchmarks").job


def _swept(count: int, size: Size, address: str, number: int) -> tuple[float, float]:
    """Seconds of a sweep of one part of a range in this process, and the worst of all parts."""
    from jax.experimental import multihost_utils

    if count > 1:
        jax.distributed.initialize(address, count, number)
    low, high = domain(size).low, domain(size).high
    ends = [low + (high - low) * part / count for part in (number, number + 1)]
    job = _job(vf.reals(*ends))
    device = jax.local_devices()[0]
    job.block(0, device)
    gather = lambda x: multihost_utils.process_allgather(x) if count > 1 else np.asarray(x)
    gather(np.float32(0))
    start = time.perf_counter()
    parts = [job.block(i, device) for i in range(job.blocks)]
    worst = float(np.max(gather(np.float32(max(job.told(part)[0] for part in parts)))))
    return time.perf_counter() - start, worst


def joining(size: Size) -> Plain:
    """What one process does for all of a sweep: a part to JSON and back, and joined."""
    job = _job(domain(size))
    part = job.block(0, jax.devices()[0])

    def run() -> Any:
        copies = (
            job.part_type.from_json(json.loads(json.dumps(part.to_json())))
            for _ in range(size["blocks"])
        )
        return job.join(copies)

    return Plain(run, lambda joined: job.told(joined)[0])


def judging(size: Size) -> Plain:
    """What a device does for itself: blocks, compiled."""
    job, device = _job(domain(size)), jax.devices()[0]
    run = lambda: [job.block(0, device) for _ in range(size["blocks"])]
    return Plain(run, lambda parts: max(job.told(part)[0] for part in parts))


_LSTM = {"steps": 128, "batch": 16, "hidden": 128}
RACES = (
    Race(
        "LSTM gradient over devices",
        "sequences",
        lambda size: size["batch"],
        {"one CPU device": on_devices(1), "two CPU devices": on_devices(2)},
        (),
        (_LSTM, _LSTM | {"batch": 64}),
        slow=20.0,
    ),
    Race(
        "sweep over processes",
        "inputs",
        lambda size: 2 ** size["log2_inputs"],
        {"one process": in_processes(1), "two of jax.distributed": in_processes(2)},
        (),
        ({"log2_inputs": 20}, {"log2_inputs": 22}),
        tolerance=1e-6,
        slow=20.0,
    ),
    Race(
        "parts of a sweep",
        "blocks",
        lambda size: size["blocks"],
        {"judging a block": judging, "joining it": joining},
        ({"log2_inputs": 20, "blocks": 1},),
        ({"log2_inputs": 20, "blocks": 4},),
        tolerance=1e-6,
        slow=3.0,
    ),
)


def main(what: str, count: str, size: str, *rest: str) -> None:
    """In a process of its own: print the seconds and the result."""
    if what == "devices":
        print(json.dumps(_shared_out(int(count), json.loads(size))))
        return
    address, number = rest
    print(json.dumps(_swept(int(count), json.loads(size), address, int(number))))


if __name__ == "__main__":
    main(*sys.argv[1:])
