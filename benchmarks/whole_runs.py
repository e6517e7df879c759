"""How long does a whole run of `verify` take, by the number of claims?

A file of n true claims of one kind with constants of their own: `verify check` on it in a process
of its own, with one worker and with two, and `vf.check` in a warm process. Compilations are not
kept between runs, but in the last.
"""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import verify as vf
from benchmarks.records import Plain, Race, Size
from verify.checks.collect import collect

_HEAD = '''
    """Claims to be checked."""

    import jax
    import jax.numpy as jnp

    import verify as vf
'''
_CLAIM = '''

    @vf.claim(x=vf.reals())
    def slope_{number}(x):
        """softplus({scale} x)' = {scale} sigmoid({scale} x)."""
        found = jax.grad(lambda x: jax.nn.softplus({scale} * x))(x)
        return vf.equal(found, {scale} / (1 + jnp.exp(-{scale} * x)))
'''


def write_claims(folder: str, count: int) -> Path:
    """A file of as many claims."""
    claims = [_CLAIM.format(number=i, scale=i + 1) for i in range(count)]
    file = Path(folder) / "claims.py"
    file.write_text("".join(map(textwrap.dedent, [_HEAD, *claims])))
    return file


def in_a_process(jobs: int) -> Callable[[Size], Plain]:
    def make(size: Size) -> Plain:
        def run() -> list[str]:
            with tempfile.TemporaryDirectory() as folder:
                file, found = write_claims(folder, size["claims"]), Path(folder) / "found.json"
                options = ["--no-cache", "--effort", "quick", "--jobs", str(jobs)]
                command = [sys.executable, "-m", "verify", "check", str(file), *options]
                subprocess.run([*command, "--json", str(found)], check=True, capture_output=True)
                return [claim["status"] for claim in json.loads(found.read_text())["claims"]]

        return Plain(run, lambda statuses: [status == "holds" for status in statuses])

    return make


def warm(size: Size) -> Plain:
    """vf.check of claims that are collected; the first run compiles, those that are timed not."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        claims = list(collect([str(write_claims(folder, size["claims"]))]).claims.values())
    run = lambda: [vf.check(claim, effort="quick") for claim in claims]
    facts: Callable[[Any], dict[str, Any]] = lambda verdicts: {
        "digits": min(e.digits for v in verdicts for e in v.evidence if e.digits is not None)
    }
    return Plain(run, lambda verdicts: [v.status == "holds" for v in verdicts], facts)


RACES = (
    Race(
        "verify check, quick",
        "claims",
        lambda size: size["claims"],
        {"one worker": in_a_process(1), "two workers": in_a_process(2), "vf.check, warm": warm},
        ({"claims": 1},),
        ({"claims": 10}, {"claims": 100}),
        tolerance=0.0,
        slow=10.0,
    ),
)
