"""Dear functions that few elements of an array need."""

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

Floats: TypeAlias = Float[Array, "..."]

# Arrays up to twice this size are done at once; of larger ones a part of 1/128 at the least.
_AT_ONCE, _PARTS = 1024, 128


def replaced(
    values: Floats, is_rare: Bool[Array, "..."], function: Callable[..., Floats], *arguments: Floats
) -> Floats:
    """An elementwise function of arguments where is_rare, and values elsewhere.

    The elements are laid out in columns, and each pass takes one of every column, until none
    is left: no pass if none is rare, as many as the column that has the most of them.
    """
    height = min(max(values.size // _AT_ONCE, 1), _PARTS)
    table, left, *columns = (_columns(a, height) for a in (values, is_rare, *arguments))
    place = jnp.arange(height)[:, None]

    def step(state: tuple[Floats, Array]) -> tuple[Floats, Array]:
        table, left = state
        first = jnp.min(jnp.where(left, place, height - 1), axis=0, keepdims=True)
        some = [jnp.take_along_axis(a, first, axis=0) for a in columns]
        # It always holds. The compiler would do the last steps for all of the table otherwise.
        new = jax.lax.cond(jnp.any(left), function, lambda *_: table[:1], *some)
        is_first = left & (place == first)
        return jnp.where(is_first, new, table), left & ~is_first

    table, _ = jax.lax.while_loop(lambda state: jnp.any(state[1]), step, (table, left))
    return table.ravel()[: values.size].reshape(values.shape)


def _columns(x: Array, height: int) -> Array:
    """The elements in columns of a height, the last ones filled up with zeros."""
    return jnp.pad(x.ravel(), (0, -x.size % height)).reshape(height, -1)
