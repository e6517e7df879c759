"""Values and slopes in intervals: the true derivative, without a rule of JAX's.

A slope is known where every step has one and every comparison is decided with room to spare,
so that the same branches are taken on either side. Elsewhere (a kink, a jump, a removable
singularity) nothing is known of it here, and jets are asked.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from verify.arithmetic.errors import UnsupportedPrimitive
from verify.arithmetic.interpreter import NumberSystem
from verify.arithmetic.intervals import control, moving, ordering
from verify.arithmetic.intervals.elementary import (
    add,
    divide,
    integer_power,
    multiply,
    subtract,
)
from verify.arithmetic.intervals.partials import PARTIALS
from verify.arithmetic.intervals.system import FUNCTIONS, INTERVALS
from verify.arithmetic.intervals.values import (
    Interval,
    Truth,
    Value,
    apart,
    chosen,
    constant,
    forgotten,
    join,
    kept,
    kind_of,
    point,
    unknown,
)


class Dual(NamedTuple):
    """A value that varies, and its slope."""

    value: Interval
    slope: Interval


def value_of(x: Value | Dual) -> Any:
    return x.value if isinstance(x, Dual) else x


def slope_of(x: Value | Dual) -> Interval:
    """The slope of a value; of one that does not vary, zero."""
    return x.slope if isinstance(x, Dual) else point(np.zeros(jnp.shape(x[0])))


def _chain(name: str, operation: Callable[..., Interval]) -> Callable[..., Dual]:
    """The chain rule for a function in the table."""

    def apply(*arguments: Any) -> Dual:
        values = [value_of(a) for a in arguments]
        result = operation(*values)
        slopes = [
            multiply(partial, argument.slope)
            for partial, argument in zip(PARTIALS[name](result, *values), arguments, strict=True)
            if isinstance(argument, Dual)
        ]
        total = slopes[0] if len(slopes) == 1 else add(*slopes)
        return Dual(result, _spread(total, result))

    return apply


def _spread(slope: Interval, value: Interval) -> Interval:
    shape = jnp.shape(value.low)
    return Interval(jnp.broadcast_to(slope.low, shape), jnp.broadcast_to(slope.high, shape))


def _linear(operation: Callable[..., Any], moves: int | None = None) -> Callable[..., Any]:
    """A function that is linear in its first operands, the others not varying."""

    def apply(*arguments: Any) -> Any:
        split = len(arguments) if moves is None else moves
        rest = [value_of(a) for a in arguments[split:]]
        values = operation(*map(value_of, arguments[:split]), *rest)
        slopes = operation(*map(slope_of, arguments[:split]), *rest)
        if isinstance(values, Interval):
            return Dual(values, slopes)
        return tuple(Dual(*pair) for pair in zip(values, slopes, strict=True))

    return apply


def _product(operation: Callable[..., Interval]) -> Callable[..., Dual]:
    """A function that is linear in each of two operands."""

    def apply(x: Any, y: Any) -> Dual:
        parts = []
        if isinstance(x, Dual):
            parts.append(operation(x.slope, value_of(y)))
        if isinstance(y, Dual):
            parts.append(operation(value_of(x), y.slope))
        slope = parts[0] if len(parts) == 1 else add(*parts)
        return Dual(operation(value_of(x), value_of(y)), slope)

    return apply


def _strictly(name: str) -> Callable[..., Truth]:
    """A comparison that comes out the same on either side."""

    def apply(x: Any, y: Any) -> Truth:
        x, y = value_of(x), value_of(y)
        below, above = x.high < y.low, x.low > y.high
        apart = below | above
        nowhere = jnp.zeros_like(apart)
        return {
            "lt": Truth(below, above), "le": Truth(below, above),
            "gt": Truth(above, below), "ge": Truth(above, below),
            "eq": Truth(nowhere, apart), "ne": Truth(apart, nowhere),
        }[name.removesuffix("_to")]  # fmt: skip

    return apply


def _greater(x: Any, y: Any) -> Dual:
    """The maximum, whose slope is known where one is greater."""
    return _one_of(_strictly("gt")(x, y), ordering.maximum(value_of(x), value_of(y)), x, y)


def _lesser(x: Any, y: Any) -> Dual:
    return _one_of(_strictly("lt")(x, y), ordering.minimum(value_of(x), value_of(y)), x, y)


def _one_of(first: Truth, value: Interval, x: Any, y: Any) -> Dual:
    slopes = (_spread(slope_of(s), value) for s in (x, y))
    return Dual(value, _either(first, *slopes))


def _either(first: Truth, x: Interval, y: Interval) -> Interval:
    """The slope of what is chosen; of a choice that may turn, unknown."""
    return chosen(first.yes, x, chosen(first.no, y, unknown(x.low)))


def _select(equation: Any) -> Callable[..., Any]:
    choose = control.select_n(equation)

    def apply(which: Any, *cases: Any) -> Any:
        value: Any = choose(which, *map(value_of, cases))
        if not any(isinstance(case, Dual) for case in cases):
            return value
        decided: Any = (which.yes | which.no) if isinstance(which, Truth) else which.known
        slope: Any = choose(which, *(_spread(slope_of(c), value) for c in cases))
        slope = forgotten(slope, decided)
        return Dual(value, slope)

    return apply


def _steps(operation: Callable[..., Interval]) -> Callable[..., Dual]:
    """A function to whole numbers: flat where it is sure not to jump, elsewhere unknown."""

    def apply(x: Dual) -> Dual:
        # Twice the argument is whole wherever one of floor, ceil, round and sign jumps.
        ends = (2 * x.value.low, 2 * x.value.high)
        stays = jnp.ceil(ends[0]) > ends[1]
        value = forgotten(operation(x.value), stays)
        flat = point(jnp.zeros_like(x.value.low))
        return Dual(value, chosen(stays, flat, unknown(x.value.low)))

    return apply


def _remainder(x: Any, y: Any) -> Dual:
    """x - y trunc(x/y), where the quotient is not near a whole number."""
    ratio = divide(value_of(x), value_of(y))
    whole = jnp.trunc(ratio.low)
    stays = (whole == jnp.trunc(ratio.high)) & (jnp.ceil(ratio.low) > ratio.high)
    stays |= (ratio.low > -1) & (ratio.high < 1)
    value = FUNCTIONS["rem"](value_of(x), value_of(y))
    slope = subtract(slope_of(x), multiply(point(whole), slope_of(y)))
    return Dual(forgotten(value, stays), forgotten(_spread(slope, value), stays))


def _converted(equation: Any) -> Callable[..., Any]:
    dtype = equation.out_avals[0].dtype
    kind = kind_of(dtype)

    def apply(x: Dual) -> Any:
        if kind is Interval:
            return x
        if kind is Truth:
            return _strictly("ne")(x, point(np.float64(0.0)))
        low, high = x.value
        stays = (jnp.ceil(low) > high) | ((low > -1) & (high < 1))
        return forgotten(ordering.converted(x.value, dtype), stays)

    return apply


def _extreme(equation: Any) -> Callable[..., Dual]:
    """A maximum over axes: the slope of the one element that may be it."""
    operation = _plain(equation)
    axes = tuple(equation.params["axes"])
    is_maximum = equation.name == "reduce_max"

    def apply(x: Dual) -> Dual:
        value = operation(x.value)
        ends = [jnp.expand_dims(e, axes) for e in value]
        may_be = x.value.high >= ends[0] if is_maximum else x.value.low <= ends[1]
        slope = apart(lambda e: jnp.sum(jnp.where(may_be, e, 0.0), axes), x.slope)
        alone = jnp.sum(may_be, axes) == 1
        return Dual(value, chosen(alone, slope, unknown(value.low)))

    return apply


def _factors(equation: Any) -> Callable[..., Dual]:
    """A product over axes, factor by factor."""
    axes, shape = tuple(equation.params["axes"]), equation.in_avals[0].shape
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    count = math.prod(shape[axis] for axis in axes)
    rows = (count, *(shape[axis] for axis in kept))
    times = _chain("mul", multiply)

    def apply(x: Dual) -> Dual:
        turned = [apart(lambda e: e.transpose(*axes, *kept).reshape(rows), part) for part in x]
        parts = [Dual(*(apart(lambda e, i=i: e[i], t) for t in turned)) for i in range(count)]
        result = parts[0]
        for part in parts[1:]:
            result = times(result, part)
        return result

    return apply


def _polynomial(x: Any, *coefficients: Any) -> Dual:
    plus, times = _chain("add", add), _chain("mul", multiply)
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = plus(coefficient, times(x, value))
    return value


def _clamped(low: Any, x: Any, high: Any) -> Dual:
    return _lesser(_greater(x, low), high)


def _carried(value: Any, aval: Any) -> Any:
    """A value in the one form that it has all through a loop: numbers with their slopes."""
    if kind_of(aval.dtype) is not Interval:
        return control.carried(value_of(value), aval)
    parts: list[Any] = [control.carried(part(value), aval) for part in (value_of, slope_of)]
    return Dual(*parts)


def _plain(equation: Any) -> Callable[..., Any]:
    """The operation of an equation on intervals alone."""
    return INTERVALS.find(equation._replace(system=INTERVALS))  # type: ignore[misc]


_COMPARED = frozenset(ordering.COMPARISONS)
_LINEAR = frozenset((*moving.MOVING, *moving.SAME, "split", "unstack", "reduce_sum", "cumsum"))
_INDEXED = {"gather": 1, "dynamic_slice": 1, "dynamic_update_slice": 2}
_OWN: dict[str, Callable[[Any], Any]] = {
    "max": lambda e: _greater,
    "min": lambda e: _lesser,
    "clamp": lambda e: _clamped,
    "rem": lambda e: _remainder,
    "polynomial": lambda e: _polynomial,
    "reduce_max": _extreme,
    "reduce_min": _extreme,
    "reduce_prod": _factors,
    "convert_element_type": _converted,
    "select_n": _select,
    "dot_general": lambda e: _product(_plain(e)),
    "stop_gradient": lambda e: lambda x: x,
}


def find(equation: Any) -> Callable[..., Any]:
    """The operation of an equation on values of which some vary.

    Raises:
        UnsupportedPrimitive: there is no rule.
    """
    if equation.name in _LOOPS:
        return _LOOPS[equation.name](equation)
    operation = _plain(equation)
    varying = _varying(equation, operation)

    def apply(*arguments: Any) -> Any:
        if not any(isinstance(a, Dual) for a in arguments):
            return operation(*arguments)
        if varying is None:
            raise UnsupportedPrimitive(equation.name, equation.system.name, equation.where)
        return varying(*arguments)

    return apply


def _varying(equation: Any, operation: Callable[..., Any]) -> Callable[..., Any] | None:
    name = equation.name
    if name in _OWN:
        return _OWN[name](equation)
    if name in PARTIALS:
        return _chain(name, operation)
    if name in _COMPARED:
        return _strictly(name)
    if name in _LINEAR:
        return _linear(operation)
    if name in _INDEXED:
        return _linear(operation, _INDEXED[name])
    if name in ("floor", "ceil", "round", "sign"):
        return _steps(operation)
    if name in ("is_finite", "of_itself"):
        return lambda *values: operation(*map(value_of, values))
    if name == "integer_pow":
        return _power(int(equation.params["y"]), operation)
    return None


def _power(n: int, operation: Callable[..., Interval]) -> Callable[..., Dual]:
    factor = point(np.float64(n))

    def apply(x: Dual) -> Dual:
        partial = multiply(factor, integer_power(x.value, n - 1))
        return Dual(operation(x.value), multiply(partial, x.slope))

    return apply


_LOOPS: dict[str, Callable[[Any], Any]] = {
    "cond": lambda e: control.cond(e, _select(e)),
    "scan": lambda e: control.scan(e, _carried),
    "while": lambda e: control.while_(e, _carried, _forgotten),
}


def _forgotten(value: Any, known: Any) -> Any:
    if isinstance(value, Dual):
        return Dual(*(forgotten(part, known) for part in value))
    return forgotten(value, known)


def _join(left: Any, right: Any) -> Any:
    if isinstance(left, Dual) or isinstance(right, Dual):
        value = join(value_of(left), value_of(right))
        return Dual(value, unknown(value.low))
    return join(left, right)


def _kept(value: Any) -> Any:
    return Dual(*map(kept, value)) if isinstance(value, Dual) else kept(value)


SLOPES = NumberSystem(
    name="intervals with slopes", rules={}, constant=constant, join=_join, find=find, keep=_kept
)


def settled_slope(result: Any) -> Interval:
    """The slope of a result: unknown where a step of the chain has none."""
    value, slope = value_of(result), slope_of(result)
    lost = jnp.isnan(slope.low) | jnp.isnan(slope.high)
    slope = chosen(lost, unknown(value.low), _spread(slope, value))
    gone = jnp.isnan(value.low)
    return Interval(jnp.where(gone, jnp.nan, slope.low), jnp.where(gone, jnp.nan, slope.high))
