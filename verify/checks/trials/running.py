"""Running a trial on many keys at once."""

import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic import jaxprs
from verify.checks.trials.nans import watched
from verify.claims.relation import Relation, kind
from verify.claims.trial import Trial

try:
    import resource
except ImportError:  # not on Windows
    resource = None

MOST_SEEDS = 2**32  # a key of JAX's default generator has two words, of which a seed fills one
_SHARE = 0.5  # of the memory that may be used, for what a batch of runs holds


class Runs(NamedTuple):
    """What came of some runs, one for each seed.

    Attributes:
        seeds: whose keys were given.
        held: whether it held.
        is_nan: where it gave NaN, or NaN was hidden on the way, which says nothing.
        margins: as they were given; none where booleans were.
    """

    seeds: np.ndarray
    held: np.ndarray
    is_nan: np.ndarray
    margins: np.ndarray | None


def batches(trial: Trial, size: int, seed: int) -> Iterator[Runs]:
    """Runs for the seeds `seed`, `seed + 1`, …, so many at a time; less where memory is short.

    Raises:
        TypeError: the trial gives neither a boolean nor a float scalar.
        ValueError: it does not use its key.
    """
    with jaxprs.x64(False):
        program = _traced(trial)
        run, size = _compiled(program, _shared(size))
    first = seed
    while True:
        seeds = (np.arange(first, first + size) % MOST_SEEDS).astype(np.uint32)
        with jaxprs.x64(False):
            results, is_nan = map(np.asarray, run(_spread(seeds)))
        yield _judged(seeds, results, is_nan)
        first += size


def _traced(trial: Trial) -> jaxprs.Closed:
    """The trial as a jaxpr of a key."""
    made = jax.make_jaxpr(trial.function, return_shape=True)(_key(0))
    program, result = jaxprs.closed(made[0]), made[1]
    _need_scalar(trial, result)
    if not all(jaxprs.used_inputs(program)):
        raise ValueError(
            f"trial needs a function that uses its key, got {trial.name}, whose result does not"
            " depend on it; what holds for every key is a claim."
        )
    return program


def _key(seed: Any) -> Any:
    """That of a generator whose numbers under vmap are those of the key by itself."""
    return jax.random.key(seed, impl="threefry2x32")


def _need_scalar(trial: Trial, result: Any) -> None:
    wanted = f"{trial.name} needs to return a boolean scalar, or a margin as a float scalar"
    if isinstance(result, Relation):
        raise TypeError(f"{wanted}, got a relation; compare with < or the like.")
    if not isinstance(result, jax.ShapeDtypeStruct):
        raise TypeError(f"{wanted}, got {kind(result)}.")
    if result.shape:
        cure = "reduce it with jnp.all or the like"
        raise TypeError(f"{wanted}, got an array of shape {result.shape}; {cure}.")
    if not (result.dtype == bool or jnp.issubdtype(result.dtype, jnp.floating)):
        raise TypeError(f"{wanted}, got dtype {result.dtype}.")


def _compiled(program: jaxprs.Closed, size: int) -> tuple[Callable[[Any], Any], int]:
    """The runs of so many seeds, or of half, a quarter …, which fit into memory."""

    def run(seed: Any) -> tuple[Any, Any]:
        (result,), (is_nan,) = watched(program, _key(seed))
        return result, is_nan

    while True:
        seeds = jax.ShapeDtypeStruct((size,), np.uint32, sharding=_sharding())
        compiled = jax.jit(jax.vmap(run)).lower(seeds).compile()
        if size <= jax.local_device_count() or _held_by(compiled) <= _SHARE * _memory():
            return compiled, size
        size = _shared(size // 2)


def _shared(size: int) -> int:
    """A multiple of the number of devices, at least one run each."""
    devices = jax.local_device_count()
    return -(-size // devices) * devices


def _sharding() -> jax.sharding.NamedSharding:
    """Runs spread over the local devices."""
    mesh = jax.sharding.Mesh(np.asarray(jax.local_devices()), ("runs",))
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("runs"))


def _spread(seeds: np.ndarray) -> jax.Array:
    return jax.device_put(seeds, _sharding())


def _held_by(compiled: Any) -> float:
    """Bytes on one device while it runs."""
    used = compiled.memory_analysis()
    return 0.0 if used is None else float(used.temp_size_in_bytes + used.output_size_in_bytes)


def _memory() -> float:
    """Bytes that a device may use; of the host's, what the limit of this process leaves."""
    known = jax.local_devices()[0].memory_stats() or {}
    if "bytes_limit" in known:
        return float(known["bytes_limit"])
    most = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")) if resource else 2.0**32
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0] if resource else -1
    most = most if limit < 0 else min(most, limit)
    return most / jax.local_device_count()


def _judged(seeds: np.ndarray, results: np.ndarray, is_nan: np.ndarray) -> Runs:
    if results.dtype == bool:
        return Runs(seeds, results & ~is_nan, is_nan, None)
    return Runs(seeds, (results > 0) & ~is_nan, is_nan, results.astype(np.float64))
