"""Jobs to sweep; run as a program, it sweeps one and prints what comes of it.

    python sweep_jobs.py JOB [JOURNAL] [SECONDS]

SECONDS is how long each block takes beside its work.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify.checks.accuracy.enumeration import Grid
from verify.checks.accuracy.sweep import sweep
from verify.claims.domain import reals


class Digest(NamedTuple):
    """What a toy block shows: numbers that no other block shows."""

    number: int
    size: float
    digest: str

    def to_json(self) -> Any:
        return list(self)

    @classmethod
    def from_json(cls, record: Any) -> "Digest":
        return cls(*record)


@dataclass(frozen=True)
class Toy:
    """Blocks of pure Python, whose result depends on the order in which parts are joined."""

    blocks: int = 40
    seconds: float = 0.0
    name: str = "toy"
    before: Callable[[int], None] = field(default=lambda number: None, compare=False)
    part_type = Digest

    @property
    def identity(self):
        return {"function": self.name, "dtype": "float16", "of": [0.1, -0.0]}

    def inputs(self, number: int) -> int:
        return 10 + number

    def block(self, number: int, device: Any) -> Digest:
        self.before(number)
        time.sleep(self.seconds)
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        return Digest(number, int(digest[:8], 16) / 3, digest)

    def join(self, parts):
        total, size = hashlib.sha256(), 0.0
        for part in parts:
            total.update(part.digest.encode())
            size = size / 3 + part.size
        return [total.hexdigest(), size.hex()]

    def told(self, part: Digest) -> tuple[float, str]:
        return part.size, f"{part.size:.3g} in block {part.number}"


class Sum(NamedTuple):
    """A float64 sum over a block."""

    worst: float
    total: float
    devices: tuple[str, ...] = ()

    def to_json(self) -> Any:
        return [self.worst.hex(), self.total.hex()]

    @classmethod
    def from_json(cls, record: Any) -> "Sum":
        return cls(*map(float.fromhex, record))


@jax.jit
def _difference(x):
    return jnp.tanh(x) - jnp.sin(x)


@dataclass(frozen=True)
class Kernel:
    """tanh against sin at every bfloat16 in [-1, 1], compiled."""

    seconds: float = 0.0
    devices: set[int] = field(default_factory=set, compare=False)
    part_type = Sum

    @property
    def _grid(self) -> Grid:
        return Grid({"x": reals(-1.0, 1.0)}, jnp.bfloat16, 1024)

    @property
    def identity(self):
        return {"function": "tanh - sin", "dtype": "bfloat16"}

    @property
    def blocks(self) -> int:
        return self._grid.blocks

    def inputs(self, number: int) -> int:
        return self._grid.count(number)

    def block(self, number: int, device: Any) -> Sum:
        self.devices.add(device.id)
        time.sleep(self.seconds)
        (x,) = self._grid.inputs(number)
        gap = np.asarray(_difference(jax.device_put(x, device))).astype(np.float64)
        return Sum(float(abs(gap).max()), float(gap.sum()))

    def join(self, parts):
        worst, total = 0.0, 0.0
        for part in parts:
            worst, total = max(worst, part.worst), total / 3 + part.total
        return [worst.hex(), total.hex()]

    def told(self, part: Sum) -> tuple[float, str]:
        return part.worst, f"{part.worst:.3g}"


def joined_in_a_loop(job: Any) -> Any:
    """What a sweep must give."""
    return job.join(job.block(number, jax.devices()[0]) for number in range(job.blocks))


def lines_of(path: Path) -> list[bytes]:
    """Of a journal."""
    return path.read_bytes().splitlines(keepends=True)


JOBS = {"toy": Toy, "kernel": Kernel}

if __name__ == "__main__":
    # So that no machine is done before it can be stopped.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    name, journal, seconds = (*sys.argv[1:], "", "0")[:3]
    job = JOBS[name](seconds=float(seconds or 0))
    swept = sweep(job, journal=journal or None)
    used = sorted(getattr(job, "devices", ()))
    print(json.dumps({"result": swept.result, "resumed": swept.resumed, "devices": used}))
