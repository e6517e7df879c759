"""The command line: what each call does, how it ends, and what is said of a wrong one."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from verify.checks.messages import Problem, Ready, Settings
from verify.checks.verdict import Verdict
from verify.cli import app
from verify.report import compiled
from verify.report import session as sessions
from verify.report.compiled import cache_folder, keep_compiled
from verify.report.records import Run
from verify.report.session import Request, Session
from verify.report.terminal import console_for

CLAIMS = '''
import verify as vf

@vf.claim(x=vf.reals(), source="Gauss")
def the_normal_kl_is_right(x):
    """x = x.

    More."""
    return vf.equal(x, x)

@vf.claim(x=vf.reals(), holds=False)
def the_wrong_form(x):
    "x = x + 1."
    return vf.equal(x, x + 1)
'''
HOLDS = Verdict("a.py::f", "f = f.", "", "holds", True)
REFUTED = Verdict("a.py::g", "g = h.", "", "refuted", True, {"x": 1.0})


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("claims.py").write_text(CLAIMS)


@pytest.fixture
def asked(monkeypatch):
    """Take the place of a session: the list takes what was asked, `ends` says how it ends."""
    calls = []

    def session(request, settings, console):
        calls.append((request, settings))
        return session.ends

    session.ends = Session(Run((HOLDS,)), (), False)
    monkeypatch.setattr(sessions, "session", session)
    monkeypatch.setattr(sessions, "asked", calls, raising=False)
    return session


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


def wrong(*arguments):
    """What is said of a call that is wrong."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.output.strip()


def test_without_a_command_the_catalogue_is_checked(asked):
    assert call().exit_code == 0
    assert call("--effort", "quick", "--seed", "3").exit_code == 0
    assert sessions.asked == [
        (Request(["verify.catalogue"]), Settings()),
        (Request(["verify.catalogue"]), Settings("quick", 3)),
    ]


def test_a_path_in_place_of_a_command_is_checked(asked):
    Path("mine.py").touch()
    assert call("mine.py", "--seed", "3").exit_code == 0
    assert sessions.asked == [(Request(["mine.py"]), Settings(seed=3))]
    assert "No such command 'mine'" in wrong("mine")


def test_options_reach_the_session(asked):
    options = "--only *kl* --effort thorough --seed 7 --jobs 3 --timeout 5 --memory 2 --debug"
    assert call("check", "a.py", *options.split(), "b").exit_code == 0
    request, settings = sessions.asked[0]
    assert request == Request(["a.py", "b"], "*kl*", 3)
    assert settings == Settings("thorough", 7, 5.0, 2.0, debug=True)


def test_what_is_compiled_is_kept_for_the_next_call(tmp_path, monkeypatch):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command = [sys.executable, "-m", "verify", "measure", "jax.nn:softplus", "x=0.5:1"]
    options = ["--effort", "quick", "--json", "out.json"]
    results = []
    for option in ("--no-cache", "--cache", "--cache"):
        subprocess.run([*command, *options, option], check=True, capture_output=True)
        kept = {path.name: path.stat().st_mtime for path in tmp_path.glob("cache/**/*-cache")}
        results.append((kept, json.loads(Path("out.json").read_text())["accuracy"]["worst"]))
    (nothing, fresh), (written, first), (read, second) = results
    assert not nothing
    assert written
    assert written.items() <= read.items()  # what takes as long only now and then is added
    assert fresh == first == second


def test_a_cache_that_the_environment_sets_up_is_left_as_it_is(monkeypatch):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "theirs")
    keep_compiled()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == "theirs"


def test_a_cache_folder_is_emptied_when_full_and_done_without_where_none_can_be_made(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").touch()
    keep_compiled()
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ
    (tmp_path / "file").unlink()
    monkeypatch.setattr(compiled, "_MOST", 3)
    cache_folder().mkdir(parents=True)
    (cache_folder() / "a-cache").write_bytes(b"four")
    keep_compiled()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == str(cache_folder())
    assert list(cache_folder().iterdir()) == []


@pytest.mark.parametrize(
    ("session", "status"),
    [
        (Session(Run((HOLDS,)), (), False), 0),
        (Session(Run((HOLDS, REFUTED)), (), False), 1),
        (Session(Run((HOLDS,), ("no such file",)), (), False), 2),
        (Session(Run((REFUTED,), ("no such file",)), (), False), 2),
        (Session(Run((HOLDS,), not_run=1), (), True), 130),
    ],
)
def test_the_exit_status_says_how_it_ended(asked, session, status):
    asked.ends = session
    result = call("check", "a.py", "--json", "a.json", "--markdown", "a.md")
    assert result.exit_code == status
    assert Path("a.json").exists()
    assert Path("a.md").read_text().count("\n| `") == len(session.run.verdicts)


def test_tracebacks_are_shown_with_debug_only(asked):
    asked.ends = Session(Run((HOLDS,), ("no such file",)), ("Traceback: here",), False)
    assert "Traceback" not in call("check", "a.py").output
    assert "Traceback: here" in call("check", "a.py", "--debug").output


def test_reports_that_cannot_be_written_stop_the_call_before_it_runs(asked):
    for option in ("--json", "--markdown"):
        assert wrong("check", option, "no/folder/x") == (
            f"{option} needs a file that can be written, got 'no/folder/x':"
            " No such file or directory."
        )
        assert wrong("check", option, ".").endswith("got '.': is a folder.")
    assert sessions.asked == []


def test_an_unknown_effort_is_told(asked):
    assert wrong("--effort", "huge") == (
        "check needs an effort of quick, standard, thorough, got 'huge'."
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["no_such_command"],
        ["check", "--jobs", "0"],
        ["check", "--jobs", "x"],
        ["check", "--seed", "-1"],
        ["check", "--timeout", "0"],
        ["check", "--memory", "-1"],
        ["exact"],
        ["exact", "1", "--digits", "0"],
    ],
)
def test_an_option_that_is_wrong_is_told(asked, arguments):
    assert "Error: " in wrong(*arguments)
    assert sessions.asked == []


def test_list_shows_the_claims():
    assert call("list", "claims.py").output == (
        "claims.py\n"
        "  the_normal_kl_is_right\n    x = x.\n    expected to hold; Gauss\n"
        "  the_wrong_form\n    x = x + 1.\n    expected to be refuted\n"
    )
    only = call("list", "claims.py", "--only", "*kl*").output
    assert "the_normal_kl_is_right" in only
    assert "the_wrong_form" not in only


def test_list_says_what_a_file_is_about():
    text = Path("claims.py").read_text()
    Path("about.py").write_text(f'"""Numbers, as they come.\n\nMore."""\n{text}')
    assert call("list", "about.py").output.startswith("about.py: Numbers, as they come\n")


def test_list_tells_what_is_wrong():
    Path("bad.py").write_text("1 / 0")
    assert "verify list needs a .py file, a folder or a module, got 'no_such.py'" in wrong(
        "list", "no_such.py"
    )
    said = wrong("list", "claims.py", "bad.py")
    assert "the_wrong_form" in said
    assert "ZeroDivisionError: division by zero at bad.py:1" in said
    assert wrong("list", "claims.py", "--only", "*lk*") == (
        "--only needs a name, an id or a pattern of one, got '*lk*', which matches none;"
        " verify list shows the names."
    )
    assert wrong("list", "claims.py", "--only", "wrong") == (
        "--only needs a name, an id or a pattern of one, got 'wrong', which matches none;"
        " near it: the_wrong_form."
    )
    assert "near it: the_wrong_form." in wrong("list", "claims.py", "--only", "the_wrnog_from")


def test_a_pattern_is_of_a_name_or_an_id():
    ready = [sessions.Entry(f"{file}.py::{name}", "", "", True) for file in "ab" for name in "fg"]
    assert [e.id for e in sessions.matching(ready, "f")] == ["a.py::f", "b.py::f"]
    assert [e.id for e in sessions.matching(ready, "b.py::*")] == ["b.py::f", "b.py::g"]
    assert sessions.matching(ready, None) == ready


class _Pool:
    """Workers that found one claim and then do not start again, or meet Ctrl-C."""

    def __init__(self, error):
        self._error = error

    def find(self):
        entries = tuple(sessions.Entry(f"a.py::{name}", "", "", True) for name in "fg")
        return Ready(entries, (Problem("one", "Traceback: one"),), "cpu")

    def check(self, entries):
        yield sessions.Checked(HOLDS)
        raise self._error

    def running(self):
        return []


@pytest.mark.parametrize(
    ("error", "errors", "is_interrupted"),
    [(KeyboardInterrupt(), ("one",), True), (sessions.WorkerError("two"), ("one", "two"), False)],
)
def test_what_ends_a_session_loses_nothing_that_is_done(monkeypatch, error, errors, is_interrupted):
    monkeypatch.setattr(sessions, "workers", lambda *_: contextlib.nullcontext(_Pool(error)))
    found = sessions.session(Request(["claims.py"]), Settings(), console_for())
    assert found.run.verdicts == (HOLDS,)
    assert found.run.not_run == 1
    assert found.run.errors == errors
    assert found.run.environment["device"] == "cpu"
    assert found.tracebacks == ("Traceback: one",)
    assert found.is_interrupted is is_interrupted


def test_a_pattern_that_matches_nothing_is_an_error_of_the_run(monkeypatch):
    monkeypatch.setattr(sessions, "workers", lambda *_: contextlib.nullcontext(_Pool(None)))
    monkeypatch.setattr(_Pool, "check", lambda self, entries: iter(entries))
    found = sessions.session(Request(["claims.py"], "*kl*"), Settings(), console_for())
    assert found.run.verdicts == ()
    assert found.run.errors[-1].startswith("--only needs a name")


def test_exact_gives_digits_that_are_all_right():
    # log(1 + x) - x = -x^2/2 + x^3/3 - ..., by the series in rationals
    assert (
        call("exact", "log1p(x) - x", "x=1e-9").output == "-4.99999999666666666916666666467e-19\n"
    )
    assert call("exact", "x", "x=0x1.999999999999ap-4").output.startswith(
        "0.1000000000000000055511"
    )
    assert call("exact", "pi", "--digits", "5").output == "3.1416\n"
    assert call("exact", "-x", "x=3", "--digits", "3").output == "-3.00\n"


def test_exact_tells_a_mistake_in_a_line():
    said = wrong("exact", "lgama(x)", "x=1")
    assert said.startswith("verify exact needs functions of jax.numpy")
    assert said.count("\n") == 0
    with pytest.raises(ValueError, match="lgama"):
        CliRunner().invoke(app, ["exact", "lgama(x)", "x=1", "--debug"], catch_exceptions=False)


def test_version_names_what_numbers_come_from():
    said = call("--version").output
    for name in ("verify", "python", "jax", "jaxlib", "numpy", "python_flint"):
        assert f"{name} " in said


def test_help_says_what_there_is():
    assert {"check", "list", "exact"} <= set(call("--help").output.split())
    assert "--timeout SECONDS" in call("check", "-h").output


def test_the_command_line_imports_no_more_than_it_needs():
    heavy = ["jax", "flint", "hypothesis", "optax", "chex", "sympy", "rich", "matplotlib"]
    held = f"[m for m in {heavy} if m in sys.modules]"
    code = f"import sys, verify.cli, verify.checks.workers; print({held})"
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.stdout == "[]\n"
