"""A training to stop and one for several devices; run as a program, it prints what comes of it.

python training_runs.py stopped FOLDER     ends itself in the middle, as if it were killed
python training_runs.py devices            on one device and on all, and seeds on all
"""

import json
import os
import signal
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from verify.functions import mean_squared_error
from verify.models import Players, fit, initial_mlp, mlp, play

KEY = jax.random.key(7)
STEPS, EVERY = 9, 2


def loss(layers, key, batch):
    """A regression with noise on its inputs, so that its keys matter."""
    x, y = batch
    return mean_squared_error(mlp(layers, x + 0.1 * jax.random.normal(key, x.shape)), y)


def batches(key):
    x = jax.random.normal(key, (8, 2))
    return x, jnp.sin(x[:, :1])


def trained(key=KEY, steps=STEPS, **options):
    start = initial_mlp(jax.random.key(1), [2, 8, 1])
    return fit(loss, start, optax.adam(0.05), batches, key=key, steps=steps, **options)


def played(steps=STEPS, **options):
    losses = Players(
        lambda both, key, batch: loss(both.generator, key, batch) - jnp.sum(both.critic**2),
        lambda both, key, batch: jnp.sum((both.critic - batch[0][0]) ** 2),
    )
    start = Players(initial_mlp(jax.random.key(1), [2, 8, 1]), jnp.zeros(2))
    optimizers = Players(optax.adam(0.05), optax.noisy_sgd(0.1, key=jax.random.key(3)))
    return play(losses, start, optimizers, batches, key=KEY, steps=steps, critic_steps=2, **options)


def numbers(tree):
    """All of a tree, as text that gives them back to the bit."""
    return [np.asarray(x).tolist() for x in jax.tree.leaves(tree)]


def stop_in_the_middle(done, metrics):
    if done >= 2 * EVERY:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    if sys.argv[1] == "stopped":
        trained(every=EVERY, checkpoint=sys.argv[2], progress=stop_in_the_middle)
    seeds = NamedSharding(Mesh(np.array(jax.devices()), ("seed",)), PartitionSpec("seed"))
    keys = jax.random.split(KEY, 4)
    many = jax.jit(jax.vmap(trained))
    both = trained(devices=jax.devices())
    kinds = {len(x.sharding.device_set) for x in jax.tree.leaves(both.parameters)}
    results = {
        "one": numbers(trained().parameters),
        "all": numbers(both.parameters),
        "chunks": numbers(trained(devices=jax.devices(), every=2).parameters),
        "seeds on one": numbers(many(keys).parameters),
        "seeds on all": numbers(many(jax.device_put(keys, seeds)).parameters),
    }
    print(json.dumps({"devices": len(jax.devices()), "of each": list(kinds), **results}))
