"""What is claimed of the accuracy of functions of several variables: losses, categorical KL.

An ulp is that of the exact value, so that an error under one ulp means: one of the two floats
next to it. Bounds hold in value and in every partial derivative, compiled, over the whole
domain where the exact result is a normal number. Of n terms that are not negative, each within
an ulp, a sum loses half an ulp or so a term more: bounds of sums are for two or three terms.
"""

import verify as vf
from verify.catalogue.accuracies import in_16_bits
from verify.functions import (
    binary_cross_entropy,
    categorical_entropy,
    categorical_jsd,
    categorical_kl,
    categorical_total_variation,
    critic_loss,
    discriminator_loss,
    empirical_wasserstein_1,
    gradient_penalty,
    mean_squared_error,
    minimax_loss,
    non_saturating_loss,
    optimal_discriminator,
    optimal_discriminator_from_logs,
    optimal_logit,
    reverse_kl_loss,
    sigmoid,
)

SOURCE = "definition"
REAL, POSITIVE = vf.reals(), vf.positives()


@vf.claim(p=POSITIVE, q=POSITIVE, source=SOURCE)
def optimal_discriminator_is_accurate(p, q):
    """p/(p + q) within an ulp, in float32."""
    return vf.accurate(optimal_discriminator, p, q, ulps=1)


@vf.claim(p=POSITIVE, q=POSITIVE, source=SOURCE)
def the_slopes_of_optimal_discriminator_are_accurate(p, q):
    """q/(p + q)² and -p/(p + q)² within an ulp, in float32."""
    return vf.accurate(optimal_discriminator, p, q, ulps=1, gradient=True)


@vf.claim(p=POSITIVE, q=POSITIVE, source=SOURCE)
def optimal_discriminator_is_accurate_in_16_bits(p, q):
    """p/(p + q) within an ulp, in bfloat16 and float16."""
    return in_16_bits(optimal_discriminator, p, q)


@vf.claim(a=REAL, b=REAL, source=SOURCE)
def optimal_discriminator_from_logs_is_accurate(a, b):
    """1/(1 + exp(b - a)) within an ulp, in float32."""
    return vf.accurate(optimal_discriminator_from_logs, a, b, ulps=1)


@vf.claim(a=REAL, b=REAL, source=SOURCE)
def the_slopes_of_optimal_discriminator_from_logs_are_accurate(a, b):
    """D(1 - D) and -D(1 - D), D = 1/(1 + exp(b - a)), within an ulp, in float32."""
    return vf.accurate(optimal_discriminator_from_logs, a, b, ulps=1, gradient=True)


@vf.claim(a=REAL, b=REAL, source=SOURCE)
def optimal_discriminator_from_logs_is_accurate_in_16_bits(a, b):
    """1/(1 + exp(b - a)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(optimal_discriminator_from_logs, a, b)


@vf.claim(p=POSITIVE, q=POSITIVE, source=SOURCE)
def optimal_logit_is_accurate(p, q):
    """log(p/q) within an ulp, in float32."""
    return vf.accurate(optimal_logit, p, q, ulps=1)


@vf.claim(p=POSITIVE, q=POSITIVE, source=SOURCE)
def the_slopes_of_optimal_logit_are_accurate(p, q):
    """1/p and -1/q within an ulp, in float32."""
    return vf.accurate(optimal_logit, p, q, ulps=1, gradient=True)


@vf.claim(p=POSITIVE, q=POSITIVE, source=SOURCE)
def optimal_logit_is_accurate_in_16_bits(p, q):
    """log(p/q) within an ulp, in bfloat16 and float16."""
    return in_16_bits(optimal_logit, p, q)


@vf.claim(x=REAL, y=vf.reals(0, 1), source=SOURCE)
def binary_cross_entropy_is_accurate(x, y):
    """-y log σ(x) - (1 - y) log(1 - σ(x)) within an ulp, in float32."""
    return vf.accurate(binary_cross_entropy, x, y, ulps=1)


@vf.claim(x=REAL, y=vf.reals(0, 1), source=SOURCE)
def the_slopes_of_binary_cross_entropy_are_accurate(x, y):
    """σ(x) - y and -x within an ulp, in float32, also next to the zero at σ(x) = y."""
    return vf.accurate(binary_cross_entropy, x, y, ulps=1, gradient=True)


@vf.claim(x=REAL, source=SOURCE)
def the_slopes_of_binary_cross_entropy_are_accurate_for_labels(x):
    """σ(x) - y for the labels y = 0 and 1 within an ulp, in float32."""
    of_label = lambda y: lambda x: binary_cross_entropy(x, y)
    return vf.all_of(
        *(vf.accurate(of_label(y), x, ulps=1, gradient=True) for y in (0.0, 1.0)),
    )


@vf.claim(x=vf.reals(-10, 10), y=vf.reals(0, 1), holds=False, source=SOURCE)
def the_difference_of_a_rounded_sigmoid_is_accurate(x, y):
    """σ(x) - y within 8 ulps in float32, where σ(x) is rounded first."""
    return vf.accurate(lambda x, y: sigmoid(x) - y, x, y, ulps=8)


@vf.claim(x=REAL, y=vf.reals(0, 1), source=SOURCE)
def binary_cross_entropy_is_accurate_in_16_bits(x, y):
    """-y log σ(x) - (1 - y) log(1 - σ(x)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(binary_cross_entropy, x, y)


@vf.claim(x=REAL, source=SOURCE)
def minimax_loss_is_accurate(x):
    """log(1 - σ(x)) within an ulp, in float32."""
    return vf.accurate(minimax_loss, x, ulps=1)


@vf.claim(x=REAL, source=SOURCE)
def the_slopes_of_minimax_loss_are_accurate(x):
    """-σ(x) within an ulp, in float32."""
    return vf.accurate(minimax_loss, x, ulps=1, gradient=True)


@vf.claim(x=REAL, source=SOURCE)
def minimax_loss_is_accurate_in_16_bits(x):
    """log(1 - σ(x)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(minimax_loss, x)


@vf.claim(x=REAL, source=SOURCE)
def non_saturating_loss_is_accurate(x):
    """-log σ(x) within an ulp, in float32."""
    return vf.accurate(non_saturating_loss, x, ulps=1)


@vf.claim(x=REAL, source=SOURCE)
def the_slopes_of_non_saturating_loss_are_accurate(x):
    """-σ(-x) within an ulp, in float32."""
    return vf.accurate(non_saturating_loss, x, ulps=1, gradient=True)


@vf.claim(x=REAL, source=SOURCE)
def non_saturating_loss_is_accurate_in_16_bits(x):
    """-log σ(x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(non_saturating_loss, x)


@vf.claim(x=REAL, source=SOURCE)
def reverse_kl_loss_is_accurate(x):
    """log(1 - σ(x)) - log σ(x) = -x within an ulp, in float32."""
    return vf.accurate(reverse_kl_loss, x, ulps=1)


@vf.claim(x=REAL, source=SOURCE)
def the_slopes_of_reverse_kl_loss_are_accurate(x):
    """-1 within an ulp, in float32."""
    return vf.accurate(reverse_kl_loss, x, ulps=1, gradient=True)


@vf.claim(x=REAL, source=SOURCE)
def reverse_kl_loss_is_accurate_in_16_bits(x):
    """log(1 - σ(x)) - log σ(x) = -x within an ulp, in bfloat16 and float16."""
    return in_16_bits(reverse_kl_loss, x)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source=SOURCE)
def categorical_kl_is_accurate(p, q):
    """KL(p ‖ q) of three points within two ulps, in float32."""
    return vf.accurate(categorical_kl, p, q, ulps=2)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source=SOURCE)
def categorical_jsd_is_accurate(p, q):
    """JSD(p, q) of three points within two ulps, in float32."""
    return vf.accurate(categorical_jsd, p, q, ulps=2)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source=SOURCE)
def categorical_kl_is_accurate_in_16_bits(p, q):
    """Σ p log(p/q) of three points within an ulp, in bfloat16 and float16."""
    return in_16_bits(categorical_kl, p, q)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source=SOURCE)
def categorical_jsd_is_accurate_in_16_bits(p, q):
    """JSD of three points within an ulp, in bfloat16 and float16."""
    return in_16_bits(categorical_jsd, p, q)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source=SOURCE)
def the_slopes_of_categorical_kl_are_accurate(p, q):
    """log(p/q) + 1 - q/p and its like in q within eight ulps, in float32."""
    return vf.accurate(categorical_kl, p, q, ulps=8, gradient=True)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source=SOURCE)
def the_slopes_of_categorical_jsd_are_accurate(p, q):
    """log(2p/(p + q))/2 within eight ulps, in float32."""
    return vf.accurate(categorical_jsd, p, q, ulps=8, gradient=True)


@vf.claim(p=vf.simplex(3), source=SOURCE)
def categorical_entropy_is_accurate(p):
    """-Σ p log p of three points within two ulps, in float32."""
    return vf.accurate(categorical_entropy, p, ulps=2)


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source=SOURCE)
def categorical_total_variation_is_accurate(p, q):
    """Σ |p - q|/2 of three points within two ulps, in float32."""
    return vf.accurate(categorical_total_variation, p, q, ulps=2)


@vf.claim(x=vf.reals(shape=(2,)), y=vf.reals(shape=(3,)), source=SOURCE)
def empirical_wasserstein_1_is_accurate(x, y):
    """W₁ of two points and three within four ulps, in float32."""
    return vf.accurate(empirical_wasserstein_1, x, y, ulps=4)


@vf.claim(x=vf.reals(-80.0, 80.0, shape=(2,)), y=vf.reals(-80.0, 80.0, shape=(3,)), source=SOURCE)
def discriminator_loss_is_accurate(x, y):
    """-mean log σ(x) - mean log(1 - σ(y)) within four ulps, in float32, if no term underflows."""
    return vf.accurate(discriminator_loss, x, y, ulps=4)


@vf.claim(x=vf.reals(shape=(3,)), y=vf.reals(shape=(3,)), source=SOURCE)
def mean_squared_error_is_accurate(x, y):
    """Σ (x - y)²/3 within six ulps, in float32: also where a square underflows."""
    return vf.accurate(mean_squared_error, x, y, ulps=6)


@vf.claim(x=vf.reals(low=0, shape=(2,)), y=vf.reals(high=0, shape=(3,)), source=SOURCE)
def critic_loss_is_accurate(x, y):
    """mean y - mean x within four ulps, in float32, where the two are of different signs."""
    return vf.accurate(critic_loss, x, y, ulps=4)


@vf.claim(x=vf.reals(shape=(2,)), y=vf.reals(shape=(3,)), holds=False, source=SOURCE)
def critic_loss_is_accurate_at_its_zeros(x, y):
    """mean y - mean x within four ulps, in float32: digits go where the means are near."""
    return vf.accurate(critic_loss, x, y, ulps=4)


@vf.claim(x=vf.reals(low=2, shape=(2, 2)), source=SOURCE)
def gradient_penalty_is_accurate(x):
    """mean (‖x‖ - 1)² of two points within eight ulps, in float32, where ‖x‖ ≥ 2."""
    return vf.accurate(gradient_penalty, x, ulps=8)
