"""Means that neither overflow before their result nor lose digits to narrow floats."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def widened(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """x in float32 at least: results of narrow floats are computed there, and rounded once."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def mean(x: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    """Σ x/n along the last axis."""
    # A power of two over n keeps the sum of large numbers finite, and is exact.
    down = 2.0 ** -math.ceil(math.log2(x.shape[-1]))
    is_large = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True)) > 1
    scale = jnp.where(is_large, down, 1)
    return jnp.sum(x * scale, axis=-1) / (x.shape[-1] * scale[..., 0])
