"""A target's fingerprint, which a journal goes by, changes with all that is compiled."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify.arithmetic.ulps import format_of
from verify.checks.accuracy.target import target
from verify.functions.kernel import kernel


def fingerprint(function, **options):
    return target("measure", function, {"x": ()}, format_of("measure", "float32"),
                  **options).fingerprint  # fmt: skip


def with_slope(slope):
    cube = jax.custom_jvp(lambda x: x**3)
    cube.defjvp(lambda primals, tangents: (primals[0] ** 3, slope(*primals) * tangents[0]))
    return cube


_parts = {"steps": lambda x: x * x * x, "meaning": lambda x: x**3}


@kernel(lambda x: _parts["meaning"](x), lambda x: 3 * x**2)
def changing(x):
    return _parts["steps"](x)


def test_the_same_function_has_the_same_fingerprint():
    assert fingerprint(jnp.tanh) == fingerprint(lambda x: jnp.tanh(x))


def test_value_and_gradient_have_different_fingerprints():
    assert fingerprint(jnp.tanh) != fingerprint(jnp.tanh, gradient=True)


def test_another_rule_of_differentiation_is_seen():
    right, wrong = with_slope(lambda x: 3 * x**2), with_slope(lambda x: 2 * x**2)
    assert fingerprint(right) == fingerprint(wrong)
    assert fingerprint(right, gradient=True) != fingerprint(wrong, gradient=True)


@pytest.mark.parametrize("part", ["steps", "meaning"])
def test_what_a_kernel_is_made_of_is_seen(part, monkeypatch):
    found = [fingerprint(lambda x: changing(x))]
    monkeypatch.setitem(_parts, part, lambda x: x * (x * x) + 0 * x)
    jax.clear_caches()
    found.append(fingerprint(lambda x: changing(x)))
    jax.clear_caches()
    assert found[0] != found[1]


def test_another_reference_is_seen():
    assert fingerprint(jnp.tanh) != fingerprint(jnp.tanh, reference=lambda x: jnp.tanh(x + 0))


def test_each_entry_of_a_long_constant_is_seen():
    numbers = np.arange(5000.0, dtype=np.float32)
    other = np.where(numbers == 2500, np.float32(0), numbers)
    first, second = (fingerprint(lambda x, c=c: jnp.sum(jnp.asarray(c) * x))
                     for c in (numbers, other))  # fmt: skip
    assert first != second
