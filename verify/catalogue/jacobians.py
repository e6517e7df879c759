"""The Jacobians of softmax and of layer normalisation, and what they leave unchanged."""

import jax
import jax.numpy as jnp

import verify as vf

# Three logits, a direction, and a layer of three units; n = 2 would be a special case.
_LOGITS, _DIRECTION = vf.reals(-20, 20, shape=(3,)), vf.reals(-5, 5, shape=(3,))
_LAYER = vf.reals(-100, 100, shape=(3,))


def _softmax(h):
    """exp h_i / Σ_j exp h_j."""
    return jnp.exp(h) / jnp.sum(jnp.exp(h))


@vf.claim(h=_LOGITS, source="Bridle (1990)")
def softmax_is_its_definition(h):
    """jax.nn.softmax(h)_i = exp h_i / Σ_j exp h_j."""
    return vf.equal(jax.nn.softmax(h), _softmax(h))


@vf.claim(h=_LOGITS, source="Bridle (1990)")
def the_jacobian_of_softmax(h):
    """∂p/∂h = diag p - ppᵀ, forwards and backwards, p = softmax(h)."""
    p = _softmax(h)
    wanted = jnp.diag(p) - jnp.outer(p, p)
    return vf.all_of(
        vf.equal(jax.jacfwd(jax.nn.softmax)(h), wanted),
        vf.equal(jax.jacrev(jax.nn.softmax)(h), wanted),
    )


@vf.claim(h=_LOGITS, holds=False, source="Bridle (1990)")
def the_jacobian_of_softmax_is_diagonal(h):
    """∂p/∂h = diag p(1 - p), p = softmax(h)."""
    p = _softmax(h)
    return vf.equal(jax.jacfwd(jax.nn.softmax)(h), jnp.diag(p * (1 - p)))


@vf.claim(h=_LOGITS, v=_DIRECTION, source="Bridle (1990)")
def the_true_slope_of_softmax_in_a_direction(h, v):
    """d softmax(h + tv)/dt = p(v - pᵀv) at t = 0, as true derivative."""
    p = _softmax(h)
    moved = lambda t: jax.nn.softmax(h + t * v)
    slope = [vf.derivative(lambda t, i=i: moved(t)[i], jnp.zeros(())) for i in range(3)]
    return vf.equal(jnp.stack(slope), p * (v - p @ v))


@vf.claim(h=_LOGITS, source="Bridle (1990)")
def the_jacobian_of_log_softmax(h):
    """∂log p/∂h = I - 1pᵀ, p = softmax(h)."""
    wanted = jnp.eye(3) - _softmax(h)[None, :]
    return vf.equal(jax.jacfwd(jax.nn.log_softmax)(h), wanted)


def _curvature(p, v):
    """vᵀ(diag p - ppᵀ)v, the variance of v under p."""
    return jnp.sum(p * v**2) - jnp.sum(p * v) ** 2


@vf.claim(p=vf.simplex(3), v=_DIRECTION, source="Popoviciu (1935)")
def the_norm_of_the_jacobian_of_softmax_is_at_most_one_half(p, v):
    """0 ≤ vᵀ(diag p - ppᵀ)v ≤ (max v - min v)²/4 ≤ ½‖v‖²."""
    spread = (jnp.max(v) - jnp.min(v)) ** 2 / 4
    return vf.all_of(
        vf.at_most(0, _curvature(p, v)),
        vf.at_most(_curvature(p, v), spread),
        vf.at_most(spread, jnp.sum(v**2) / 2),
    )


@vf.claim(p=vf.simplex(3), v=_DIRECTION, holds=False, source="Popoviciu (1935)")
def the_norm_of_the_jacobian_of_softmax_is_at_most_one_quarter(p, v):
    """vᵀ(diag p - ppᵀ)v ≤ ¼‖v‖², the bound of a single logistic function."""
    return vf.at_most(_curvature(p, v), jnp.sum(v**2) / 4)


@vf.claim(p=vf.simplex(3), source="Popoviciu (1935), the eigenvalues")
def the_eigenvalues_of_the_jacobian_of_softmax(p):
    """diag p - ppᵀ has the eigenvalue 0, and of three the others have the product 3p₁p₂p₃."""
    jacobian = jnp.diag(p) - jnp.outer(p, p)
    total = 1 - jnp.sum(p**2)
    largest = (total + jnp.sqrt(total**2 - 12 * jnp.prod(p))) / 2
    return vf.all_of(
        vf.equal(jacobian @ jnp.ones(3), 0),
        vf.equal(jnp.linalg.det(jacobian - largest * jnp.eye(3)), 0),
        vf.at_most(largest, 0.5),
    )


def _normalised(x, epsilon):
    """x̂ = (x - mean)/s and s = √(variance + ε)."""
    centred = x - jnp.mean(x)
    s = jnp.sqrt(jnp.mean(centred**2) + epsilon)
    return centred / s, s


def _jacobian(x, epsilon):
    return jax.jacfwd(lambda x: _normalised(x, epsilon)[0])(x)


def _centring():
    """I - 11ᵀ/n."""
    return jnp.eye(3) - jnp.ones((3, 3)) / 3


def _formula(x, epsilon):
    """(I - 11ᵀ/n - x̂x̂ᵀ/n)/s."""
    scaled, s = _normalised(x, epsilon)
    return (_centring() - jnp.outer(scaled, scaled) / 3) / s


@vf.claim(x=_LAYER, epsilon=vf.reals(0.001, 10), source="Ba, Kiros and Hinton (2016)")
def standardize_is_layer_normalisation(x, epsilon):
    """jax.nn.standardize(x) = (x - mean)/√(variance + ε)."""
    return vf.equal(jax.nn.standardize(x, epsilon=epsilon), _normalised(x, epsilon)[0])


@vf.claim(x=_LAYER, epsilon=vf.reals(0.001, 10), source="Ba, Kiros and Hinton (2016)")
def the_jacobian_of_layer_normalisation(x, epsilon):
    """∂x̂/∂x = (I - 11ᵀ/n - x̂x̂ᵀ/n)/s, x̂ = (x - mean)/s, s = √(variance + ε)."""
    return vf.equal(_jacobian(x, epsilon), _formula(x, epsilon))


@vf.claim(x=_LAYER, epsilon=vf.reals(0.001, 10), holds=False, source="Ba, Kiros and Hinton (2016)")
def the_jacobian_of_layer_normalisation_with_its_scale_fixed(x, epsilon):
    """∂x̂/∂x = (I - 11ᵀ/n)/s."""
    s = _normalised(x, epsilon)[1]
    return vf.equal(_jacobian(x, epsilon), _centring() / s)


def _is_spread(x):
    return vf.less(0, jnp.var(x))


@vf.claim(x=_LAYER, source="Ba, Kiros and Hinton (2016), without ε")
def the_jacobian_of_layer_normalisation_without_epsilon(x):
    """At ε = 0 it is the same, and sends 1 and x̂ to 0: neither shift nor scale of x matters."""
    scaled, _ = _normalised(x, 0.0)
    unchanged = jnp.stack([jnp.ones(3), scaled], axis=1)
    conclusion = vf.all_of(
        vf.equal(_jacobian(x, 0.0), _formula(x, 0.0)),
        vf.equal(_jacobian(x, 0.0) @ unchanged, 0),
    )
    return vf.implies(_is_spread(x), conclusion)


@vf.claim(
    x=_LAYER,
    epsilon=vf.reals(0.001, 10),
    holds=False,
    source="Ba, Kiros and Hinton (2016), the scale",
)
def layer_normalisation_ignores_the_scale(x, epsilon):
    """∂x̂/∂x sends x̂ to 0 for ε > 0 too, the variance not 0."""
    scaled, _ = _normalised(x, epsilon)
    return vf.implies(_is_spread(x), vf.equal(_jacobian(x, epsilon) @ scaled, 0))


@vf.claim(x=_LAYER, epsilon=vf.reals(0.001, 10), source="Ba, Kiros and Hinton (2016), the scale")
def epsilon_lets_a_little_of_the_scale_through(x, epsilon):
    """∂x̂/∂x sends x̂ to ε x̂/s³."""
    scaled, s = _normalised(x, epsilon)
    return vf.equal(_jacobian(x, epsilon) @ scaled, epsilon * scaled / s**3)


@vf.claim(x=_LAYER, epsilon=vf.reals(0.001, 10), source="Zhang and Sennrich (2019)")
def the_jacobian_of_root_mean_square_normalisation(x, epsilon):
    """∂(x/r)/∂x = (I - x̄x̄ᵀ/n)/r, x̄ = x/r, r = √(Σx²/n + ε): no term for the mean."""
    root = lambda x: jnp.sqrt(jnp.mean(x**2) + epsilon)
    scaled = x / root(x)
    wanted = (jnp.eye(3) - jnp.outer(scaled, scaled) / 3) / root(x)
    return vf.equal(jax.jacfwd(lambda x: x / root(x))(x), wanted)
