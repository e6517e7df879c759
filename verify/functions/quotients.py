"""Quotients by powers and logarithms of quotients, whose slopes are such again.

Any order of derivative is a product of these, and none over- or underflows before the result.
"""

from typing import TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Float

from verify.functions import wide
from verify.functions.kernel import kernel
from verify.functions.log_ratios import log_of_ratio

Floats: TypeAlias = Float[Array, "..."]


@kernel(
    lambda x, y: x / y,
    lambda x, y: inverse(y),
    lambda x, y: -over_square(x, y),
)
def quotient(x: Floats, y: Floats) -> Floats:
    """x / y."""
    return x / y


def inverse(y: Floats) -> Floats:
    """1 / y."""
    return quotient(jnp.ones_like(y), y)


def _over_square_slope(x: Floats, y: Floats) -> Floats:
    return -2 * quotient(over_square(x, y), y)


@kernel(lambda x, y: x / y / y, lambda x, y: inverse_square(y), _over_square_slope)
def over_square(x: Floats, y: Floats) -> Floats:
    """x / y²."""
    result = wide.nearest(wide.over(wide.of(x), wide.square(wide.of(y))))
    is_inside = wide.are_finite(x, y) & (y != 0)
    return jnp.where(is_inside, result, (x / y) / jnp.abs(y))


def inverse_square(y: Floats) -> Floats:
    """1 / y²."""
    return over_square(jnp.ones_like(y), y)


@kernel(
    lambda x, y: jnp.log(x / y),
    lambda x, y: inverse(x),
    lambda x, y: -inverse(y),
)
def log_ratio(x: Floats, y: Floats) -> Floats:
    """log(x / y), of x and y not negative."""
    inside = wide.are_positive(x, y)
    first, second = (wide.of(jnp.where(inside, value, 1)) for value in (x, y))
    result = wide.nearest(log_of_ratio(first, second, wide.minus(first, second)))
    return jnp.where(inside, result, jnp.log(x) - jnp.log(y))
