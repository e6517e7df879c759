"""What every function promises: dtype kept, one answer on every path, errors that name."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from jaxtyping import jaxtyped

from verify import functions as f

# function, its arguments by name, and a value outside the range of some
THREE, OTHER_THREE = np.array([0.25, 0.25, 0.5]), np.array([0.5, 0.375, 0.125])
LEFT, RIGHT = np.array([0.5, -1.25, 2.0]), np.array([0.25, 3.0])
TABLE = [
    (f.normal_density, {"z": 0.75, "mu": -1.5, "sigma": 2.0}, {"sigma": 0.0}),
    (f.normal_log_density, {"z": 0.75, "mu": -1.5, "sigma": 2.0}, {"sigma": -1.0}),
    (f.gaussian_entropy, {"sigma": 3.0}, {"sigma": 0.0}),
    (
        f.gaussian_kl,
        {"mu_1": 0.5, "sigma_1": 2.0, "mu_2": -0.25, "sigma_2": 0.75},
        {"sigma_1": 0.0, "sigma_2": -2.0},
    ),
    (f.gaussian_kl_to_standard, {"mu": 0.5, "sigma": 2.0}, {"sigma": -0.5}),
    (f.gaussian_kl_to_standard_from_log_variance, {"mu": 0.5, "log_variance": -0.75}, {}),
    (f.gaussian_kl_equal_variance, {"mu_1": 0.5, "mu_2": 2.0, "sigma": 3.0}, {"sigma": 0.0}),
    (
        f.gaussian_wasserstein_1,
        {"mu_1": 0.5, "sigma_1": 2.0, "mu_2": -0.25, "sigma_2": 0.75},
        {"sigma_1": 0.0, "sigma_2": -2.0},
    ),
    (f.categorical_entropy, {"p": THREE}, {"p": np.array([1.5, -0.5, 0.0])}),
    (
        f.categorical_kl,
        {"p": THREE, "q": OTHER_THREE},
        {"p": np.array([1.5, -0.5, 0.0]), "q": np.array([0.0, 1.25, -0.25])},
    ),
    (
        f.categorical_jsd,
        {"p": THREE, "q": OTHER_THREE},
        {"p": np.array([1.5, -0.5, 0.0]), "q": np.array([0.0, 1.25, -0.25])},
    ),
    (
        f.categorical_total_variation,
        {"p": THREE, "q": OTHER_THREE},
        {"p": np.array([1.5, -0.5, 0.0]), "q": np.array([0.0, 1.25, -0.25])},
    ),
    (
        f.optimal_discriminator,
        {"p_data": 0.5, "p_model": 1.75},
        {"p_data": -1.0, "p_model": -0.5},
    ),
    (f.optimal_logit, {"p_data": 0.5, "p_model": 1.75}, {"p_data": -1.0, "p_model": -0.5}),
    (
        f.binary_cross_entropy,
        {"logits": 0.75, "targets": 0.25},
        {"targets": 1.25},
    ),
    (f.empirical_wasserstein_1, {"x": LEFT, "y": RIGHT}, {}),
    (f.critic_loss, {"data_values": LEFT, "model_values": RIGHT}, {}),
    (f.discriminator_loss, {"data_logits": LEFT, "model_logits": RIGHT}, {}),
    (f.gradient_penalty, {"gradients": np.array([[0.25, 2.0], [-0.5, 0.125]])}, {}),
    (f.optimal_discriminator_from_logs, {"log_p_data": -0.5, "log_p_model": 1.75}, {}),
    (f.mean_squared_error, {"prediction": LEFT, "target": LEFT[::-1]}, {}),
    (f.minimax_loss, {"logit": 0.75}, {}),
    (f.non_saturating_loss, {"logit": 0.75}, {}),
    (f.reverse_kl_loss, {"logit": 0.75}, {}),
    (f.sigmoid, {"x": 0.75}, {}),
    (f.shifted_sigmoid, {"x": 0.75}, {}),
    (f.softplus, {"x": 0.75}, {}),
    (f.log_sigmoid, {"x": 0.75}, {}),
    (f.tanh, {"x": 0.75}, {}),
    (f.log_cosh, {"x": 0.75}, {}),
    (f.log1p_excess, {"x": 0.75}, {"x": -1.5}),
    (f.expm1_excess, {"x": 0.75}, {}),
    (f.log1mexp, {"x": -0.75}, {"x": 0.5}),
    (f.xlogy, {"x": 0.75, "y": 2.5}, {"y": -1.0}),
]
OF_ALL_ENTRIES = {f.mean_squared_error}  # of a batch they give one number
NAMES = [function.__name__ for function, _, _ in TABLE]
CASES = pytest.mark.parametrize(("function", "arguments", "outside"), TABLE, ids=NAMES)
ONE_BY_ONE = [(g, a, name) for g, a, _ in TABLE for name in a]
EACH = pytest.mark.parametrize(
    ("function", "arguments", "name"),
    ONE_BY_ONE,
    ids=[f"{g.__name__}-{n}" for g, _, n in ONE_BY_ONE],
)
OUT = [(g, a, name, bad) for g, a, outside in TABLE for name, bad in outside.items()]
OUTSIDE = pytest.mark.parametrize(
    ("function", "arguments", "name", "bad"), OUT, ids=[f"{g.__name__}-{n}" for g, _, n, _ in OUT]
)
DTYPES = pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])

# A fused multiply-add rounds once where two instructions round twice. The functions have at
# most 40 operations, and lose at most nine times a rounding in the one that cancels (seen in
# their accuracy against mpmath), so that two ways to compile one agree to 40 ulps.
PATH_ULPS = 40


def cast(arguments, dtype):
    return {name: jnp.asarray(value, dtype) for name, value in arguments.items()}


def near(left, right):
    """Whether two results differ by no more than two ways to compile one may."""
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    return np.all(abs(left - right) <= PATH_ULPS * np.finfo(np.float32).eps * abs(left))


def test_the_table_has_every_function():
    public = {name for name in vars(f) if callable(getattr(f, name)) and not name.startswith("_")}
    assert public == set(NAMES)


@CASES
@DTYPES
def test_the_dtype_is_kept(function, arguments, outside, dtype):
    with jax.enable_x64(dtype == "float64"):
        assert jax.eval_shape(function, **cast(arguments, dtype)).dtype == dtype


@CASES
@DTYPES
def test_the_dtype_is_kept_by_gradients(function, arguments, outside, dtype):
    with jax.enable_x64(dtype == "float64"):
        slopes = jax.eval_shape(jax.grad(lambda a: function(**a)), cast(arguments, dtype))
        assert {str(slope.dtype) for slope in slopes.values()} == {dtype}


@CASES
def test_python_numbers_go_with_the_dtype_of_arrays(function, arguments, outside):
    first = next(iter(arguments))
    rest = {n: v for n, v in arguments.items() if n != first and np.ndim(v) == 0}
    arrays = {n: jnp.asarray(v, jnp.float16) for n, v in arguments.items() if n not in rest}
    assert jax.eval_shape(lambda a: function(**a, **rest), arrays).dtype == jnp.float16


@CASES
def test_shapes_are_those_of_the_annotations(function, arguments, outside):
    checked = jaxtyped(function, typechecker=beartype)
    batch = {name: np.stack([value] * 2) for name, value in arguments.items()}
    assert jax.eval_shape(checked, **arguments).shape == ()
    assert jax.eval_shape(checked, **batch).shape == (() if function in OF_ALL_ENTRIES else (2,))


@CASES
def test_eager_jit_and_vmap_agree(function, arguments, outside):
    arguments = cast(arguments, "float32")
    batch = {name: jnp.stack([value] * 2) for name, value in arguments.items()}
    eager = function(**arguments)
    compiled, mapped, whole = jax.jit(
        lambda a, b: (function(**a), jax.vmap(lambda a: function(**a))(b), function(**b))
    )(arguments, batch)
    assert near(eager, compiled)
    assert near(eager, mapped[1])
    assert near(eager, whole if function in OF_ALL_ENTRIES else whole[0])


@CASES
def test_the_gradient_is_the_slope_of_the_values(function, arguments, outside):
    """A central difference of order four in float64, along a direction that keeps sums."""
    step = 2.0**-10  # h⁴ |f⁽⁵⁾|/30 is under 1e-13 |f⁽⁵⁾|, and 1e-16/h under 1e-12
    allowed = 1e-9  # three orders over both
    with jax.enable_x64(True):
        point = cast(arguments, "float64")
        way = {name: _direction(value) for name, value in point.items()}
        along = lambda t: function(**{n: point[n] + t * way[n] for n in point})
        steps = step * np.array([-2.0, -1.0, 1.0, 2.0])
        values, slope = jax.jit(
            lambda: (jax.lax.map(along, steps), jax.jvp(along, (0.0,), (1.0,))[1])
        )()
        difference = values @ np.array([1.0, -8.0, 8.0, -1.0]) / (12 * step)
        assert abs(slope - difference) < allowed


def _direction(value):
    """One for a scalar, (1, -1, 0, …) for a distribution."""
    return (
        jnp.ones(()) if value.ndim == 0 else jnp.zeros_like(value).at[:2].set(jnp.array([1.0, -1]))
    )


def test_a_function_is_traced_once_for_many_values():
    chex.clear_trace_counter()
    compiled = jax.jit(chex.assert_max_traces(n=1)(f.gaussian_kl))
    for mu in (0.0, 1.0, 2.0):
        assert compiled(mu, 1.0, 0.0, 1.0) == mu**2 / 2


@EACH
@pytest.mark.parametrize("bad", [1j, True, "1", None, [1.0]], ids=repr)
def test_what_is_not_real_is_refused_by_name(function, arguments, name, bad):
    wanted = rf"{function.__name__} needs {name} as a real number or array, got "
    with pytest.raises(TypeError, match=wanted):
        function(**{**arguments, name: bad})


@OUTSIDE
def test_a_concrete_value_outside_its_range_is_refused_by_name(function, arguments, name, bad):
    with pytest.raises(ValueError, match=rf"{function.__name__} needs {name} .*, got "):
        function(**{**arguments, name: bad})


@OUTSIDE
def test_a_concrete_value_is_refused_inside_jit_too(function, arguments, name, bad):
    with pytest.raises(ValueError, match=rf"{function.__name__} needs {name} .*, got "):
        jax.jit(lambda: function(**{**arguments, name: bad}))()


@OUTSIDE
def test_a_traced_value_outside_its_range_gives_nan(function, arguments, name, bad):
    compiled = jax.jit(lambda bad: function(**{**arguments, name: bad}))
    assert jnp.isnan(compiled(jnp.asarray(bad, jnp.float32)))


@EACH
def test_nan_is_passed_on(function, arguments, name):
    bad = np.full(np.shape(arguments[name]), np.nan)
    assert jnp.isnan(function(**{**arguments, name: bad}))


@pytest.mark.parametrize(
    "function", [g for g, a, _ in TABLE if len(a) > 1], ids=lambda g: g.__name__
)
def test_shapes_that_do_not_go_together_are_refused(function):
    arguments = next(a for g, a, _ in TABLE if g is function)
    first, second, *_ = arguments
    shapes = {first: np.full((2, 3), 1 / 3), second: np.full((3, 3), 1 / 3)}
    with pytest.raises(ValueError, match=rf"{function.__name__} needs .*{first} of shape \(2, 3\)"):
        function(**{**arguments, **shapes})
