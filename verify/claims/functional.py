"""Primitives that carry a function: integrals, series, limits, true derivatives.

Such a primitive has the operands (*places, *closed): the ends or the place, then what the
function closes over. Its parameters are the function's jaxpr f(z, *closed), `axes` (the
batch axes of the operands, for each `vmap` around it, innermost first) and options.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic import jaxprs
from verify.arithmetic.floats import slope
from verify.arithmetic.jaxprs import Closed


def functional_primitive(
    name: str, places: int, evaluate: Callable[..., Any], tangent: Callable[..., Any]
) -> jaxprs.Primitive:
    """A primitive that carries a function.

    Args:
        name: by which number systems find their rule.
        places: how many operands come before the closed-over ones.
        evaluate: (program, places, closed, **options) to a scalar, in floats.
        tangent: (bind, primals, tangents, jaxpr, **options) to the scalar tangent.
    """

    def scalar(*operands: Any, jaxpr: Any, **options: Any) -> Any:
        return evaluate(
            jaxprs.closed(jaxpr), operands[:places], operands[places:], **options
        ).astype(operands[0].dtype)

    def batched(*operands: Any, axes: Any, **params: Any) -> Any:
        function = functools.partial(scalar, **params)
        for level in axes:
            function = jax.vmap(function, level)
        return function(*operands)

    def abstract(*operands: Any, axes: Any, **_: Any) -> Any:
        return jaxprs.ShapedArray(batch_shape(axes, operands), operands[0].dtype)

    def batch(operands: Any, dims: Any, *, axes: Any, **params: Any) -> Any:
        return primitive.bind(*operands, axes=(*axes, tuple(dims)), **params), 0

    def jvp(primals: Any, tangents: Any, *, axes: Any, **params: Any) -> Any:
        def rule(primals: Any, tangents: Any) -> Any:
            value = primitive.bind(*primals, axes=(), **params)
            return value, tangent(primals[:places], tangents[:places], primals[places:],
                                  tangents[places:], **params)  # fmt: skip

        for level in axes:
            moving = [None if t is None else d for t, d in zip(tangents, level, strict=True)]
            rule = jax.vmap(rule, (list(level), moving))
        return rule(list(primals), list(tangents))

    primitive = jaxprs.define_primitive(
        name, abstract=abstract, evaluate=batched, jvp=jvp, batch=batch
    )
    return primitive


def batch_shape(axes: Any, operands: Sequence[Any]) -> tuple[int, ...]:
    """The shape of a functional primitive's result, outermost `vmap` first."""
    shapes, sizes = [list(o.shape) for o in operands], []
    for level in reversed(axes):
        found = [shape.pop(d) for shape, d in zip(shapes, level, strict=True) if d is not None]
        sizes.append(found[0])
    return tuple(sizes)


def close_over(name: str, function: Callable[..., Any]) -> tuple[Any, list[Any]]:
    """The jaxpr f(z, *closed) of a scalar function, and what it closes over.

    Raises:
        TypeError: it is no function, or gives something other than one real scalar.
    """
    if not callable(function):
        raise TypeError(f"{name} needs a function, got {type(function).__name__} {function!r}.")
    dtype = jnp.result_type(float)
    first = jaxprs.closed(jax.make_jaxpr(function)(jax.ShapeDtypeStruct((), dtype)))
    _need_scalar(name, first.out_avals)
    values = [jnp.asarray(c) for c in first.consts]

    def lifted(z: Any, *values: Any) -> Any:
        (result,) = jaxprs.evaluate(Closed(first.jaxpr, values), z)
        return result.astype(dtype)

    avals = [jax.ShapeDtypeStruct(v.shape, v.dtype) for v in values]
    return jax.make_jaxpr(lifted)(jax.ShapeDtypeStruct((), dtype), *avals), values


def _need_scalar(name: str, avals: Sequence[Any]) -> None:
    if len(avals) != 1 or avals[0].shape or avals[0].dtype.kind not in "fiubV":
        got = ", ".join(f"{a.dtype}{list(a.shape)}" for a in avals) or "nothing"
        raise TypeError(f"{name} needs a function that gives one real scalar, got {got}.")


def place(name: str, argument: str, value: Any) -> Any:
    """An end or a place as a real scalar, a NumPy one where it is a plain number.

    Raises:
        TypeError: it is none.
    """
    dtype = jnp.result_type(float)
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return np.asarray(value, dtype)
    if not isinstance(value, jax.Array) and hasattr(value, "__jax_array__"):
        value = jnp.asarray(value)
    array: Any = value if isinstance(value, jax.Array) else np.asarray(value)
    if array.shape or array.dtype.kind not in "fiuV":
        raise TypeError(
            f"{name} needs a real scalar for {argument}, got {_kind(value, array)};"
            " use jax.vmap for several."
        )
    return jnp.asarray(array).astype(dtype)


def _kind(value: Any, array: Any) -> str:
    if array.dtype.kind in "USO":
        return f"{type(value).__name__} {value!r}"
    return f"{array.dtype}{list(array.shape)}"


def along_closed(
    build: Callable[[Callable[..., Any]], Any],
    jaxpr: Any,
    closed: Sequence[Any],
    tangents: Sequence[Any],
) -> Any:
    """Σ (build of ∂f/∂c) · ċ over what the function closes over.

    Args:
        build: from a scalar function of z to the primitive's value (its integral, say).
    """
    program = jaxprs.closed(jaxpr)
    reverse = any(e.primitive.name.startswith("custom_vjp") for e in
                  jaxprs.all_equations(program))  # fmt: skip
    total = jnp.zeros((), jnp.result_type(float))
    for position, (value, tangent) in enumerate(zip(closed, tangents, strict=True)):
        if tangent is None:
            continue

        def partial(direction: Any, position: int = position, value: Any = value) -> Any:
            def at(z: Any) -> Any:
                def of(c: Any) -> Any:
                    operands = [*closed[:position], c, *closed[position + 1 :]]
                    return jaxprs.evaluate(program, z, *operands)[0]

                return slope(of, value, direction, reverse=reverse)

            return build(at)

        total += _dot(partial, value, tangent)
    return total


def _dot(partial: Callable[[Any], Any], value: Any, tangent: Any) -> Any:
    if not value.shape:
        return partial(jnp.ones_like(value)) * tangent
    basis = jnp.eye(value.size, dtype=value.dtype).reshape(value.size, *value.shape)
    return jnp.vdot(jax.vmap(partial)(basis), tangent.ravel())
