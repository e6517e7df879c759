"""What other discriminators and generators minimise: priors, smoothing, hinge, least squares."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.categoricals import jsd
from verify.functions import (
    categorical_total_variation,
    optimal_discriminator,
)

_TWO: dict[str, Any] = {"p": vf.simplex(3), "q": vf.simplex(3)}
_POINT: dict[str, Any] = {"p": vf.positives(), "q": vf.positives(), "t": vf.probabilities()}

_PRIOR = "Goodfellow et al. (2014), proposition 1 with a prior"
_SMOOTHING = "Salimans et al. (2016), section 3.4"
_HINGE = "Lim and Ye (2017), hinge loss"
_LEAST_SQUARES = "Mao et al. (2017), relation to Pearson's χ²"
_ARJOVSKY = "Arjovsky and Bottou (2017), theorem 2.5"


def _is_optimal(loss, best, t):
    """loss'(best) = 0, and loss(best) ≤ loss(t)."""
    return vf.all_of(vf.equal(vf.derivative(loss, best), 0), vf.at_most(loss(best), loss(t)))


def _loss_with_prior(p, q, prior):
    """-π p log t - (1 - π) q log(1 - t)."""
    return lambda t: -prior * p * jnp.log(t) - (1 - prior) * q * jnp.log(1 - t)


@vf.claim(**_POINT, prior=vf.probabilities(), source=_PRIOR)
def the_optimal_discriminator_with_a_prior(p, q, t, prior):
    """-π p log t - (1 - π) q log(1 - t) is least at π p/(π p + (1 - π) q)."""
    best = optimal_discriminator(prior * p, (1 - prior) * q)
    return _is_optimal(_loss_with_prior(p, q, prior), best, t)


@vf.claim(**_POINT, prior=vf.probabilities(), holds=False, source=_PRIOR)
def the_optimal_discriminator_ignores_the_prior(p, q, t, prior):
    """-π p log t - (1 - π) q log(1 - t) is least at p/(p + q)."""
    return _is_optimal(_loss_with_prior(p, q, prior), optimal_discriminator(p, q), t)


@vf.claim(p=vf.positives(), q=vf.positives(), prior=vf.probabilities(), source=_PRIOR)
def the_logit_with_a_prior_is_shifted(p, q, prior):
    """log D*/(1 - D*) = log(p/q) + log(π/(1 - π)) with a prior π."""
    best = optimal_discriminator(prior * p, (1 - prior) * q)
    return vf.equal(jnp.log(best / (1 - best)), jnp.log(p / q) + jnp.log(prior / (1 - prior)))


def _loss_with_smoothing(p, q, eps):
    """-p ((1 - ε) log t + ε log(1 - t)) - q log(1 - t)."""
    return lambda t: -p * ((1 - eps) * jnp.log(t) + eps * jnp.log(1 - t)) - q * jnp.log(1 - t)


@vf.claim(**_POINT, eps=vf.probabilities(), source=_SMOOTHING)
def the_optimal_discriminator_with_smoothing(p, q, t, eps):
    """With labels 1 - ε for data and 0 for samples the loss is least at (1 - ε) p/(p + q)."""
    best = (1 - eps) * optimal_discriminator(p, q)
    return _is_optimal(_loss_with_smoothing(p, q, eps), best, t)


@vf.claim(**_POINT, eps=vf.probabilities(), holds=False, source=_SMOOTHING)
def the_optimal_discriminator_ignores_smoothing(p, q, t, eps):
    """With labels 1 - ε for data and 0 for samples the loss is least at p/(p + q)."""
    return _is_optimal(_loss_with_smoothing(p, q, eps), optimal_discriminator(p, q), t)


def _loss_with_two_sided_smoothing(p, q, alpha, beta):
    """The loss with labels α for data and β for samples."""
    data = lambda t: alpha * jnp.log(t) + (1 - alpha) * jnp.log(1 - t)
    samples = lambda t: beta * jnp.log(t) + (1 - beta) * jnp.log(1 - t)
    return lambda t: -p * data(t) - q * samples(t)


@vf.claim(**_POINT, alpha=vf.probabilities(), beta=vf.probabilities(), source=_SMOOTHING)
def the_optimal_discriminator_with_two_sided_smoothing(p, q, t, alpha, beta):
    """With labels α for data and β for samples the loss is least at (α p + β q)/(p + q)."""
    best = (alpha * p + beta * q) / (p + q)
    return _is_optimal(_loss_with_two_sided_smoothing(p, q, alpha, beta), best, t)


def _hinge_loss(p, q, h):
    """E_p max(0, 1 - h) + E_q max(0, 1 + h)."""
    return jnp.sum(p * jax.nn.relu(1 - h) + q * jax.nn.relu(1 + h))


@vf.claim(**_TWO, h=vf.reals(-3, 3, shape=(3,)), source=_HINGE)
def the_hinge_optimum(p, q, h):
    """min over h of the hinge loss is 2 (1 - TV), at h = sign(p - q)."""
    least = 2 * (1 - categorical_total_variation(p, q))
    return vf.all_of(
        vf.equal(_hinge_loss(p, q, jnp.sign(p - q)), least),
        vf.at_most(least, _hinge_loss(p, q, h)),
    )


@vf.claim(**_TWO, holds=False, source=_HINGE)
def the_hinge_optimum_is_total_variation(p, q):
    """The hinge loss at h = sign(p - q) is TV."""
    return vf.equal(_hinge_loss(p, q, jnp.sign(p - q)), categorical_total_variation(p, q))


def _chi_squared(p, q):
    """χ²(p ‖ q) = Σ (p - q)²/q."""
    return jnp.sum((p - q) ** 2 / q)


def _squares(p, q, D, b, a):
    """E_p (D - b)²/2 + E_q (D - a)²/2."""
    return jnp.sum(p * (D - b) ** 2 + q * (D - a) ** 2) / 2


_SCORE = vf.reals(-3, 3, shape=(3,))


@vf.claim(**_TWO, D=_SCORE, a=vf.reals(-3, 3), b=vf.reals(-3, 3), source=_LEAST_SQUARES)
def the_optimal_least_squares_discriminator(p, q, D, a, b):
    """E_p (D - b)²/2 + E_q (D - a)²/2 is least at D* = (b p + a q)/(p + q)."""
    best = (b * p + a * q) / (p + q)
    return vf.at_most(_squares(p, q, best, b, a), _squares(p, q, D, b, a))


@vf.claim(**_TWO, source=_LEAST_SQUARES)
def the_least_squares_optimum(p, q):
    """With a = -1, b = 1, c = 0, E_p (D* - c)²/2 + E_q (D* - c)²/2 = χ²(2q ‖ p + q)/2."""
    best = (p - q) / (p + q)
    return vf.equal(_squares(p, q, best, 0, 0), _chi_squared(2 * q, p + q) / 2)


@vf.claim(**_TWO, holds=False, source=_LEAST_SQUARES)
def the_least_squares_optimum_with_the_arguments_exchanged(p, q):
    """The same = χ²(p + q ‖ 2q)/2, where χ²(p ‖ q) = Σ (p - q)²/q."""
    best = (p - q) / (p + q)
    return vf.equal(_squares(p, q, best, 0, 0), _chi_squared(p + q, 2 * q) / 2)


@vf.claim(**_TWO, holds=False, source=_LEAST_SQUARES)
def the_least_squares_optimum_is_that_of_data_and_model(p, q):
    """The same = χ²(p ‖ q)."""
    best = (p - q) / (p + q)
    return vf.equal(_squares(p, q, best, 0, 0), _chi_squared(p, q))


_LOGITS: dict[str, Any] = {"p": vf.simplex(2), "theta": vf.reals(-5, 5, shape=(2,))}


def _model(theta):
    """p_θ = exp θ/Σ exp θ."""
    return jnp.exp(theta) / jnp.sum(jnp.exp(theta))


def _frozen_slope(loss, p, theta):
    """∂_θ E_{p_θ} loss(D*), D* frozen at θ."""
    D = jax.lax.stop_gradient(optimal_discriminator(p, _model(theta)))
    return jax.grad(lambda theta: jnp.sum(_model(theta) * loss(D)))(theta)


def _kl(p, q):
    """Σ p log(p/q)."""
    return jnp.sum(p * jnp.log(p / q))


def _slope(divergence, p, theta):
    """∂_θ of a divergence of p_θ from p."""
    return jax.grad(lambda theta: divergence(_model(theta), p))(theta)


@vf.claim(**_LOGITS, source=_ARJOVSKY)
def the_non_saturating_gradient_is_that_of_a_difference(p, theta):
    """∂_θ E_{p_θ}[-log D*] = ∂_θ (KL(p_θ ‖ p_data) - 2 JSD(p_θ, p_data)), D* frozen."""
    slope = _slope(lambda q, p: _kl(q, p) - 2 * jsd(q, p), p, theta)
    return vf.equal(_frozen_slope(lambda D: -jnp.log(D), p, theta), slope)


@vf.claim(**_LOGITS, holds=False, source=_ARJOVSKY)
def the_non_saturating_gradient_is_that_of_jsd(p, theta):
    """∂_θ E_{p_θ}[-log D*] = ∂_θ JSD(p_θ, p_data), D* frozen."""
    return vf.equal(_frozen_slope(lambda D: -jnp.log(D), p, theta), _slope(jsd, p, theta))


@vf.claim(**_LOGITS, source=_ARJOVSKY)
def the_minimax_gradient_is_that_of_jsd_twice(p, theta):
    """∂_θ E_{p_θ} log(1 - D*) = ∂_θ 2 JSD(p_θ, p_data), D* frozen."""
    return vf.equal(_frozen_slope(lambda D: jnp.log(1 - D), p, theta), 2 * _slope(jsd, p, theta))
