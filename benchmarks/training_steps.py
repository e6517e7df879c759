"""How fast is a step of training: a VAE, a GAN, and a Wasserstein GAN with its penalty?

In float32 with Adam, from data to new parameters. A step of a GAN is one of the critic and one of
the generator. Networks have one hidden layer, but the critic and the generator two.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks import training_steps_in_torch as in_torch
from benchmarks.records import Plain, Program, Race, Size, Work
from verify.models import (
    VAE,
    Players,
    gan_losses,
    initial_mlp,
    initial_vae,
    mlp,
    mlp_discriminator,
    vae_elbo,
    wasserstein_losses,
)  # fmt: skip

FEATURES, LATENT, POINT = 64, 8, 2
PENALTY, RATE = 10.0, 1e-3
EXACT = jax.lax.Precision.HIGHEST


def vae_inputs(size: Size) -> tuple[VAE, jax.Array, jax.Array]:
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.random((size["batch"], FEATURES)), jnp.float32)
    noise = jnp.asarray(rng.normal(size=(size["batch"], LATENT)), jnp.float32)
    at = jax.random.key(0)
    return initial_vae(at, features=FEATURES, latent=LATENT, hidden=[size["hidden"]]), x, noise


def gan_inputs(size: Size) -> tuple[Any, ...]:
    """Both players, points, z, and where between points and made ones the penalty is taken."""
    rng, hidden, batch = np.random.default_rng(0), size["hidden"], size["batch"]
    draw = lambda *shape: jnp.asarray(rng.normal(size=shape), jnp.float32)
    generator = initial_mlp(jax.random.key(0), [LATENT, hidden, hidden, POINT])
    critic = initial_mlp(jax.random.key(1), [POINT, hidden, hidden, 1])
    place_key = jax.random.split(jax.random.key(2))[1]  # as wasserstein_losses draws it
    share = jax.random.uniform(place_key, (batch, 1))
    return Players(generator, critic), draw(batch, POINT), draw(batch, LATENT), share


def vae_loss(model: VAE, x: Any, noise: Any) -> Any:
    return -jnp.mean(vae_elbo(model, x, noise))


def textbook_network(layers: Any, x: Any) -> Any:
    for weights, bias in layers[:-1]:
        x = jax.nn.relu(jnp.matmul(x, weights.T, precision=EXACT) + bias)
    weights, bias = layers[-1]
    return jnp.matmul(x, weights.T, precision=EXACT) + bias


def textbook_vae_loss(model: VAE, x: Any, noise: Any) -> Any:
    m, t = jnp.split(textbook_network(model.encoder, x), 2, axis=-1)
    decoded = textbook_network(model.decoder, m + jnp.exp(t / 2) * noise)
    fit = jnp.sum(optax.losses.sigmoid_binary_cross_entropy(decoded, x), axis=-1)
    return jnp.mean(fit + jnp.sum(m**2 + jnp.exp(t) - 1 - t, axis=-1) / 2)


def descent(loss: Callable[..., Any], parameters: Any, state: Any, *rest: Any) -> tuple[Any, ...]:
    """New parameters, the state of Adam, the loss, and the norm of its gradient."""
    value, slope = jax.value_and_grad(loss)(parameters, *rest)
    updates, state = optax.adam(RATE).update(slope, state)
    return optax.apply_updates(parameters, updates), state, value, optax.tree.norm(slope)


def vae_step(loss: Callable[..., Any]) -> Callable[[Size], Program]:
    def make(size: Size) -> Program:
        model, x, noise = vae_inputs(size)
        step = lambda *arguments: descent(loss, *arguments)
        return Program(step, (model, optax.adam(RATE).init(model), x, noise), lambda r: r[2:])

    return make


def round_of(losses: Callable[..., Players]) -> Callable[..., Any]:
    """A step of the critic, and one of the generator."""

    def step(both: Players, states: Players, x: Any, z: Any, share: Any) -> Any:
        of = losses(x, z, share)
        lose = lambda critic: of.critic(Players(both.generator, critic))
        critic, critic_state, *told = descent(lose, both.critic, states.critic)
        lose = lambda generator: of.generator(Players(generator, critic))
        generator, state, *more = descent(lose, both.generator, states.generator)
        return Players(generator, critic), Players(state, critic_state), told, more

    return step


def gan_step(losses: Callable[..., Players]) -> Callable[[Size], Program]:
    def make(size: Size) -> Program:
        both, *data = gan_inputs(size)
        states = Players(*(optax.adam(RATE).init(one) for one in both))
        return Program(round_of(losses), (both, states, *data), lambda result: result[2:])

    return make


def our_gan(x: Any, z: Any, share: Any) -> Players:
    of = gan_losses(lambda layers, key, batch: mlp(layers, z), mlp_discriminator)
    return Players(*(lambda both, loss=loss: loss(both, jax.random.key(2), x) for loss in of))


def our_wgan(x: Any, z: Any, share: Any) -> Players:
    of = wasserstein_losses(
        lambda layers, key, batch: mlp(layers, z), mlp_discriminator, penalty=PENALTY
    )
    return Players(*(lambda both, loss=loss: loss(both, jax.random.key(2), x) for loss in of))


def textbook_gan(x: Any, z: Any, share: Any) -> Players:
    log_sigmoid = jax.nn.log_sigmoid

    def critic(both: Players) -> Any:
        made = textbook_network(both.generator, z)
        real, false = (textbook_network(both.critic, points) for points in (x, made))
        return -jnp.mean(log_sigmoid(real)) - jnp.mean(log_sigmoid(-false))

    def generator(both: Players) -> Any:
        made = textbook_network(both.generator, z)
        return -jnp.mean(log_sigmoid(textbook_network(both.critic, made)))

    return Players(generator, critic)


def textbook_wgan(x: Any, z: Any, share: Any) -> Players:
    def critic(both: Players) -> Any:
        made = textbook_network(both.generator, z)
        judge = lambda points: textbook_network(both.critic, points)[:, 0]
        slopes = jax.grad(lambda points: jnp.sum(judge(points)))(share * x + (1 - share) * made)
        norms = jnp.sqrt(jnp.sum(slopes**2, axis=-1))
        return jnp.mean(judge(made)) - jnp.mean(judge(x)) + PENALTY * jnp.mean((norms - 1) ** 2)

    generator = lambda both: (
        -jnp.mean(textbook_network(both.critic, textbook_network(both.generator, z)))
    )
    return Players(generator, critic)


def _torch(step: Callable[..., Callable[[], Any]], inputs: Callable[[Size], Any]) -> Any:
    def make(size: Size) -> Plain:
        return Plain(step(jax.tree.map(np.asarray, inputs(size)), RATE))

    return make


def vae_work(size: Size) -> Work:
    batch, hidden = size["batch"], size["hidden"]
    weights = hidden * (2 * FEATURES + 3 * LATENT)
    return Work(
        products=6.0 * weights * batch,
        transcendentals=2.0 * batch * (FEATURES + LATENT),
        bytes=4.0 * (6 * weights + batch * (2 * FEATURES + 4 * hidden)),
    )


def gan_work(penalised: bool) -> Callable[[Size], Work]:
    """Products of a layer forwards, to its weights and to its inputs; of the penalty, twice."""

    def work(size: Size) -> Work:
        batch, hidden = size["batch"], size["hidden"]
        generator, critic = hidden * (hidden + LATENT + POINT), hidden * (hidden + POINT + 1)
        passes = 8 * generator + (16 + 12 * penalised) * critic
        return Work(products=float(batch * passes), bytes=24.0 * (generator + critic))

    return work


def _race(name: str, contestants: dict[str, Any], by_torch: Any, least: Any) -> Race:
    return Race(
        name, "samples", lambda size: size["batch"], contestants, SMALL, REST, least,
        tolerance=1e-4, peers={"PyTorch": by_torch},
    )  # fmt: skip


SMALL = ({"batch": 64, "hidden": 128},)
REST = (
    {"batch": 256, "hidden": 128}, {"batch": 1_024, "hidden": 128}, {"batch": 256, "hidden": 512},
)  # fmt: skip
RACES = (
    _race(
        "VAE step",
        {"verify": vae_step(vae_loss), "textbook JAX": vae_step(textbook_vae_loss)},
        _torch(in_torch.vae_step, vae_inputs),
        vae_work,
    ),
    _race(
        "GAN step",
        {"verify": gan_step(our_gan), "textbook JAX": gan_step(textbook_gan)},
        _torch(in_torch.gan_step, gan_inputs),
        gan_work(False),
    ),
    _race(
        "WGAN-GP step",
        {"verify": gan_step(our_wgan), "textbook JAX": gan_step(textbook_wgan)},
        _torch(in_torch.wgan_step(PENALTY), gan_inputs),
        gan_work(True),
    ),
)
