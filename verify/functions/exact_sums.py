"""Sums of products whose terms cancel by more than the digits of a pair.

Every product is that of halves of significands, and exact; sums are distilled: each pass
turns a list of floats into another of the same sum, whose entries are that sum and errors
of errors.

Source: Ogita, Rump and Oishi (2005), "Accurate sum and dot product", algorithm 4.4.
"""

import functools
from typing import TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Float

from verify.functions import pairs, wide
from verify.functions.pairs import Scaled

Floats: TypeAlias = Float[Array, "..."]

_UP = 50  # the exponent of what is squared: small parts of pairs do not underflow beside it


def difference_of_squares(a: Scaled, *others: Scaled) -> Scaled:
    """a² - Σ other², its error under 2⁻⁶⁸ of the largest square in float32."""
    exponent = functools.reduce(jnp.maximum, [x.exponent for x in (a, *others)]) - _UP
    first, *rest = (wide.pair(Scaled(x.pair, x.exponent - exponent)) for x in (a, *others))
    terms = _square(first) + [-term for x in rest for term in _square(x)]
    return wide.normal(Scaled(_distilled(terms), 2 * exponent))


def _square(a: pairs.Pair) -> list[Floats]:
    """Floats whose sum is a², up to the square of a.low."""
    (h_1, h_2), (l_1, l_2) = pairs.halves(a.high), pairs.halves(a.low)
    cross = [2 * h * low for h in (h_1, h_2) for low in (l_1, l_2)]
    return [h_1 * h_1, 2 * h_1 * h_2, h_2 * h_2, *cross, a.low * a.low]


def _distilled(terms: list[Floats]) -> pairs.Pair:
    """The sum of floats as a pair, after two passes."""
    *errors, total = _pass(_pass(terms))
    return pairs.plus(total, functools.reduce(jnp.add, errors))


def _pass(terms: list[Floats]) -> list[Floats]:
    """Floats of the same sum: the errors of a running sum, and that sum."""
    total, errors = terms[0], []
    for term in terms[1:]:
        both = pairs.plus(total, term)
        errors.append(both.low)
        total = both.high
    return [*errors, total]
