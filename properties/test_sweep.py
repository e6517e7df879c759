"""Sweeps: the same result however they were cut up, killed, stopped or watched."""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from sweep_jobs import Digest, Kernel, Toy, joined_in_a_loop, lines_of

import verify as vf
from verify.checks.accuracy.reference import Reference
from verify.checks.accuracy.sweep import sweep
from verify.report.sweeping import sweep_progress

HERE = Path(__file__).parent
TOY, KERNEL = joined_in_a_loop(Toy()), joined_in_a_loop(Kernel())


@contextlib.contextmanager
def started(*arguments, **environment):
    program = [sys.executable, str(HERE / "sweep_jobs.py"), *map(str, arguments)]
    paths = {"PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])}
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **paths, **environment}) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def finished(*arguments, **environment):
    with started(*arguments, **environment) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "toy.journal"


@pytest.fixture
def whole(journal):
    sweep(Toy(), journal=journal)
    return journal


# The result


@pytest.mark.parametrize("kept", [False, True])
def test_parts_are_joined_in_order_however_blocks_end(journal, kept):
    delays = np.random.default_rng(0).uniform(0, 0.005, 40)
    job = Toy(before=lambda number: time.sleep(delays[number]))
    assert sweep(job, journal=journal if kept else None)[:3] == (TOY, (), 0)


def test_a_kernel_on_threads_gives_what_a_loop_gives():
    assert sweep(Kernel()).result == KERNEL


def test_two_devices_give_what_one_gives():
    told = finished("kernel", XLA_FLAGS="--xla_force_host_platform_device_count=2")
    assert told == {"result": KERNEL, "resumed": 0, "devices": [0, 1]}


def test_two_blocks_are_judged_at_once():
    both = threading.Barrier(2, timeout=20)
    assert sweep(Toy(before=lambda number: both.wait())).result == TOY


def test_a_job_without_blocks_has_a_result(journal):
    for _ in range(2):
        swept = sweep(Toy(blocks=0), journal=journal)
        assert (swept.result, swept.resumed) == (Toy(blocks=0).join([]), 0)


# Going on


def test_a_killed_sweep_goes_on_to_the_same_result(journal):
    with started("kernel", journal, 0.1) as process:
        while not journal.exists() or len(lines_of(journal)) < 8:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    told = finished("kernel", journal)
    assert told["result"] == KERNEL
    assert 6 <= told["resumed"] < Kernel().blocks


@given(data=st.data())
def test_any_blocks_in_any_order_are_enough_to_go_on_from(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("journals") / "toy.journal"
    sweep(Toy(), journal=path)
    header, *blocks = lines_of(path)
    kept = data.draw(st.lists(st.sampled_from(blocks), unique=True))
    path.write_bytes(b"".join([header, *kept]))
    assert sweep(Toy(), journal=path)[:3] == (TOY, (), len(kept))
    assert sweep(Toy(), journal=path).resumed == 40


def test_what_a_part_loses_on_disk_it_loses_in_memory_too(journal, monkeypatch):
    monkeypatch.setattr(Digest, "to_json", lambda part: [part.number, round(part.size), "x"])
    results = [sweep(Toy(), journal=path).result for path in (None, journal, journal)]
    assert results[0] == results[1] == results[2] != TOY


def test_what_is_done_is_not_done_again(whole):
    def never(number):
        raise AssertionError(number)

    assert sweep(Toy(before=never), journal=whole).resumed == 40


# Blocks that raise, and Ctrl-C


@pytest.mark.parametrize("kept", [False, True])
def test_an_error_in_a_block_ends_the_sweep_with_that_error(journal, kept):
    def fail(number):
        if number == 17:
            raise ZeroDivisionError("in a test")

    threads = threading.active_count()
    with pytest.raises(ZeroDivisionError, match="in a test") as raised:
        sweep(Toy(before=fail), journal=journal if kept else None)
    assert raised.value.__notes__ == ["in block 17 of the 40 of a sweep, counted from 0"]
    assert threading.active_count() == threads
    if kept:
        swept = sweep(Toy(), journal=journal)
        assert swept.result == TOY
        assert 17 <= swept.resumed <= 39


def test_a_part_that_is_not_json_is_an_error_of_its_block(monkeypatch):
    monkeypatch.setattr(Digest, "to_json", lambda part: {1, 2})
    with pytest.raises(TypeError, match="not JSON serializable") as raised:
        sweep(Toy())
    assert "of a sweep" in raised.value.__notes__[0]


def test_an_error_while_parts_are_joined_ends_the_sweep(monkeypatch):
    monkeypatch.setattr(Toy, "join", lambda job, parts: 1 / next(parts).number)
    threads, begun = threading.active_count(), []
    with pytest.raises(ZeroDivisionError):
        sweep(Toy(blocks=4000, seconds=0.001, before=begun.append))
    assert threading.active_count() == threads
    assert len(begun) < 4000


@pytest.mark.parametrize("kept", [False, True])
def test_ctrl_c_says_how_far_it_got_and_loses_nothing(journal, kept):
    def stop(number):
        if number == 20:
            os.kill(os.getpid(), signal.SIGINT)

    said = "toy.journal keeps them: the same call goes on" if kept else "none is kept, for want of"
    with pytest.raises(KeyboardInterrupt, match=rf"after \d+ of 40 blocks; .*{said}") as raised:
        sweep(Toy(seconds=0.005, before=stop), journal=journal if kept else None)
    if kept:
        swept = sweep(Toy(), journal=journal)
        assert swept.result == TOY
        assert f"after {swept.resumed} of 40" in str(raised.value)
        assert swept.resumed >= 20


def test_ctrl_c_stops_a_block_that_balls_read(journal, monkeypatch):
    """Under -36 nothing is left of exp(x) beside 1 in float64: no interval settles an error."""
    error, read, floats = Reference.error, [], vf.reals(-80.0, -40.0).every_float(np.float32)

    def counted(*arguments):
        if not read:
            os.kill(os.getpid(), signal.SIGINT)
        read.append(arguments)
        return error(*arguments)

    monkeypatch.setattr(Reference, "error", counted)
    with pytest.raises(KeyboardInterrupt, match="stopped after 0 of"):
        vf.measure(
            lambda x: jnp.log(1 + jnp.exp(x)), x=vf.reals(-80.0, -40.0),
            exhaustive=True, journal=journal,
        )  # fmt: skip
    assert len(read) < floats.size / 100
    assert len(lines_of(journal)) == 1


# Progress


def test_a_watcher_sees_inputs_grow_and_the_worst_so_far(whole):
    seen = []
    header, *blocks = lines_of(whole)
    whole.write_bytes(b"".join([header, *blocks[:10]]))
    sweep(Toy(), journal=whole, progress=seen.append)
    of, kept = (sum(map(Toy().inputs, numbers)) for numbers in (
        range(40), (json.loads(line)["block"] for line in blocks[:10])))  # fmt: skip
    assert seen[0] == (kept, of, "")
    inputs = [progress.inputs for progress in seen]
    assert inputs == sorted(inputs)
    assert inputs[-1] == of
    worst = max((Toy().block(i, None) for i in range(40)), key=lambda part: part.size)
    assert seen[-1].worst == Toy().told(worst)[1]


def test_a_terminal_has_a_bar_and_nothing_else_has():
    def shown(**options):
        console = Console(file=io.StringIO(), width=120, **options)
        with sweep_progress(console, "softplus [float16]") as show:
            sweep(Toy(seconds=0.01), progress=show)
        return console.file.getvalue()

    assert shown() == ""
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown(force_terminal=True))
    assert "softplus [float16]" in text
    assert "100%" in text
    assert "/s" in text
    assert re.search(r"e\+09 in block \d+", text)
