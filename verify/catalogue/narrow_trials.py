"""Training towards a narrow Gaussian N(0, ε²) with G(z) = θ + ε z, from θ in (½, 3/2)."""

import jax
import jax.numpy as jnp
import optax

import verify as vf
from verify.functions import gaussian_kl, minimax_loss, non_saturating_loss
from verify.models import Players, fit, play, wasserstein_losses


def _start(key):
    return jax.random.uniform(key, minval=0.5, maxval=1.5)


def _descended(key, low, high):
    """|θ|/|θ_0| after 100 steps of SGD on KL = θ²/2ε², η/ε² drawn from (low, high)."""
    first, rate, width = jax.random.split(key, 3)
    epsilon = jnp.exp(jax.random.uniform(width, minval=jnp.log(0.01), maxval=jnp.log(10.0)))
    theta = _start(first)
    loss = lambda theta, key, batch: gaussian_kl(theta, epsilon, 0.0, epsilon)
    sgd = optax.sgd(epsilon**2 * jax.random.uniform(rate, minval=low, maxval=high))
    state, step = sgd.init(theta), jax.grad(loss)

    def descend(carry, _):
        theta, state = carry
        change, state = sgd.update(step(theta, None, None), state)
        return (theta + change, state), None

    return abs(jax.lax.scan(descend, (theta, state), length=100)[0][0]) / theta


@vf.trial(source="Notes B, 5b")
def descent_by_steps_under_two_variances_arrives(key):
    """SGD on (θ-θ₀)²/2ε² with 0.1 ε² < η < 1.9 ε² makes |θ-θ₀| 1,000 times smaller."""
    return 1e-3 - _descended(key, 0.1, 1.9)


@vf.trial(holds=False, source="Notes B, 5b")
def descent_by_steps_over_two_variances_arrives(key):
    """SGD on (θ-θ₀)²/2ε² with 2.1 ε² < η < 3 ε² makes |θ-θ₀| 1,000 times smaller."""
    return 1e-3 - _descended(key, 2.1, 3.0)


@vf.trial(source="Notes B, 5b")
def descent_by_steps_over_two_variances_leaves(key):
    """SGD on (θ-θ₀)²/2ε² with 2.1 ε² < η < 3 ε² makes |θ-θ₀| 1,000 times larger."""
    return _descended(key, 2.1, 3.0) - 1e3


@vf.trial(holds=False, source="Notes B, 5b")
def descent_never_arrives(key):
    """SGD on (θ-θ₀)²/2ε² with 0.9 ε² < η < 1.1 ε² leaves |θ-θ₀| over a thousandth."""
    return _descended(key, 0.9, 1.1) - 1e-3


def _against_the_best(key, loss, epsilon, steps=300):
    """|θ|/|θ_0| at each of some steps of SGD at 0.1 against D*, which is frozen at each."""
    first, key = jax.random.split(key)
    start = _start(first)

    def generator_loss(theta, key, z):
        at = jax.lax.stop_gradient(theta)
        logit = at * (at / 2 - (theta + epsilon * z)) / epsilon**2
        return jnp.mean(loss(logit)), {"theta": theta}

    draws = lambda key: jax.random.normal(key, (64,))
    found = fit(generator_loss, start, optax.sgd(0.1), draws, key=key, steps=steps)
    return abs(jnp.append(found.metrics["theta"], found.parameters)) / start


@vf.trial(source="Notes B, 5c")
def the_minimax_loss_stalls_where_it_is_narrow(key):
    """At ε = 0.05 300 steps on it do not move θ by a hundredth of its way."""
    return 0.01 - jnp.max(abs(_against_the_best(key, minimax_loss, 0.05) - 1))


@vf.trial(holds=False, source="Notes B, 5c")
def the_minimax_loss_stalls_where_it_is_wide(key):
    """At ε = 1 300 steps on it do not move θ by a hundredth of its way."""
    return 0.01 - jnp.max(abs(_against_the_best(key, minimax_loss, 1.0) - 1))


@vf.trial(holds=False, source="Notes B, 5c")
def the_non_saturating_loss_stalls_where_it_is_narrow(key):
    """At ε = 0.05 ten steps on it do not move θ by a hundredth of its way."""
    return 0.01 - jnp.max(abs(_against_the_best(key, non_saturating_loss, 0.05, 10) - 1))


@vf.trial(source="Notes B, 5c")
def the_non_saturating_loss_explodes_where_it_is_narrow(key):
    """At ε = 0.05 ten steps on it throw θ a million times as far away."""
    return jnp.max(_against_the_best(key, non_saturating_loss, 0.05, 10)) - 1e6


@vf.trial(holds=False, source="Notes B, 5c")
def the_non_saturating_loss_explodes_where_it_is_wide(key):
    """At ε = 1 ten steps on it throw θ a million times as far away."""
    return jnp.max(_against_the_best(key, non_saturating_loss, 1.0, 10)) - 1e6


def _by_a_critic(key, epsilon):
    """|θ| after 300 rounds of SGD at 0.01 against D(x) = c x, clipped to |c| ≤ 1."""
    first, key = jax.random.split(key)
    made = lambda theta, key, x: theta + epsilon * jax.random.normal(key, x.shape)
    return abs(play(
        wasserstein_losses(made, lambda c, x, batch: c * x),
        Players(_start(first), jnp.float32(0)), Players(optax.sgd(0.01), optax.sgd(1.0)),
        lambda key: epsilon * jax.random.normal(key, (256,)),
        key=key, steps=300, critic_steps=10, project=lambda c: jnp.clip(c, -1, 1),
    ).parameters.generator)  # fmt: skip


@vf.trial(source="Notes B, 5c")
def a_critic_brings_the_generator_where_it_is_narrow(key):
    """At ε = 0.01 training against a clipped critic ends within 0.1 of θ₀."""
    return 0.1 - _by_a_critic(key, 0.01)


@vf.trial(holds=False, source="Notes B, 5c")
def the_minimax_loss_brings_the_generator_where_it_is_narrow(key):
    """At ε = 0.05 minimax training ends within a tenth of its way from θ₀."""
    return 0.1 - _against_the_best(key, minimax_loss, 0.05)[-1]


_DELTA = 2.0
_PENALTY = 10.0


def _estimated(key, one_sided):
    """W₁ by a linear critic with the penalty, for unit Gaussians in the plane 2 apart."""
    first, key = jax.random.split(key)
    between = _DELTA * jnp.array([0.6, 0.8])
    losses = wasserstein_losses(
        lambda at, key, x: at[None] + jax.random.normal(key, x.shape),
        lambda w, x, batch: x @ w,
        penalty=_PENALTY, one_sided=one_sided,
    )  # fmt: skip
    loss = lambda w, key, x: losses.critic(Players(between, w), key, x)
    draws = lambda key: jax.random.normal(key, (64, 2))
    adam = optax.adam(optax.cosine_decay_schedule(0.02, 1_500))
    w = fit(loss, jax.random.normal(first, (2,)), adam, draws, key=key, steps=1_500).parameters
    return -w @ between


@vf.trial(source="Notes B, 5e")
def the_penalised_critic_overestimates_in_the_plane(key):
    """A linear critic with λ = 10, δ = 2 estimates δ + δ²/2λ = 2.2 within 1 %."""
    return 0.022 - abs(_estimated(key, False) - 2.2)


@vf.trial(source="Notes B, 5e")
def the_critic_with_one_sided_penalty_overestimates_in_the_plane(key):
    """The same with the one-sided penalty."""
    return 0.022 - abs(_estimated(key, True) - 2.2)


@vf.trial(holds=False, source="Notes B, 5e")
def the_penalised_critic_estimates_the_distance_in_the_plane(key):
    """A linear critic with λ = 10, δ = 2 estimates W₁ = 2 within 1 %."""
    return 0.02 - abs(_estimated(key, False) - 2.0)
