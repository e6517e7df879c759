"""Known losses of accuracy are found without a hint, and accurate functions are left in peace."""

import jax.numpy as jnp
import pytest
import rediscovered

import verify as vf

CLAIMS = {n: c for n, c in vars(rediscovered).items() if isinstance(c, vf.Claim)}


@pytest.mark.parametrize("name", CLAIMS)
def test_claims_of_accuracy_end_as_they_should_at_quick_effort(name):
    verdict = vf.check(CLAIMS[name], effort="quick")
    assert verdict.as_expected, verdict


@pytest.mark.slow
@pytest.mark.parametrize("name", CLAIMS)
def test_claims_of_accuracy_end_as_they_should_at_standard_effort(name):
    verdict = vf.check(CLAIMS[name])
    assert verdict.as_expected, verdict


def test_the_same_seed_gives_the_same_verdict():
    claim = CLAIMS["slope_of_tanh"]
    first, second = (vf.check(claim, effort="quick", seed=3) for _ in range(2))
    assert first.counterexample == second.counterexample
    assert first.evidence == second.evidence


def test_both_counterexamples_of_a_gradient_and_a_value_are_true():
    tanh = vf.check(CLAIMS["slope_of_tanh"], effort="quick").counterexample["x"]
    assert 2.0 < abs(tanh) <= 80.0  # from where 1 - tanh^2 cancels
    softplus = vf.check(CLAIMS["softplus"], effort="quick").counterexample["x"]
    assert -80.0 <= softplus < 0.0  # where 1 + exp(x) rounds


@vf.claim(x=vf.reals(-20.0, 20.0), holds=False)
def each_on_its_side(x):
    """log(1 + exp x) is within 16 ulps on either side of zero: on the left it is not."""
    softplus = vf.accurate(lambda x: jnp.log(1 + jnp.exp(x)), x, ulps=16)
    return vf.all_of(vf.implies(vf.less(0.0, x), softplus), vf.implies(vf.less(x, 0.0), softplus))


def test_a_statement_of_accuracy_keeps_its_own_premise_beside_another_about_the_same():
    verdict = vf.check(each_on_its_side, effort="quick")
    assert verdict.status == "refuted"
    assert verdict.counterexample["x"] < 0


def _counterexample(premise, off):
    @vf.claim(x=vf.reals(-1.0, 1.0))
    def claim(x):
        return vf.implies(premise(x), vf.accurate(off, x, ulps=10, reference=lambda a: a))

    verdict = vf.check(claim, effort="quick")
    assert verdict.status == "refuted", verdict
    return verdict.counterexample["x"]


@pytest.mark.parametrize("lost", [0.0, jnp.inf, jnp.nan])
def test_what_a_premise_excludes_hides_nothing_of_what_it_includes(lost):
    at_one = _counterexample(lambda x: vf.less(x, 1), lambda a: jnp.where(a == 1, lost, a * 1.001))
    assert at_one < 1
    above = _counterexample(lambda x: vf.less(0, x), lambda a: jnp.where(a <= 0, lost, a * 1.01))
    assert above > 0


def test_an_input_that_only_rounding_takes_out_of_domain_or_premise_refutes_nothing():
    beyond = lambda a: jnp.where(a >= 1, jnp.nan, a)

    def check(domain, premise):
        @vf.claim(x=domain)
        def claim(x):
            said = vf.accurate(beyond, x, ulps=1, reference=lambda a: a, dtype="bfloat16")
            return vf.implies(vf.less(x, premise), said)

        return vf.check(claim, effort="quick")

    assert check(vf.reals(0.0, 0.999), 5.0).status == "holds"
    assert check(vf.reals(0.0, 1.0), 1.0).status == "holds"
    found = check(vf.reals(0.0, 2.0), 1.5)
    assert found.status == "refuted"
    assert found.counterexample["x"] == 1.0
