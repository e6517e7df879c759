"""Bounds of errors in ulps, for a batch of points at once, on the device.

The exact value lies in an interval, so that the error of a float lies between two bounds. They
are computed in float64 with a few roundings, of which `_ROOM` takes care.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from verify.arithmetic.errors import UnsupportedPrimitive
from verify.arithmetic.intervals import selfcheck
from verify.arithmetic.intervals.slopes import SLOPES, Dual, settled_slope
from verify.arithmetic.intervals.system import INTERVALS
from verify.arithmetic.intervals.values import Interval, entered, is_unknown, point
from verify.arithmetic.ulps import Format
from verify.checks.accuracy.target import Target

_ROOM = 2.0**-20  # relative, by which an error may be off: it is kept in float32
_FAR = 1e300  # beyond it, an end of an interval is taken for infinite
_MOST = 3e38  # ulps, short of infinitely many
OF_NO_NORMAL = 1.0  # the radius of a NaN's error where the exact value may be no normal number


class Bounds(NamedTuple):
    """Of each output at each point of a batch, as arrays of (points, outputs) in float32.

    Attributes:
        signed: the error in ulps; infinite where a NaN or an infinity is wrong.
        radius: how far it may be from that; infinite where nothing is known, NaN where
            there is no exact value, for certain; OF_NO_NORMAL is a mark.
    """

    signed: Any
    radius: Any


def pack(found: Bounds) -> Any:
    """Both numbers in one of 64 bits: of two results XLA computes each from the beginning."""
    halves = (lax.bitcast_convert_type(part.astype(jnp.float32), jnp.uint32) for part in found)
    high, low = (half.astype(jnp.uint64) for half in halves)
    return (high << 32) | low


def unpacked_on_device(errors: Any) -> Bounds:
    """The inverse of `pack`, in JAX."""
    halves = ((errors >> 32).astype(jnp.uint32), errors.astype(jnp.uint32))
    return Bounds(*(lax.bitcast_convert_type(half, jnp.float32) for half in halves))


def unpacked(errors: np.ndarray) -> Bounds:
    """The inverse of `pack`, in NumPy."""
    halves = ((errors >> np.uint64(32)).astype(np.uint32), errors.astype(np.uint32))
    return Bounds(*(half.view(np.float32) for half in halves))


def enclosure(target: Target) -> Callable[..., Interval] | None:
    """The exact outputs at a batch of points, as intervals; None where balls must read them.

    Balls must where a primitive has no rule, or the device computes one too badly. To be called
    under `jit` with x64 on, with arrays of float64.
    """
    read = _slopes(target) if target.gradient else _values(target)
    avals = [jax.ShapeDtypeStruct(shape, np.float64) for shape in target.variables.values()]
    try:
        jax.eval_shape(read, *avals)
        selfcheck.check(target.program, slopes=target.gradient)
    except (UnsupportedPrimitive, selfcheck.DeviceInexact):
        return None
    return jax.vmap(read)


def _values(target: Target) -> Callable[..., Interval]:
    program, enter = INTERVALS.compile(target.program), _entrance(target)

    def read(*arguments: Any) -> Interval:
        return _flat(program(*map(enter, arguments)))

    return read


def _entrance(target: Target) -> Callable[[Any], Interval]:
    """How inputs become intervals: no float narrower than float64 is subnormal in it."""
    return entered if target.is_double else point


def _flat(values: Any) -> Interval:
    """Several outputs as one vector."""
    sides = ([jnp.ravel(jnp.asarray(v[side], jnp.float64)) for v in values] for side in (0, 1))
    return Interval(*map(jnp.concatenate, sides))


def _slopes(target: Target) -> Callable[..., Interval]:
    """All partial derivatives, one direction after the other."""
    program, enter = SLOPES.compile(target.program), _entrance(target)

    def along(place: int, direction: Any, arguments: Any) -> Interval:
        values: list[Any] = [enter(a) for a in arguments]
        values[place] = Dual(values[place], point(direction))
        (result,) = program(*values)
        return settled_slope(result)

    def read(*arguments: Any) -> Interval:
        found = []
        for place, argument in enumerate(arguments):
            if not argument.shape:
                found.append(along(place, np.float64(1.0), arguments))
                continue
            basis = jnp.eye(argument.size).reshape(argument.size, *argument.shape)
            found.append(jax.vmap(lambda d, place=place: along(place, d, arguments))(basis))
        return _flat(found)

    return read


def bounds(c: Any, exact: Interval, format: Format, is_finite: bool = False) -> Bounds:
    """Bounds of the errors of floats of a format, as float64, against what encloses them.

    They are what `verify.arithmetic.ulps.error` gives for a ball. Where it is known that all
    the floats are finite, less is to be done.
    """
    low, high = exact
    signed, radius = _of_finite(c, low, high, format)
    is_known = ((abs(low) < _FAR) & (abs(high) < _FAR)) | _is_over(low, high, format)
    if not is_finite:
        signed, radius = _with_infinity(c, low, high, format, (signed, radius))
        wrong = jnp.isnan(c) & ~is_unknown(exact)
        of_nan = jnp.where(_is_normal(low, high, format), 0.0, OF_NO_NORMAL)
        signed, radius = jnp.where(wrong, jnp.inf, signed), jnp.where(wrong, of_nan, radius)
        is_known |= wrong
    radius = jnp.where(is_known, radius, jnp.inf)
    signed = jnp.where(jnp.isinf(radius), 0.0, signed)
    signed, radius = _with_exact_infinity(c, low, high, (signed, radius))
    radius = jnp.where(jnp.isnan(low), jnp.nan, radius)
    return Bounds(_limited(signed).astype(jnp.float32), _limited(radius).astype(jnp.float32))


def _with_exact_infinity(c: Any, low: Any, high: Any, found: tuple[Any, Any]) -> tuple[Any, Any]:
    """Where the exact value is an infinity, which is right or wrong."""
    endless = (low == high) & jnp.isinf(low)
    signed = jnp.where(endless, jnp.where(c == low, 0.0, jnp.inf), found[0])
    return signed, jnp.where(endless, jnp.where(jnp.isnan(c), OF_NO_NORMAL, 0.0), found[1])


def _limited(x: Any) -> Any:
    """A number of ulps as float32 can keep it."""
    return jnp.where(jnp.isinf(x), x, jnp.clip(x, -_MOST, _MOST))


def _is_over(low: Any, high: Any, format: Format) -> Any:
    """Whether an exact value is beyond all floats of a format, on one side."""
    return (low >= _overflow(format)) | (high <= -_overflow(format))


def _is_normal(low: Any, high: Any, format: Format) -> Any:
    """Whether an exact value is of the size of a normal number, for certain."""
    over = (low >= format.smallest) | (high <= -format.smallest)
    return over & (jnp.maximum(abs(low), abs(high)) < _overflow(format))


def _overflow(format: Format) -> float:
    """From here on rounding gives infinity; float64 cannot write its own."""
    return np.inf if format.is_double else float(format.overflow)


def _of_finite(c: Any, low: Any, high: Any, format: Format) -> tuple[Any, Any]:
    """The error in the middle of an interval, and how far that at its ends is from it."""
    below, above = (_contracted(_capped(end, format), format) for end in (low, high))
    place = _contracted(c, format)
    holds_zero = (low <= 0) & (high >= 0)
    smaller = jnp.where(holds_zero, 0.0, jnp.minimum(abs(low), abs(high)))
    greater = jnp.maximum(abs(low), abs(high))
    fine, coarse = _ulps_in_one(smaller, format), _ulps_in_one(_within(low, high), format)
    middle = _scaled(place - (below + (above - below) / 2), coarse)
    size = abs(middle)
    reach = _scaled(jnp.maximum(abs(place - below), abs(place - above)), fine)
    near = _scaled(jnp.maximum(jnp.maximum(below - place, place - above), 0.0), coarse)
    flushed = (abs(c) < format.smallest) & (greater < format.smallest)
    radius = jnp.maximum(reach - size, size - near) + size * _ROOM
    radius = jnp.where(jnp.isnan(radius), jnp.inf, radius)  # more ulps than float64 can count
    return jnp.where(flushed, 0.0, middle), jnp.where(flushed, 0.0, radius)


def _within(low: Any, high: Any) -> Any:
    """The greatest size in an interval, an end that is not alone left out.

    What is known to be at most a power of two is mostly below it, in the lower binade.
    """
    greater = jnp.maximum(abs(low), abs(high))
    bits = lax.bitcast_convert_type(greater, jnp.int64) - ((low < high) & (greater > 0))
    return lax.bitcast_convert_type(bits, jnp.float64)


def _with_infinity(
    c: Any, low: Any, high: Any, format: Format, finite: tuple[Any, Any]
) -> tuple[Any, Any]:
    """Where an infinity was computed: near in the top binade, wrong below it."""
    sign = jnp.sign(c)
    near, far = jnp.minimum(sign * low, sign * high), jnp.maximum(sign * low, sign * high)
    top, scale = 2.0**format.greatest, 2.0 ** (format.precision - 1 - format.greatest)
    least, most = (jnp.maximum(2 * (top * scale) - end * scale, 0.0) for end in (far, near))
    is_infinite, is_wrong, is_near = jnp.isinf(c), far < top, near >= top
    least = jnp.where(far >= _overflow(format), 0.0, least)
    signed = sign * jnp.where(is_wrong, jnp.inf, (least + most) / 2)
    radius = jnp.where(is_wrong, 0.0, jnp.where(is_near, most - least, jnp.inf))
    is_right = (near >= _overflow(format)) & is_infinite
    signed, radius = jnp.where(is_right, 0.0, signed), jnp.where(is_right, 0.0, radius)
    return jnp.where(is_infinite, signed, finite[0]), jnp.where(is_infinite, radius, finite[1])


def _capped(x: Any, format: Format) -> Any:
    """An exact value as the infinity that it rounds to, which stands for 2^(e_max + 1)."""
    if format.is_double:
        return x
    top = 2.0 ** (format.greatest + 1)
    return jnp.where(abs(x) >= _overflow(format), jnp.sign(x) * top, x)


def _contracted(x: Any, format: Format) -> Any:
    """A number without what flushing cannot give: the sizes from 0 to 2^e_min, less an ulp.

    In float64, where that is no number of the device's, nothing is taken out.
    """
    if format.is_double:
        return x
    gap = format.smallest - format.quantum
    return jnp.sign(x) * jnp.maximum(abs(x) - gap, 0.0)


def _ulps_in_one(size: Any, format: Format) -> tuple[Any, Any]:
    """1/ulp(size) as a product of two powers of two, by the bits of a float64's exponent."""
    exponent = lax.bitcast_convert_type(size + 0.0, jnp.int64) >> 52 & 0x7FF
    exponent = jnp.clip(exponent - 1023, format.least, format.greatest)
    power = format.precision - 1 - exponent
    half = power >> 1
    return _power(half), _power(power - half)


def _power(exponent: Any) -> Any:
    return lax.bitcast_convert_type((exponent + 1023) << 52, jnp.float64)


def _scaled(x: Any, scale: tuple[Any, Any]) -> Any:
    return x * scale[0] * scale[1]
