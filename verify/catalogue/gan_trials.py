"""Adversarial training: what discriminators learn, and what generators make of them.

Networks have one hidden layer of tanh units or two, optimizers are Adam's unless it is said.
"""

import jax
import jax.numpy as jnp
import optax

import verify as vf
from verify.functions import (
    discriminator_loss,
    minimax_loss,
    non_saturating_loss,
    normal_density,
    normal_log_density,
    optimal_logit,
    sigmoid,
)
from verify.models import (
    Players,
    Projection,
    fit,
    gan_losses,
    initial_mlp,
    mlp,
    optimal_projection,
    play,
    projection_logit,
)


def _net(network, x):
    """From numbers to numbers."""
    return mlp(network, x[..., None], activation=jnp.tanh)[..., 0]


def _logit(discriminator, x, batch):
    return _net(discriminator, x)


def _discriminator(key, delta, steps=300):
    """Trained on N(0, 1) against N(δ, 1)."""
    start, key = jax.random.split(key)
    loss = lambda network, key, batch: discriminator_loss(*(_net(network, x) for x in batch))

    def batches(key):
        x, z = jax.random.normal(key, (2, 128))
        return x, delta + z

    first = initial_mlp(start, [1, 16, 1], gain=1.0)
    return fit(loss, first, optax.adam(1e-2), batches, key=key, steps=steps).parameters


def _at_the_model(key, delta):
    """Mean D(G(z)) after 300 steps of the discriminator, G(z) = δ + z."""
    train, draw = jax.random.split(key)
    x = delta + jax.random.normal(draw, (512,))
    return jnp.mean(sigmoid(_net(_discriminator(train, delta), x)))


@vf.trial(source="Notes A, 5b")
def a_discriminator_tells_what_is_far_apart(key):
    """After 300 steps at δ = 4, mean D(G(z)) is within 0.02 of E D* = 0.0343."""
    return 0.02 - abs(_at_the_model(key, 4.0) - 0.0343)


@vf.trial(holds=False, source="Notes A, 5b")
def a_discriminator_cannot_tell_what_is_far_apart(key):
    """After 300 steps at δ = 4, mean D(G(z)) is within 0.1 of ½."""
    return 0.1 - abs(_at_the_model(key, 4.0) - 0.5)


@vf.trial(source="Notes A, 5b")
def a_discriminator_cannot_tell_what_is_the_same(key):
    """After 300 steps at δ = 0, mean D(G(z)) is within 0.1 of ½."""
    return 0.1 - abs(_at_the_model(key, 0.0) - 0.5)


@vf.trial(holds=False, source="Notes A, 5b")
def a_discriminator_tells_what_is_the_same(key):
    """After 300 steps at δ = 0, mean D(G(z)) is within 0.02 of 0.0343."""
    return 0.02 - abs(_at_the_model(key, 0.0) - 0.0343)


_MODES = jnp.array([-2.0, 2.0])


def _shares(key, generator):
    """Of 512 generated points, those within 1 of each mode."""
    x = _net(generator, jax.random.normal(key, (512,)))
    return jnp.mean(abs(x[:, None] - _MODES[None]) < 1, axis=0)


def _against_a_fixed_discriminator(key, weights):
    """The shares of the modes after 600 steps against a logit with peaks of these weights."""
    start, train, draw = jax.random.split(key, 3)

    def loss(generator, key, z):
        density = normal_log_density(_net(generator, z)[:, None], _MODES[None], 1.0)
        logit = jax.scipy.special.logsumexp(density, axis=1, b=jnp.array(weights)[None])
        return jnp.mean(non_saturating_loss(logit))

    first, draws = (
        initial_mlp(start, [1, 16, 1], gain=1.5),
        lambda key: jax.random.normal(key, (128,)),
    )
    made = fit(loss, first, optax.adam(1e-2), draws, key=train, steps=600).parameters
    return _shares(draw, made)


def _in_turn(key):
    """The shares of the modes after 1,000 rounds against a discriminator that learns too."""
    first, second, train, draw = jax.random.split(key, 4)
    start = Players(initial_mlp(first, [1, 16, 1], gain=1.5),
                    initial_mlp(second, [1, 16, 16, 1], gain=1.5))  # fmt: skip

    def batches(key):
        which, near = jax.random.split(key)
        return jax.random.choice(which, _MODES, (128,)) + jax.random.normal(near, (128,)) / 2

    losses = gan_losses(lambda net, key, x: _net(net, jax.random.normal(key, x.shape)), _logit)
    adam = Players(optax.adam(2e-3, b1=0.5), optax.adam(5e-3, b1=0.5))
    made = play(losses, start, adam, batches, key=train, steps=1_000).parameters
    return _shares(draw, made.generator)


@vf.trial(source="Notes A, 5a")
def a_fixed_discriminator_of_one_highest_peak_leaves_one_mode(key):
    """Trained against a fixed D with peaks 0.8 and 0.2, 95 % of G(z) are at the higher one."""
    return _against_a_fixed_discriminator(key, (0.8, 0.2))[0] - 0.95


@vf.trial(holds=False, source="Notes A, 5a")
def a_fixed_discriminator_of_equal_peaks_leaves_one_mode(key):
    """Trained against a fixed D with equal peaks, 95 % of G(z) are at one of them."""
    return jnp.max(_against_a_fixed_discriminator(key, (0.5, 0.5))) - 0.95


@vf.trial(source="Notes A, 5a")
def a_fixed_discriminator_of_equal_peaks_leaves_both_modes(key):
    """Trained against a fixed D with equal peaks, 25 % of G(z) or more are at each."""
    return jnp.min(_against_a_fixed_discriminator(key, (0.5, 0.5))) - 0.25


@vf.trial(holds=False, source="Notes A, 5a")
def training_in_turn_leaves_one_mode(key):
    """Trained in turn with D on two modes, 95 % of G(z) are at one of them."""
    return jnp.max(_in_turn(key)) - 0.95


@vf.trial(source="Notes A, 5a")
def training_in_turn_keeps_both_modes(key):
    """Trained in turn with D on two modes, 25 % of G(z) or more are at each."""
    return jnp.min(_in_turn(key)) - 0.25


def _rounds_to_half(key, loss, optimizer):
    """Until θ is under 2, of G(z) = θ + z from θ = 4 to N(0, 1), in turn with D; 400 if never."""
    start, key = jax.random.split(key)
    losses = gan_losses(
        lambda at, key, x: at + jax.random.normal(key, x.shape), _logit, generator_loss=loss
    )
    told = lambda both, key, x: (losses.generator(both, key, x), {"at": both.generator})
    at = play(
        losses._replace(generator=told),
        Players(jnp.float32(4), _discriminator(start, 4.0)), Players(optimizer, optax.adam(1e-2)),
        lambda key: jax.random.normal(key, (64,)), key=key, steps=400,
    ).metrics["at"]  # fmt: skip
    return jnp.argmax(jnp.append(abs(at) < 2, True)).astype(float)


def _rounds_saved(key, optimizer):
    """By the non-saturating loss, with the same key."""
    return _rounds_to_half(key, minimax_loss, optimizer) - _rounds_to_half(
        key, non_saturating_loss, optimizer
    )


@vf.trial(source="Notes A, 5c")
def the_non_saturating_loss_is_faster_by_plain_descent(key):
    """From a distance of 4 it halves it in fewer rounds than the minimax loss, SGD at 0.05."""
    return _rounds_saved(key, optax.sgd(0.05))


@vf.trial(holds=False, source="Notes A, 5c")
def the_non_saturating_loss_is_faster_by_adam(key):
    """From a distance of 4 it halves it in fewer rounds than the minimax loss, Adam at 0.05."""
    return _rounds_saved(key, optax.adam(0.05))


def _in_turn_to_a_gaussian(key, steps):
    """D after rounds with G(z) = θ + e^t z from N(1, ¼) to N(0, 1)."""
    start, key = jax.random.split(key)
    made = lambda at, key, x: at[0] + jnp.exp(at[1]) * jax.random.normal(key, x.shape)
    first = Players(jnp.log(jnp.array([jnp.e, 0.5])), initial_mlp(start, [1, 16, 1], gain=1.0))
    slower = optax.adam(optax.cosine_decay_schedule(1e-2, 1_500), b1=0.5)
    return play(
        gan_losses(made, _logit), first, Players(slower, optax.adam(1e-2)),
        lambda key: jax.random.normal(key, (128,)), key=key, steps=steps,
    ).parameters.critic  # fmt: skip


_SUPPORT = jnp.linspace(-2.0, 2.0, 41)  # where 95 % of N(0, 1) are


def _from_half(key, steps):
    """The largest |D - ½| there."""
    D = sigmoid(_net(_in_turn_to_a_gaussian(key, steps), _SUPPORT))
    return jnp.max(abs(D - 0.5))


@vf.trial(source="Notes A, 5d")
def the_discriminator_ends_at_one_half(key):
    """After 1,500 rounds |D - ½| < 0.15 on [-2, 2], where p_data = N(0, 1) has 95 %."""
    return 0.15 - _from_half(key, 1_500)


@vf.trial(holds=False, source="Notes A, 5d")
def the_discriminator_is_at_one_half_from_the_start(key):
    """After 20 rounds |D - ½| < 0.15 on [-2, 2]."""
    return 0.15 - _from_half(key, 20)


def _from_log_ratio(key, sign):
    """The largest error of the logit after 1,000 steps on N(0, 1) against N(1, 1), there."""
    x = jnp.linspace(-1.5, 2.5, 41)
    best = optimal_logit(normal_density(x, 0.0, 1.0), normal_density(x, 1.0, 1.0))
    return jnp.max(abs(_net(_discriminator(key, 1.0, 1_000), x) - sign * best))


@vf.trial(source="Notes B, 3b")
def the_logit_learns_the_log_ratio(key):
    """After 1,000 steps it is within 0.4 of log p_data/p_θ = ½ - x on [-1.5, 2.5]."""
    return 0.4 - _from_log_ratio(key, 1)


@vf.trial(holds=False, source="Notes B, 3b")
def the_logit_learns_the_inverse_log_ratio(key):
    """After 1,000 steps it is within 0.4 of log p_θ/p_data on [-1.5, 2.5]."""
    return 0.4 - _from_log_ratio(key, -1)


_MEANS = jnp.array([[1.0, 0.0], [0.0, 1.0]])  # of the features of data, by label
_MODEL_MEANS = jnp.array([[0.0, 0.5], [-0.5, 0.0]])


def _projection(key):
    """A and b after 500 steps on unit Gaussians at these means."""

    def batches(key):
        which, data, model = jax.random.split(key, 3)
        y = jax.nn.one_hot(jax.random.randint(which, (256,), 0, 2), 2)
        x = y @ _MEANS + jax.random.normal(data, (256, 2))
        return y, x, y @ _MODEL_MEANS + jax.random.normal(model, (256, 2))

    def loss(projection, key, batch):
        y, x, made = batch
        return discriminator_loss(
            projection_logit(projection, y, x), projection_logit(projection, y, made)
        )

    adam = optax.adam(optax.cosine_decay_schedule(0.05, 500))
    zeros = Projection(jnp.zeros((2, 2)), jnp.zeros(2))
    return fit(loss, zeros, adam, batches, key=key, steps=500).parameters


def _from_the_best(key, sign):
    """The largest error in A and b, b's sign being that."""
    found, best = _projection(key), optimal_projection(_MEANS, _MODEL_MEANS)
    errors = found.weights - best.weights, found.bias - sign * best.bias
    return jnp.maximum(*(jnp.max(abs(error)) for error in errors))


@vf.trial(source="Notes B, 4a")
def a_projection_learns_the_logit(key):
    """After 500 steps A and b are within 0.2 of μ - μ̂ and -(‖μ‖² - ‖μ̂‖²)/2."""
    return 0.2 - _from_the_best(key, 1)


@vf.trial(holds=False, source="Notes B, 4a")
def a_projection_learns_the_other_bias(key):
    """After 500 steps A and b are within 0.2 of μ - μ̂ and +(‖μ‖² - ‖μ̂‖²)/2."""
    return 0.2 - _from_the_best(key, -1)
