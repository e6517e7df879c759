"""How fast is the LSTM, forwards and with its gradient, beside others of the same weights?

In float32, inputs as many as hidden units. The gradient is that of half the sum of squares of
all hidden states, in all parameters and the inputs.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.records import Plain, Program, Race, Size, Work
from verify.models import LSTMParameters, lstm, lstm_batch, lstm_gradient

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Forward = Callable[..., jax.Array]


def inputs(size: Size) -> Arrays:
    """W, U, b and a batch of sequences; weights that keep the size of what they multiply."""
    rng, hidden = np.random.default_rng(0), size["hidden"]
    draw = lambda scale, *shape: (scale * rng.normal(size=shape)).astype(np.float32)
    return (
        draw(hidden**-0.5, 4, hidden, hidden),
        draw(hidden**-0.5, 4, hidden, hidden),
        draw(1.0, 4, hidden),
        draw(1.0, size["batch"], size["steps"], hidden),
    )


def ours(W: Any, U: Any, b: Any, xs: Any) -> jax.Array:
    return jax.vmap(lambda x: lstm(LSTMParameters(W, U, b), x).h)(xs)


def for_batches(W: Any, U: Any, b: Any, xs: Any) -> jax.Array:
    """lstm_batch, made for speed."""
    return lstm_batch(LSTMParameters(W, U, b), xs).h


def textbook(W: Any, U: Any, b: Any, xs: Any) -> jax.Array:
    """One product for all gates, that of the inputs for all steps at once; jax.nn's functions."""
    hidden = b.shape[1]
    in_h = U.reshape(4 * hidden, hidden).T
    exact = jax.lax.Precision.HIGHEST
    from_x = jnp.einsum("btm,km->tbk", xs, W.reshape(4 * hidden, -1), precision=exact) + b.ravel()

    def step(state: tuple[Any, Any], z: Any) -> tuple[tuple[Any, Any], Any]:
        h, c = state
        f, i, o, g = jnp.split(z + jnp.matmul(h, in_h, precision=exact), 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zero = jnp.zeros((xs.shape[0], hidden), xs.dtype)
    return jnp.swapaxes(jax.lax.scan(step, (zero, zero), from_x)[1], 0, 1)


def gradient_of(forward: Forward) -> Callable[..., Any]:
    return jax.grad(lambda *arrays: jnp.sum(forward(*arrays) ** 2) / 2, (0, 1, 2, 3))


def by_hand(W: Any, U: Any, b: Any, xs: Any) -> Any:
    """lstm_gradient, derived by hand, from the hidden states as cotangents."""
    parameters = LSTMParameters(W, U, b)

    def of_one(x: Any) -> Any:
        found = lstm_gradient(parameters, x, lstm(parameters, x).h)
        return found.parameters, found.xs

    found, in_xs = jax.vmap(of_one)(xs)
    return *(part.sum(axis=0) for part in found), in_xs


def _jax(function: Callable[..., Any]) -> Callable[[Size], Program]:
    return lambda size: Program(function, tuple(map(jnp.asarray, inputs(size))))


def _flax(W: Any, U: Any, b: Any, xs: Any) -> jax.Array:
    from flax import nnx

    hidden = b.shape[1]
    cell = nnx.OptimizedLSTMCell(hidden, hidden, rngs=nnx.Rngs(0))
    order = jnp.array([1, 0, 3, 2])  # input, forget, candidate, output
    kernel = lambda weights: weights[order].reshape(4 * hidden, hidden).T
    cell.dense_i.kernel[...] = kernel(W)
    cell.dense_h.kernel[...] = kernel(U)
    cell.dense_h.bias[...] = b[order].ravel()
    return nnx.RNN(cell)(xs)


def _flax_or_absent(function: Callable[..., Any]) -> Callable[[Size], Program]:
    def make(size: Size) -> Program:
        import flax  # noqa: F401 - its absence is said

        return _jax(function)(size)

    return make


def _torch(size: Size) -> tuple[Any, Any]:
    """An LSTM of PyTorch with the same weights, and the sequences."""
    import torch

    W, U, b, xs = inputs(size)
    hidden, order = size["hidden"], [1, 0, 3, 2]
    network = torch.nn.LSTM(hidden, hidden, batch_first=True)
    rows = lambda part: torch.tensor(part[order].reshape(4 * hidden, -1).squeeze())
    with torch.no_grad():
        network.weight_ih_l0.copy_(rows(W))
        network.weight_hh_l0.copy_(rows(U))
        network.bias_ih_l0.copy_(rows(b))
        network.bias_hh_l0.zero_()
    return network, torch.tensor(xs)


def torch_forward(size: Size) -> Plain:
    import torch

    network, xs = _torch(size)

    def run() -> Any:
        with torch.no_grad():
            return network(xs)[0]

    return Plain(run, lambda result: result.numpy())


def torch_gradient(size: Size) -> Plain:
    import torch

    network, xs = _torch(size)
    xs.requires_grad_()
    wanted = [network.weight_ih_l0, network.weight_hh_l0, network.bias_ih_l0, xs]
    run = lambda: torch.autograd.grad((network(xs)[0] ** 2).sum() / 2, wanted)

    def view(result: Any) -> Any:
        hidden = size["hidden"]
        parts = [part.numpy() for part in result]
        back = lambda part: part.reshape(4, hidden, -1)[[1, 0, 3, 2]]
        return back(parts[0]), back(parts[1]), back(parts[2]), parts[3]

    return Plain(run, view)


def forward_work(size: Size) -> Work:
    cells = size["steps"] * size["batch"] * size["hidden"]
    weights = 8 * size["hidden"] ** 2 + 4 * size["hidden"]
    return Work(
        products=16.0 * cells * size["hidden"],
        arithmetic=12.0 * cells,
        transcendentals=5.0 * cells,
        bytes=4.0 * (weights + 2 * cells),
    )


def gradient_work(size: Size) -> Work:
    """Three products for one; z, c and h kept on the way there, read on the way back."""
    cells = size["steps"] * size["batch"] * size["hidden"]
    weights = 8 * size["hidden"] ** 2 + 4 * size["hidden"]
    return Work(
        products=48.0 * cells * size["hidden"],
        arithmetic=40.0 * cells,
        transcendentals=5.0 * cells,
        bytes=4.0 * (2 * weights + 2 * cells + 12 * cells),
    )


def _size(steps: int, batch: int, hidden: int) -> Size:
    return {"steps": steps, "batch": batch, "hidden": hidden}


SMALL = (_size(32, 1, 16), _size(128, 16, 128))
REST = (
    _size(32, 16, 128), _size(1024, 16, 128), _size(128, 1, 128), _size(128, 256, 128),
    _size(128, 16, 16), _size(128, 16, 512), _size(32, 16, 1024), _size(1024, 256, 1024),
)  # fmt: skip

RACES = (
    Race(
        "LSTM, forward",
        "steps",
        lambda size: size["steps"] * size["batch"],
        {
            "verify": _jax(ours),
            "verify, lstm_batch": _jax(for_batches),
            "textbook JAX": _jax(textbook),
        },
        SMALL,
        REST,
        forward_work,
        peers={"PyTorch": torch_forward, "flax": _flax_or_absent(_flax)},
    ),
    Race(
        "LSTM, gradient",
        "steps",
        lambda size: size["steps"] * size["batch"],
        {
            "verify": _jax(gradient_of(ours)),
            "verify, lstm_batch": _jax(gradient_of(for_batches)),
            "verify, lstm_gradient": _jax(by_hand),
            "textbook JAX": _jax(gradient_of(textbook)),
        },
        SMALL,
        REST,
        gradient_work,
        peers={"PyTorch": torch_gradient, "flax": _flax_or_absent(gradient_of(_flax))},
    ),
)
