"""Traps: true claims that must not be refuted, false ones that must not be said to hold.

Each row is a claim that once misled, or would mislead, a checker that trusts floats,
quadratures or rules of differentiation.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify as vf

INF = jnp.inf
LOG_TWO_PI = float(jnp.log(2 * jnp.pi))  # rounded to float32, at module level
LOG_TWO_PI_64 = math.log(2 * math.pi)


def normal(z, mu, sigma):
    return vf.normal_density(z, mu, sigma)


def plateau(z, centre, width):
    """One within `width` of a centre and zero outside twice that, smooth: a peak."""
    return jnp.exp(-(((z - centre) / width) ** 2))


def naive_sinc(x):
    return jnp.where(x == 0, 1.0, jnp.sin(x) / x)


@jax.custom_jvp
def wrongly_differentiated(x):
    return x**2


wrongly_differentiated.defjvp(lambda p, t: (p[0] ** 2, 3 * p[0] * t[0]))

QUARTER_TURN = np.array([[np.cos(np.pi / 2), -1.0], [1.0, np.cos(np.pi / 2)]])  # 6e-17, not 0
RESIDUE = 0.1 + 0.2 - 0.3  # 2^-54, not 0


def call_value(k):
    """The mean of max(z - k, 0) for a standard normal z: its second slope is the density."""
    payoff = lambda z: jnp.maximum(z - k, 0.0) * normal(z, 0, 1)
    return vf.integral(payoff, -INF, INF)


def two_poissons(rate):
    """Terms that die away and grow again, around `rate` and five hundred times that."""
    log = lambda k, r: k * jnp.log(r) - r - jax.lax.lgamma(k + 1.0)
    terms = lambda k: jnp.exp(log(k, rate)) / 2 + jnp.exp(log(k, 500 * rate)) / 2
    return vf.series(terms, 0, INF)


REALS, POSITIVES = {"x": vf.reals()}, {"x": vf.positives()}

# name, domains, relation
TRUE = [
    ("an integrand that rounds to integers", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(vf.integral(
         lambda z: jnp.where(z.astype(int).astype(float) > 0.5, x, 0.0), 0.0, 3.0), 2 * x)),
    ("a kink within the blur of an end", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(
         vf.integral(lambda z: jnp.maximum(2.0**200 * (z - x), 0.0), 0.0,
                     x + vf.constant("1e-40")), 2.0**200 * vf.constant("1e-80") / 2)),
    ("a slope of a geometric series that converges slowly", {"x": vf.reals(0.1, 0.9)},
     lambda x: vf.equal(jax.grad(lambda a: vf.series(lambda k: a**k, 0, INF))(x), (1 - x) ** -2)),
    ("an integrand that jumps at two places", {"x": vf.reals(0.1, 0.4)},
     lambda x: vf.equal(vf.integral(lambda z: jnp.where((z >= x) & (z < 2 * x), z, 1.0), 0, 1),
                        1 - x + 1.5 * x**2)),
    ("an integrand with kinks at its ends and inside", {"x": vf.reals(-1.0, 1.0)},
     lambda x: vf.equal(vf.integral(lambda z: jnp.abs(z - x) + jnp.maximum(z, x), -1, 1),
                        1 + x**2 + (x + 1) * x + (1 - x**2) / 2)),
    ("a peak of width 1e-3 at mu squared", {"x": vf.reals(-30.0, 30.0)},
     lambda x: vf.equal(vf.integral(lambda z: plateau(z, x * x, 1e-3), -INF, INF),
                        vf.constant("0.001") * jnp.sqrt(vf.pi))),
    ("a constant rounded twice at module level", REALS,
     lambda x: vf.equal(x + LOG_TWO_PI_64, x + jnp.log(2 * vf.pi))),
    ("one tenth meant, a float stored", REALS, lambda x: vf.equal(0.1 * x, x / 10)),
    ("three tenths by addition", REALS, lambda x: vf.equal((0.1 + 0.2) * x, 0.3 * x)),
    ("a where that guards a division", REALS,
     lambda x: vf.equal(jnp.where(x == 0, 1.0, x / jnp.where(x == 0, 1.0, x)), 1.0)),
    ("a where that guards a log", {"x": vf.reals(0.0, 2.0)},
     lambda x: vf.at_most(jnp.where(x == 0, 0.0, -x * jnp.log(x)), 0.5)),
    ("softplus asks whether d differs from d", REALS,
     lambda x: vf.equal(jax.nn.softplus(x), jnp.log1p(jnp.exp(-abs(x))) + jnp.maximum(x, 0))),
    ("|x|^1.01 has the slope 0 at 0", {},
     lambda: vf.equal(vf.derivative(lambda x: abs(x) ** 1.01, 0.0), 0.0)),
    ("the sinc has the slope 0 at 0, where AD says NaN", {},
     lambda: vf.equal(vf.derivative(naive_sinc, 0.0), 0.0)),
    ("a wrong custom rule does not change the true derivative", REALS,
     lambda x: vf.equal(vf.derivative(wrongly_differentiated, x), 2 * x)),
    ("a probability vector sums to one as a real number", {"p": vf.simplex(5)},
     lambda p: vf.equal(jnp.sum(p), 1)),
    ("an inequality that is tight at a point", REALS, lambda x: vf.at_most(0, (x - 3) ** 2)),
    ("an integral that is zero by symmetry", {"x": vf.reals(0.5, 2.0)},
     lambda x: vf.equal(vf.integral(lambda z: z * normal(z, 0, x), -INF, INF), 0)),
    ("values of 1e-300", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(jnp.exp(-690 * x), 1 / jnp.exp(690 * x))),
    ("catastrophic cancellation in floats", {"x": vf.reals(1e-3, 1.0)},
     lambda x: vf.equal(((1 + x * 1e-12) - 1) / 1e-12, x)),
    ("an exchange of limits that fails at a point", REALS,
     lambda x: vf.implies(vf.less(0, abs(x)), vf.equal(
         jax.grad(lambda p: vf.integral(lambda z: p**3 * jnp.exp(-(p**2) * z), 0, INF))(x), 1))),
    ("a ball beside a boolean", REALS,
     lambda x: vf.equal(jnp.sin(x) ** 2 + jnp.cos(x) ** 2, x == x)),
    ("the bits of minus one", REALS,
     lambda x: vf.equal(jax.lax.population_count((x * 0).astype(jnp.int32) - 1), 32)),
    ("a sum over odd and even integers", {"x": vf.reals(-0.5, 0.5)},
     lambda x: vf.equal(vf.limit(lambda n: x**n, INF, integers=True), 0)),
    ("a maximum over a pair that ties", REALS, lambda x: vf.equal(jnp.maximum(x, x), x)),
    ("logsumexp with repeated entries", REALS,
     lambda x: vf.equal(jax.nn.logsumexp(jnp.stack([x, x])), x + jnp.log(2.0))),
    ("two powers under one integral", {"x": vf.reals(0.0, 2.0)},
     lambda x: vf.equal(vf.integral(lambda z: (x + z) ** 3 + z**5, 0, 1),
                        ((x + 1) ** 4 - x**4) / 4 + jnp.divide(1.0, 6.0))),
    ("powers up and down under one integral", {},
     lambda: vf.equal(vf.integral(lambda z: z**3 + 1 / z**4, 1, 2),
                      15 / 4 + jnp.divide(7.0, 24.0))),
    ("a choice by what is integrated over, and one that is settled", {"c": vf.reals(0.1, 0.9)},
     lambda c: vf.equal(
         vf.integral(lambda z: jnp.where(z * z > c, z, 0.0) * jnp.where(c > 0.5, 2.0, 3.0), 0, 1),
         (1 - c) / 2 * jnp.where(c > 0.5, 2.0, 3.0))),
]  # fmt: skip

FALSE = [
    ("an integrand that rounds to integers", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(vf.integral(
         lambda z: jnp.where(z.astype(int).astype(float) > 0.5, x, 0.0), 0.0, 3.0), 2.5 * x)),
    ("an order that fails within 0.02 of a point in four dimensions",
     {"x": vf.reals(-6.0, 6.0, shape=(4,))},
     lambda x: vf.at_most(0, jnp.sum((x - 1.2345) ** 2) - 0.0004)),
    ("an order that fails within 0.001 of a point, under a premise",
     {"x": vf.reals(-6.0, 6.0), "y": vf.reals(-6.0, 6.0)},
     lambda x, y: vf.implies(
         vf.less(0, x), vf.at_most(0, (x - 1.7) ** 2 + (y + 2.1) ** 2 - 1e-6))),
    ("a limit of slopes at a constant place", {"x": vf.reals(1.0, 5.0)},
     lambda x: vf.equal(jax.grad(
         lambda a: vf.limit(lambda n: a**2 + a / n, INF))(2.0) * x, 3 * x)),
    ("the mass between two jumps", {"x": vf.reals(0.1, 0.4)},
     lambda x: vf.equal(vf.integral(lambda z: jnp.where((z >= x) & (z < 2 * x), 1.0, 0.0), 0, 1),
                        jnp.minimum(x, 0.399))),
    ("a peak of width 1e-3 at mu squared", {"x": vf.reals(-30.0, 30.0)},
     lambda x: vf.equal(vf.integral(lambda z: plateau(z, x * x, 1e-3), -INF, INF), 0)),
    ("a constant that is off by 1e-7", REALS,
     lambda x: vf.equal(x * (LOG_TWO_PI_64 + 1e-7), x * jnp.log(2 * vf.pi))),
    ("a difference of 1e-697", {"x": vf.reals(40.0, 45.0)},
     lambda x: vf.equal(1 - jax.scipy.special.erf(x), 0)),
    ("a side that does not exist at 0", REALS, lambda x: vf.equal(x / x, 1)),
    ("a root that is not real", REALS, lambda x: vf.equal(jnp.sqrt(x) ** 2, x)),
    ("a log that is not real", REALS, lambda x: vf.equal(jnp.log(x**2), 2 * jnp.log(x))),
    ("a difference of 1e-40", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(x, x + vf.constant("1e-40"))),
    ("a difference of 1e-30 between values of 1e-20", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(x * 2.0**-66, x * 2.0**-66 * (1 + 2.0**-34))),
    ("true at unit scale only", POSITIVES,
     lambda x: vf.equal(vf.integral(lambda z: x * normal(z, 0, x) * normal(0, 0, 1) / normal(
         0, 0, x), -INF, INF), x**2 * 1.0 * jnp.sqrt(x))),
    ("AD's slope of 0^0 by where", {"x": vf.reals(1.5, 3.0)},
     lambda x: vf.equal(vf.derivative(
         lambda t: jnp.where(t == 0, 0.0, t * jnp.log(x)), 0.0), 0.0)),
    ("a wrong custom rule", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(jax.grad(wrongly_differentiated)(x), 2 * x)),
    ("strict where there is a tie", REALS, lambda x: vf.less(-((x - 3) ** 2), 0)),
    ("wrong within 0.1 of a place, by 1e-6", {"x": vf.reals(-6.0, 6.0)},
     lambda x: vf.less(1.5e-6 * plateau(x, 2.34567, 0.08), 5e-7 + 0 * x)),
    ("wrong on a ten-thousandth of the domain", {"x": vf.reals(0.0, 1e3)},
     lambda x: vf.equal(jnp.where(abs(x - 371.234) < 0.05, x * (1 + 1e-9), x), x)),
    ("wrong on a ten-thousandth, in three variables",
     {"x": vf.reals(0.0, 1.0), "y": vf.reals(), "z": vf.positives()},
     lambda x, y, z: vf.equal(jnp.where(abs(x - 0.71234) < 5e-5, y + z * 1e-3, y), y)),
    ("wrong in one entry of an array", {"x": vf.reals(shape=(3, 2))},
     lambda x: vf.equal(x.at[2, 1].multiply(1 + 1e-12), x)),
    ("tails that the second look must not lose", {"x": vf.reals(0.5, 4.0)},
     lambda x: vf.equal(vf.integral(lambda z: 1 / (x**2 + z**2), -INF, INF), vf.pi / x * 1.001)),
]  # fmt: skip

# Statements on which nothing may be concluded, whatever their truth.
NEITHER = [
    ("the second slope of a maximum under an integral", {"x": vf.reals(-2.0, 2.0)},
     lambda x: vf.equal(jax.grad(jax.grad(call_value))(x), 0.0)),
    ("a conversion to integers that jumps with the parameter", {"x": vf.reals(0.1, 0.9)},
     lambda x: vf.equal(jax.grad(lambda a: vf.integral(
         lambda z: (z + a).astype(int).astype(float), 0.0, 1.0))(x), 1.0)),
    ("a matrix whose zeros were rounded", {"x": vf.reals(-3.0, 3.0, shape=2)},
     lambda x: vf.equal(QUARTER_TURN @ (QUARTER_TURN @ x), -x)),
    ("a constant that rounding left of zero", REALS, lambda x: vf.equal(RESIDUE * x, 0 * x)),
    ("a series that grows again", {"x": vf.reals(1.0, 3.0)},
     lambda x: vf.equal(two_poissons(x), 0.5)),
    ("a series that turns late", {"x": vf.reals(1.0, 3.0)},
     lambda x: vf.equal(vf.series(lambda k: jnp.where(k < 100, x / k**3, x / k**2), 1, INF),
                        vf.series(lambda k: x / k**3, 1, INF))),
    ("a series that diverges as slowly as 1/(k log k)", {"x": vf.reals(1.0, 3.0)},
     lambda x: vf.less(vf.series(lambda k: x / (k * jnp.log(k)), 2, INF), 1000)),
    ("a limit that changes its mind at 1e-20", {"x": vf.reals(1.0, 3.0)},
     lambda x: vf.equal(vf.limit(lambda z: jnp.tanh(x * 2.0**66 * z), 0.0, side="above"), 1)),
    ("a function that stops growing at 1e12", {"x": vf.reals(1.0, 3.0)},
     lambda x: vf.equal(vf.limit(lambda z: jnp.minimum(z, x * 2.0**40), INF), INF)),
    ("code that asks whether a log is NaN", {"x": vf.reals(-3.0, 3.0)},
     lambda x: vf.equal(jnp.where(jnp.isnan(jnp.log(x)), 0.0, 1.0), jnp.where(x < 0, 0.0, 1.0))),
    ("a constant rounded to float32 at module level", REALS,
     lambda x: vf.equal(x * LOG_TWO_PI, x * jnp.log(2 * vf.pi))),
    ("a gap that an inexact constant explains", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(x * 0.91893853320467, x * jnp.log(2 * vf.pi) / 2)),
    ("a divergent series that an acceleration would sum", {"x": vf.reals(0.3, 0.9)},
     lambda x: vf.equal(vf.series(lambda k: k**-x, 1, INF), jax.scipy.special.zeta(2.0, 1.0) + x)),
    ("Grandi's series", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(vf.series(lambda k: x * (-1) ** k, 0, INF), x / 2)),
    ("a limit over odd and even integers", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(vf.limit(lambda n: x * (-1) ** n, INF, integers=True), x)),
    ("an integrand that jumps with its parameter", {"x": vf.reals(0.1, 0.9)},
     lambda x: vf.equal(jax.grad(
         lambda a: vf.integral(lambda z: jnp.where(z > a, 1.0, 0.0), 0, 1))(x), 0)),
    ("a limit that jumps with its parameter ever more often", {"x": vf.reals(1.0, 5.0)},
     lambda x: vf.equal(jax.grad(
         lambda a: vf.limit(lambda n: a - jnp.floor(n * a) / n, INF))(x), 0)),
    ("a series whose terms jump with its parameter", {"x": vf.reals(0.1, 0.9)},
     lambda x: vf.equal(jax.grad(
         lambda a: vf.series(lambda k: (k * a - jnp.floor(k * a)) / 2**k, 0, INF))(x), 2)),
    ("a limit of slopes at a constant place, where it is no slope", {"x": vf.reals(1.0, 5.0)},
     lambda x: vf.equal(jax.grad(
         lambda a: vf.limit(lambda n: a / (1 + (n * a) ** 2), INF))(0.0) * x, 0)),
    ("a peak a hundred widths away, where a cubic is zero", {"x": vf.reals(0.9e6, 1.1e6)},
     lambda x: vf.equal(vf.integral(
         lambda z: jnp.exp(-z**2) + jnp.exp(-(z**3 - x)**2) * 3 * z**2, -INF, INF),
         2 * jnp.sqrt(vf.pi))),
    ("a bump of a series between the places that are looked at", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(
         vf.series(lambda k: 0.5**k + x * jnp.exp(-(k - 1100.0) ** 2), 0, INF), 2)),
    ("a narrow peak where a cubic is zero", {"x": vf.reals(0.5, 3.0)},
     lambda x: vf.equal(vf.integral(
         lambda z: jnp.exp(-z**2) + jnp.exp(-(z**3 - x)**2 * 2.0**60) * 2.0**30, -INF, INF),
         jnp.sqrt(vf.pi))),
    ("a principal value", {"x": vf.reals(1.0, 2.0)},
     lambda x: vf.equal(vf.integral(lambda z: 1 / z, -x, x), 0)),
    ("the slope of a kink", {}, lambda: vf.equal(vf.derivative(jnp.abs, 0.0), 0.0)),
    ("NaN on both sides", {"x": vf.reals(1.0, 2.0)}, lambda x: vf.equal(x * jnp.nan, jnp.nan)),
    ("a sum that ties", {"x": vf.reals(0.25, 0.75)},
     lambda x: vf.less(x, vf.series(lambda k: 0.5**k, 1, INF) * x)),
    ("a premise that never holds", REALS,
     lambda x: vf.implies(vf.less(x**2, 0), vf.equal(x, 3))),
]  # fmt: skip


def verdict_on(domains, relation, holds=True):
    return vf.check(vf.claim(holds=holds, **domains)(relation))


@pytest.mark.parametrize(("domains", "relation"), [pytest.param(*r[1:], id=r[0]) for r in TRUE])
def test_a_true_claim_holds(domains, relation):
    verdict = verdict_on(domains, relation)
    assert verdict.status == "holds", verdict


@pytest.mark.parametrize(("domains", "relation"), [pytest.param(*r[1:], id=r[0]) for r in FALSE])
def test_a_false_claim_is_refuted_at_a_point_of_its_domain(domains, relation):
    verdict = verdict_on(domains, relation)
    assert verdict.status == "refuted", verdict
    for name, domain in domains.items():
        assert domain.contains(np.array(verdict.counterexample[name]))


@pytest.mark.parametrize(("domains", "relation"), [pytest.param(*r[1:], id=r[0]) for r in NEITHER])
def test_what_cannot_be_known_is_undecided_with_a_reason(domains, relation):
    verdict = verdict_on(domains, relation)
    assert verdict.status == "undecided", verdict
    assert verdict.reason
