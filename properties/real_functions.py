"""Functions of real numbers: JAX's, mpmath's, and arguments to try them at."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.scipy import special
from mpmath import mp, mpf


class Case(NamedTuple):
    """One function in JAX and in mpmath, and where to compare them.

    Attributes:
        points: tuples of arguments.
        is_smooth: whether its first and second derivatives are compared too.
        bits: how well a value is known at least; fewer where JAX's program has constants
            that are not exact.
    """

    name: str
    function: Any
    oracle: Any
    points: tuple[tuple[float, ...], ...]
    is_smooth: bool = True
    bits: int = 100


def of_one(name, function, oracle, *points, **options):
    return Case(name, function, oracle, tuple((x,) for x in points), **options)


TINY, HUGE = 2.0**-60, 2.0**40


def _bessel(order):
    return lambda x: mp.besseli(order, x) * mp.exp(-abs(x))


def _polygamma(n, x):
    return mp.polygamma(int(n), x) if n == int(n) else mp.nan


def _log_gamma(x):
    return mp.log(abs(mp.gamma(x)))


def _round_away(x):
    return mp.sign(x) * mp.floor(abs(x) + mpf("0.5"))


def _slope_of_lower_gamma(a, x):
    return mp.diff(lambda a: mp.gammainc(a, 0, x, regularized=True), a)


def _log_ndtr(x):
    return mp.log(mp.ncdf(x))


ELEMENTARY = (
    of_one("exp", jnp.exp, mp.exp, -700.0, -1.5, 0.0, TINY, 1.0, 30.0),
    of_one("exp2", jnp.exp2, lambda x: mpf(2) ** x, -30.5, -1.0, 0.0, 0.3, 10.0),
    of_one("expm1", jnp.expm1, mp.expm1, -40.0, -1.0, -TINY, 0.0, TINY, 1.5, 30.0),
    of_one("log", jnp.log, mp.log, TINY, 0.3, 1.0, 1 + 2.0**-50, 1e10),
    of_one("log2", jnp.log2, lambda x: mp.log(x, 2), 0.3, 1.0, 8.0, 1e10),
    of_one("log1p", jnp.log1p, mp.log1p, -0.9, -TINY, 0.0, TINY, 1.5, 1e10),
    of_one("sqrt", jnp.sqrt, mp.sqrt, TINY, 0.3, 4.0, HUGE),
    of_one("rsqrt", lax.rsqrt, lambda x: 1 / mp.sqrt(x), TINY, 0.3, 4.0, HUGE),
    of_one("cbrt", jnp.cbrt, lambda x: mp.sign(x) * mp.cbrt(abs(x)), -8.0, -0.3, 0.3, 27.0),
    of_one("square", jnp.square, lambda x: x * x, -3.5, 0.0, TINY, 1e10),
    of_one("x**3", lambda x: x**3, lambda x: x**3, -1.5, 0.0, 0.3),
    of_one("x**-2", lambda x: x**-2, lambda x: x**-2, -1.5, TINY, 0.3),
    of_one("logistic", jax.nn.sigmoid, lambda x: 1 / (1 + mp.exp(-x)), -80.0, 0.0, 1.0, 25.0),
    of_one("tanh", jnp.tanh, mp.tanh, -20.0, -TINY, 0.0, 0.3, 2.0),
    of_one("sinh", jnp.sinh, mp.sinh, -20.0, -TINY, 0.0, 0.3),
    of_one("cosh", jnp.cosh, mp.cosh, -20.0, -TINY, 0.0, 0.3),
    of_one("asinh", jnp.arcsinh, mp.asinh, -20.0, -TINY, 0.0, 0.3, HUGE),
    of_one("acosh", jnp.arccosh, mp.acosh, 1.25, 3.0, HUGE),
    of_one("atanh", jnp.arctanh, mp.atanh, -0.9, -TINY, 0.0, 0.3),
    of_one("sin", jnp.sin, mp.sin, -20.0, TINY, 0.0, 0.3),
    of_one("cos", jnp.cos, mp.cos, -20.0, TINY, 0.0, 0.3),
    of_one("tan", jnp.tan, mp.tan, -20.0, TINY, 0.0, 0.3),
    of_one("asin", jnp.arcsin, mp.asin, -0.9, TINY, 0.0, 0.3),
    of_one("acos", jnp.arccos, mp.acos, -0.9, TINY, 0.0, 0.3),
    of_one("atan", jnp.arctan, mp.atan, -20.0, TINY, 0.0, 0.3, HUGE),
    Case("atan2", jnp.arctan2, mp.atan2, ((0.3, 0.7), (-0.3, -0.7), (2.0, -1e-3), (-1.0, 0.0))),
    Case("pow", jnp.power, mp.power, ((0.3, 0.7), (2.0, -3.5), (1e10, 0.01), (0.5, 0.5))),
    Case("hypot", jnp.hypot, mp.hypot, ((0.3, 0.7), (3.0, 4.0), (-1e3, TINY))),
    Case("rem", lax.rem, lambda x, y: mp.sign(x) * mp.fmod(abs(x), abs(y)),
         ((5.5, 2.0), (-5.5, 2.0), (5.5, -2.0), (0.3, 0.1), (6.0, 3.0), (2.0**80, 3.0)), False),
    Case("logaddexp", jnp.logaddexp, lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
         ((0.3, 0.7), (-50.0, 1.0), (2.0, 2.0))),
    of_one("softplus", jax.nn.softplus, lambda x: mp.log1p(mp.exp(x)), -60.0, 0.0, 1.0, 30.0),
    of_one("log_sigmoid", jax.nn.log_sigmoid, lambda x: -mp.log1p(mp.exp(-x)), -60.0, 0.5, 30.0),
)  # fmt: skip

SPECIAL = (
    of_one("lgamma", special.gammaln, _log_gamma,
           -2.5, -0.3, TINY, 0.3, 1.0 + 2.0**-40, 2.5, 30.0, 1e10),
    of_one("digamma", special.digamma, mp.digamma, -2.5, -0.3, TINY, 0.3, 1.4616321449683623, 30.0),
    Case("polygamma", lax.polygamma, _polygamma,
         ((0.0, 0.3), (1.0, 0.3), (1.0, 30.0), (2.0, 1e6), (4.0, 2.5)), False),
    Case("trigamma", lambda x: special.polygamma(1, x), lambda x: mp.polygamma(1, x),
         ((0.3,), (2.5,), (30.0,))),
    Case("zeta", special.zeta, mp.zeta, ((2.0, 1.0), (1.5, 0.3), (3.0, 1e4), (40.0, 2.0)), False),
    of_one("erf", special.erf, mp.erf, -5.0, -TINY, 0.0, 0.3, 2.0),
    of_one("erfc", special.erfc, mp.erfc, -5.0, 0.0, 0.3, 2.0, 26.0),
    of_one("erf_inv", special.erfinv, mp.erfinv, -0.99, -TINY, 0.0, 0.3, 1 - 2.0**-40),
    of_one("ndtr", special.ndtr, mp.ncdf, -8.0, -0.3, 0.0, 2.0, bits=40),
    of_one("log_ndtr", special.log_ndtr, _log_ndtr, -8.0, -0.3, 0.0, 2.0, bits=40),
    of_one("i0e", special.i0e, _bessel(0), -3.0, TINY, 0.0, 0.5, 1e3),
    of_one("i1e", special.i1e, _bessel(1), -3.0, TINY, 0.5, 1e3),
    Case("igamma", special.gammainc, lambda a, x: mp.gammainc(a, 0, x, regularized=True),
         ((2.5, 0.3), (0.3, 4.0), (5.0, TINY), (300.0, 310.0)), False),
    Case("igamma of large arguments", special.gammainc,
         lambda a, x: 1 - mp.gammainc(a, x, mp.inf, regularized=True), ((1e4, 1e4), (1e4, 9.9e3)),
         False, bits=90),
    Case("igammac", special.gammaincc, lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
         ((2.5, 0.3), (0.3, 4.0), (5.0, 60.0), (300.0, 310.0)), False),
    Case("igamma_grad_a", lax.igamma_grad_a, _slope_of_lower_gamma,
         ((2.5, 0.3), (0.3, 4.0), (5.0, 20.0)), False),
    Case("betainc", special.betainc, lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
         ((2.5, 3.0, 0.3), (0.5, 0.5, 1e-3), (20.0, 3.0, 0.9)), False),
    Case("xlogy", special.xlogy, lambda x, y: x * mp.log(y), ((0.3, 0.7), (2.0, 1e-9))),
    Case("xlog1py", special.xlog1py, lambda x, y: x * mp.log1p(y), ((0.3, 0.7), (2.0, 1e-9))),
    Case("betaln", special.betaln, lambda a, b: mp.log(mp.beta(a, b)), ((0.3, 0.7), (2.5, 1.0))),
    of_one("entr", special.entr, lambda x: -x * mp.log(x), 0.3, 2.5),
    of_one("logit", special.logit, lambda x: mp.log(x / (1 - x)), 1e-9, 0.3, 0.75),
)  # fmt: skip

STEPPED = (
    of_one("floor", jnp.floor, mp.floor, -2.5, -1.0, 0.0, TINY, 1e15 + 0.5, is_smooth=False),
    of_one("ceil", jnp.ceil, mp.ceil, -2.5, -1.0, 0.0, TINY, 1e15 + 0.5, is_smooth=False),
    of_one("trunc", jnp.trunc, lambda x: mp.sign(x) * mp.floor(abs(x)), -2.5, 2.5, is_smooth=False),
    of_one("round to even", jnp.round, mp.nint, -2.5, -1.5, 0.5, 2.5, 0.7, is_smooth=False),
    of_one("round away", lax.round, _round_away, -2.5, -1.5, 0.5, 2.5, 0.7, is_smooth=False),
    of_one("sign", jnp.sign, mp.sign, -2.5, 0.0, TINY, is_smooth=False),
    of_one("abs", jnp.abs, abs, -2.5, 0.0, TINY, is_smooth=False),
    Case("max", jnp.maximum, max, ((0.3, 0.7), (-0.0, -1.0), (2.0, 2.0)), False),
    Case("min", jnp.minimum, min, ((0.3, 0.7), (-0.0, -1.0), (2.0, 2.0)), False),
    Case("clip", jnp.clip, lambda x, low, high: min(max(x, low), high),
         ((0.3, 0.5, 0.7), (0.6, 0.5, 0.7), (0.9, 0.5, 0.7)), False),
    Case("mod", jnp.mod, lambda x, y: x - y * mp.floor(x / y),
         ((5.5, 2.0), (-5.5, 2.0), (5.5, -2.0)), False),
)  # fmt: skip

CASES = (*ELEMENTARY, *SPECIAL, *STEPPED)
