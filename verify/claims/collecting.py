"""Collecting what files state: claims, trials, and those that could not be made."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

TRIAL = "trial::"  # before the name, in the ids of trials


class Malformed(NamedTuple):
    """A claim or a trial that could not be made, met while they were being collected."""

    name: str
    statement: str
    file: str
    reason: str
    mark: str = ""

    @property
    def local_id(self) -> str:
        """Its name, by which its file knows it, marked as that of a trial where it is one."""
        return self.mark + self.name


_collected: ContextVar[list[Any] | None] = ContextVar("collected", default=None)


@contextmanager
def collecting() -> Iterator[list[Any]]:
    """Collect every claim and trial made inside; one that cannot be made leaves a `Malformed`."""
    found: list[Any] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


def stated(function: Any, make: Callable[[], Any], mark: str = "") -> Any:
    """What `make` makes of a function, collected where somebody collects.

    Args:
        function: what is decorated.
        make: what the decorator does.
        mark: of the ids of its kind.

    Raises:
        TypeError, ValueError: as `make` does, where nobody collects.
    """
    found = _collected.get()
    try:
        made = make()
    except (TypeError, ValueError) as error:
        if found is None:
            raise
        about = name_of(function), statement_of(function), file_of(function)
        made = Malformed(*about, str(error), mark)
    if found is not None:
        found.append(made)
    return made


def name_of(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def statement_of(function: Any) -> str:
    """A function's docstring."""
    return inspect.cleandoc(function.__doc__ or "").strip()


def file_of(function: Any) -> str:
    """Where a function is written, "" where that is not known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code.co_filename if code else ""
