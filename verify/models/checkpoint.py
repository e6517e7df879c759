"""Checkpoints: what a training needs to go on as if it had never been stopped, by Orbax."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import SingleDeviceSharding
from jaxtyping import Array

from verify.models.data import needed

_KEPT = 2  # checkpoints in a folder: should the newest be lost while it is written


class Store(NamedTuple):
    """An open folder of checkpoints."""

    function: str  # for error messages
    manager: Any
    key: Array
    orbax: Any


class Stopped(NamedTuple):
    """Where a training stopped: the steps that it had done, its carry, its metrics."""

    steps: int
    carry: Any
    metrics: dict[str, Array]


@contextlib.contextmanager
def opened(function: str, folder: str | Path | None, key: Array) -> Iterator[Store | None]:
    """A folder, new or with checkpoints, until all is written; None for none.

    Raises:
        ImportError: Orbax is not installed.
        TypeError: the folder is no path.
    """
    if folder is None:
        yield None
        return
    if not isinstance(folder, str | Path):
        raise TypeError(f"{function} needs checkpoint as a path, got {type(folder).__name__}.")
    orbax = needed(function, "orbax.checkpoint", "orbax-checkpoint")
    options = orbax.CheckpointManagerOptions(max_to_keep=_KEPT)
    handler = orbax.StandardCheckpointHandler()
    where = Path(folder).absolute()
    with orbax.CheckpointManager(where, item_handlers=handler, options=options) as manager:
        yield Store(function, manager, key, orbax)


def saved(store: Store, stopped: Stopped) -> None:
    """Write where a training stands; it may go on while this is written."""
    if store.manager.latest_step() == stopped.steps:
        return
    arrays = _named("key", store.key) | _named("carry", stopped.carry)
    arrays |= _named("metrics", stopped.metrics)
    kept = {name: array for name, array in arrays.items() if array.size}  # others Orbax refuses
    store.manager.save(stopped.steps, args=store.orbax.args.StandardSave(kept))


def resumed(store: Store, carry: Any, steps: int) -> Stopped:
    """Where the newest checkpoint stopped, or the beginning where there is none.

    Args:
        store: the folder.
        carry: of the beginning, whose shapes the checkpoint must have.
        steps: of the whole training.

    Raises:
        ValueError: the checkpoint is of another model, key, or of more steps.
    """
    done = store.manager.latest_step()
    if done is None:
        return Stopped(0, carry, {})
    if done > steps:
        raise ValueError(
            f"{store.function} needs steps >= {done} of its checkpoint, got {steps};"
            " name another folder."
        )
    known = {name: (a.shape, a.dtype) for name, a in store.manager.item_metadata(done).items()}
    _need_same(store.function, known, _named("carry", carry))
    place = SingleDeviceSharding(jax.devices()[0])
    like = {name: jax.ShapeDtypeStruct(*sizes, sharding=place) for name, sizes in known.items()}
    arrays = store.manager.restore(done, args=store.orbax.args.StandardRestore(like))
    if not np.array_equal(arrays["key"], _data(store.key)):
        raise ValueError(
            f"{store.function} needs the key that its checkpoint began with, got another;"
            " name another folder."
        )
    metrics = {
        name.removeprefix("metrics."): array
        for name, array in arrays.items()
        if name.startswith("metrics.")
    }
    return Stopped(done, _filled(carry, arrays), metrics)


def _named(prefix: str, tree: Any) -> dict[str, Array]:
    """Leaves by their path, keys of random numbers as the numbers that they are."""
    paths, _ = jax.tree_util.tree_flatten_with_path(tree)
    name = lambda path: jax.tree_util.keystr(path, simple=True, separator=".")
    return {".".join(filter(None, [prefix, name(path)])): _data(leaf) for path, leaf in paths}


def _filled(carry: Any, arrays: dict[str, Array]) -> Any:
    """A carry of the shapes of another and the numbers of a checkpoint."""
    leaves, structure = jax.tree.flatten(carry)
    names = _named("carry", carry)
    found = [_like(leaf, arrays.get(name)) for leaf, name in zip(leaves, names, strict=True)]
    return jax.tree.unflatten(structure, found)


def _like(leaf: Array, found: Array | None) -> Array:
    if found is None:  # it has no entries
        return leaf
    if _is_key(leaf):
        return jax.random.wrap_key_data(found, impl=jax.random.key_impl(leaf))
    return found


def _need_same(function: str, known: dict[str, Any], wanted: dict[str, Array]) -> None:
    """An error unless a checkpoint has the arrays of this training, and no others."""
    sizes = {name: (a.shape, a.dtype) for name, a in wanted.items() if a.size}
    for name in sorted({name for name in known if name.startswith("carry.")} | set(sizes)):
        if known.get(name) != sizes.get(name):
            told = [_written(found.get(name)) for found in (sizes, known)]
            raise ValueError(
                f"{function} needs a checkpoint of the same model, with"
                f" {name.removeprefix('carry.')} {told[0]}, got {told[1]}; name another folder."
            )


def _written(sizes: tuple[Any, Any] | None) -> str:
    return "absent" if sizes is None else f"of shape {tuple(sizes[0])} in {jnp.dtype(sizes[1])}"


def _data(leaf: Array) -> Array:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _is_key(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
