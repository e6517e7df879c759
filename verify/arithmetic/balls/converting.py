"""Rules of balls for changes of kind: between reals, integers, booleans and bits."""

from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls import ordering, rounding
from verify.arithmetic.balls.constants import exact


def convert_element_type(equation: Any) -> Elementwise:
    """Between kinds of numbers; a change of float width is none in the reals."""
    source, target = equation.in_avals[0].dtype, equation.out_avals[0].dtype
    if target.kind in "iu":
        return _to_integer(target)
    if target.kind == "b":
        return Elementwise(lambda x: ordering.ne(x, arb(0)))
    if source.kind == "b":
        return Elementwise(_from_boolean)
    if source.kind in "iu":
        return Elementwise(_from_integer)
    return Elementwise(lambda x: x, "{0}")


def _from_boolean(x: bool | None) -> arb:
    return arb(0.5, 0.5) if x is None else arb(int(x))


def _from_integer(x: int | None) -> arb:
    return arb.nan() if x is None else arb(x)


def _to_integer(dtype: Any) -> Elementwise:
    """An integer without the fraction; unknown where open, or outside the dtype's range."""
    info = np.iinfo(dtype)

    def apply(x: arb) -> int | None:
        number = rounding.truncate(x).unique_fmpz()
        return int(number) if number is not None and info.min <= number <= info.max else None

    return Elementwise(apply)


def bitcast_convert_type(equation: Any) -> Elementwise:
    """Between a float and its bits: known for a ball that is exactly such a float."""
    source, target = equation.in_avals[0].dtype, equation.out_avals[0].dtype
    if source.itemsize != target.itemsize:
        return Elementwise(lambda x: None if target.kind in "iu" else arb.nan())
    if target.kind in "iu":
        return Elementwise(lambda x: _bits(x, source, target))
    return Elementwise(lambda n: arb.nan() if n is None else _float(n, source, target))


def _bits(x: arb, source: Any, target: Any) -> int | None:
    number = float(x.mid()) if x.is_exact() and x.is_finite() else np.nan
    stored = np.array(number).astype(source)
    if not np.isfinite(stored) or exact(float(stored)) != x:
        return None
    return int(stored.view(target))


def _float(bits: int, source: Any, target: Any) -> arb:
    number = float(np.array(bits, source).view(target))
    return exact(number) if np.isfinite(number) else arb.nan()


RULES: dict[str, Any] = {
    "convert_element_type": convert_element_type,
    "bitcast_convert_type": bitcast_convert_type,
}
