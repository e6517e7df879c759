"""How much faster are 64 trainings of a small GAN at once than one after another?

G(z) = θ + z against a discriminator of 8 hidden units, batches of 32: one program mapped over
64 keys, on one device and spread over all cores as devices, beside the same program compiled
for one key and called 64 times. All are interleaved and the medians of their ratios shown;
compilation is apart, and results are compared first.

    python -m benchmarks.seeds_at_once
"""

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault(
    "XLA_FLAGS", f"--xla_force_host_platform_device_count={len(os.sched_getaffinity(0))}"
)

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from verify.models import Players, gan_losses, initial_mlp, mlp, play

SEEDS, STEPS, ROUNDS = 64, 300, 7


def judged(layers, x, batch):
    return mlp(layers, x[..., None], activation=jnp.tanh)[..., 0]


def trained(key):
    """θ, round by round."""
    start, train = jax.random.split(key)
    losses = gan_losses(lambda at, key, x: at + jax.random.normal(key, x.shape), judged)
    told = lambda both, key, x: (losses.generator(both, key, x), {"at": both.generator})
    return play(
        losses._replace(generator=told), Players(jnp.float32(4), initial_mlp(start, [1, 8, 1])),
        Players(optax.adam(2e-3), optax.adam(5e-3)), lambda key: jax.random.normal(key, (32,)),
        key=train, steps=STEPS,
    ).metrics["at"]  # fmt: skip


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - start


def main() -> None:
    keys = jax.random.split(jax.random.key(0), SEEDS)
    mesh = Mesh(np.asarray(jax.devices()), ("seeds",))
    spread = jax.device_put(keys, NamedSharding(mesh, PartitionSpec("seeds")))
    alone, at_once = jax.jit(trained), jax.jit(jax.vmap(trained))
    one_by_one = list(keys)
    ways = {
        "in turn": lambda: [alone(key) for key in one_by_one],
        "at once, one device": lambda: at_once(keys),
        f"at once, {len(jax.devices())} devices": lambda: at_once(spread),
    }
    results = [
        np.asarray(jax.block_until_ready(run())).reshape(SEEDS, STEPS) for run in ways.values()
    ]
    gap = max(float(np.max(abs(result - results[0])[:, :10])) for result in results)
    print(f"first 10 rounds: θ near 4 differs by at most {gap:.1e}")
    turns = [[seconds(run) for run in ways.values()] for _ in range(ROUNDS)]
    for i, name in enumerate(ways):
        ratios = [turn[0] / turn[i] for turn in turns]
        print(
            f"{name}: median {statistics.median(turn[i] for turn in turns):.3f} s,"
            f" {statistics.median(ratios):.1f} times as fast as in turn"
            f" ({min(ratios):.1f} to {max(ratios):.1f})"
        )


if __name__ == "__main__":
    main()
