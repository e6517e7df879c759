"""Linear VAEs and their Gaussian model: losses, optimum, evidence, and how they are reached."""

import itertools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from jaxtyping import jaxtyped
from mpmath import mp
from oracles import exact, ulps

from verify.models import (
    PCA,
    DiagonalGaussian,
    LinearGaussian,
    LinearVAE,
    linear_gaussian_elbo,
    linear_gaussian_elbo_draw,
    linear_gaussian_log_evidence,
    linear_gaussian_posterior,
    linear_vae_decode,
    linear_vae_encode,
    linear_vae_from_pca,
    linear_vae_loss,
    linear_vae_optimum,
)

EPS, EPS_64 = float(jnp.finfo(jnp.float32).eps), float(jnp.finfo(jnp.float64).eps)
# √α s and √λ round at most three times together, and d is the square of their quotient.
VARIANCE_ULPS = 2 * (3 + 1)
# w² = (√λ - √α s)(√λ + √α s): three roundings of √λ at most in the first factor, relative to
# √λ, times the second, at most 2 √λ; four of the product, root and square.
SQUARE_ERROR = (2 * 3 + 4) * EPS
# v = w/√λ/√λ rounds four times more, two of them a half.
ENCODER_ERROR = 4 * EPS
# Sums of squares and products of two features and two latent dimensions: no term meets more
# than 20 roundings, and none cancels but in x - b - W m, of which all parts are counted.
SUM_ERROR = 20
# The triangle of [W/s; I] has a condition of at most √(1 + ‖W‖²/s²), under 16 here; it
# multiplies the roundings of a QR decomposition of four rows and two columns.
EVIDENCE_ERROR = SUM_ERROR * 16 * EPS_64

eigenvalues = st.floats(2.0**-20, 2.0**20, width=32)
widths = st.floats(2.0**-8, 2.0**8, width=32)
weights = st.floats(2.0**-6, 2.0**6, width=32)
sixteenths = st.integers(-48, 48).map(lambda n: n / 16)
numbers = lambda *shape: arrays(np.float64, shape, elements=sixteenths)
# Entries of W are at most 3, so that ‖W‖/s is at most 12.
noises = st.integers(8, 64).map(lambda n: n / 16)

optimum = jax.jit(linear_vae_optimum)
loss = jax.jit(linear_vae_loss)
evidence, posterior = jax.jit(linear_gaussian_log_evidence), jax.jit(linear_gaussian_posterior)
elbo, elbo_draw = jax.jit(linear_gaussian_elbo), jax.jit(linear_gaussian_elbo_draw)
FIT = PCA(np.array([1.0, -2.0], np.float32), np.eye(2, dtype=np.float32), np.float32([9.0, 4.0]))
MODEL = LinearVAE(
    np.float32([1.0, -2.0]),
    np.float32([[0.5, 0.25], [-1.0, 0.75]]),
    np.float32([-0.5, 0.25]),
    np.float32([[1.5, -0.5], [0.25, 2.0]]),
)
GAUSSIAN = LinearGaussian(MODEL.decoder, MODEL.mean, np.float32(0.75))
Q = DiagonalGaussian(np.float32([0.5, -1.0]), np.float32([-1.0, 0.25]))
X = np.float32([2.0, 0.5])


@given(λ=eigenvalues, s=widths, alpha=weights)
@example(λ=4.0, s=1.0, alpha=4.0)
@example(λ=float(np.nextafter(np.float32(4), np.float32(5))), s=1.0, alpha=4.0)
@example(λ=3e38, s=1.0, alpha=1.0)  # the square of an eigenvalue overflows
@example(λ=1e-30, s=1e-25, alpha=1.0)  # the square of the width underflows
@example(λ=1e-30, s=1e25, alpha=1.0)  # and overflows
def test_the_optimum_is_its_closed_form(λ, s, alpha):
    λ, s, alpha = (np.float32(v) for v in (λ, s, alpha))
    w, v, d = optimum(λ, scale=s, alpha=alpha)
    threshold = exact(alpha) * exact(s) ** 2
    square = max(exact(λ) - threshold, mp.mpf(0))
    total = square + threshold
    assert abs(exact(w) ** 2 - square) <= SQUARE_ERROR * exact(λ)
    assert abs(exact(v) * total - exact(w)) <= ENCODER_ERROR * exact(w)
    assert ulps(d, threshold / total) <= VARIANCE_ULPS


@given(λ=eigenvalues, s=widths, alpha=weights)
def test_exactly_collapsed_means_the_prior(λ, s, alpha):
    λ, s, alpha = (np.float32(v) for v in (λ, s, alpha))
    w, v, d = optimum(λ, scale=s, alpha=alpha)
    ratio = exact(alpha) * exact(s) ** 2 / exact(λ)
    # The roots of both sides of the comparison are off by an ulp and a half at most.
    if ratio >= 1 + 4 * EPS:
        assert (w, v, d) == (0, 0, 1)
    if ratio <= 1 - 4 * EPS:
        assert w > 0
        assert v > 0
        assert d < 1


def test_an_eigenvalue_of_zero_collapses():
    assert optimum(0.0, scale=1e-20, alpha=1.0) == (0, 0, 1)


@pytest.mark.parametrize("λ", [0.0, 0.5, 1.0, 2.0, 1e30])
def test_the_gradient_of_the_optimum_is_that_of_the_formula(λ):
    slopes = jax.jit(jax.jacrev(lambda λ: linear_vae_optimum(λ, scale=1.0)))(np.float32(λ))
    is_open = λ > 1
    in_w = 1 / (2 * np.sqrt(λ - 1)) if is_open else 0.0
    in_d = -1 / λ / λ if is_open else 0.0
    assert abs(slopes.decoder - in_w) <= 16 * EPS * in_w
    assert abs(slopes.variance - in_d) <= 16 * EPS * abs(in_d) + float(jnp.finfo(jnp.float32).tiny)
    assert np.isfinite(slopes.encoder)


def hermite(function, mean, log_variance):
    """E f(z) over N(m, diag eᵗ): three nodes a dimension are exact for squares."""
    nodes, shares = np.polynomial.hermite_e.hermegauss(3)
    shares = shares / shares.sum()
    total = 0.0
    for pair in itertools.product(range(3), repeat=2):
        z = mean + np.exp(log_variance / 2) * nodes[list(pair)]
        total += shares[list(pair)].prod() * function(z)
    return total


def divergence(mean, log_variance):
    return np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance) / 2


@given(V=numbers(2, 2), t=numbers(2), W=numbers(2, 2), b=numbers(2), x=numbers(2), s=noises,
       alpha=weights)  # fmt: skip
def test_the_loss_is_its_mean_over_the_latent(V, t, W, b, x, s, alpha):
    got = loss(LinearVAE(*map(np.float32, (b, V, t, W))), np.float32(x), scale=s, alpha=alpha)
    mean = V @ (x - b)
    missed = hermite(lambda z: np.sum((x - b - W @ z) ** 2), mean, t) / (2 * s**2)
    parts = (abs(x) + abs(b) + abs(W) @ abs(V) @ (abs(x) + abs(b))) / s
    size = np.sum(parts**2) + np.sum(np.exp(t) * np.sum(W**2, axis=0)) / s**2
    size += alpha * np.sum((abs(V) @ (abs(x) + abs(b))) ** 2 + np.exp(t) + 1 + abs(t))
    assert abs(got - (missed + alpha * divergence(mean, t))) <= SUM_ERROR * EPS * size


def gaussian_log_density(x, mean, covariance):
    """In 50 digits."""
    covariance, r = mp.matrix(covariance.tolist()), mp.matrix((x - mean).tolist())
    quadratic = (r.T * mp.inverse(covariance) * r)[0]
    return -(quadratic + mp.log(mp.det(2 * mp.pi * covariance))) / 2


@given(W=numbers(2, 2), b=numbers(2), x=numbers(2), s=noises)
def test_the_evidence_is_that_of_the_marginal(W, b, x, s):
    with jax.enable_x64(True):
        got = evidence(LinearGaussian(W, b, s), x)
    wanted = gaussian_log_density(x, b, W @ W.T + s**2 * np.eye(2))
    size = float(abs(wanted)) + np.sum((x - b) ** 2) / s**2 + 4 * abs(np.log(s)) + 8
    assert abs(exact(got) - wanted) <= EVIDENCE_ERROR * size


@given(W=numbers(2, 2), b=numbers(2), x=numbers(2), s=noises)
def test_the_posterior_is_that_of_bayes(W, b, x, s):
    with jax.enable_x64(True):
        got = jax.tree.map(np.asarray, posterior(LinearGaussian(W, b, s), x))
    inverse = mp.inverse(mp.matrix((W.T @ W + s**2 * np.eye(2)).tolist()))
    mean = np.array((inverse * mp.matrix((W.T @ (x - b)).tolist())).tolist(), float)[:, 0]
    covariance = np.array((s**2 * inverse).tolist(), float)
    size = np.linalg.norm(x - b) / s + 1
    assert np.all(abs(got.mean - mean) <= EVIDENCE_ERROR * size)
    assert np.all(abs(got.covariance - covariance) <= EVIDENCE_ERROR)


def test_a_decoder_far_over_the_noise_keeps_its_digits():
    """Orthogonal columns of a thousand noises: 1 + Wᵀ W/s² would lose the one in float32."""
    W, s = np.float32([[1000.0, 0], [0, 4000.0]]), np.float32(0.25)
    got = linear_gaussian_posterior(LinearGaussian(W, np.zeros(2, np.float32), s), X)
    wanted = 1 / (1 + (np.diag(np.float64(W)) / 0.25) ** 2)
    assert np.all(abs(np.diag(got.covariance) - wanted) <= SUM_ERROR * EPS * wanted)


@given(W=numbers(2, 2), b=numbers(2), x=numbers(2), s=noises, m=numbers(2), t=numbers(2))
def test_the_bound_is_the_mean_of_its_draws(W, b, x, s, m, t):
    with jax.enable_x64(True):
        model, q = LinearGaussian(W, b, s), DiagonalGaussian(m, t)
        nodes = np.array(list(itertools.product((-1.0, 1.0), repeat=2)))
        batch = DiagonalGaussian(np.tile(m, (4, 1)), np.tile(t, (4, 1)))
        draws = np.asarray(elbo_draw(model, batch, np.tile(x, (4, 1)), nodes))
        bound, most = float(elbo(model, q, x)), float(evidence(model, x))
    # The mean of a square over N(0, I) is that over corners, up to the size of the terms.
    size = np.max(abs(draws)) + np.sum(m**2 + np.exp(t) + abs(t)) + 8
    size += np.sum((abs(x - b) + abs(W) @ (abs(m) + np.exp(t / 2))) ** 2) / s**2
    assert abs(np.mean(draws) - bound) <= SUM_ERROR * EPS_64 * size
    assert bound <= most + EVIDENCE_ERROR * size


def test_a_single_draw_can_be_over_the_evidence():
    q = DiagonalGaussian(np.zeros(1, np.float32), np.zeros(1, np.float32))
    model = LinearGaussian(np.ones((1, 1), np.float32), np.zeros(1, np.float32), 1.0)
    x = noise = np.zeros(1, np.float32)
    assert elbo_draw(model, q, x, noise) > evidence(model, x) > elbo(model, q, x)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 4.0, 100.0])
def test_the_gradient_of_the_mean_loss_is_zero_at_the_optimum(alpha):
    """Samples with the eigenvalues 9 and 4 at a width of 1: both, one or none is kept."""
    with jax.enable_x64(True):
        steps = np.sqrt(2 * np.diag([9.0, 4.0]))
        samples = np.concatenate([steps, -steps]) + np.array([1.0, -2.0])
        fit = PCA(np.array([1.0, -2.0]), np.eye(2), np.array([9.0, 4.0]))
        mean = lambda model: jnp.mean(linear_vae_loss(model, samples, scale=1.0, alpha=alpha))
        best = linear_vae_from_pca(fit, scale=1.0, alpha=alpha)
        slopes = [np.asarray(slope) for slope in jax.jit(jax.grad(mean))(best)]
    # Terms of a slope are at most λ max(1, α) in size, and some twenty of them cancel.
    assert all(np.all(abs(slope) <= SUM_ERROR * 9 * 100 * EPS_64) for slope in slopes)


def test_past_the_threshold_inputs_are_ignored():
    model = linear_vae_from_pca(FIT, scale=1.0, alpha=9.5)
    q = linear_vae_encode(model, X)
    assert not np.any(q.mean)
    assert not np.any(q.log_variance)
    assert np.array_equal(linear_vae_decode(model, X), FIT.mean)


def test_below_the_threshold_the_reconstruction_is_that_of_pca_shrunk():
    """W V = Cᵀ diag(1 - αs²/λ) C."""
    model = linear_vae_from_pca(FIT, scale=1.0, alpha=2.0)
    shrunk = model.decoder @ model.encoder
    assert np.all(abs(shrunk - np.diag([7 / 9, 2 / 4])) <= SUM_ERROR * EPS)


def single(function, *others, **options):
    return lambda x: function(*others, x, **options)


OF_SAMPLES = {
    "encode": single(linear_vae_encode, MODEL),
    "decode": single(linear_vae_decode, MODEL),
    "loss": single(linear_vae_loss, MODEL, scale=0.75, alpha=2.0),
    "evidence": single(linear_gaussian_log_evidence, GAUSSIAN),
    "posterior": lambda x: linear_gaussian_posterior(GAUSSIAN, x).mean,
    "elbo": lambda x: linear_gaussian_elbo(GAUSSIAN, DiagonalGaussian(x, -x), x),
    "draw": lambda x: linear_gaussian_elbo_draw(GAUSSIAN, DiagonalGaussian(x, -x), x, 2 * x),
}
# Two ways to compile one are each off by half an ulp for each of SUM_ERROR roundings. At the
# numbers below a relative change of all terms moves a result by at most ten times itself: the
# draw at X by 8.5, where x - b - W z cancels, the others by under 4; and the triangle of
# [W/s; I], ‖W‖/s under 3, has a condition of under 4. One rounding to TF32 is 20 times this.
PATH_ERROR = 10 * SUM_ERROR * EPS


def apart(left, right):
    """How far two results are from each other, relative to the largest entry of each array."""
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return max(np.max(abs(a - b)) / np.max(abs(b)) for a, b in pairs)


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_eager_jit_and_vmap_agree(name):
    function, batch = OF_SAMPLES[name], np.stack([X, 2 * X, -X])
    eager, compiled = function(X), jax.jit(function)(X)
    mapped, whole = jax.jit(jax.vmap(function))(batch), function(batch)
    assert apart(compiled, eager) <= PATH_ERROR
    assert apart(mapped, whole) <= PATH_ERROR
    assert apart(jax.tree.map(lambda a: a[0], whole), eager) <= PATH_ERROR


@pytest.mark.parametrize("name", [n for n in OF_SAMPLES if n not in ("encode", "decode")])
def test_the_gradient_is_the_slope_of_the_values(name):
    """Differences of order four in float64: polynomials and exp, to h⁴ and roundings over h."""
    function, step = OF_SAMPLES[name], 2.0**-10
    with jax.enable_x64(True):
        x = np.float64(X)
        total = jax.jit(jax.value_and_grad(lambda t: jnp.sum(function(x + t))))
        values = [float(total(k * step)[0]) for k in (-2.0, -1.0, 1.0, 2.0)]
        wanted = np.dot(values, [1.0, -8.0, 8.0, -1.0]) / (12 * step)
        slope = float(total(0.0)[1])
    # A fifth derivative and values of at most a thousand: h⁴/30 and 2⁻⁵² over h of them.
    assert abs(slope - wanted) <= 1_000 * (step**4 / 30 + 18 / 12 * EPS_64 / step)


@pytest.mark.parametrize("name", OF_SAMPLES)
@pytest.mark.parametrize("batch", [(), (4,), (2, 0), (2, 3)])
def test_any_leading_axes_are_kept(name, batch):
    shapes = jax.eval_shape(OF_SAMPLES[name], np.ones((*batch, 2), np.float32))
    assert {leaf.shape[: len(batch)] for leaf in jax.tree.leaves(shapes)} == {batch}


def everything(model, gaussian, q, fit, x):
    """A result of each function."""
    return (
        linear_vae_encode(model, x),
        linear_vae_decode(model, x),
        linear_vae_loss(model, x, scale=0.75, alpha=2.0),
        jax.grad(lambda m: linear_vae_loss(m, x, scale=0.75))(model),
        linear_vae_from_pca(fit, scale=1.0),
        linear_vae_optimum(fit.eigenvalues, scale=1.0),
        linear_gaussian_log_evidence(gaussian, x),
        linear_gaussian_posterior(gaussian, x),
        linear_gaussian_elbo(gaussian, q, x),
        linear_gaussian_elbo_draw(gaussian, q, x, x),
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept(dtype):
    with jax.enable_x64(dtype == "float64"):
        cast = jax.tree.map(lambda a: jnp.asarray(a, dtype), (MODEL, GAUSSIAN, Q, FIT, X))
        shapes = jax.eval_shape(everything, *cast)
    assert {str(leaf.dtype) for leaf in jax.tree.leaves(shapes)} == {dtype}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_short_floats_give_the_evidence_of_long_ones(dtype):
    cast = jax.tree.map(lambda a: jnp.asarray(a, dtype), (GAUSSIAN, X))
    allowed = SUM_ERROR * 16 * float(jnp.finfo(dtype).eps)
    assert abs(float(evidence(*cast)) - evidence(GAUSSIAN, X)) <= allowed


def test_the_annotated_shapes_are_those_given():
    checked = lambda function: jaxtyped(function, typechecker=beartype)
    batch = np.stack([X, X, X])
    q = DiagonalGaussian(batch, batch)
    assert checked(linear_vae_decode)(MODEL, batch).shape == (3, 2)
    assert checked(linear_vae_loss)(MODEL, batch, scale=1.0).shape == (3,)
    assert checked(linear_gaussian_log_evidence)(GAUSSIAN, batch).shape == (3,)
    assert checked(linear_gaussian_elbo)(GAUSSIAN, q, batch).shape == (3,)
    assert checked(linear_gaussian_elbo_draw)(GAUSSIAN, q, batch, batch).shape == (3,)


def test_a_model_is_traced_once_for_many_values():
    chex.clear_trace_counter()
    compiled = jax.jit(chex.assert_max_traces(n=1)(linear_vae_loss))
    for s in (0.5, 1.0, 2.0):
        assert compiled(MODEL, X, scale=s).shape == ()


@pytest.mark.parametrize(
    ("function", "arguments", "wanted"),
    [
        (linear_vae_encode, (Q, X), "needs model as a LinearVAE, got DiagonalGaussian"),
        (linear_vae_decode, (MODEL, 1j), "needs z as a real number or array, got complex 1j"),
        (linear_gaussian_elbo, (MODEL, Q, X), "needs model as a LinearGaussian, got LinearVAE"),
        (linear_gaussian_elbo, (GAUSSIAN, X, X), "needs q as a DiagonalGaussian, got ndarray"),
    ],
)
def test_other_records_and_kinds_are_refused_by_name(function, arguments, wanted):
    with pytest.raises(TypeError, match=f"{function.__name__} {wanted}"):
        function(*arguments)


@pytest.mark.parametrize(
    ("function", "arguments", "wanted"),
    [
        (linear_vae_encode, (MODEL, np.ones(3)), r"needs x of shape (..., 2), got shape (3,)."),
        (linear_vae_decode, (MODEL, 1.0), r"needs z of shape (..., 2), got shape ()."),
        (
            linear_vae_encode,
            (MODEL._replace(log_variance=np.ones(3)), X),
            "needs model.log_variance of shape (2,), got shape (3,).",
        ),
        (
            linear_gaussian_elbo,
            (GAUSSIAN, Q, np.ones((3, 2))),
            "needs x of shape (2,), got shape (3, 2).",
        ),
        (
            linear_gaussian_posterior,
            (GAUSSIAN._replace(scale=0.0), X),
            "needs model.scale positive, got 0.0.",
        ),
    ],
)
def test_shapes_and_values_that_do_not_fit_are_refused_by_name(function, arguments, wanted):
    with pytest.raises(ValueError, match="needs") as error:
        function(*arguments)
    assert str(error.value) == f"{function.__name__} {wanted}"


def test_options_out_of_range_are_refused_by_name():
    with pytest.raises(ValueError, match=r"linear_vae_loss needs alpha non-negative, got -1\.0"):
        linear_vae_loss(MODEL, X, scale=1.0, alpha=-1.0)
    with pytest.raises(ValueError, match=r"linear_vae_optimum needs alpha positive, got 0\.0"):
        linear_vae_optimum(1.0, scale=1.0, alpha=0.0)
    with pytest.raises(ValueError, match=r"linear_vae_loss needs scale of shape \(\), got shape"):
        linear_vae_loss(MODEL, X, scale=np.ones(2))
    few = FIT._replace(eigenvalues=np.ones(1))
    with pytest.raises(ValueError, match="linear_vae_from_pca needs an eigenvalue for each comp"):
        linear_vae_from_pca(few, scale=1.0)


def test_traced_options_out_of_range_give_nan():
    assert jnp.isnan(loss(MODEL, X, scale=-1.0))
    assert all(jnp.isnan(part) for part in optimum(-1.0, scale=1.0))
