"""Intervals: pairs of float64 arrays on the device that enclose real numbers.

Every operation rounds outwards by itself: its result is widened by more than its error, which
is relative to it except where XLA flushes subnormal numbers. Neither rounding modes nor
`nextafter` would do, for XLA has no modes and flushes what `nextafter` gives beside zero.
"""

import functools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import jax.numpy as jnp
import numpy as np
from jax import lax

from verify.arithmetic import jaxprs

EPSILON = 2.0**-52  # twice what rounding to nearest may lose, and what the widening itself may
FLUSHED = 2.0**-1021  # over what is lost where subnormal numbers count as zero
LARGEST = float(np.finfo(np.float64).max)
_SMALLEST = 2.0**-1022  # normal number
_EXPONENT, _SIGN = 0x7FF << 52, -(2**63)  # of a float64's bits


class Interval(NamedTuple):
    """The real numbers from low to high, element by element, in float64.

    Infinities count as numbers. NaN ends say that there is no number, for certain; from -inf
    to inf, that nothing is known, not even whether there is one. Any other interval says that
    there is one: what is computed from an unknown value is unknown.
    """

    low: Any
    high: Any

    @property
    def is_point(self) -> bool:
        """Whether it is known while tracing that both ends are one."""
        return self.low is self.high


class Truth(NamedTuple):
    """Booleans of which it is known that they are true, or that they are false, or neither."""

    yes: Any
    no: Any


class Ground(NamedTuple):
    """A value, and ends that it lies between if a comparison came out in some way."""

    subject: Interval
    ends: Interval


class Compared(Truth):
    """A comparison that says what it means of the values that were compared."""

    if_true: tuple[Ground, ...] = ()
    if_false: tuple[Ground, ...] = ()

    def meaning(self, if_true: tuple[Ground, ...], if_false: tuple[Ground, ...]) -> "Compared":
        """The comparison with its grounds; what moves its elements forgets them."""
        self.if_true, self.if_false = if_true, if_false
        return self


class Whole(NamedTuple):
    """Integers, and whether each is known."""

    value: Any
    known: Any


Value = Interval | Truth | Whole
Kind = TypeVar("Kind", bound=Value)


def point(x: Any) -> Interval:
    """Numbers that are floats, exactly."""
    return Interval(x, x)


def around(x: float) -> Interval:
    """A number of which x is the nearest float, or next to it."""
    low, high = np.nextafter(np.float64(x), -np.inf), np.nextafter(np.float64(x), np.inf)
    is_tiny = abs(x) < 2 * _SMALLEST
    return Interval(*np.where(is_tiny, (-2 * _SMALLEST, 2 * _SMALLEST), (low, high)))


def unknown(like: Any) -> Interval:
    """Intervals that say nothing, in the shape of an array."""
    infinite = jnp.full(jnp.shape(like), jnp.inf)
    return Interval(-infinite, infinite)


def entered(low: Any, high: Any = None) -> Interval:
    """Floats of any size from outside, or boxes between two.

    A device may take subnormal numbers for zero: they get ends on either side.
    """
    return Interval(_beyond(low, -_SMALLEST), _beyond(low if high is None else high, _SMALLEST))


def _beyond(x: Any, limit: float) -> Any:
    """A number, or beyond a subnormal one the next that is none, on the limit's side."""
    bits = lax.bitcast_convert_type(jnp.asarray(x, jnp.float64), jnp.int64)
    is_subnormal = ((bits & _EXPONENT) == 0) & ((bits & ~(_EXPONENT | _SIGN)) != 0)
    is_on_side = (bits < 0) == (limit < 0)
    return jnp.where(is_subnormal, jnp.where(is_on_side, limit, 0.0), x)


def is_unknown(x: Interval) -> Any:
    """Where nothing is known of a value, not even whether there is one."""
    return np.zeros((), bool) if x.is_point else (x.low == -jnp.inf) & (x.high == jnp.inf)


def unless_unknown(value: Interval, *sources: Interval) -> Interval:
    """A value where all that it comes from is known; unknown elsewhere."""
    flags = [is_unknown(source) for source in sources if not source.is_point]
    if not flags:
        return value
    return chosen(functools.reduce(operator.or_, flags), unknown(value.low), value)


def downward(x: Any, ulps: float = 1.0) -> Any:
    """A number under what rounding, to so many ulps, made x of."""
    share = 2 * ulps * EPSILON
    return jnp.where(x == jnp.inf, LARGEST * (1 - share), x - (abs(x) * share + FLUSHED))


def upward(x: Any, ulps: float = 1.0) -> Any:
    """A number over what rounding, to so many ulps, made x of."""
    share = 2 * ulps * EPSILON
    return jnp.where(x == -jnp.inf, LARGEST * (share - 1), x + (abs(x) * share + FLUSHED))


def outward(low: Any, high: Any, ulps: float = 1.0) -> Interval:
    """Ends as they were rounded, moved apart."""
    need_x64()
    return Interval(downward(low, ulps), upward(high, ulps))


def need_x64() -> None:
    """Refuse to compute in float32, which would not be outward."""
    if jnp.result_type(float) != np.float64:
        raise RuntimeError(
            "intervals need x64, got jax_enable_x64=False; read them inside jax.enable_x64(True)."
        )


def settled(value: Interval, *sources: Interval) -> Interval:
    """A value whose ends may be NaN for want of a number, as one that says so.

    It is nowhere defined where a source is not, and unknown where only the arithmetic of its
    ends failed.
    """
    lost = jnp.isnan(value.low) | jnp.isnan(value.high)
    low, high = (jnp.where(lost, end, x) for end, x in zip((-jnp.inf, jnp.inf), value, strict=True))
    undefined = is_undefined(*sources)  # of none: nowhere
    return Interval(jnp.where(undefined, jnp.nan, low), jnp.where(undefined, jnp.nan, high))


def is_undefined(*sources: Interval) -> Any:
    """Where one of some intervals holds no number, for certain."""
    found: Any = np.zeros((), bool)
    for source in sources:
        found = found | jnp.isnan(source.low)
    return found


def chosen(where: Any, first: Interval, second: Interval) -> Interval:
    """The first where a condition that is known holds, else the second."""
    return Interval(jnp.where(where, first.low, second.low),
                    jnp.where(where, first.high, second.high))  # fmt: skip


def join(left: Kind, right: Kind) -> Kind:
    """What holds whichever of two values it is."""
    x, y = cast(Any, left), cast(Any, right)
    if isinstance(x, Truth):
        found: Any = Truth(x.yes & y.yes, x.no & y.no)
    elif isinstance(x, Whole):
        found = Whole(x.value, x.known & y.known & (x.value == y.value))
    else:
        found = settled(Interval(jnp.minimum(x.low, y.low), jnp.maximum(x.high, y.high)))
    return found


def forgotten(value: Kind, known: Any) -> Kind:
    """A value of which nothing is known but where something is known to be so."""
    if isinstance(value, Truth):
        found: Any = Truth(value.yes & known, value.no & known)
    elif isinstance(value, Whole):
        found = Whole(value.value, value.known & known)
    else:
        found = chosen(known, value, unknown(value.low))
    return found


def apart(function: Callable[..., Any], *values: Kind) -> Kind:
    """A function that only moves elements, applied to each component of values of one kind."""
    kind: Any = type(values[0])
    first = function(*(value[0] for value in values))
    if all(isinstance(value, Interval) and value.is_point for value in values):
        return kind(first, first)
    return kind(first, function(*(value[1] for value in values)))


def kept(value: Kind) -> Kind:
    """The same value, which XLA does not compute anew for each of its uses.

    XLA's compiler for CPUs makes one loop of all elementwise operations that a result needs, and
    what several results need it puts into the loop of each: that grows with the square of a
    chain's length, and faster. A quotient that is needed twice it keeps. The divisor is one, which
    LLVM sees and XLA does not. Integers, of which few are made from others, are left as they are.
    """
    need_x64()
    found: Any = apart(_kept, value)
    return found.meaning(value.if_true, value.if_false) if isinstance(value, Compared) else found


def _kept(x: Any) -> Any:
    if isinstance(x, np.ndarray | np.generic):
        return x
    if x.dtype != np.float64:
        return _kept(x.astype(np.float64)) != 0 if x.dtype == np.bool_ else x
    bits = lax.bitcast_convert_type(x, jnp.int64)
    one = jnp.maximum(lax.shift_right_arithmetic(bits, np.int64(63)), 0) + 1
    if not jaxprs.has_older_loops():  # the newer ones keep quotients of floats only
        return x / one.astype(np.float64)
    # Those of floats the older loops would write over the dividends, and then do one by one what
    # they otherwise do eight at a time.
    return lax.bitcast_convert_type(lax.div(bits, one), jnp.float64)


def is_readable(dtype: Any) -> bool:
    """Whether arrays of a dtype are real numbers, whole numbers or booleans."""
    return any(jnp.issubdtype(dtype, kind) for kind in (np.bool_, np.integer, np.floating))


def kind_of(dtype: Any) -> type:
    """The kind of value that stands for arrays of a dtype."""
    if dtype == np.bool_:
        return Truth
    return Whole if jnp.issubdtype(dtype, jnp.integer) else Interval


def constant(value: np.ndarray) -> Value:
    """A constant of a program, as it is stored."""
    need_x64()
    kind = kind_of(value.dtype)
    if kind is Truth:
        return Truth(value, ~value)
    if kind is Whole:
        return Whole(value, np.ones(value.shape, bool))
    number = np.asarray(value, np.float64)
    is_flushed = (number != 0) & (abs(number) < _SMALLEST)
    if not is_flushed.any():
        return point(number)
    low, high = np.where(number < 0, -_SMALLEST, 0.0), np.where(number > 0, _SMALLEST, 0.0)
    return Interval(np.where(is_flushed, low, number), np.where(is_flushed, high, number))
