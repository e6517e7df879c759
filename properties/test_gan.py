"""The discriminator's loss on samples of logits, and the logit of a conditional discriminator."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import jaxtyped
from mpmath import mp
from oracles import exact, ulps

from verify.functions import (
    discriminator_loss,
    minimax_loss,
    non_saturating_loss,
    reverse_kl_loss,
)
from verify.models import Projection, optimal_projection, projection_logit

EPS = float(jnp.finfo(jnp.float32).eps)
# Each softplus is within six ulps (test_discriminator.py); no term is negative, and a mean of
# three and a sum round four times.
LOSS_ULPS = 11
# A point has K labels and D features: K D products of three factors and K of two, summed in any
# order, each rounding at most once for each factor and once for each sum that it enters.
K, D = 3, 2
LOGIT_ROUNDINGS = 3 + K * D + K

logits = st.lists(st.floats(-80, 80, width=32), min_size=3, max_size=3).map(np.float32)
numbers = st.floats(-100, 100, width=32)
vectors = lambda *shape: st.lists(
    numbers, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))
).map(lambda values: np.float32(values).reshape(shape))

loss, logit, best = map(jax.jit, (discriminator_loss, projection_logit, optimal_projection))
loss_slopes = jax.jit(jax.grad(discriminator_loss, argnums=(0, 1)))
logit_slopes = jax.jit(jax.grad(projection_logit, argnums=(0, 1, 2)))


@given(data=logits, model=logits)
def test_the_loss_is_its_definition(data, model):
    real = mp.fsum(mp.log1p(mp.exp(-exact(h))) for h in data) / 3
    fake = mp.fsum(mp.log1p(mp.exp(exact(h))) for h in model[:2]) / 2
    assert ulps(loss(data, model[:2]), real + fake) <= LOSS_ULPS


@given(data=logits, model=logits)
def test_the_slopes_of_the_loss_are_shares_of_what_is_missed(data, model):
    in_data, in_model = loss_slopes(data, model)
    for h, f, by_data, by_model in zip(data, model, in_data, in_model, strict=True):
        # Nine ulps of the slopes themselves (test_discriminator.py), one of the third.
        assert ulps(by_data, -1 / (1 + mp.exp(exact(h))) / 3) <= 10
        assert ulps(by_model, 1 / (1 + mp.exp(-exact(f))) / 3) <= 10


def test_the_loss_of_a_guess_is_log_four():
    assert ulps(loss(np.zeros(3, np.float32), np.zeros(2, np.float32)), mp.log(4)) <= LOSS_ULPS


def test_the_loss_of_the_surest_mistake_is_finite():
    far = np.float32([1000.0])
    assert loss(-far, far) == 2000
    assert loss(far, -far) == 0


@given(data=logits, model=logits)
def test_the_loss_exchanges_data_and_model_with_the_sign(data, model):
    one, other = loss(data, model), loss(-model, -data)
    assert abs(one - other) <= 2 * LOSS_ULPS * EPS * one


@given(h=st.floats(-80, 80, width=32))
def test_the_reverse_kl_loss_is_the_sum_of_the_other_two(h):
    h = np.float32(h)
    parts = minimax_loss(h), non_saturating_loss(h)
    assert reverse_kl_loss(h) == -h
    assert abs(reverse_kl_loss(h) - sum(parts)) <= 8 * EPS * sum(map(abs, parts))


def test_losses_may_have_batches_and_batches_be_empty():
    data, model = jnp.zeros((4, 1, 3)), jnp.zeros((1, 5, 2))
    assert discriminator_loss(data, model).shape == (4, 5)
    assert discriminator_loss(jnp.zeros((0, 3)), jnp.zeros((0, 2))).shape == (0,)


@pytest.mark.parametrize("bad", [0.5, np.zeros(0)], ids=["a scalar", "empty"])
def test_a_loss_of_no_points_is_refused_by_name(bad):
    wanted = r"discriminator_loss needs model_logits with one entry or more along its last axis"
    with pytest.raises(ValueError, match=wanted):
        discriminator_loss(np.zeros(2), bad)


def exact_logit(weights, bias, y, phi):
    """yᵀ(A φ + b) and the sum of the sizes of its terms."""
    terms = [exact(y[k]) * exact(weights[k, d]) * exact(phi[d]) for k in range(K) for d in range(D)]
    terms += [exact(y[k]) * exact(bias[k]) for k in range(K)]
    return mp.fsum(terms), mp.fsum(map(abs, terms))


@given(weights=vectors(K, D), bias=vectors(K), y=vectors(K), phi=vectors(D))
def test_the_logit_is_its_definition(weights, bias, y, phi):
    wanted, size = exact_logit(weights, bias, y, phi)
    got = logit(Projection(weights, bias), y, phi)
    smallest = float(jnp.finfo(jnp.float32).tiny) * 100 * (K * D + K)  # what flushing may lose
    assert abs(exact(got) - wanted) <= LOGIT_ROUNDINGS * EPS * size + smallest


@given(weights=vectors(K, D), bias=vectors(K), phi=vectors(D), label=st.integers(0, K - 1))
def test_a_one_hot_label_takes_its_row(weights, bias, phi, label):
    y = np.eye(K, dtype=np.float32)[label]
    slopes = logit_slopes(Projection(weights, bias), y, phi)
    assert np.array_equal(slopes[0].weights, np.outer(y, phi))
    assert np.array_equal(slopes[0].bias, y)
    assert np.array_equal(slopes[2], weights[label])


@given(mu=vectors(K, D), mu_hat=vectors(K, D), phi=vectors(D))
def test_the_best_logit_is_the_log_ratio_of_two_gaussians(mu, mu_hat, phi):
    def half_square(mean):
        return mp.fsum((exact(v) - exact(m)) ** 2 for v, m in zip(phi, mean, strict=True)) / 2

    got = logit(best(mu, mu_hat), np.eye(K, dtype=np.float32)[1], phi)
    wanted = half_square(mu_hat[1]) - half_square(mu[1])
    # |μ - μ̂| and |φ| + |μ + μ̂|/2 are at most 200 a feature, and each rounding is relative.
    assert abs(exact(got) - wanted) <= (LOGIT_ROUNDINGS + 3) * EPS * D * 200 * 200


def test_the_best_bias_does_not_cancel():
    near = np.float32(1 + EPS)
    projection = best(np.float32([[near]]), np.float32([[1.0]]))
    assert ulps(projection.bias[0], -(exact(near) ** 2 - 1) / 2) <= 2


def test_eager_jit_and_vmap_give_one_logit():
    projection = Projection(jnp.arange(6.0).reshape(K, D), jnp.ones(K))
    y, phi = jnp.eye(K), jnp.array([[0.5, 2.0], [-1.0, 3.0], [4.0, 0.25]])
    whole = projection_logit(projection, y, phi)
    assert whole.shape == (3,)
    assert np.array_equal(whole, logit(projection, y, phi))
    assert np.array_equal(whole, jax.vmap(logit, (None, 0, 0))(projection, y, phi))
    assert projection_logit(projection, y[:, None], phi).shape == (3, 3)
    assert projection_logit(projection, y[:0], phi[:0]).shape == (0,)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept(dtype):
    def results(means, y, phi):
        projection = optimal_projection(means, means)
        slopes = jax.grad(projection_logit, (0, 1, 2))(projection, y, phi)
        return projection, projection_logit(projection, y, phi), slopes

    with jax.enable_x64(dtype == "float64"):
        shapes = [jax.ShapeDtypeStruct(shape, dtype) for shape in ((K, D), (K,), (D,))]
        found = jax.tree.leaves(jax.eval_shape(results, *shapes))
        assert {leaf.dtype for leaf in found} == {jnp.dtype(dtype)}


def test_the_logit_is_traced_once_for_many_parameters():
    chex.clear_trace_counter()
    compiled = jax.jit(chex.assert_max_traces(n=1)(projection_logit))
    for scale in (1.0, 2.0):
        projection = Projection(jnp.full((K, D), scale), jnp.zeros(K))
        assert compiled(projection, jnp.eye(K)[0], jnp.ones(D)) == scale * D


GOOD, BAD = Projection(jnp.ones((K, D)), jnp.ones(K)), Projection(jnp.ones((K, D)), jnp.ones(D))


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ((GOOD, jnp.ones(2), jnp.ones(D)), r"labels of size 3 along the last axis, got shape \(2,"),
        ((GOOD, jnp.ones(K), jnp.ones(K)), r"features of size 2 .* got shape \(3,\)"),
        ((GOOD, jnp.ones(K), 1.0), r"features with one entry or more along .* got shape \(\)"),
        ((GOOD, jnp.ones((2, K)), jnp.ones((3, D))), r"shapes that broadcast .* of shape \(2, 3\)"),
        (
            (Projection(jnp.ones((K, D)), jnp.ones(D)), jnp.ones(K), jnp.ones(D)),
            r"weights of shape",
        ),
    ],
)
def test_shapes_that_do_not_go_together_are_refused_by_name(arguments, wanted):
    with pytest.raises(ValueError, match=rf"projection_logit needs {wanted}"):
        projection_logit(*arguments)


def test_what_is_not_real_is_refused_by_name():
    with pytest.raises(TypeError, match=r"projection_logit needs features as a real number or a"):
        projection_logit(GOOD, jnp.ones(K), jnp.ones(D, complex))
    with pytest.raises(TypeError, match=r"optimal_projection needs model_means as a real number"):
        optimal_projection(jnp.ones((K, D)), None)


def test_means_without_a_row_a_label_are_refused():
    with pytest.raises(ValueError, match=r"needs data_means of shape \(labels, features\), got"):
        optimal_projection(jnp.ones(K), jnp.ones(K))
    for other in ((K, 1), (1, D), (K + 1, D)):
        with pytest.raises(ValueError, match=r"needs model_means of shape \(3, 2\), got shape"):
            optimal_projection(jnp.ones((K, D)), jnp.ones(other))


def test_another_record_than_a_projection_is_refused():
    with pytest.raises(TypeError, match="projection_logit needs projection as a Projection, got t"):
        projection_logit(tuple(GOOD), jnp.ones(K), jnp.ones(D))


def test_the_annotated_shapes_are_those_given():
    checked = jaxtyped(typechecker=beartype)(projection_logit)
    projection = Projection(jnp.ones((K, D)), jnp.ones(K))
    assert checked(projection, jnp.ones((4, K)), jnp.ones((4, D))).shape == (4,)
