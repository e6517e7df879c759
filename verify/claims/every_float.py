"""Every float of a dtype between two ends, numbered, without listing them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.arithmetic.ulps import Format, format_of, ordinals


@dataclass(frozen=True)
class Floats:
    """Floats in increasing order, -0 before +0, as two runs of numbered magnitudes.

    Attributes:
        format: theirs.
        negative: the numbers of the magnitudes of those with a sign, which fall.
        positive: of those without.
        is_whole: whether they are the whole numbers of the format; then a magnitude's
            number counts whole numbers, and otherwise it is the float's bits.
    """

    format: Format
    negative: range
    positive: range
    is_whole: bool = False

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.negative) + len(self.positive)

    def between(self, start: int, stop: int) -> np.ndarray:
        """Those numbered from start to stop - 1, the least being 0."""
        signed = len(self.negative)
        negative = self.negative[start:stop]
        positive = self.positive[max(start - signed, 0) : max(stop - signed, 0)]
        below, above = self._magnitudes(negative), self._magnitudes(positive)
        np.negative(below, out=below)
        if not (len(below) and len(above)):
            return below if len(below) else above
        return np.concatenate([below, above])

    @property
    def least(self) -> Any:
        """The lowest of them."""
        return self.between(0, 1)[0]

    @property
    def greatest(self) -> Any:
        """The highest of them."""
        return self.between(self.size - 1, self.size)[0]

    def nearest(self, x: np.ndarray) -> np.ndarray:
        """Numbers rounded to floats, and those beyond the ends moved to them."""
        low, high = float(self.least), float(self.greatest)
        rounded = np.clip(np.asarray(x, np.float64), low, high)
        rounded = np.round(rounded) if self.is_whole else rounded
        inside = np.clip(rounded.astype(self.format.dtype), self.least, self.greatest)
        return inside.astype(self.format.dtype)  # of bfloat16, clip makes float32

    def at(self, numbers: np.ndarray) -> np.ndarray:
        """Those of some numbers, in any order."""
        numbers, signed = np.asarray(numbers, np.uint64), np.uint64(len(self.negative))
        below = np.uint64(max(self.negative.start, 0)) - numbers
        above = np.uint64(self.positive.start) + (numbers - signed)
        is_negative = numbers < signed
        magnitudes = np.where(is_negative, below, above).astype(self.format.integer)
        found = self._floats(magnitudes)
        return np.where(is_negative, -found, found).astype(self.format.dtype)

    def _magnitudes(self, run: range) -> np.ndarray:
        kind = self.format.integer
        numbers = np.arange(len(run), dtype=kind)
        first = kind.type(run.start if run else 0)
        step = np.subtract if run.step < 0 else np.add
        step(first, numbers, out=numbers)
        return self._floats(numbers)

    def _floats(self, numbers: np.ndarray) -> np.ndarray:
        return _whole(numbers, self.format) if self.is_whole else numbers.view(self.format.dtype)


def floats_between(
    low: float, high: float, dtype: Any, *, is_open: bool = False, is_whole: bool = False
) -> Floats:
    """The floats x with low <= x <= high, or low < x < high; infinite ends are not in.

    Both zeros are in where 0 and negative numbers are.

    Raises:
        TypeError: ulps are not defined for the dtype.
    """
    format = format_of("every_float", dtype)
    first = _number(low, 1, format, is_open=is_open, is_whole=is_whole)
    last = _number(high, -1, format, is_open=is_open, is_whole=is_whole)
    has_zero = first <= 0 <= last
    least = max(-last, 0 if has_zero and low < 0 else 1)
    return Floats(format, range(-first, least - 1, -1), range(max(first, 0), last + 1), is_whole)


def _number(end: float, side: int, format: Format, *, is_open: bool, is_whole: bool) -> int:
    """The signed number of the lowest float (side 1) or the highest (side -1)."""
    near = np.asarray(min(max(end, -format.largest), format.largest)).astype(format.dtype)
    place = int(ordinals(near))
    number = int(math.copysign(_rank(abs(place), format), place)) if is_whole else place
    # Rounding led to one of the two neighbours of the end, so that the other is a step off.
    gap = (float(near) - end) * side
    return number + side if gap < 0 or (gap == 0 and is_open) else number


def _rank(place: int, format: Format) -> int:
    """The number of a whole number among the whole numbers of a format, from its bits.

    All under 2^p are floats; from 2^(p-1) on, every float is whole.
    """
    value = float(np.array(place, format.integer).view(format.dtype)[()])
    dense, bits = _dense(format)
    return int(value) if value < dense else dense + place - bits


def _whole(ranks: np.ndarray, format: Format) -> np.ndarray:
    """The inverse of `_rank`, as floats."""
    dense, bits = _dense(format)
    kind = format.integer.type
    large = (ranks - kind(dense) + kind(bits)).view(format.dtype)
    return np.where(ranks < dense, ranks.astype(format.dtype), large)


def _dense(format: Format) -> tuple[int, int]:
    """2^(p-1), and its bits as a float."""
    dense = 2 ** (format.precision - 1)
    return dense, int(ordinals(np.array(dense, format.dtype)))
