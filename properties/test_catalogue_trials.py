"""Every trial of the catalogue ends as its author expects, and could have ended otherwise."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest
from catalogued import stated

import verify as vf

TRIALS = list(stated(vf.Trial))


def inverted(trial):
    """It does not hold, with the same rate."""

    def opposite(key):
        result = trial(key)
        return ~result if result.dtype == bool else -result

    return dataclasses.replace(trial, function=opposite)


@pytest.mark.slow
@pytest.mark.parametrize("trial", TRIALS)
def test_the_trial_ends_as_expected(trial):
    verdict = vf.check(trial)
    assert verdict.as_expected, repr(verdict)
    assert verdict.status in ("supported", "refuted")


@pytest.mark.slow
@pytest.mark.parametrize("trial", [case for case in TRIALS if case.values[0].holds])
def test_the_inverted_trial_is_refuted(trial):
    verdict = vf.check(inverted(trial))
    assert verdict.status == "refuted", repr(verdict)


@pytest.mark.parametrize("trial", TRIALS)
def test_the_trial_is_a_function_of_its_key_that_can_be_traced(trial):
    result = jax.eval_shape(trial, jax.random.key(0))
    assert result.shape == ()
    assert jnp.issubdtype(result.dtype, jnp.floating)  # a margin tells how close it was


@pytest.mark.parametrize("trial", TRIALS)
def test_the_trial_says_what_it_states_and_where_it_is_from(trial):
    assert trial.statement
    assert trial.source.startswith("Notes")


@pytest.mark.parametrize("file", sorted({case.values[0].file for case in TRIALS}))
def test_a_true_trial_stands_beside_each_false_one(file):
    here = [case.values[0] for case in TRIALS if case.values[0].file == file]
    true = {trial.source for trial in here if trial.holds}
    assert {trial.source for trial in here if not trial.holds} <= true
