"""fit: gradient descent in closed form, the same bits on every path, and what is refused."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.models import fit, minibatches, steps

KEY = jax.random.key(0)
START = jnp.array([3.0, -1.0])
HALF = optax.sgd(0.5)  # sums of few halves: nothing rounds


def quadratic(x, key, batch):
    """½‖x - b‖², whose gradient step by ½ halves the distance to b."""
    return jnp.sum((x - batch) ** 2) / 2


def noisy(x, key, batch):
    """A quadratic of sixteenths that differ from step to step, and its key."""
    shift = jax.random.randint(key, x.shape, -8, 8) / 16
    return jnp.sum((x - batch - shift) ** 2) / 2, {"key": jax.random.key_data(key)}


still = lambda key: jnp.array([1.0, 5.0])
moving = lambda key: jax.random.randint(key, (2,), -8, 8) / 16
trained = lambda steps, **options: fit(
    noisy, START, HALF, moving, key=KEY, steps=steps, **options
)  # fmt: skip


def traced_once(loss):
    """The loss, which is an error where it is traced again."""
    chex.clear_trace_counter()

    @chex.assert_max_traces(n=1)
    def counted(x, key, batch):
        return loss(x, key, batch)

    return counted


def by_hand(count):
    """The same, step by step in NumPy."""
    x, rows = np.float64(START), []
    for t in range(count):
        batch_key, loss_key = jax.random.split(jax.random.fold_in(KEY, t))
        shift = np.float64(jax.random.randint(loss_key, x.shape, -8, 8)) / 16
        slope = x - np.float64(moving(batch_key)) - shift
        rows.append((slope @ slope / 2, np.sqrt(slope @ slope), jax.random.key_data(loss_key)))
        x = x - slope / 2
    return x, [np.array(column) for column in zip(*rows, strict=True)]


def test_descent_on_a_quadratic_is_its_closed_form():
    found = fit(quadratic, START, HALF, still, key=KEY, steps=8)
    apart = START - still(None)
    assert np.array_equal(found.parameters, still(None) + apart / 2**8)
    wanted = [np.sum((apart / 2**t) ** 2) / 2 for t in range(8)]
    assert np.array_equal(found.metrics["loss"], wanted)
    norms = [np.sqrt(np.sum(apart**2)) / 2**t for t in range(8)]
    np.testing.assert_array_max_ulp(found.metrics["gradient_norm"], np.float32(norms), maxulp=2)


def test_each_step_has_the_key_of_its_number():
    x, (losses, norms, keys) = by_hand(6)
    found = trained(6)
    assert np.array_equal(found.parameters, x)
    assert np.array_equal(found.metrics["loss"], losses)
    assert np.array_equal(found.metrics["key"], keys)
    np.testing.assert_array_max_ulp(found.metrics["gradient_norm"], np.float32(norms), maxulp=2)


def test_momentum_is_in_the_state_that_is_given():
    optimizer = optax.sgd(0.5, momentum=0.5)
    found = fit(quadratic, START, optimizer, still, key=KEY, steps=2)
    state, x = optimizer.init(START), START
    for _ in range(2):
        updates, state = optimizer.update(x - still(None), state, x)
        x = x + updates
    chex.assert_trees_all_equal((found.parameters, found.state), (x, state))


def test_no_steps_change_nothing():
    found = trained(0)
    assert np.array_equal(found.parameters, START)
    assert found.metrics["loss"].shape == (0,)
    assert found.metrics["key"].shape == (0, 2)


@settings(max_examples=12)
@given(every=st.integers(1, 9))
def test_chunks_change_no_bit(every):
    chex.assert_trees_all_equal(trained(7, every=every), trained(7))


def test_progress_is_told_of_every_chunk():
    told = []
    found = trained(7, every=3, progress=lambda done, metrics: told.append((done, metrics)))
    assert [done for done, _ in told] == [3, 6, 7]
    chex.assert_trees_all_equal(
        jax.tree.map(lambda *rows: jnp.concatenate(rows), *(m for _, m in told)), found.metrics
    )
    told.clear()
    trained(60, progress=lambda done, metrics: told.append(done))
    assert told == list(range(3, 61, 3))


def test_a_loss_is_traced_once_for_all_steps_and_all_calls():
    loss = traced_once(quadratic)
    run = lambda **options: fit(loss, START, HALF, still, key=KEY, **options)
    first = run(steps=1, every=4)
    assert np.array_equal(first.parameters, (START + still(None)) / 2)
    chex.assert_trees_all_equal(run(steps=9, every=4), run(steps=9, every=4, progress=print_none))


def print_none(done, metrics):
    """No progress at all."""


def test_nothing_comes_from_the_host_while_steps_run():
    """But what is put on the device on purpose: the numbers of the first and the last step."""
    whole = trained(6, every=3)
    with jax.transfer_guard("disallow"):
        again = trained(6, every=3)
    chex.assert_trees_all_equal(again, whole)


def test_a_loss_is_traced_once_under_vmap():
    loss = traced_once(quadratic)
    run = lambda key: fit(loss, START, HALF, still, key=key, steps=9)
    assert jax.jit(jax.vmap(run))(jax.random.split(KEY, 3)).metrics["loss"].shape == (3, 9)


def test_seeds_by_vmap_are_those_one_by_one():
    run = lambda key: fit(noisy, START, HALF, moving, key=key, steps=6)
    keys = jax.random.split(KEY, 3)
    one_by_one = jax.tree.map(lambda *x: jnp.stack(x), *map(run, keys))
    chex.assert_trees_all_equal(jax.vmap(run)(keys), one_by_one)


def test_jit_changes_no_bit():
    inside = jax.jit(lambda key: fit(noisy, START, HALF, moving, key=key, steps=6))(KEY)
    chex.assert_trees_all_equal(inside, trained(6))


def test_what_maps_may_be_in_the_loss_and_the_optimizer():
    """b + (1 - η)^T (x - b), and its slope in η."""

    def end(rate, target):
        loss = lambda x, key, batch: (x - target) ** 2 / 2
        return fit(loss, 1.0, optax.sgd(rate), still, key=KEY, steps=3).parameters

    rates, targets = jnp.array([0.5, 0.25]), jnp.array([0.0, 3.0])
    assert np.array_equal(jax.vmap(end)(rates, targets), targets + (1 - rates) ** 3 * (1 - targets))
    assert jax.grad(end)(0.5, 3.0) == -3 * 0.5**2 * (1 - 3)


def test_given_parameters_stay_and_the_loops_buffers_are_donated():
    given = jnp.ones(1_000)
    for _ in range(2):
        fit(quadratic, given, HALF, lambda key: jnp.zeros(1_000), key=KEY, steps=4, every=2)
    assert not given.is_deleted()
    step = jax.tree_util.Partial(lambda x, key: (x / 2, {"size": jnp.sum(x)}))
    compiled = steps._chunk.lower(step, given, KEY, 0, 4, size=4).compile()
    assert compiled.memory_analysis().alias_size_in_bytes >= given.nbytes


def test_rows_of_data_are_arguments_and_no_constants():
    loss = traced_once(lambda x, key, batch: quadratic(x, key, jnp.mean(batch, 0)))
    run = lambda data: fit(loss, START, HALF, minibatches(data, 4), key=KEY, steps=5)
    ones = run(jnp.ones((8, 2)))
    assert np.array_equal(ones.parameters, 1 + (START - 1) / 2**5)
    assert np.array_equal(run(jnp.zeros((8, 2))).parameters, START / 2**5)


def test_the_loss_may_be_in_fewer_bits():
    seen = []

    def loss(x, key, batch):
        seen.append(tuple(map(str, (x.dtype, batch["x"].dtype, batch["n"].dtype))))
        return jnp.sum((x - batch["x"]) ** 2) / 2

    batches = lambda key: {"x": still(key), "n": jnp.arange(2)}
    found = fit(loss, START, HALF, batches, key=KEY, steps=3, dtype=jnp.bfloat16)
    assert set(seen) == {("bfloat16", "bfloat16", "int32")}
    assert found.parameters.dtype == found.metrics["loss"].dtype == jnp.float32
    assert np.array_equal(found.parameters, still(None) + (START - still(None)) / 8)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_of_parameters_is_kept(dtype):
    with jax.enable_x64(dtype == "float64"):
        found = fit(quadratic, START.astype(dtype), optax.adam(0.1), still, key=KEY, steps=2)
        assert found.parameters.dtype == dtype


def test_numbers_of_python_are_parameters():
    found = fit(lambda x, key, batch: x**2 / 2, 1.0, HALF, still, key=KEY, steps=2)
    assert found.parameters == 0.25


def test_what_is_no_number_is_seen_from_its_step_on():
    """The step from 8 takes a root of what is negative."""
    loss = lambda x, key, batch: x + 0 * jnp.sqrt(x - 4)
    found = fit(loss, 12.0, optax.sgd(4.0), still, key=KEY, steps=5)
    assert found.metrics["loss"][0] == 12
    assert np.isnan(found.metrics["gradient_norm"][2:]).all()
    assert np.isnan(found.metrics["loss"][3:]).all()
    assert np.isnan(found.parameters)


@pytest.mark.parametrize(
    ("options", "error", "wanted"),
    [
        ({"loss": 3}, TypeError, "loss as a function, got int"),
        ({"batches": None}, TypeError, "batches as a function, got NoneType"),
        ({"optimizer": 0.1}, TypeError, "optimizer as an optax.GradientTransformation, got float"),
        ({"parameters": [1, 2.0]}, TypeError, r"floating parameters, got parameters\[0\] of dtype"),
        ({"steps": 2.0}, TypeError, r"an integer steps, got float 2\.0"),
        ({"steps": -1}, ValueError, "steps >= 0, got -1"),
        ({"every": 0}, ValueError, "every >= 1, got 0"),
        ({"progress": 1}, TypeError, "progress as a function, got int"),
        ({"loss": lambda x, k, b: x - b}, ValueError, r"loss to give a scalar, got shape \(2,\); "),
        ({"loss": lambda x, k, b: 1.0}, TypeError, "loss to give a floating scalar, got float"),
        (
            {"loss": lambda x, k, b: jnp.sum(x > b)},
            TypeError,
            "loss to give a floating scalar, got dtype int32",
        ),
        (
            {"loss": lambda x, k, b: (jnp.sum(x), x)},
            TypeError,
            "metrics of loss as a dict, got",
        ),
        (
            {"loss": lambda x, k, b: (jnp.sum(x), {"loss": x})},
            ValueError,
            "metrics with names of their own, got 'loss'",
        ),
        ({"devices": jax.devices()[:1] * 3}, ValueError, "batches whose first axis is a multiple"),
    ],
)
def test_wrong_arguments_are_refused_by_name(options, error, wanted):
    given = {"loss": quadratic, "parameters": START, "optimizer": HALF, "batches": still}
    with pytest.raises(error, match=f"fit needs {wanted}"):
        fit(**given | {"key": KEY, "steps": 2} | options)


def test_progress_is_refused_where_nothing_has_a_value():
    run = lambda key: fit(quadratic, START, HALF, still, key=key, steps=2, progress=print_none)
    with pytest.raises(ValueError, match="fit needs values for progress and checkpoint, got ar"):
        jax.vmap(run)(jax.random.split(KEY, 2))


@pytest.mark.parametrize("dtype", [jnp.int32, "bflot"])
def test_mixed_precision_needs_a_floating_dtype(dtype):
    loss = lambda x, key, batch: jnp.sum(x)
    with pytest.raises(TypeError, match="fit needs dtype as a floating one, got"):
        fit(loss, jnp.zeros(1), optax.sgd(0.1), lambda key: 0, key=KEY, steps=1, dtype=dtype)


def test_the_norm_of_a_float16_gradient_neither_vanishes_nor_overflows():
    loss = lambda x, key, slope: jnp.sum(x.astype(jnp.float32) * slope)
    for slope in (1e-4, 300.0):
        found = fit(loss, jnp.zeros(1, jnp.float16), optax.sgd(0.0),
                    lambda key, slope=slope: jnp.float32(slope), key=KEY, steps=1)  # fmt: skip
        # The gradient itself is rounded to float16.
        assert float(found.metrics["gradient_norm"][0]) == pytest.approx(slope, rel=2.0**-11)
