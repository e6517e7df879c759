"""Multilayer perceptrons: their definition, the law of their first parameters, their errors."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from jaxtyping import jaxtyped

from verify.models import Layer, initial_mlp, mlp, mlp_critic

KEY = jax.random.key(0)
value = jax.jit(mlp)
# Weights and points are integers under 8, sums of two or three products under 2¹⁰: exact.
INTEGERS = np.random.default_rng(0)
LAYERS = [
    Layer(
        jnp.asarray(INTEGERS.integers(-7, 8, shape), jnp.float32),
        jnp.asarray(INTEGERS.integers(-7, 8, shape[0]), jnp.float32),
    )
    for shape in ((3, 2), (2, 3))
]
X = jnp.asarray(INTEGERS.integers(-7, 8, (5, 2)), jnp.float32)


def test_it_is_its_definition():
    (W, b), (V, c) = (map(np.float64, layer) for layer in LAYERS)
    wanted = [V @ np.maximum(W @ x + b, 0) + c for x in np.float64(X)]
    assert np.array_equal(mlp(LAYERS, X), wanted)


def test_eager_jit_and_vmap_give_one_value():
    whole = mlp(LAYERS, X)
    assert np.array_equal(whole, value(LAYERS, X))
    assert np.array_equal(whole, jax.vmap(value, (None, 0))(LAYERS, X))
    assert mlp(LAYERS, X[:0]).shape == (0, 2)


def test_a_critic_is_one_of_one_output():
    layers = [LAYERS[0], Layer(*(part[:1] for part in LAYERS[1]))]
    assert np.array_equal(mlp(layers, X)[..., 0], mlp_critic(layers, X))


def test_the_activation_is_the_callers():
    layers = [Layer(jnp.ones((1, 1)), jnp.zeros(1))] * 2
    assert mlp(layers, jnp.array([-2.0]), activation=jnp.abs) == 2


@pytest.mark.parametrize("gain", [0.5, 2.0])
def test_first_weights_have_the_stated_mean_square(gain):
    """Of n = 2¹⁶ squares the mean is off by 1 ± 5 √(2/n), five deviations."""
    (layer,) = initial_mlp(KEY, [256, 256], gain=gain)
    mean = 256 * jnp.mean(layer.weights**2) / gain**2
    assert abs(mean - 1) < 5 * np.sqrt(2 / 2**16)
    assert not np.any(layer.bias)


def test_rectifiers_keep_the_mean_square_of_what_goes_through():
    """Each of eight layers of 512 is off by a few times √(5/512): within a half in all."""
    x = jax.random.normal(jax.random.key(1), (64, 512))
    last = mlp(initial_mlp(KEY, [512] * 9), x) ** 2
    assert 0.5 < jnp.mean(last) / 2 / jnp.mean(x**2) < 2


def test_no_two_layers_begin_alike():
    first, second = initial_mlp(KEY, [4, 4, 4])
    assert not np.any(first.weights == second.weights)


def test_keys_can_be_mapped_over():
    many = jax.vmap(lambda key: initial_mlp(key, [2, 3]))(jax.random.split(KEY, 4))
    assert many[0].weights.shape == (4, 3, 2)
    chex.assert_trees_all_equal(
        jax.tree.map(lambda leaf: leaf[2], many), initial_mlp(jax.random.split(KEY, 4)[2], [2, 3])
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_dtype_is_kept(dtype):
    with jax.enable_x64(dtype == "float64"):
        layers = [Layer(jnp.ones((1, 2), dtype), jnp.ones(1, dtype))]
        assert jax.eval_shape(mlp, layers, jnp.ones((3, 2), dtype)).dtype == dtype


@pytest.mark.parametrize(
    ("sizes", "error", "wanted"),
    [
        (7, TypeError, "sizes as a sequence, got int"),
        ("12", TypeError, "sizes as a sequence, got str"),
        ([2.0, 1], TypeError, r"an integer size 0, got float 2\.0"),
        ([2, True], TypeError, "an integer size 1, got bool True"),
        ([2], ValueError, "two sizes or more, got 1"),
        ([2, 0], ValueError, "size 1 >= 1, got 0"),
    ],
    ids=["a number", "text", "a float", "a bool", "one", "zero"],
)
def test_sizes_of_no_network_are_refused(sizes, error, wanted):
    with pytest.raises(error, match=f"initial_mlp needs {wanted}"):
        initial_mlp(KEY, sizes)


def test_wrong_arguments_are_refused_by_name():
    with pytest.raises(ValueError, match=r"initial_mlp needs gain non-negative, got -1\.0"):
        initial_mlp(KEY, [2, 1], gain=-1.0)
    with pytest.raises(ValueError, match=r"mlp needs x of size 2 along the last axis, got shape"):
        mlp(LAYERS, jnp.ones(3))
    with pytest.raises(ValueError, match=r"mlp needs layer 1 to take the 3 outputs of layer 0"):
        mlp([LAYERS[0], LAYERS[0]], X)
    with pytest.raises(TypeError, match=r"mlp needs layers as a sequence, got NoneType"):
        mlp(None, X)


def test_the_annotated_shapes_are_those_given():
    checked = jaxtyped(typechecker=beartype)(mlp)
    assert checked(LAYERS, X).shape == (5, 2)
