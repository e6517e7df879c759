"""Losses of accuracy that are known, and functions that are right: what claims must find.

Those of JAX are cited by their issue; two of them are mended in JAX 0.12.
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import erf, gammaln, i0

import verify as vf

LINE = vf.reals(-80.0, 80.0)
THREE = vf.reals(-100.0, 100.0, shape=3)
_IS_OLD = tuple(int(part) for part in jax.__version__.split(".")[:2]) < (0, 12)


def _stated(name, function, domain, *, holds, ulps=16, source="", **options):
    """The claim that a function of x is accurate in float32."""

    def stated(x):
        return vf.accurate(function, x, ulps=ulps, **options)

    what = "the gradient of " if options.get("gradient") else ""
    stated.__name__, stated.__doc__ = name, f"{what}{name} is within {ulps} ulps in float32."
    return vf.claim(x=domain, holds=holds, source=source)(stated)


def _wrong(name, function, domain=LINE, **options):
    return _stated(name, function, domain, holds=False, **options)


def _right(name, function, domain=LINE, **options):
    return _stated(name, function, domain, holds=True, **options)


def _naive_kl(x):
    """KL(N(mu, sigma^2) || N(0, 1)) as it is in textbooks."""
    mu, sigma = x[0], x[1]
    return (mu**2 + sigma**2 - 1) / 2 - jnp.log(sigma)


# In JAX 0.10, and right from 0.12 on.
slope_of_expm1 = _stated(
    "slope_of_expm1", jnp.expm1, LINE, holds=not _IS_OLD, gradient=True, source="jax #39794"
)
slope_of_i0 = _stated(
    "slope_of_i0", i0, vf.reals(-5.0, 5.0), holds=not _IS_OLD, gradient=True, ulps=64,
    source="jax #40628",
)  # fmt: skip

slope_of_tanh = _wrong("slope_of_tanh", jnp.tanh, gradient=True)
slope_of_sigmoid = _wrong("slope_of_sigmoid", jax.nn.sigmoid, gradient=True)
slope_of_softmax = _wrong(
    "slope_of_softmax", lambda x: jax.nn.softmax(x)[0], THREE, gradient=True, source="jax #40344"
)
slope_of_minimax = _wrong(
    "slope_of_minimax", lambda x: jnp.log(1 - jax.nn.sigmoid(x)), gradient=True
)
slope_of_norm_squared = _wrong(
    "slope_of_norm_squared", lambda x: jnp.linalg.norm(x) ** 2, THREE, gradient=True
)
slope_of_sinc = _wrong(
    "slope_of_sinc", lambda x: jnp.where(x == 0, 1.0, jnp.sin(x) / x), gradient=True
)
slope_of_x_log_y = _wrong(
    "slope_of_x_log_y",
    lambda x: jnp.where(x[0] == 0, 0.0, x[0] * jnp.log(x[1])),
    vf.reals(0.0, 10.0, shape=2),
    gradient=True,
)
softplus = _wrong("softplus", lambda x: jnp.log(1 + jnp.exp(x)))
log_cosh = _wrong("log_cosh", lambda x: jnp.log(jnp.cosh(x)))
log_of_one_minus_tanh_squared = _wrong(
    "log_of_one_minus_tanh_squared", lambda x: jnp.log(1 - jnp.tanh(x) ** 2)
)
normal_cdf = _wrong("normal_cdf", lambda x: 0.5 * (1 + erf(x / jnp.sqrt(2.0))))
exp_minus_its_tangent = _wrong("exp_minus_its_tangent", lambda x: jnp.exp(x) - x - 1)
gelu = _wrong("gelu", lambda x: jax.nn.gelu(x, approximate=True), vf.reals(-6.0, 6.0))
log_gamma = _wrong("log_gamma", gammaln, vf.reals(0.5, 1.5))
gaussian_kl = _wrong("gaussian_kl", _naive_kl, vf.reals(0.0, 10.0, shape=2))
variance = _wrong("variance", lambda x: jnp.mean(x**2) - jnp.mean(x) ** 2, THREE)

log1p = _right("log1p", jnp.log1p, vf.reals(-0.99, 1e30))
expm1 = _right("expm1", jnp.expm1)
library_softplus = _right("library_softplus", jax.nn.softplus)
sigmoid = _right("sigmoid", jax.nn.sigmoid)
tanh = _right("tanh", jnp.tanh)
slope_of_log_sigmoid = _right("slope_of_log_sigmoid", jax.nn.log_sigmoid, gradient=True, ulps=32)
slope_of_square = _right("slope_of_square", jnp.square, gradient=True, ulps=1)
slope_of_relu = _right("slope_of_relu", jax.nn.relu, gradient=True, ulps=1)
hypotenuse = _right(
    "hypotenuse", lambda x: jnp.sqrt(x[0] ** 2 + x[1] ** 2), vf.reals(1e-9, 1e9, shape=2), ulps=2
)
versine = _right("versine", lambda x: 2 * jnp.sin(x / 2) ** 2, vf.reals(1e-9, 80.0), ulps=8)
