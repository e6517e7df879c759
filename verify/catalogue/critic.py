"""Critics of bounded slope: the gradient penalty, clipped weights, what they estimate."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import apart
from verify.functions import critic_loss, empirical_wasserstein_1, gradient_penalty
from verify.models import Layer, clip_weights, input_gradients, lipschitz_bound, mlp_critic

_SLOPES = vf.reals(-5, 5, shape=(2,))


def _linear(w):
    """D(x) = w·x."""
    return lambda x: x @ w


def _penalty(critic, x, *, one_sided=False):
    """The gradient penalty of a critic at points x."""
    return gradient_penalty(input_gradients(critic, x), one_sided=one_sided)


@vf.claim(x=vf.reals(shape=(2, 2)), angle=vf.reals(-4, 4), source="Notes B, 5e")
def the_penalty_of_a_critic_of_unit_slope(x, angle):
    """(1/n) Σ (‖∇D‖₂ - 1)² = 0 for D(x) = w·x, ‖w‖ = 1, at two points."""
    w = jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    return vf.equal(_penalty(_linear(w), x), 0)


@vf.claim(x=vf.reals(shape=(2, 2)), w=_SLOPES, source="Notes B, 5e")
def the_penalty_of_a_critic_of_other_slope(x, w):
    """(1/n) Σ (‖∇D‖₂ - 1)² = (‖w‖ - 1)² for D(x) = w·x, and > 0 where ‖w‖ ≠ 1."""
    penalty, square = _penalty(_linear(w), x), jnp.sum(w**2)
    return vf.all_of(
        vf.equal(penalty, (jnp.sqrt(square) - 1) ** 2),
        vf.implies(vf.less(0, (square - 1) ** 2), vf.less(0, penalty)),
    )


@vf.claim(w=_SLOPES, source="Petzka, Fischer and Lukovnikov (2018)")
def the_one_sided_penalty(w):
    """mean max(‖∇D‖₂ - 1, 0)² is (‖w‖ - 1)² for ‖w‖ ≥ 1, and 0 for ‖w‖ ≤ 1."""
    penalty = _penalty(_linear(w), jnp.ones((3, 2)), one_sided=True)
    square = jnp.sum(w**2)
    return vf.all_of(
        vf.implies(vf.at_most(1, square), vf.equal(penalty, (jnp.sqrt(square) - 1) ** 2)),
        vf.implies(vf.at_most(square, 1), vf.equal(penalty, 0)),
    )


# A critic with a slope of its own at each point: D(x) = sin(w·x) + b·x.
_CURVED: dict[str, Any] = {
    "x": vf.reals(-3, 3, shape=(3, 2)),
    "w": vf.reals(-2, 2, shape=(2,)),
    "b": vf.reals(-2, 2, shape=(2,)),
}


def _curved(w, b):
    return lambda x: jnp.sin(x @ w) + x @ b


@vf.claim(**_CURVED, source="Notes B, 5e, samples")
def one_gradient_of_the_sum_gives_that_of_each_point(x, w, b):
    """∇_{x_i} Σ_j D(x_j) = ∇D(x_i) for D(x) = sin(w·x) + b·x, three points."""
    critic = _curved(w, b)
    return vf.equal(input_gradients(critic, x), jax.vmap(jax.grad(critic))(x))


@vf.claim(**_CURVED, holds=False, source="Notes B, 5e, samples")
def one_gradient_of_the_sum_gives_that_of_each_point_in_a_normalised_batch(x, w, b):
    """∇_{x_i} Σ_j D(x_j; batch) = ∂D(x_i; batch)/∂x_i where D subtracts the batch's mean."""
    critic = lambda x: _curved(w, b)(x - jnp.mean(x, axis=0, keepdims=True))
    own = jax.vmap(lambda i: jax.grad(lambda x: critic(x)[i])(x)[i])(jnp.arange(3))
    return vf.equal(input_gradients(critic, x), own)


@vf.claim(**_CURVED, source="Notes B, 5e")
def the_penalty_takes_the_norm_over_features(x, w, b):
    """The penalty is the mean over points of (√(Σ_k (∂_k D)²) - 1)², k the features."""
    slopes = jax.vmap(jax.grad(_curved(w, b)))(x)
    norms = jnp.sqrt(jnp.sum(slopes**2, axis=1))
    return vf.equal(_penalty(_curved(w, b), x), jnp.mean((norms - 1) ** 2))


@vf.claim(**_CURVED, holds=False, source="Notes B, 5e")
def the_penalty_takes_the_norm_over_points(x, w, b):
    """The penalty is the mean over features of (√(Σ_i (∂D(x_i))²) - 1)², i the points."""
    slopes = jax.vmap(jax.grad(_curved(w, b)))(x)
    norms = jnp.sqrt(jnp.sum(slopes**2, axis=0))
    return vf.equal(_penalty(_curved(w, b), x), jnp.mean((norms - 1) ** 2))


# Data, and generated points at a distance δ from them; λ is the weight of the penalty.
_LINE: dict[str, Any] = {"delta": vf.reals(0, 10), "weight": vf.reals(0.1, 100)}


def _penalised(delta, weight, *, one_sided=False):
    """c ↦ E_{p_θ} D - E_{p_data} D + λ E(|D'| - 1)² for D(x) = -c x."""
    data = jnp.array([[-1.0], [0.5], [2.0]])

    def loss(c):
        critic = _linear(jnp.reshape(-c, (1,)))
        penalty = _penalty(critic, data, one_sided=one_sided)
        return critic_loss(critic(data), critic(data + delta)) + weight * penalty

    return loss


@vf.claim(**_LINE, c=vf.reals(-10, 10), source="Notes B, 5e")
def the_penalised_loss_of_a_linear_critic(delta, weight, c):
    """For D(x) = -c x it is -c δ + λ(|c| - 1)², δ = θ - θ₀."""
    wanted = -c * delta + weight * (jnp.abs(c) - 1) ** 2
    return vf.equal(_penalised(delta, weight)(c), wanted)


@vf.claim(**_LINE, source="Notes B, 5e")
def the_penalised_loss_is_stationary_above_unit_slope(delta, weight):
    """Its derivative in c is zero at c = 1 + δ/(2λ)."""
    slope = vf.derivative(_penalised(delta, weight), 1 + delta / (2 * weight))
    return vf.equal(slope, 0)


@vf.claim(**_LINE, shift=vf.reals(-10, 10), source="Notes B, 5e")
def the_penalised_loss_is_least_above_unit_slope(delta, weight, shift):
    """No slope c has a lower loss than c = 1 + δ/(2λ), under either penalty."""
    two, one = _penalised(delta, weight), _penalised(delta, weight, one_sided=True)
    best = 1 + delta / (2 * weight)
    c = best + shift
    return vf.all_of(vf.at_most(two(best), two(c)), vf.at_most(one(best), one(c)))


@vf.claim(**_LINE, c=vf.reals(0, 3), holds=False, source="Notes B, 5e")
def the_penalised_loss_is_least_at_unit_slope(delta, weight, c):
    """No slope c in [0, 3] has a lower loss than c = 1."""
    loss = _penalised(delta, weight)
    return vf.at_most(loss(1.0), loss(c))


def _estimate(delta, weight):
    """E_{p_data} D - E_{p_θ} D of the linear critic that is best under the penalty, and W₁."""
    data = jnp.array([-1.0, 0.5, 2.0])
    critic = lambda x: -(1 + delta / (2 * weight)) * x
    distance = empirical_wasserstein_1(data, data + delta)
    return -critic_loss(critic(data), critic(data + delta)), distance


@vf.claim(**_LINE, source="Notes B, 5e")
def the_penalised_critic_overestimates_the_distance(delta, weight):
    """Its critic estimates δ + δ²/(2λ), which is over W₁ = δ."""
    estimate, distance = _estimate(delta, weight)
    return vf.all_of(
        vf.equal(distance, delta),
        vf.equal(estimate, delta + delta**2 / (2 * weight)),
        vf.implies(vf.less(0, delta), vf.less(distance, estimate)),
    )


@vf.claim(**_LINE, holds=False, source="Notes B, 5e")
def the_penalised_critic_estimates_the_distance(delta, weight):
    """Its critic estimates W₁."""
    return vf.equal(*_estimate(delta, weight))


@vf.claim(source="Notes B, 5e, at λ = 10 and δ = 2")
def the_penalised_critic_at_distance_two():
    """At λ = 10 and δ = 2 the critic estimates 2.2 where W₁ = 2."""
    return vf.equal(_estimate(2.0, 10.0), (jnp.asarray(vf.constant("2.2")), 2.0))


@vf.claim(
    delta=vf.reals(-5, 5, shape=(2,)), weight=vf.reals(0.1, 100), w=_SLOPES, source="Notes B, 5e"
)
def the_penalised_critic_in_the_plane(delta, weight, w):
    """-w·δ + λ(‖w‖ - 1)² is least at w = (1 + ‖δ‖/(2λ)) δ/‖δ‖, δ ≠ 0."""
    distance = jnp.sqrt(jnp.sum(delta**2))
    loss = lambda w: -jnp.sum(w * delta) + weight * gradient_penalty(w[None])
    best = (1 + distance / (2 * weight)) * delta / distance
    return vf.implies(apart(distance), vf.at_most(loss(best), loss(w)))


@vf.claim(x=vf.reals(-5, 5, shape=(2,)), y=vf.reals(-5, 5, shape=(2,)), source="Notes B, 5d")
def no_critic_of_slope_one_beats_the_distance_of_samples(x, y):
    """Mean D(y) - mean D(x) ≥ -W₁ for D(x) = sin x, two points against two."""
    return vf.at_most(-empirical_wasserstein_1(x, y), critic_loss(jnp.sin(x), jnp.sin(y)))


# A network of two features, two hidden units and one output.
_NETWORK: dict[str, Any] = {
    "first": vf.reals(-2, 2, shape=(2, 2)),
    "shift": vf.reals(-2, 2, shape=(2,)),
    "last": vf.reals(-2, 2, shape=(1, 2)),
}
_TWO_POINTS: dict[str, Any] = {
    "x": vf.reals(-3, 3, shape=(2,)),
    "y": vf.reals(-3, 3, shape=(2,)),
}


def _layers(first, shift, last, *, bound):
    """The network with its weights clipped to [-bound, bound]."""
    return clip_weights([Layer(first, shift), Layer(last, jnp.zeros(1))], bound)


def _rise_and_run(layers, x, y):
    """|D(x) - D(y)| and ‖x - y‖."""
    rise = mlp_critic(layers, x) - mlp_critic(layers, y)
    return jnp.abs(rise), jnp.sqrt(jnp.sum((x - y) ** 2))


def _spectral_norm(weights):
    """The larger singular value of [[a, b], [c, d]]."""
    (a, b), (c, d) = weights
    sums, differences = (a + d) ** 2 + (b - c) ** 2, (a - d) ** 2 + (b + c) ** 2
    return (jnp.sqrt(sums) + jnp.sqrt(differences)) / 2


def _norms(layers):
    """Π‖W‖₂ of the network; the last layer is one row."""
    return _spectral_norm(layers[0].weights) * jnp.sqrt(jnp.sum(layers[1].weights ** 2))


@vf.claim(first=_NETWORK["first"], source="Notes B, 5e, clipping")
def the_spectral_norm_of_two_rows(first):
    """2‖W‖₂ = √((a + d)² + (b - c)²) + √((a - d)² + (b + c)²) for W = [[a, b], [c, d]]."""
    return vf.equal(lipschitz_bound([Layer(first, jnp.zeros(2))]), _spectral_norm(first))


@vf.claim(last=_NETWORK["last"], source="Notes B, 5e, clipping")
def the_spectral_norm_of_a_row(last):
    """‖w‖₂ = √(w·w) for a single row."""
    bound = lipschitz_bound([Layer(last, jnp.zeros(1))])
    return vf.equal(bound, jnp.sqrt(jnp.sum(last**2)))


@vf.claim(**_NETWORK, **_TWO_POINTS, source="Notes B, 5e, clipping")
def the_clipped_critic_is_no_steeper_than_its_spectral_norms(first, shift, last, x, y):
    """|D(x) - D(y)| ≤ Π‖W‖₂ ‖x - y‖ for a clipped network of two layers."""
    layers = _layers(first, shift, last, bound=1.0)
    rise, run = _rise_and_run(layers, x, y)
    return vf.at_most(rise, _norms(layers) * run)


@vf.claim(**_NETWORK, **_TWO_POINTS, holds=False, source="Notes B, 5e, clipping")
def the_clipped_critic_is_no_steeper_than_its_clipping(first, shift, last, x, y):
    """|D(x) - D(y)| ≤ c² ‖x - y‖ for a network of two layers clipped to [-c, c], c = 1."""
    rise, run = _rise_and_run(_layers(first, shift, last, bound=1.0), x, y)
    return vf.at_most(rise, run)


@vf.claim(
    first=vf.reals(-2, 2, shape=(2, 2)),
    last=vf.reals(-2, 2, shape=(1, 2)),
    bound=vf.reals(0.01, 1),
    source="Notes B, 5e, clipping; ‖W‖₂ ≤ ‖W‖_F",
)
def clipping_bounds_the_spectral_norms(first, last, bound):
    """Π‖W‖₂ ≤ Π c √(rows · columns) = 2√2 c² for weights clipped to [-c, c]."""
    layers = _layers(first, jnp.zeros(2), last, bound=bound)
    return vf.at_most(_norms(layers), 2 * jnp.sqrt(2.0) * bound**2)
