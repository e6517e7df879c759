"""What is claimed of the accuracy of functions of Gaussians: divergences, densities, distances.

An ulp is that of the exact value, so that an error under one ulp means: one of the two floats
next to it. Bounds hold in value and in every partial derivative, compiled, over the whole
domain where the exact result is a normal number.
"""

import math

import verify as vf
from verify.catalogue.accuracies import in_16_bits
from verify.functions import (
    gaussian_entropy,
    gaussian_kl,
    gaussian_kl_equal_variance,
    gaussian_kl_to_standard,
    gaussian_kl_to_standard_from_log_variance,
    gaussian_wasserstein_1,
    normal_density,
    normal_log_density,
)

SOURCE = "definition"
REAL, POSITIVE = vf.reals(), vf.positives()

# From 89.4 on exp(t)/2 is over all float32; readers in balls give up at exp(1e10).
TO_OVERFLOW = vf.reals(high=1000)

# From float16's least normal number on: in none of the formats is it taken for zero.
WIDTH = vf.reals(2.0**-14, math.inf)


@vf.claim(mu_1=REAL, sigma_1=POSITIVE, mu_2=REAL, sigma_2=POSITIVE, source=SOURCE)
def gaussian_kl_is_accurate(mu_1, sigma_1, mu_2, sigma_2):
    """KL(N(μ₁, σ₁²) ‖ N(μ₂, σ₂²)) within an ulp, in float32."""
    return vf.accurate(gaussian_kl, mu_1, sigma_1, mu_2, sigma_2, ulps=1)


@vf.claim(mu=REAL, sigma=POSITIVE, source=SOURCE)
def the_slopes_of_gaussian_kl_are_accurate(mu, sigma):
    """μ/σ² and (σ² - 1 - μ²)/σ³, of KL(N(0, 1) ‖ N(μ, σ²)), within an ulp, in float32."""
    return vf.accurate(
        lambda mu, sigma: gaussian_kl(0, 1, mu, sigma), mu, sigma, ulps=1, gradient=True
    )


@vf.claim(mu=REAL, sigma=POSITIVE, source=SOURCE)
def gaussian_kl_to_standard_is_accurate(mu, sigma):
    """KL(N(μ, σ²) ‖ N(0, 1)) within an ulp, in float32."""
    return vf.accurate(gaussian_kl_to_standard, mu, sigma, ulps=1)


@vf.claim(mu=REAL, sigma=POSITIVE, source=SOURCE)
def the_slopes_of_gaussian_kl_to_standard_are_accurate(mu, sigma):
    """μ and σ - 1/σ within an ulp, in float32."""
    return vf.accurate(gaussian_kl_to_standard, mu, sigma, ulps=1, gradient=True)


@vf.claim(mu=REAL, sigma=POSITIVE, source=SOURCE)
def gaussian_kl_to_standard_is_accurate_in_16_bits(mu, sigma):
    """KL(N(μ, σ²) ‖ N(0, 1)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(gaussian_kl_to_standard, mu, sigma)


@vf.claim(mu=REAL, t=TO_OVERFLOW, source=SOURCE)
def gaussian_kl_to_standard_from_log_variance_is_accurate(mu, t):
    """KL(N(μ, exp t) ‖ N(0, 1)) within an ulp, in float32."""
    return vf.accurate(gaussian_kl_to_standard_from_log_variance, mu, t, ulps=1)


@vf.claim(mu=REAL, t=TO_OVERFLOW, source=SOURCE)
def the_slopes_of_gaussian_kl_to_standard_from_log_variance_are_accurate(mu, t):
    """μ and (exp t - 1)/2 within an ulp, in float32."""
    return vf.accurate(gaussian_kl_to_standard_from_log_variance, mu, t, ulps=1, gradient=True)


@vf.claim(mu=REAL, t=TO_OVERFLOW, source=SOURCE)
def gaussian_kl_to_standard_from_log_variance_is_accurate_in_16_bits(mu, t):
    """KL(N(μ, exp t) ‖ N(0, 1)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(gaussian_kl_to_standard_from_log_variance, mu, t)


@vf.claim(mu_1=REAL, mu_2=REAL, sigma=POSITIVE, source=SOURCE)
def gaussian_kl_equal_variance_is_accurate(mu_1, mu_2, sigma):
    """KL(N(μ₁, σ²) ‖ N(μ₂, σ²)) within an ulp, in float32."""
    return vf.accurate(gaussian_kl_equal_variance, mu_1, mu_2, sigma, ulps=1)


@vf.claim(mu_1=REAL, mu_2=REAL, sigma=POSITIVE, source=SOURCE)
def the_slopes_of_gaussian_kl_equal_variance_are_accurate(mu_1, mu_2, sigma):
    """±(μ₁ - μ₂)/σ² and -(μ₁ - μ₂)²/σ³ within an ulp, in float32."""
    return vf.accurate(gaussian_kl_equal_variance, mu_1, mu_2, sigma, ulps=1, gradient=True)


@vf.claim(mu_1=REAL, mu_2=REAL, sigma=POSITIVE, source=SOURCE)
def gaussian_kl_equal_variance_is_accurate_in_16_bits(mu_1, mu_2, sigma):
    """KL(N(μ₁, σ²) ‖ N(μ₂, σ²)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(gaussian_kl_equal_variance, mu_1, mu_2, sigma)


@vf.claim(mu_1=REAL, sigma_1=POSITIVE, mu_2=REAL, sigma_2=POSITIVE, source=SOURCE)
def gaussian_kl_is_accurate_in_16_bits(mu_1, sigma_1, mu_2, sigma_2):
    """KL(N(μ₁, σ₁²) ‖ N(μ₂, σ₂²)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(gaussian_kl, mu_1, sigma_1, mu_2, sigma_2)


@vf.claim(mu_1=REAL, sigma_1=WIDTH, mu_2=REAL, sigma_2=WIDTH, source=SOURCE)
def gaussian_wasserstein_1_is_accurate_in_16_bits(mu_1, sigma_1, mu_2, sigma_2):
    """W₁(N(μ₁, σ₁²), N(μ₂, σ₂²)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(gaussian_wasserstein_1, mu_1, sigma_1, mu_2, sigma_2)


@vf.claim(mu=vf.reals(-1e3, 1e3), sigma=vf.reals(1e-3, 1e3), source=SOURCE)
def the_slopes_of_gaussian_wasserstein_1_are_accurate(mu, sigma):
    """erf(m/(|s|√2)) and ±√(2/π) exp(-m²/(2s²)) within an ulp, in float32, from N(1, 1)."""
    distance = lambda mu, sigma: gaussian_wasserstein_1(mu, sigma, 1.0, 1.0)
    return vf.accurate(distance, mu, sigma, ulps=1, gradient=True)


@vf.claim(mu_1=REAL, sigma_1=POSITIVE, mu_2=REAL, sigma_2=POSITIVE, source=SOURCE)
def gaussian_wasserstein_1_is_accurate(mu_1, sigma_1, mu_2, sigma_2):
    """W₁(N(μ₁, σ₁²), N(μ₂, σ₂²)) within an ulp, in float32."""
    return vf.accurate(gaussian_wasserstein_1, mu_1, sigma_1, mu_2, sigma_2, ulps=1)


@vf.claim(sigma=POSITIVE, source=SOURCE)
def gaussian_entropy_is_accurate(sigma):
    """log σ + log(2πe)/2 within an ulp, in float32."""
    return vf.accurate(gaussian_entropy, sigma, ulps=1)


@vf.claim(sigma=POSITIVE, source=SOURCE)
def gaussian_entropy_is_accurate_in_16_bits(sigma):
    """log σ + log(2πe)/2 within an ulp, in bfloat16 and float16."""
    return in_16_bits(gaussian_entropy, sigma)


@vf.claim(z=REAL, mu=REAL, sigma=POSITIVE, source=SOURCE)
def normal_density_is_accurate(z, mu, sigma):
    """N(z; μ, σ²) within an ulp, in float32."""
    return vf.accurate(normal_density, z, mu, sigma, ulps=1)


@vf.claim(z=REAL, mu=REAL, sigma=vf.reals(0.4, math.inf), source=SOURCE)
def normal_log_density_is_accurate(z, mu, sigma):
    """log N(z; μ, σ²) within an ulp, in float32, where σ is so large that it has no zero."""
    return vf.accurate(normal_log_density, z, mu, sigma, ulps=1)


@vf.claim(z=REAL, mu=REAL, sigma=POSITIVE, holds=False, source=SOURCE)
def normal_log_density_is_accurate_at_its_zeros(z, mu, sigma):
    """log N(z; μ, σ²) within an ulp, in float32, for all σ: digits go where it passes zero."""
    return vf.accurate(normal_log_density, z, mu, sigma, ulps=1)
