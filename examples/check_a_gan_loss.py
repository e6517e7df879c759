"""Check your own GAN loss: is it the formula, is it accurate, and does training with it work?

    verify check examples/check_a_gan_loss.py

`generator_loss` is what one writes first. It is the right formula, but its float32 gradient
is not: it vanishes, or is NaN, just where the discriminator is sure. `better_loss` is the cure.
"""

import jax
import jax.numpy as jnp
import optax

import verify as vf
from verify.models import fit


def generator_loss(logit):
    """-log D(G(z)), from the probability."""
    return -jnp.log(1 / (1 + jnp.exp(-logit)))


def better_loss(logit):
    """-log D(G(z)), from the logit."""
    return vf.functions.non_saturating_loss(logit)


@vf.claim(logit=vf.reals())
def they_are_one_formula(logit):
    """-log(1/(1 + e^-h)) is the non-saturating loss."""
    return vf.equal(generator_loss(logit), better_loss(logit))


@vf.claim(logit=vf.reals())
def the_slope(logit):
    """Its derivative is -(1 - D)."""
    return vf.equal(jax.grad(generator_loss)(logit), -jax.nn.sigmoid(-logit))


@vf.claim(logit=vf.reals(-120.0, 120.0), holds=False)
def the_first_gradient_is_accurate(logit):
    """The gradient of generator_loss in float32 is within 8 ulps on [-120, 120]."""
    return vf.accurate(generator_loss, logit, ulps=8, gradient=True)


@vf.claim(logit=vf.reals(-120.0, 120.0))
def the_better_gradient_is_accurate(logit):
    """The gradient of better_loss in float32 is within 8 ulps on [-120, 120]."""
    return vf.accurate(better_loss, logit, ulps=8, gradient=True)


def distance_after(key, loss):
    """Of θ from 0 after 200 steps of Adam against D* for N(0, 1), G(z) = θ + z from θ = 12."""

    def objective(theta, key, z):
        at = jax.lax.stop_gradient(theta)
        return jnp.mean(loss(at * at / 2 - at * (theta + z)))  # log p_data/p_θ

    draws = lambda key: jax.random.normal(key, (64,))
    start = jnp.float32(12.0)
    return abs(fit(objective, start, optax.adam(0.1), draws, key=key, steps=200).parameters)


@vf.trial(runs=64, rate=0.9)
def training_with_the_better_loss_arrives(key):
    """From θ = 12 training with better_loss ends within 1 of 0."""
    return 1 - distance_after(key, better_loss)


@vf.trial(runs=64, rate=0.9, holds=False)
def training_with_the_first_loss_stays_finite(key):
    """From θ = 12 training with generator_loss ends with a number."""
    return jnp.isfinite(distance_after(key, generator_loss))
