"""The search in floats: slopes by differences, and what counts as a violation."""

import jax.numpy as jnp
import numpy as np
import pytest

import verify as vf
from verify.arithmetic import jaxprs
from verify.checks.search import STEEP, Slopes, violation

DOMAINS = {"x": vf.reals(-6, 6), "y": vf.positives(shape=(2,)), "p": vf.simplex(3)}


@pytest.mark.parametrize("side", [-1, 1])
def test_slopes_are_those_of_the_function_in_steps_of_the_domains(side):
    rng = np.random.default_rng(0)
    here = {name: domain.sample(rng, 5, 10.0) for name, domain in DOMAINS.items()}
    slopes = Slopes(DOMAINS)
    around = slopes.around(here, side)
    values = around["x"] ** 2 + np.log(around["y"][:, 1]) + around["p"][:, 0]
    at, pull = slopes.of(values, side)
    assert np.array_equal(at, values[:5])
    first = here["p"][:, 0]
    scaled = -first[:, None] * here["p"]  # entries are multiplied, then scaled to sum to one
    scaled[:, 0] += first
    assert np.allclose(pull["x"], 12 * 2 * here["x"], rtol=1e-4, atol=1e-3)
    assert np.allclose(pull["y"], [0, 1], atol=1e-4)
    assert np.allclose(pull["p"], scaled, atol=1e-4)


def test_an_order_that_nearly_fails_measures_more_than_one_that_holds_widely():
    with jaxprs.x64():
        near, far = (float(violation(vf.at_most(0.0, gap), STEEP)) for gap in (1e-9, 1.0))
        fails = float(violation(vf.at_most(0.0, -1e-9), STEEP))
        outside = violation(vf.implies(vf.less(1.0, 0.0), vf.at_most(0.0, 1e9)), STEEP)
        assert float(outside) < far < near < fails
        assert float(violation(vf.equal(jnp.inf, jnp.inf))) == 0.0
