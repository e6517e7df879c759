"""Trials: what is said of a rate, and how often it may be wrong."""

import dataclasses
import json
import math
import os
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from typer.testing import CliRunner

import verify as vf
from verify import cli
from verify.checks.trials import running
from verify.checks.trials.confidence import ERROR, bounds, fewest_runs, looks
from verify.checks.trials.look import _counts


def _below(bar, **options):
    """u < bar for u uniform on [0, 1): holds with probability bar."""
    return vf.trial(**options)(lambda key: jax.random.uniform(key) < bar)


@pytest.mark.parametrize(
    ("bar", "rate", "status"),
    [(1.0, 0.9, "supported"), (0.5, 0.9, "refuted"), (0.9, 0.9, "undecided"),
     (0.5, 0.3, "supported"), (0.0, 0.1, "refuted")],
)  # fmt: skip
def test_a_trial_is_decided_by_how_often_it_holds(bar, rate, status):
    verdict = vf.check(_below(bar, runs=64, rate=rate))
    (evidence,) = verdict.evidence
    assert verdict.status == status
    assert evidence.trials.held + len(evidence.trials.failed) == evidence.points
    assert (evidence.trials.low >= rate) == (status == "supported")
    assert (evidence.trials.high < rate) == (status == "refuted")


def test_a_trial_stated_as_false_ends_as_expected_when_it_is_refuted():
    verdict = vf.check(_below(0.2, holds=False))
    assert verdict.status == "refuted"
    assert verdict.as_expected
    assert "held in" in verdict.reason


def test_what_is_plain_is_told_before_all_runs_are_made():
    assert vf.check(_below(0.1, runs=400)).evidence[0].points == 100
    assert vf.check(_below(0.9, runs=400)).evidence[0].points == 400


def test_thorough_effort_makes_more_runs_where_they_leave_it_open():
    close = _below(0.92, runs=64, rate=0.85)
    assert vf.check(close).status == "undecided"
    deeper = vf.check(close, effort="thorough")
    assert deeper.status == "supported"
    assert deeper.evidence[0].points in (128, 192, 256)


def test_a_run_that_failed_is_the_first_of_its_own_seed():
    verdict = vf.check(_below(0.7, runs=64), seed=5)
    seeds = verdict.evidence[0].trials.failed
    assert verdict.counterexample == {"seed": seeds[0]}
    for seed in seeds[:3]:
        assert jax.random.uniform(jax.random.key(seed)) >= 0.7
        assert vf.check(_below(0.7, runs=64), seed=seed).evidence[0].trials.failed[0] == seed


def test_the_same_trial_effort_and_seed_give_the_same_verdict():
    margin = vf.trial(runs=40, rate=0.5)(lambda key: jax.random.normal(key))
    first, second = (vf.check(margin, seed=9).evidence for _ in range(2))
    assert first == second
    assert vf.check(margin, seed=10).evidence != first


def test_margins_are_kept_in_the_order_of_seeds():
    trial = vf.trial(runs=20, rate=0.5)(lambda key: jax.random.uniform(key) - 0.2)
    margins = vf.check(trial).evidence[0].trials.margins
    wanted = [float(jax.random.uniform(jax.random.key(i)) - 0.2) for i in range(len(margins))]
    assert margins == pytest.approx(wanted, rel=2.0**-23)  # fused or not, one rounding


def test_a_trial_runs_with_the_floats_of_training():
    seen = []

    def kept(key):
        seen.append(jnp.zeros(()).dtype)
        return jax.random.uniform(key) < 2

    vf.check(vf.trial(runs=31)(kept))
    assert set(seen) == {np.dtype("float32")}


@pytest.mark.parametrize("power", [1, 2])
def test_nan_neither_supports_nor_refutes(power):
    compare = (lambda x: ~(x > 5)) if power == 1 else (lambda x: jnp.all(x**2 < 1e9))
    trial = vf.trial(runs=64, rate=0.9)(lambda key: compare(jnp.log(jax.random.normal(key))))
    verdict = vf.check(trial)
    (evidence,) = verdict.evidence
    assert verdict.status == "undecided"
    assert evidence.undecided == len(evidence.trials.nans) > 20
    assert "NaN" in verdict.reason
    assert not evidence.trials.failed


@pytest.mark.parametrize(
    "hide",
    [jnp.max, lambda x: -jnp.min(x), lambda x: jnp.max(jnp.maximum(x, 0.0)),
     lambda x: jnp.sort(x)[0], lambda x: jnp.clip(x, 0.0, 1.0)[0], lambda x: x[1] ** 0.0],
)  # fmt: skip
def test_a_step_that_hides_nan_hides_none(hide):
    # XLA's reduce_max passed over NaN when compiled for a batch on the CPU: a trial whose
    # training had gone to NaN was supported, with margins of infinity.
    def diverged(key):
        steps = jnp.cumprod(jnp.full(40, 1e3) * (1 + jax.random.uniform(key)))
        return 0.01 - hide(steps - 2 * steps[::-1] * jnp.inf * 0)

    assert vf.check(vf.trial()(diverged)).status == "undecided"


def test_a_call_hides_no_nan():
    @jax.custom_jvp
    def largest(x):
        return jnp.max(x)

    largest.defjvp(lambda primals, tangents: (largest(*primals), tangents[0][0]))
    for hide in (largest, jax.checkpoint(jnp.max), jax.jit(jax.jit(jnp.max))):
        logs = lambda key, hide=hide: 9 - hide(jnp.log(jax.random.normal(key, (20,))))
        assert vf.check(vf.trial()(logs)).status == "undecided"


def test_nan_that_goes_into_a_loop_or_a_branch_is_seen():
    for hide in (
        lambda x: ~jnp.any(jax.lax.map(lambda x: x > 0.1, x * jnp.ones(4))),
        lambda x: jax.lax.cond(x < 9, lambda x: x > 0.1, lambda x: ~(x > 0.1), x),
        lambda x: jnp.searchsorted(jnp.arange(10.0), x) > 5,
        lambda x: jax.lax.complex(x, 1.0) != 1,
        lambda x: jax.lax.bitcast_convert_type(x, jnp.int32) != 0,
    ):
        nan = lambda key, hide=hide: hide(jnp.log(-1 - jax.random.uniform(key)))
        assert vf.check(vf.trial(runs=31)(nan)).status == "undecided"


def test_seeds_are_those_of_one_generator_whatever_the_setting():
    # Keys of rbg give other numbers under vmap than by themselves: seeds named the wrong runs.
    first = vf.check(_below(0.7, runs=40)).evidence
    with jax.default_prng_impl("rbg"):
        assert vf.check(_below(0.7, runs=40)).evidence == first


def test_nan_that_nobody_looks_at_inside_a_function_is_none():
    # Ours, and JAX's singular values, compute it in branches that are not chosen.
    def spread(key):
        x = jax.random.normal(key, (3, 2))
        logits = vf.functions.optimal_logit(jnp.exp(x), jnp.exp(-x))
        return jnp.linalg.svd(x, compute_uv=False)[0] + 0 * jnp.max(logits)

    assert vf.check(vf.trial(runs=31)(spread)).status == "supported"


def test_margins_that_are_infinite_are_margins():
    trial = vf.trial()(lambda key: 1 / (jax.random.uniform(key) * 0))
    assert vf.check(trial).status == "supported"


def test_a_margin_of_nan_is_no_margin():
    verdict = vf.check(vf.trial()(lambda key: jnp.log(-jax.random.uniform(key))))
    assert verdict.status == "undecided"
    assert verdict.reason == "64 of 64 runs gave NaN, which says nothing"


def test_asking_for_nan_is_an_answer():
    explodes = vf.trial()(lambda key: jnp.isnan(jnp.log(-1 - jax.random.uniform(key))))
    assert vf.check(explodes).status == "supported"
    assert vf.check(vf.trial()(lambda key: jnp.isfinite(jnp.log(-1 - jax.random.uniform(key))))
                    ).status == "refuted"  # fmt: skip


def _unused(key):
    jax.random.normal(key)
    return jnp.float32(1) < 2


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_unused, "trial needs a function that uses its key, got _unused, whose result does not"),
        (lambda key: jax.random.normal(key, (2,)) < 1, r"got an array of shape \(2,\); reduce it"),
        (
            lambda key: (jax.random.normal(key),),
            "boolean scalar, or a margin as a float scalar, got tuple",
        ),
        (lambda key: jax.random.randint(key, (), 0, 9), "got dtype int32"),
        (lambda key: vf.less(jax.random.normal(key), 1), "got a relation; compare with <"),
        (lambda key: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_trial_that_cannot_be_run_is_undecided_and_says_why(function, message):
    verdict = vf.check(vf.trial()(function))
    assert verdict.status == "undecided"
    assert re.search(message, verdict.reason)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"runs": 0}, ValueError, "trial needs runs >= 1, got 0 in <lambda>"),
        ({"runs": 2.5}, TypeError, "trial needs runs as an int, got float 2.5"),
        ({"rate": 1.0}, ValueError, r"rate in \(0, 1\), got 1 in <lambda>; what always holds is a"),
        ({"rate": math.nan}, ValueError, r"rate in \(0, 1\), got nan"),
        ({"rate": "0.9"}, TypeError, "trial needs rate as a float, got str"),
        ({"holds": 1}, TypeError, "trial needs holds as a bool, got int 1"),
        ({"source": None}, TypeError, "trial needs source as a str, got"),
    ],
)
def test_options_out_of_range_are_told(options, error, message):
    with pytest.raises(error, match=message):
        vf.trial(**options)(lambda key: True)


def test_a_trial_needs_a_function_of_a_key_and_its_options_before_it():
    with pytest.raises(TypeError, match="trial needs a function to decorate, got int 3"):
        vf.trial()(3)
    with pytest.raises(TypeError, match="function of one argument, the key, got <lambda> of none"):
        vf.trial()(lambda: True)
    with pytest.raises(TypeError, match="options before the function, got <lambda>; write @vf"):
        vf.trial(lambda key: True)


def test_seeds_that_do_not_exist_are_told():
    most = 2**32 - 64
    assert vf.check(_below(0.5), seed=most).status == "refuted"
    wanted = "trial needs a seed of at most 4,294,967,232, got 4,294,967,233"
    assert wanted in vf.check(_below(0.5), seed=most + 1).reason


def test_bounds_are_those_of_clopper_and_pearson():
    for held, runs, error in ((0, 7, 0.05), (3, 7, 0.01), (7, 7, 0.05), (500, 512, 0.002)):
        one_sided = lambda side, held=held, runs=runs, error=error: stats.binomtest(
            held, runs, alternative=side
        ).proportion_ci(1 - error, "exact")
        found = bounds(held, runs, error)
        # SciPy finds them by root finding, to its default tolerance.
        assert found.low == pytest.approx(one_sided("greater").low, rel=1e-9, abs=1e-12)
        assert found.high == pytest.approx(one_sided("less").high, rel=1e-9, abs=1e-12)


@given(rate=st.floats(0.01, 0.99), error=st.floats(0.001, 0.1))
def test_the_fewest_runs_support_a_rate_and_fewer_do_not(rate, error):
    fewest = fewest_runs(rate, error)
    slack = 1e-12  # where a power of the error is the rate to the last digit
    assert bounds(fewest, fewest, error).low >= rate - slack
    assert fewest == 1 or bounds(fewest - 1, fewest - 1, error).low < rate + slack


def _errs(runs, rate, is_thorough):
    """The probability, exactly, that a trial of this very rate is refuted; and that one is
    supported whose rate is under it by nothing.
    """
    size = max(-(-runs // 4), min(8, runs))
    alive, before = np.array([1.0]), 0
    wrong = {"supported": 0.0, "refuted": 0.0}
    for each in looks(_counts(runs, size, is_thorough)):
        more = each.runs - before
        alive = np.convolve(alive, stats.binom.pmf(np.arange(more + 1), more, rate))
        before = each.runs
        for held in range(each.runs + 1):
            between = bounds(held, each.runs, each.error)
            word = "supported" if between.low >= rate else "refuted"
            if between.low >= rate or between.high < rate:
                wrong[word] += alive[held]
                alive[held] = 0.0
    return wrong


@pytest.mark.parametrize("is_thorough", [False, True])
@pytest.mark.parametrize(
    ("runs", "rate"), [(64, 0.9), (64, 0.5), (16, 0.75), (100, 0.05), (3, 0.2)]
)
def test_looking_early_keeps_the_error_rates(runs, rate, is_thorough):
    wrong = _errs(runs, rate, is_thorough)
    assert max(wrong.values()) <= ERROR
    if runs >= 64:
        assert max(wrong.values()) > ERROR / 5  # the bounds are not idle


def test_runs_that_do_not_fit_into_memory_are_made_in_smaller_parts(monkeypatch):
    def wide(key):
        return jnp.sort(jax.random.uniform(key, (1_000,)))[500] < 0.7

    whole = vf.check(vf.trial(runs=64)(wide))
    monkeypatch.setattr(running, "_memory", lambda: 64_000.0)
    sizes = []
    kept = running._judged
    monkeypatch.setattr(running, "_judged", lambda *a: sizes.append(len(a[0])) or kept(*a))
    assert vf.check(vf.trial(runs=64)(wide)).evidence == whole.evidence
    assert max(sizes) < 16


_TWO_DEVICES = """
import dataclasses, json, jax, verify as vf
assert jax.local_device_count() == 2
trial = vf.trial(runs=50, rate=0.7)(lambda key: jax.random.uniform(key) < 0.8)
print(json.dumps(dataclasses.asdict(vf.check(trial).evidence[0].trials)))
"""


def test_two_devices_give_what_one_gives():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    printed = subprocess.run(
        [sys.executable, "-c", _TWO_DEVICES], env=environment, capture_output=True, check=True
    ).stdout
    alone = vf.check(vf.trial(runs=50, rate=0.7)(lambda key: jax.random.uniform(key) < 0.8))
    assert json.loads(printed) == json.loads(
        json.dumps(dataclasses.asdict(alone.evidence[0].trials))
    )


_FILE = """
import jax, verify as vf

@vf.trial(runs=40, rate=0.5)
def is_positive_often(key):
    "u > 0.1."
    return jax.random.uniform(key) - 0.1

@vf.trial(rate=2.0)
def cannot_be_made(key):
    return True
"""


def test_the_command_line_checks_trials_by_the_word_in_their_ids(tmp_path):
    (tmp_path / "mine.py").write_text(_FILE)
    call = ["check", str(tmp_path / "mine.py"), "--json", str(tmp_path / "out.json"), "--seed", "7"]
    found = CliRunner().invoke(cli.app, [*call, "--only", "*trial::is*"])
    assert found.exit_code == 0, found.output
    assert "supported  is_positive_often  trial, " in found.output
    (record,) = json.loads((tmp_path / "out.json").read_text())["claims"]
    assert record["id"] == "mine.py::trial::is_positive_often"
    trials = record["evidence"][0]["trials"]
    assert trials["rate"] == 0.5
    assert all(seed >= 7 for seed in trials["failed"])
    assert len(trials["margins"]) == record["evidence"][0]["points"]
    everything = CliRunner().invoke(cli.app, [*call, "--only", "*trial*"])
    assert everything.exit_code == 1
    assert "trial needs a rate in (0, 1), got 2 in cannot_be_made" in everything.output
