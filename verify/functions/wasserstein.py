"""Wasserstein distances in one dimension."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import erf
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import POSITIVE, REAL, floats

_ROOT_2 = math.sqrt(2)
_ROOT_2_OVER_PI = math.sqrt(2 / math.pi)


def gaussian_wasserstein_1(
    mu_1: Real[ArrayLike, "..."],
    sigma_1: Real[ArrayLike, "..."],
    mu_2: Real[ArrayLike, "..."],
    sigma_2: Real[ArrayLike, "..."],
) -> Float[Array, "..."]:
    """W₁(N(mu_1, sigma_1²), N(mu_2, sigma_2²)) = E|m + s Z|, Z ~ N(0, 1).

    Here m = mu_1 - mu_2 and s = sigma_1 - sigma_2: quantiles are moved to quantiles. In
    closed form it is m erf(m/(|s|√2)) + |s| √(2/π) exp(-m²/(2s²)), and |m| where s = 0.

    Args:
        mu_1, mu_2: any real numbers, in one unit.
        sigma_1, sigma_2: standard deviations, positive, in that unit.

    Returns:
        A length in that unit, non-negative, symmetric, zero where the Gaussians are the same.

    Raises:
        TypeError: an argument is not real.
        ValueError: a sigma is not positive (NaN where it is traced), or shapes do not broadcast.

    Gradient: erf(m/(|s|√2)) in mu_1, ±√(2/π) exp(-m²/(2s²)) in sigma_1, with the sign of s;
        at m = s = 0, where there is none, 0.
    Source: Villani (2003), Topics in Optimal Transportation, remark 2.19.

    Example:
        >>> float(gaussian_wasserstein_1(3.0, 0.5, 1.0, 0.5))
        2.0
    """
    mu_1, sigma_1, mu_2, sigma_2 = floats(
        "gaussian_wasserstein_1",
        mu_1=(mu_1, REAL),
        sigma_1=(sigma_1, POSITIVE),
        mu_2=(mu_2, REAL),
        sigma_2=(sigma_2, POSITIVE),
    )
    return _mean_size(mu_1 - mu_2, sigma_1 - sigma_2)


@jax.custom_jvp
def _mean_size(m: Float[Array, "..."], s: Float[Array, "..."]) -> Float[Array, "..."]:
    """E|m + s Z|."""
    r = _ratio(m, s)
    spread = jnp.abs(s) * _ROOT_2_OVER_PI * jnp.exp(-(r * (r / 2)))
    return jnp.where(s == 0, jnp.abs(m), m * erf(r / _ROOT_2) + spread)


@_mean_size.defjvp
def _mean_size_jvp(primals: Any, tangents: Any) -> Any:
    (m, s), (dm, ds) = primals, tangents
    r = _ratio(m, s)
    in_m = jnp.where(s == 0, jnp.sign(m), erf(r / _ROOT_2))
    in_s = jnp.sign(s) * _ROOT_2_OVER_PI * jnp.exp(-(r * (r / 2)))
    return _mean_size(m, s), in_m * dm + in_s * ds


def _ratio(m: Float[Array, "..."], s: Float[Array, "..."]) -> Float[Array, "..."]:
    """m/|s|, and 0 where s is zero, so that nothing there is undefined."""
    return jnp.where(s == 0, 0, m / jnp.abs(jnp.where(s == 0, 1, s)))
