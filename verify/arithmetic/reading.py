"""How a program is read: at what precision, with which constants, and what was noted.

The working precision of Arb is global to the process. It is set here and nowhere else.
"""

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from flint import arb, ctx

_NUDGE = arb(2) ** -32
_SHARES = (arb(1), arb("-0.75"), arb("0.625"))  # of it, so that what was equal is so no more


@dataclass(frozen=True)
class Reading:
    """One way to read a program.

    Attributes:
        bits: working precision.
        constants: "balls" (what their author may have meant), "wide" (each inexact one
            widened to a relative 2^-40), "points" (exactly as stored), "perturbed" or
            "perturbed wide" (points within those balls).
        seed: of the perturbations.
        second_look: estimates are made in another way: improper integrals by rigorous
            quadrature over a long finite range, limits and series from other places.
        nudged: derivatives that were taken under an integral, a series or a limit are read
            at parameters a little off, relative and absolute 2^-32.
    """

    bits: int = 128
    constants: str = "balls"
    seed: int = 0
    second_look: bool = False
    nudged: bool = False


@dataclass
class Notes:
    """What a reading came across.

    Attributes:
        estimated: how values were estimated whose errors are not bounded rigorously.
        exchanged: derivatives that were taken under an improper integral, an infinite
            series or a limit. The exchange can fail at single points, so that a gap there
            refutes nothing.
        obstacles: why a value could not be had (a divergent integral, no limit).
    """

    estimated: set[str] = field(default_factory=set)
    exchanged: set[str] = field(default_factory=set)
    obstacles: set[str] = field(default_factory=set)

    def add(self, other: "Notes") -> None:
        """Take another's notes as well."""
        self.estimated |= other.estimated
        self.exchanged |= other.exchanged
        self.obstacles |= other.obstacles


_reading: ContextVar[Reading] = ContextVar("reading", default=Reading())  # noqa: B039 - frozen
_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


def current() -> Reading:
    return _reading.get()


@contextlib.contextmanager
def reading(**changes) -> Iterator[Notes]:
    """Read with other settings; gives the notes taken meanwhile."""
    with settings(**changes), taking_notes() as notes:
        yield notes


def nudged(values: Iterable[Any]) -> list[Any]:
    """Parameters of an exchanged derivative, off their place where a reading asks for it."""
    if not current().nudged:
        return list(values)
    return [_nudge(v, share) for v, share in zip(values, itertools.cycle(_SHARES))]


def _nudge(value: Any, share: arb) -> Any:
    if isinstance(value, np.ndarray):
        return np.frompyfunc(lambda v: _nudge(v, share), 1, 1)(value) if value.size else value
    if not isinstance(value, arb) or not value.is_finite():
        return value
    return value + share * _NUDGE * abs(value).max(1)


@contextlib.contextmanager
def settings(**changes) -> Iterator[None]:
    """Other settings within a reading; notes go on to the same place."""
    token = _reading.set(replace(current(), **changes))
    before = ctx.prec
    ctx.prec = current().bits
    try:
        yield
    finally:
        ctx.prec = before
        _reading.reset(token)


@contextlib.contextmanager
def taking_notes() -> Iterator[Notes]:
    """Collect the notes taken inside."""
    notes = Notes()
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


def repeat_notes(notes: Notes) -> None:
    """Take notes again that were taken when a value was first computed."""
    taken = _notes.get()
    if taken is not None:
        taken.add(notes)


def note_estimate(how: str) -> None:
    """Say that a value was estimated, and how."""
    notes = _notes.get()
    if notes is not None:
        notes.estimated.add(how)


def note_exchange(what: str) -> None:
    """Say that a derivative was taken under a limit."""
    notes = _notes.get()
    if notes is not None:
        notes.exchanged.add(what)


def note_obstacle(why: str) -> None:
    """Say why a value could not be had."""
    notes = _notes.get()
    if notes is not None:
        notes.obstacles.add(why)
