"""Rules of balls for the inverse of the error function, and for Bessel functions."""

from typing import Any

from flint import arb

from verify.arithmetic.arrays import Elementwise
from verify.arithmetic.balls.enclosure import monotone, sharpened


def bessel_i0e(x: arb) -> arb:
    """exp(-|x|) I0(x)."""
    return abs(x).bessel_i(0, scaled=True)


def bessel_i1e(x: arb) -> arb:
    """exp(-|x|) I1(x), an odd function."""
    if x.contains(0) and not x.is_zero():
        return x.bessel_i(1) * (-abs(x)).exp()
    value = abs(x).bessel_i(1, scaled=True)
    return -value if x < 0 else value


RULES: dict[str, Any] = {
    "erf_inv": monotone(lambda x: sharpened(arb.erfinv, x)),
    "bessel_i0e": Elementwise(bessel_i0e),
    "bessel_i1e": Elementwise(bessel_i1e),
}
