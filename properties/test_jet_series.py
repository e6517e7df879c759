"""Laws of jets: a germ is what its expansion says, to the order that it claims."""

import math

import pytest
from flint import arb
from hypothesis import assume, example, given
from hypothesis import strategies as st

from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.jets import ordering
from verify.arithmetic.jets.cauchy import Disc, sampled
from verify.arithmetic.jets.series import (
    Frame,
    SideNeeded,
    coefficient,
    divide,
    normal,
    sign_of,
    variable,
)
from verify.arithmetic.jets.system import JETS
from verify.arithmetic.reading import reading

# So near to zero that log t, cubed, is less than t^(-1/27): two or three roots deep, what
# is o(1) is then under 1/2.
EXPONENT = 3_000
BITS = 8 * EXPONENT

UNARY = ("neg", "abs", "sign", "exp", "expm1", "log", "log1p", "sqrt", "cbrt", "square", "sin",
         "cos", "tanh", "logistic", "atan", "asinh", "erf", "floor", "ceil")  # fmt: skip
BINARY = ("add", "sub", "mul", "div", "max", "min", "pow", "atan2", "rem")
constants = st.sampled_from(["-2", "-1", "-0.5", "0", "0.5", "1", "1.5", "3"])
germs = st.recursive(
    st.one_of(st.just("t"), st.just("t"), constants),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(UNARY), inner),
        st.tuples(st.sampled_from(BINARY), inner, inner),
    ),
    max_leaves=6,
)


def value(germ, t, system):
    """A germ at t, in balls or as a jet."""
    if germ == "t":
        return t
    if isinstance(germ, str):
        return arb(germ)
    name, *operands = germ
    return system.scalar(name)(*(value(operand, t, system) for operand in operands))


def expanded(germ, terms, point="0", side=1):
    return value(germ, variable(arb(point), Frame(terms, True), side=side), JETS)


def partial_sum(jet, t):
    """What a jet says of a germ at t, and its order of magnitude t^(end - 1)."""
    total = sum((c * t ** (jet.valuation + k) for k, c in enumerate(jet.coefficients)), arb(0))
    return total, 0 if jet.end == math.inf else t ** (int(min(jet.end, 20)) - 1)


@given(germ=germs, terms=st.integers(1, 6))
@example(germ=("mul", "t", ("log", "t")), terms=3)
@example(germ=("mul", ("sqrt", "t"), ("sqrt", "t")), terms=3)
@example(germ=("div", ("sub", ("cos", "t"), "1"), ("square", "t")), terms=2)
@example(germ=("add", ("exp", ("div", "-1", "t")), "t"), terms=3)
@example(germ=("add", "1", ("pow", "t", "1.5")), terms=3)
@example(germ=("atan", ("div", "1", "t")), terms=3)
def test_the_remainder_of_a_jet_is_as_small_as_it_says(germ, terms):
    with reading(bits=BITS):
        jet = expanded(germ, terms)
        t = arb(2) ** -EXPONENT
        exact = value(germ, t, BALLS)
        if isinstance(jet, arb):
            assume(jet.is_finite() and exact.is_finite())
            assert jet.overlaps(exact)
            return
        assume(not jet.why and exact.is_finite())
        total, size = partial_sum(jet, t)
        gap = abs(exact - total)
        assert gap.overlaps(arb(0)) or gap < size / 2


@given(germ=germs)
def test_the_sign_of_a_jet_is_that_of_the_germ(germ):
    with reading(bits=BITS):
        sign = sign_of(expanded(germ, 4))
        exact = value(germ, arb(2) ** -EXPONENT, BALLS)
        assume(sign is not None and exact.is_finite())
        assert not (exact > 0 and sign <= 0)
        assert not (exact < 0 and sign >= 0)
        assert not (sign == 0 and not exact.contains(0))


@given(germ=germs, point=st.sampled_from(["-1", "-0.5", "0", "0.25", "1", "2"]))
@example(germ=("mul", "t", ("exp", "t")), point="1")
def test_where_no_side_is_asked_both_sides_have_one_expansion(germ, point):
    with reading(bits=128):
        try:
            both = value(germ, variable(arb(point), Frame(5, False)), JETS)
        except SideNeeded:
            return
        sides = [expanded(germ, 5, point, side) for side in (1, -1)]
        for k in range(5):
            c = coefficient(both, k)
            if c is not None:
                for sign, jet in zip((1, -1), sides, strict=True):
                    assert coefficient(jet, k).overlaps(c * sign**k)


@given(germ=germs, point=st.sampled_from(["-0.5", "0", "1"]), side=st.sampled_from([1, -1]))
def test_more_terms_only_add_to_what_is_known(germ, point, side):
    with reading(bits=256):
        few, many = (expanded(germ, terms, point, side) for terms in (3, 9))
        for k in range(-3, 4):
            left, right = coefficient(few, k), coefficient(many, k)
            if left is not None and not left.is_nan():
                assert right is not None
                assert left.overlaps(right)


laurent = st.tuples(st.integers(-2, 2), st.lists(st.integers(-4, 4), min_size=1, max_size=4))


def polynomial(parts):
    """The Laurent polynomial with these integers as coefficients."""
    valuation, coefficients = parts
    return normal(valuation, [arb(c) for c in coefficients], math.inf, Frame(9, True))


@given(a=laurent, b=laurent)
def test_laurent_polynomials_are_added_and_multiplied_exactly(a, b):
    x, y = polynomial(a), polynomial(b)
    total, product = x + y, x * y
    for k in range(-4, 10):
        at = lambda parts, k: dict(enumerate(parts[1], parts[0])).get(k, 0)
        assert coefficient(total, k) == at(a, k) + at(b, k)
        assert coefficient(product, k) == sum(at(a, j) * at(b, k - j) for j in range(-4, 10))


@given(a=laurent, b=laurent)
def test_a_quotient_times_its_divisor_is_the_dividend(a, b):
    x, y = polynomial(a), polynomial(b)
    assume(not (isinstance(y, arb) and y.is_zero()))
    back = x / y * y
    for k in range(-2, 5):
        assert coefficient(back, k).overlaps(coefficient(x, k))


def test_what_vanishes_at_an_unknown_rate_is_no_divisor():
    t = variable(arb(0), Frame(3, True))
    nothing = JETS.scalar("cos")(t) - JETS.scalar("cos")(t)
    assert not nothing.coefficients
    assert "unknown rate" in divide(arb(1), nothing).why
    assert sign_of(nothing) is None


@given(size=st.sampled_from([4, 6, 10]), pole=st.integers(2, 5))
def test_few_samples_on_a_circle_enclose_the_coefficients_all_the_same(size, pole):
    disc = Disc(arb(1), arb(pole) / (pole - 1))
    found = sampled(lambda t: 1 / (1 - t / pole), disc, 3, size)
    for k, c in enumerate(found):
        assert c.overlaps(arb(pole) ** -k)
        assert arb(8) ** (-size - 1) < c.rad() < arb(8) ** (-size + 1)


def test_a_series_that_is_cut_knows_where():
    cut = normal(1, [arb(k) for k in (2, 3, 4)], math.inf, Frame(2, True))
    assert (coefficient(cut, 1), coefficient(cut, 2), coefficient(cut, 3)) == (2, 3, None)


@pytest.mark.parametrize("order", [1, 2])
def test_a_sign_left_open_is_open_from_the_term_that_leaves_it(order):
    open_sign = normal(order, [arb(0, 1), arb(1)], math.inf, Frame(5, True))
    for found in (ordering.absolute(open_sign), ordering.maximum(open_sign, arb(0))):
        assert coefficient(found, order - 1) == 0
        assert coefficient(found, order) is None


def test_an_unknown_quantity_stays_unknown_and_keeps_its_reason():
    t = variable(arb(0), Frame(3, True))
    lost = JETS.scalar("sin")(divide(arb(1), t))
    for name in ("add", "mul", "sub", "div", "max"):
        assert JETS.scalar(name)(lost, t).why == lost.why
        assert JETS.scalar(name)(t, lost).why == lost.why
    assert JETS.scalar("mul")(lost, arb(0)).why == lost.why
    assert ordering.lt(lost, t) is None
    assert JETS.scalar("is_finite")(lost) is None


def test_a_branch_left_open_is_unknown_unless_both_ways_are_one():
    assert JETS.join(arb(1), arb(1)) == 1
    assert JETS.join(arb(1), arb(2)).why
    assert JETS.join(arb(1, 0.5), arb(1, 0.5)).why


@pytest.mark.parametrize("side", [1, -1])
def test_infinite_constants_are_compared_and_absorbed(side):
    t = variable(arb(1), Frame(3, True), side=side)
    infinity = arb.pos_inf()
    assert ordering.lt(t, infinity) is True
    assert ordering.lt(t, -infinity) is False
    assert JETS.scalar("max")(t, -infinity) is t
    assert t + infinity == infinity
    assert -infinity * t == -infinity
    assert t / infinity == 0


def test_a_constant_that_is_not_a_number_makes_everything_unknown():
    t, nan = variable(arb(1), Frame(3, True)), arb.nan()
    assert all(x.why for x in (t + nan, nan - t, t * nan, nan * t, t / nan, nan / t))
    assert ordering.eq(t, nan) is None
