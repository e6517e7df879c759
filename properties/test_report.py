"""Reports: nothing is lost, changed or taken for markup on the way to a reader."""

import io
import json
import math
import re

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

import verify as vf
from verify.checks.messages import Entry
from verify.checks.verdict import Evidence, Verdict, evidence_text
from verify.report.files import need_writable, write
from verify.report.markdown import escaped, to_markdown
from verify.report.records import Run, environment, plain, to_json
from verify.report.terminal import print_list, print_run, progress
from verify.report.words import gist, summary_line

BALLS = Evidence("balls", points=1_000, digits=25, bits=128)
HOLDS = Verdict("a.py::symmetric", "f(x) = f(-x).", "Müller", "holds", True, evidence=(BALLS,))
REFUTED = Verdict("a.py::odd", "g(x) = -g(x).", "", "refuted", False, {"x": 1.0})
WRONG = Verdict(
    "b/c.py::wrong", "[bold]x[/bold] | y_1 :smile:\n\nMore.", "", "refuted", True,
    {"w": 5.0, "h": [1.0, 2.0]}, "5 = 6 is false", (BALLS,), 0.25,
)  # fmt: skip
OPEN = Verdict("b/c.py::open", "", "", "undecided", True, reason="ran past 60 s")
RUN = Run((HOLDS, REFUTED, WRONG, OPEN), seconds=31.24)
GOOD = Run((HOLDS, REFUTED))


def printed(run, width=80, encoding="utf-8", is_terminal=True, tracebacks=()):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding)
    console = Console(
        file=stream, width=width, force_terminal=is_terminal, color_system=None,
        markup=False, emoji=False, highlight=False,
    )  # fmt: skip
    print_run(console, run, tracebacks)
    stream.flush()
    return raw.getvalue().decode(encoding)


def strict(text):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@given(x=st.floats(), y=st.floats(width=32), n=st.integers())
@example(x=math.nan, y=-math.inf, n=2**60)
@example(x=5e-324, y=-0.0, n=0)
def test_json_gives_every_number_back(x, y, n):
    point = {"x": x, "y": np.float32(y), "z": np.array([x, y]), "n": n, "j": np.array(n % 7)}
    run = Run((Verdict("a.py::f", "", "", "refuted", True, point),))
    (claim,) = strict(to_json(run))["claims"]
    back = {name: np.asarray(value, float) for name, value in claim["counterexample"].items()}
    for name, value in point.items():
        assert np.array_equal(back[name], np.asarray(value, float), equal_nan=True)
        assert np.array_equal(np.signbit(back[name]), np.signbit(np.asarray(value, float))) or (
            math.isnan(x)  # the sign of a NaN is no part of its value
        )


def test_what_is_not_finite_is_a_string():
    values = (math.nan, math.inf, -math.inf, jnp.array([jnp.inf]), np.float32("nan"))
    assert [plain(value) for value in values] == [
        "NaN", "Infinity", "-Infinity", ["Infinity"], "NaN",
    ]  # fmt: skip


def test_values_become_jsons_own_types():
    values = {1: (True, None, "x"), "i": np.int64(3), "b": jnp.bfloat16(1.5), "o": {2.0}}
    assert plain(values) == {"1": [True, None, "x"], "i": 3, "b": 1.5, "o": "{2.0}"}


def test_json_has_the_promised_shape():
    about = environment(device="cpu", effort="quick", seed=7)
    record = strict(to_json(Run((WRONG,), ("no such file",), about, 1.0, 2)))
    assert record["schema"] == 1
    assert list(record) == ["schema", "environment", "claims", "errors", "summary"]
    assert set(record["environment"]) == {
        "python", "jax", "jaxlib", "numpy", "python_flint", "verify", "platform", "device",
        "effort", "seed",
    }  # fmt: skip
    assert record["environment"]["seed"] == 7
    assert record["errors"] == ["no such file"]
    assert record["claims"] == [
        {
            "id": "b/c.py::wrong",
            "statement": WRONG.statement,
            "source": "",
            "status": "refuted",
            "expected": True,
            "as_expected": False,
            "counterexample": {"w": 5.0, "h": [1.0, 2.0]},
            "reason": "5 = 6 is false",
            "evidence": [
                {
                    "method": "balls", "points": 1000, "undecided": 0, "vacuous": 0,
                    "digits": 25, "bits": 128, "device": "", "estimated": [], "detail": "",
                }
            ],
            "seconds": 0.25,
        }
    ]  # fmt: skip
    assert record["summary"] == {
        "claims": 1, "as_expected": 0, "not_as_expected": 1, "proved": 0, "holds": 0,
        "supported": 0, "refuted": 1, "undecided": 0, "not_run": 2, "errors": 1, "seconds": 1.0,
    }  # fmt: skip


def test_the_summary_counts():
    assert summary_line(RUN) == (
        "4 claims: 2 as expected (1 holds, 1 refuted), 2 not (1 refuted, 1 undecided)"
    )
    assert summary_line(Run((HOLDS,) * 3)) == "3 claims: 3 as expected (3 hold), 0 not"
    assert summary_line(Run((), ("a",), not_run=2)) == (
        "0 claims: 0 as expected, 0 not, 2 not run, 1 error"
    )


@pytest.mark.parametrize(("count", "ending"), [(1, ""), (2, "s")])
def test_evidence_counts_one_in_the_singular(count, ending):
    line = evidence_text(Evidence("balls", points=count, digits=count, bits=count))
    assert line == f"balls, {count} point{ending}, {count} digit{ending}, up to {count} bit{ending}"


def test_a_terminal_shows_marks_points_and_blocks():
    assert printed(RUN) == (
        "a.py\n"
        "  ✓ holds      symmetric  balls, 1,000 points, 25 digits\n"
        "  ✓ refuted    odd  at x = 1.0\n"
        "\n"
        "b/c.py\n"
        "  ✗ refuted    wrong  at w = 5.0, h = [1.0, 2.0]\n"
        "  ✗ undecided  open\n"
        "\n"
        "b/c.py::wrong\n"
        "    [bold]x[/bold] | y_1 :smile:\n"
        "    More.\n"
        "    expected to hold, refuted at w = 5.0, h = [1.0, 2.0]\n"
        "    reason: 5 = 6 is false\n"
        "    balls, 1,000 points, 25 digits, up to 128 bits\n"
        "\n"
        "b/c.py::open\n"
        "    expected to hold, undecided\n"
        "    reason: ran past 60 s\n"
        "\n"
        "4 claims: 2 as expected (1 holds, 1 refuted), 2 not (1 refuted, 1 undecided);\n"
        "31.2 s\n"
    )


def test_a_row_says_how_strong_the_evidence_is():
    evidence = (
        Evidence("balls", 71, 2, 1, 11, 256, estimated=("a limit from values",)),
        Evidence("search", 2**18, device="cpu", detail="9 candidates read in balls"),
        Evidence("intervals", 1),
        Evidence("symbols", detail="the sides are one expression"),
    )
    run = Run((Verdict("a.py::f", "", "", "holds", True, evidence=evidence),))
    assert printed(run, 200).splitlines()[1] == (
        "  ✓ holds      f  balls, 71 points, 2 undecided, 1 outside the premise, 11 digits,"
        " estimated; search, 262,144 points; intervals, 1 point;"
        " symbols, the sides are one expression"
    )


@pytest.mark.parametrize("method", ["every float", "sampled floats"])
def test_a_row_on_accuracy_counts_inputs_and_says_how_bad_it_is(method):
    detail = "worst 3.62 ulps, asked 4 ulps"
    evidence = Evidence(method, 2**24, 3, 2, device="cpu", detail=detail)
    counts = f"{method}, 16,777,216 inputs, 3 undecided, 2 without an exact value"
    assert evidence_text(evidence) == f"{counts}, on cpu, {detail}"
    run = Run((Verdict("a.py::f", "", "", "holds", True, evidence=(evidence,)),))
    assert printed(run, 200).splitlines()[1] == f"  ✓ holds      f  {counts}, {detail}"


def test_a_claim_of_accuracy_is_reported_with_its_inputs():
    @vf.claim(x=vf.reals(-1.0, 1.0))
    def negation_is_exact(x):
        """-x is exact."""
        return vf.accurate(jnp.negative, x, ulps=0.5, dtype="bfloat16")

    verdict = vf.check(negation_is_exact, effort="quick")
    assert re.match(r"every float, 32,514 inputs, on .*, every result is exact", gist(verdict))


@pytest.mark.parametrize("width", [40, 80])
def test_lines_fit_a_terminal_and_are_whole_in_a_pipe(width):
    reason = "one " * 60 + "end"
    name = "a_name_of_fifty_characters_as_they_are_in_the_book"
    long = Verdict(f"a.py::{name}", reason, "", "undecided", True, reason=reason)
    fine = Verdict(f"a.py::{name}", "", "", "refuted", False, {"x": list(range(40))})
    run = Run((long, fine), (reason,), not_run=3)
    names = 16 + len(name)  # a name is never cut: it is what --only takes
    assert max(map(len, printed(run, width).splitlines())) <= max(width, names)
    assert "…" in printed(run, width)
    piped = printed(run, width, is_terminal=False)
    assert f"    reason: {reason}\n" in piped
    assert f"error: {reason}\n" in piped
    assert str(list(range(40))) in piped


def test_a_terminal_without_unicode_gets_ascii():
    text = printed(RUN, encoding="ascii")
    assert "  + refuted    odd" in text
    assert "  x undecided  open" in text


def test_tracebacks_and_errors_come_before_the_summary():
    text = printed(Run((), ("no such file",)), tracebacks=("Traceback: here",))
    assert text.splitlines() == [
        "Traceback: here", "error: no such file", "0 claims: 0 as expected, 0 not, 1 error; 0.0 s",
    ]  # fmt: skip


def test_progress_is_shown_on_a_terminal_only():
    for is_terminal in (True, False):
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=is_terminal, width=80, color_system=None)
        with progress(console, 2, lambda: ["a.py::running"]) as show:
            show(HOLDS)
            show(OPEN)
        assert ("b/c.py::open" in stream.getvalue()) is is_terminal
        assert ("running" in stream.getvalue()) is is_terminal
        assert "symmetric" not in stream.getvalue()


def test_elsewhere_a_count_is_shown_at_times(capsys, monkeypatch):
    monkeypatch.setattr("verify.report.terminal._SILENCE", 0.0)
    with progress(Console(file=io.StringIO()), 3, list) as show:
        show(HOLDS)
        show(OPEN)
        show(HOLDS)
    assert capsys.readouterr() == ("", "1 of 3 claims\n2 of 3 claims\n")


def test_a_list_says_what_is_expected():
    stream = io.StringIO()
    entries = [
        Entry("a.py::one", "f = g.\nMore.", "Gauss (1809)", True),
        Entry("a.py::two", "", "", False),
        Entry("b.py::three", "h = h.", "", True, "it has no domain."),
    ]
    print_list(Console(file=stream, width=80), entries)
    assert stream.getvalue() == (
        "a.py\n"
        "  one\n    f = g.\n    expected to hold; Gauss (1809)\n"
        "  two\n    expected to be refuted\n"
        "\n"
        "b.py\n"
        "  three\n    h = h.\n    it has no domain.\n"
    )


def test_markdown_is_a_table_a_file():
    text = to_markdown(RUN)
    assert "### a.py\n\n| claim |" in text
    assert (
        "| `wrong` | \\[bold\\]x\\[/bold\\] \\| y\\_1 :smile: |  | holds | **refuted** |"
        " at w = 5.0, h = \\[1.0, 2.0\\] |\n" in text
    )
    assert "| `odd` | g(x) = -g(x). |  | refuted | refuted | at x = 1.0 |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 7 for row in rows)


def test_markdown_does_not_depend_on_the_time():
    assert to_markdown(Run(RUN.verdicts, seconds=1.0)) == to_markdown(
        Run(RUN.verdicts, seconds=2.0)
    )


@given(st.text())
def test_no_text_is_markdown(text):
    assert "\n" not in escaped(text)
    assert not re.search(r"[`*_\[\]<>|~$]", re.sub(r"\\.", "", escaped(text)))
    assert re.sub(r"\\(.)", r"\1", escaped(text)) == " ".join(text.split())


def test_a_report_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "report.json"
    need_writable("--json", str(target))
    assert not target.exists()
    write(str(target), "first é")
    assert target.read_text("utf-8") == "first é"

    def fail(self, text, encoding):
        self.write_bytes(text[:2].encode())
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        write(str(target), "second")
    monkeypatch.undo()
    assert target.read_text("utf-8") == "first é"
    assert list(tmp_path.iterdir()) == [target]


def test_a_report_behind_a_link_keeps_the_link(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write(str(tmp_path / "link.json"), "text")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "text"


def test_a_device_is_written_to_not_replaced():
    need_writable("--json", "/dev/null")
    write("/dev/null", "text")
    with open("/dev/null", "rb") as device:
        assert device.read() == b""


@pytest.mark.parametrize(
    ("path", "why"),
    [("", "is a folder"), ("no/such/folder.json", "No such file or directory")],
)
def test_a_file_that_cannot_be_written_is_told(tmp_path, path, why):
    target = str(tmp_path / path)
    with pytest.raises(ValueError, match=re.escape(
        f"--json needs a file that can be written, got {target!r}: {why}."
    )):  # fmt: skip
        need_writable("--json", target)


def test_a_trial_is_expected_to_be_supported():
    trial = Verdict("a.py::trial::t", "It holds.", "", "supported", True)
    assert "| `t` | It holds. |  | supported | supported |" in to_markdown(Run((trial,)))
