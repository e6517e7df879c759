"""Losses of adversarial players against their definitions, and games that end where they should."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from verify.functions import minimax_loss, reverse_kl_loss
from verify.models import (
    Labelled,
    Layer,
    Players,
    clip_weights,
    gan_losses,
    initial_conditional_critic,
    initial_mlp,
    lipschitz_bound,
    mlp,
    mlp_discriminator,
    mlp_generator,
    play,
    projection_discriminator,
    ring_of_gaussians,
    spectral_normalised,
    wasserstein_losses,
)

KEY = jax.random.key(0)
X = jax.random.normal(jax.random.key(1), (8, 2))
A, B = jnp.array([3.0, 4.0]), 0.5
LINEAR = [Layer(A[None], jnp.array([B]))]
# Sums of some dozen products of numbers of size ten.
ERROR = 32 * 10 * 2.0**-24

shifted = lambda shift, key, batch: batch + shift[None]
BOTH = Players(jnp.array([1.0, -1.0]), LINEAR)


def judged(x):
    return np.float64(x) @ np.float64(A) + B


def softplus(x):
    return np.logaddexp(0, x)


def test_the_discriminators_loss_is_its_definition():
    losses = gan_losses(shifted, mlp_discriminator)
    made = X + BOTH.generator[None]
    wanted = softplus(-judged(X)).mean() + softplus(judged(made)).mean()
    assert abs(losses.critic(BOTH, KEY, X) - wanted) < ERROR


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, lambda logit: softplus(-logit)),
        ({"generator_loss": minimax_loss}, lambda logit: -softplus(logit)),
        ({"generator_loss": reverse_kl_loss}, lambda logit: -logit),
    ],
    ids=["non-saturating", "minimax", "KL"],
)
def test_the_generators_loss_is_the_callers(options, wanted):
    losses = gan_losses(shifted, mlp_discriminator, **options)
    made = judged(X + BOTH.generator[None])
    assert abs(losses.generator(BOTH, KEY, X) - wanted(made).mean()) < ERROR


def test_of_a_linear_critic_the_penalty_is_that_of_its_slope():
    """‖(3, 4)‖ = 5 everywhere: λ 4²."""
    free, with_penalty = (
        wasserstein_losses(shifted, mlp_discriminator, **options).critic(BOTH, KEY, X)
        for options in ({}, {"penalty": 10.0})
    )
    assert abs(free - (judged(X + BOTH.generator[None]) - judged(X)).mean()) < ERROR
    assert abs(with_penalty - free - 160) < 160 * 2**-20


def test_one_sided_penalties_spare_flat_critics():
    flat = BOTH._replace(critic=[Layer(A[None] / 50, jnp.zeros(1))])
    free, one_sided, two_sided = (
        wasserstein_losses(shifted, mlp_discriminator, **options).critic(flat, KEY, X)
        for options in ({}, {"penalty": 10.0, "one_sided": True}, {"penalty": 10.0})
    )
    assert one_sided == free
    assert abs(two_sided - free - 10 * 0.9**2) < 8.1 * 2**-20


def test_the_penalty_is_taken_between_data_and_model():
    """A critic of slope 2x: from x = 0 to 2 (u + …) points lie on the way, by one u each."""
    seen = []

    def judge(_, points, batch):
        seen.append(points)
        return jnp.sum(points, axis=-1)

    still = lambda _, key, batch: batch + 2
    zeros = jnp.zeros((1_000, 3))
    wasserstein_losses(still, judge, penalty=1.0).critic(BOTH, KEY, zeros)
    between = [x for x in seen if not isinstance(x, jax.core.Tracer)]
    assert len(between) == 2  # data and model; those between are differentiated
    place = jax.random.uniform(jax.random.split(KEY)[1], (1_000, 1))
    gap = wasserstein_losses(
        still, lambda _, x, batch: jnp.sum(x**2, axis=-1) / 2, penalty=1.0
    ).critic(BOTH, KEY, zeros)
    norm = np.sqrt(3) * 2 * (1 - np.float64(place[:, 0]))
    assert abs(gap - (3 * 4 / 2 + np.mean((norm - 1) ** 2))) < ERROR


def test_the_generator_of_wasserstein_makes_the_critics_value_large():
    losses = wasserstein_losses(shifted, mlp_discriminator)
    assert np.allclose(jax.grad(lambda g: losses.generator(BOTH._replace(generator=g), KEY, X))(
        BOTH.generator), -A, rtol=2**-20)  # fmt: skip


def test_a_generator_is_a_network_of_normal_noise():
    network = initial_mlp(KEY, [3, 2])
    z = jax.random.normal(KEY, (8, 3))
    assert np.array_equal(mlp_generator(3)(network, KEY, X), mlp(network, z))


def test_a_generator_sees_labels():
    network = [Layer(jnp.eye(3, 4)[::-1], jnp.zeros(3))]  # last inputs first: the labels
    labels = jnp.array([0, 1, 1, 0, 0, 1, 0, 1])
    made = mlp_generator(2)(network, KEY, Labelled(X, labels))
    assert np.array_equal(made[:, 0], labels == 0)
    assert made.shape == (8, 3)


def test_a_projection_critic_is_its_definition():
    critic = initial_conditional_critic(KEY, [2, 16, 5], labels=3)
    labels = jnp.array([0, 1, 2, 0, 1, 2, 0, 1])
    phi = np.maximum(np.float64(mlp(critic.features, X)), 0)
    A, b = map(np.float64, critic.projection)
    (psi,) = critic.rest
    wanted = np.sum(A[labels] * phi, axis=1) + b[labels] + phi @ np.float64(psi.weights[0])
    found = projection_discriminator(critic, X, Labelled(X, labels))
    assert np.max(abs(found - wanted)) < ERROR


def test_normalised_layers_have_slope_one():
    layers = initial_mlp(KEY, [3, 16, 16, 1])
    normal = spectral_normalised(layers)
    assert abs(lipschitz_bound(normal) - 1) < 64 * 2**-24
    for before, after in zip(layers, normal, strict=True):
        ratio = np.asarray(before.weights / after.weights)
        assert np.ptp(ratio) < 4 * 2**-23 * ratio.max()
        assert np.array_equal(before.bias, after.bias)
    zeros = [Layer(jnp.zeros((1, 2)), jnp.ones(1))]
    assert np.array_equal(spectral_normalised(zeros)[0].weights, zeros[0].weights)


def test_scaling_changes_no_normalised_network():
    """So that its slope is across the weights."""
    layers = initial_mlp(KEY, [2, 4])
    value = lambda layers: jnp.sum(jnp.sin(mlp(spectral_normalised(layers), X)))
    slope = jax.grad(value)(layers)[0].weights
    assert abs(np.vdot(slope, layers[0].weights)) < ERROR


def ring_game(losses, critic, generator, *, steps=3, labelled=False, **options):
    """A few rounds on eight Gaussians."""
    ring = lambda key: ring_of_gaussians(key, 32)
    batches = ring if labelled else lambda key: ring(key).points
    adam = optax.adam(1e-3)
    start = Players(generator, critic)
    return play(losses, start, Players(adam, adam), batches, key=KEY, steps=steps, **options)


GENERATOR, CRITIC = initial_mlp(KEY, [4, 16, 2]), initial_mlp(KEY, [2, 16, 1])
MADE = mlp_generator(4)


@pytest.mark.parametrize(
    ("losses", "options"),
    [
        (gan_losses(MADE, mlp_discriminator), {}),
        (gan_losses(MADE, mlp_discriminator, generator_loss=minimax_loss), {"simultaneous": True}),
        (wasserstein_losses(MADE, mlp_discriminator, penalty=10.0), {"critic_steps": 5}),
        (
            wasserstein_losses(MADE, mlp_discriminator),
            {"critic_steps": 5, "project": lambda critic: clip_weights(critic, 0.05)},
        ),
        (
            wasserstein_losses(
                MADE, lambda c, x, batch: mlp_discriminator(spectral_normalised(c), x, batch)
            ),
            {},
        ),
    ],
    ids=["GAN", "minimax", "WGAN-GP", "WGAN", "SN"],
)
def test_games_on_a_ring_move_both_players(losses, options):
    found = ring_game(losses, CRITIC, GENERATOR, **options)
    assert all(np.isfinite(rows).all() for rows in found.metrics.values())
    for before, after in zip(Players(GENERATOR, CRITIC), found.parameters, strict=True):
        assert np.any(before[0].weights != after[0].weights)


def test_conditional_games_move_both_players():
    critic = initial_conditional_critic(KEY, [2, 16], labels=8)
    generator = initial_mlp(KEY, [4 + 8, 16, 2])
    found = ring_game(gan_losses(MADE, projection_discriminator), critic, generator, labelled=True)
    assert all(np.isfinite(rows).all() for rows in found.metrics.values())
    assert np.any(found.parameters.critic.projection.weights != critic.projection.weights)


def test_a_wasserstein_game_moves_a_shift_home():
    """G = x + θ against a clipped linear critic: the shift comes within its steps of zero."""
    losses = wasserstein_losses(shifted, mlp_discriminator)
    start = Players(jnp.array([1.0, -0.5]), [Layer(jnp.zeros((1, 2)), jnp.zeros(1))])
    optimizers = Players(optax.sgd(0.1), optax.sgd(1.0))
    found = play(
        losses, start, optimizers, lambda key: X, key=KEY, steps=60, critic_steps=3,
        project=lambda critic: clip_weights(critic, 0.5),
    )  # fmt: skip
    # A step is at most 0.1 · 0.5, and the critic turns within two rounds.
    assert np.max(abs(found.parameters.generator)) < 0.2


@pytest.mark.parametrize(
    ("call", "error", "wanted"),
    [
        (lambda: mlp_generator(0), ValueError, "mlp_generator needs latent >= 1, got 0"),
        (
            lambda: wasserstein_losses(MADE, mlp_discriminator, penalty=-1.0),
            ValueError,
            "wasserstein_losses needs penalty non-negative, got -1",
        ),
        (
            lambda: initial_conditional_critic(KEY, [2, 3], labels=0),
            ValueError,
            "initial_conditional_critic needs labels >= 1, got 0",
        ),
        (
            lambda: projection_discriminator(CRITIC, X, Labelled(X, X[:, 0])),
            TypeError,
            "projection_discriminator needs critic as a ConditionalCritic, got list",
        ),
        (
            lambda: projection_discriminator(
                initial_conditional_critic(KEY, [2, 3], labels=1), X, X
            ),
            TypeError,
            "projection_discriminator needs batch as a Labelled, got",
        ),
        (
            lambda: spectral_normalised(None),
            TypeError,
            "spectral_normalised needs layers as a sequence, got NoneType",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_name(call, error, wanted):
    with pytest.raises(error, match=wanted):
        call()
