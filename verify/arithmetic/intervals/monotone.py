"""Rules of intervals for functions that grow or fall, which XLA computes with an error.

Each is allowed many more ulps than it was ever seen to be off; `selfcheck` looks for more on
the device in use. In the ulps of a float32 even a million of float64's are nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from verify.arithmetic.intervals import logarithm
from verify.arithmetic.intervals.elementary import absolute, undefined_where
from verify.arithmetic.intervals.values import (
    Interval,
    chosen,
    is_undefined,
    outward,
    settled,
    unknown,
    unless_unknown,
)

SLACK = 2.0**10  # float64 ulps, of a function that is not said to need more
_ROUGH = 2.0**12  # exp2, sinh, cosh and erfc are 350 to 719 ulps off on JAX's own page
_ROUGHEST = 2.0**22  # erf_inv is 500,000 ulps off there


class Monotone(NamedTuple):
    """A function that grows, or falls, over its whole domain.

    Attributes:
        function: in float64 on the device.
        falls: whether it falls.
        domain: where it is defined.
        poles: ends of the domain at which it is not.
        range: what its values lie in.
        slack: by how many ulps of its value it may be off.
    """

    function: Callable[..., Any]
    falls: bool = False
    domain: tuple[float, float] = (-np.inf, np.inf)
    poles: tuple[float, ...] = ()
    range: tuple[float, float] = (-np.inf, np.inf)
    slack: float = SLACK

    def __call__(self, x: Interval) -> Interval:
        low, high = self.domain
        meets = _any((x.low <= end) & (x.high >= end) for end in self.poles)
        is_inside = (x.low >= low) & (x.high <= high) & ~meets
        value = chosen(is_inside, self._inside(x), unknown(x.low))
        if self.domain == (-np.inf, np.inf):
            value = unless_unknown(value, x)
        stays = _any((x.low == end) & (x.high == end) for end in self.poles)
        return undefined_where((x.high < low) | (x.low > high) | stays | is_undefined(x), value)

    def _inside(self, x: Interval) -> Interval:
        """The value where the argument lies in the domain."""
        inside = [jnp.clip(end, *self.domain) for end in ((x.low,) if x.is_point else x)]
        ends = [self.function(end) for end in inside]
        first, last = (ends[-1], ends[0]) if self.falls else (ends[0], ends[-1])
        value = settled(outward(first, last, self.slack), x)
        return Interval(*(jnp.clip(end, *self.range) for end in value))


def _any(flags: Iterable[Any]) -> Any:
    found: Any = np.zeros((), bool)
    for flag in flags:
        found = found | flag
    return found


class Even(NamedTuple):
    """An even function, from what it is for arguments that are not negative."""

    grown: Monotone

    def __call__(self, x: Interval) -> Interval:
        return self.grown(absolute(x))


FUNCTIONS: dict[str, Callable[..., Interval]] = {
    "exp": Monotone(lax.exp, range=(0.0, np.inf)),
    "exp2": Monotone(lax.exp2, range=(0.0, np.inf), slack=_ROUGH),
    "expm1": Monotone(lax.expm1, range=(-1.0, np.inf)),
    "log": Monotone(logarithm.log, domain=(0.0, np.inf), poles=(0.0,)),
    "log1p": Monotone(logarithm.log1p, domain=(-1.0, np.inf), poles=(-1.0,)),
    "cbrt": Monotone(lax.cbrt),
    "tanh": Monotone(lax.tanh, range=(-1.0, 1.0)),
    "logistic": Monotone(lax.logistic, range=(0.0, 1.0)),
    "sinh": Monotone(lax.sinh, slack=_ROUGH),
    "cosh": Even(Monotone(lax.cosh, range=(1.0, np.inf), slack=_ROUGH)),
    "asinh": Monotone(lax.asinh),
    "acosh": Monotone(lax.acosh, domain=(1.0, np.inf), range=(0.0, np.inf)),
    "atanh": Monotone(lax.atanh, domain=(-1.0, 1.0), poles=(-1.0, 1.0)),
    "asin": Monotone(lax.asin, domain=(-1.0, 1.0)),
    "acos": Monotone(lax.acos, falls=True, domain=(-1.0, 1.0)),
    "atan": Monotone(lax.atan),
    "erf": Monotone(lax.erf, range=(-1.0, 1.0)),
    "erfc": Monotone(lax.erfc, falls=True, range=(0.0, 2.0), slack=_ROUGH),
    "erf_inv": Monotone(lax.erf_inv, domain=(-1.0, 1.0), poles=(-1.0, 1.0), slack=_ROUGHEST),
    "bessel_i0e": Even(Monotone(lax.bessel_i0e, falls=True, range=(0.0, 1.0))),
}
