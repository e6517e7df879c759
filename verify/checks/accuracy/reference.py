"""The error at one input, against balls: the last word of every verdict on accuracy."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from flint import arb

from verify.arithmetic import jaxprs
from verify.arithmetic.arrays import boxed
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.definedness import DEFINEDNESS, Undefined
from verify.arithmetic.errors import Undecided, Unreadable
from verify.arithmetic.jaxprs import Closed
from verify.arithmetic.jets.derivative import Derivative, NotDifferentiable
from verify.arithmetic.reading import reading
from verify.arithmetic.ulps import distance, error, floats_at, is_subnormal, ordinals
from verify.checks.accuracy.stopping import need_to_go_on
from verify.checks.accuracy.tally import EDGES
from verify.checks.accuracy.target import Target
from verify.checks.reader import as_balls

_FIRST_BITS, _MOST_BITS = 96, 4096
_ERROR_BITS = 20  # to which an error is settled
_REMEMBERED = 2**12  # errors of inputs that are zero
_CONDITION_BITS = 70  # to which neighbouring values are known


class UnsettledError(Exception):
    """An error that is not known: there is no exact value, no derivative, or no answer."""

    def __init__(self, kind: str, why: str):
        super().__init__(why)
        self.kind = kind


class Error(NamedTuple):
    """The error of an output, in ulps.

    Attributes:
        lower, upper: bounds of its size.
        signed: with its sign.
        is_normal: whether the exact value is of the size of a normal number.
        exact: a ball around the exact value.
    """

    lower: float
    upper: float
    signed: float
    is_normal: bool
    exact: arb


class Reference:
    """The exact outputs of a target at single inputs."""

    def __init__(self, target: Target):
        self.target = target
        self._values = BALLS.compile(target.program)
        self._careful = DEFINEDNESS.compile(target.program)
        self._slopes: dict[int, tuple[Derivative, Any]] = {}
        self._of_zero: dict[Any, Error | UnsettledError] = {}

    def error(self, inputs: Sequence[Any], output: int, value: float) -> Error:
        """The error of a computed output.

        An input that is no normal number counts as what it is or as zero, as devices may
        have it: the lesser error is given. Where zero has no exact value, no infinity or NaN
        is wrong.

        Args:
            inputs: an array or a scalar for each argument.
            output: which of the outputs.
            value: what was computed.

        Raises:
            UnsettledError: there is none.
        """
        flushed = [_flushed(x, self.target.format) for x in inputs]
        if all(np.array_equal(a, b) for a, b in zip(inputs, flushed, strict=True)):
            return self._error(inputs, output, value)
        of_zero = self._error_of_zero(flushed, output, value)
        if not isinstance(of_zero, UnsettledError):
            return min(self._error(inputs, output, value), of_zero, key=lambda e: e.upper)
        if of_zero.kind == "undefined":
            found = self._error(inputs, output, value)
            if math.isfinite(value) or found.upper <= EDGES[0]:
                return found
        raise UnsettledError(of_zero.kind, str(of_zero))

    def _error_of_zero(
        self, flushed: Sequence[Any], output: int, value: float
    ) -> Error | UnsettledError:
        """What many inputs share that count as zero, which is found once."""
        key = (*(x.tobytes() for x in flushed), output, value.hex())
        if key not in self._of_zero:
            if len(self._of_zero) >= _REMEMBERED:
                self._of_zero.clear()
            try:
                self._of_zero[key] = self._error(flushed, output, value)
            except UnsettledError as why:
                self._of_zero[key] = why
        return self._of_zero[key]

    def _error(self, inputs: Sequence[Any], output: int, value: float) -> Error:
        def settles(exact: arb) -> Error | None:
            found = error(value, exact, self.target.result)
            if found.is_nan() or not (found.is_finite() or found.is_exact()):
                return None
            normal = _is_normal(exact, self.target.result)
            if not found.is_finite():
                return Error(math.inf, math.inf, _sign(found) * math.inf, normal, exact)
            lower, upper = float(abs(found).lower()), float(abs(found).upper())
            is_settled = upper - lower <= 2.0**-_ERROR_BITS * max(1.0, upper)
            if not is_settled and found.rel_accuracy_bits() < _ERROR_BITS:
                return None
            return Error(max(lower, 0.0), upper, float(found.mid()), normal, exact)

        return self._settled(inputs, output, settles)

    def exact(self, inputs: Sequence[Any], output: int, digits: int = 30) -> str:
        """The exact output in decimal digits that are all right; of zero, how near it is known.

        Raises:
            UnsettledError: there is none.
        """
        bits = digits * math.log2(10) + 4
        nearest = arb.nan()

        def settles(exact: arb) -> str | None:
            nonlocal nearest
            nearest = exact
            if not exact.is_finite():
                return ("inf" if exact > 0 else "-inf") if exact.is_exact() else None
            if exact.is_zero():
                return "0"
            return exact.str(digits, radius=False) if exact.rel_accuracy_bits() > bits else None

        try:
            return self._settled(inputs, output, settles)
        except UnsettledError:
            if nearest.is_finite() and nearest.contains(0):
                return nearest.str(digits)  # such as [+/- 1.2e-1233]
            raise

    def conditioning(self, inputs: Sequence[Any], output: int) -> float | None:
        """How many ulps of an output a step of one ulp in each input is worth, all together.

        None where a value that it takes is not known.
        """
        try:
            here = self._settled(inputs, output, _rounded)
            total = 0.0
            for position, argument in enumerate(inputs):
                for entry in np.ndindex(*np.shape(argument)):
                    there = self._settled(_stepped(inputs, position, entry), output, _rounded)
                    total += float(abs(distance(there, here, self.target.result)).mid())
        except UnsettledError:
            return None
        return total

    def _settled(self, inputs: Sequence[Any], output: int, settles: Callable[[arb], Any]) -> Any:
        """The first answer, precision growing as long as it takes."""
        bits = _FIRST_BITS
        while bits <= _MOST_BITS:
            need_to_go_on()
            with reading(bits=bits, constants="points") as notes:
                exact = self._at(inputs, output)
                found = settles(exact)
                if found is not None and not notes.estimated:
                    return found
            bits *= 2
        self._need_defined(inputs, output)
        raise UnsettledError("unread", "its digits do not settle")

    def _at(self, inputs: Sequence[Any], output: int) -> arb:
        arguments = [as_balls(x) for x in inputs]
        try:
            return self._slope(arguments, output) if self.target.gradient else (
                self._value(arguments, output))  # fmt: skip
        except NotDifferentiable as why:
            raise UnsettledError("kink", str(why)) from why
        except Undecided:
            return arb.nan()
        except Unreadable as why:
            raise UnsettledError("unread", str(why)) from why

    def _value(self, arguments: Sequence[Any], output: int) -> arb:
        for result in self._values(*arguments):
            entries = boxed(result)
            if output < entries.size:
                found = entries.flat[output]
                return found if isinstance(found, arb) else arb.nan()
            output -= entries.size
        raise IndexError(output)

    def _slope(self, arguments: Sequence[Any], output: int) -> arb:
        derivative, place = self._partial(output)
        position, entry = place
        argument = arguments[position]
        at = boxed(argument).flat[entry] if isinstance(argument, np.ndarray) else argument
        return derivative(at, *arguments)

    def _partial(self, output: int) -> tuple[Derivative, tuple[int, int]]:
        """The derivative along one number of the arguments."""
        if output not in self._slopes:
            place = _place(list(self.target.variables.values()), output)
            self._slopes[output] = Derivative(_along(self.target.program, *place)), place
        return self._slopes[output]

    def _need_defined(self, inputs: Sequence[Any], output: int) -> None:
        """An error that says so where the reference has no value, for certain."""
        with reading(bits=_FIRST_BITS, constants="points"):
            try:
                results = self._careful(*(as_balls(x) for x in inputs))
            except Unreadable:
                return
        entries = [entry for result in results for entry in boxed(result).flat]
        lost = entries[0 if self.target.gradient else output]
        if isinstance(lost, Undefined):
            raise UnsettledError("undefined", lost.why)


def _rounded(exact: arb) -> arb | None:
    return exact if exact.is_finite() and exact.rel_accuracy_bits() > _CONDITION_BITS else None


def _stepped(inputs: Sequence[Any], position: int, entry: tuple[int, ...]) -> list[Any]:
    """The inputs, one number of them a float further from zero."""
    moved = [np.array(x) for x in inputs]
    number = moved[position][entry]
    place = ordinals(number)
    moved[position][entry] = floats_at(place + (1 if place >= 0 else -1), number.dtype)
    return moved


def _place(shapes: Sequence[tuple[int, ...]], output: int) -> tuple[int, int]:
    """Which argument, and which number of it, a partial derivative is for."""
    for position, shape in enumerate(shapes):
        size = int(np.prod(shape, dtype=int))
        if output < size:
            return position, output
        output -= size
    raise IndexError(output)


def _along(program: Closed, position: int, entry: int) -> Closed:
    """The program as a function of one number of its arguments, then of them all."""

    def moved(z: Any, *arguments: Any) -> Any:
        shape = jnp.shape(arguments[position])
        changed = jnp.ravel(arguments[position]).at[entry].set(z).reshape(shape) if shape else z
        everything = [*arguments[:position], changed, *arguments[position + 1 :]]
        (result,) = jaxprs.evaluate(program, *everything)
        return result

    avals = [jaxprs.float64(aval.shape) for aval in program.in_avals]
    return jaxprs.trace(moved, jaxprs.float64(), *avals)[0]


def _flushed(x: Any, format: Any) -> np.ndarray:
    array = np.asarray(x)
    return np.where(is_subnormal(array, format), np.zeros_like(array), array)


def _sign(x: arb) -> float:
    return 1.0 if x > 0 else -1.0


def _is_normal(exact: arb, format: Any) -> bool:
    size = abs(exact)
    return bool(exact.is_finite() and size >= format.smallest and size <= format.largest)
