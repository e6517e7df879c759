"""All inputs of some variables, as numbered blocks that are made when asked for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from verify.arithmetic.errors import WrongValueError
from verify.arithmetic.ulps import format_of
from verify.claims.domain import Domain
from verify.claims.every_float import Floats
from verify.claims.simplex import Simplex

BLOCK = 2**20
_MOST = 2**32


@dataclass(frozen=True)
class Grid:
    """Every combination of floats of a dtype in the domains of scalar variables.

    A block holds some consecutive floats of each variable, with as many of the last as fit.

    Attributes:
        domains: of the variables.
        dtype: of the floats.
        block_size: the most inputs of a block.
        function: that needs them, for messages.

    Raises:
        TypeError: ulps are not defined for the dtype.
        ValueError: a variable is an array, no float is in its domain, or the combinations
            are more than 2^32.
    """

    domains: Mapping[str, Domain]
    dtype: Any
    block_size: int = BLOCK
    function: str = "measure"

    def __post_init__(self) -> None:
        format_of(self.function, self.dtype)
        if not self.domains:
            raise WrongValueError(f"{self.function} needs a variable, got none.")
        if self.size > _MOST:
            raise WrongValueError(
                f"{self.function} needs at most 2^32 inputs to try them all, got {self.size:,};"
                " narrow the domains, take a smaller dtype, or sample."
            )

    @property
    def size(self) -> int:
        """How many inputs there are."""
        return math.prod(floats.size for floats in self._axes)

    @property
    def blocks(self) -> int:
        """How many blocks they make."""
        return math.prod(self._counts)

    def count(self, block: int) -> int:
        """How many inputs a block holds."""
        return math.prod(stop - start for start, stop in self._ranges(block))

    def inputs(self, block: int) -> tuple[np.ndarray, ...]:
        """A block's inputs: for each variable a vector, all of one length."""
        ranges = zip(self._axes, self._ranges(block), strict=True)
        sides = [floats.between(*each) for floats, each in ranges]
        if len(sides) == 1:
            return tuple(sides)
        return tuple(side.ravel() for side in np.meshgrid(*sides, indexing="ij"))

    @cached_property
    def _axes(self) -> tuple[Floats, ...]:
        return tuple(self._floats(name) for name in self.domains)

    def _floats(self, name: str) -> Floats:
        domain = self.domains[name]
        if isinstance(domain, Simplex) or domain.shape:
            raise WrongValueError(
                f"{self.function} needs scalar variables to try every input, got {name} of shape"
                f" {domain.shape}; sample."
            )
        floats = domain.every_float(self.dtype)
        if not floats.size:
            raise WrongValueError(
                f"{self.function} needs a domain with floats of {floats.format.name} in it,"
                f" got {name} in {domain}."
            )
        return floats

    @cached_property
    def _sides(self) -> tuple[int, ...]:
        """How many floats of each variable a block holds."""
        room, sides = self.block_size, []
        for floats in reversed(self._axes):
            sides.append(min(floats.size, max(room, 1)))
            room //= sides[-1]
        return tuple(reversed(sides))

    @cached_property
    def _counts(self) -> tuple[int, ...]:
        """Into how many parts each variable is cut."""
        pairs = zip(self._axes, self._sides, strict=True)
        return tuple(-(-floats.size // side) for floats, side in pairs)

    def _ranges(self, block: int) -> list[tuple[int, int]]:
        """Which floats of each variable a block holds."""
        places = np.unravel_index(block, self._counts)
        return [
            (int(place) * side, min((int(place) + 1) * side, floats.size))
            for place, side, floats in zip(places, self._sides, self._axes, strict=True)
        ]
