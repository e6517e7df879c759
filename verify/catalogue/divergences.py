"""What the best discriminator, the generator's losses and the VAE's bound minimise."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import divergence, mean_under
from verify.functions import (
    categorical_entropy,
    categorical_jsd,
    categorical_kl,
    gaussian_entropy,
    gaussian_kl,
    minimax_loss,
    non_saturating_loss,
    normal_log_density,
    optimal_discriminator,
    optimal_discriminator_from_logs,
)

# Means and deviations of two Gaussians for which an integral is computed.
_MEAN, _DEVIATION = vf.reals(-3, 3), vf.reals(0.2, 5)
_TWO_GAUSSIANS: dict[str, Any] = {"m": _MEAN, "d": _DEVIATION, "theta": _MEAN, "s": _DEVIATION}

# A shift from one parameter to another that is not zero.
_SHIFT = vf.reals(0.1, 3)


def _pointwise_loss(p, q):
    """f(t) = -p log t - q log(1 - t), the discriminator's loss at one point."""
    return lambda t: -p * jnp.log(t) - q * jnp.log(1 - t)


@vf.claim(p=vf.positives(), q=vf.positives(), t=vf.probabilities(), source="Notes B, 3a")
def the_slope_of_the_pointwise_loss(p, q, t):
    """f(t) = -p log t - q log(1 - t) has f'(t) = -p/t + q/(1 - t)."""
    return vf.equal(vf.derivative(_pointwise_loss(p, q), t), -p / t + q / (1 - t))


@vf.claim(p=vf.positives(), q=vf.positives(), t=vf.probabilities(), source="Notes B, 3a")
def the_pointwise_loss_is_convex(p, q, t):
    """f'' > 0."""
    return vf.less(0, jax.grad(jax.grad(_pointwise_loss(p, q)))(t))


@vf.claim(p=vf.positives(), q=vf.positives(), source="Notes B, 3a")
def the_slope_is_zero_at_the_optimal_discriminator(p, q):
    """f'(p/(p + q)) = 0, and optimal_discriminator is p/(p + q)."""
    best = p / (p + q)
    return vf.all_of(
        vf.equal(vf.derivative(_pointwise_loss(p, q), best), 0),
        vf.equal(optimal_discriminator(p, q), best),
    )


@vf.claim(p=vf.positives(), q=vf.positives(), t=vf.probabilities(), source="Notes B, 3a")
def the_pointwise_loss_is_least_at_the_optimal_discriminator(p, q, t):
    """f(p/(p + q)) ≤ f(t) for every t in (0, 1)."""
    f = _pointwise_loss(p, q)
    return vf.at_most(f(optimal_discriminator(p, q)), f(t))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), D=vf.probabilities(shape=(3,)), source="Notes B, 3a")
def no_discriminator_beats_the_optimal_one(p, q, D):
    """-E_p log D - E_q log(1 - D) is at least its value at D* = p/(p + q)."""
    best = optimal_discriminator(p, q)
    return vf.at_most(jnp.sum(_pointwise_loss(p, q)(best)), jnp.sum(_pointwise_loss(p, q)(D)))


@vf.claim(p=vf.positives(), q=vf.positives(), source="Notes B, 3b")
def the_optimal_logit_is_the_log_ratio(p, q):
    """σ(log(p/q)) = p/(p + q)."""
    return vf.equal(1 / (1 + jnp.exp(-jnp.log(p / q))), optimal_discriminator(p, q))


@vf.claim(p=vf.positives(), q=vf.positives(), source="Notes B, 3b")
def the_optimal_discriminator_from_logs(p, q):
    """optimal_discriminator_from_logs(log p, log q) = p/(p + q)."""
    return vf.equal(optimal_discriminator_from_logs(jnp.log(p), jnp.log(q)), p / (p + q))


@vf.claim(h=vf.reals(-100, 100), source="Notes B, 3c")
def the_two_losses_differ_by_the_logit(h):
    """log(1 - σ(h)) - log σ(h) = -h."""
    D = 1 / (1 + jnp.exp(-h))
    return vf.equal(jnp.log(1 - D) - jnp.log(D), -h)


@vf.claim(h=vf.reals(-100, 100), source="Notes B, 3c")
def the_losses_on_logits_are_those_on_probabilities(h):
    """minimax_loss(h) = log(1 - σ(h)) and non_saturating_loss(h) = -log σ(h)."""
    D = 1 / (1 + jnp.exp(-h))
    return vf.all_of(
        vf.equal(minimax_loss(h), jnp.log(1 - D)),
        vf.equal(non_saturating_loss(h), -jnp.log(D)),
    )


@vf.claim(q=vf.simplex(4), h=vf.reals(shape=(4,)), source="Notes B, 3c")
def the_generator_minimises_minus_the_mean_logit(q, h):
    """L_G = E[log(1 - σ(h))] - E[log σ(h)] = -E[h] under the model."""
    loss = jnp.sum(q * (minimax_loss(h) + non_saturating_loss(h)))
    return vf.equal(loss, -jnp.sum(q * h))


@vf.claim(p=vf.positives(), q=vf.positives(), source="Notes B, 3c")
def one_less_the_optimal_discriminator(p, q):
    """1 - D* = p_θ/(p_data + p_θ)."""
    return vf.equal(1 - optimal_discriminator(p, q), q / (p + q))


def _loss_at_optimum(m, d, theta, s):
    """E_{p_θ}[log(1 - D*) - log D*] for p_data = N(m, d²) and p_θ = N(θ, s²)."""

    def integrand(x):
        p, q = vf.normal_density(x, m, d), vf.normal_density(x, theta, s)
        return q * (jnp.log(q / (p + q)) - jnp.log(p / (p + q)))

    return vf.integral(integrand, -jnp.inf, jnp.inf)


@vf.claim(**_TWO_GAUSSIANS, source="Notes B, 3c")
def the_loss_at_the_optimum_is_the_reverse_divergence(m, d, theta, s):
    """E_{p_θ}[log(1 - D*) - log D*] = KL(p_θ ‖ p_data), N(θ, s²) against N(m, d²)."""
    return vf.equal(_loss_at_optimum(m, d, theta, s), gaussian_kl(theta, s, m, d))


@vf.claim(**_TWO_GAUSSIANS, holds=False, source="Notes B, 3c")
def the_loss_at_the_optimum_is_the_forward_divergence(m, d, theta, s):
    """E_{p_θ}[log(1 - D*) - log D*] = KL(p_data ‖ p_θ), N(θ, s²) against N(m, d²)."""
    return vf.equal(_loss_at_optimum(m, d, theta, s), gaussian_kl(m, d, theta, s))


def _categorical_loss_at_optimum(p, q):
    D = optimal_discriminator(p, q)
    return jnp.sum(q * (jnp.log(1 - D) - jnp.log(D)))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source="Notes B, 3c")
def the_categorical_loss_at_the_optimum_is_the_reverse_divergence(p, q):
    """Σ p_θ (log(1 - D*) - log D*) = KL(p_θ ‖ p_data)."""
    return vf.equal(_categorical_loss_at_optimum(p, q), jnp.sum(q * jnp.log(q / p)))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), holds=False, source="Notes B, 3c")
def the_categorical_loss_at_the_optimum_is_the_forward_divergence(p, q):
    """Σ p_θ (log(1 - D*) - log D*) = KL(p_data ‖ p_θ)."""
    return vf.equal(_categorical_loss_at_optimum(p, q), jnp.sum(p * jnp.log(p / q)))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source="Kullback and Leibler (1951)")
def categorical_kl_is_its_definition(p, q):
    """categorical_kl(p, q) = Σ p log(p/q)."""
    return vf.equal(categorical_kl(p, q), jnp.sum(p * jnp.log(p / q)))


def _frozen_loss_slope(m, d, theta, s, frozen):
    """∂_θ E_{p_θ}[log(1 - D) - log D], D fixed at its best against N(frozen, s²)."""

    def loss(theta):
        log_ratio = lambda x: normal_log_density(x, frozen, s) - normal_log_density(x, m, d)
        return mean_under(theta, s, log_ratio)

    return jax.grad(loss)(theta)


@vf.claim(**_TWO_GAUSSIANS, source="Notes B, 3c")
def the_frozen_gradient_is_that_of_the_divergence_where_it_was_frozen(m, d, theta, s):
    """∂_θ L_G with D* frozen at θ is ∂_θ KL(p_θ ‖ p_data) at θ."""
    slope = jax.grad(divergence)(theta, s, m, d)
    return vf.equal(_frozen_loss_slope(m, d, theta, s, theta), slope)


@vf.claim(**_TWO_GAUSSIANS, shift=_SHIFT, holds=False, source="Notes B, 3c")
def the_frozen_gradient_is_that_of_the_divergence_elsewhere(m, d, theta, s, shift):
    """∂_θ L_G with D* frozen at θ - δ, δ ≠ 0, is ∂_θ KL(p_θ ‖ p_data) at θ."""
    slope = jax.grad(divergence)(theta, s, m, d)
    return vf.equal(_frozen_loss_slope(m, d, theta, s, theta - shift), slope)


def _categorical_slopes(p, frozen, theta):
    """The gradients in θ of L_G with D* frozen, and of KL(p_θ ‖ p_data); p_θ = softmax(θ)."""
    D = jax.lax.stop_gradient(optimal_discriminator(p, jax.nn.softmax(frozen)))
    loss = lambda theta: jnp.sum(jax.nn.softmax(theta) * (jnp.log(1 - D) - jnp.log(D)))
    kl = lambda theta: jnp.sum(jax.nn.softmax(theta) * jnp.log(jax.nn.softmax(theta) / p))
    return jax.grad(loss)(theta), jax.grad(kl)(theta)


@vf.claim(p=vf.simplex(3), theta=vf.reals(-5, 5, shape=(3,)), source="Notes B, 3c")
def the_frozen_categorical_gradient_where_it_was_frozen(p, theta):
    """The same for softmax(θ) on three points: equal at the θ where D* was frozen."""
    return vf.equal(*_categorical_slopes(p, theta, theta))


@vf.claim(
    p=vf.simplex(3),
    theta=vf.reals(-5, 5, shape=(3,)),
    shift=_SHIFT,
    holds=False,
    source="Notes B, 3c",
)
def the_frozen_categorical_gradient_elsewhere(p, theta, shift):
    """The same for softmax(θ) on three points: equal at a θ where D* was not frozen."""
    frozen = theta.at[0].add(-shift)
    return vf.equal(*_categorical_slopes(p, frozen, theta))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), holds=False, source="Notes B, 3d")
def the_categorical_divergence_is_symmetric(p, q):
    """KL(p ‖ q) = KL(q ‖ p)."""
    return vf.equal(categorical_kl(p, q), categorical_kl(q, p))


@vf.claim(**_TWO_GAUSSIANS, holds=False, source="Notes B, 3d")
def the_gaussian_divergence_is_symmetric(m, d, theta, s):
    """KL(N(m, d²) ‖ N(θ, s²)) = KL(N(θ, s²) ‖ N(m, d²))."""
    return vf.equal(gaussian_kl(m, d, theta, s), gaussian_kl(theta, s, m, d))


@vf.claim(m=vf.reals(), d=vf.positives(), s=vf.positives(), source="Notes B, 3d")
def the_divergence_of_the_narrow_from_the_wide_is_smaller(m, d, s):
    """KL(N(m, d²) ‖ N(m, s²)) < KL(N(m, s²) ‖ N(m, d²)) for d < s."""
    return vf.implies(vf.less(d, s), vf.less(gaussian_kl(m, d, m, s), gaussian_kl(m, s, m, d)))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source="Lin (1991)")
def the_jensen_shannon_divergence_is_symmetric(p, q):
    """JSD(p, q) = JSD(q, p) = H((p + q)/2) - (H(p) + H(q))/2."""
    entropies = (
        categorical_entropy((p + q) / 2) - (categorical_entropy(p) + categorical_entropy(q)) / 2
    )
    return vf.all_of(
        vf.equal(categorical_jsd(p, q), categorical_jsd(q, p)),
        vf.equal(categorical_jsd(p, q), entropies),
    )


@vf.claim(**_TWO_GAUSSIANS, source="Notes B, 3d")
def the_expected_negative_log_likelihood(m, d, theta, s):
    """-E_{p_data} log p_θ = KL(p_data ‖ p_θ) + H(p_data), N(θ, s²) against N(m, d²)."""
    cross = mean_under(m, d, lambda x: -normal_log_density(x, theta, s))
    return vf.equal(cross, gaussian_kl(m, d, theta, s) + gaussian_entropy(d))


@vf.claim(p=vf.simplex(3), q=vf.simplex(3), source="Notes B, 3d")
def the_expected_categorical_negative_log_likelihood(p, q):
    """-Σ p_data log p_θ = KL(p_data ‖ p_θ) + H(p_data)."""
    cross = -jnp.sum(p * jnp.log(q))
    return vf.equal(cross, categorical_kl(p, q) + categorical_entropy(p))


# x takes three values and z two: p_data(x), p_θ(x, z) and q(z = 0 | x).
_LATENT: dict[str, Any] = {
    "data": vf.simplex(3),
    "joint": vf.simplex(6),
    "first": vf.probabilities(shape=(3,)),
}


def _expected_negative_elbo(data, joint, first):
    """E_{p_data}[-ELBO], ELBO(x) = E_q[log p_θ(x, z) - log q(z | x)]."""
    model, encoder = joint.reshape(3, 2), jnp.stack([first, 1 - first], axis=1)
    elbo = jnp.sum(encoder * (jnp.log(model) - jnp.log(encoder)), axis=1)
    return -jnp.sum(data * elbo)


def _divergence_and_entropy(data, joint):
    """KL(p_data ‖ p_θ) + H(p_data), p_θ the marginal in x."""
    marginal = joint.reshape(3, 2).sum(axis=1)
    return jnp.sum(data * jnp.log(data / marginal)) + categorical_entropy(data)


def _posterior_gap(data, joint, first):
    """E_{p_data} KL(q(z | x) ‖ p_θ(z | x))."""
    model, encoder = joint.reshape(3, 2), jnp.stack([first, 1 - first], axis=1)
    posterior = model / model.sum(axis=1, keepdims=True)
    return jnp.sum(data * jnp.sum(encoder * jnp.log(encoder / posterior), axis=1))


@vf.claim(**_LATENT, holds=False, source="Notes B, 3d")
def the_expected_negative_elbo_is_the_divergence_and_the_entropy(data, joint, first):
    """E[-ELBO] = KL(p_data ‖ p_θ) + H(p_data)."""
    elbo = _expected_negative_elbo(data, joint, first)
    return vf.equal(elbo, _divergence_and_entropy(data, joint))


@vf.claim(**_LATENT, source="Notes B, 3d")
def the_expected_negative_elbo_has_the_gap_of_the_posterior(data, joint, first):
    """E[-ELBO] = KL(p_data ‖ p_θ) + H(p_data) + E KL(q(z|x) ‖ p_θ(z|x))."""
    gap = _posterior_gap(data, joint, first)
    elbo = _expected_negative_elbo(data, joint, first)
    return vf.equal(elbo, _divergence_and_entropy(data, joint) + gap)
