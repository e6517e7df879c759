"""Derivatives of smooth functions by jets, to order 3, against those that mpmath finds."""

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp
import mpmath as mp
import pytest
from flint import arb
from test_jets import ORDERS, digits, true_derivative

# JAX's function, mpmath's, points, and digits: 12 where JAX's own constants (1 / log 2,
# sqrt(2 / pi)) are floats, 25 where it has none.
SMOOTH = {
    "exp": (jnp.exp, mp.exp, (-40.0, 0.0, 1.5), 25),
    "exp2": (jnp.exp2, lambda x: mp.mpf(2) ** x, (-3.0, 0.5), 25),
    "expm1": (jnp.expm1, mp.expm1, (-40.0, 1e-9, 2.0), 25),
    "log": (jnp.log, mp.log, (1e-9, 0.5, 7.0), 25),
    "log2": (jnp.log2, lambda x: mp.log(x) / mp.log(2), (0.5, 7.0), 12),
    "log1p": (jnp.log1p, mp.log1p, (-0.5, 1e-9, 3.0), 25),
    "sqrt": (jnp.sqrt, mp.sqrt, (1e-9, 2.0), 25),
    "rsqrt": (jax.lax.rsqrt, lambda x: 1 / mp.sqrt(x), (0.5, 2.0), 25),
    "cbrt": (jnp.cbrt, lambda x: mp.sign(x) * mp.cbrt(abs(x)), (-2.0, 0.5), 25),
    "reciprocal": (jnp.reciprocal, lambda x: 1 / x, (-2.0, 0.5), 25),
    "power": (lambda x: x**2.75, lambda x: x**2.75, (0.5, 3.0), 25),
    "integer power": (lambda x: x**-3, lambda x: x**-3, (-2.0, 0.5), 25),
    "x to the x": (lambda x: x**x, lambda x: x**x, (0.5, 3.0), 25),
    "sin": (jnp.sin, mp.sin, (-1.0, 0.25, 10.0), 25),
    "cos": (jnp.cos, mp.cos, (-1.0, 0.25, 10.0), 25),
    "tan": (jnp.tan, mp.tan, (-1.0, 0.5), 25),
    "asin": (jnp.arcsin, mp.asin, (-0.75, 0.5), 25),
    "acos": (jnp.arccos, mp.acos, (-0.75, 0.5), 25),
    "atan": (jnp.arctan, mp.atan, (-2.0, 0.5), 25),
    "atan2": (lambda x: jnp.arctan2(x, -2.0), lambda x: mp.atan2(x, -2), (-1.0, 3.0), 25),
    "sinh": (jnp.sinh, mp.sinh, (-2.0, 0.5), 25),
    "cosh": (jnp.cosh, mp.cosh, (-2.0, 0.5), 25),
    "tanh": (jnp.tanh, mp.tanh, (-3.0, 0.5, 20.0), 25),
    "asinh": (jnp.arcsinh, mp.asinh, (-2.0, 0.5), 25),
    "acosh": (jnp.arccosh, mp.acosh, (1.5, 9.0), 25),
    "atanh": (jnp.arctanh, mp.atanh, (-0.75, 0.5), 25),
    "hypot": (lambda x: jnp.hypot(x, 3.0), lambda x: mp.hypot(x, 3), (-1.0, 4.0), 25),
    "logaddexp": (lambda x: jnp.logaddexp(x, 1.0), lambda x: mp.log(mp.exp(x) + mp.e),
                  (-1.0, 1.0, 2.0), 25),
    "sigmoid": (jax.nn.sigmoid, lambda x: 1 / (1 + mp.exp(-x)), (-30.0, -0.5, 2.0), 25),
    "softplus": (jax.nn.softplus, lambda x: mp.log1p(mp.exp(x)), (-2.0, 0.0, 3.0), 25),
    "silu": (jax.nn.silu, lambda x: x / (1 + mp.exp(-x)), (-2.0, 0.0, 3.0), 25),
    "mish": (jax.nn.mish, lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), (-2.0, 0.0, 3.0), 25),
    "gelu": (lambda x: jax.nn.gelu(x, approximate=False), lambda x: x * mp.ncdf(x),
             (-1.5, 0.0, 3.0), 12),
    "logsumexp": (lambda x: jax.nn.logsumexp(jnp.stack([x, 2 * x, 1.0])),
                  lambda x: mp.log(mp.exp(x) + mp.exp(2 * x) + mp.e), (-1.0, 1.0), 25),
    "cumlogsumexp": (
        lambda x: jax.lax.cumlogsumexp(jnp.stack([x, 2 * x, 1.0]))[2],
        lambda x: mp.log(mp.exp(x) + mp.exp(2 * x) + mp.e),
        (-1.0, 0.0, 1.0),
        25,
    ),
    "softmax": (lambda x: jax.nn.softmax(jnp.stack([x, 2 * x, 1.0]))[1],
                lambda x: mp.exp(2 * x) / (mp.exp(x) + mp.exp(2 * x) + mp.e), (-1.0, 1.0), 25),
    "erf": (jsp.erf, mp.erf, (-3.0, 0.5), 25),
    "erfc": (jsp.erfc, mp.erfc, (-1.0, 6.0), 25),
    "erfinv": (jsp.erfinv, mp.erfinv, (-0.75, 0.5), 25),
    "ndtr": (jsp.ndtr, mp.ncdf, (-2.0, 0.5), 12),
    "gammaln": (jsp.gammaln, lambda x: mp.log(abs(mp.gamma(x))), (-1.5, 0.25, 9.0), 25),
    "digamma": (jsp.digamma, mp.digamma, (-1.5, 0.25, 9.0), 25),
    "polygamma": (lambda x: jax.lax.polygamma(2.0, x), lambda x: mp.polygamma(2, x),
                  (0.5, 3.0), 25),
    "zeta in q": (lambda x: jsp.zeta(2.5, x), lambda x: mp.zeta(2.5, x), (0.5, 3.0), 25),
    "zeta in s": (lambda x: jsp.zeta(x, 2.0), lambda x: mp.zeta(x, 2), (1.5, 3.0), 20),
    "i0e": (jsp.i0e, lambda x: mp.exp(-abs(x)) * mp.besseli(0, x), (-2.0, 0.5), 25),
    "i1e": (jsp.i1e, lambda x: mp.exp(-abs(x)) * mp.besseli(1, x), (-2.0, 0.5), 25),
    "i0": (jsp.i0, lambda x: mp.besseli(0, x), (-2.0, 0.0, 0.5), 25),
    "gammainc in x": (lambda x: jsp.gammainc(2.5, x),
                      lambda x: mp.gammainc(2.5, 0, x, regularized=True), (0.5, 9.0), 25),
    "gammainc in a": (lambda x: jsp.gammainc(x, 2.0),
                      lambda x: mp.gammainc(x, 0, 2, regularized=True), (0.5, 3.0), 20),
    "gammaincc in both": (lambda x: jsp.gammaincc(x, x),
                          lambda x: mp.gammainc(x, x, mp.inf, regularized=True), (1.5, 3.0), 20),
    "betainc in x": (lambda x: jsp.betainc(2.5, 1.5, x),
                     lambda x: mp.betainc(2.5, 1.5, 0, x, regularized=True), (0.25, 0.75), 25),
    "betainc in b": (lambda x: jsp.betainc(2.5, x, 0.25),
                     lambda x: mp.betainc(2.5, x, 0, 0.25, regularized=True), (0.5, 2.0), 20),
    "entr": (jsp.entr, lambda x: -x * mp.log(x), (0.5, 2.0), 25),
    "det": (lambda x: jnp.linalg.det(jnp.array([[2.0, 1.0], [1.0, 3.0]]) * x + jnp.eye(2)),
            lambda x: (2 * x + 1) * (3 * x + 1) - x * x, (0.5, 2.0), 25),
    "cholesky": (lambda x: jnp.linalg.cholesky(jnp.array([[x, 1.0], [1.0, x]]))[1, 1],
                 lambda x: mp.sqrt(x - 1 / x), (2.0, 5.0), 25),
    "scan": (lambda x: jax.lax.scan(lambda h, w: (jnp.tanh(w * h + x), None), x,
                                    jnp.array([1.0, 0.5]))[0],
             lambda x: mp.tanh(mp.tanh(x + x) / 2 + x), (-0.5, 0.25), 25),
}  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_functions_have_the_derivatives_that_mpmath_finds(name):
    function, reference, points, least = SMOOTH[name]
    for x in points:
        for order in ORDERS:
            found = true_derivative(function, x, order=order)
            with mp.workdps(60):
                expected = mp.diff(reference, mp.mpf(x), order)
                shown = mp.nstr(expected, 40)
            # mpmath's own error: differences at 60 digits keep 30 to order 3.
            near = arb(shown) + arb(0, abs(arb(shown)) * arb("1e-30") + arb("1e-40"))
            assert found.overlaps(near), (x, order, found, shown)
            assert digits(found) > least or found.rad() < 1e-30, (x, order, found)


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (jnp.tanh, 80.0, lambda: 1 / mp.cosh(80) ** 2),
        (jax.nn.sigmoid, -80.0, lambda: 1 / (mp.exp(80) * (1 + mp.exp(-80)) ** 2)),
        (jax.nn.sigmoid, 80.0, lambda: 1 / (mp.exp(80) * (1 + mp.exp(-80)) ** 2)),
        (jnp.expm1, -40.0, lambda: mp.exp(-40)),
        (jax.nn.softplus, -80.0, lambda: 1 / (1 + mp.exp(80))),
        (jsp.erfc, 20.0, lambda: -2 * mp.exp(-400) / mp.sqrt(mp.pi)),
        (jnp.arctan, 1e20, lambda: 1 / (1 + mp.mpf(10) ** 40)),
        (lambda x: jsp.gammaincc(1.5, x), 150.0,
         lambda: -mp.sqrt(150) * mp.exp(-150) / mp.gamma(1.5)),
    ],
)  # fmt: skip
def test_slopes_in_the_tails_keep_their_relative_accuracy(function, x, expected):
    with mp.workdps(50):
        near = arb(mp.nstr(expected(), 40))
    found = true_derivative(function, x)
    assert digits(found) > 30
    assert found.overlaps(near * arb(1, 1e-30))
