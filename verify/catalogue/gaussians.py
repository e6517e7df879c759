"""What several files say of Gaussians: integrals from the definition, and a premise."""

import jax.numpy as jnp

import verify as vf
from verify.functions import normal_log_density


def mean_under(mu, sigma, f):
    """E f(z) = ∫ f(z) N(z; μ, σ²) dz."""
    return vf.integral(lambda z: vf.normal_density(z, mu, sigma) * f(z), -jnp.inf, jnp.inf)


def divergence(mu_1, sigma_1, mu_2, sigma_2):
    """∫ p log(p/q) for p = N(μ₁, σ₁²) and q = N(μ₂, σ₂²)."""
    log_p = lambda z: normal_log_density(z, mu_1, sigma_1)
    log_q = lambda z: normal_log_density(z, mu_2, sigma_2)
    return mean_under(mu_1, sigma_1, lambda z: log_p(z) - log_q(z))


def apart(delta):
    """δ ≠ 0."""
    return vf.less(0, delta**2)
