"""Whether the device's functions are as good as the slack that intervals allow them.

Looked at once for each function and device, at some thousands of points that hurt, against
balls. A function that is off by more than half of what the rules widen it by is not trusted.
A pass is no proof: the slack is many times what was seen.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flint import arb
from jax import lax

from verify.arithmetic import jaxprs
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.errors import Unreadable
from verify.arithmetic.intervals import monotone, probes, system
from verify.arithmetic.intervals.values import FLUSHED, LARGEST
from verify.arithmetic.reading import reading

_REAL = (-np.inf, np.inf)


class DeviceInexact(Unreadable):
    """A device whose functions are worse than intervals allow for."""


class Probed(NamedTuple):
    """A function that intervals take from the device.

    Attributes:
        function: in float64.
        slack: ulps that it may be off.
        arguments: where to look.
        floor: the size that its error is relative to at least.
    """

    function: Callable[..., Any]
    slack: float
    arguments: tuple[np.ndarray, ...]
    floor: float = 0.0


class Worst(NamedTuple):
    """The greatest error of a function that was seen, in ulps of its value, and where."""

    ulps: float
    arguments: tuple[float, ...]


def check(program: jaxprs.Closed, device: Any = None, *, slopes: bool = False) -> None:
    """Look whether intervals can be trusted with a program on a device.

    Args:
        program: what intervals are to read.
        device: of JAX; by default the one in use.
        slopes: whether they are to read its slope too.

    Raises:
        DeviceInexact: a function in it is off by more than its slack.
        UnsupportedPrimitive: there is no rule for something in it.
    """
    names = _primitives(program)
    trusted(names.union(*(_OF_SLOPES.get(n, ()) for n in names)) if slopes else names, device)


def _primitives(program: jaxprs.Closed) -> set[str]:
    """The names of all primitives that a program is made of, as it is read."""
    names: set[str] = set()

    def find(equation: Any) -> Any:
        names.add(equation.name)
        return system.find(equation)

    replace(system.INTERVALS, find=find).compile(program)
    return names


def trusted(names: Iterable[str], device: Any = None) -> None:
    """Look whether intervals can be trusted with some primitives on a device.

    Args:
        names: of primitives; those that need nothing but arithmetic are passed over.
        device: of JAX; by default the one in use.

    Raises:
        DeviceInexact: one is off by more than its slack.
    """
    device = device or jnp.zeros(()).device
    needed = {part for name in names for part in _PARTS.get(name, (name,))}
    for name in sorted(needed & set(_PROBED)):
        worst, slack = worst_seen(name, device), _PROBED[name]().slack
        if not worst.ulps <= slack:
            place = ", ".join(map(repr, worst.arguments))
            raise DeviceInexact(
                f"intervals need {name} within {slack:g} ulps on {device},"
                f" got {worst.ulps:.4g} at {place}; read it in balls."
            )


@functools.cache
def worst_seen(name: str, device: Any) -> Worst:
    """The greatest error of a function on a device among the points that hurt."""
    probed = _PROBED[name]()
    with jaxprs.x64(), jax.ensure_compile_time_eval():
        arguments = [jax.device_put(x, device) for x in probed.arguments]
        compiled = jax.jit(probed.function, compiler_options=jaxprs.fast_intervals())
        found = np.asarray(compiled(*arguments))
    errors = _errors(found, _exact(name, probed.arguments), probed.floor)
    at = int(np.argmax(errors))
    return Worst(float(errors[at]), tuple(float(x[at]) for x in probed.arguments))


def _exact(name: str, arguments: tuple[np.ndarray, ...]) -> np.ndarray:
    """The values by balls, each to the nearest float; NaN where balls do not know them."""
    rule, rows = BALLS.scalar(name), [x.tolist() for x in arguments]
    with reading(bits=128, constants="points"):
        balls = [rule(*map(arb, row)) for row in zip(*rows, strict=True)]
        return np.array([_nearest(ball) for ball in balls])


def _nearest(ball: arb) -> float:
    """The float nearest to a ball; an infinity where it is beyond all floats."""
    if abs(ball) > LARGEST:
        return np.inf if ball > 0 else -np.inf
    is_known = ball.is_finite() and (ball.rad() <= abs(ball.mid()) * 2.0**-60)
    return float(ball) if is_known else np.nan


def _errors(found: np.ndarray, exact: np.ndarray, floor: float) -> np.ndarray:
    """Errors in ulps; none where the exact value is unknown, infinite where a float is NaN.

    An infinity counts as the largest float, for so intervals take it.
    """
    capped = np.clip(exact, -LARGEST, LARGEST)
    gap = abs(np.clip(found, -LARGEST, LARGEST) - capped)
    gap = np.where(gap <= FLUSHED / 2, 0.0, gap)
    ulps = gap / np.spacing(np.clip(abs(capped), max(floor, 2.0**-1022), LARGEST / 2))
    return np.where(np.isnan(exact), 0.0, np.where(np.isnan(found), np.inf, ulps))


def _grown(name: str) -> Callable[[], Probed]:
    rule: Any = monotone.FUNCTIONS[name]
    rule = getattr(rule, "grown", rule)  # of an even function, its right half
    domain = _REAL if rule is not monotone.FUNCTIONS[name] else rule.domain
    return lambda: Probed(rule.function, rule.slack, (probes.points(name, domain),))


def _special(name: str, low: float = -np.inf, floor: float = 0.0) -> Callable[[], Probed]:
    function = getattr(lax, name)
    return lambda: Probed(
        function, monotone.SLACK, (probes.points(name, (low, np.inf)),), floor
    )  # fmt: skip


_PROBED: dict[str, Callable[[], Probed]] = {
    **{name: _grown(name) for name in monotone.FUNCTIONS},
    **{name: _special(name) for name in ("sin", "cos", "bessel_i1e")},
    **{name: _special(name, low=0.0, floor=1.0) for name in ("lgamma", "digamma")},
    "pow": lambda: Probed(lax.pow, monotone.SLACK, probes.powers()),
    "sqrt": lambda: Probed(lax.sqrt, 2.0, (probes.points("sqrt", (0.0, np.inf)),)),
    "div": lambda: Probed(lax.div, 1.0, probes.pairs()),
    "rem": lambda: Probed(lax.rem, 0.0, probes.pairs()),
}

# What a primitive's rule takes from the device besides, or instead of, its namesake.
_PARTS: dict[str, tuple[str, ...]] = {
    "tan": ("sin", "cos", "div"),
    "atan2": ("atan", "div"),
    "rsqrt": ("sqrt", "div"),
    "integer_pow": ("div",),
    "lgamma": ("lgamma", "log", "sin", "div"),
    "digamma": ("digamma", "sin", "cos", "div"),
    "logaddexp": ("exp", "log1p"),
    "cumlogsumexp": ("exp", "log1p"),
}

# What the rule of a primitive's slope takes from it besides.
_OF_SLOPES: dict[str, tuple[str, ...]] = {
    "cbrt": ("div",),
    "sqrt": ("div",),
    "expm1": ("exp",),
    "log": ("div",),
    "log1p": ("div",),
    "tanh": ("logistic",),
    "sin": ("cos",),
    "cos": ("sin",),
    "asin": ("rsqrt",),
    "acos": ("rsqrt",),
    "atan": ("div",),
    "sinh": ("cosh",),
    "cosh": ("sinh",),
    "asinh": ("rsqrt",),
    "acosh": ("rsqrt",),
    "atanh": ("div",),
    "erf": ("exp", "div"),
    "erfc": ("exp", "div"),
    "erf_inv": ("exp", "div"),
    "lgamma": ("digamma",),
    "bessel_i0e": ("bessel_i1e",),
    "bessel_i1e": ("bessel_i0e", "div"),
    "logaddexp": ("logistic",),
    "pow": ("log",),
}
