"""Accuracy as a relation: a function's floats are near what they should be."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.arithmetic.ulps import format_of
from verify.claims.relation import Accurate, real


def accurate(
    function: Callable[..., Any],
    *arguments: Any,
    ulps: float,
    dtype: Any = "float32",
    gradient: bool = False,
    reference: Callable[..., Any] | None = None,
) -> Accurate:
    """The compiled function is within some ulps of its exact value.

    The arguments are rounded to the dtype; those floats are the inputs. An ulp is that of the
    exact value, as on JAX's page on accuracy.

    Args:
        function: of scalars or arrays to floats, pure and traceable; it is compiled for a batch of
            points. Each of several outputs must be near its value.
        *arguments: a claim's variables, or what is computed from them.
        ulps: the bound, positive; 0.5 is correct rounding.
        dtype: of the inputs: bfloat16, float16, float32 or float64.
        gradient: the compiled `jax.grad`, in every argument, is within the bound of the true
            derivative, which is found without any rule of differentiation. For a function that
            gives one scalar. Where there is no derivative the point is passed over, and counted.
        reference: what the function should be, of the same arguments, where its own jaxpr is
            only near it; without one, its own jaxpr traced at float64 and read in the reals.

    Raises:
        TypeError: no function, an argument that is no real array, a dtype without ulps, or
            ulps that are no number.
        ValueError: ulps that are not positive, or no arguments.

    Example:
        >>> import jax
        >>> import verify as vf
        >>> @vf.claim(x=vf.reals(-10.0, 10.0))
        ... def softplus_is_accurate(x):
        ...     "softplus is within 4 ulps in float32."
        ...     return vf.accurate(jax.nn.softplus, x, ulps=4)
        >>> vf.check(softplus_is_accurate, effort="quick").status
        'holds'
    """
    for role, given in (("function", function), ("reference", reference)):
        if not callable(given) and (given is not None or role == "function"):
            kind = f"{type(given).__name__} {given!r}"
            raise TypeError(f"accurate needs a function as its {role}, got {kind}.")
    if not arguments:
        raise ValueError("accurate needs the arguments of the function, got none.")
    if isinstance(ulps, bool) or not isinstance(ulps, int | float | np.number):
        raise TypeError(f"accurate needs a number of ulps, got {type(ulps).__name__} {ulps!r}.")
    if not ulps > 0:
        raise ValueError(f"accurate needs ulps > 0, got {ulps}; correct rounding is 0.5.")
    name = format_of("accurate", dtype).name
    values = tuple(jnp.asarray(real("accurate", a), jnp.result_type(float)) for a in arguments)
    return Accurate(values, function, float(ulps), name, bool(gradient), reference)
