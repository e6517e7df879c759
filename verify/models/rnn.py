"""The scalar recurrence h_{t+1} = φ(w h_t), φ(z) = 1/(1 + exp(-z)) - 1/2, without input."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import REAL, floats
from verify.functions.logistic import shifted_sigmoid, sigmoid_slope
from verify.models.sizes import whole


def rnn(w: Real[ArrayLike, ""], h: Real[ArrayLike, ""], *, steps: int) -> Float[Array, " states"]:
    """h_0, …, h_T of h_{t+1} = φ(w h_t).

    Args:
        w: the weight, dimensionless.
        h: the first state h_0, dimensionless.
        steps: T, at least 0.

    Returns:
        The T + 1 states, the first of them h; from the second on in (-1/2, 1/2).

    Raises:
        TypeError: w or h is not real, or steps is no integer.
        ValueError: steps is negative, or w and h are no scalars.

    Gradient: in w, rnn_gradient.

    Example:
        >>> rnn(4.0, 0.0, steps=2)
        Array([0., 0., 0.], dtype=float32)
    """
    w, h = _arguments("rnn", w, h, steps)

    def step(h: Float[Array, ""], _: None) -> tuple[Float[Array, ""], Float[Array, ""]]:
        new = shifted_sigmoid(w * h)
        return new, new

    return jnp.append(h, jax.lax.scan(step, h, length=steps)[1])


def rnn_gradient(
    w: Real[ArrayLike, ""], h: Real[ArrayLike, ""], *, steps: int
) -> Float[Array, " states"]:
    """∇_w h_0, …, ∇_w h_T by ∇_w h_{t+1} = φ'(w h_t)(h_t + w ∇_w h_t), from ∇_w h_0 = 0.

    Args:
        w, h, steps: as for rnn; h does not depend on w.

    Returns:
        The T + 1 derivatives of the states of rnn in w, the first of them 0.

    Raises:
        TypeError, ValueError: as for rnn.

    Example:
        >>> rnn_gradient(4.0, 1.0, steps=0)
        Array([0.], dtype=float32)
    """
    w, h = _arguments("rnn_gradient", w, h, steps)

    def step(carry, _: None):
        h, slope = carry
        z = w * h
        slope = sigmoid_slope(z) * (h + w * slope)
        return (shifted_sigmoid(z), slope), slope

    zero = jnp.zeros_like(h)
    return jnp.append(zero, jax.lax.scan(step, (h, zero), length=steps)[1])


def _arguments(function: str, w: ArrayLike, h: ArrayLike, steps: int) -> list[jax.Array]:
    """Two scalars of one dtype, for so many steps."""
    whole(function, "steps", steps)
    for name, value in (("w", w), ("h", h)):
        if jnp.ndim(value):
            raise ValueError(
                f"{function} needs a scalar {name}, got shape {jnp.shape(value)};"
                " map over more with jax.vmap."
            )
    return floats(function, w=(w, REAL), h=(h, REAL))
