"""The best discriminator between two densities, and what a generator loses to one."""

from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import NON_NEGATIVE, REAL, floats
from verify.functions.logistic import logistic, softplus


def optimal_discriminator(
    p_data: Real[ArrayLike, "..."], p_model: Real[ArrayLike, "..."]
) -> Float[Array, "..."]:
    """D* = p_data / (p_data + p_model): the t that minimises -p_data log t - p_model log(1 - t).

    Args:
        p_data, p_model: densities or masses at the same points, not negative.

    Returns:
        Probability that a point is data, in [0, 1]; NaN where both densities are zero. With
        the two exchanged it is 1 - D*, without cancellation.

    Raises:
        TypeError: an argument is not real.
        ValueError: a density is negative (NaN where it is traced), or shapes do not broadcast.

    Gradient: D*(1 - D*)/p_data in p_data, -D*(1 - D*)/p_model in p_model.
    Source: Goodfellow et al. (2014), proposition 1.

    Example:
        >>> float(optimal_discriminator(3.0, 1.0))
        0.75
    """
    p_data, p_model = floats(
        "optimal_discriminator", p_data=(p_data, NON_NEGATIVE), p_model=(p_model, NON_NEGATIVE)
    )
    return p_data / (p_data + p_model)


def optimal_discriminator_from_logs(
    log_p_data: Real[ArrayLike, "..."], log_p_model: Real[ArrayLike, "..."]
) -> Float[Array, "..."]:
    """D* = logistic(log p_data - log p_model), also where the densities underflow.

    Args:
        log_p_data, log_p_model: log densities at the same points, in nats.

    Returns:
        Probability that a point is data, in [0, 1]; NaN where both are -inf.

    Raises:
        TypeError: an argument is not real.
        ValueError: shapes do not broadcast.

    Gradient: D*(1 - D*) in log_p_data, -D*(1 - D*) in log_p_model.
    Source: Goodfellow et al. (2014), proposition 1.

    Example:
        >>> float(optimal_discriminator_from_logs(-1000.0, -1000.0))
        0.5
    """
    log_p_data, log_p_model = floats(
        "optimal_discriminator_from_logs",
        log_p_data=(log_p_data, REAL),
        log_p_model=(log_p_model, REAL),
    )
    return logistic(log_p_data - log_p_model)


def minimax_loss(logit: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """log(1 - D), D = logistic(logit): what a minimax generator makes small.

    Args:
        logit: of the discriminator at a generated point.

    Returns:
        Nats, at most 0, elementwise; the mean over points is the loss.

    Raises:
        TypeError: logit is not real.

    Gradient: -D, which vanishes where the discriminator is sure of a fake.
    Source: Goodfellow et al. (2014), equation 1.

    Example:
        >>> float(minimax_loss(100.0))
        -100.0
    """
    (logit,) = floats("minimax_loss", logit=(logit, REAL))
    return -softplus(logit)


def non_saturating_loss(logit: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """-log D, D = logistic(logit): what a non-saturating generator makes small.

    Args:
        logit: of the discriminator at a generated point.

    Returns:
        Nats, at least 0, elementwise; the mean over points is the loss.

    Raises:
        TypeError: logit is not real.

    Gradient: -(1 - D), which is -1 where the discriminator is sure of a fake.
    Source: Goodfellow et al. (2014), section 3.

    Example:
        >>> float(non_saturating_loss(-100.0))
        100.0
    """
    (logit,) = floats("non_saturating_loss", logit=(logit, REAL))
    return softplus(-logit)
