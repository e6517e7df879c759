"""Workers: a claim that hangs, dies or eats memory costs no other; Ctrl-C loses nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from verify.checks import workers as workers_module
from verify.checks.finding import find
from verify.checks.messages import Settings
from verify.checks.workers import ending, usable_cores, workers
from verify.cli import app

PATIENCE = 120  # seconds, for a machine that is busy; nothing waits for as long when it is not

BAD = """
import ctypes
import jax, jax.numpy as jnp, numpy as np
import verify as vf

@vf.claim(x=vf.reals(), z=vf.reals())
def parameters_and_domains_differ(x):
    return vf.equal(x, x)

@vf.claim(x=vf.reals(2.0, 1.0))
def has_an_empty_domain(x):
    return vf.equal(x, x)

@vf.claim(x=vf.reals())
def twice(x):
    return vf.equal(x, x)

@vf.claim(x=vf.reals())
def returns_no_relation(x):
    return x

@vf.claim(x=vf.reals())
def returns_a_bool(x):
    return True

@vf.claim(x=vf.reals())
def raises(x):
    raise RuntimeError("no such luck")

@vf.claim(x=vf.reals())
def leaves(x):
    raise SystemExit(3)

@vf.claim(x=vf.reals())
def draws(x):
    return vf.equal(x + jax.random.normal(jax.random.key(0)), x)

@vf.claim(x=vf.reals())
def is_unsupported(x):
    return vf.equal(jax.pure_callback(lambda v: v, jax.ShapeDtypeStruct((), x.dtype), x), x)

@vf.claim(x=vf.reals())
def twice(x):
    return vf.equal(x, x)

@vf.claim(x=vf.reals())
def holds_although_others_do_not_end(x):
    return vf.equal(jnp.sin(-x), -jnp.sin(x))

@vf.claim(x=vf.reals())
def crashes(x):
    ctypes.string_at(0)

@vf.claim(x=vf.reals())
def aborts(x):
    import os, sys
    print("out of luck", file=sys.stderr, flush=True)
    os.abort()

@vf.claim(x=vf.reals())
def is_false(x):
    return vf.equal(x, x + 1)

@vf.claim(x=vf.reals(), holds=False)
def is_said_to_be_false(x):
    return vf.equal(x, x + 1)
"""

GREEDY = """
import jax, jax.numpy as jnp, numpy as np
import verify as vf

@vf.claim(x=vf.reals())
def loops_in_python(x):
    while True: pass

@vf.claim(x=vf.reals())
def loops_in_xla(x):
    with jax.ensure_compile_time_eval():
        jax.lax.while_loop(lambda i: i >= 0, lambda i: jnp.abs(i), jnp.ones(()))
    return vf.equal(x, x)

@vf.claim(x=vf.reals())
def eats_memory_in_python(x):
    kept = []
    while True: kept.append(bytearray(2**24))

@vf.claim(x=vf.reals())
def eats_memory_in_numpy(x):
    kept = []
    while True: kept.append(np.ones(2**22))

@vf.claim(x=vf.reals())
def eats_memory_in_xla(x):
    with jax.ensure_compile_time_eval():
        return vf.equal(jnp.ones((10**6, 10**6)).sum() * x, x)
"""

GOOD = """
import verify as vf

@vf.claim(x=vf.reals())
def holds(x):
    return vf.equal(x + x, 2 * x)
"""

BAD_ENDS = {
    "parameters_and_domains_differ": "claim needs one domain for each parameter",
    "has_an_empty_domain": "reals needs low <= high, got 2.0 and 1.0: the set is empty.",
    "twice": "verify check needs one claim of each name, got two named twice in bad.py",
    "returns_no_relation": "returns_no_relation needs to return a relation, got",
    "returns_a_bool": "returns_a_bool needs to return a relation, got bool True",
    "raises": "RuntimeError at bad.py:28: no such luck",
    "leaves": "raised SystemExit: 3",
    "draws": "random",
    "is_unsupported": "pure_callback",
    "holds_although_others_do_not_end": "holds",
    "crashes": "its process died with signal 11 (SIGSEGV)",
    "aborts": "its process died with signal 6 (SIGABRT): out of luck",
    "is_false": "refuted",
    "is_said_to_be_false": "refuted",
}
GREEDY_ENDS = {
    "loops_in_python": "ran past 15 s",
    "loops_in_xla": "ran past 15 s",
    "eats_memory_in_python": "used more than 1 GiB of memory",
    "eats_memory_in_numpy": "used more than 1 GiB of memory",
    "eats_memory_in_xla": "used more than 1 GiB of memory",
}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("good.py").write_text(GOOD)


def call(*arguments):
    """A call of the command line in this process, and the JSON that it wrote."""
    Path("out.json").unlink(missing_ok=True)
    result = CliRunner().invoke(
        app, ["check", *arguments, "--effort", "quick", "--json", "out.json"]
    )
    return result, json.loads(Path("out.json").read_text())


@pytest.mark.parametrize(
    ("text", "ends"),
    [(BAD, BAD_ENDS), pytest.param(GREEDY, GREEDY_ENDS, marks=pytest.mark.slow)],
    ids=["wrong", "greedy"],
)
def test_each_bad_claim_is_undecided_with_its_reason_and_costs_no_other(text, ends):
    Path("bad.py").write_text(text)
    result, record = call("bad.py", "good.py", "--timeout", "15", "--memory", "1")
    assert result.exit_code == 1
    found = {claim["id"].partition("::")[2]: claim for claim in record["claims"]}
    ends = {**ends, "holds": "holds"}
    assert list(found) == list(ends)  # the order of the files, whatever ended first
    for name, claim in found.items():
        status = claim["status"]
        assert ends[name] in (claim["reason"] if status == "undecided" else status), claim


def test_a_file_that_does_not_load_costs_no_other(monkeypatch):
    monkeypatch.setattr(workers_module, "_LOADING", 15.0)
    Path("dies.py").write_text("# claim\nimport os\nos._exit(7)")
    Path("hangs.py").write_text("# claim\nwhile True: pass")
    Path("raises.py").write_text("# claim\n1 / 0")
    files = ("dies.py", "hangs.py", "raises.py", "good.py", "no.py")
    result, record = call(*files, "--timeout", "10")  # a busy machine imports JAX in 5 s
    assert result.exit_code == 2
    assert [claim["status"] for claim in record["claims"]] == ["holds"]
    start = "verify check needs a file that can be imported, got"
    assert sorted(record["errors"]) == [
        "verify check needs a .py file, a folder or a module, got 'no.py', which does not exist;"
        " check how it is written.",
        f"{start} ZeroDivisionError: division by zero at raises.py:2; correct it (--debug shows"
        " the traceback).",
        f"{start} dies.py: its process ended with status 7.",
        f"{start} hangs.py: ran past 15 s.",
    ]


def test_the_same_seed_gives_the_same_json_in_any_number_of_workers():
    Path("two.py").write_text(GOOD + BAD[BAD.index("@vf.claim(x=vf.reals())\ndef is_false") :])
    records = []
    for jobs in ("1", "2"):
        result, record = call("two.py", "good.py", "--seed", "3", "--jobs", jobs)
        assert result.exit_code == 1
        del record["summary"]["seconds"]
        for claim in record["claims"]:
            del claim["seconds"]
        records.append(record)
    assert records[0] == records[1]
    assert [claim["id"] for claim in records[0]["claims"]] == [
        "two.py::holds", "two.py::is_false", "two.py::is_said_to_be_false", "good.py::holds",
    ]  # fmt: skip


SLOW = """
import os, time
import verify as vf

@vf.claim(x=vf.reals())
def first(x):
    return vf.equal(x, x)

@vf.claim(x=vf.reals())
def never_ends(x):
    open("pid", "w").write(f"{os.getpid()} ")
    while True: time.sleep(0.01)

@vf.claim(x=vf.reals())
def waits(x):
    return vf.equal(x, x)
"""


def start_slow_call():
    """A call in a process group of its own, once its second claim is being checked."""
    Path("slow.py").write_text(SLOW)
    command = ["check", "slow.py", "--effort", "quick", "--jobs", "1", "--json", "out.json"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from verify.cli import main; main()", *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    return process, int(wait_for(lambda: Path("pid").exists() and Path("pid").read_text()))


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited for {PATIENCE} s")


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_ctrl_c_reports_what_is_done_and_leaves_no_process():
    process, worker = start_slow_call()
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert output.splitlines()[-1].startswith("1 claim: 1 as expected (1 holds), 0 not, 2 not run;")
    record = json.loads(Path("out.json").read_text())
    assert [claim["id"] for claim in record["claims"]] == ["slow.py::first"]
    assert record["summary"]["not_run"] == 2
    assert wait_for(lambda: is_gone(worker))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_workers_end_with_their_parent():
    process, worker = start_slow_call()
    assert not is_gone(worker)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert wait_for(lambda: is_gone(worker))


def test_what_a_claim_prints_is_shown_with_debug_only(capfd):
    Path("loud.py").write_text(GOOD.replace("    return", "    print('hear', 'me')\n    return"))
    for debug in (False, True):
        files, _ = find(["loud.py"])
        with workers(files, 1, Settings("quick", debug=debug)) as pool:
            assert [m.verdict.status for m in pool.check(pool.find().entries)] == ["holds"]
        assert ("hear me" in capfd.readouterr().out) is debug


@pytest.mark.parametrize("number", [1, 9, 34, 35, 40, 64])
def test_an_end_by_any_signal_is_put_in_words(number):
    # 35 … 63, the real-time signals, have no name: looking for one once took the run along.
    assert ending(-number).startswith(f"its process died with signal {number}")
    assert ("(SIG" in ending(-number)) == (number in set(signal.Signals))


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="needs real-time signals")
def test_an_exit_code_of_a_signal_without_a_name_occurs():
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGRTMIN + 1)"
    code = subprocess.run([sys.executable, "-c", kill], check=False).returncode
    assert ending(code) == f"its process died with signal {signal.SIGRTMIN + 1}"


def test_there_is_a_core_to_use():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
