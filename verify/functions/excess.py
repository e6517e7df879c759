"""The excess of x/y - 1 over its logarithm: the one place where divergences cancel."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Where x/y - 1 is between these the series is used. Outside, |log(x/y)| is at most 6.1 times
# the excess, so that little is lost when the two terms cancel.
_LOW, _HIGH = -0.3125, 0.5

# Terms of atanh(r)/r - 1 = r²/3 + r⁴/5 + …, for |r| <= 1/5: what is left out is under
# 5e-17 of the first one kept, half a float64 ulp of a sum that it enters times r/3.
_TERMS = 11


@jax.custom_jvp
def log_excess(
    x: Float[Array, "..."], y: Float[Array, "..."], difference: Float[Array, "..."]
) -> Float[Array, "..."]:
    """x/y - 1 - log(x/y), without cancellation where x is near y.

    It is also known as the Itakura-Saito divergence of x from y.

    Args:
        x: not negative.
        y: positive, in the unit of x.
        difference: x - y, by a caller that knows it more exactly than x and y tell.

    Returns:
        Dimensionless, non-negative, zero where x = y; x = 0 gives infinity.

    Gradient: 1/y - 1/x in x, (y - x)/y² in y. The difference belongs to x and y: by itself
        it has none.
    Source: Itakura and Saito (1968). Near x = y, with s = x/y - 1 and r = s/(2 + s),
        log(1 + s) = 2 atanh(r) and s - 2r = r s, so that the excess is
        r s - 2 (r³/3 + r⁵/5 + …).
    """
    s = difference / y
    is_near = (s >= _LOW) & (s <= _HIGH)
    return jnp.where(is_near, _near(s), s - _log_ratio(x, y))


def _near(s: Float[Array, "..."]) -> Float[Array, "..."]:
    """s - log(1 + s) by its series, for s from _LOW to _HIGH."""
    r = s / (2 + s)
    u = r * r
    total = jnp.zeros_like(u)
    for k in reversed(range(_TERMS)):
        total = total * u + 1 / (2 * k + 3)
    return r * (s - 2 * u * total)


def _log_ratio(x: Float[Array, "..."], y: Float[Array, "..."]) -> Float[Array, "..."]:
    """log(x/y), also where the quotient has no normal float."""
    ratio, tiny = x / y, float(jnp.finfo(x.dtype).tiny)
    is_normal = (tiny <= ratio) & (ratio <= 1 / tiny)
    return jnp.where(is_normal, jnp.log(ratio), jnp.log(x) - jnp.log(y))


@log_excess.defjvp
def _log_excess_jvp(primals: Any, tangents: Any) -> Any:
    (x, y, difference), (dx, dy, _) = primals, tangents
    s = difference / y
    return log_excess(x, y, difference), (s / x) * dx - (s / y) * dy
