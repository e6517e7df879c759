"""Domains: what they hold, what they sample, what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import verify as vf
from verify.claims import strategies

DOMAINS = [
    vf.reals(),
    vf.reals(-1.0, 1.0),
    vf.reals(2.0),
    vf.reals(high=-3.0),
    vf.reals(5.0, 5.0),
    vf.reals(-2.0, 3.0, shape=(2, 3)),
    vf.positives(),
    vf.probabilities(shape=4),
    vf.integers(-3, 1000),
    vf.integers(2, 2, shape=2),
    vf.simplex(1),
    vf.simplex(2),
    vf.simplex(7),
]
EVERY = pytest.mark.parametrize("domain", DOMAINS, ids=repr)


@EVERY
@pytest.mark.parametrize("reach", [1e3, 1e30])
def test_samples_lie_inside_and_have_the_shape(domain, reach):
    batch = domain.sample(np.random.default_rng(0), 200, reach)
    assert batch.shape == (200, *domain.shape)
    assert batch.dtype == np.float64
    assert all(domain.contains(value) for value in batch)


@EVERY
def test_special_values_lie_inside(domain):
    shape = domain.shape if isinstance(domain, type(vf.simplex(2))) else ()
    for value in domain.special(1e3):
        assert domain.contains(np.broadcast_to(value, shape or domain.shape))


@EVERY
def test_samples_depend_on_the_seed_alone(domain):
    first, again = (domain.sample(np.random.default_rng(7), 50, 1e3) for _ in range(2))
    assert np.array_equal(first, again)


@EVERY
@given(data=st.data())
def test_strategies_draw_values_of_the_domain(domain, data):
    assert domain.contains(data.draw(domain.strategy()))


@EVERY
def test_a_point_survives_being_taken_apart_into_draws(domain):
    for value in domain.sample(np.random.default_rng(3), 30, 1e3):
        again = strategies.from_draws(domain, strategies.to_draws(domain, value))
        assert again is not None
        assert np.array_equal(again, value)


@EVERY
def test_steps_stay_in_the_domain_and_none_leads_nowhere(domain):
    batch = domain.sample(np.random.default_rng(1), 20, 1e3)
    still = domain.moved(batch, np.zeros_like(batch))
    assert np.allclose(still, batch, rtol=1e-12, atol=0)
    far = domain.moved(batch, np.random.default_rng(2).normal(size=batch.shape))
    assert all(domain.contains(x) for x in far)


@given(weights=st.lists(st.floats(1e-9, 1e9), min_size=2, max_size=9))
def test_points_of_the_simplex_sum_to_one_as_real_numbers(weights):
    point = vf.simplex(len(weights)).settled(np.array(weights) / sum(weights))
    assert sum(int(p * 2**52) for p in point) == 2**52
    assert all(p > 0 for p in point)


def test_one_sample_falls_into_every_thousandth_of_a_range():
    batch = vf.reals(-6.0, 6.0).sample(np.random.default_rng(0), 2**13, 1e3)
    counts, _ = np.histogram(batch, bins=1000, range=(-6.0, 6.0))
    assert counts.min() >= 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: vf.reals(2.0, 1.0), ValueError, r"reals needs low <= high, got 2.0 and 1.0"),
        (lambda: vf.reals(float("nan")), ValueError, r"reals needs a number for low, got nan"),
        (lambda: vf.reals("0"), TypeError, r"reals needs a number for low, got str '0'"),
        (lambda: vf.reals(True), TypeError, r"reals needs a number for low, got bool True"),
        (lambda: vf.reals(shape=-1), ValueError, r"reals needs a shape of sizes >= 0, got -1"),
        (lambda: vf.reals(shape="ab"), ValueError, r"reals needs a shape of sizes >= 0, got 'ab'"),
        (lambda: vf.reals(float("inf")), ValueError, r"reals needs low <= high, got inf and inf"),
        (lambda: vf.integers(0.5, 2), TypeError, r"integers needs an integer low, got float 0.5"),
        (lambda: vf.integers(3, 2), ValueError, r"integers needs low <= high, got 3 and 2"),
        (lambda: vf.integers(0, 2**60), ValueError, r"integers needs high within 2\*\*53"),
        (lambda: vf.simplex(0), ValueError, r"simplex needs n >= 1, got 0"),
        (lambda: vf.simplex(2.0), TypeError, r"simplex needs an integer n, got float 2.0"),
    ],
)
def test_an_impossible_domain_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
