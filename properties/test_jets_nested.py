"""Derivatives of functions that hold derivatives and integrals themselves."""

import jax
import jax.numpy as jnp
import mpmath as mp
import pytest
from flint import arb
from test_jets import digits, is_rigorous, true_derivative

from verify.arithmetic.errors import Unreadable
from verify.arithmetic.jets.derivative import NotDifferentiable
from verify.claims import calculus

NESTED = {
    "a derivative of a derivative": (
        lambda t: calculus.derivative(lambda z: jnp.sin(2 * z), t), 0.75, lambda: -4 * mp.sin(1.5)
    ),
    "a mixed derivative": (
        lambda t: calculus.derivative(lambda z: jnp.sin(z * t) * t, 0.5), 0.75,
        lambda: mp.diff(lambda z, t: mp.sin(z * t) * t, (0.5, 0.75), (1, 1)),
    ),
    "everything varies": (
        lambda t: calculus.derivative(lambda z: jnp.exp(z * t), t), 0.75,
        lambda: mp.diff(lambda t: t * mp.exp(t * t), 0.75),
    ),
    "third and mixed": (
        lambda t: calculus.derivative(
            lambda z: calculus.derivative(lambda y: jnp.exp(y * z * t), z), t
        ), 0.5, lambda: mp.diff(lambda t: (t + 2 * t**4) * mp.exp(t**3), 0.5),
    ),
    "beside a kink": (
        lambda t: calculus.derivative(lambda z: z**2 * jnp.abs(z), t), -1.0, lambda: mp.mpf(6)
    ),
    "at a higher kink": (
        lambda t: calculus.derivative(lambda z: z**2 * jnp.abs(z), t), 0.0, lambda: mp.mpf(0)
    ),
    "the end of an integral": (
        lambda t: calculus.integral(lambda z: jnp.exp(-z * z), 2 * t, t * t), 0.5,
        lambda: mp.exp(-mp.mpf(1) / 16) - 2 * mp.exp(-1),
    ),
    "over a batch": (
        lambda t: jnp.sum(jax.vmap(lambda w: calculus.derivative(lambda z: jnp.sin(w * z), t))(
            jnp.array([1.0, 2.0])
        )), 0.5, lambda: -mp.sin(0.5) - 4 * mp.sin(1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NESTED)
def test_derivatives_may_be_nested(name):
    function, x, expected = NESTED[name]
    with mp.workdps(40):
        near = arb(mp.nstr(expected(), 30))
    found = true_derivative(function, x)
    assert found.overlaps(near + arb(0, 1e-15))
    assert digits(found) > 14 or found == 0
    assert is_rigorous(function, x)


def test_a_nested_derivative_that_has_a_kink_says_so():
    function = lambda t: calculus.derivative(lambda z: z * jnp.abs(z), t)
    with pytest.raises(NotDifferentiable, match=r"slopes, got -2\.0000000 from below and 2\."):
        true_derivative(function, 0.0)
    primitive = lambda t: calculus.integral(lambda z: jnp.where(z > 0, 1.0, 0.0), -1.0, t)
    with pytest.raises(NotDifferentiable, match=r"slopes, got 0 from below and 1\.0000000"):
        true_derivative(primitive, 0.0)


def test_a_kink_that_moves_with_the_variable_is_estimated():
    function = lambda t: calculus.derivative(lambda z: jnp.abs(z - t) * (z - t), t)
    assert true_derivative(function, 2.0).overlaps(arb(0))
    assert not is_rigorous(function, 2.0)


def test_a_mixed_derivative_is_not_taken_from_directions_that_are_special():
    def function(t):
        def product(z):
            return jnp.where(z * (z - t) * (z - 2 * t) == 0, 0.0, z * t)

        return calculus.derivative(product, 0 * t)

    assert true_derivative(function, 0.0).overlaps(arb(1))


def test_an_integrand_that_varies_is_refused_with_a_cure():
    function = lambda t: calculus.integral(lambda z: jnp.exp(-z * t), 0.0, 1.0)
    with pytest.raises(Unreadable, match=r"without integral of what varies.*use jax\.grad there"):
        true_derivative(function, 0.5)
