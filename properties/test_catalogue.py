"""Every claim of the catalogue ends as its author expects."""

import re
from pathlib import Path

import pytest
from catalogued import stated

import verify as vf
from verify import functions, models

CLAIMS = list(stated(vf.Claim))


def slow_if_of_accuracy(case):
    """Those take seconds of compilation each; the command `verify` checks them all."""
    marks = [pytest.mark.slow] if case.id.startswith("accurate") else []
    return pytest.param(*case.values, id=case.id, marks=marks)


@pytest.mark.parametrize("claim", list(map(slow_if_of_accuracy, CLAIMS)))
def test_the_claim_ends_as_expected(claim):
    verdict = vf.check(claim, effort="quick")
    assert verdict.as_expected, repr(verdict)


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_claim_says_what_it_states_and_where_it_is_from(claim):
    assert claim.statement
    assert claim.source


def test_no_two_claims_of_a_file_have_one_name():
    names = [claim.id for claim in (case.values[0] for case in CLAIMS)]
    assert len(set(names)) == len(names)


def place(claim):
    """The part of a source that a false statement and its corrected twin have in common."""
    return claim.source.split(",")[:2]


def test_every_false_statement_has_a_true_one_of_the_same_place():
    cases = [case.values[0] for case in CLAIMS]
    true = [place(claim) for claim in cases if claim.holds]
    assert [claim.id for claim in cases if not claim.holds and place(claim) not in true] == []


def test_claims_that_docstrings_name_are_there():
    names = {claim.name for claim in (case.values[0] for case in CLAIMS)}
    named = set()
    for package in (functions, models):
        for file in Path(package.__path__[0]).glob("*.py"):
            said = " ".join(file.read_text().split())
            assert " and on)" not in said, file
            for words in re.findall(r"\(claims? ([^)]*)\)", said):
                named |= set(re.findall(r"\b\w+_(?:is|are)_accurate\w*", words))
    assert len(named) > 20
    assert named <= names
