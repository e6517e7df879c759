"""What the discriminator and the generator of a GAN lose, and how steeply."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import mean_under
from verify.functions import (
    categorical_jsd,
    discriminator_loss,
    minimax_loss,
    non_saturating_loss,
    normal_log_density,
    optimal_discriminator,
    optimal_discriminator_from_logs,
)


@vf.claim(q=vf.simplex(3), D=vf.probabilities(shape=(3,)), source="Notes A, 5a")
def no_distribution_beats_a_point_mass(q, D):
    """E_q log(1 - D) ≥ log(1 - max D) for a fixed D on three points."""
    return vf.at_most(jnp.log(1 - jnp.max(D)), jnp.sum(q * jnp.log(1 - D)))


@vf.claim(D=vf.probabilities(shape=(3,)), source="Notes A, 5a")
def the_point_mass_at_the_peak_is_best(D):
    """E_q log(1 - D) = log(1 - max D) for the point mass q at the largest D."""
    q = jax.nn.one_hot(jnp.argmax(D), 3)
    return vf.equal(jnp.sum(q * jnp.log(1 - D)), jnp.log(1 - jnp.max(D)))


def _mean_discriminator(delta):
    """E_{p_θ} D* for p_data = N(0, 1) and p_θ = N(δ, 1)."""

    def best(x):
        return optimal_discriminator_from_logs(
            normal_log_density(x, 0, 1), normal_log_density(x, delta, 1)
        )

    return mean_under(delta, 1, best)


@vf.claim(source="Notes A, 5b")
def the_best_discriminator_is_undecided_at_no_distance():
    """E_{p_θ} D* = 1/2 at δ = 0."""
    return vf.equal(_mean_discriminator(0.0), 0.5)


@vf.claim(source="Notes A, 5b, at δ = 4")
def the_best_discriminator_at_distance_four():
    """E_{p_θ} D* = .0343 to its digits at δ = 4."""
    mean = _mean_discriminator(4.0)
    return vf.all_of(vf.less(vf.constant("0.03425"), mean), vf.less(mean, vf.constant("0.03435")))


@vf.claim(delta=vf.reals(0.01, 8), source="Notes A, 5b")
def the_best_discriminator_is_surer_at_a_distance(delta):
    """∂_δ E_{p_θ} D* < 0 for δ > 0."""
    return vf.less(jax.grad(_mean_discriminator)(delta), 0)


@vf.claim(delta=vf.reals(-8, 8), source="Notes A, 5b; D* ≤ √(p_data/p_θ)/2")
def the_best_discriminator_is_sure_at_infinite_distance(delta):
    """0 < E_{p_θ} D* ≤ exp(-δ²/8)/2 → 0 as δ → ∞."""
    bound = lambda delta: jnp.exp(-(delta**2) / 8) / 2
    mean = _mean_discriminator(delta)
    return vf.all_of(
        vf.less(0, mean),
        vf.at_most(mean, bound(delta)),
        vf.equal(vf.limit(bound, jnp.inf), 0),
    )


@vf.claim(h=vf.reals(-100, 100), source="Notes A, 5c")
def the_slopes_of_the_two_losses(h):
    """∂_h log(1 - σ(h)) = -σ(h) and ∂_h[-log σ(h)] = -(1 - σ(h))."""
    D = 1 / (1 + jnp.exp(-h))
    return vf.all_of(
        vf.equal(vf.derivative(minimax_loss, h), -D),
        vf.equal(vf.derivative(non_saturating_loss, h), -(1 - D)),
    )


@vf.claim(h=vf.reals(-100, 100), source="Notes A, 5c")
def the_non_saturating_slope_is_steeper_for_fakes(h):
    """|∂_h[-log σ(h)]| > |∂_h log(1 - σ(h))| for D < 1/2, and not for D ≥ 1/2."""
    D = 1 / (1 + jnp.exp(-h))
    minimax = jnp.abs(vf.derivative(minimax_loss, h))
    other = jnp.abs(vf.derivative(non_saturating_loss, h))
    return vf.all_of(
        vf.implies(vf.less(D, 0.5), vf.less(minimax, other)),
        vf.implies(vf.at_most(0.5, D), vf.at_most(other, minimax)),
    )


@vf.claim(source="Notes A, 5c")
def the_minimax_slope_saturates():
    """As D → 0, that is h → -∞, the minimax slope tends to 0, the non-saturating one to -1."""
    return vf.all_of(
        vf.equal(vf.limit(jax.grad(minimax_loss), -jnp.inf), 0),
        vf.equal(vf.limit(jax.grad(non_saturating_loss), -jnp.inf), -1),
    )


# Two generated points: what the discriminator says of them, and ∂_θ h there.
_UNDER_HALF = vf.reals(0.01, 0.49, shape=(2,))


def _mean_slopes(D, slopes):
    """The sizes of ∂_θ of the mean minimax and of the mean non-saturating loss."""
    minimax, other = jnp.mean(-D * slopes), jnp.mean(-(1 - D) * slopes)
    return jnp.abs(minimax), jnp.abs(other)


@vf.claim(
    D=_UNDER_HALF, slopes=vf.reals(-5, 5, shape=(2,)), holds=False, source="Notes A, 5c, means"
)
def the_non_saturating_mean_slope_is_steeper(D, slopes):
    """|E[-(1 - D) ∂_θ h]| ≥ |E[-D ∂_θ h]| over two points wherever all D < 1/2."""
    return vf.at_most(*_mean_slopes(D, slopes))


@vf.claim(D=_UNDER_HALF, slopes=vf.positives(shape=(2,)), source="Notes A, 5c, means")
def the_non_saturating_mean_slope_is_steeper_where_points_agree(D, slopes):
    """|E[-(1 - D) ∂_θ h]| > |E[-D ∂_θ h]| wherever all D < 1/2 and all ∂_θ h > 0."""
    return vf.less(*_mean_slopes(D, slopes))


@vf.claim(source="Notes A, 5c, means, at D = (.1, .4)")
def the_non_saturating_mean_slope_can_vanish():
    """At D = (.1, .4) and ∂_θ h = (1, -1.5) the non-saturating slope is 0, the other 1/4."""
    D = jnp.stack([jnp.asarray(vf.constant(v)) for v in ("0.1", "0.4")])
    return vf.equal(_mean_slopes(D, jnp.array([1.0, -1.5])), (0.25, 0.0))


def _value(D, p, q):
    """V = E_p log D + E_q log(1 - D)."""
    return jnp.sum(p * jnp.log(D)) + jnp.sum(q * jnp.log(1 - D))


@vf.claim(p=vf.simplex(3), source="Notes A, 5d")
def the_game_ends_at_one_half(p):
    """At p_θ = p_data, D* = 1/2 and V = -log 4."""
    D = optimal_discriminator(p, p)
    return vf.all_of(vf.equal(D, 0.5), vf.equal(_value(D, p, p), -jnp.log(4.0)))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source="Notes A, 5d; Goodfellow et al. (2014), th. 1")
def the_value_of_the_game_is_a_divergence(p, q):
    """V(D*) = -log 4 + 2 JSD(p_data, p_θ) ≥ -log 4."""
    value = _value(optimal_discriminator(p, q), p, q)
    return vf.all_of(
        vf.equal(value, -jnp.log(4.0) + 2 * categorical_jsd(p, q)),
        vf.at_most(-jnp.log(4.0), value),
    )


@vf.claim(t=vf.probabilities(), holds=False, source="Notes A, 5d, last line")
def the_minimax_loss_is_least_at_one_half(t):
    """log(1 - t) ≥ log(1 - 1/2) for every t in (0, 1)."""
    return vf.at_most(jnp.log(0.5), jnp.log(1 - t))


@vf.claim(t=vf.probabilities(), source="Notes A, 5d, last line")
def the_minimax_loss_falls_all_the_way(t):
    """∂_t log(1 - t) = -1/(1 - t) < 0: it has no minimum inside (0, 1)."""
    slope = vf.derivative(lambda t: jnp.log(1 - t), t)
    return vf.all_of(vf.equal(slope, -1 / (1 - t)), vf.less(slope, 0))


@vf.claim(t=vf.probabilities(), source="Notes A, 5d, last line")
def the_loss_of_the_discriminator_is_least_at_one_half(t):
    """-log t - log(1 - t) ≥ log 4, its value at 1/2."""
    loss = lambda t: -jnp.log(t) - jnp.log(1 - t)
    return vf.all_of(vf.at_most(jnp.log(4.0), loss(t)), vf.equal(loss(0.5), jnp.log(4.0)))


@vf.claim(x=vf.reals(-100, 100), source="Notes B, 2a")
def the_slope_of_the_logistic_function(x):
    """σ' = σ(1 - σ)."""
    s = lambda x: 1 / (1 + jnp.exp(-x))
    return vf.equal(vf.derivative(s, x), s(x) * (1 - s(x)))


def _generated_logit(theta, phi, z):
    """h_φ(G_θ(z)) for G_θ(z) = tanh(θ₀ z + θ₁) and h_φ(x) = φ₀ x + φ₁ x²."""
    x = jnp.tanh(theta[0] * z + theta[1])
    return phi[0] * x + phi[1] * x**2


_GENERATOR: dict[str, Any] = {
    "theta": vf.reals(-2, 2, shape=(2,)),
    "phi": vf.reals(-2, 2, shape=(2,)),
}


def _minimax_slope(theta, phi, z):
    """∂_θ of the mean of log(1 - σ(h_φ(G_θ(z)))) over a sample of z."""
    loss = lambda z, theta: jnp.log(1 - jax.nn.sigmoid(_generated_logit(theta, phi, z)))
    return jax.grad(lambda theta: jnp.mean(jax.vmap(loss, (0, None))(z, theta)))(theta)


def _logits_and_slopes(theta, phi, z):
    """h and ∂_θ h at each z."""
    return jax.vmap(jax.value_and_grad(_generated_logit), (None, None, 0))(theta, phi, z)


@vf.claim(**_GENERATOR, z=vf.reals(-3, 3, shape=(2,)), source="Notes B, 2a")
def the_gradient_of_the_minimax_loss(theta, phi, z):
    """∂_θ E log(1 - σ(h)) = E[-σ(h) ∂_θ h], h = h_φ(G_θ(z)), over two z."""
    h, slopes = _logits_and_slopes(theta, phi, z)
    by_hand = jnp.mean(-jax.nn.sigmoid(h)[:, None] * slopes, axis=0)
    return vf.equal(_minimax_slope(theta, phi, z), by_hand)


@vf.claim(scale=vf.reals(0.25, 2), slope=vf.reals(-2, 2), source="Notes B, 2a")
def the_gradient_of_the_minimax_loss_under_a_normal_distribution(scale, slope):
    """∂_θ E_{z~N(0,1)} log(1 - σ(h(θ z))) = E_z[-σ(h) ∂_θ h] for h(x) = c x."""
    loss = lambda scale: mean_under(0, 1, lambda z: minimax_loss(slope * scale * z))
    by_hand = mean_under(0, 1, lambda z: -jax.nn.sigmoid(slope * scale * z) * slope * z)
    return vf.equal(jax.grad(loss)(scale), by_hand)


@vf.claim(**_GENERATOR, z=vf.reals(-3, 3, shape=(2,)), source="Notes B, 2a")
def the_gradient_of_the_minimax_loss_is_bounded_by_the_discriminator(theta, phi, z):
    """|∂_θ E log(1 - σ(h))| ≤ max D · E|∂_θ h|, in each parameter."""
    h, slopes = _logits_and_slopes(theta, phi, z)
    bound = jnp.max(jax.nn.sigmoid(h)) * jnp.mean(jnp.abs(slopes), axis=0)
    return vf.at_most(jnp.abs(_minimax_slope(theta, phi, z)), bound)


@vf.claim(**_GENERATOR, z=vf.reals(-3, 3), source="Notes B, 2a")
def the_gradient_of_the_minimax_loss_vanishes_with_the_discriminator(theta, phi, z):
    """∂_θ log(1 - σ(h - t)) → 0 as t → ∞, that is as D → 0."""

    def slope(t):
        return jax.grad(lambda theta: minimax_loss(_generated_logit(theta, phi, z) - t))(theta)

    first, second = (vf.limit(lambda t, i=i: slope(t)[i], jnp.inf) for i in (0, 1))
    return vf.equal((first, second), (0.0, 0.0))


@vf.claim(x=vf.reals(-100, 100), source="Notes B, 2b")
def the_logistic_function_of_the_other_sign(x):
    """1 - σ(x) = σ(-x)."""
    s = lambda x: 1 / (1 + jnp.exp(-x))
    return vf.equal(1 - s(x), s(-x))


_LOGITS: dict[str, Any] = {
    "data": vf.reals(-30, 30, shape=(2,)),
    "model": vf.reals(-30, 30, shape=(3,)),
}


def _loss_on_probabilities(data, model):
    """-E log σ(h_data) - E log(1 - σ(h_model))."""
    s = lambda x: 1 / (1 + jnp.exp(-x))
    return -jnp.mean(jnp.log(s(data))) - jnp.mean(jnp.log(1 - s(model)))


@vf.claim(**_LOGITS, source="Notes B, 2b")
def the_discriminator_loss_on_logits(data, model):
    """-E log σ(h_data) - E log σ(-h_model) = -E log D - E log(1 - D), two and three points."""
    on_logits = -jnp.mean(jax.nn.log_sigmoid(data)) - jnp.mean(jax.nn.log_sigmoid(-model))
    wanted = _loss_on_probabilities(data, model)
    return vf.all_of(vf.equal(on_logits, wanted), vf.equal(discriminator_loss(data, model), wanted))


@vf.claim(**_LOGITS, holds=False, source="Notes B, 2b, a common slip")
def the_discriminator_loss_on_one_less_the_logits(data, model):
    """-E log σ(h_data) - E log σ(1 - h_model) = -E log D - E log(1 - D)."""
    on_logits = -jnp.mean(jax.nn.log_sigmoid(data)) - jnp.mean(jax.nn.log_sigmoid(1 - model))
    return vf.equal(on_logits, _loss_on_probabilities(data, model))
