"""The best discriminator between two densities, and what it and a generator lose."""

from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import NON_NEGATIVE, REAL, floats, samples
from verify.functions.logistic import softplus
from verify.functions.means import mean, widened
from verify.functions.quotients import log_ratio
from verify.functions.shares import share, share_by_logs


def optimal_discriminator(
    p_data: Real[ArrayLike, "..."], p_model: Real[ArrayLike, "..."]
) -> Float[Array, "..."]:
    """D* = p_data / (p_data + p_model): the t that minimises -p_data log t - p_model log(1 - t).

    Args:
        p_data, p_model: densities or masses at the same points, not negative.

    Returns:
        Probability that a point is data, in [0, 1]; NaN where both densities are zero or both
        infinite, and the limit where one is. With the two exchanged it is 1 - D*, without
        cancellation.

    Raises:
        TypeError: an argument is not real.
        ValueError: a density is negative (NaN where it is traced), or shapes do not broadcast.

    Accuracy: within 0.51 ulps in float32, every slope within 0.51, the largest seen of 300,000
        random inputs (claim optimal_discriminator_is_accurate); 16-bit floats within an ulp.
    Gradient: D*(1 - D*)/p_data in p_data, -D*(1 - D*)/p_model in p_model.
    Source: Goodfellow et al. (2014), proposition 1.

    Example:
        >>> float(optimal_discriminator(3.0, 1.0))
        0.75
    """
    p_data, p_model = floats(
        "optimal_discriminator", p_data=(p_data, NON_NEGATIVE), p_model=(p_model, NON_NEGATIVE)
    )
    return share(p_data, p_model)


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

    Accuracy: within 0.53 ulps in float32, every slope within 0.53, the largest seen of 300,000
        random inputs, also where the difference of the logs is rounded (claim
        optimal_discriminator_from_logs_is_accurate); 16-bit floats within an ulp.
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
    return share_by_logs(log_p_data, log_p_model)


def optimal_logit(
    p_data: Real[ArrayLike, "..."], p_model: Real[ArrayLike, "..."]
) -> Float[Array, "..."]:
    """log(p_data/p_model) = log D*/(1 - D*), D* the optimal discriminator, without cancellation.

    Args:
        p_data, p_model: densities or masses at the same points, not negative.

    Returns:
        Nats, zero exactly where the densities are equal; infinity where p_model is zero,
        -infinity where p_data is, and NaN where both are zero or both infinite.

    Raises:
        TypeError: an argument is not real.
        ValueError: a density is negative (NaN where it is traced), or shapes do not broadcast.

    Accuracy: within 0.53 ulps in float32, every slope within 0.5, the largest seen of 300,000
        random inputs (claim optimal_logit_is_accurate); 16-bit floats within an ulp.
    Gradient: 1/p_data in p_data, -1/p_model in p_model.
    Source: Goodfellow et al. (2014), proposition 1.

    Example:
        >>> float(optimal_logit(0.25, 0.25))
        0.0
    """
    p_data, p_model = floats(
        "optimal_logit", p_data=(p_data, NON_NEGATIVE), p_model=(p_model, NON_NEGATIVE)
    )
    return log_ratio(p_data, p_model)


def discriminator_loss(
    data_logits: Real[ArrayLike, "*#batch n"], model_logits: Real[ArrayLike, "*#batch m"]
) -> Float[Array, "*batch"]:
    """-mean log D(data) - mean log(1 - D(model)), D = logistic(logit).

    Args:
        data_logits: of the discriminator at data, along the last axis.
        model_logits: of the discriminator at generated points; there may be more or fewer.

    Returns:
        Nats, non-negative; log 4 at logits zero.

    Raises:
        TypeError: an argument is not real.
        ValueError: an argument has no points, or the axes before the last do not broadcast.

    Accuracy: each softplus is within an ulp, and no term is negative: of n points the sums round
        n times, of which an ulp each is at most lost (claim discriminator_loss_is_accurate).
    Gradient: -(1 - D)/n at n data, D/m at m generated points.
    Source: Goodfellow et al. (2014), equation 1, with its sign changed.

    Example:
        >>> import jax.numpy as jnp
        >>> float(discriminator_loss(jnp.array([1000.0, -2000.0]), jnp.array([-3000.0])))
        1000.0
    """
    data_logits, model_logits = samples(
        "discriminator_loss", data_logits=data_logits, model_logits=model_logits
    )
    data, model = widened(data_logits), widened(model_logits)
    return (mean(softplus(-data)) + mean(softplus(model))).astype(data_logits.dtype)


def minimax_loss(logit: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """log(1 - D), D = logistic(logit): what a minimax generator makes small.

    Args:
        logit: of the discriminator at a generated point.

    Returns:
        Nats, at most 0, elementwise; the mean over points is the loss.

    Raises:
        TypeError: logit is not real.

    Accuracy: that of softplus: within an ulp in value and slope (claim minimax_loss_is_accurate).
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

    Accuracy: that of softplus: within an ulp in value and slope (claim
        non_saturating_loss_is_accurate).
    Gradient: -(1 - D), which is -1 where the discriminator is sure of a fake.
    Source: Goodfellow et al. (2014), section 3.

    Example:
        >>> float(non_saturating_loss(-100.0))
        100.0
    """
    (logit,) = floats("non_saturating_loss", logit=(logit, REAL))
    return softplus(-logit)


def reverse_kl_loss(logit: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """log(1 - D) - log D = -logit, D = logistic(logit): the sum of the two losses.

    Args:
        logit: of the discriminator at a generated point.

    Returns:
        Nats, of any sign, elementwise; its mean over points is KL(model ‖ data) where the
        discriminator is the best one.

    Raises:
        TypeError: logit is not real.

    Accuracy: exact.
    Gradient: -1.
    Source: Sønderby et al. (2017), "Amortised MAP inference for image super-resolution".

    Example:
        >>> float(reverse_kl_loss(-100.0))
        100.0
    """
    (logit,) = floats("reverse_kl_loss", logit=(logit, REAL))
    return -logit
