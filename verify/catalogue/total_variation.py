"""Total variation, and its bounds on the divergences KL and JSD."""

from itertools import product
from typing import Any

import jax.numpy as jnp

import verify as vf
from verify.catalogue.categoricals import jsd
from verify.functions import categorical_kl, categorical_total_variation

_TWO: dict[str, Any] = {"p": vf.simplex(3), "q": vf.simplex(3)}
_THREE: dict[str, Any] = {**_TWO, "r": vf.simplex(3)}

_LIN = "Lin (1991), JSD and total variation"
_METRIC = "Endres and Schindelin (2003), the metric of Jensen and Shannon"
_PINSKER = "Pinsker (1964); the constant by Csiszár (1967), KL and total variation"
_BRETAGNOLLE = "Bretagnolle and Huber (1979), KL and total variation"
_EVENTS = "Levin, Peres and Wilmer (2009), proposition 4.2"


@vf.claim(**_TWO, source=_EVENTS)
def total_variation_is_half_the_sum_of_differences(p, q):
    """TV(p, q) = Σ |p - q|/2 = 1 - Σ min(p, q)."""
    total_variation = categorical_total_variation(p, q)
    return vf.all_of(
        vf.equal(total_variation, jnp.sum(jnp.abs(p - q)) / 2),
        vf.equal(total_variation, 1 - jnp.sum(jnp.minimum(p, q))),
    )


@vf.claim(**_TWO, source=_EVENTS)
def total_variation_is_the_largest_difference_of_an_event(p, q):
    """TV(p, q) = max over events A of p(A) - q(A)."""
    differences = [jnp.sum((p - q) * jnp.array(A)) for A in product((0.0, 1.0), repeat=3)]
    return vf.equal(categorical_total_variation(p, q), jnp.max(jnp.stack(differences)))


@vf.claim(**_TWO, holds=False, source=_EVENTS)
def total_variation_is_the_sum_of_differences(p, q):
    """max over events A of p(A) - q(A) is Σ |p - q|, without the half."""
    differences = [jnp.sum((p - q) * jnp.array(A)) for A in product((0.0, 1.0), repeat=3)]
    return vf.equal(jnp.sum(jnp.abs(p - q)), jnp.max(jnp.stack(differences)))


@vf.claim(**_TWO, source=_LIN)
def jsd_lies_between_two_functions_of_total_variation(p, q):
    """TV²/2 ≤ JSD ≤ TV log 2."""
    total_variation, divergence = categorical_total_variation(p, q), jsd(p, q)
    return vf.all_of(
        vf.at_most(total_variation**2 / 2, divergence),
        vf.at_most(divergence, total_variation * jnp.log(2.0)),
    )


@vf.claim(**_TWO, holds=False, source=_LIN)
def jsd_is_at_least_the_square_of_total_variation(p, q):
    """JSD ≥ TV², without the half."""
    return vf.at_most(categorical_total_variation(p, q) ** 2, jsd(p, q))


@vf.claim(**_THREE, source=_METRIC)
def the_root_of_jsd_obeys_the_triangle_inequality(p, q, r):
    """√JSD(p, r) ≤ √JSD(p, q) + √JSD(q, r)."""
    root = lambda p, q: jnp.sqrt(jsd(p, q))
    return vf.at_most(root(p, r), root(p, q) + root(q, r))


@vf.claim(**_TWO, source=_METRIC)
def jsd_is_symmetric_and_positive(p, q):
    """JSD(p, q) = JSD(q, p), which is positive for p ≠ q."""
    apart = vf.less(0, jnp.sum((p - q) ** 2))
    return vf.all_of(vf.equal(jsd(p, q), jsd(q, p)), vf.implies(apart, vf.less(0, jsd(p, q))))


@vf.claim(**_THREE, holds=False, source=_METRIC)
def jsd_obeys_the_triangle_inequality(p, q, r):
    """JSD(p, r) ≤ JSD(p, q) + JSD(q, r)."""
    return vf.at_most(jsd(p, r), jsd(p, q) + jsd(q, r))


@vf.claim(**_TWO, source=_PINSKER)
def kl_is_at_least_twice_the_square_of_total_variation(p, q):
    """KL(p ‖ q) ≥ 2 TV²."""
    return vf.at_most(2 * categorical_total_variation(p, q) ** 2, categorical_kl(p, q))


@vf.claim(**_TWO, holds=False, source=_PINSKER)
def kl_is_at_least_four_times_the_square_of_total_variation(p, q):
    """KL(p ‖ q) ≥ 4 TV²."""
    return vf.at_most(4 * categorical_total_variation(p, q) ** 2, categorical_kl(p, q))


@vf.claim(**_TWO, source=_BRETAGNOLLE)
def total_variation_is_bounded_where_kl_is_large(p, q):
    """TV ≤ √(1 - exp(-KL)) ≤ 1 - exp(-KL)/2."""
    kept = jnp.exp(-categorical_kl(p, q))
    bound = jnp.sqrt(1 - kept)
    return vf.all_of(
        vf.at_most(categorical_total_variation(p, q), bound), vf.at_most(bound, 1 - kept / 2)
    )


@vf.claim(**_TWO, holds=False, source=_BRETAGNOLLE)
def total_variation_is_at_most_kl(p, q):
    """TV ≤ KL(p ‖ q)."""
    return vf.at_most(categorical_total_variation(p, q), categorical_kl(p, q))
