"""Moving one Gaussian to another: W₂ in the plane and W₁ on the line."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.special import erf

import verify as vf
from verify.catalogue.gaussians import apart, mean_under
from verify.catalogue.matrices import (
    TRIANGLE,
    determinant,
    inverse,
    positive,
    root,
    rotation,
    square,
)
from verify.functions import gaussian_wasserstein_1

# Two Gaussians of the plane by the roots of their covariances, A = LLᵀ and Σ = A².
_ROOTS: dict[str, Any] = {"triangle_1": TRIANGLE, "triangle_2": TRIANGLE}
_SHIFT = vf.reals(-3, 3, shape=(2,))

# Two Gaussians of the line.
_LINE: dict[str, Any] = {
    "mu_1": vf.reals(),
    "sigma_1": vf.positives(),
    "mu_2": vf.reals(),
    "sigma_2": vf.positives(),
}


def _roots(triangle_1, triangle_2):
    """Σ₁^½ and Σ₂^½."""
    return positive(triangle_1), positive(triangle_2)


def _middle(root_1, root_2):
    """(Σ₁^½ Σ₂ Σ₁^½)^½."""
    return root(square(root_1 @ root_2))


def _spread(root_1, root_2):
    """tr(Σ₁ + Σ₂ - 2(Σ₁^½ Σ₂ Σ₁^½)^½)."""
    return jnp.trace(square(root_1) + square(root_2) - 2 * _middle(root_1, root_2))


def _distance_of_roots(root_1, root_2):
    """‖Σ₁^½ - Σ₂^½‖²_F."""
    return jnp.sum((root_1 - root_2) ** 2)


@vf.claim(**_ROOTS, source="Cayley and Hamilton's theorem")
def the_root_in_the_plane_squares_to_its_matrix(triangle_1, triangle_2):
    """(Σ₁^½ Σ₂ Σ₁^½)^½ = (M + √det M I)/√(tr M + 2√det M), M = Σ₁^½ Σ₂ Σ₁^½, has the square M."""
    root_1, root_2 = _roots(triangle_1, triangle_2)
    middle = _middle(root_1, root_2)
    return vf.equal(middle @ middle, root_1 @ square(root_2) @ root_1)


def _transport(root_1, root_2):
    """T = Σ₁^-½ (Σ₁^½ Σ₂ Σ₁^½)^½ Σ₁^-½."""
    back = inverse(root_1)
    return back @ _middle(root_1, root_2) @ back


@vf.claim(**_ROOTS, source="Dowson and Landau (1982); Knott and Smith (1984)")
def the_map_moves_one_gaussian_to_the_other(triangle_1, triangle_2):
    """T Σ₁ T = Σ₂ for T = Σ₁^-½ (Σ₁^½ Σ₂ Σ₁^½)^½ Σ₁^-½."""
    root_1, root_2 = _roots(triangle_1, triangle_2)
    return vf.equal(square(_transport(root_1, root_2) @ root_1), square(root_2))


@vf.claim(**_ROOTS, source="Knott and Smith (1984)")
def the_map_is_the_gradient_of_a_convex_function(triangle_1, triangle_2):
    """T is symmetric with positive trace and determinant: no map to Σ₂ costs less."""
    map_ = _transport(*_roots(triangle_1, triangle_2))
    return vf.all_of(
        vf.equal(map_, map_.T),
        vf.less(0, jnp.trace(map_)),
        vf.less(0, determinant(map_)),
    )


def _mean_of_square(root_1, of):
    """E‖of(z)‖², z ~ N(0, Σ₁), of an affine function: the mean over ±√2 the columns of Σ₁^½.

    These four points have mean 0 and covariance Σ₁, and no other moments enter.
    """
    points = jnp.sqrt(2.0) * jnp.concatenate([root_1.T, -root_1.T])
    return jnp.mean(jnp.sum(jax.vmap(of)(points) ** 2, axis=-1))


@vf.claim(**_ROOTS, shift=_SHIFT, source="Dowson and Landau (1982)")
def the_squared_wasserstein_distance_in_the_plane(triangle_1, triangle_2, shift):
    """E‖z - (Tz + Δ)‖² = ‖Δ‖² + tr(Σ₁ + Σ₂ - 2(Σ₁^½ Σ₂ Σ₁^½)^½), z ~ N(0, Σ₁)."""
    root_1, root_2 = _roots(triangle_1, triangle_2)
    map_ = _transport(root_1, root_2)
    cost = _mean_of_square(root_1, lambda z: z - (map_ @ z + shift))
    return vf.equal(cost, jnp.sum(shift**2) + _spread(root_1, root_2))


@vf.claim(**_ROOTS, source="Givens and Shortt (1984)")
def the_spread_in_the_plane_needs_no_root_of_a_matrix(triangle_1, triangle_2):
    """tr (Σ₁^½ Σ₂ Σ₁^½)^½ = √(tr Σ₁Σ₂ + 2√(det Σ₁ det Σ₂)) in the plane."""
    root_1, root_2 = _roots(triangle_1, triangle_2)
    product = jnp.sum(square(root_1) * square(root_2))
    closed = jnp.sqrt(product + 2 * determinant(root_1) * determinant(root_2))
    return vf.equal(jnp.trace(_middle(root_1, root_2)), closed)


@vf.claim(
    **_ROOTS,
    angle=vf.reals(-4, 4),
    singular=vf.reals(-1, 1, shape=(2,)),
    source="Dowson and Landau (1982), the best coupling",
)
def no_gaussian_coupling_costs_less(triangle_1, triangle_2, angle, singular):
    """With cross-covariance L₁CL₂ᵀ, ‖C‖ ≤ 1, E‖x - y‖² ≥ tr(Σ₁ + Σ₂ - 2(Σ₁^½ Σ₂ Σ₁^½)^½)."""
    root_1, root_2 = _roots(triangle_1, triangle_2)
    contraction = rotation(angle) @ jnp.diag(singular)
    cross = jnp.trace(root_1 @ contraction @ root_2)
    cost = jnp.trace(square(root_1) + square(root_2)) - 2 * cross
    return vf.at_most(_spread(root_1, root_2), cost)


@vf.claim(**_ROOTS, holds=False, source="Dowson and Landau (1982), roots that commute")
def the_squared_distance_is_that_of_the_roots(triangle_1, triangle_2):
    """W₂²(N(0, Σ₁), N(0, Σ₂)) = ‖Σ₁^½ - Σ₂^½‖²_F."""
    roots = _roots(triangle_1, triangle_2)
    return vf.equal(_spread(*roots), _distance_of_roots(*roots))


@vf.claim(
    angle=vf.reals(-4, 4),
    sigma_1=vf.reals(0.1, 10, shape=(2,)),
    sigma_2=vf.reals(0.1, 10, shape=(2,)),
    source="Dowson and Landau (1982), roots that commute",
)
def the_squared_distance_is_that_of_the_roots_where_they_commute(angle, sigma_1, sigma_2):
    """W₂²(N(0, Σ₁), N(0, Σ₂)) = ‖Σ₁^½ - Σ₂^½‖²_F for Σ_i = Q diag(σ_i²) Qᵀ."""
    Q = rotation(angle)
    roots = tuple(Q @ jnp.diag(sigma) @ Q.T for sigma in (sigma_1, sigma_2))
    return vf.equal(_spread(*roots), _distance_of_roots(*roots))


@vf.claim(**_ROOTS, source="Bhatia, Jain and Lim (2019)")
def the_squared_distance_is_at_most_that_of_the_roots(triangle_1, triangle_2):
    """W₂²(N(0, Σ₁), N(0, Σ₂)) ≤ ‖Σ₁^½ - Σ₂^½‖²_F."""
    roots = _roots(triangle_1, triangle_2)
    return vf.at_most(_spread(*roots), _distance_of_roots(*roots))


@vf.claim(**_LINE, source="Villani (2003), remark 2.19")
def the_first_distance_is_at_most_the_second(mu_1, sigma_1, mu_2, sigma_2):
    """|Δμ| ≤ W₁ = E|Δμ + Δσ Z| ≤ W₂ = √(Δμ² + Δσ²)."""
    first = gaussian_wasserstein_1(mu_1, sigma_1, mu_2, sigma_2)
    second = jnp.sqrt((mu_1 - mu_2) ** 2 + (sigma_1 - sigma_2) ** 2)
    return vf.all_of(vf.at_most(jnp.abs(mu_1 - mu_2), first), vf.at_most(first, second))


@vf.claim(
    shift=vf.reals(-3, 3), stretch=vf.reals(-3, 3), source="Leone, Nelson and Nottingham (1961)"
)
def the_mean_size_of_a_gaussian(shift, stretch):
    """E|Δμ + Δσ Z| = Δμ erf(Δμ/(√2 Δσ)) + Δσ √(2/π) exp(-Δμ²/(2Δσ²)), with |Δσ| for Δσ ≠ 0."""
    spread = jnp.abs(stretch)
    inner = shift * erf(shift / (jnp.sqrt(2.0) * spread))
    outer = spread * jnp.sqrt(2 / vf.pi) * jnp.exp(-((shift / stretch) ** 2) / 2)
    size = mean_under(0, 1, lambda z: jnp.abs(shift + stretch * z))
    return vf.implies(apart(stretch), vf.equal(size, inner + outer))


@vf.claim(**_LINE, holds=False, source="Villani (2003), remark 2.19")
def the_first_distance_is_the_sum_of_differences(mu_1, sigma_1, mu_2, sigma_2):
    """W₁ = |Δμ| + |Δσ|."""
    differences = jnp.abs(mu_1 - mu_2) + jnp.abs(sigma_1 - sigma_2)
    return vf.equal(gaussian_wasserstein_1(mu_1, sigma_1, mu_2, sigma_2), differences)


@vf.claim(**_LINE, source="Villani (2003), remark 2.19")
def the_first_distance_is_under_the_sum_of_differences(mu_1, sigma_1, mu_2, sigma_2):
    """W₁ ≤ |Δμ| + √(2/π) |Δσ|."""
    first = gaussian_wasserstein_1(mu_1, sigma_1, mu_2, sigma_2)
    spread = jnp.sqrt(2 / vf.pi) * jnp.abs(sigma_1 - sigma_2)
    return vf.at_most(first, jnp.abs(mu_1 - mu_2) + spread)
