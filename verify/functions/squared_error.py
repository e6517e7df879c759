"""The loss of regression."""

import math

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import arrays
from verify.functions.means import mean, widened


def mean_squared_error(
    prediction: Real[ArrayLike, "*shape"], target: Real[ArrayLike, "*shape"]
) -> Float[Array, ""]:
    """Σ (prediction - target)²/n, over all n entries.

    Args:
        prediction, target: of one shape, in one unit, with at least one entry.

    Returns:
        Non-negative, in the square of that unit and the dtype that both promote to;
        infinite where it overflows.

    Raises:
        TypeError: an argument is not real.
        ValueError: shapes differ, or there are no entries.

    Accuracy: no term is negative: each rounds twice, and the sum of n rounds n - 1 times (claim
        mean_squared_error_is_accurate for three).
    Gradient: 2 (prediction - target)/n in prediction, its negative in target.

    Example:
        >>> float(mean_squared_error(jnp.array([1.0, 2.0]), jnp.array([1.0, 4.0])))
        2.0
    """
    prediction, target = arrays("mean_squared_error", prediction=prediction, target=target)
    if prediction.shape != target.shape:
        raise ValueError(
            "mean_squared_error needs prediction and target of one shape, got prediction of shape"
            f" {prediction.shape}, target of shape {target.shape}."
        )
    if not prediction.size:
        raise ValueError(f"mean_squared_error needs entries, got shape {prediction.shape}.")
    apart = (widened(prediction) - widened(target)).ravel()
    # Half the exponent of n keeps squares finite whose mean is.
    down = 2.0 ** -math.ceil(math.log2(apart.size) / 2)
    scale = jnp.where(jax.lax.stop_gradient(jnp.max(jnp.abs(apart))) > 1, down, 1)
    return (mean((apart * scale) ** 2) / scale**2).astype(prediction.dtype)
