"""The examples run, and end as they say."""

import re
import runpy
from pathlib import Path

import pytest

import verify as vf
from verify.checks.collect import collect

EXAMPLES = Path(__file__).parents[1] / "examples"


def verdicts(file):
    found = collect([str(EXAMPLES / file)])
    assert not found.errors
    return {claim.name: vf.check(claim, effort="quick") for claim in found.claims.values()}


def test_the_derivation_has_one_mistake_and_it_is_found():
    found = verdicts("verify_a_derivation.py")
    assert len(found) == 5
    assert [name for name, verdict in found.items() if not verdict.as_expected] == [
        "what_is_left_with_a_mistake"
    ]
    assert found["what_is_left_with_a_mistake"].status == "refuted"


def test_the_gan_loss_is_right_and_its_gradient_is_not():
    found = verdicts("check_a_gan_loss.py")
    assert len(found) == 6
    assert all(verdict.as_expected for verdict in found.values()), found
    assert found["the_first_gradient_is_accurate"].status == "refuted"
    assert found["training_with_the_better_loss_arrives"].status == "supported"


def test_the_vae_learns_and_its_terms_are_exact(capsys):
    pytest.importorskip("sklearn")
    runpy.run_path(str(EXAMPLES / "train_a_vae_on_digits.py"))["main"](steps=200)
    lines = capsys.readouterr().out.splitlines()
    losses = [float(line.split(": ")[1].split()[0]) for line in lines if line.startswith("step")]
    assert len(losses) == 4
    assert losses[-1] > losses[0] + 1  # nats
    computed = re.findall(r"(-?[\d.]+) nats, exactly (-?[\d.]+)", "\n".join(lines))
    assert len(computed) == 2
    for got, exact in computed:
        # Sums of 8 and 64 terms in float32, each addition off by half an ulp of the sum.
        assert abs(float(got) - float(exact)) <= 64 * 2.0**-24 * abs(float(exact)) + 1e-6
    elbo, bound = map(float, re.findall(r"-[\d.]+", lines[-1]))
    assert elbo <= bound
