"""How a program is read: at what precision, with which constants, and what was noted.

The working precision of Arb is global to the process. It is set here and nowhere else.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from flint import ctx


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
    """

    bits: int = 128
    constants: str = "balls"
    seed: int = 0
    second_look: bool = False


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
