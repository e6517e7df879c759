"""Balls beside values of other kinds: no ball may lose its radius there."""

import operator

import pytest
from flint import acb, arb

from verify.arithmetic.complexes import Exponential
from verify.checks.judgement import Truth, judge
from verify.claims.relation import AtMost, Equal, Less

AROUND_ONE = arb(1, 2.0**-100)
BOX = acb(arb(0, 1), arb(0, 1))


@pytest.mark.parametrize("relation", [Equal(AROUND_ONE, 1), Equal(1, AROUND_ONE),
                                      AtMost(AROUND_ONE, 1), AtMost(1, AROUND_ONE)])  # fmt: skip
def test_a_ball_agrees_with_a_whole_number_that_it_holds(relation):
    assert judge(relation).truth is Truth.AGREES


def test_whether_a_ball_is_less_than_a_whole_number_that_it_holds_is_unknown():
    assert judge(Less(AROUND_ONE, 1)).truth is judge(Less(1, AROUND_ONE)).truth is Truth.UNKNOWN


def test_a_ball_differs_from_a_whole_number_outside_it():
    assert judge(Equal(AROUND_ONE, 2)).truth is judge(Less(2, AROUND_ONE)).truth is Truth.FALSE
    assert judge(Less(AROUND_ONE, 2)).truth is judge(AtMost(0, AROUND_ONE)).truth is Truth.TRUE


@pytest.mark.parametrize("combine", [operator.mul, operator.add, operator.sub, operator.truediv])
def test_a_complex_ball_and_an_exponential_combine_to_a_ball_around_all_values(combine):
    outcome = combine(BOX + 3, Exponential(arb(1), BOX / 4))
    for corner in (acb(1, -1), acb(-1, 1)):
        assert outcome.contains(combine(corner + 3, (corner / 4).exp()))
