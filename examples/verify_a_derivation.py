"""Verify a derivation, line by line: the optimal discriminator, and what is left of its loss.

    verify check examples/verify_a_derivation.py

The last line has a mistake that is easily made. Its counterexample says where to look.
"""

import jax
import jax.numpy as jnp

import verify as vf


def loss(t, p, q):
    """-p log t - q log(1 - t): what a discriminator with D = t pays at one point."""
    return -p * jnp.log(t) - q * jnp.log(1 - t)


@vf.claim(t=vf.probabilities(), p=vf.positives(), q=vf.positives())
def the_slope(t, p, q):
    """Its derivative in t is -p/t + q/(1 - t)."""
    return vf.equal(jax.grad(loss)(t, p, q), -p / t + q / (1 - t))


@vf.claim(p=vf.positives(), q=vf.positives())
def the_optimum(p, q):
    """The derivative is zero at D* = p/(p + q)."""
    return vf.equal(jax.grad(loss)(p / (p + q), p, q), 0.0)


@vf.claim(t=vf.probabilities(), p=vf.positives(), q=vf.positives())
def no_other_is_better(t, p, q):
    """No t has a smaller loss than D*."""
    return vf.at_most(loss(p / (p + q), p, q), loss(t, p, q))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3))
def what_is_left(p, q):
    """Summed over three outcomes, the loss at D* is log 4 - 2 JSD(p, q)."""
    jsd = vf.functions.categorical_jsd(p, q)
    return vf.equal(jnp.sum(loss(p / (p + q), p, q)), jnp.log(4.0) - 2 * jsd)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3))
def what_is_left_with_a_mistake(p, q):
    """Summed over three outcomes, the loss at D* is log 4 - JSD(p, q)."""
    jsd = vf.functions.categorical_jsd(p, q)
    return vf.equal(jnp.sum(loss(p / (p + q), p, q)), jnp.log(4.0) - jsd)
