"""Shrinking a counterexample to simple values, by Hypothesis."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from verify.claims.domain import Domain

Point = dict[str, np.ndarray]


def shrunk(
    domains: Mapping[str, Domain], start: Point, fails: Callable[[Point], bool], most: int
) -> Point:
    """The simplest point that Hypothesis gets to from a point that fails.

    It tries `most` points at the most. It is handed the choices that make the start, and
    draws nothing at random; the same start gives the same point.
    """
    if not domains:
        return start
    from hypothesis import HealthCheck, Phase, Verbosity, find, settings
    from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes
    from hypothesis.errors import NoSuchExample
    from hypothesis.strategies import tuples

    from verify.claims import strategies

    choices = [c for n, d in domains.items() for c in strategies.to_draws(d, start[n])]
    database = InMemoryExampleDatabase()
    database.save(_KEY, choices_to_bytes((*choices, 0)))
    best = [start]

    def failing(drawn: tuple[Any, ...]) -> bool:
        point = _assembled(domains, list(drawn))
        if point is None or not fails(point):
            return False
        best[0] = point
        return True

    every_check: list[Any] = list(HealthCheck)
    draws = tuples(*(draw for d in domains.values() for draw in strategies.draws(d)))
    try:
        find(
            draws, failing, database_key=_KEY,
            settings=settings(
                database=database, max_examples=most, phases=(Phase.reuse, Phase.shrink),
                suppress_health_check=every_check, verbosity=Verbosity.quiet, deadline=None,
            ),
        )  # fmt: skip
    except NoSuchExample:  # the start could not be handed over: it stands as it is
        return start
    return best[0]


_KEY = b"counterexample"


def _assembled(domains: Mapping[str, Domain], drawn: list[Any]) -> Point | None:
    """The point that some draws make; None where they make none of the domain."""
    from verify.claims import strategies

    point: Point = {}
    position = 0
    for name, domain in domains.items():
        count = len(strategies.draws(domain))
        value = strategies.from_draws(domain, drawn[position : position + count])
        if value is None:
            return None
        point[name], position = value, position + count
    return point
