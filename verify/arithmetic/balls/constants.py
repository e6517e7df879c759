"""Constants of a program as balls: what their author may have meant by them.

A constant stored as a float was rounded at least once, and more often when arithmetic
was done on it before tracing: `jnp.log(2 * jnp.pi)` at module level is up to 1.6 ulps
from its value. Short constants (0.5, 3.25) and integers are taken at their word.
"""

import hashlib
import math
import struct
from typing import Any

import jax.numpy as jnp
from flint import arb

from verify.arithmetic.reading import current

EXACT_BITS = 12  # a constant with no more significant bits was meant as it stands
FLOAT32_BITS = 24  # one with no more may have been rounded to float32
ULPS = 4  # how far arithmetic before tracing may have moved a constant
RESIDUES = (2.0**-60, 2.0**-44)  # sizes of what cancellation leaves before tracing
RESIDUE_RADIUS = 2.0**-44  # by which such a constant is widened, so that zero is in its ball
WIDE = 2.0**-40  # relative radius under which a refutation must survive


def constant(value: Any) -> arb:
    """A constant's ball, as the reading in force wants it."""
    number = float(value)
    if not math.isfinite(number):
        return arb.nan() if math.isnan(number) else arb.pos_inf() * (1 if number > 0 else -1)
    radius = 0.0 if current().constants == "points" else uncertainty(value)
    if not radius:
        return exact(number)
    if current().constants.endswith("wide"):
        radius = max(radius, WIDE * abs(number), RESIDUE_RADIUS if is_residue(number) else 0.0)
    if current().constants.startswith("perturbed"):
        return exact(number) + exact(radius * _random_sign(number, current().seed))
    return arb(exact(number), exact(radius))


def exact(number: float) -> arb:
    """A finite float as the real number it is."""
    return arb(number)


def uncertainty(value: Any) -> float:
    """How far from a stored constant its author's number may be: 0 for an exact one."""
    number = float(value)
    bits = significant_bits(number)
    if is_residue(number):
        return ULPS * 2.0**-53 * abs(number)
    if bits <= EXACT_BITS or (number.is_integer() and abs(number) <= 2.0**53):
        return 0.0
    if bits <= FLOAT32_BITS:
        ulp = 2.0 ** (math.frexp(number)[1] - FLOAT32_BITS)
    else:
        ulp = float(jnp.finfo(value.dtype).eps) * 2.0 ** (math.frexp(number)[1] - 1)
    return ULPS * ulp


def is_residue(number: float) -> bool:
    """Whether a constant is of the size that rounding leaves of numbers near one.

    cos(pi/2) is 6e-17 in floats, and 0.1 + 0.2 - 0.3 is 2^-54: what was meant is zero.
    """
    return RESIDUES[0] <= abs(number) < RESIDUES[1]


def significant_bits(number: float) -> int:
    """Bits from the first to the last that is set."""
    numerator = abs(number.as_integer_ratio()[0])
    return (numerator // (numerator & -numerator)).bit_length() if numerator else 0


def _random_sign(number: float, seed: int) -> float:
    """A number in (-1, 1) that depends on the constant and the seed alone."""
    digest = hashlib.blake2b(struct.pack("<dq", number, seed), digest_size=8).digest()
    return 2 * int.from_bytes(digest, "little") / 2**64 - 1
