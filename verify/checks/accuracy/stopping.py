"""The end of a sweep that reaches its threads: what takes long asks whether to go on."""

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar


class StoppedError(Exception):
    """A block was given up, for the sweep that it is part of has ended."""


# Of each thread its own: outside a sweep there is none, and Ctrl-C reaches the loop by itself.
_end: ContextVar[threading.Event | None] = ContextVar("_end", default=None)


@contextlib.contextmanager
def stopped_by(event: threading.Event) -> Iterator[None]:
    """What is done within is to stop once the event is set."""
    token = _end.set(event)
    try:
        yield
    finally:
        _end.reset(token)


def need_to_go_on() -> None:
    """To be called now and then by what takes more than a moment.

    Raises:
        StoppedError: the sweep has ended.
    """
    event = _end.get()
    if event is not None and event.is_set():
        raise StoppedError
