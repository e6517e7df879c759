"""Points of a claim's domain: corners and special ones first, then seeded random ones."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from verify.claims.domain import Domain
from verify.claims.simplex import Simplex

Point = Mapping[str, np.ndarray]

_MOST_SPECIAL = 240  # points made of special values


def special_points(domains: Mapping[str, Domain], rng: np.random.Generator, reach: float,
                   count: int = _MOST_SPECIAL) -> list[dict[str, np.ndarray]]:  # fmt: skip
    """Points of special values: all combinations where those are few, else a choice.

    Among them are points at which variables of one shape are equal.
    """
    if not domains:
        return [{}]
    values = {name: _arrays(domain, rng, reach) for name, domain in domains.items()}
    total = int(np.prod([float(len(v)) for v in values.values()]))
    if total <= count:
        rows = [dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())]
    else:
        rows = [{n: v[i % len(v)] for n, v in values.items()} for i in range(count // 4)]
        rows += [{n: v[rng.integers(len(v))] for n, v in values.items()} for _ in range(count // 2)]
        rows += list(_with_equal_arguments(domains, values, rng, count - len(rows)))
    return _distinct(rows)


def random_points(domains: Mapping[str, Domain], rng: np.random.Generator, count: int,
                  reach: float) -> list[dict[str, np.ndarray]]:  # fmt: skip
    """Seeded random points; none for a claim without variables."""
    if not domains:
        return []
    batch = {name: domain.sample(rng, count, reach) for name, domain in domains.items()}
    return [{name: values[i] for name, values in batch.items()} for i in range(count)]


def _arrays(domain: Domain, rng: np.random.Generator, reach: float) -> list[np.ndarray]:
    """Special values of a variable's shape: entries repeated, or drawn at random."""
    entries = domain.special(reach)
    if isinstance(domain, Simplex) or not domain.shape:
        return list(entries)
    constant = [np.full(domain.shape, e) for e in entries]
    mixed = [rng.choice(entries, domain.shape) for _ in entries]
    return constant + mixed


def _with_equal_arguments(
    domains: Mapping[str, Domain], values: Mapping[str, Any], rng: np.random.Generator, count: int
) -> Iterator[dict[str, Any]]:
    names = list(domains)
    pairs = [(a, b) for a, b in itertools.combinations(names, 2)
             if domains[a].shape == domains[b].shape]  # fmt: skip
    for i in range(count if pairs else 0):
        a, b = pairs[i % len(pairs)]
        row = {n: v[rng.integers(len(v))] for n, v in values.items()}
        if domains[b].contains(row[a]):
            yield {**row, b: row[a]}


def _distinct(rows: list[dict[str, np.ndarray]]) -> list[dict[str, np.ndarray]]:
    seen = {tuple(np.asarray(v).tobytes() for v in row.values()): row for row in reversed(rows)}
    return list(seen.values())[::-1]


def plain(point: Point) -> dict[str, Any]:
    """A point as Python numbers and lists, for reports."""
    return {name: np.asarray(value).tolist() for name, value in point.items()}
