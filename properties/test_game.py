"""play: a bilinear game in closed form, the order of moves, and what is refused."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.models import Players, clip_weights, initial_mlp, mlp_critic, play

KEY = jax.random.key(0)
HALVES = Players(optax.sgd(0.5), optax.sgd(0.5))  # sums of few halves: nothing rounds
BILINEAR = Players(
    lambda both, key, batch: both.generator * both.critic,
    lambda both, key, batch: -both.generator * both.critic,
)
START = Players(jnp.array(1.0), jnp.array(-2.0))
nothing = lambda key: None


def bilinear(steps=4, **options):
    return play(BILINEAR, START, HALVES, nothing, key=KEY, steps=steps, **options)


def by_hand(steps, moves=1, simultaneous=False, bound=np.inf):
    """g d is made small by g and large by d, which moves first."""
    g, d = 1.0, -2.0
    for _ in range(steps):
        before = d
        for _ in range(moves):
            d = np.clip(d + g / 2, -bound, bound)
        g -= (before if simultaneous else d) / 2
    return g, d


@pytest.mark.parametrize("moves", [1, 3])
def test_moves_alternate(moves):
    assert bilinear(critic_steps=moves).parameters == by_hand(4, moves)


def test_moves_at_once_answer_what_was():
    assert bilinear(simultaneous=True).parameters == by_hand(4, simultaneous=True)


def test_moves_at_once_are_a_turn_of_the_plane():
    """|(g, d)|² grows by 1 + η² a round, where alternating moves stay on an ellipse."""
    size = lambda both: float(both.generator**2 + both.critic**2)
    assert size(bilinear(simultaneous=True).parameters) == 5 * 1.25**4
    on_ellipse = lambda both: float(size(both) + both.generator * both.critic / 2)
    assert on_ellipse(bilinear(steps=1).parameters) == on_ellipse(bilinear(steps=2).parameters)


def test_the_critic_is_projected_after_every_move():
    project = lambda d: jnp.clip(d, -0.5, 0.5)
    found = bilinear(critic_steps=2, project=project)
    assert found.parameters == by_hand(4, moves=2, bound=0.5)


def test_weights_of_a_critic_are_clipped():
    made = lambda both, x: jnp.mean(mlp_critic(both.critic, x + both.generator[None]))
    losses = Players(
        lambda both, key, x: -made(both, x),
        lambda both, key, x: made(both, x) - jnp.mean(mlp_critic(both.critic, x)),
    )
    start = Players(jnp.zeros(2), initial_mlp(KEY, [2, 8, 1]))
    optimizers = Players(optax.sgd(0.1), optax.rmsprop(0.1))
    batches = lambda key: jax.random.normal(key, (16, 2))
    found = play(
        losses, start, optimizers, batches, key=KEY, steps=3, critic_steps=2,
        project=lambda critic: clip_weights(critic, 0.125),
    )  # fmt: skip
    sizes = [float(jnp.max(abs(leaf))) for leaf in jax.tree.leaves(found.parameters.critic)]
    assert max(sizes) == 0.125


def test_losses_are_those_before_each_move():
    told = bilinear(steps=1, critic_steps=2).metrics
    assert told["critic_loss"] == -(1.0 * -1.5)  # before the second of two moves
    assert told["generator_loss"] == 1.0 * -1.0
    assert told["critic_gradient_norm"] == told["generator_gradient_norm"] == 1


def test_every_move_has_a_batch_and_a_key_of_its_own():
    def loss(who):
        told = lambda key, batch: {f"{who} key": key, f"{who} batch": batch}
        data = jax.random.key_data
        return lambda both, key, batch: (getattr(both, who) ** 2, told(data(key), data(batch)))

    losses = Players(loss("generator"), loss("critic"))
    found = play(losses, START, HALVES, lambda key: key, key=KEY, steps=3, critic_steps=2)
    rows = [np.asarray(rows) for name, rows in found.metrics.items() if " " in name]
    assert len({tuple(row) for row in np.concatenate(rows)}) == 4 * 3
    own, _, last = jax.random.split(jax.random.fold_in(KEY, 1), 3)
    for who, key in (("generator", own), ("critic", last)):
        batch_key, loss_key = map(jax.random.key_data, jax.random.split(key))
        assert np.array_equal(found.metrics[f"{who} batch"][1], batch_key)
        assert np.array_equal(found.metrics[f"{who} key"][1], loss_key)


@settings(max_examples=6)
@given(every=st.integers(1, 8))
def test_chunks_change_no_bit(every):
    chex.assert_trees_all_equal(bilinear(7, every=every), bilinear(7))


def test_seeds_by_vmap_are_those_one_by_one():
    moving = Players(
        lambda both, key, x: both.generator * both.critic + both.generator * x,
        BILINEAR.critic,
    )
    batches = lambda key: jax.random.randint(key, (), -4, 5) / 4
    run = lambda key: play(moving, START, HALVES, batches, key=key, steps=5)
    keys = jax.random.split(KEY, 3)
    one_by_one = jax.tree.map(lambda *x: jnp.stack(x), *map(run, keys))
    chex.assert_trees_all_equal(jax.jit(jax.vmap(run))(keys), one_by_one)


def test_each_loss_is_traced_once_for_all_rounds_and_all_calls():
    chex.clear_trace_counter()

    @chex.assert_max_traces(n=1)
    def generator(both, key, batch):
        return both.generator * both.critic

    @chex.assert_max_traces(n=1)
    def critic(both, key, batch):
        return -both.generator * both.critic

    run = lambda steps: play(
        Players(generator, critic), START, HALVES, nothing, key=KEY, steps=steps, critic_steps=3,
        every=4,
    )  # fmt: skip
    assert run(2).parameters == by_hand(2, 3)
    assert run(5).parameters == by_hand(5, 3)


def test_the_losses_may_be_in_fewer_bits():
    losses = Players(
        lambda both, key, x: both.generator * both.critic * jnp.ones((), both.critic.dtype),
        lambda both, key, x: (-both.generator * both.critic, {"zero": both.critic * 0}),
    )
    found = play(losses, START, HALVES, nothing, key=KEY, steps=2, dtype=jnp.bfloat16)
    assert found.metrics["zero"].dtype == jnp.bfloat16
    assert found.parameters == by_hand(2)
    assert found.parameters.critic.dtype == found.metrics["critic_loss"].dtype == jnp.float32


@pytest.mark.parametrize(
    ("options", "error", "wanted"),
    [
        ({"losses": tuple(BILINEAR)}, TypeError, "losses as a Players, got tuple"),
        ({"parameters": (1.0, 2.0)}, TypeError, "parameters as a Players, got tuple"),
        ({"optimizers": HALVES.critic}, TypeError, "optimizers as a Players, got Gradient"),
        ({"losses": Players(1, 2)}, TypeError, "losses.generator as a function, got int"),
        (
            {"optimizers": Players(HALVES.critic, None)},
            TypeError,
            "optimizers.critic as an optax.GradientTransformation, got NoneType",
        ),
        ({"parameters": Players(1.0, 2)}, TypeError, "floating parameters.critic, got"),
        ({"batches": 1}, TypeError, "batches as a function, got int"),
        ({"project": 1}, TypeError, "project as a function, got int"),
        ({"steps": -1}, ValueError, "steps >= 0, got -1"),
        ({"critic_steps": 0}, ValueError, "critic_steps >= 1, got 0"),
        ({"simultaneous": 1}, TypeError, "simultaneous as a bool, got int"),
        (
            {"critic_steps": 2, "simultaneous": True},
            ValueError,
            "critic_steps=1 where simultaneous, got 2",
        ),
        (
            {"losses": BILINEAR._replace(critic=lambda both, k, b: jnp.ones(2))},
            ValueError,
            r"losses.critic to give a scalar, got shape \(2,\)",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_name(options, error, wanted):
    given = {"losses": BILINEAR, "parameters": START, "optimizers": HALVES, "batches": nothing}
    with pytest.raises(error, match=f"play needs {wanted}"):
        play(**given | {"key": KEY, "steps": 2} | options)
