"""Wasserstein distances in one dimension."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import POSITIVE, REAL, floats, samples
from verify.functions.mean_size import mean_size
from verify.functions.means import widened


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

    Accuracy: within 0.61 ulps in float32, every slope within 0.63, the largest seen of 7 million
        random inputs (claim gaussian_wasserstein_1_is_accurate); 16-bit floats within an ulp.
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
    return mean_size(mu_1, sigma_1, mu_2, sigma_2)


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

    Accuracy: no term is negative: a difference, a share and a product round each, and the sum
        once for each step that both quantile functions have (claim
        empirical_wasserstein_1_is_accurate for two and three points).
    Gradient: in a point, the share of the levels u where it is above the other sample's less
        that where it is below; where they meet, and there is none, 0.
    Source: Villani (2003), Topics in Optimal Transportation, remark 2.19.

    Example:
        >>> float(empirical_wasserstein_1(jnp.array([0.0, 4.0]), jnp.array([1.0])))
        2.0
    """
    x, y = samples("empirical_wasserstein_1", x=x, y=y)
    first, second, shares = _common_steps(x.shape[-1], y.shape[-1])
    unit = _unit(widened(x), widened(y))
    apart = _step(widened(x) * unit, first) - _step(widened(y) * unit, second)
    # The slope that JAX gives to abs at zero is one, and would pull points that meet apart.
    sizes = apart * jnp.sign(apart)
    total = jnp.matmul(sizes, jnp.asarray(shares, apart.dtype), precision="highest")
    return (total / unit[..., 0]).astype(x.dtype)


def _unit(x: Float[Array, "*#batch n"], y: Float[Array, "*#batch m"]) -> Float[Array, "*batch 1"]:
    """A power of two that keeps differences from over- and underflow."""
    largest = [jnp.max(jnp.abs(z), axis=-1, keepdims=True) for z in (x, y)]
    up = 2.0 ** (int(jnp.finfo(x.dtype).nmant) + 3)
    return jnp.where(jax.lax.stop_gradient(jnp.maximum(*largest)) > 1, 0.25, up)


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
