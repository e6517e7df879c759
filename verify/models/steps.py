"""The loop of every training: steps that are compiled once, in one call or in equal chunks."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.tree_util import Partial
from jaxtyping import Array

from verify.arithmetic.jaxprs import is_tracing
from verify.models import checkpoint
from verify.models.checkpoint import Stopped, Store, resumed, saved
from verify.models.sizes import whole

Metrics = dict[str, Array]
Progress = Callable[[int, Metrics], None]

_CHUNKS = 20  # that a training is cut into, where it is cut and nobody says how long they are


class Plan(NamedTuple):
    """How many steps, from which key, and what is done between chunks of them."""

    key: Array
    steps: int
    every: int | None
    progress: Progress | None
    checkpoint: str | Path | None


class Carry(NamedTuple):
    """What a step hands to the next: parameters, and the state of their optimizers."""

    parameters: Any
    state: Any


def run(function: str, step: Partial, carry: Any, plan: Plan) -> tuple[Any, Metrics]:
    """step(… step(carry, key_0) …, key_{T-1}), key_t = fold_in(key, t), and all metrics.

    Under jit, vmap and grad it is one loop. Elsewhere one compiled program, to which the carry
    is donated, runs every chunk, whatever its length: its bits do not depend on the chunks.

    Args:
        function: the name for error messages.
        step: from a carry and a key to the next carry and a dict of metrics; a Partial, so that
            equal steps share what is compiled.
        carry: what the first step begins with; it is copied.
        plan: the options of the caller.

    Raises:
        TypeError, ValueError: an option is none, or needs what tracing does not have.
    """
    size = _chunk_size(function, plan)
    carry = jax.tree.map(_strong, carry)
    if is_tracing():
        if plan.progress is not None or plan.checkpoint is not None:
            raise ValueError(
                f"{function} needs values for progress and checkpoint, got arguments that are"
                " traced; leave both out under jit, vmap and grad."
            )
        return _loop(step, carry, plan.key, 0, plan.steps, size=plan.steps)
    with checkpoint.opened(function, plan.checkpoint, plan.key) as store:
        return _in_chunks(step, jax.tree.map(jnp.copy, carry), plan, size, store)


def _in_chunks(
    step: Partial, carry: Any, plan: Plan, size: int, store: Store | None
) -> tuple[Any, Metrics]:
    start = Stopped(0, carry, {}) if store is None else resumed(store, carry, plan.steps)
    carry, told = start.carry, [start.metrics] if start.metrics else []
    # No steps are a chunk as well, which tells what metrics there are.
    for first in range(start.steps, plan.steps, size) if told or plan.steps else [0]:
        stop = min(first + size, plan.steps)
        bounds = jax.device_put((np.int32(first), np.int32(stop)))
        carry, metrics = _chunk(step, carry, plan.key, *bounds, size=size)
        told.append({name: rows[: stop - first] for name, rows in metrics.items()})
        if store is not None:
            saved(store, Stopped(stop, carry, _joined_rows(told)))
        if plan.progress is not None:
            plan.progress(stop, told[-1])
    return carry, _joined_rows(told)


def _joined_rows(told: list[Metrics]) -> Metrics:
    if len(told) == 1:
        return told[0]
    return jax.tree.map(lambda *rows: jnp.concatenate(rows), *told)


def _loop(step: Partial, carry: Any, key: Array, first: Any, stop: Any, *, size: int) -> Any:
    """Steps first, …, stop - 1; their metrics are the first rows of arrays of a size."""
    once = jax.jit(step)  # traced once for the shapes of its metrics and for the loop
    shapes = jax.eval_shape(once, carry, key)[1]
    rows = jax.tree.map(lambda x: jnp.zeros((max(size, 1), *x.shape), x.dtype), shapes)

    def body(t: Any, state: tuple[Any, Metrics]) -> tuple[Any, Metrics]:
        carry, new = once(state[0], jax.random.fold_in(key, t))
        put = lambda rows, row: lax.dynamic_update_index_in_dim(rows, row, t - first, 0)
        return carry, jax.tree.map(put, state[1], new)

    carry, rows = lax.fori_loop(first, stop, body, (carry, rows))
    return carry, jax.tree.map(lambda rows: rows[:size], rows)


_chunk = jax.jit(_loop, static_argnames="size", donate_argnames="carry")


def _chunk_size(function: str, plan: Plan) -> int:
    """How many steps a chunk has; the last one may have fewer."""
    steps = whole(function, "steps", plan.steps)
    if plan.progress is not None and not callable(plan.progress):
        got = type(plan.progress).__name__
        raise TypeError(f"{function} needs progress as a function, got {got}.")
    if plan.every is not None:
        return whole(function, "every", plan.every, least=1)
    is_cut = plan.progress is not None or plan.checkpoint is not None
    return -(-steps // _CHUNKS) if is_cut else steps


def function_of(function: str, name: str, value: Any) -> Partial:
    """A function as a pytree: a Partial hands its arrays over as arguments, not as constants.

    Raises:
        TypeError: it is no function.
    """
    if not callable(value):
        raise TypeError(f"{function} needs {name} as a function, got {type(value).__name__}.")
    return value if isinstance(value, Partial) else Partial(value)


def need_optimizer(function: str, name: str, value: Any) -> None:
    """An error unless it is an optimizer.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, optax.GradientTransformation):
        got = type(value).__name__
        raise TypeError(f"{function} needs {name} as an optax.GradientTransformation, got {got}.")


def need_floats(function: str, name: str, tree: Any) -> None:
    """An error unless every leaf is a floating array.

    Raises:
        TypeError: one is something else.
    """
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        kind = jnp.result_type(leaf)
        if not jnp.issubdtype(kind, jnp.floating):
            where = name + jax.tree_util.keystr(path)
            raise TypeError(f"{function} needs floating {name}, got {where} of dtype {kind}.")


def scalar_and_metrics(function: str, name: str, given: Any) -> tuple[Array, Metrics]:
    """What a loss gave: a number, with or without a dict of metrics.

    Returns:
        The number in float32 or wider, and the metrics.

    Raises:
        TypeError: it gave something else, or its metrics are no dict.
        ValueError: the number is an array.
    """
    value, metrics = given if isinstance(given, tuple) and len(given) == 2 else (given, {})
    if not isinstance(metrics, dict):
        got = type(metrics).__name__
        raise TypeError(f"{function} needs metrics of {name} as a dict, got {got}.")
    if not isinstance(value, jax.Array) or not jnp.issubdtype(value.dtype, jnp.floating):
        got = f"dtype {value.dtype}" if isinstance(value, jax.Array) else type(value).__name__
        raise TypeError(f"{function} needs {name} to give a floating scalar, got {got}.")
    if value.shape:
        raise ValueError(
            f"{function} needs {name} to give a scalar, got shape {value.shape}; take its mean."
        )
    return value.astype(jnp.promote_types(value.dtype, jnp.float32)), metrics


def joined(function: str, own: Metrics, others: Metrics) -> Metrics:
    """Metrics of a training and of the caller, whose names must differ.

    Raises:
        ValueError: a name is taken.
    """
    for name in others:
        if name in own:
            raise ValueError(f"{function} needs metrics with names of their own, got {name!r}.")
    return own | others


def norm(tree: Any) -> Array:
    """The 2-norm over all leaves, in float32 or wider: squares overflow float16 from 256 on."""
    wide = lambda x: x.astype(jnp.promote_types(x.dtype, jnp.float32))
    return optax.tree.norm(jax.tree.map(wide, tree))


def need_dtype(function: str, dtype: Any) -> None:
    """An error unless a dtype is floating, or none.

    Raises:
        TypeError: it is another, or no dtype.
    """
    try:
        is_good = dtype is None or jnp.issubdtype(jnp.dtype(dtype), jnp.floating)
    except TypeError:
        is_good = False
    if not is_good:
        raise TypeError(f"{function} needs dtype as a floating one, got {dtype!r}.")


def cast(dtype: Any, tree: Any) -> Any:
    """Floating leaves in a dtype, others as they are; no dtype leaves all."""
    if dtype is None:
        return tree
    is_float = lambda x: jnp.issubdtype(jnp.result_type(x), jnp.floating)
    return jax.tree.map(lambda x: jnp.asarray(x, dtype) if is_float(x) else x, tree)


def across(function: str, devices: tuple[Any, ...], batch: Any) -> Any:
    """A batch with a part on each device, along the first axis of its arrays.

    Raises:
        ValueError: an axis cannot be divided.
    """
    if not devices:
        return batch
    for leaf in jax.tree.leaves(batch):
        if not leaf.ndim or leaf.shape[0] % len(devices):
            raise ValueError(
                f"{function} needs batches whose first axis is a multiple of the {len(devices)}"
                f" devices, got shape {leaf.shape}."
            )
    return lax.with_sharding_constraint(batch, _sharding(devices, "batch"))


def everywhere(devices: tuple[Any, ...], tree: Any) -> Any:
    """A tree that each device has as a whole."""
    return lax.with_sharding_constraint(tree, _sharding(devices)) if devices else tree


def _sharding(devices: Sequence[Any], *axes: str) -> NamedSharding:
    return NamedSharding(Mesh(np.array(devices), ("batch",)), PartitionSpec(*axes))


def _strong(x: Any) -> Array:
    """An array whose dtype does not give way to others, so that a step keeps it."""
    kind = jnp.result_type(x)
    return x if jnp.issubdtype(kind, jax.dtypes.prng_key) else lax.convert_element_type(x, kind)
