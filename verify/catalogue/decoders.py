"""Decoders of pixels: the Bernoulli loss on logits, and the continuous Bernoulli distribution."""

import jax
import jax.numpy as jnp

import verify as vf
from verify.catalogue.gaussians import apart
from verify.functions import sigmoid, softplus

# A logit, and a soft pixel strictly between black and white.
_LOGIT, _PIXEL = vf.reals(-100, 100), vf.probabilities()


def _loss(h, x):
    """softplus(h) - xh."""
    return softplus(h) - x * h


@vf.claim(h=_LOGIT, x=vf.reals(0, 1), source="Kingma and Welling (2014), appendix C.1")
def the_bernoulli_loss_on_logits(h, x):
    """-x log σ(h) - (1 - x) log(1 - σ(h)) = softplus(h) - xh."""
    p = 1 / (1 + jnp.exp(-h))
    return vf.equal(-x * jnp.log(p) - (1 - x) * jnp.log(1 - p), _loss(h, x))


@vf.claim(h=_LOGIT, x=vf.reals(0, 1), source="Kingma and Welling (2014), appendix C.1")
def the_slope_of_the_bernoulli_loss(h, x):
    """The slope of softplus(h) - xh in h is σ(h) - x, by JAX's rules and as true derivative."""
    slope = 1 / (1 + jnp.exp(-h)) - x
    loss = lambda h: _loss(h, x)
    return vf.all_of(vf.equal(jax.grad(loss)(h), slope), vf.equal(vf.derivative(loss, h), slope))


@vf.claim(h=_LOGIT, x=vf.integers(0, 1), source="Kingma and Welling (2014), appendix C.1")
def the_bernoulli_loss_of_a_black_or_white_pixel(h, x):
    """For x = 0 and x = 1 it is softplus(±h) > 0, and tends to 0 as σ(h) → x."""
    sign = 1 - 2 * x
    return vf.all_of(
        vf.equal(_loss(h, x), softplus(sign * h)),
        vf.less(0, _loss(h, x)),
        vf.equal(vf.limit(lambda size: softplus(-size), jnp.inf), 0),
    )


def _best_logit(x):
    """h with σ(h) = x."""
    return jnp.log(x) - jnp.log(1 - x)


@vf.claim(x=_PIXEL, holds=False, source="Kingma and Welling (2014), appendix C.1, its least value")
def the_bernoulli_loss_is_zero_at_a_perfect_soft_pixel(x):
    """softplus(h) - xh = 0 at σ(h) = x."""
    return vf.equal(_loss(_best_logit(x), x), 0)


@vf.claim(x=_PIXEL, source="Kingma and Welling (2014), appendix C.1, its least value")
def the_bernoulli_loss_is_the_entropy_at_a_perfect_soft_pixel(x):
    """softplus(h) - xh = -x log x - (1 - x) log(1 - x) > 0 at σ(h) = x."""
    entropy = -x * jnp.log(x) - (1 - x) * jnp.log(1 - x)
    return vf.all_of(vf.equal(_loss(_best_logit(x), x), entropy), vf.less(0, entropy))


@vf.claim(x=_PIXEL, h=_LOGIT, source="Kingma and Welling (2014), appendix C.1, its least value")
def the_bernoulli_loss_is_least_at_a_perfect_soft_pixel(x, h):
    """softplus(h) - xh is at least its value at σ(h) = x."""
    return vf.at_most(_loss(_best_logit(x), x), _loss(h, x))


def _constant(rate):
    """2 artanh(1 - 2λ)/(1 - 2λ)."""
    return 2 * jnp.arctanh(1 - 2 * rate) / (1 - 2 * rate)


def _total(rate):
    """∫ λ^x (1 - λ)^(1 - x) over [0, 1]."""
    return vf.integral(lambda x: rate**x * (1 - rate) ** (1 - x), 0.0, 1.0)


def _half_is_left_out(rate, relation):
    return vf.implies(apart(rate - 0.5), relation)


@vf.claim(rate=_PIXEL, source="Loaiza-Ganem and Cunningham (2019)")
def the_constant_of_the_continuous_bernoulli(rate):
    """C(λ) ∫ λ^x (1 - λ)^(1 - x) over [0, 1] = 1, C = 2 artanh(1 - 2λ)/(1 - 2λ), for λ ≠ ½."""
    return _half_is_left_out(rate, vf.equal(_constant(rate) * _total(rate), 1))


@vf.claim(rate=_PIXEL, holds=False, source="Loaiza-Ganem and Cunningham (2019)")
def the_bernoulli_formula_is_a_density_on_the_unit_interval(rate):
    """∫ λ^x (1 - λ)^(1 - x) over [0, 1] = 1."""
    return vf.equal(_total(rate), 1)


@vf.claim(source="Loaiza-Ganem and Cunningham (2019)")
def the_constant_of_the_continuous_bernoulli_at_one_half():
    """C(λ) → 2 as λ → ½, and 2 ∫ ½^x ½^(1 - x) over [0, 1] = 1."""
    return vf.all_of(
        vf.equal(vf.limit(_constant, 0.5, side="both"), 2),
        vf.equal(2 * _total(jnp.asarray(0.5)), 1),
    )


@vf.claim(rate=_PIXEL, source="Loaiza-Ganem and Cunningham (2019)")
def the_constant_of_the_continuous_bernoulli_is_over_two(rate):
    """C(λ) > 2 for λ ≠ ½: to leave it out makes every loss too high by log C."""
    return _half_is_left_out(rate, vf.less(2, _constant(rate)))


def _mean(rate):
    """C(λ) ∫ x λ^x (1 - λ)^(1 - x) over [0, 1]."""
    density = lambda x: rate**x * (1 - rate) ** (1 - x)
    return _constant(rate) * vf.integral(lambda x: x * density(x), 0.0, 1.0)


@vf.claim(rate=_PIXEL, source="Loaiza-Ganem and Cunningham (2019), the mean")
def the_mean_of_the_continuous_bernoulli(rate):
    """Its mean is λ/(2λ - 1) + 1/(2 artanh(1 - 2λ)) for λ ≠ ½."""
    closed = rate / (2 * rate - 1) + 1 / (2 * jnp.arctanh(1 - 2 * rate))
    return _half_is_left_out(rate, vf.equal(_mean(rate), closed))


@vf.claim(rate=_PIXEL, holds=False, source="Loaiza-Ganem and Cunningham (2019), the mean")
def the_mean_of_the_continuous_bernoulli_is_its_parameter(rate):
    """Its mean is λ for λ ≠ ½."""
    return _half_is_left_out(rate, vf.equal(_mean(rate), rate))


@vf.claim(h=vf.reals(-50, 50), source="Loaiza-Ganem and Cunningham (2019), on logits")
def the_constant_of_the_continuous_bernoulli_on_logits(h):
    """C(σ(h)) = h/tanh(h/2) for h ≠ 0."""
    return vf.implies(apart(h), vf.equal(_constant(sigmoid(h)), h / jnp.tanh(h / 2)))
