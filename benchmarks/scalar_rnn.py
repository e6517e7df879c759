"""How fast is the gradient recursion of the scalar recurrence, beside what JAX derives?

∇_w h_T of h_{t+1} = φ(w h_t), φ(z) = 1/(1 + exp(-z)) - 1/2, for many weights at once, in float32.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.records import Plain, Program, Race, Size, Work
from verify.models import rnn, rnn_gradient


def weights(size: Size) -> np.ndarray:
    """Around 4, where the recurrence passes from forgetting to remembering."""
    return np.linspace(2.0, 6.0, size["weights"], dtype=np.float32)


def ours(w: Any, steps: int) -> Any:
    return rnn_gradient(w, 1.0, steps=steps)


def by_jax(w: Any, steps: int) -> Any:
    return jax.jvp(lambda w: rnn(w, 1.0, steps=steps), (w,), (jnp.ones_like(w),))[1]


def textbook(w: Any, steps: int) -> Any:
    def states(w: Any) -> Any:
        step = lambda h, _: (new := 1 / (1 + jnp.exp(-w * h)) - 0.5, new)
        return jnp.append(1.0, jax.lax.scan(step, jnp.ones_like(w), length=steps)[1])

    return jax.jvp(states, (w,), (jnp.ones_like(w),))[1]


def _mapped(function: Callable[[Any, int], Any]) -> Callable[[Size], Program]:
    def make(size: Size) -> Program:
        return Program(
            jax.vmap(lambda w: function(w, size["steps"])), (jnp.asarray(weights(size)),)
        )

    return make


def by_torch(size: Size) -> Plain:
    """The recursion as a loop of Python over vectors of weights."""
    import torch

    w = torch.tensor(weights(size))

    def run() -> Any:
        h, slope = torch.ones_like(w), torch.zeros_like(w)
        slopes = [slope]
        for _ in range(size["steps"]):
            s = torch.sigmoid(w * h)
            slope = s * (1 - s) * (h + w * slope)
            h = s - 0.5
            slopes.append(slope)
        return torch.stack(slopes, dim=1)

    return Plain(run, lambda result: result.numpy())


def work(size: Size) -> Work:
    states = float(size["steps"] * size["weights"])
    return Work(arithmetic=8 * states, transcendentals=states, bytes=4 * states)


def _size(steps: int, weights: int) -> Size:
    return {"steps": steps, "weights": weights}


RACES = (
    Race(
        "scalar RNN, gradient recursion",
        "steps",
        lambda size: size["steps"] * size["weights"],
        {"verify": _mapped(ours), "verify, jax.jvp": _mapped(by_jax),
         "textbook, jax.jvp": _mapped(textbook)},
        (_size(32, 1_000), _size(1_024, 1)),
        (_size(1_024, 1_000), _size(128, 1_000), _size(128, 100_000)),
        work,
        peers={"PyTorch": by_torch},
    ),
)  # fmt: skip
