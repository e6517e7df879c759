"""Critics of bounded slope: a network, its gradients in the input, and a bound on them."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import POSITIVE, samples
from verify.models.layers import Layer, chained, in_one_dtype
from verify.models.sizes import Sized, sized


def mlp_critic(
    layers: Sequence[Layer],
    x: Real[ArrayLike, "*batch d"],
    *,
    activation: Callable[[Array], Array] = jax.nn.relu,
) -> Float[Array, "*batch"]:
    """D(x) = W_L a(… a(W_1 x + b_1) …) + b_L.

    Args:
        layers: W_1, b_1, …, W_L, b_L; the last has one output.
        x: points of d features.
        activation: a, elementwise.

    Returns:
        The critic's value at each point.

    Raises:
        TypeError: layers is no sequence of Layer, or an argument is not real.
        ValueError: there is no layer, or shapes do not go together.

    Example:
        >>> layers = [Layer(jnp.eye(2), jnp.zeros(2)), Layer(jnp.ones((1, 2)), jnp.zeros(1))]
        >>> float(mlp_critic(layers, jnp.array([-1.0, 2.0])))
        2.0
    """
    layers, (x,) = in_one_dtype("mlp_critic", layers, x=x)
    if layers[-1].weights.shape[0] != 1:
        raise ValueError(
            f"mlp_critic needs a last layer of 1 output, got {layers[-1].weights.shape[0]}."
        )
    return chained("mlp_critic", layers, x, activation)[..., 0]


def clip_weights(layers: Sequence[Layer], bound: Real[ArrayLike, ""]) -> list[Layer]:
    """Every weight and bias at the nearest number in [-bound, bound].

    Args:
        layers: of a critic.
        bound: positive.

    Returns:
        The layers, in their dtype.

    Raises:
        TypeError: layers is no sequence of Layer, or an argument is not real.
        ValueError: bound is no single number or not positive (NaN where it is traced), or
            there is no layer, or shapes do not go together.

    Gradient: 1 inside, 0 outside.
    Source: Arjovsky, Chintala and Bottou (2017), algorithm 1.

    Example:
        >>> clip_weights([Layer(jnp.array([[3.0, -0.25]]), jnp.zeros(1))], 0.5)[0].weights
        Array([[ 0.5 , -0.25]], dtype=float32)
    """
    (most,) = sized("clip_weights", {"bound": Sized(bound, "", POSITIVE)})
    layers, _ = in_one_dtype("clip_weights", layers)
    most = most.astype(layers[0].weights.dtype)
    return [Layer(*(jnp.clip(entry, -most, most) for entry in layer)) for layer in layers]


def lipschitz_bound(layers: Sequence[Layer]) -> Float[Array, ""]:
    """Π ‖W_l‖₂, the product of the largest singular values.

    Args:
        layers: of a critic whose activation has slopes of at most 1 in size.

    Returns:
        A number that |D(x) - D(y)|/‖x - y‖₂ does not exceed, over the reals: not the least
        one, and rounded as any float is, so that in floats it can be too small by some ulps.

    Raises:
        TypeError: layers is no sequence of Layer, or an argument is not real.
        ValueError: there is no layer, or shapes do not go together.

    Gradient: in W_l, the product of the others times u vᵀ, the singular vectors of the largest
        singular value, where it is simple.
    Source: Szegedy et al. (2014), "Intriguing properties of neural networks", section 4.3.

    Example:
        >>> float(lipschitz_bound([Layer(jnp.array([[3.0, 4.0]]), jnp.zeros(1))]))
        5.0
    """
    layers, _ = in_one_dtype("lipschitz_bound", layers)
    return jnp.prod(jnp.stack([_spectral_norm(layer.weights) for layer in layers]))


def spectral_normalised(layers: Sequence[Layer]) -> list[Layer]:
    """W_l/‖W_l‖₂, so that lipschitz_bound is 1; biases as they are.

    Args:
        layers: of a critic.

    Returns:
        The layers, in their dtype; weights of zeros stay zeros.

    Raises:
        TypeError: layers is no sequence of Layer, or an argument is not real.
        ValueError: there is no layer, or shapes do not go together.

    Gradient: through the norm as well, where the largest singular value is simple.
    Source: Miyato et al. (2018), "Spectral normalization for generative adversarial networks";
        by singular values, where they iterate powers.

    Example:
        >>> spectral_normalised([Layer(jnp.array([[3.0, 4.0]]), jnp.ones(1))])[0].weights
        Array([[0.6, 0.8]], dtype=float32)
    """
    layers, _ = in_one_dtype("spectral_normalised", layers)
    norms = [_spectral_norm(layer.weights) for layer in layers]
    return [
        Layer(layer.weights / jnp.where(norm == 0, 1, norm), layer.bias)
        for layer, norm in zip(layers, norms, strict=True)
    ]


def _spectral_norm(weights: Array) -> Array:
    wide = jnp.promote_types(weights.dtype, jnp.float32)  # LAPACK knows no half precision
    return jnp.linalg.svd(weights.astype(wide), compute_uv=False)[0].astype(weights.dtype)


def input_gradients(
    critic: Callable[[Array], Array], x: Real[ArrayLike, "*batch n d"]
) -> Float[Array, "*batch n d"]:
    """∇D at each point, by one gradient of the sum of D over all points.

    Args:
        critic: D, from points of d features to one number each. A number must depend on its
            own point alone: under normalisation over the batch the gradient of the sum is
            that of no point.
        x: points of d features.

    Returns:
        The gradients, in the shape of x.

    Raises:
        TypeError: x is not real, or D does not give a real array.
        ValueError: x has no points or no features, or D does not give one number a point.

    Source: Gulrajani et al. (2017), section 4.

    Example:
        >>> input_gradients(lambda x: x[..., 0] ** 2, jnp.array([[1.0, 5.0], [3.0, 5.0]]))
        Array([[2., 0.],
               [6., 0.]], dtype=float32)
    """
    (x,) = samples("input_gradients", axes=2, x=x)
    values = jax.eval_shape(critic, x)
    _need_floats("input_gradients", values)
    if values.shape != x.shape[:-1]:
        raise ValueError(
            f"input_gradients needs a critic with one number a point, shape {x.shape[:-1]}, got"
            f" shape {values.shape}."
        )
    return jax.grad(lambda x: jnp.sum(critic(x)))(x)


def _need_floats(function: str, values: Any) -> None:
    """An error unless a critic gives a floating array."""
    if not isinstance(values, jax.ShapeDtypeStruct):
        got = type(values).__name__
    elif not jnp.issubdtype(values.dtype, jnp.floating):
        got = f"dtype {values.dtype}"
    else:
        return
    raise TypeError(f"{function} needs a critic that gives a floating array, got {got}.")
