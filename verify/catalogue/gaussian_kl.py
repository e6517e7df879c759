"""The divergence of a Gaussian from the standard one, line by line as the notes derive it."""

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import divergence, mean_under
from verify.functions import (
    categorical_kl,
    gaussian_entropy,
    gaussian_kl,
    gaussian_kl_to_standard,
    normal_log_density,
)

# Means and deviations for which an integral is computed.
_MEAN, _DEVIATION = vf.reals(-5, 5), vf.reals(0.05, 20)


def _kl_textbook(mu, sigma):
    """½ log(1/σ²) + (σ² + μ²)/2 - ½."""
    return jnp.log(1 / sigma**2) / 2 + (sigma**2 + mu**2) / 2 - 0.5


def _total_as_written(mu, sigma):
    """∫ of exp(-(z - μ)²/(2σ²)) / (√(2π) σ²), the notes' (3)."""
    bump = lambda z: jnp.exp(-((z - mu) ** 2) / (2 * sigma**2))
    return vf.integral(lambda z: bump(z) / (jnp.sqrt(2 * vf.pi) * sigma**2), -jnp.inf, jnp.inf)


@vf.claim(mu=_MEAN, sigma=_DEVIATION, holds=False, source="Notes A, 4a, (3)")
def the_density_as_written_integrates_to_one(mu, sigma):
    """∫ exp(-(z - μ)²/(2σ²)) / (√(2π) σ²) dz = 1."""
    return vf.equal(_total_as_written(mu, sigma), 1)


@vf.claim(mu=_MEAN, sigma=_DEVIATION, source="Notes A, 4a, (3)")
def the_density_as_written_integrates_to_one_over_sigma(mu, sigma):
    """∫ exp(-(z - μ)²/(2σ²)) / (√(2π) σ²) dz = 1/σ."""
    return vf.equal(_total_as_written(mu, sigma), 1 / sigma)


@vf.claim(mu=_MEAN, sigma=_DEVIATION, source="Notes A, 4a, (3)")
def the_normal_density_integrates_to_one(mu, sigma):
    """∫ exp(-(z - μ)²/(2σ²)) / √(2πσ²) dz = 1."""
    bump = lambda z: jnp.exp(-((z - mu) ** 2) / (2 * sigma**2))
    density = lambda z: bump(z) / jnp.sqrt(2 * vf.pi * sigma**2)
    return vf.equal(vf.integral(density, -jnp.inf, jnp.inf), 1)


@vf.claim(z=vf.reals(), mu=vf.reals(), sigma=vf.positives(), source="Notes A, 4a, (3)")
def normal_density_is_the_normal_density(z, mu, sigma):
    """normal_density = exp(-(z - μ)²/(2σ²)) / √(2πσ²), and normal_log_density its logarithm."""
    exponent = -((z - mu) ** 2) / (2 * sigma**2)
    return vf.all_of(
        vf.equal(
            vf.normal_density(z, mu, sigma), jnp.exp(exponent) / jnp.sqrt(2 * vf.pi * sigma**2)
        ),
        vf.equal(normal_log_density(z, mu, sigma), exponent - jnp.log(2 * vf.pi * sigma**2) / 2),
    )


@vf.claim(mu=_MEAN, sigma=_DEVIATION, source="Notes A, 4a")
def the_mean_is_mu(mu, sigma):
    """E[z] = μ under q."""
    return vf.equal(mean_under(mu, sigma, lambda z: z), mu)


@vf.claim(mu=_MEAN, sigma=_DEVIATION, source="Notes A, 4a")
def the_second_moment_is_sigma_squared_plus_mu_squared(mu, sigma):
    """E[z²] = σ² + μ² under q."""
    return vf.equal(mean_under(mu, sigma, lambda z: z**2), sigma**2 + mu**2)


def _cross_entropy(mu, sigma):
    """-∫ q log p, p = N(0, 1)."""
    return mean_under(mu, sigma, lambda z: -normal_log_density(z, 0, 1))


@vf.claim(mu=_MEAN, sigma=_DEVIATION, holds=False, source="Notes A, 4a, lines 2 and 3")
def the_cross_entropy_has_the_second_moment_over_the_variance(mu, sigma):
    """-∫ q log p = ½ log 2π + E[z²]/(2σ²)."""
    second = sigma**2 + mu**2
    return vf.equal(_cross_entropy(mu, sigma), jnp.log(2 * vf.pi) / 2 + second / (2 * sigma**2))


@vf.claim(mu=_MEAN, sigma=_DEVIATION, source="Notes A, 4a, lines 2 and 3")
def the_cross_entropy_has_half_the_second_moment(mu, sigma):
    """-∫ q log p = ½ log 2π + E[z²]/2."""
    second = sigma**2 + mu**2
    return vf.equal(_cross_entropy(mu, sigma), jnp.log(2 * vf.pi) / 2 + second / 2)


@vf.claim(mu=_MEAN, sigma=_DEVIATION, source="Notes A, 4a, lines 2 and 3")
def the_entropy_term_is_that_of_a_gaussian(mu, sigma):
    """-∫ q log q = ½ log(2πeσ²)."""
    entropy = mean_under(mu, sigma, lambda z: -normal_log_density(z, mu, sigma))
    return vf.all_of(
        vf.equal(entropy, jnp.log(2 * vf.pi * jnp.exp(1.0) * sigma**2) / 2),
        vf.equal(entropy, gaussian_entropy(sigma)),
    )


@vf.claim(mu=_MEAN, sigma=_DEVIATION, source="Notes A, 4a, the line before the last")
def the_line_before_the_last(mu, sigma):
    """KL = ½ log(1/σ²) + (σ² + μ²)/2 · (1 - 1/σ²) + μ²/(2σ²)."""
    second = sigma**2 + mu**2
    line = jnp.log(1 / sigma**2) / 2 + second / 2 * (1 - 1 / sigma**2) + mu**2 / (2 * sigma**2)
    return vf.equal(divergence(mu, sigma, 0, 1), line)


@vf.claim(mu=_MEAN, sigma=_DEVIATION, source="Notes A, 4a, the last line")
def the_divergence_from_the_standard_normal(mu, sigma):
    """KL(N(μ, σ²) ‖ N(0, 1)) = ½ log(1/σ²) + (σ² + μ²)/2 - ½."""
    return vf.equal(divergence(mu, sigma, 0, 1), _kl_textbook(mu, sigma))


@vf.claim(mu=vf.reals(), sigma=vf.positives(), source="Notes A, 4a, the last line")
def the_two_last_lines_are_equal(mu, sigma):
    """½ log(1/σ²) + (σ² + μ²)/2 · (1 - 1/σ²) + μ²/(2σ²) = ½ log(1/σ²) + (σ² + μ²)/2 - ½."""
    second = sigma**2 + mu**2
    line = jnp.log(1 / sigma**2) / 2 + second / 2 * (1 - 1 / sigma**2) + mu**2 / (2 * sigma**2)
    return vf.equal(line, _kl_textbook(mu, sigma))


@vf.claim(mu=vf.reals(), sigma=vf.positives(), source="Kingma and Welling (2014), appendix B")
def gaussian_kl_to_standard_is_the_textbook_formula(mu, sigma):
    """gaussian_kl_to_standard = ½ log(1/σ²) + (σ² + μ²)/2 - ½."""
    return vf.equal(gaussian_kl_to_standard(mu, sigma), _kl_textbook(mu, sigma))


@vf.claim(mu=vf.reals(), sigma=vf.positives(), source="Gibbs' inequality")
def the_divergence_is_not_negative(mu, sigma):
    """½ log(1/σ²) + (σ² + μ²)/2 - ½ ≥ 0."""
    return vf.at_most(0, _kl_textbook(mu, sigma))


@vf.claim(mu=vf.reals(), sigma=vf.positives(), source="Gibbs' inequality")
def the_divergence_is_zero_only_at_the_standard_normal(mu, sigma):
    """KL(N(μ, σ²) ‖ N(0, 1)) > 0 for (μ, σ) ≠ (0, 1)."""
    elsewhere = vf.less(0, mu**2 + (sigma - 1) ** 2)
    return vf.implies(elsewhere, vf.less(0, _kl_textbook(mu, sigma)))


@vf.claim(source="Gibbs' inequality")
def the_divergence_is_zero_at_the_standard_normal():
    """KL(N(0, 1) ‖ N(0, 1)) = 0."""
    return vf.all_of(
        vf.equal(_kl_textbook(0.0, 1.0), 0), vf.equal(gaussian_kl_to_standard(0.0, 1.0), 0)
    )


@vf.claim(mu=vf.reals(-3, 3), sigma=vf.reals(0.2, 5), source="Notes A, 4a")
def the_gradient_of_the_integral(mu, sigma):
    """∂_μ ∫ q log(q/p) = μ and ∂_σ ∫ q log(q/p) = σ - 1/σ."""
    kl = lambda mu, sigma: divergence(mu, sigma, 0, 1)
    return vf.equal(jax.grad(kl, argnums=(0, 1))(mu, sigma), (mu, sigma - 1 / sigma))


@vf.claim(mu=vf.reals(), sigma=vf.positives(), source="Kingma and Welling (2014), appendix B")
def the_gradient_of_gaussian_kl_to_standard(mu, sigma):
    """∂_μ KL = μ and ∂_σ KL = σ - 1/σ, by JAX's rules and as true derivatives."""
    true = (
        vf.derivative(lambda mu: gaussian_kl_to_standard(mu, sigma), mu),
        vf.derivative(lambda sigma: gaussian_kl_to_standard(mu, sigma), sigma),
    )
    wanted = (mu, sigma - 1 / sigma)
    by_rules = jax.grad(gaussian_kl_to_standard, argnums=(0, 1))(mu, sigma)
    return vf.all_of(vf.equal(by_rules, wanted), vf.equal(true, wanted))


@vf.claim(
    mu=vf.reals(shape=(3,)),
    sigma=vf.positives(shape=(3,)),
    source="Kingma and Welling (2014), appendix B",
)
def the_divergence_sums_over_dimensions(mu, sigma):
    """Σ_j KL(N(μ_j, σ_j²) ‖ N(0, 1)) = ½(tr Σ + μᵀμ - k - log det Σ), Σ = diag σ²."""
    covariance = jnp.diag(sigma**2)
    log_determinant = jnp.log(jnp.linalg.det(covariance))
    joint = (jnp.trace(covariance) + mu @ mu - 3 - log_determinant) / 2
    return vf.equal(jnp.sum(_kl_textbook(mu, sigma)), joint)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), r=vf.simplex(2), s=vf.simplex(2), source="Chain rule")
def the_divergence_of_products_is_the_sum(p, q, r, s):
    """KL(p ⊗ r ‖ q ⊗ s) = KL(p ‖ q) + KL(r ‖ s) for any distributions."""
    joint, other = jnp.outer(p, r), jnp.outer(q, s)
    total = jnp.sum(joint * jnp.log(joint / other))
    return vf.equal(total, categorical_kl(p, q) + categorical_kl(r, s))


@vf.claim(
    mu_1=vf.reals(-3, 3),
    sigma_1=vf.reals(0.1, 5),
    mu_2=vf.reals(-3, 3),
    sigma_2=vf.reals(0.1, 5),
    source="Kullback (1959), chapter 9",
)
def the_divergence_of_two_gaussians(mu_1, sigma_1, mu_2, sigma_2):
    """∫ q log(q/p) = log(σ₂/σ₁) + (σ₁² + (μ₁ - μ₂)²)/(2σ₂²) - ½."""
    closed = jnp.log(sigma_2 / sigma_1) + (sigma_1**2 + (mu_1 - mu_2) ** 2) / (2 * sigma_2**2) - 0.5
    return vf.equal(divergence(mu_1, sigma_1, mu_2, sigma_2), closed)


@vf.claim(
    mu_1=vf.reals(),
    sigma_1=vf.positives(),
    mu_2=vf.reals(),
    sigma_2=vf.positives(),
    source="Kullback (1959), chapter 9",
)
def gaussian_kl_is_the_textbook_formula(mu_1, sigma_1, mu_2, sigma_2):
    """gaussian_kl = log(σ₂/σ₁) + (σ₁² + (μ₁ - μ₂)²)/(2σ₂²) - ½."""
    quadratic = (sigma_1**2 + (mu_1 - mu_2) ** 2) / (2 * sigma_2**2)
    return vf.equal(
        gaussian_kl(mu_1, sigma_1, mu_2, sigma_2), jnp.log(sigma_2 / sigma_1) + quadratic - 0.5
    )
