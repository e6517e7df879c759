"""The logistic function and its integral, with slopes that stay right in the tails.

Rules of differentiation that start from the value s = 1/(1 + exp(-x)) lose the tail where s
rounds to one: s(1 - s) is 0 from x = 17 in float32.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import REAL, floats


def logistic(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """1 / (1 + exp(-x)).

    Args:
        x: dimensionless, any real number.

    Returns:
        Dimensionless, in [0, 1], in the dtype of x; infinities give 0 and 1.

    Raises:
        TypeError: x is not real.

    Gradient: logistic(x) logistic(-x), in both tails.

    Example:
        >>> float(logistic(0.0))
        0.5
    """
    (x,) = floats("logistic", x=(x, REAL))
    return _logistic(x)


def centred_logistic(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """1 / (1 + exp(-x)) - 1/2, without cancellation near zero.

    Args:
        x: dimensionless, any real number.

    Returns:
        Dimensionless, in [-1/2, 1/2], odd, in the dtype of x; zero gives zero.

    Raises:
        TypeError: x is not real.

    Gradient: logistic(x) logistic(-x), in both tails.

    Example:
        >>> float(centred_logistic(0.0))
        0.0
    """
    (x,) = floats("centred_logistic", x=(x, REAL))
    return _centred_logistic(x)


def softplus(x: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """log(1 + exp(x)) = -log(1 - logistic(x)).

    Args:
        x: dimensionless, any real number.

    Returns:
        Nats, non-negative, in the dtype of x; infinities give 0 and infinity.

    Raises:
        TypeError: x is not real.

    Gradient: logistic(x).

    Example:
        >>> float(softplus(1000.0))
        1000.0
    """
    (x,) = floats("softplus", x=(x, REAL))
    return _softplus(x)


def logistic_slope(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """The slope of logistic, as logistic(x) logistic(-x), which is right in both tails."""
    return _logistic(x) * _logistic(-x)


_logistic = jax.custom_jvp(jax.nn.sigmoid)
_centred_logistic = jax.custom_jvp(lambda x: jnp.tanh(x / 2) / 2)
_softplus = jax.custom_jvp(lambda x: jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x))))


@_logistic.defjvp
def _logistic_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return _logistic(x), logistic_slope(x) * dx


@_centred_logistic.defjvp
def _centred_logistic_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return _centred_logistic(x), logistic_slope(x) * dx


@_softplus.defjvp
def _softplus_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return _softplus(x), _logistic(x) * dx
