"""docs/accuracy.md: the figures that the results give, for every public function, in bounds."""

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.accuracy import fingerprint, installed, questions
from benchmarks.accuracy_page import BOUNDS, CANCELLING
from benchmarks.accuracy_subjects import subjects
from verify import functions

ROOT = Path(__file__).parents[1]
ROWS = list(map(json.loads, (ROOT / "benchmarks/results/accuracy.jsonl").read_text().splitlines()))
OURS = [row for row in ROWS if row["code"].startswith("verify.functions.")]
FUNCTIONS = sorted(name for name in dir(functions) if inspect.isfunction(getattr(functions, name)))

UNCANCELLED = [row for row in OURS if row["subject"] not in CANCELLING]


def run(*arguments):
    command = [sys.executable, "-m", "benchmarks.accuracy", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_the_page_is_what_the_results_give():
    checked = run("--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow  # of a whole measurement, which takes a quarter of an hour
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_has_its_rows(name):
    found = {(row["dtype"], row["gradient"]) for row in OURS if row["subject"] == name}
    assert found == {(dtype, slope) for dtype in BOUNDS for slope in (False, True)}


def test_no_row_is_of_a_function_that_is_gone():
    assert {row["subject"] for row in OURS} == set(FUNCTIONS)


@pytest.mark.slow  # of a whole measurement, which takes a quarter of an hour
@pytest.mark.parametrize("row", UNCANCELLED, ids=lambda row: row["row"])
def test_our_functions_are_within_their_bounds(row):
    assert float(row["ulps"]) <= BOUNDS[row["dtype"]][row["gradient"]], row["worst"]


@pytest.mark.slow  # of a whole measurement, which takes a quarter of an hour
@pytest.mark.parametrize("row", UNCANCELLED, ids=lambda row: row["row"])
def test_our_functions_give_no_zero_or_nan_for_a_normal_number(row):
    assert row["zeros"] == row["nans"] == 0


def test_every_input_of_16_bits_was_tried_where_they_are_few():
    narrow = [row for row in ROWS if row["dtype"] != "float32"]
    assert narrow
    few = {s.name for s in subjects().values() if [d.shape for d in s.domains.values()] == [()]}
    assert all(row["is_exhaustive"] for row in narrow if row["subject"] in few)


def test_rows_are_named_once():
    assert len({row["row"] for row in ROWS}) == len(ROWS)


SINGLE = {q.name: q for q in questions() if q.code.startswith("verify.") and q.dtype == "float32"}


@pytest.mark.parametrize("row", [r for r in OURS if r["dtype"] == "float32"],
                         ids=lambda row: row["row"])  # fmt: skip
def test_rows_are_of_the_code_as_it_is(row):
    """Narrower floats are widened to float32, so that their code is this one."""
    question = SINGLE[row["row"]]
    if row["versions"] != installed(question.code):
        pytest.skip(f"measured with {row['versions']}")
    assert row["fingerprint"] == fingerprint(question), "python -m benchmarks.accuracy measures it"
