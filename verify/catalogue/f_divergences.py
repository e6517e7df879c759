"""Divergences D_f(P ‖ Q) = Σ q f(p/q), their conjugates f*, and the bounds these give."""

from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.functions import categorical_jsd, categorical_kl

_TWO: dict[str, Any] = {"p": vf.simplex(3), "q": vf.simplex(3)}
_CRITIC = vf.reals(-5, 5, shape=(3,))
_RATIO, _SLOPE = vf.positives(), vf.reals(-20, 20)

_KL = "Nowozin et al. (2016), KL"
_REVERSE = "Nowozin et al. (2016), reverse KL"
_GAN = "Nowozin et al. (2016), GAN"
_PEARSON = "Nowozin et al. (2016), Pearson"
_BOUND = "Nguyen et al. (2010), lemma 1"
_DONSKER = "Donsker and Varadhan (1975), their bound and that of Nguyen et al. (2010)"


def _kl(u):
    return u * jnp.log(u)


def _reverse_kl(u):
    return -jnp.log(u)


def _gan(u):
    return u * jnp.log(u) - (u + 1) * jnp.log(u + 1)


def _pearson(u):
    return (u - 1) ** 2


def _kl_conjugate(t):
    return jnp.exp(t - 1)


def _reverse_kl_conjugate(t):
    return -1 - jnp.log(-t)


def _gan_conjugate(t):
    return -jnp.log(1 - jnp.exp(t))


def _pearson_conjugate(t):
    return jnp.where(t >= -2, t**2 / 4 + t, -1)


def _divergence(f, p, q):
    """D_f(P ‖ Q) = Σ q f(p/q)."""
    return jnp.sum(q * f(p / q))


def _is_conjugate(f, conjugate, u, t):
    """f*(t) is at least u t - f(u), and equals it at the maximiser u = f*'(t) ≥ 0."""
    best = vf.derivative(conjugate, t)
    return vf.all_of(
        vf.at_most(u * t - f(u), conjugate(t)),
        vf.at_most(0, best),
        vf.equal(conjugate(t), best * t - f(best)),
    )


@vf.claim(u=_RATIO, t=_SLOPE, source=_KL)
def the_conjugate_of_kl(u, t):
    """f(u) = u log u has f*(t) = sup_u (u t - f(u)) = exp(t - 1)."""
    return _is_conjugate(_kl, _kl_conjugate, u, t)


@vf.claim(u=_RATIO, t=_SLOPE, holds=False, source=_KL)
def the_conjugate_of_kl_without_the_shift(u, t):
    """f(u) = u log u has f*(t) = exp(t)."""
    return _is_conjugate(_kl, jnp.exp, u, t)


@vf.claim(u=_RATIO, s=_RATIO, source=_REVERSE)
def the_conjugate_of_reverse_kl(u, s):
    """f(u) = -log u has f*(t) = -1 - log(-t) at t = -s < 0."""
    return _is_conjugate(_reverse_kl, _reverse_kl_conjugate, u, -s)


@vf.claim(u=_RATIO, t=_SLOPE, holds=False, source=_REVERSE)
def the_conjugate_of_reverse_kl_for_every_slope(u, t):
    """f(u) = -log u has f*(t) = -1 - log |t| at t < 0 and t > 0, so that u t - f(u) ≤ f*(t)."""
    return vf.at_most(u * t - _reverse_kl(u), -1 - jnp.log(jnp.abs(t)))


@vf.claim(c=vf.reals(-100, 100), t=vf.reals(0), source=_REVERSE)
def the_conjugate_of_reverse_kl_is_infinite_from_zero(c, t):
    """For t ≥ 0, u t - f(u) = c + t exp(c) ≥ c at u = exp(c), whatever c is."""
    u = jnp.exp(c)
    value = u * t - _reverse_kl(u)
    return vf.all_of(vf.equal(value, c + t * jnp.exp(c)), vf.at_most(c, value))


@vf.claim(u=_RATIO, s=_RATIO, source=_GAN)
def the_conjugate_of_the_gan(u, s):
    """f(u) = u log u - (u + 1) log(u + 1) has f*(t) = -log(1 - exp(t)) at t = -s < 0."""
    return _is_conjugate(_gan, _gan_conjugate, u, -s)


@vf.claim(u=vf.reals(0), t=_SLOPE, source=_PEARSON)
def the_conjugate_of_pearson(u, t):
    """f(u) = (u - 1)² on u ≥ 0 has f*(t) = t²/4 + t for t ≥ -2, and -1 for t < -2."""
    return _is_conjugate(_pearson, _pearson_conjugate, u, t)


@vf.claim(u=vf.reals(0), t=_SLOPE, holds=False, source=_PEARSON)
def the_conjugate_of_pearson_in_one_formula(u, t):
    """f(u) = (u - 1)² on u ≥ 0 has f*(t) = t²/4 + t at every t."""
    return _is_conjugate(_pearson, lambda t: t**2 / 4 + t, u, t)


@vf.claim(**_TWO, source=_KL)
def the_divergence_of_kl(p, q):
    """D_f = KL(p ‖ q) for f(u) = u log u."""
    return vf.equal(_divergence(_kl, p, q), categorical_kl(p, q))


@vf.claim(**_TWO, source=_REVERSE)
def the_divergence_of_reverse_kl(p, q):
    """D_f = KL(q ‖ p) for f(u) = -log u."""
    return vf.equal(_divergence(_reverse_kl, p, q), categorical_kl(q, p))


@vf.claim(**_TWO, source=_GAN)
def the_divergence_of_the_gan(p, q):
    """D_f = 2 JSD - log 4 for f(u) = u log u - (u + 1) log(u + 1)."""
    return vf.equal(_divergence(_gan, p, q), 2 * categorical_jsd(p, q) - jnp.log(4.0))


@vf.claim(**_TWO, holds=False, source=_GAN)
def the_divergence_of_the_gan_is_jsd(p, q):
    """D_f = JSD for f(u) = u log u - (u + 1) log(u + 1)."""
    return vf.equal(_divergence(_gan, p, q), categorical_jsd(p, q))


@vf.claim(**_TWO, source=_PEARSON)
def the_divergence_of_pearson(p, q):
    """D_f = χ²(p ‖ q) = Σ (p - q)²/q for f(u) = (u - 1)²."""
    return vf.equal(_divergence(_pearson, p, q), jnp.sum((p - q) ** 2 / q))


@vf.claim(**_TWO, holds=False, source=_PEARSON)
def the_divergence_of_pearson_over_the_other_distribution(p, q):
    """D_f = Σ (p - q)²/p for f(u) = (u - 1)²."""
    return vf.equal(_divergence(_pearson, p, q), jnp.sum((p - q) ** 2 / p))


_PAIRS = (
    (_kl, _kl_conjugate),
    (_reverse_kl, _reverse_kl_conjugate),
    (_gan, _gan_conjugate),
    (_pearson, _pearson_conjugate),
)


@vf.claim(p=vf.simplex(2), q=vf.simplex(2), source=_BOUND)
def the_bound_is_attained_at_the_slope_of_the_ratio(p, q):
    """D_f(P ‖ Q) = E_p T - E_q f*(T) at T = f'(p/q), for each f of this file."""

    def bound(f, conjugate):
        T = jax.vmap(lambda u: vf.derivative(f, u))(p / q)
        return jnp.sum(p * T - q * conjugate(T))

    return vf.all_of(*(vf.equal(_divergence(f, p, q), bound(f, c)) for f, c in _PAIRS))


@vf.claim(p=vf.simplex(2), q=vf.simplex(2), D=vf.probabilities(shape=(2,)), source=_GAN)
def the_bound_of_the_gan_is_its_value(p, q, D):
    """E_p T - E_q f*(T) = E_p log D + E_q log(1 - D) ≤ D_f at T = log D."""
    T = jnp.log(D)
    bound = jnp.sum(p * T - q * _gan_conjugate(T))
    value = jnp.sum(p * jnp.log(D) + q * jnp.log(1 - D))
    return vf.all_of(vf.equal(bound, value), vf.at_most(value, _divergence(_gan, p, q)))


def _log_mean_bound(p, q, T):
    """E_p T - log E_q exp(T)."""
    return jnp.sum(p * T) - jnp.log(jnp.sum(q * jnp.exp(T)))


def _linear_bound(p, q, T):
    """E_p T - E_q exp(T - 1)."""
    return jnp.sum(p * T) - jnp.sum(q * jnp.exp(T - 1))


@vf.claim(**_TWO, T=_CRITIC, source=_DONSKER)
def two_bounds_of_kl_in_order(p, q, T):
    """KL(p ‖ q) ≥ E_p T - log E_q exp(T) ≥ E_p T - E_q exp(T - 1)."""
    kl = jnp.sum(p * jnp.log(p / q))
    return vf.all_of(
        vf.at_most(_log_mean_bound(p, q, T), kl),
        vf.at_most(_linear_bound(p, q, T), _log_mean_bound(p, q, T)),
    )


@vf.claim(**_TWO, T=_CRITIC, holds=False, source=_DONSKER)
def two_bounds_of_kl_swapped(p, q, T):
    """E_p T - E_q exp(T - 1) ≥ E_p T - log E_q exp(T)."""
    return vf.at_most(_log_mean_bound(p, q, T), _linear_bound(p, q, T))


@vf.claim(**_TWO, c=vf.reals(-5, 5), source=_DONSKER)
def where_the_bounds_of_kl_are_attained(p, q, c):
    """The first bound is KL at T = log(p/q) + c for every c, the second at c = 1."""
    T, kl = jnp.log(p / q), jnp.sum(p * jnp.log(p / q))
    return vf.all_of(
        vf.equal(_log_mean_bound(p, q, T + c), kl), vf.equal(_linear_bound(p, q, T + 1), kl)
    )


@vf.claim(**_TWO, c=vf.reals(-5, 5), holds=False, source=_DONSKER)
def the_second_bound_of_kl_is_attained_for_every_shift(p, q, c):
    """The second bound is KL at T = log(p/q) + c for every c."""
    T, kl = jnp.log(p / q), jnp.sum(p * jnp.log(p / q))
    return vf.equal(_linear_bound(p, q, T + c), kl)
