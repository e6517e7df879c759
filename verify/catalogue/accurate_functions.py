"""What is claimed of the accuracy of functions of one variable, and of x log y.

An ulp is that of the exact value, so that an error under one ulp means: one of the two floats
next to it. Bounds hold in value and gradient, compiled, over the whole domain where the exact
result is a normal number.
"""

import verify as vf
from verify.catalogue.accuracies import in_16_bits
from verify.functions import (
    expm1_excess,
    log1mexp,
    log1p_excess,
    log_cosh,
    log_sigmoid,
    shifted_sigmoid,
    sigmoid,
    softplus,
    tanh,
    xlogy,
)

SOURCE = "definition"

# At zero log(1 - exp(x)) is minus infinity, and so is at -1 the slope of x - log(1 + x).
NEGATIVE, OVER_MINUS_ONE = vf.reals(high=-(2.0**-126)), vf.reals(low=2.0**-24 - 1)

# From 88.8 on exp(x) is over all float32; readers in balls give up at exp(1e10).
TO_OVERFLOW = vf.reals(high=1000)


@vf.claim(x=vf.reals(), source=SOURCE)
def sigmoid_is_accurate(x):
    """σ(x) = 1/(1 + exp(-x)) within an ulp, in float32."""
    return vf.accurate(sigmoid, x, ulps=1)


@vf.claim(x=vf.reals(), source=SOURCE)
def sigmoid_is_accurate_in_16_bits(x):
    """σ(x) = 1/(1 + exp(-x)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(sigmoid, x)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_sigmoid_is_accurate(x):
    """σ'(x) = σ(x) σ(-x) within an ulp, in float32."""
    return vf.accurate(sigmoid, x, ulps=1, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_sigmoid_is_accurate_in_16_bits(x):
    """σ'(x) = σ(x) σ(-x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(sigmoid, x, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def shifted_sigmoid_is_accurate(x):
    """σ(x) - 1/2 within an ulp, in float32."""
    return vf.accurate(shifted_sigmoid, x, ulps=1)


@vf.claim(x=vf.reals(), source=SOURCE)
def shifted_sigmoid_is_accurate_in_16_bits(x):
    """σ(x) - 1/2 within an ulp, in bfloat16 and float16."""
    return in_16_bits(shifted_sigmoid, x)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_shifted_sigmoid_is_accurate(x):
    """σ'(x) within an ulp, in float32."""
    return vf.accurate(shifted_sigmoid, x, ulps=1, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_shifted_sigmoid_is_accurate_in_16_bits(x):
    """σ'(x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(shifted_sigmoid, x, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def log_sigmoid_is_accurate(x):
    """log σ(x) within an ulp, in float32."""
    return vf.accurate(log_sigmoid, x, ulps=1)


@vf.claim(x=vf.reals(), source=SOURCE)
def log_sigmoid_is_accurate_in_16_bits(x):
    """log σ(x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(log_sigmoid, x)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_log_sigmoid_is_accurate(x):
    """σ(-x) within an ulp, in float32."""
    return vf.accurate(log_sigmoid, x, ulps=1, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_log_sigmoid_is_accurate_in_16_bits(x):
    """σ(-x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(log_sigmoid, x, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def softplus_is_accurate(x):
    """log(1 + exp(x)) within an ulp, in float32."""
    return vf.accurate(softplus, x, ulps=1)


@vf.claim(x=vf.reals(), source=SOURCE)
def softplus_is_accurate_in_16_bits(x):
    """log(1 + exp(x)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(softplus, x)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_softplus_is_accurate(x):
    """σ(x) within an ulp, in float32."""
    return vf.accurate(softplus, x, ulps=1, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_softplus_is_accurate_in_16_bits(x):
    """σ(x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(softplus, x, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def tanh_is_accurate(x):
    """tanh(x) within an ulp, in float32."""
    return vf.accurate(tanh, x, ulps=1)


@vf.claim(x=vf.reals(), source=SOURCE)
def tanh_is_accurate_in_16_bits(x):
    """tanh(x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(tanh, x)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_tanh_is_accurate(x):
    """1/cosh²(x) within an ulp, in float32."""
    return vf.accurate(tanh, x, ulps=1, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_tanh_is_accurate_in_16_bits(x):
    """1/cosh²(x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(tanh, x, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def log_cosh_is_accurate(x):
    """log cosh(x) within an ulp, in float32."""
    return vf.accurate(log_cosh, x, ulps=1)


@vf.claim(x=vf.reals(), source=SOURCE)
def log_cosh_is_accurate_in_16_bits(x):
    """log cosh(x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(log_cosh, x)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_log_cosh_is_accurate(x):
    """tanh(x) within an ulp, in float32."""
    return vf.accurate(log_cosh, x, ulps=1, gradient=True)


@vf.claim(x=vf.reals(), source=SOURCE)
def the_slope_of_log_cosh_is_accurate_in_16_bits(x):
    """tanh(x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(log_cosh, x, gradient=True)


@vf.claim(x=NEGATIVE, source=SOURCE)
def log1mexp_is_accurate(x):
    """log(1 - exp(x)) within an ulp, in float32."""
    return vf.accurate(log1mexp, x, ulps=1)


@vf.claim(x=NEGATIVE, source=SOURCE)
def log1mexp_is_accurate_in_16_bits(x):
    """log(1 - exp(x)) within an ulp, in bfloat16 and float16."""
    return in_16_bits(log1mexp, x)


@vf.claim(x=NEGATIVE, source=SOURCE)
def the_slope_of_log1mexp_is_accurate(x):
    """-1/(exp(-x) - 1) within an ulp, in float32."""
    return vf.accurate(log1mexp, x, ulps=1, gradient=True)


@vf.claim(x=NEGATIVE, source=SOURCE)
def the_slope_of_log1mexp_is_accurate_in_16_bits(x):
    """-1/(exp(-x) - 1) within an ulp, in bfloat16 and float16."""
    return in_16_bits(log1mexp, x, gradient=True)


@vf.claim(x=OVER_MINUS_ONE, source=SOURCE)
def log1p_excess_is_accurate(x):
    """x - log(1 + x) within an ulp, in float32."""
    return vf.accurate(log1p_excess, x, ulps=1)


@vf.claim(x=OVER_MINUS_ONE, source=SOURCE)
def log1p_excess_is_accurate_in_16_bits(x):
    """x - log(1 + x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(log1p_excess, x)


@vf.claim(x=OVER_MINUS_ONE, source=SOURCE)
def the_slope_of_log1p_excess_is_accurate(x):
    """x/(1 + x) within an ulp, in float32."""
    return vf.accurate(log1p_excess, x, ulps=1, gradient=True)


@vf.claim(x=OVER_MINUS_ONE, source=SOURCE)
def the_slope_of_log1p_excess_is_accurate_in_16_bits(x):
    """x/(1 + x) within an ulp, in bfloat16 and float16."""
    return in_16_bits(log1p_excess, x, gradient=True)


@vf.claim(x=TO_OVERFLOW, source=SOURCE)
def expm1_excess_is_accurate(x):
    """exp(x) - 1 - x within an ulp, in float32."""
    return vf.accurate(expm1_excess, x, ulps=1)


@vf.claim(x=TO_OVERFLOW, source=SOURCE)
def expm1_excess_is_accurate_in_16_bits(x):
    """exp(x) - 1 - x within an ulp, in bfloat16 and float16."""
    return in_16_bits(expm1_excess, x)


@vf.claim(x=TO_OVERFLOW, source=SOURCE)
def the_slope_of_expm1_excess_is_accurate(x):
    """exp(x) - 1 within an ulp, in float32."""
    return vf.accurate(expm1_excess, x, ulps=1, gradient=True)


@vf.claim(x=TO_OVERFLOW, source=SOURCE)
def the_slope_of_expm1_excess_is_accurate_in_16_bits(x):
    """exp(x) - 1 within an ulp, in bfloat16 and float16."""
    return in_16_bits(expm1_excess, x, gradient=True)


@vf.claim(x=vf.reals(), y=vf.positives(), source=SOURCE)
def xlogy_is_accurate(x, y):
    """x log y within an ulp, in float32."""
    return vf.accurate(xlogy, x, y, ulps=1)


@vf.claim(x=vf.reals(), y=vf.positives(), source=SOURCE)
def xlogy_is_accurate_in_16_bits(x, y):
    """x log y within an ulp, in bfloat16 and float16."""
    return in_16_bits(xlogy, x, y)


@vf.claim(x=vf.reals(), y=vf.positives(), source=SOURCE)
def the_slopes_of_xlogy_are_accurate(x, y):
    """log y and x/y within an ulp, in float32."""
    return vf.accurate(xlogy, x, y, ulps=1, gradient=True)


@vf.claim(x=vf.reals(), y=vf.positives(), source=SOURCE)
def the_slopes_of_xlogy_are_accurate_in_16_bits(x, y):
    """log y and x/y within an ulp, in bfloat16 and float16."""
    return in_16_bits(xlogy, x, y, gradient=True)
