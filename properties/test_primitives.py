"""No function of jax.numpy, jax.nn, jax.scipy.special or jax.scipy.stats lacks a rule."""

import jax
import jax.numpy as jnp
import pytest
from jax import lax
from jax.scipy import special, stats

from verify.arithmetic import jaxprs
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.errors import UnsupportedPrimitive

# What has no rule, and why: these speak of floats or of complex numbers, not of reals.
FLOATS_ONLY = {"nextafter", "spacing"}

OF_A_NUMBER = {
    jnp: """sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp exp2
        expm1 log log2 log10 log1p sqrt cbrt square reciprocal abs sign floor ceil trunc rint
        deg2rad sinc isnan isinf isfinite nan_to_num negative i0 signbit frexp modf""",
    jax.nn: """relu relu6 sigmoid softplus soft_sign silu log_sigmoid leaky_relu hard_sigmoid
        hard_silu hard_tanh elu celu selu gelu mish squareplus sparse_plus sparse_sigmoid""",
    special: """gammaln gamma digamma gammasgn erf erfc erfinv ndtr log_ndtr ndtri entr expit
        logit i0 i0e i1 i1e expi factorial spence""",
}
OF_TWO_NUMBERS = {
    jnp: """add subtract multiply divide power float_power maximum minimum fmax fmin arctan2
        hypot logaddexp logaddexp2 mod remainder fmod floor_divide copysign equal less
        greater_equal isclose heaviside""",
    special: """beta betaln xlogy xlog1py gammainc gammaincc poch rel_entr kl_div zeta""",
}
OF_A_VECTOR = {
    jnp: """sum prod max min mean var std cumsum cumprod median sort argsort argmax argmin ptp
        diff flip nansum nanmax nanmean any all count_nonzero cov unwrap diag vander
        gradient nancumsum ediff1d trapezoid""",
    jax.nn: "softmax log_softmax logsumexp standardize glu",
    lax: "cummax cummin cumlogsumexp",
    special: "exp1",  # its second derivative does not trace on JAX 0.10
}
DISTRIBUTIONS = {
    stats.norm: "logpdf cdf logcdf logsf ppf",
    stats.laplace: "logpdf cdf",
    stats.cauchy: "logpdf sf",
    stats.logistic: "logpdf cdf",
    stats.gumbel_r: "logpdf",
}


def named(table):
    return [
        pytest.param(getattr(module, name), id=f"{module.__name__}.{name}")
        for module, names in table.items()
        for name in names.split()
    ]


def total(function):
    """The sum of all numbers in a function's result, which has a gradient."""

    def apply(*arguments):
        results = jax.tree.leaves(function(*arguments))
        return sum((jnp.sum(result) * 1.0 for result in results), 0.0 * jnp.sum(arguments[0]))

    return apply


def is_read(function, *shapes):
    avals = [jaxprs.float64(shape) for shape in shapes]
    BALLS.compile(jaxprs.trace(function, *avals)[0])


@pytest.mark.parametrize("function", named(OF_A_NUMBER))
def test_a_function_of_a_number_is_read_with_two_derivatives(function):
    for derivative in (function, jax.grad(total(function)), jax.grad(jax.grad(total(function)))):
        is_read(derivative, ())


@pytest.mark.parametrize("function", named(OF_TWO_NUMBERS))
def test_a_function_of_two_numbers_is_read_with_its_gradient(function):
    is_read(function, (), ())
    is_read(jax.grad(total(function), argnums=1), (), ())


@pytest.mark.parametrize("function", named(OF_A_VECTOR))
def test_a_function_of_a_vector_is_read_with_its_gradient(function):
    is_read(function, (4,))
    is_read(jax.grad(total(function)), (4,))


@pytest.mark.parametrize("function", named(DISTRIBUTIONS))
def test_a_distribution_is_read_with_its_gradient(function):
    is_read(jax.grad(function), ())


@pytest.mark.parametrize("name", sorted(FLOATS_ONLY))
def test_what_only_floats_have_is_named_as_unsupported(name):
    function = {"nextafter": jnp.nextafter, "spacing": lambda x, _: jnp.spacing(x)}[name]
    with pytest.raises(UnsupportedPrimitive, match="nextafter"):
        is_read(function, (), ())
