"""Every trial of the catalogue ends as its author expects, and could have ended otherwise."""

import dataclasses
import importlib
import pkgutil

import jax
import jax.numpy as jnp
import pytest

import verify as vf
from verify import catalogue


def trials():
    """The trials of every file, by file and name."""
    for file in pkgutil.iter_modules(catalogue.__path__):
        module = importlib.import_module(f"{catalogue.__name__}.{file.name}")
        for name, value in vars(module).items():
            if isinstance(value, vf.Trial) and value.file == module.__file__:
                yield pytest.param(value, id=f"{file.name}-{name}")


TRIALS = list(trials())


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
