"""The loss of regression."""

from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import arrays
from verify.functions.means import mean_square, widened


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
        >>> import jax.numpy as jnp
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
    return mean_square(apart).astype(prediction.dtype)
