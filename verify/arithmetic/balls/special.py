"""Rules of balls for the inverse of the error function, and for Bessel functions."""

from typing import Any

from flint import arb

from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls.enclosure import ONE, ZERO, common, monotone, narrowed, sharpened

_I1E_BOUND = arb(0, 0.22)  # its size is greatest at 1.545, where it is 0.2191


def erf_inv(x: arb) -> arb:
    """Nothing at ±1, as atanh and log have nothing at their poles: a float's infinity is none."""
    return sharpened(arb.erfinv, x) if abs(x) < ONE else arb.nan()


def bessel_i0e(x: arb) -> arb:
    """exp(-|x|) I0(x)."""
    return narrowed(_scaled_i0(abs(x)), _scaled_i0, abs(x))


def _scaled_i0(x: arb) -> arb:
    return x.bessel_i(0, scaled=True)


def bessel_i1e(x: arb) -> arb:
    """exp(-|x|) I1(x), an odd function, under 0.22 in size."""
    if x.contains(ZERO) and not x.is_zero():
        return common(x.bessel_i(1) * (-abs(x)).exp(), _I1E_BOUND)
    value = common(abs(x).bessel_i(1, scaled=True), _I1E_BOUND)
    return -value if x < ZERO else value


RULES: dict[str, Any] = {
    "erf_inv": monotone(erf_inv),
    "bessel_i0e": Elementwise(bessel_i0e),
    "bessel_i1e": Elementwise(bessel_i1e),
}
