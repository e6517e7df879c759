"""Integrals, series and limits in floats on XLA: what the search for a violation sees.

These are quick and mostly right. They point at places that balls then decide; no verdict
rests on them.
"""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic.calculus.breakpoints import features
from verify.arithmetic.jaxprs import Closed, all_equations, evaluate

_WIDTHS = 8.0  # from its centre, after which a peak has died away to the last digit of floats
_FEW = 8  # pieces that get many nodes each
_TERMS = 1024  # of a series in one go
_BLOCKS = 64  # of terms, at most
_ORDER = 12  # of Levin's transformation
_DISTANCES = np.arange(4, 45)  # of a limit: 2^-4 … 2^-44


def integral(program: Closed, low: Any, high: Any, closed: Sequence[Any]) -> Any:
    """The integral of f(z, *closed) by Gauss-Legendre and exp-sinh rules on pieces."""
    sign = jnp.where(low <= high, 1.0, -1.0)
    low, high = jnp.minimum(low, high), jnp.maximum(low, high)
    points, width = _points(program, low, high, closed)
    f = jax.vmap(lambda z: evaluate(program, z, *closed)[0])
    rule = _tanh_sinh if len(points) <= _FEW else _gauss_legendre
    nodes, weights = map(jnp.asarray, rule(points.dtype))
    spans = jnp.diff(points)
    tail, tail_weights = map(jnp.asarray, _exp_sinh(points.dtype))
    is_endless = jnp.stack([jnp.isinf(low), jnp.isinf(high)])
    pieces = points[:-1, None] + jnp.outer(spans, nodes)
    tails = jnp.stack([points[0] - width * tail, points[-1] + width * tail])
    places = jnp.concatenate([pieces.ravel(), tails.ravel()])  # f is compiled once
    scales = jnp.concatenate(
        [jnp.outer(spans, weights).ravel(), jnp.outer(width * is_endless, tail_weights).ravel()]
    )
    return sign * jnp.sum(jnp.where(scales == 0, 0.0, scales * _zeroed(f(places))))


def _points(program: Closed, low: Any, high: Any, closed: Sequence[Any]) -> tuple[Any, Any]:
    """Finite ends of pieces, in order, and the scale of the half-lines."""
    reading = features(program).program
    dtype = program.in_avals[0].dtype
    read = jax.vmap(lambda z: jnp.concatenate(evaluate(reading, z, *closed)))
    before, at, after = read(jnp.asarray([-1, 0, 1], dtype))
    slope, bend = (after - before) / 2, (after + before) / 2 - at
    is_linear = abs(bend) <= 1e-9 * (abs(slope) + abs(at))
    safe_slope, safe_bend = jnp.where(slope == 0, jnp.nan, slope), jnp.where(is_linear, 1.0, bend)
    centre = jnp.where(is_linear, -at / safe_slope, -slope / (2 * safe_bend))
    width = jnp.where(is_linear, 1 / abs(safe_slope), jax.lax.rsqrt(2 * abs(safe_bend)))
    good = jnp.isfinite(centre) & jnp.isfinite(width)
    centre, width = jnp.where(good, centre, 0.0), jnp.where(good, width, 1.0)
    spread = jnp.concatenate([centre, centre - _WIDTHS * width, centre + _WIDTHS * width])
    ends = [jnp.where(jnp.isinf(e), 0.0, e) for e in (low, high)]
    inside = jnp.clip(jnp.concatenate([spread, jnp.stack(ends)]), low, high)
    return jnp.sort(inside), jnp.max(width, initial=1.0)


def _zeroed(values: Any) -> Any:
    """Values that could not be computed count as nothing."""
    return jnp.where(jnp.isfinite(values), values, 0.0)


def _gauss_legendre(dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """20 nodes on [0, 1]: enough for one of many pieces."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    return ((nodes + 1) / 2).astype(dtype), (weights / 2).astype(dtype)


def _tanh_sinh(dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """61 nodes on [0, 1], which crowd at its ends, where an integrand may be singular."""
    step = 1 / 9
    t = np.arange(-30, 31) * step
    places = 1 / (1 + np.exp(-np.pi * np.sinh(t)))
    weights = step * np.pi * np.cosh(t) * places * (1 - places)
    return places.astype(dtype), weights.astype(dtype)


def _exp_sinh(dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    step = 1 / 8
    t = np.arange(-32, 33) * step
    places = np.exp(np.pi / 2 * np.sinh(t))
    return places.astype(dtype), (step * np.pi / 2 * np.cosh(t) * places).astype(dtype)


def series(program: Closed, low: Any, high: Any, closed: Sequence[Any]) -> Any:
    """The sum of f(k, *closed) over the integers from low to high."""
    f = jax.vmap(lambda k: evaluate(program, k, *closed)[0])
    dtype = program.in_avals[0].dtype
    counts = jnp.arange(_TERMS, dtype=dtype)

    def block(i: Any, total: Any) -> Any:
        k = low + i * _TERMS + counts
        return total + jnp.sum(jnp.where(k <= high, f(jnp.minimum(k, high)), 0.0))

    finite = jnp.where(jnp.isinf(high), low, high)
    blocks = jnp.minimum((finite - low) // _TERMS + 1, _BLOCKS).astype(int)
    exact = jax.lax.fori_loop(0, blocks, block, jnp.zeros((), dtype))
    return jnp.where(jnp.isinf(high), _extrapolated(_zeroed(f(low + counts))), exact)


def _extrapolated(terms: Any) -> Any:
    """The sum of all terms where they have died away, else Levin's u-transformation."""
    total = jnp.sum(terms)
    j = np.arange(_ORDER + 1)
    signs = [(-1) ** i * math.comb(_ORDER, i) for i in range(_ORDER + 1)]
    weights = (np.array(signs) * ((j + 1) / (_ORDER + 1)) ** (_ORDER - 1) / (j + 1)).astype(
        terms.dtype
    ) / terms[: _ORDER + 1]
    levin = jnp.sum(weights * jnp.cumsum(terms)[: _ORDER + 1]) / jnp.sum(weights)
    settled = abs(terms[-1]) <= 1e-18 * abs(total)
    return jnp.where(settled | ~jnp.isfinite(levin), total, levin)


def limit(program: Closed, at: Any, closed: Sequence[Any], *, side: str, integers: bool) -> Any:
    """The value of f(z, *closed) near a place, where it changes least."""
    dtype = program.in_avals[0].dtype
    f = jax.vmap(lambda z: evaluate(program, z, *closed)[0])
    distances = (2.0**-_DISTANCES).astype(dtype)
    sign = -1.0 if side == "below" else 1.0
    far = jnp.sign(at) / distances
    near = at + sign * distances * jnp.maximum(1.0, abs(jnp.where(jnp.isinf(at), 0.0, at)))
    values = f(jnp.where(jnp.isinf(at), jnp.round(far) if integers else far, near))
    change = jnp.abs(jnp.diff(values))
    return values[1 + jnp.argmin(jnp.where(jnp.isfinite(change), change, jnp.inf))]


def slope(function: Any, place: Any, direction: Any, *, reverse: bool) -> Any:
    """The derivative of a scalar function along a direction, by JAX's rules."""
    if reverse:
        _, pull = jax.vjp(function, place)
        return jnp.vdot(pull(jnp.ones((), place.dtype))[0], direction)
    return jax.jvp(function, (place,), (direction,))[1]


def derivative(program: Closed, at: Any, closed: Sequence[Any], *, order: int) -> Any:
    """The derivative of f(z, *closed) of some order, by JAX's rules."""
    reverse = any(e.primitive.name.startswith("custom_vjp") for e in all_equations(program))
    function = lambda z: evaluate(program, z, *closed)[0]
    for _ in range(order):
        function = _differentiated(function, reverse)
    return function(at)


def _differentiated(function: Any, reverse: bool) -> Any:
    return lambda z: slope(function, z, jnp.ones_like(z), reverse=reverse)
