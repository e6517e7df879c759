"""Multilayer perceptrons of any sizes: their first parameters and their values."""

import math
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import NON_NEGATIVE
from verify.models.layers import Layer, chained, in_one_dtype
from verify.models.sizes import Sized, sized, whole

_RECTIFIED = math.sqrt(2)


def initial_mlp(
    key: Array, sizes: Sequence[int], *, gain: Real[ArrayLike, ""] = _RECTIFIED
) -> list[Layer]:
    """W_l ~ N(0, gain²/inputs), b_l = 0.

    Args:
        key: of JAX's random numbers.
        sizes: of the inputs, each hidden layer and the outputs: one layer fewer than sizes.
        gain: not negative; √2 keeps the mean square of what goes through rectifiers, 1 that of
            what goes through tanh near zero.

    Returns:
        The layers, in JAX's default dtype.

    Raises:
        TypeError: sizes is no sequence of integers, or gain is not real.
        ValueError: there are fewer than two sizes, one is not positive, or gain is no single
            number or negative (NaN where it is traced).

    Source: He et al. (2015), "Delving deep into rectifiers", section 2.2.

    Example:
        >>> [layer.weights.shape for layer in initial_mlp(jax.random.key(0), [2, 16, 1])]
        [(16, 2), (1, 16)]
    """
    sizes = _sizes("initial_mlp", sizes)
    (gain,) = sized("initial_mlp", {"gain": Sized(gain, "", NON_NEGATIVE)})
    keys = jax.random.split(key, len(sizes) - 1)
    return [
        Layer(
            gain / math.sqrt(inputs) * jax.random.normal(k, (outputs, inputs)), jnp.zeros(outputs)
        )
        for k, inputs, outputs in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]


def mlp(
    layers: Sequence[Layer],
    x: Real[ArrayLike, "*batch inputs"],
    *,
    activation: Callable[[Array], Array] = jax.nn.relu,
) -> Float[Array, "*batch outputs"]:
    """W_L a(… a(W_1 x + b_1) …) + b_L.

    Args:
        layers: W_1, b_1, …, W_L, b_L.
        x: points, each of as many features as the first layer has inputs.
        activation: a, elementwise.

    Returns:
        The outputs at each point, in the dtype that the arguments promote to.

    Raises:
        TypeError: layers is no sequence of Layer, or an argument is not real.
        ValueError: there is no layer, or shapes do not go together.

    Example:
        >>> layers = [Layer(jnp.eye(2), jnp.zeros(2)), Layer(jnp.eye(2), jnp.ones(2))]
        >>> mlp(layers, jnp.array([-1.0, 2.0]))
        Array([1., 3.], dtype=float32)
    """
    layers, (x,) = in_one_dtype("mlp", layers, x=x)
    return chained("mlp", layers, x, activation)


def _sizes(function: str, sizes: Sequence[int]) -> list[int]:
    if isinstance(sizes, str) or not isinstance(sizes, Sequence):
        raise TypeError(f"{function} needs sizes as a sequence, got {type(sizes).__name__}.")
    if len(sizes) < 2:
        raise ValueError(f"{function} needs two sizes or more, got {len(sizes)}.")
    return [whole(function, f"size {i}", size, least=1) for i, size in enumerate(sizes)]
