"""Uniform distributions that overlap by half, or not at all: where divergences are infinite."""

import jax.numpy as jnp

import verify as vf
from verify.functions import categorical_jsd

# Mass on [0, ½), [½, 1), [1, 3/2) and [3/2, 2) of U[0, 1], U[½, 3/2] and U[1, 2].
_FIRST, _HALF, _NEXT = (
    [0.5, 0.5, 0.0, 0.0],
    [0.0, 0.5, 0.5, 0.0],
    [0.0, 0.0, 0.5, 0.5],
)


def _density(x, start):
    """Of U[start, start + 1]."""
    return jnp.where((x >= start) & (x < start + 1), 1.0, 0.0)


def _area_between(start):
    """∫ |F - G| for U[0, 1] and U[start, start + 1]."""
    cdf = lambda x, start: jnp.clip(x - start, 0.0, 1.0)
    return vf.integral(lambda x: jnp.abs(cdf(x, 0.0) - cdf(x, start)), 0.0, 2.0)


@vf.claim(source="Notes B, 5; Arjovsky, Chintala and Bottou (2017), example 1")
def the_wasserstein_distance_of_shifted_uniforms():
    """W₁(U[0, 1], U[½, 3/2]) = ½ and W₁(U[0, 1], U[1, 2]) = 1."""
    return vf.all_of(vf.equal(_area_between(0.5), 0.5), vf.equal(_area_between(1.0), 1.0))


def _divergence_from_smoothed(start, share):
    """KL(U[0, 1] ‖ (1 - share) U[start, start + 1] + share U[0, 2])."""
    mixed = lambda x: (1 - share) * _density(x, start) + share / 2
    return vf.integral(lambda x: -jnp.log(mixed(x)), 0.0, 1.0)


@vf.claim(share=vf.reals(0.001, 0.999), source="Notes B, 5")
def the_divergence_from_a_smoothed_uniform(share):
    """With share ν of U[0, 2] mixed into the second, KL = -½ log(ν/2) - ½ log(1 - ν/2)."""
    closed = -jnp.log(share / 2) / 2 - jnp.log(1 - share / 2) / 2
    return vf.all_of(
        vf.equal(_divergence_from_smoothed(0.5, share), closed),
        vf.equal(_divergence_from_smoothed(1.0, share), -jnp.log(share / 2)),
    )


@vf.claim(source="Notes B, 5")
def the_divergence_of_shifted_uniforms_is_infinite():
    """KL(U[0, 1] ‖ U[½, 3/2]) = KL(U[0, 1] ‖ U[1, 2]) = ∞, as that share ν → 0."""

    def unsmoothed(start):
        return vf.limit(lambda share: _divergence_from_smoothed(start, share), 0.0, side="above")

    return vf.equal([unsmoothed(0.5), unsmoothed(1.0)], jnp.inf)


def _jsd(start):
    """∫ over [0, 1] of log(p/m)/2, and over [start, start + 1] of log(q/m)/2; p = q = 1 there."""
    m = lambda x: (_density(x, 0.0) + _density(x, start)) / 2
    part = lambda low: vf.integral(lambda x: -jnp.log(m(x)) / 2, low, low + 1.0)
    return part(0.0) + part(start)


@vf.claim(source="Notes B, 5")
def the_jensen_shannon_divergence_of_shifted_uniforms():
    """JSD(U[0, 1], U[½, 3/2]) = ½ log 2 and JSD(U[0, 1], U[1, 2]) = log 2."""
    return vf.all_of(
        vf.equal(_jsd(0.5), jnp.log(2.0) / 2),
        vf.equal(_jsd(1.0), jnp.log(2.0)),
    )


@vf.claim(source="Notes B, 5")
def categorical_jsd_of_shifted_uniforms():
    """categorical_jsd of the masses on four halves gives ½ log 2 and log 2."""
    first, half, following = map(jnp.array, (_FIRST, _HALF, _NEXT))
    return vf.all_of(
        vf.equal(categorical_jsd(first, half), jnp.log(2.0) / 2),
        vf.equal(categorical_jsd(first, following), jnp.log(2.0)),
    )
