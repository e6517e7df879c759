"""What a critic of slope at most one loses, and what its slope costs."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import samples
from verify.functions.means import mean, mean_square, widened


def critic_loss(
    data_values: Real[ArrayLike, "*#batch n"], model_values: Real[ArrayLike, "*#batch m"]
) -> Float[Array, "*batch"]:
    """Mean D(model) - mean D(data): what a critic makes small, and a generator large.

    Args:
        data_values: of the critic at data, along the last axis.
        model_values: of the critic at generated points; there may be more or fewer.

    Returns:
        In the unit of the values. It is at least -W₁ of the two samples for a critic of slope
        at most 1 in size, if the critic's values are lengths.

    Raises:
        TypeError: an argument is not real.
        ValueError: an argument has no points, or the axes before the last do not broadcast.

    Accuracy: each mean rounds once a point and the difference once: within an ulp or so for few
        points, relative to the larger mean (claims critic_loss_is_accurate, and …_at_its_zeros).
    Gradient: -1/n at n data, 1/m at m generated points.
    Source: Arjovsky, Chintala and Bottou (2017), algorithm 1, with its sign changed.

    Example:
        >>> float(critic_loss(jnp.array([1.0, 2.0]), jnp.array([4.0])))
        2.5
    """
    data_values, model_values = samples(
        "critic_loss", data_values=data_values, model_values=model_values
    )
    data, model = widened(data_values), widened(model_values)
    return (mean(model) - mean(data)).astype(data_values.dtype)


def gradient_penalty(
    gradients: Real[ArrayLike, "*batch n d"], *, one_sided: bool = False
) -> Float[Array, "*batch"]:
    """mean (‖∇D‖₂ - 1)², the norm over features, the mean over points.

    Args:
        gradients: of the critic in its input, at n points with d features each; of inputs
            with more axes, in one row a point. They must be those of each point by itself
            (verify.models.input_gradients).
        one_sided: whether only a norm over 1 costs: mean max(‖∇D‖₂ - 1, 0)².

    Returns:
        Non-negative, zero exactly where every norm is 1 (one-sided: at most 1). Near that a
        norm is known to some ulps of 1, and so is the root of the penalty.

    Raises:
        TypeError: gradients is not real.
        ValueError: there are no points or no features.

    Accuracy: within eight ulps for two points of two features whose norms are at least 2; near 1
        digits go as said above (claim gradient_penalty_is_accurate).
    Gradient: 2(1 - 1/‖∇D‖₂)∇D/n; at ∇D = 0, where there is none, 0. Where 2‖∇D‖₂ overflows it
        is infinite with the sign of ∇D, and NaN in features of slope zero.
    Source: Gulrajani et al. (2017), equation 3; one-sided, Petzka, Fischer and Lukovnikov (2018).

    Example:
        >>> float(gradient_penalty(jnp.array([[3.0, 4.0], [0.0, 1.0]])))
        8.0
    """
    (gradients,) = samples("gradient_penalty", axes=2, gradients=gradients)
    excess = _norm(widened(gradients)) - 1
    excess = jnp.maximum(excess, 0) if one_sided else excess
    return mean_square(excess).astype(gradients.dtype)


@jax.custom_jvp
def _norm(x: Float[Array, "*batch d"]) -> Float[Array, "*batch"]:
    """‖x‖₂, whose squares neither overflow nor vanish."""
    scale = _scale(x)
    return (scale * jnp.sqrt(jnp.sum((x / scale) ** 2, axis=-1, keepdims=True)))[..., 0]


@_norm.defjvp
def _norm_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    # The unit vector is the same at every scale, and so is its slope.
    scaled = x / jax.lax.stop_gradient(_scale(x))
    length = _norm(scaled)
    unit = scaled / jnp.where(length == 0, 1, length)[..., None]
    return _norm(x), jnp.sum(unit * dx, axis=-1)


def _scale(x: Float[Array, "*batch d"]) -> Float[Array, "*batch 1"]:
    """The largest |x|, as far as it and its inverse are normal floats.

    A compiler may multiply by the inverse, and take what is not normal for zero.
    """
    tiny = float(jnp.finfo(x.dtype).tiny)
    return jnp.clip(jnp.max(jnp.abs(x), axis=-1, keepdims=True), tiny, 1 / tiny)
