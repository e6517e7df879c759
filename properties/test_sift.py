"""Points drawn and sifted on the device: where they lie, and what comes back of them."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify as vf
from verify.arithmetic import jaxprs
from verify.checks.drawing import draw
from verify.checks.effort import effort_of
from verify.checks.search import search
from verify.checks.sift import block_of, sift, steadiness

COUNT, REACH = 2**12, 1e3
DOMAINS = {
    "any": vf.reals(),
    "bounded": vf.reals(-2.0, 7.0, shape=(3, 2)),
    "over": vf.reals(5.0, math.inf),
    "under": vf.reals(-math.inf, -4.0),
    "positive": vf.positives(shape=(2,)),
    "probability": vf.probabilities(),
    "point": vf.reals(3.0, 3.0),
    "whole": vf.integers(-3, 2**40, shape=(2,)),
    "two": vf.integers(0, 1),
    "weights": vf.simplex(5),
    "one": vf.simplex(1),
    "none": vf.reals(shape=(0,)),
}


def _drawn(domains, seed=0, reach=REACH):
    with jaxprs.x64():
        batch = jax.jit(lambda key: draw(domains, key, COUNT, reach))(jax.random.key(seed))
        return jax.device_get(batch)


@pytest.mark.parametrize("reach", [1e3, 1e30])
def test_drawn_points_are_in_their_domains(reach):
    batch = _drawn(DOMAINS, reach=reach)
    for name, domain in DOMAINS.items():
        assert batch[name].shape == (COUNT, *domain.shape)
        assert batch[name].dtype == np.float64
        assert all(map(domain.contains, batch[name])), name


def test_drawn_points_are_of_every_size():
    x = _drawn({"x": vf.reals()})["x"]
    sizes = np.histogram(np.log10(abs(x[x != 0])), [-3, -1, 1, 3])[0] / COUNT
    assert np.all(sizes > 0.05)
    assert 0.4 < np.mean(x > 0) < 0.6
    assert np.mean(4 * x == np.round(4 * x)) > 0.2
    near = _drawn({"p": vf.probabilities()})["p"]
    assert np.mean(near < 1e-3) > 0.03
    assert np.mean(near > 1 - 1e-3) > 0.03


def test_drawn_points_use_all_bits_of_a_float():
    p = _drawn({"p": vf.reals(0.0, 1.0)})["p"]
    assert np.mean(p * 2.0**40 != np.round(p * 2.0**40)) > 0.4


def test_variables_are_drawn_apart():
    batches = [_drawn({"x": vf.reals(), "y": vf.reals()}, seed) for seed in range(20)]
    x, y = (np.concatenate([b[n] for b in batches]) for n in "xy")
    pairs = {(a, b) for a, b in zip(np.abs(x) < 0.05, np.abs(y) < 0.05, strict=True)}
    assert len(pairs) == 4
    assert abs(np.corrcoef(np.sign(x), np.sign(y))[0, 1]) < 0.02


def test_whole_numbers_and_weights_are_of_all_kinds():
    batch = _drawn({"n": vf.integers(-3, 2**40), "w": vf.simplex(4)})
    assert 0.4 < np.mean(batch["n"] <= 7) < 0.6
    assert set(range(-3, 8)) <= set(batch["n"])
    equal = np.any(np.diff(np.sort(batch["w"], axis=1), axis=1) == 0, axis=1)
    assert 0.05 < np.mean(equal) < 0.2
    assert batch["w"].min() < 1e-4


def _sifted(measure, domains, seed=1):
    with jaxprs.x64():
        return sift(block_of(measure, domains, REACH, seed, 2**12), 4)


def test_the_steady_and_the_large_and_one_nan_come_back():
    in_box = lambda x, middle: abs(x - middle) < 1e-2

    def measure(batch):
        x = batch["x"]
        noise = jnp.abs(jnp.sin(1e15 * x))  # at neighbouring inputs another
        value = jnp.where(in_box(x, 0.5), 1e-3, jnp.where(in_box(x, 0.8), noise, 0.0))
        return jnp.where(in_box(x, 0.2), jnp.nan, value)

    found = _sifted(measure, {"x": vf.reals(0.0, 1.0)})
    x = found.batch["x"]
    steadiest, largest = x[np.argmax(found.scores)], x[np.nanargmax(found.values)]
    assert in_box(steadiest, 0.5)
    assert in_box(largest, 0.8)
    assert np.any(np.isnan(found.values) & in_box(x, 0.2))
    assert np.any(found.values == 0.0)  # points to climb from


def test_no_point_of_a_block_comes_back_twice():
    """Where one is the steadiest of its group it is not the largest too."""
    is_simple = lambda x: 4 * x == jnp.round(4 * x)  # which are drawn again and again
    measure = lambda batch: jnp.where(is_simple(batch["x"]), 0.0, batch["x"])
    found = _sifted(measure, {"x": vf.reals(1.0, 2.0)})
    best = found.batch["x"][np.isfinite(found.scores)]
    assert len(set(best)) == len(best) >= 4 * 64


def test_a_violation_whose_scatter_is_unknown_is_not_steady():
    values = np.array([[1.0, np.inf, np.nan, 0.0], [1.0, np.inf, 1.0, 1.0]])
    assert list(np.isfinite(steadiness(values))) == [True, False, False, False]


def test_the_same_seed_gives_the_same_points_and_another_gives_others():
    measure, domains = (lambda batch: batch["x"]), {"x": vf.reals(0.0, 1.0)}
    first, again, other = (_sifted(measure, domains, seed=s).batch["x"] for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@vf.claim(x=vf.reals(), y=vf.positives())
def a_square_is_at_least_what_it_is_not_near_a_point(x, y):
    """It fails within 1e-9 of (1.2345, 6.789), to which slopes lead."""
    return vf.less(1e-18, (x - 1.2345) ** 2 + (y - 6.789) ** 2)


def test_ascents_start_from_what_was_sifted():
    effort = dataclasses.replace(effort_of("thorough"), ascents=64)
    claim = a_square_is_at_least_what_it_is_not_near_a_point
    found = search(claim, effort, np.random.default_rng(0), 2**20)
    assert any(math.hypot(p["x"] - 1.2345, p["y"] - 6.789) < 1e-5 for p in found.points)


@vf.claim(x=vf.reals(-10.0, 10.0), y=vf.reals(-10.0, 10.0))
def same_but_in_a_small_disc(x, y):
    """Nothing leads to the disc: outside of it the difference is none."""
    is_inside = (x - math.pi) ** 2 + (y - math.e) ** 2 < 0.02**2
    return vf.equal(jnp.where(is_inside, x + 1, x), x)


def test_a_thorough_search_finds_what_one_point_in_a_million_shows():
    effort = dataclasses.replace(effort_of("thorough"), ascents=0)
    found = search(same_but_in_a_small_disc, effort, np.random.default_rng(0), effort.floats)
    assert found.evaluated >= effort.floats
    assert found.points
    for point in found.points:
        assert math.hypot(point["x"] - math.pi, point["y"] - math.e) < 0.02
