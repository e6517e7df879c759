"""Intervals against balls, for tests: what a rule or a program gives must hold what is exact."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flint import arb

from verify.arithmetic import jaxprs
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.intervals import elementary, ordering, system
from verify.arithmetic.intervals.system import INTERVALS
from verify.arithmetic.intervals.values import Interval, Truth, entered, point
from verify.arithmetic.reading import reading

BINARY = ("add", "add_any", "sub", "mul", "div", "max", "min", "pow", "atan2", "rem", "logaddexp")
_UNREAD = {"polynomial", "one_minus_square", "clamp", "is_finite", *ordering.COMPARISONS}
UNARY = tuple(sorted(set(system.FUNCTIONS) - set(BINARY) - _UNREAD))
WHOLE_POWERS = (-3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 10)


class Miss(NamedTuple):
    """A point whose exact value an interval does not hold."""

    arguments: tuple[float, ...]
    low: float
    high: float
    exact: arb


def random_floats(count, seed):
    """float32s of any bits, float64s of any bits, and numbers of everyday sizes; all finite."""
    random = np.random.default_rng(seed)
    third = count // 3
    single = random.integers(0, 2**32, third, np.uint32).view(np.float32)
    single = np.where(np.isfinite(single), single, 0).astype(np.float64)
    double = random.integers(0, 2**64, third, np.uint64).view(np.float64)
    spread = np.concatenate([
        random.uniform(-1, 1, third // 2),
        random.normal(0, 20, count - 2 * third - third // 2),
    ])  # fmt: skip
    found = np.concatenate([single, double, spread])
    return random.permutation(np.where(np.isfinite(found), found, 0.0))


def random_boxes(count, seed):
    """Lower ends, upper ends, and a point inside each."""
    random = np.random.default_rng(seed)
    end = random_floats(count, seed + 1)
    with np.errstate(over="ignore"):
        beyond = end + abs(end) * 2.0 ** random.uniform(-50, 3, count)
    other = np.where(random.random(count) < 0.2, random_floats(count, seed + 2), beyond)
    other = np.where(np.isfinite(other), other, end)
    low, high = np.minimum(end, other), np.maximum(end, other)
    share = random.choice([0.0, 1.0, 0.5, 0.3], count)
    inside = np.clip(low * (1 - share) + high * share, low, high)
    return low, high, np.where(np.isfinite(inside), inside, low)


def rule_of(name):
    """A rule of intervals as a function of intervals, and of balls as one of balls."""
    if name.startswith("x**"):
        power = BALLS.rules["integer_pow"](_Power({"y": int(name[3:])})).function
        return lambda x: elementary.integer_power(x, int(name[3:])), power
    return system.FUNCTIONS[name], BALLS.scalar(name)


class _Power(NamedTuple):
    params: dict


def _jit(function, as_run):
    """Compiled as it will run, or in a third of the time."""
    options = jaxprs.fast_intervals() if as_run else jaxprs.fast_compilation()
    return jax.jit(function, compiler_options=options)


@functools.cache
def compiled(name, as_run=False):
    """A rule at points and at boxes, compiled at once."""
    rule, _ = rule_of(name)

    def apply(points, boxes):
        return _plain(rule(*map(point, points))), _plain(rule(*(Interval(*b) for b in boxes)))

    return _jit(apply, as_run)


def _plain(value):
    return jnp.broadcast_arrays(value.low, value.high)


def misses(name, count, seed, as_run=False):
    """Points and boxes among so many random ones whose exact value a rule does not hold."""
    arity = 2 if name in BINARY else 1
    points = [_normal(random_floats(count, seed + 10 * i)) for i in range(arity)]
    boxes = [[_normal(p) for p in random_boxes(count, seed + 5 + 10 * i)] for i in range(arity)]
    if arity == 2:  # a share of pairs nearly alike, of which differences cancel
        near = points[0] * (1 + np.random.default_rng(seed).normal(0, 1e-12, count))
        points[1] = np.where(np.arange(count) % 5 == 0, _normal(near), points[1])
    with jaxprs.x64():
        found = compiled(name, as_run)(points, [b[:2] for b in boxes])
        found = jax.tree.map(np.asarray, found)
    _, balls = rule_of(name)
    return [
        *excluded(balls, points, *found[0]),
        *excluded(balls, [b[2] for b in boxes], *found[1]),
    ]


def _normal(x):
    """Without subnormal numbers, and overflow."""
    return np.where((abs(x) < 2.0**-1022) | ~np.isfinite(x), 0.0, x)


def excluded(function, arguments, low, high):
    """The points at which an interval does not hold what balls say the value is."""
    found = []
    with reading(bits=128, constants="points"):
        rows = list(zip(*(a.tolist() for a in arguments), strict=True))
        balls = [function(*map(arb, row)) for row in rows]
        middles = np.array([float(ball) for ball in balls])
        sure = (low < middles) & (middles < high)
        sure |= (np.isnan(low) & np.isnan(middles)) | (np.isneginf(low) & np.isposinf(high))
        for i in np.flatnonzero(~sure):
            if not is_held(balls[i], low[i], high[i]):
                found.append(Miss(rows[i], float(low[i]), float(high[i]), balls[i]))
    return found


def is_held(ball, low, high):
    """Whether an interval may hold the number in a ball; an unknown one needs infinite ends."""
    if np.isnan(low) or np.isnan(high):
        return ball.is_nan() or not ball.is_finite()
    if np.isneginf(low) and np.isposinf(high):
        return True
    if ball.is_nan():
        return bool(np.isinf(low) or np.isinf(high))
    return bool(not (ball < _end(low)) and not (ball > _end(high)))


def _end(x):
    return arb(float(x)) if np.isfinite(x) else arb.pos_inf() * (1 if x > 0 else -1)


@functools.cache
def _program(function, shapes, as_run):
    avals = [jaxprs.float64(shape) for shape in shapes]
    program = INTERVALS.compile(jaxprs.trace(function, *avals)[0])
    return _jit(lambda arguments: program(*arguments), as_run)


def enclose(function, *arguments, as_run=False):
    """The outputs of a function in intervals, compiled, at floats, arrays or intervals."""
    with jaxprs.x64():
        values = [
            entered(*a) if isinstance(a, Interval) else entered(np.float64(a)) for a in arguments
        ]
        values = [Interval(*(jnp.asarray(e, jnp.float64) for e in v)) for v in values]
        results = _program(function, tuple(v.low.shape for v in values), as_run)(values)
        return jax.tree.map(np.asarray, results)


def box(low, high):
    return Interval(np.asarray(low, np.float64), np.asarray(high, np.float64))


def components(value):
    """The elements of a value of intervals, one by one."""
    return [type(value)(*parts) for parts in zip(*(np.ravel(c) for c in value), strict=True)]


def agrees(element, expected):
    """Whether an element of a value of intervals may be what balls say, a number or otherwise."""
    if isinstance(element, Interval):
        return is_held(expected, *element)
    if isinstance(element, Truth):
        yes, no = map(bool, element)
        return not (yes and no) and (not yes or expected is True) and (not no or expected is False)
    return not element.known or int(element.value) == expected
