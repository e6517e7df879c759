"""Checking: evidence, efforts, shrinking, and that the same asking gives the same answer."""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

import verify as vf


@vf.claim(x=vf.reals(), y=vf.positives())
def binomial(x, y):
    """(x + y)^2 = x^2 + 2xy + y^2."""
    return vf.equal((x + y) ** 2, x**2 + 2 * x * y + y**2)


@vf.claim(x=vf.reals(), y=vf.positives(), holds=False)
def freshman(x, y):
    """(x + y)^2 = x^2 + y^2."""
    return vf.equal((x + y) ** 2, x**2 + y**2)


@vf.claim(w=vf.reals(), h=vf.reals(), holds=False)
def over_four_every_state_repels(w, h):
    """For w > 4 the slope w s'(w h) is over 1 at every h."""
    slope = w * jax.grad(jax.nn.sigmoid)(w * h)
    return vf.implies(vf.less(4, w), vf.less(1, slope))


@pytest.mark.parametrize("claim", [binomial, freshman, over_four_every_state_repels])
def test_the_same_seed_gives_the_same_verdict(claim):
    def asked(seed):
        verdict = vf.check(claim, seed=seed)
        return verdict.status, verdict.counterexample, verdict.reason, verdict.evidence

    assert asked(3) == asked(3)


@pytest.mark.parametrize("seed", range(4))
def test_every_seed_gives_the_same_status(seed):
    assert vf.check(binomial, effort="quick", seed=seed).status == "holds"
    assert vf.check(freshman, effort="quick", seed=seed).status == "refuted"


def test_a_counterexample_is_shrunk_to_simple_values():
    verdict = vf.check(over_four_every_state_repels)
    assert verdict.counterexample == {"w": 5.0, "h": 1.0}


def test_a_claim_holds_with_the_digits_points_and_device_said():
    verdict = vf.check(binomial)
    assert verdict.as_expected
    balls, deep, search = verdict.evidence
    assert (balls.method, balls.points, balls.undecided) == ("balls", 1000, 0)
    assert balls.digits >= 30
    assert deep.bits == 4096
    assert search.points >= 100_000
    assert search.device


def test_the_point_that_refutes_is_counted_and_shown():
    verdict = vf.check(freshman)
    assert verdict.evidence[0].points >= 1
    assert verdict.evidence[-1].method == "shrinking"
    assert "is false" in verdict.reason
    assert "counterexample: x = 1.0, y = 1.0" in repr(verdict)
    assert "refuted" in verdict._repr_html_()


def test_quick_reads_a_hundred_points_and_searches_none():
    (balls, *rest) = vf.check(binomial, effort="quick").evidence
    assert balls.points == 100
    assert all(e.method != "search" for e in rest)


def test_a_needle_that_only_the_ascent_climbs_to_is_found():
    @vf.claim(x=vf.reals(-6.0, 6.0), y=vf.reals(-6.0, 6.0), z=vf.reals(-6.0, 6.0), holds=False)
    def hill(x, y, z):
        """A hill of radius 0.05 in three variables stays under its own height."""
        distance = (x - 1.234) ** 2 + (y + 2.345) ** 2 + (z - 3.456) ** 2
        return vf.less(1 / (1 + distance), 1 - 2e-3)

    assert vf.check(hill).status == "refuted"


def test_constants_of_different_small_floats_are_kept_apart():
    byte = np.array(0x38, np.uint8)
    one, sixteenth = byte.view(ml_dtypes.float8_e4m3fn), byte.view(ml_dtypes.float8_e4m3b11fnuz)

    @vf.claim(x=vf.reals(1.0, 2.0), holds=False)
    def merged(x):
        """x = x/16."""
        scale = jax.jit(lambda x, a: x * a.astype(x.dtype))
        return vf.equal(scale(x, jnp.asarray(one)), scale(x, jnp.asarray(sixteenth)))

    assert vf.check(merged, effort="quick").status == "refuted"


def test_integers_of_half_a_byte_are_not_read_as_reals():
    @vf.claim(x=vf.reals(1.0, 2.0))
    def wrapped(x):
        """7 + 7 = 14 in four bits."""
        seven = (x * 0 + 7).astype(jnp.int4)
        return vf.equal((seven + seven).astype(jnp.float64), 14.0)

    verdict = vf.check(wrapped, effort="quick")
    assert verdict.status == "undecided"
    assert "at least 8 bits, got int4" in verdict.reason


def test_a_reduction_passes_on_that_a_side_does_not_exist():
    @vf.claim(x=vf.reals(shape=(3,)), holds=False)
    def logs_add(x):
        """The logs add up to the log of the product, of whatever sign."""
        return vf.equal(jnp.sum(jnp.log(x)), jnp.log(jnp.prod(x)))

    verdict = vf.check(logs_add, effort="quick")
    assert verdict.status == "refuted"
    assert "does not exist: the log of zero or less" in verdict.reason
