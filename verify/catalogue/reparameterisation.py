"""Gradients of a Gaussian mean: by the score, by the path, by curvature; and Fisher information."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import mean_under
from verify.functions import gaussian_kl, normal_log_density

# A Gaussian N(μ, σ²) and a wave sin(tz) + z², for which integrals are computed.
_GAUSSIAN: dict[str, Any] = {"mu": vf.reals(-3, 3), "sigma": vf.reals(0.2, 5)}
_WAVE: dict[str, Any] = {**_GAUSSIAN, "t": vf.reals(-2, 2)}

# The same for the cubic az³ + bz² + cz, whose mean has a closed form.
_CUBIC: dict[str, Any] = {
    "mu": vf.reals(),
    "sigma": vf.positives(),
    "coefficients": vf.reals(shape=(3,)),
}


def _wave(t):
    return lambda z: jnp.sin(t * z) + z**2


def _mean_wave(mu, sigma, t):
    """E[sin(tz) + z²] = sin(tμ) exp(-t²σ²/2) + μ² + σ²."""
    return jnp.sin(t * mu) * jnp.exp(-((t * sigma) ** 2) / 2) + mu**2 + sigma**2


def _cubic(coefficients):
    a, b, c = coefficients
    return lambda z: a * z**3 + b * z**2 + c * z


def _mean_cubic(mu, sigma, coefficients):
    """E[az³ + bz² + cz] = a(μ³ + 3μσ²) + b(μ² + σ²) + cμ."""
    a, b, c = coefficients
    return a * (mu**3 + 3 * mu * sigma**2) + b * (mu**2 + sigma**2) + c * mu


def _mean_of_polynomial(mu, sigma, f):
    """E f(μ + σε) = f(μ - √3σ)/6 + 2f(μ)/3 + f(μ + √3σ)/6, up to degree 5 (Gauss and Hermite)."""
    reach = jnp.sqrt(3.0) * sigma
    return (f(mu - reach) + 4 * f(mu) + f(mu + reach)) / 6


@vf.claim(**_WAVE, source="Kingma and Welling (2014), 2.4")
def the_mean_of_a_wave(mu, sigma, t):
    """E[sin(tz) + z²] = sin(tμ) exp(-t²σ²/2) + μ² + σ²."""
    return vf.equal(mean_under(mu, sigma, _wave(t)), _mean_wave(mu, sigma, t))


@vf.claim(**_CUBIC, source="Gauss and Hermite's quadrature")
def the_mean_of_a_cubic_at_three_points(mu, sigma, coefficients):
    """E f = f(μ - √3σ)/6 + 2f(μ)/3 + f(μ + √3σ)/6 = a(μ³ + 3μσ²) + b(μ² + σ²) + cμ."""
    mean = _mean_of_polynomial(mu, sigma, _cubic(coefficients))
    return vf.equal(mean, _mean_cubic(mu, sigma, coefficients))


@vf.claim(**_WAVE, source="Williams (1992); Kingma and Welling (2014), 2.2")
def the_score_estimates_the_gradient_in_the_mean(mu, sigma, t):
    """∂_μ E f = E[f(z)(z - μ)/σ²] for f(z) = sin(tz) + z²."""
    score = mean_under(mu, sigma, lambda z: _wave(t)(z) * (z - mu) / sigma**2)
    return vf.equal(jax.grad(_mean_wave)(mu, sigma, t), score)


@vf.claim(**_WAVE, holds=False, source="Williams (1992); Kingma and Welling (2014), 2.2")
def the_score_without_the_variance_estimates_the_gradient_in_the_mean(mu, sigma, t):
    """∂_μ E f = E[f(z)(z - μ)] for f(z) = sin(tz) + z²."""
    score = mean_under(mu, sigma, lambda z: _wave(t)(z) * (z - mu))
    return vf.equal(jax.grad(_mean_wave)(mu, sigma, t), score)


@vf.claim(**_WAVE, source="Bonnet (1964)")
def the_gradient_in_the_mean_is_the_mean_slope(mu, sigma, t):
    """∂_μ ∫ f(z) N(z; μ, σ²) dz = ∫ f'(z) N(z; μ, σ²) dz for f(z) = sin(tz) + z²."""
    gradient = jax.grad(lambda mu: mean_under(mu, sigma, _wave(t)))(mu)
    return vf.equal(gradient, mean_under(mu, sigma, jax.grad(_wave(t))))


@vf.claim(**_CUBIC, source="Bonnet (1964)")
def the_gradient_of_the_mean_of_a_cubic(mu, sigma, coefficients):
    """∂_μ E f = E f' = E[f(z)(z - μ)/σ²] for f(z) = az³ + bz² + cz."""
    f = _cubic(coefficients)
    gradient = jax.grad(_mean_cubic)(mu, sigma, coefficients)
    score = lambda z: f(z) * (z - mu) / sigma**2
    return vf.all_of(
        vf.equal(gradient, _mean_of_polynomial(mu, sigma, jax.grad(f))),
        vf.equal(gradient, _mean_of_polynomial(mu, sigma, score)),
    )


@vf.claim(**_WAVE, source="Price (1958)")
def the_gradient_in_the_deviation_is_the_mean_curvature(mu, sigma, t):
    """∂_σ E f = σ E f'' for f(z) = sin(tz) + z²."""
    curvature = mean_under(mu, sigma, jax.grad(jax.grad(_wave(t))))
    return vf.equal(jax.grad(_mean_wave, argnums=1)(mu, sigma, t), sigma * curvature)


@vf.claim(**_CUBIC, source="Price (1958)")
def the_gradient_in_the_deviation_for_a_cubic(mu, sigma, coefficients):
    """∂_σ E f = σ E f'' = E[f(z)((z - μ)²/σ² - 1)/σ] for f(z) = az³ + bz² + cz."""
    f = _cubic(coefficients)
    gradient = jax.grad(_mean_cubic, argnums=1)(mu, sigma, coefficients)
    score = lambda z: f(z) * (((z - mu) / sigma) ** 2 - 1) / sigma
    return vf.all_of(
        vf.equal(gradient, sigma * _mean_of_polynomial(mu, sigma, jax.grad(jax.grad(f)))),
        vf.equal(gradient, _mean_of_polynomial(mu, sigma, score)),
    )


@vf.claim(**_CUBIC, holds=False, source="Price (1958)")
def the_gradient_in_the_deviation_is_half_the_mean_curvature(mu, sigma, coefficients):
    """∂_σ E f = ½ E f'' for f(z) = az³ + bz² + cz."""
    curvature = _mean_of_polynomial(mu, sigma, jax.grad(jax.grad(_cubic(coefficients))))
    gradient = jax.grad(_mean_cubic, argnums=1)(mu, sigma, coefficients)
    return vf.equal(gradient, curvature / 2)


@vf.claim(**_CUBIC, source="Price (1958)")
def the_gradient_in_the_variance_is_half_the_mean_curvature(mu, sigma, coefficients):
    """∂_v E f = ½ E f'' for v = σ² and f(z) = az³ + bz² + cz."""
    curvature = _mean_of_polynomial(mu, sigma, jax.grad(jax.grad(_cubic(coefficients))))
    mean = lambda variance: _mean_cubic(mu, jnp.sqrt(variance), coefficients)
    return vf.equal(jax.grad(mean)(sigma**2), curvature / 2)


@vf.claim(**_WAVE, source="Kingma and Welling (2014), 2.4, in the deviation")
def the_path_gives_the_gradient_in_the_deviation(mu, sigma, t):
    """∂_σ E f = E[f'(μ + σε) ε], ε ~ N(0, 1), for f(z) = sin(tz) + z²."""
    path = lambda eps: jax.grad(_wave(t))(mu + sigma * eps) * eps
    return vf.equal(jax.grad(_mean_wave, argnums=1)(mu, sigma, t), mean_under(0, 1, path))


@vf.claim(**_CUBIC, holds=False, source="Kingma and Welling (2014), 2.4, in the deviation")
def the_mean_slope_is_the_gradient_in_the_deviation(mu, sigma, coefficients):
    """∂_σ E f = E f'(μ + σε), the draw ε left out, for f(z) = az³ + bz² + cz."""
    slope = _mean_of_polynomial(mu, sigma, jax.grad(_cubic(coefficients)))
    return vf.equal(jax.grad(_mean_cubic, argnums=1)(mu, sigma, coefficients), slope)


def _scores(z, mu, sigma):
    """∂_μ and ∂_σ of log N(z; μ, σ²)."""
    return jax.grad(normal_log_density, argnums=(1, 2))(z, mu, sigma)


@vf.claim(**_GAUSSIAN, source="Fisher (1922)")
def the_fisher_information_of_the_mean(mu, sigma):
    """I_μ = E[(∂_μ log N)²] = 1/σ²."""
    return vf.equal(mean_under(mu, sigma, lambda z: _scores(z, mu, sigma)[0] ** 2), 1 / sigma**2)


@vf.claim(**_GAUSSIAN, source="Fisher (1922), for the deviation")
def the_fisher_information_of_the_deviation(mu, sigma):
    """I_σ = E[(∂_σ log N)²] = 2/σ²."""
    return vf.equal(mean_under(mu, sigma, lambda z: _scores(z, mu, sigma)[1] ** 2), 2 / sigma**2)


@vf.claim(**_GAUSSIAN, holds=False, source="Fisher (1922), for the deviation")
def the_fisher_information_of_the_deviation_is_that_of_the_mean(mu, sigma):
    """I_σ = E[(∂_σ log N)²] = 1/σ²."""
    return vf.equal(mean_under(mu, sigma, lambda z: _scores(z, mu, sigma)[1] ** 2), 1 / sigma**2)


@vf.claim(mu=vf.reals(), sigma=vf.positives(), source="Kullback (1959), chapter 2")
def the_fisher_information_is_the_curvature_of_the_divergence(mu, sigma):
    """∇² of KL(N(μ, σ²) ‖ N(m, s²)) in (m, s), at (μ, σ), is diag(1/σ², 2/σ²)."""
    kl = lambda other: gaussian_kl(mu, sigma, other[0], other[1])
    information = jnp.diag(jnp.stack([1 / sigma**2, 2 / sigma**2]))
    return vf.equal(jax.hessian(kl)(jnp.stack([mu, sigma])), information)
