"""The loss of regression."""

import math
from typing import Any

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
    return _mean_square(apart).astype(prediction.dtype)


@jax.custom_jvp
def _mean_square(x: Float[Array, "n"]) -> Float[Array, ""]:
    """Σ x²/n; its slope 2x/n is not for the powers of two to scale."""
    # Half the exponent of n keeps squares finite whose mean is; small ones would be flushed.
    down = 2.0 ** -math.ceil(math.log2(x.size) / 2)
    up = 2.0 ** (int(jnp.finfo(x.dtype).maxexp) // 3)
    scale = jnp.where(jnp.max(jnp.abs(x)) > 1, down, up)
    return mean((x * scale) ** 2) / scale / scale


@_mean_square.defjvp
def _mean_square_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return _mean_square(x), jnp.sum(x * dx) / (x.size / 2)
