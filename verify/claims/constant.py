"""Exact constants in a claim: `constant("0.1")` is one tenth, `pi` is pi."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic import jaxprs


def _evaluate(*, text: str, dtype: Any) -> Any:
    value = math.pi if text == "pi" else float(Fraction(text))
    return jnp.asarray(value, dtype)


def _constant_jvp(primals: Any, tangents: Any, **params: Any) -> Any:
    value = constant_p.bind(**params)
    return value, jnp.zeros_like(value)


constant_p = jaxprs.define_primitive(
    "exact_constant",
    abstract=lambda *, text, dtype: jaxprs.ShapedArray((), dtype),
    evaluate=_evaluate,
    jvp=_constant_jvp,
    batch=lambda operands, dims, **params: (constant_p.bind(**params), None),
)


@dataclass(frozen=True)
class Exact:
    """A real number that every number system reads in its own way, exactly.

    It stands where a JAX scalar may stand. In floats it is the nearest one.
    """

    text: str

    def __jax_array__(self) -> jax.Array:
        dtype = np.dtype(jnp.result_type(float))
        return constant_p.bind(text=self.text, dtype=dtype)

    def __float__(self) -> float:
        return math.pi if self.text == "pi" else float(Fraction(self.text))

    def __add__(self, other: Any) -> jax.Array:
        return self.__jax_array__() + other

    def __sub__(self, other: Any) -> jax.Array:
        return self.__jax_array__() - other

    def __mul__(self, other: Any) -> jax.Array:
        return self.__jax_array__() * other

    def __truediv__(self, other: Any) -> jax.Array:
        return self.__jax_array__() / other

    def __pow__(self, other: Any) -> jax.Array:
        return self.__jax_array__() ** other

    def __radd__(self, other: Any) -> jax.Array:
        return other + self.__jax_array__()

    def __rsub__(self, other: Any) -> jax.Array:
        return other - self.__jax_array__()

    def __rmul__(self, other: Any) -> jax.Array:
        return other * self.__jax_array__()

    def __rtruediv__(self, other: Any) -> jax.Array:
        return other / self.__jax_array__()

    def __rpow__(self, other: Any) -> jax.Array:
        return other ** self.__jax_array__()

    def __neg__(self) -> jax.Array:
        return -self.__jax_array__()


def constant(text: str) -> Exact:
    """The real number that a text writes, exactly.

    Args:
        text: a decimal ("0.1", "6.02e23") or a fraction ("1/3").

    Raises:
        TypeError: it is no string.
        ValueError: it writes no number.

    Example:
        >>> import verify as vf
        >>> float(vf.constant("1/3"))
        0.3333333333333333
    """
    if not isinstance(text, str):
        raise TypeError(
            f'constant needs a string, got {type(text).__name__} {text!r}; write "0.1".'
        )
    try:
        Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"constant needs a decimal or a fraction, got {text!r}.") from None
    return Exact(text.strip())


jaxprs.register_scalar(Exact, Exact.__jax_array__)
pi = Exact("pi")
