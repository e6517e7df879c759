"""Entropy and divergence of Gaussians on the line and in the plane."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import mean_under
from verify.catalogue.matrices import TRIANGLE, determinant, inverse, lower, square
from verify.functions import gaussian_entropy, gaussian_kl, normal_log_density

# A Gaussian of the plane, N(m, LLᵀ) with L lower triangular, and two whose means are Δ apart.
_ONE: dict[str, Any] = {"mean": vf.reals(-3, 3, shape=(2,)), "triangle": TRIANGLE}
_TWO: dict[str, Any] = {
    "shift": vf.reals(-3, 3, shape=(2,)),
    "triangle_1": TRIANGLE,
    "triangle_2": TRIANGLE,
}


def _textbook_entropy(sigma):
    """½ log(2πeσ²)."""
    return jnp.log(2 * vf.pi * jnp.exp(1.0) * sigma**2) / 2


@vf.claim(mu=vf.reals(-3, 3), sigma=vf.reals(0.05, 20), source="Shannon (1948), section 20")
def the_entropy_of_a_gaussian(mu, sigma):
    """-∫ N log N = ½ log(2πeσ²), whatever μ."""
    entropy = mean_under(mu, sigma, lambda z: -normal_log_density(z, mu, sigma))
    return vf.equal(entropy, _textbook_entropy(sigma))


@vf.claim(sigma=vf.positives(), source="Shannon (1948), section 20")
def gaussian_entropy_is_the_textbook_formula(sigma):
    """gaussian_entropy(σ) = ½ log(2πeσ²)."""
    return vf.equal(gaussian_entropy(sigma), _textbook_entropy(sigma))


@vf.claim(sigma=vf.positives(), holds=False, source="Shannon (1948), section 20")
def the_entropy_of_a_gaussian_is_not_negative(sigma):
    """½ log(2πeσ²) ≥ 0."""
    return vf.at_most(0, _textbook_entropy(sigma))


@vf.claim(sigma=vf.positives(), source="Shannon (1948), section 20")
def the_entropy_of_a_gaussian_is_negative_where_it_is_narrow(sigma):
    """½ log(2πeσ²) has the sign of σ - 1/√(2πe)."""
    edge = 1 / jnp.sqrt(2 * vf.pi * jnp.exp(1.0))
    return vf.all_of(
        vf.implies(vf.less(sigma, edge), vf.less(_textbook_entropy(sigma), 0)),
        vf.implies(vf.less(edge, sigma), vf.less(0, _textbook_entropy(sigma))),
    )


@vf.claim(sigma=vf.positives(), scale=vf.positives(), source="Shannon (1948), section 20")
def the_entropy_of_a_scaled_gaussian(sigma, scale):
    """The entropy of az is that of z plus log a: it depends on the unit."""
    scaled = _textbook_entropy(scale * sigma)
    return vf.equal(scaled, _textbook_entropy(sigma) + jnp.log(scale))


@vf.claim(sigma=vf.positives(), source="Shannon (1948), section 20")
def a_gaussian_has_more_entropy_than_others_of_its_variance(sigma):
    """A uniform has log(√12 σ), a Laplace distribution 1 + log(√2 σ): under ½ log(2πeσ²)."""
    others = jnp.stack([jnp.log(jnp.sqrt(12.0) * sigma), 1 + jnp.log(jnp.sqrt(2.0) * sigma)])
    return vf.less(others, _textbook_entropy(sigma))


def _log_density(z, mean, covariance):
    """-½(z - m)ᵀ Σ⁻¹ (z - m) - ½ log det 2πΣ."""
    quadratic = (z - mean) @ inverse(covariance) @ (z - mean)
    return -(quadratic + jnp.log(determinant(2 * vf.pi * covariance))) / 2


def _mean_of_quadratic(mean, factor, f):
    """E f(m + Lε) = (1/4) Σ f(m ± √2 L e_i): exact for quadratic f, as E ε = 0 and E εεᵀ = I."""
    steps = jnp.sqrt(2.0) * jnp.concatenate([factor.T, -factor.T])
    return jnp.mean(jax.vmap(f)(mean[None, :] + steps))


@vf.claim(**_ONE, z=vf.reals(-5, 5, shape=(2,)), source="Cover and Thomas (2006), chapter 8")
def the_density_in_the_plane_is_a_product(mean, triangle, z):
    """N(z; m, LLᵀ) = N(z₁; m₁, L₁₁²) N(z₂; m₂ + L₂₁(z₁ - m₁)/L₁₁, L₂₂²)."""
    factor = lower(triangle)
    conditional = mean[1] + factor[1, 0] * (z[0] - mean[0]) / factor[0, 0]
    first = normal_log_density(z[0], mean[0], factor[0, 0])
    second = normal_log_density(z[1], conditional, factor[1, 1])
    return vf.equal(_log_density(z, mean, square(factor)), first + second)


@vf.claim(**_ONE, source="Cover and Thomas (2006), chapter 8")
def the_entropy_in_the_plane(mean, triangle):
    """-E log N(z; m, LLᵀ) = ½ log det 2πeLLᵀ = ½ log(2πeL₁₁²) + ½ log(2πeL₂₂²)."""
    factor = lower(triangle)
    log_density = lambda z: _log_density(z, mean, square(factor))
    entropy = -_mean_of_quadratic(mean, factor, log_density)
    scaled = 2 * vf.pi * jnp.exp(1.0) * square(factor)
    return vf.all_of(
        vf.equal(entropy, jnp.log(determinant(scaled)) / 2),
        vf.equal(entropy, jnp.sum(_textbook_entropy(jnp.diag(factor)))),
    )


def _mean_log_ratio(shift, factor_1, factor_2):
    """E log(p/q) under p = N(Δ, L₁L₁ᵀ), q = N(0, L₂L₂ᵀ): a quadratic's mean."""
    log_p = lambda z: _log_density(z, shift, square(factor_1))
    log_q = lambda z: _log_density(z, jnp.zeros(2), square(factor_2))
    return _mean_of_quadratic(shift, factor_1, lambda z: log_p(z) - log_q(z))


def _trace_and_distance(shift, factor_1, factor_2):
    """tr Σ₂⁻¹Σ₁ + Δᵀ Σ₂⁻¹ Δ - 2."""
    precision = inverse(square(factor_2))
    return jnp.trace(precision @ square(factor_1)) + shift @ precision @ shift - 2


def _log_ratio(factor_1, factor_2):
    """log det Σ₂/det Σ₁."""
    return jnp.log(determinant(square(factor_2)) / determinant(square(factor_1)))


def _divergence(shift, factor_1, factor_2):
    """½[tr Σ₂⁻¹Σ₁ + Δᵀ Σ₂⁻¹ Δ - 2 + log det Σ₂/det Σ₁]."""
    return (_trace_and_distance(shift, factor_1, factor_2) + _log_ratio(factor_1, factor_2)) / 2


@vf.claim(**_TWO, source="Kullback (1959), chapter 9, in the plane")
def the_divergence_in_the_plane(shift, triangle_1, triangle_2):
    """KL = ½[tr Σ₂⁻¹Σ₁ + Δᵀ Σ₂⁻¹ Δ - 2 + log det Σ₂/det Σ₁]."""
    case = shift, lower(triangle_1), lower(triangle_2)
    return vf.equal(_mean_log_ratio(*case), _divergence(*case))


@vf.claim(**_TWO, holds=False, source="Kullback (1959), chapter 9, in the plane")
def the_divergence_in_the_plane_with_the_ratio_flipped(shift, triangle_1, triangle_2):
    """KL = ½[tr Σ₂⁻¹Σ₁ + Δᵀ Σ₂⁻¹ Δ - 2 + log det Σ₁/det Σ₂]."""
    case = shift, lower(triangle_1), lower(triangle_2)
    flipped = (_trace_and_distance(*case) - _log_ratio(*case[1:])) / 2
    return vf.equal(_mean_log_ratio(*case), flipped)


@vf.claim(**_TWO, source="Kullback (1959), chapter 9, in the plane, by the chain rule")
def the_divergence_in_the_plane_is_that_of_one_coordinate_after_the_other(
    shift, triangle_1, triangle_2
):
    """KL of the first coordinates, and the mean KL of the second ones given the first."""
    first, second = lower(triangle_1), lower(triangle_2)
    marginal = gaussian_kl(shift[0], first[0, 0], 0.0, second[0, 0])
    slopes = first[1, 0] / first[0, 0], second[1, 0] / second[0, 0]

    def given(z):
        means = shift[1] + slopes[0] * (z - shift[0]), slopes[1] * z
        return gaussian_kl(means[0], first[1, 1], means[1], second[1, 1])

    step = first[0, 0]
    conditional = (given(shift[0] - step) + given(shift[0] + step)) / 2
    return vf.equal(_divergence(shift, first, second), marginal + conditional)


@vf.claim(**_TWO, source="Gibbs' inequality, for Gaussians")
def the_divergence_in_the_plane_is_not_negative(shift, triangle_1, triangle_2):
    """½[tr Σ₂⁻¹Σ₁ + Δᵀ Σ₂⁻¹ Δ - 2 + log det Σ₂/det Σ₁] ≥ 0."""
    return vf.at_most(0, _divergence(shift, lower(triangle_1), lower(triangle_2)))
