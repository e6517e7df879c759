"""Means that neither overflow before their result nor lose digits to narrow floats."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


def widened(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """x in float32 at least: results of narrow floats are computed there, and rounded once."""
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def mean(x: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    """Σ x/n along the last axis."""
    # A power of two over n keeps the sum of large numbers finite, and is exact.
    down = 2.0 ** -math.ceil(math.log2(x.shape[-1]))
    scale = jnp.where(_is_large(x), down, 1)
    return jnp.sum(x * scale, axis=-1) / (x.shape[-1] * scale[..., 0])


def _is_large(x: Float[Array, "*batch n"]) -> Bool[Array, "*batch 1"]:
    """Whether a number is over 1 in size: no maximum, whose ties jets cannot decide."""
    return jnp.any(jnp.abs(x) > 1, axis=-1, keepdims=True)


@jax.custom_jvp
def mean_square(x: Float[Array, "*batch n"]) -> Float[Array, "*batch"]:
    """Σ x²/n along the last axis; its slope 2x/n is not for the powers of two to scale."""
    # Half the exponent of n keeps squares finite whose mean is; small ones would be flushed.
    down = 2.0 ** -math.ceil(math.log2(x.shape[-1]) / 2)
    up = 2.0 ** (int(jnp.finfo(x.dtype).maxexp) // 3)
    scale = jnp.where(_is_large(x), down, up)
    return mean((x * scale) ** 2) / scale[..., 0] / scale[..., 0]


@mean_square.defjvp
def _mean_square_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return mean_square(x), jnp.sum(x * dx, axis=-1) / (x.shape[-1] / 2)
