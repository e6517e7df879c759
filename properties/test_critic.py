"""Critics: their loss, the penalty on their slope, a network and the bound on its slope."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from hypothesis import example, given
from hypothesis import strategies as st
from jaxtyping import jaxtyped
from mpmath import mp
from oracles import exact, ulps

from verify.functions import critic_loss, empirical_wasserstein_1, gradient_penalty
from verify.models import Layer, clip_weights, input_gradients, lipschitz_bound, mlp_critic

EPS = float(jnp.finfo(jnp.float32).eps)
N, D = 3, 2  # points and features
# A norm of two features carries an ulp or two of a quotient, two squares, a sum, a root and a
# product: relative to itself. One less is exact up to an ulp.
NORM_ULPS = 5
# Two layers of two inputs: products, sums, shifts, relative to the sum of the terms' sizes.
CRITIC_ULPS = 10
# LAPACK's singular values of a matrix of three rows and columns at most, and two products.
BOUND_ULPS = 16

numbers = st.floats(-8, 8, width=32, allow_subnormal=False)  # XLA flushes those
arrays = lambda *shape: st.lists(
    numbers, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))
).map(lambda values: np.float32(values).reshape(shape))

penalty, one_sided = map(jax.jit, (gradient_penalty, lambda g: gradient_penalty(g, one_sided=True)))
penalty_slope = jax.jit(jax.grad(gradient_penalty))
loss, value, bound, clip = map(jax.jit, (critic_loss, mlp_critic, lipschitz_bound, clip_weights))


def excesses(gradients):
    """‖∇D‖ - 1 at each point, in 50 digits."""
    return [mp.sqrt(mp.fsum(exact(v) ** 2 for v in row)) - 1 for row in gradients]


def penalty_error(gradients):
    """What rounding may do: 2|e| dx + dx² a point, dx the error of ‖∇D‖ - 1."""
    off = [NORM_ULPS * EPS * (abs(e + 1) + 1) for e in excesses(gradients)]
    terms = [2 * abs(e) * d + d * d for e, d in zip(excesses(gradients), off, strict=True)]
    total = mp.fsum(e * e for e in excesses(gradients))
    return (mp.fsum(terms) + 5 * EPS * total) / len(gradients)


@given(gradients=arrays(N, D))
@example(gradients=np.float32([[0.6, 0.8], [1.0, 0.0], [0.0, -1.0]]))
@example(gradients=np.zeros((N, D), np.float32))
def test_the_penalty_is_its_definition(gradients):
    wanted = mp.fsum(e * e for e in excesses(gradients)) / N
    assert abs(exact(penalty(gradients)) - wanted) <= penalty_error(gradients)


@given(gradients=arrays(N, D))
def test_the_one_sided_penalty_counts_only_what_is_over_one(gradients):
    wanted = mp.fsum(max(e, 0) ** 2 for e in excesses(gradients)) / N
    assert abs(exact(one_sided(gradients)) - wanted) <= penalty_error(gradients)


def test_the_penalty_of_unit_slopes_is_zero():
    gradients = np.float32([[1, 0, 0, 0], [0, -1, 0, 0], [0.5, 0.5, -0.5, 0.5]])
    assert penalty(gradients) == one_sided(gradients) == 0


@given(w=arrays(D))
def test_the_slope_of_the_penalty_is_its_definition(w):
    length = mp.sqrt(mp.fsum(exact(v) ** 2 for v in w))
    if length < 2.0**-100:
        return
    for got, v in zip(penalty_slope(w[None])[0], w, strict=True):
        wanted = 2 * (length - 1) * exact(v) / length
        # 2 x/‖x‖ is at most 2, and ‖x‖ - 1 is off by the error of the norm.
        assert abs(exact(got) - wanted) <= 4 * NORM_ULPS * EPS * (length + 1)


@pytest.mark.parametrize("size", [1e-38, 1e-30, 1e-15, 1e15, 1e30, 1e37])
def test_the_slope_of_the_penalty_has_no_overflow_and_no_underflow(size):
    x = np.float32([[3 * size, 4 * size]])
    wanted = 2 * (5 * size - 1) * np.float64([0.6, 0.8])
    assert np.allclose(penalty_slope(x)[0], wanted, rtol=16 * EPS, atol=0)


def test_the_slope_of_the_penalty_at_no_slope_is_zero():
    assert not np.any(penalty_slope(np.zeros((N, D), np.float32)))


def test_an_infinite_slope_costs_infinitely_much():
    assert penalty(np.float32([[np.inf, 1.0]])) == np.inf


def curved(x):
    """A critic whose value at a point depends on that point alone."""
    return jnp.sin(x[..., 0]) * x[..., 1] + x[..., 0] ** 2


at_once = jax.jit(lambda x: input_gradients(curved, x))
one_by_one = jax.jit(lambda x: jnp.stack([jax.grad(curved)(row) for row in x]))


@given(x=arrays(N, D))
def test_one_gradient_of_the_sum_gives_that_of_each_point(x):
    # Products of at most 8, sums of three terms, each rounded as a compiler likes.
    assert np.all(abs(at_once(x) - one_by_one(x)) <= 16 * EPS * 32)


def test_the_penalty_trains_a_linear_critic_in_its_slope():
    def cost(w):
        return gradient_penalty(input_gradients(lambda x: jnp.einsum("nd,d->n", x, w), points))

    points, w = jnp.ones((N, D)), jnp.array([3.0, 4.0])
    assert np.allclose(jax.jit(jax.grad(cost))(w), 8 * w / 5, rtol=16 * EPS, atol=0)


def test_gradients_keep_batches_of_samples():
    x = jnp.arange(12.0).reshape(2, N, D)
    assert np.array_equal(input_gradients(curved, x)[1], input_gradients(curved, x[1]))
    assert penalty(x).shape == (2,)
    assert penalty(x[:0]).shape == (0,)


@given(data=arrays(N), model=arrays(2))
def test_the_loss_is_the_difference_of_means(data, model):
    mean = lambda values: mp.fsum(map(exact, values)) / len(values)
    size = mp.fsum(abs(exact(v)) for v in (*data, *model)) + 2.0**-120
    assert abs(exact(loss(data, model)) - (mean(model) - mean(data))) <= 4 * EPS * size


of_slope_one = (lambda x: x, lambda x: -x, jnp.abs, jnp.sin)
losses = jax.jit(lambda x, y: jnp.stack([critic_loss(D(x), D(y)) for D in of_slope_one]))
distance = jax.jit(empirical_wasserstein_1)


@given(x=arrays(N), y=arrays(2))
def test_no_critic_of_slope_one_beats_the_distance(x, y):
    assert np.all(-losses(x, y) <= distance(x, y) + 8 * EPS * 8)  # of values up to 8


def network(first, shift, last):
    return [Layer(first, shift), Layer(last, np.float32([0.5]))]


networks = st.builds(network, arrays(D, D), arrays(D), arrays(1, D))


def exact_value(layers, x, of=lambda v: v):
    """A critic's value in 50 digits, its parts of a size `of` them."""
    affine = lambda layer, x: [
        mp.fsum([of(exact(b)), *(of(exact(w)) * v for w, v in zip(row, x, strict=True))])
        for row, b in zip(layer.weights, layer.bias, strict=True)
    ]
    return affine(layers[1], [max(v, 0) for v in affine(layers[0], [of(exact(v)) for v in x])])[0]


@given(layers=networks, x=arrays(D))
def test_the_value_of_a_critic_is_its_definition(layers, x):
    size = exact_value(layers, x, of=abs)
    assert abs(exact(value(layers, x)) - exact_value(layers, x)) <= CRITIC_ULPS * EPS * size


@given(layers=networks, x=arrays(D), y=arrays(D))
@example(
    layers=network(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), np.float32([[3.0, 4.0]])),
    x=np.float32([0.0, 0.0]),
    y=np.float32([3.0, 4.0]),
)
def test_a_critic_is_no_steeper_than_its_bound(layers, x, y):
    rise = abs(exact(value(layers, x)) - exact(value(layers, y)))
    run = mp.sqrt(mp.fsum((exact(a) - exact(b)) ** 2 for a, b in zip(x, y, strict=True)))
    rounding = CRITIC_ULPS * EPS * (exact_value(layers, x, abs) + exact_value(layers, y, abs))
    assert rise <= exact(bound(layers)) * (1 + BOUND_ULPS * EPS) * run + rounding


def test_the_bound_is_attained():
    layers = network(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), np.float32([[3, 4]]))
    assert ulps(bound(layers), 5) <= BOUND_ULPS
    assert value(layers, np.float32([3.0, 4.0])) - value(layers, np.float32([0.0, 0.0])) == 25


@given(first=arrays(3, 2), last=arrays(1, 3))
def test_the_bound_is_the_product_of_the_largest_singular_values(first, last):
    layers = [Layer(first, np.zeros(3, np.float32)), Layer(last, np.zeros(1, np.float32))]
    wanted = np.prod([np.linalg.svd(np.float64(w), compute_uv=False)[0] for w in (first, last)])
    smallest = 1e-30  # where LAPACK scales, and subnormal numbers are flushed
    assert abs(bound(layers) - wanted) <= BOUND_ULPS * EPS * wanted + smallest


def test_the_slope_of_the_bound_is_that_of_the_singular_value():
    weights = jnp.array([[3.0, 0.0], [0.0, 1.0]])
    slope = jax.jit(jax.grad(lambda w: lipschitz_bound([Layer(w, jnp.zeros(2))])))(weights)
    assert np.allclose(slope, [[1, 0], [0, 0]], rtol=0, atol=BOUND_ULPS * EPS)
    at_zero = jax.grad(lambda w: lipschitz_bound([Layer(w, jnp.zeros(2))]))(jnp.zeros((2, 2)))
    assert np.all(np.isfinite(at_zero))


@given(layers=networks)
def test_clipping_keeps_what_is_inside(layers):
    clipped = clip(layers, 0.5)
    for before, after in zip(jax.tree.leaves(layers), jax.tree.leaves(clipped), strict=True):
        assert np.array_equal(after, np.clip(before, -0.5, 0.5))


def test_the_bound_of_clipped_weights_is_that_of_their_size():
    layers = clip_weights([Layer(jnp.full((4, 4), 9.0), jnp.zeros(4))], 0.25)
    assert ulps(bound(layers), 1) <= BOUND_ULPS


def test_a_bound_that_is_traced_and_not_positive_gives_nan():
    layers = [Layer(jnp.ones((1, 1)), jnp.ones(1))]
    assert jnp.isnan(jax.jit(clip_weights)(layers, -1.0)[0].weights[0, 0])


def test_eager_jit_and_vmap_give_one_value():
    layers = network(np.float32([[1, -2], [0.5, 3]]), np.ones(2, np.float32), np.ones((1, 2)))
    x = np.float32([[1, 2], [-3, 0.5], [0, 0]])
    whole = mlp_critic(layers, x)
    assert whole.shape == (3,)
    assert np.array_equal(whole, value(layers, x))
    assert np.array_equal(whole, jax.vmap(value, (None, 0))(layers, x))
    assert mlp_critic(layers, x[:0]).shape == (0,)


def test_the_activation_is_the_callers():
    layers = [Layer(jnp.ones((1, 1)), jnp.zeros(1)), Layer(jnp.ones((1, 1)), jnp.zeros(1))]
    assert mlp_critic(layers, jnp.array([-2.0]), activation=jnp.abs) == 2


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept(dtype):
    with jax.enable_x64(dtype == "float64"):
        layers = [Layer(jnp.ones((1, D), dtype), jnp.ones(1, dtype))]
        x = jnp.ones((N, D), dtype)
        results = jax.eval_shape(
            lambda layers, x: (
                mlp_critic(layers, x),
                lipschitz_bound(layers),
                clip_weights(layers, 0.5),
                input_gradients(lambda x: mlp_critic(layers, x), x),
                jax.grad(lipschitz_bound)(layers),
            ),
            layers,
            x,
        )
        assert {leaf.dtype for leaf in jax.tree.leaves(results)} == {jnp.dtype(dtype)}


def test_a_critic_is_traced_once_for_many_parameters():
    chex.clear_trace_counter()
    compiled = jax.jit(chex.assert_max_traces(n=1)(mlp_critic))
    for scale in (1.0, 2.0):
        layers = [Layer(jnp.full((1, D), scale), jnp.zeros(1))]
        assert compiled(layers, jnp.ones(D)) == scale * D


ONE = Layer(jnp.ones((1, D)), jnp.ones(1))


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        (None, "layers as a sequence, got NoneType"),
        ([ONE.weights], "layer 0 as a Layer, got"),
        (ONE, "layer 0 as a Layer, got"),
        ([ONE._replace(bias=jnp.zeros(1)), tuple(ONE)], "layer 1 as a Layer, got tuple"),
    ],
    ids=["none", "an array", "a layer", "a tuple"],
)
@pytest.mark.parametrize("function", [mlp_critic, lipschitz_bound, clip_weights])
def test_what_is_no_layer_is_refused(function, layers, wanted):
    rest = {mlp_critic: (jnp.ones(D),), lipschitz_bound: (), clip_weights: (0.5,)}[function]
    with pytest.raises(TypeError, match=rf"{function.__name__} needs {wanted}"):
        function(layers, *rest)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (lambda x: (curved(x), x), "tuple"),
        (lambda x: None, "NoneType"),
        (lambda x: curved(x) > 0, "dtype bool"),
        (lambda x: 1j * curved(x), "dtype complex64"),
    ],
    ids=["a tuple", "nothing", "a decision", "a complex number"],
)
def test_a_critic_that_gives_no_floats_is_refused(values, wanted):
    needs = f"input_gradients needs a critic that gives a floating array, got {wanted}"
    with pytest.raises(TypeError, match=needs):
        input_gradients(values, jnp.ones((N, D)))


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([], "one layer or more, got none"),
        ([Layer(jnp.ones(D), jnp.ones(1))], r"layer 0 with weights of shape .*, got \(2,\) and"),
        ([Layer(jnp.ones((1, D)), jnp.ones(2))], r"layer 0 with weights .* and \(2,\)"),
        ([ONE, ONE], r"layer 1 to take the 1 outputs of layer 0, got weights of shape \(1, 2\)"),
    ],
    ids=["none", "no rows", "another bias", "another size"],
)
@pytest.mark.parametrize("function", [mlp_critic, lipschitz_bound, clip_weights])
def test_layers_that_do_not_go_together_are_refused(function, layers, wanted):
    rest = {mlp_critic: (jnp.ones(D),), lipschitz_bound: (), clip_weights: (0.5,)}[function]
    with pytest.raises(ValueError, match=rf"{function.__name__} needs {wanted}"):
        function(layers, *rest)


def test_wrong_arguments_are_refused_by_name():
    with pytest.raises(ValueError, match=r"mlp_critic needs a last layer of 1 output, got 2\."):
        mlp_critic([Layer(jnp.ones((2, D)), jnp.ones(2))], jnp.ones(D))
    with pytest.raises(ValueError, match=r"mlp_critic needs x of size 2 along the last axis, got"):
        mlp_critic([ONE], jnp.ones(3))
    with pytest.raises(TypeError, match=r"mlp_critic needs bias of layer 0 as a real number or a"):
        mlp_critic([Layer(jnp.ones((1, D)), None)], jnp.ones(D))
    with pytest.raises(ValueError, match=r"clip_weights needs bound positive, got 0\.0"):
        clip_weights([ONE], 0.0)
    with pytest.raises(ValueError, match=r"clip_weights needs bound of shape \(\), got shape \(2,"):
        clip_weights([ONE], jnp.ones(2))
    with pytest.raises(ValueError, match=r"input_gradients needs a critic with one number a poin"):
        input_gradients(lambda x: x, jnp.ones((N, D)))
    with pytest.raises(ValueError, match=r"input_gradients needs x with one entry or more along e"):
        input_gradients(curved, jnp.ones(D))
    with pytest.raises(ValueError, match=r"gradient_penalty needs gradients with one entry or mor"):
        gradient_penalty(jnp.ones((N, 0)))


def test_the_annotated_shapes_are_those_given():
    checked = jaxtyped(typechecker=beartype)(mlp_critic)
    assert checked([ONE], jnp.ones((4, D))).shape == (4,)
    checked = jaxtyped(typechecker=beartype)(input_gradients)
    assert checked(curved, jnp.ones((4, N, D))).shape == (4, N, D)
