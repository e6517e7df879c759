"""The logistic function and its integral, right to the last digit in value and slope.

Rules of differentiation that start from the value s = 1/(1 + exp(-x)) lose the tail where s
rounds to one: s(1 - s) is 0 from x = 17 in float32.
"""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions import pairs
from verify.functions.arguments import REAL, floats
from verify.functions.elementary import bound, decay, expm1, is_tiny, logarithm
from verify.functions.kernel import kernel
from verify.functions.pairs import (
    Pair,
    Scaled,
    constant,
    nearest,
    negative,
    over,
    plus,
    plus_smaller,
    scaled,
    single,
    times,
)

Floats: TypeAlias = Float[Array, "..."]


def sigmoid(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """σ(x) = 1 / (1 + exp(-x)).

    Args:
        x: dimensionless, any real number.

    Returns:
        Dimensionless, in [0, 1], in the dtype of x; infinities give 0 and 1.

    Raises:
        TypeError: x is not real.

    Accuracy: within an ulp in value and slope (claims sigmoid_is_accurate,
        the_slope_of_sigmoid_is_accurate, and both …_in_16_bits). The largest errors seen in
        float32, at 2²⁴ inputs: 0.524 ulps in value, 0.525 in slope; in bfloat16 and float16, at all
        inputs, 0.501 in either.
    Gradient: σ(x) σ(-x), in both tails.

    Example:
        >>> float(sigmoid(0.0))
        0.5
    """
    (x,) = floats("sigmoid", x=(x, REAL))
    return sigmoid_kernel(x)


def shifted_sigmoid(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """1 / (1 + exp(-x)) - 1/2, without cancellation near zero.

    Args:
        x: dimensionless, any real number.

    Returns:
        Dimensionless, in [-1/2, 1/2], odd, in the dtype of x; zero gives zero.

    Raises:
        TypeError: x is not real.

    Accuracy: within an ulp in value and slope (claims shifted_sigmoid_is_accurate,
        the_slope_of_shifted_sigmoid_is_accurate, and both …_in_16_bits). The largest errors seen in
        float32, at 2²⁴ inputs: 0.541 ulps in value, 0.525 in slope; in bfloat16 and float16, at all
        inputs, 0.501 in either.
    Gradient: σ(x) σ(-x), σ = sigmoid, in both tails.

    Example:
        >>> float(shifted_sigmoid(0.0))
        0.0
    """
    (x,) = floats("shifted_sigmoid", x=(x, REAL))
    return _shifted_sigmoid(x)


def softplus(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """log(1 + exp(x)) = -log(1 - σ(x)), σ = sigmoid.

    Args:
        x: dimensionless, any real number.

    Returns:
        Nats, non-negative, in the dtype of x; infinities give 0 and infinity.

    Raises:
        TypeError: x is not real.

    Accuracy: within an ulp in value and slope (claims softplus_is_accurate,
        the_slope_of_softplus_is_accurate, and both …_in_16_bits). The largest errors seen in
        float32, at 2²⁴ inputs: 0.528 ulps in value, 0.524 in slope; in bfloat16 and float16, at all
        inputs, 0.501 in either.
    Gradient: σ(x).

    Example:
        >>> float(softplus(1000.0))
        1000.0
    """
    (x,) = floats("softplus", x=(x, REAL))
    return _softplus(x)


def log_sigmoid(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """log σ(x) = -log(1 + exp(-x)), σ = sigmoid.

    Args:
        x: dimensionless, any real number.

    Returns:
        Nats, at most 0, in the dtype of x; infinities give -infinity and 0.

    Raises:
        TypeError: x is not real.

    Accuracy: within an ulp in value and slope (claims log_sigmoid_is_accurate,
        the_slope_of_log_sigmoid_is_accurate, and both …_in_16_bits). The largest errors seen in
        float32, at 2²⁴ inputs: 0.529 ulps in value, 0.527 in slope; in bfloat16 and float16, at all
        inputs, 0.501 in either.
    Gradient: σ(-x) = 1 - σ(x).

    Example:
        >>> float(log_sigmoid(-1000.0))
        -1000.0
    """
    (x,) = floats("log_sigmoid", x=(x, REAL))
    return -_softplus(-x)


def _sigmoid_bend(x: Floats) -> Floats:
    return -2 * sigmoid_slope(x) * _shifted_sigmoid(x)


@kernel(jax.lax.logistic, lambda x: sigmoid_slope(x))
def sigmoid_kernel(x: Floats) -> Floats:
    """1/(1 + exp(-x)), with t = exp(-|x|): 1/(1 + t) or t/(1 + t)."""
    (m, k), whole = _decay(x)
    is_left = x < 0
    share = over(pairs.where(is_left, m, single(jnp.ones_like(x))), whole)
    return nearest(Scaled(share, jnp.where(is_left, k, 0)))


@kernel(lambda x: jax.lax.tanh(x / 2) / 2, lambda x: sigmoid_slope(x))
def _shifted_sigmoid(x: Floats) -> Floats:
    """(1 - t)/(1 + t)/2 for positive x, t = exp(-|x|)."""
    _, whole = _decay(x)
    rest = negative(expm1(-jnp.minimum(jnp.abs(x), bound(x))).pair)
    size = nearest(over(rest, whole)) / 2
    return jnp.where(is_tiny(x), x / 4, jnp.where(x < 0, -size, size))


@kernel(
    lambda x: jax.lax.logistic(x) * jax.lax.logistic(-x),
    _sigmoid_bend,
)
def sigmoid_slope(x: Floats) -> Floats:
    """The slope of the logistic function: t/(1 + t)², t = exp(-|x|)."""
    (m, k), whole = _decay(x)
    return nearest(Scaled(over(m, times(whole, whole)), k))


@kernel(lambda x: jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x))), lambda x: sigmoid_kernel(x))
def _softplus(x: Floats) -> Floats:
    """log(1 + exp(x)) = max(x, 0) + log(1 + t), t = exp(-|x|)."""
    t, whole = _decay(x)
    rest = logarithm(whole, scaled(t.pair, t.exponent))
    return jnp.where(x < bound(x), nearest(plus(jnp.maximum(x, 0), rest)), x)


def _decay(x: Floats) -> tuple[Scaled, Pair]:
    """t = exp(-|x|) and 1 + t."""
    t = decay(jnp.abs(x))
    return t, plus_smaller(constant(1, x), scaled(t.pair, t.exponent))
