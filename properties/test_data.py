"""Data without a download: each sample's law, by moments within five deviations."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify.models import (
    adding_problem,
    digits,
    gaussian_factors,
    grid_of_gaussians,
    minibatches,
    ring_of_gaussians,
    sine_waves,
    swiss_roll,
)

KEY = jax.random.key(0)
N = 4096
# Five deviations of a mean of N numbers of deviation 1, and of a mean of their squares.
OF_MEAN, OF_SQUARE = 5 / np.sqrt(N), 5 * np.sqrt(2 / N)

MIXTURES = {
    "ring": (
        lambda scale: ring_of_gaussians(KEY, N, modes=3, radius=2.0, scale=scale),
        2 * np.array([[1, 0], [-0.5, np.sqrt(0.75)], [-0.5, -np.sqrt(0.75)]]),
    ),
    "grid": (
        lambda scale: grid_of_gaussians(KEY, N, side=2, spacing=3.0, scale=scale),
        1.5 * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]),
    ),
}
mixtures = pytest.mark.parametrize(("sample", "centres"), MIXTURES.values(), ids=MIXTURES)


@mixtures
def test_points_without_noise_are_their_centres(sample, centres):
    points, labels = sample(0.0)
    np.testing.assert_array_max_ulp(np.float32(2 + points), np.float32(2 + centres[labels]), 4)


@mixtures
def test_labels_are_uniform(sample, centres):
    k = len(centres)
    counts = np.bincount(sample(0.1).labels, minlength=k)
    assert len(counts) == k
    assert np.all(abs(counts / N - 1 / k) < OF_MEAN * np.sqrt(1 / k))


@mixtures
def test_noise_has_the_stated_deviation(sample, centres):
    points, labels = sample(0.5)
    noise = (np.asarray(points) - centres[labels]) / 0.5
    assert np.all(abs(noise.mean(0)) < OF_MEAN)
    assert np.all(abs((noise**2).mean(0) - 1) < OF_SQUARE)
    assert abs((noise[:, 0] * noise[:, 1]).mean()) < OF_MEAN


def test_a_swiss_roll_is_its_definition():
    points, positions = map(np.float64, swiss_roll(KEY, N))
    t, h = positions.T
    assert t.min() >= 1.5 * np.pi - 1e-5
    assert t.max() <= 4.5 * np.pi + 1e-5
    wanted = np.stack([t * np.cos(t), h, t * np.sin(t)], axis=1)
    # float32's cosine at arguments to 14 and a product: some ulps of 14.
    assert np.max(abs(points - wanted)) < 8 * 14 * 2.0**-23
    assert abs(h.mean() - 10.5) < OF_MEAN * 21 / np.sqrt(12)


def test_noise_moves_points_off_the_swiss_roll():
    still, moved = swiss_roll(KEY, N).points, swiss_roll(KEY, N, scale=0.5).points
    assert np.all(abs(np.mean(((moved - still) / 0.5) ** 2, axis=0) - 1) < OF_SQUARE)


def test_factors_have_the_stated_eigenvalues():
    eigenvalues = np.array([9.0, 4.0, 0.25])
    points, axes = map(np.float64, gaussian_factors(KEY, N, eigenvalues=eigenvalues.tolist()))
    assert np.max(abs(axes @ axes.T - np.eye(3))) < 8 * 2.0**-23
    along = points @ axes.T / np.sqrt(eigenvalues)
    covariance = along.T @ along / N
    assert np.all(abs(np.diag(covariance) - 1) < OF_SQUARE)
    assert np.max(abs(covariance - np.diag(np.diag(covariance)))) < OF_MEAN


def test_axes_differ_from_key_to_key():
    axes = lambda seed: gaussian_factors(jax.random.key(seed), 1, eigenvalues=[2.0, 1.0]).axes
    assert not np.any(axes(0) == axes(1))


@pytest.mark.parametrize("steps", [2, 9])
def test_the_adding_problem_marks_one_step_of_each_half(steps):
    inputs, targets = map(np.float64, adding_problem(KEY, N, steps=steps))
    x, marks = inputs[..., 0], inputs[..., 1]
    assert np.all((x >= 0) & (x < 1))
    assert np.array_equal(marks[:, : steps // 2].sum(1), np.ones(N))
    assert np.array_equal(marks[:, steps // 2 :].sum(1), np.ones(N))
    assert np.max(abs(targets[:, 0] - (x * marks).sum(1))) <= 2.0**-24 * 2
    assert np.all(abs(marks[:, : steps // 2].mean(0) - 1 / (steps // 2)) < OF_MEAN)
    # The variance of a sum of two uniform numbers, whose fourth moment is 1/15.
    off = 5 * np.sqrt((1 / 15 - 1 / 36) / N)
    assert abs(np.mean((targets - 1) ** 2) - 1 / 6) < off


def test_a_sine_wave_obeys_its_recurrence():
    """s_{t+1} + s_{t-1} = 2 cos(2π/p) s_t, and targets are inputs a step later."""
    inputs, targets = map(np.float64, sine_waves(KEY, 64, steps=30, period=12.5))
    assert np.array_equal(inputs[:, 1:], targets[:, :-1])
    s = inputs[..., 0]
    gap = s[:, 2:] + s[:, :-2] - 2 * np.cos(2 * np.pi / 12.5) * s[:, 1:-1]
    # Arguments to 22 have an error of an ulp of that; four sines have it.
    assert np.max(abs(gap)) < 4 * 2 * 22 * 2.0**-23
    assert abs(np.mean(s**2) - 0.5) < 5 * 0.5 / np.sqrt(64)


def test_digits_are_images_of_sixteenths():
    points, labels = digits()
    assert points.shape == (1797, 64)
    assert labels.shape == (1797,)
    assert points.dtype == jnp.float32
    assert np.array_equal(np.unique(points * 16), np.arange(17))
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"digits needs scikit-learn, got .*pip install 'verify-"):
        digits()


def test_minibatches_are_rows_that_stay_together():
    data = {"x": jnp.arange(10.0), "y": 2 * jnp.arange(10.0)[:, None]}
    batch = minibatches(data, 1_000)(KEY)
    assert np.array_equal(2 * batch["x"], batch["y"][:, 0])
    assert set(np.unique(batch["x"])) == set(range(10))


def test_equal_minibatches_share_what_is_compiled():
    one, two = minibatches(jnp.ones(3), 2), minibatches(jnp.zeros(3), 2)
    assert jax.tree.structure(one) == jax.tree.structure(two)
    assert jax.tree.structure(one) != jax.tree.structure(minibatches(jnp.ones(3), 1))


SAMPLERS = {
    "ring_of_gaussians": lambda key, n: ring_of_gaussians(key, n),
    "grid_of_gaussians": lambda key, n: grid_of_gaussians(key, n),
    "swiss_roll": lambda key, n: swiss_roll(key, n, scale=0.1),
    "gaussian_factors": lambda key, n: gaussian_factors(key, n, eigenvalues=jnp.ones(2)),
    "adding_problem": lambda key, n: adding_problem(key, n, steps=4),
    "sine_waves": lambda key, n: sine_waves(key, n, steps=4),
}
samplers = pytest.mark.parametrize("name", SAMPLERS)


@samplers
def test_a_key_gives_the_same_points_again_under_jit_and_vmap(name):
    sample = SAMPLERS[name]
    once, keys = sample(KEY, 3), jnp.stack([KEY, jax.random.key(1)])
    many = jax.jit(jax.vmap(lambda key: sample(key, 3)))(keys)
    for one, both in zip(once, many, strict=True):
        # What is compiled contracts a product and a sum into one rounding.
        np.testing.assert_allclose(one, both[0], rtol=0, atol=2.0**-23 * 32)
        assert both.shape == (2, *one.shape)


@samplers
def test_no_points_are_points(name):
    assert SAMPLERS[name](KEY, 0)[0].shape[0] == 0


@samplers
def test_a_number_of_points_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} needs n >= 0, got -1"):
        SAMPLERS[name](KEY, -1)
    with pytest.raises(TypeError, match=rf"{name} needs an integer n, got float 2\.0"):
        SAMPLERS[name](KEY, 2.0)


@pytest.mark.parametrize(
    ("call", "error", "wanted"),
    [
        (lambda: ring_of_gaussians(KEY, 1, modes=0), ValueError, "modes >= 1, got 0"),
        (lambda: ring_of_gaussians(KEY, 1, scale=-1.0), ValueError, "scale non-negative, got -1"),
        (lambda: grid_of_gaussians(KEY, 1, side=0), ValueError, "side >= 1, got 0"),
        (lambda: grid_of_gaussians(KEY, 1, spacing=1j), TypeError, "spacing as a real number"),
        (lambda: swiss_roll(KEY, 1, scale=jnp.ones(2)), ValueError, r"scale of shape \(\), got"),
        (lambda: gaussian_factors(KEY, 1, eigenvalues=[]), ValueError, "one eigenvalue or more"),
        (
            lambda: gaussian_factors(KEY, 1, eigenvalues=[1.0, -1.0]),
            ValueError,
            "eigenvalues non-negative, got -1",
        ),
        (lambda: adding_problem(KEY, 1, steps=1), ValueError, "steps >= 2, got 1"),
        (lambda: sine_waves(KEY, 1, steps=0), ValueError, "steps >= 1, got 0"),
        (lambda: sine_waves(KEY, 1, steps=1, period=0.0), ValueError, "period positive, got 0"),
        (lambda: minibatches(jnp.ones(3), 0), ValueError, "size >= 1, got 0"),
        (lambda: minibatches((jnp.ones(3), jnp.ones(2)), 1), ValueError, "one number of rows, got"),
        (lambda: minibatches(jnp.ones(()), 1), ValueError, r"one number of rows, got shapes \[\("),
        (lambda: minibatches({}, 1), ValueError, r"one number of rows, got shapes \[\]"),
    ],
)
def test_wrong_arguments_are_refused_by_name(call, error, wanted):
    with pytest.raises(error, match=wanted):
        call()
