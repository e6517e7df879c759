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
    may_be: Bool[Array, ""],
    is_rare: Callable[..., Bool[Array, "..."]],
    function: Callable[..., Floats],
    values: Floats,
    *arguments: Floats,
) -> Floats:
    """function(values, *arguments) where is_rare(values, *arguments), and values elsewhere.

    The elements are laid out in columns, and each pass takes one of every column, until none
    is left: as many passes as the column with the most of them has, and no pass if there may
    be none. Both functions are elementwise.
    """
    height = min(max(values.size // _AT_ONCE, 1), _PARTS)
    columns = [_columns(a, height) for a in (values, *arguments)]
    place = jnp.arange(height)[:, None]

    def step(state: tuple[Floats, Array, Array]) -> tuple[Floats, Array, Array]:
        table, last, _ = state
        left = is_rare(*columns) & (place > last)
        first = jnp.min(jnp.where(left, place, height), axis=0, keepdims=True)
        some = [jnp.take_along_axis(a, first, axis=0, mode="clip") for a in columns]
        more = jnp.any(first < height)
        new = jax.lax.cond(more, function, lambda values, *_: values, *some)
        return jnp.where(place == first, new, table), first, more

    start = columns[0], jnp.full((1, columns[0].shape[1]), -1), may_be
    table, *_ = jax.lax.while_loop(lambda state: state[2], step, start)
    return table.ravel()[: values.size].reshape(values.shape)


def _columns(x: Array, height: int) -> Array:
    """The elements in columns of a height, the last ones filled up with zeros."""
    return jnp.pad(x.ravel(), (0, -x.size % height)).reshape(height, -1)
