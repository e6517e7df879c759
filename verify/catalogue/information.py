"""What a code tells of its input, and bounds by several draws: finite supports, summed exactly."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp

import verify as vf
from verify.functions import categorical_kl

# x and z take two values each: p_data(x), q(z = 0 | x) and the prior p(z).
_CODE: dict[str, Any] = {
    "data": vf.simplex(2),
    "first": vf.probabilities(shape=(2,)),
    "prior": vf.simplex(2),
}

# One x and a z of two values: p(x, z), not normalised, and q(z | x).
_DRAWS: dict[str, Any] = {"joint": vf.positives(shape=(2,)), "q": vf.simplex(2)}


def _encoder(first):
    """q(z | x), a row for each x."""
    return jnp.stack([first, 1 - first], axis=1)


def _rate(data, first, prior):
    """E_{p_data} KL(q(z | x) ‖ p(z))."""
    encoder = _encoder(first)
    return jnp.sum(data * jnp.sum(encoder * jnp.log(encoder / prior[None, :]), axis=1))


def _marginal(data, first):
    """q(z) = Σ_x p_data(x) q(z | x)."""
    return data @ _encoder(first)


def _information(data, first):
    """I(x; z) = KL(p_data(x) q(z | x) ‖ p_data(x) q(z))."""
    joint = data[:, None] * _encoder(first)
    product = jnp.outer(joint.sum(axis=1), joint.sum(axis=0))
    return jnp.sum(joint * jnp.log(joint / product))


@vf.claim(**_CODE, source="Hoffman and Johnson (2016)")
def the_rate_is_the_information_and_the_divergence_of_the_marginal(data, first, prior):
    """E KL(q(z|x) ‖ p(z)) = I(x; z) + KL(q(z) ‖ p(z))."""
    gap = categorical_kl(_marginal(data, first), prior)
    return vf.equal(_rate(data, first, prior), _information(data, first) + gap)


@vf.claim(**_CODE, holds=False, source="Hoffman and Johnson (2016)")
def the_rate_is_the_divergence_of_the_marginal(data, first, prior):
    """E KL(q(z|x) ‖ p(z)) = KL(q(z) ‖ p(z))."""
    return vf.equal(_rate(data, first, prior), categorical_kl(_marginal(data, first), prior))


@vf.claim(**_CODE, holds=False, source="Hoffman and Johnson (2016)")
def the_rate_is_the_information(data, first, prior):
    """E KL(q(z|x) ‖ p(z)) = I(x; z), whatever the prior."""
    return vf.equal(_rate(data, first, prior), _information(data, first))


@vf.claim(data=vf.simplex(2), first=vf.probabilities(shape=(2,)), source="Barber and Agakov (2003)")
def the_rate_is_the_information_at_the_best_prior(data, first):
    """E KL(q(z|x) ‖ p(z)) = I(x; z) at p(z) = q(z)."""
    marginal = _marginal(data, first)
    return vf.equal(_rate(data, first, marginal), _information(data, first))


@vf.claim(**_CODE, source="Barber and Agakov (2003)")
def no_prior_has_a_lower_rate_than_the_marginal(data, first, prior):
    """I(x; z) ≤ E KL(q(z|x) ‖ p(z))."""
    return vf.at_most(_information(data, first), _rate(data, first, prior))


@vf.claim(data=vf.simplex(2), p=vf.simplex(2), prior=vf.simplex(2), source="Shannon (1948)")
def a_code_that_ignores_its_input_has_no_information(data, p, prior):
    """q(z|x) = q(z) gives I(x; z) = 0, though the rate KL(q(z) ‖ p(z)) need not be 0."""
    first = jnp.full(2, p[0])
    return vf.all_of(
        vf.equal(_information(data, first), 0),
        vf.equal(_rate(data, first, prior), categorical_kl(p, prior)),
    )


def _bound(joint, q, draws):
    """L_K = E log (1/K) Σ_k p(x, z_k)/q(z_k | x), over all z_1, …, z_K drawn from q."""
    drawn = jnp.array(list(itertools.product(range(2), repeat=draws)))
    chance, weights = jnp.prod(q[drawn], axis=1), jnp.mean((joint / q)[drawn], axis=1)
    return jnp.sum(chance * jnp.log(weights))


@vf.claim(**_DRAWS, source="Burda, Grosse and Salakhutdinov (2016), theorem 1")
def more_draws_tighten_the_expected_bound(joint, q):
    """L_1 ≤ L_2 ≤ L_3 ≤ log p(x)."""
    bounds = jnp.stack([_bound(joint, q, draws) for draws in (1, 2, 3)])
    return vf.all_of(
        vf.at_most(bounds[:-1], bounds[1:]),
        vf.at_most(bounds[-1], jnp.log(jnp.sum(joint))),
    )


@vf.claim(**_DRAWS, source="Burda, Grosse and Salakhutdinov (2016)")
def the_bound_of_one_draw_is_the_elbo(joint, q):
    """L_1 = log p(x) - KL(q(z|x) ‖ p(z|x))."""
    evidence = jnp.sum(joint)
    gap = jnp.sum(q * jnp.log(q / (joint / evidence)))
    return vf.equal(_bound(joint, q, 1), jnp.log(evidence) - gap)


@vf.claim(
    joint=vf.positives(shape=(2,)), source="Burda, Grosse and Salakhutdinov (2016), the posterior"
)
def the_bound_is_tight_at_the_posterior(joint):
    """q(z|x) = p(z|x) gives L_K = log p(x) for K = 1, 2, 3."""
    posterior = joint / jnp.sum(joint)
    bounds = jnp.stack([_bound(joint, posterior, draws) for draws in (1, 2, 3)])
    return vf.equal(bounds, jnp.log(jnp.sum(joint)))


@vf.claim(
    weights=vf.positives(shape=(3,)),
    holds=False,
    source="Burda, Grosse and Salakhutdinov (2016), theorem 1, path by path",
)
def one_more_draw_tightens_the_bound_on_every_path(weights):
    """log (w_1 + w_2)/2 ≤ log (w_1 + w_2 + w_3)/3."""
    return vf.at_most(jnp.log(jnp.mean(weights[:2])), jnp.log(jnp.mean(weights)))


@vf.claim(
    weights=vf.positives(shape=(3,)),
    source="Burda, Grosse and Salakhutdinov (2016), theorem 1, by Jensen's inequality",
)
def one_more_draw_tightens_the_bound_on_average(weights):
    """The mean over i of log of the mean of the other two is at most log (w_1 + w_2 + w_3)/3."""
    pairs = jnp.stack([(jnp.sum(weights) - weight) / 2 for weight in weights])
    return vf.at_most(jnp.mean(jnp.log(pairs)), jnp.log(jnp.mean(weights)))


@vf.claim(**_DRAWS, holds=False, source="Burda, Grosse and Salakhutdinov (2016), theorem 1")
def every_draw_is_under_the_evidence(joint, q):
    """log p(x, z)/q(z|x) ≤ log p(x) for every z."""
    return vf.at_most(jnp.log(joint / q), jnp.log(jnp.sum(joint)))


@vf.claim(**_DRAWS, source="Burda, Grosse and Salakhutdinov (2016), section 3")
def the_gradient_weighs_each_draw_by_its_share(joint, q):
    """∂ log (1/K) Σ_k w_k in log w_k is w_k/Σ_j w_j, K = 2."""
    log_weights = jnp.log(joint / q)
    bound = lambda log_weights: jnp.log(jnp.mean(jnp.exp(log_weights)))
    share = (joint / q) / jnp.sum(joint / q)
    return vf.equal(jax.grad(bound)(log_weights), share)
