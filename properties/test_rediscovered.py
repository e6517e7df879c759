"""Known losses of accuracy are found without a hint, and accurate functions are left in peace."""

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
