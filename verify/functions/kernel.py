"""How a function is made of steps for floats, its meaning in the reals, and its slopes."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from verify.arithmetic.jaxprs import define_elementwise

Function = Callable[..., jax.Array]


def kernel(meaning: Function, *slopes: Function) -> Callable[[Function], Function]:
    """A decorator of elementwise functions of float32 or float64, all arguments of one dtype.

    Args:
        meaning: the function in the reals that the decorated one computes. Readers of jaxprs
            take it in place of the steps, which mean something for floats only.
        *slopes: of each argument, the partial derivative as a function of all arguments. It is
            made of other such functions, so that its own slopes are right too.

    Returns:
        A function of floats of any dtype; narrow ones are widened, and the result rounded
        once. In jaxprs it is one primitive, and compiled on its own, so that it gives the
        same floats on every path.
    """

    def decorate(function: Function) -> Function:
        primitive = define_elementwise(
            f"{function.__module__.rpartition('.')[2]}.{function.__name__}",
            evaluate=jax.jit(function),
            meaning=meaning,
            jvp=lambda primals, tangents: _jvp(primitive.bind, slopes, primals, tangents),
        )

        @functools.wraps(function)
        def widened(*arguments: jax.Array) -> jax.Array:
            dtype = jnp.result_type(*arguments)
            wide = jnp.promote_types(dtype, jnp.float32)
            values = jnp.broadcast_arrays(*(jnp.asarray(x, wide) for x in arguments))
            return primitive.bind(*values).astype(dtype)

        return widened

    return decorate


def _jvp(
    function: Function, slopes: Sequence[Function], primals: Any, tangents: Any
) -> tuple[jax.Array, jax.Array]:
    """The value, and the sum of slopes times tangents that are not zero for sure."""
    value = function(*primals)
    terms = [
        slope(*primals) * tangent
        for slope, tangent in zip(slopes, tangents, strict=True)
        if tangent is not None
    ]
    return value, functools.reduce(jnp.add, terms) if terms else jnp.zeros_like(value)
