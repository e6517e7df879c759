"""Affine layers: whether they follow each other, and what a chain of them gives."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from jax.typing import ArrayLike
from jaxtyping import Array, Real

from verify.functions.arguments import arrays
from verify.models.products import einsum
from verify.models.sizes import record, spread


class Layer(NamedTuple):
    """An affine map of some inputs to some outputs.

    Attributes:
        weights: a row an output.
        bias: a number an output.
    """

    weights: Real[Array, "outputs inputs"]
    bias: Real[Array, " outputs"]


def chained(
    function: str, layers: list[Layer], x: Array, activation: Callable[[Array], Array]
) -> Array:
    """W_L a(… a(W_1 x + b_1) …) + b_L of layers and points that are in_one_dtype.

    Raises:
        ValueError: points have another number of features than the first layer has inputs.
    """
    inputs = layers[0].weights.shape[1]
    if x.shape[-1:] != (inputs,):
        raise ValueError(
            f"{function} needs x of size {inputs} along the last axis, got shape {x.shape}."
        )
    for layer in layers[:-1]:
        x = activation(affine(layer, x))
    return affine(layers[-1], x)


def affine(layer: Layer, x: Array) -> Array:
    """W x + b."""
    product = einsum("...i,oi->...o", x, layer.weights)
    return product + spread(layer.bias, product)


def in_one_dtype(
    function: str, layers: Sequence[Layer], **arguments: ArrayLike
) -> tuple[list[Layer], list[Array]]:
    """Layers that follow each other, and more, in one dtype.

    Args:
        function: the name for error messages.
        layers: as the caller gave them.
        **arguments: by name, the value.

    Returns:
        The layers and the arguments, in the dtype that all promote to.

    Raises:
        TypeError: layers is no sequence of Layer, or an argument is not real.
        ValueError: there is no layer, or shapes do not go together.
    """
    if not isinstance(layers, Sequence):
        raise TypeError(f"{function} needs layers as a sequence, got {type(layers).__name__}.")
    named = {
        f"{part} of layer {i}": value
        for i, layer in enumerate(layers)
        for part, value in record(function, f"layer {i}", layer, Layer)._asdict().items()
    }
    if not named:
        raise ValueError(f"{function} needs one layer or more, got none.")
    values = arrays(function, **named, **arguments)
    entries, rest = values[: len(named)], values[len(named) :]
    weights, biases = entries[::2], entries[1::2]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        _need_layer(function, i, w, b)
        if i and w.shape[1] != len(weights[i - 1]):
            raise ValueError(
                f"{function} needs layer {i} to take the {len(weights[i - 1])} outputs of layer"
                f" {i - 1}, got weights of shape {w.shape}."
            )
    return [Layer(w, b) for w, b in zip(weights, biases, strict=True)], rest


def _need_layer(function: str, i: int, weights: Array, bias: Array) -> None:
    if weights.ndim != 2 or 0 in weights.shape or bias.shape != weights.shape[:1]:
        raise ValueError(
            f"{function} needs layer {i} with weights of shape (outputs, inputs) and bias of shape"
            f" (outputs,), got {weights.shape} and {bias.shape}."
        )
