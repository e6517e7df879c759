"""Wasserstein distances in one dimension."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import erf
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import POSITIVE, REAL, floats, samples

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


def empirical_wasserstein_1(
    x: Real[ArrayLike, "*#batch n"], y: Real[ArrayLike, "*#batch m"]
) -> Float[Array, "*batch"]:
    """W₁ = ∫₀¹ |F⁻¹(u) - G⁻¹(u)| du of two samples, whose quantiles F⁻¹ and G⁻¹ are.

    With as many points in both it is the mean of |x - y| over the points in order.

    Args:
        x, y: real numbers along the last axis, in one unit; the order does not matter.

    Returns:
        A length in that unit, non-negative, symmetric, zero where the two distributions are
        the same.

    Raises:
        TypeError: an argument is not real.
        ValueError: an argument has no points, or the axes before the last do not broadcast.

    Gradient: in a point, the share of the levels u where it is above the other sample's less
        that where it is below; where they meet, and there is none, 0.
    Source: Villani (2003), Topics in Optimal Transportation, remark 2.19.

    Example:
        >>> float(empirical_wasserstein_1(jnp.array([0.0, 4.0]), jnp.array([1.0])))
        2.0
    """
    x, y = samples("empirical_wasserstein_1", x=x, y=y)
    first, second, shares = _common_steps(x.shape[-1], y.shape[-1])
    # Shares of many points, and their sums, are not for half precision.
    wide = jnp.promote_types(x.dtype, jnp.float32)
    apart = _step(x, first).astype(wide) - _step(y, second).astype(wide)
    # The slope that JAX gives to abs at zero is one, and would pull points that meet apart.
    sizes = apart * jnp.sign(apart)
    return jnp.matmul(sizes, jnp.asarray(shares, wide), precision="highest").astype(x.dtype)


def _step(x: Float[Array, "*batch n"], order: np.ndarray) -> Float[Array, "*batch pieces"]:
    return jnp.sort(x, axis=-1)[..., order]


def _common_steps(n: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where two quantile functions of n and m steps are constant.

    Returns:
        For each piece of [0, 1], in order: the step of the one, that of the other, its length.
    """
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    starts = np.append(0, ends[:-1])
    return starts // m, starts // n, (ends - starts) / (n * m)


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
