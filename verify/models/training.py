"""Training: gradient steps on a loss, compiled once, a function of a key."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import optax
from jax.tree_util import Partial
from jaxtyping import Array

from verify.models import steps as loop
from verify.models.steps import Carry, Metrics, Plan, Progress


class Fit(NamedTuple):
    """What a training gives.

    Attributes:
        parameters: after the last step.
        state: of the optimizer, after the last step.
        metrics: by name, a row a step: "loss" before the step, in the unit of the loss,
            "gradient_norm", the 2-norm of its gradient over all parameters, and what the loss
            gave. A NaN or an infinity is seen in the step in which it arises, and in all after it.
    """

    parameters: Any
    state: Any
    metrics: Metrics


def fit(
    loss: Callable[[Any, Array, Any], Any],
    parameters: Any,
    optimizer: optax.GradientTransformation,
    batches: Callable[[Array], Any],
    *,
    key: Array,
    steps: int,
    dtype: Any = None,
    devices: Sequence[Any] = (),
    progress: Progress | None = None,
    checkpoint: str | Path | None = None,
    every: int | None = None,
) -> Fit:
    """θ_{t+1} = θ_t + u(∇L(θ_t; k_t, B(k_t'))), k_t and k_t' split from fold_in(key, t).

    Under jit, vmap and grad it is one loop without callbacks: with jax.vmap over keys many
    trainings are one. Elsewhere it is compiled once for each loss, optimizer and batches, and
    its buffers are donated; the parameters that are given stay.

    Args:
        loss: L, from parameters, a key and a batch to a scalar, or to a scalar and a dict of
            metrics; pure.
        parameters: θ_0, any pytree of floating arrays.
        optimizer: u, of optax.
        batches: B, from a key to a batch, any pytree; pure. Arrays that it closes over are
            constants of the program; those of a jax.tree_util.Partial are arguments.
        key: of JAX's random numbers.
        steps: T, at least 0.
        dtype: of parameters and batches inside the loss, such as jnp.bfloat16; θ, u and the
            loss itself stay as they are. None leaves all. Small gradients vanish in float16.
        devices: each takes a part of every batch, along its first axis.
        progress: is called with the number of steps done and their metrics, chunk by chunk.
        checkpoint: a folder, to which every chunk writes where the training stands; one that
            holds this already goes on from there, and ends as if it had never been stopped, to
            the bit. The metrics of all steps are written each time.
        every: steps in a chunk; by default a twentieth of them, or all where nothing is done
            between chunks.

    Returns:
        The parameters, the state of the optimizer, and metrics.

    Raises:
        TypeError: an argument is of another kind, parameters or the loss are not floating, or
            the metrics of the loss are no dict.
        ValueError: steps or every is out of range, the loss is no scalar, one of its metrics has
            a name of fit's own, a batch cannot be divided among devices, the checkpoint is of
            another model, key or of more steps, or progress or checkpoint is asked for under
            jit, vmap or grad.
        ImportError: a checkpoint is asked for and Orbax is not installed.

    Example:
        >>> import jax.numpy as jnp
        >>> loss = lambda x, key, batch: jnp.sum((x - batch) ** 2) / 2
        >>> full = lambda key: jnp.array([4.0])
        >>> fit(loss, jnp.zeros(1), optax.sgd(0.5), full, key=jax.random.key(0), steps=2).parameters
        Array([3.], dtype=float32)
    """
    loop.need_floats("fit", "parameters", parameters)
    loop.need_dtype("fit", dtype)
    loop.need_optimizer("fit", "optimizer", optimizer)
    functions = [
        loop.function_of("fit", name, f) for name, f in (("loss", loss), ("batches", batches))
    ]
    step = Partial(_Step(optimizer, dtype, tuple(devices)), *functions)
    plan = Plan(key, steps, every, progress, checkpoint)
    start = Carry(parameters, jax.jit(optimizer.init)(parameters))
    (parameters, state), metrics = loop.run("fit", step, start, plan)
    return Fit(parameters, state, metrics)


class _Step(NamedTuple):
    """One step of fit; equal ones share what is compiled."""

    optimizer: optax.GradientTransformation
    dtype: Any
    devices: tuple[Any, ...]

    def __call__(
        self, loss: Partial, batches: Partial, carry: Carry, key: Array
    ) -> tuple[Carry, Metrics]:
        parameters, state = carry
        batch_key, loss_key = jax.random.split(key)
        batch = loop.across("fit", self.devices, batches(batch_key))

        def objective(parameters: Any) -> tuple[Array, Metrics]:
            given = loss(loop.cast(self.dtype, parameters), loss_key, loop.cast(self.dtype, batch))
            return loop.scalar_and_metrics("fit", "loss", given)

        (value, metrics), slope = jax.value_and_grad(objective, has_aux=True)(parameters)
        updates, state = self.optimizer.update(slope, state, parameters)
        carry = Carry(optax.apply_updates(parameters, updates), state)
        own = {"loss": value, "gradient_norm": loop.norm(slope)}
        return loop.everywhere(self.devices, carry), loop.joined("fit", own, metrics)
