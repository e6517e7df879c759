"""Trainings that are stopped and go on, to the bit; and trainings on several devices."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from training_runs import EVERY, KEY, STEPS, played, trained

from verify.models import fit, initial_mlp

HERE = Path(__file__).parent


def started(*arguments, **environment):
    """A run of training_runs.py, to its end."""
    paths = {"PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])}
    return subprocess.run(
        [sys.executable, str(HERE / "training_runs.py"), *map(str, arguments)],
        capture_output=True, text=True, env={**os.environ, **paths, **environment}, timeout=300,
        check=False,
    )  # fmt: skip


def equal(one, other):
    """To the bit, states and metrics included."""
    data = lambda x: jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x
    chex.assert_trees_all_equal(jax.tree.map(data, one), jax.tree.map(data, other))


def test_a_killed_training_goes_on_to_the_same_bits(tmp_path):
    process = started("stopped", tmp_path)
    assert process.returncode == -signal.SIGKILL, process.stderr
    done = []
    found = trained(
        every=EVERY, checkpoint=tmp_path, progress=lambda steps, metrics: done.append(steps)
    )
    assert 0 < len(done) < 5  # it did not begin anew
    equal(found, trained())


@pytest.mark.parametrize("run", [trained, played], ids=["fit", "play"])
@pytest.mark.parametrize("first", [3, 4])
def test_a_training_in_two_parts_is_one(run, first, tmp_path):
    run(steps=first, every=EVERY, checkpoint=str(tmp_path))
    equal(run(every=EVERY, checkpoint=tmp_path), run())


def test_a_training_that_is_done_is_read(tmp_path):
    whole = trained(checkpoint=tmp_path)
    told = []
    again = trained(checkpoint=tmp_path, progress=lambda *given: told.append(given))
    assert not told
    equal(again, whole)


def test_checkpoints_keep_every_dtype_and_empty_arrays(tmp_path):
    start = {"half": jnp.ones(2, jnp.bfloat16), "none": jnp.zeros((0, 3)), "one": jnp.ones(())}
    loss = lambda p, key, batch: sum(jnp.sum(x.astype(jnp.float32) ** 2) for x in p.values())
    run = lambda steps, **options: fit(
        loss, start, optax.adam(0.5), lambda key: None, key=KEY, steps=steps, **options
    )
    run(2, checkpoint=tmp_path)
    equal(run(4, checkpoint=tmp_path), run(4))


def test_no_steps_write_nothing_wrong(tmp_path):
    equal(trained(steps=0, checkpoint=tmp_path), trained(steps=0))
    equal(trained(checkpoint=tmp_path), trained())


def test_checkpoints_of_others_are_refused(tmp_path):
    trained(steps=4, checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"fit needs steps >= 4 of its checkpoint, got 2; name an"):
        trained(steps=2, checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"fit needs the key that its checkpoint began with, got"):
        trained(jax.random.key(8), checkpoint=tmp_path)
    same = "fit needs a checkpoint of the same model, with parameters"
    loss = lambda p, key, batch: jnp.sum(p[0].weights)
    for sizes, wanted in (
        ([2, 9, 1], r".0.bias of shape \(9,\) in float32, got of shape \(8,\) in float32"),
        ([2, 8], r".1.bias absent, got of shape \(1,\) in float32; name another folder"),
        ([2, 8, 1, 1], r".2.bias of shape \(1,\) in float32, got absent; name another folder"),
    ):
        with pytest.raises(ValueError, match=same + wanted):
            fit(loss, initial_mlp(KEY, sizes), optax.adam(0.1), lambda key: None, key=KEY, steps=9,
                checkpoint=tmp_path)  # fmt: skip


def test_checkpoints_are_refused_where_they_cannot_be(tmp_path, monkeypatch):
    with pytest.raises(TypeError, match=r"fit needs checkpoint as a path, got int"):
        trained(checkpoint=3)
    with pytest.raises(ValueError, match=r"fit needs values for progress and checkpoint, got arg"):
        jax.vmap(lambda key: trained(key, checkpoint=tmp_path))(jax.random.split(KEY, 2))
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", None)
    with pytest.raises(ImportError, match=r"fit needs orbax-checkpoint, .*install 'verify-jax\[tr"):
        trained(checkpoint=tmp_path)


def test_two_devices_give_what_one_gives():
    """To rounding: sums over a batch of eight in another order, nine steps, slopes of size one."""
    process = started("devices", XLA_FLAGS="--xla_force_host_platform_device_count=2")
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert (found["devices"], found["of each"]) == (2, [2])
    for name, other, error in (
        ("one", "all", STEPS * 8 * 2.0**-20),
        ("all", "chunks", 0),
        ("seeds on one", "seeds on all", STEPS * 8 * 2.0**-20),
    ):
        for a, b in zip(found[name], found[other], strict=True):
            assert np.max(abs(np.array(a) - np.array(b))) <= error
