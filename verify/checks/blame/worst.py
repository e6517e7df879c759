"""Where a function is furthest off, for what it is blamed for to be looked at there."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from verify.arithmetic.errors import WrongValueError
from verify.checks.accuracy.measure import measure
from verify.checks.blame.record import Blame
from verify.checks.verdict import counted
from verify.claims.domain import Domain


class Worst(NamedTuple):
    """The inputs at which an error was the largest of those seen, and how they were found."""

    inputs: Mapping[str, Any]
    note: str


def worst(function: Callable[..., Any], domains: Mapping[str, Domain], **options: Any) -> Worst:
    """The inputs, of some domains, at which a function is furthest off when compiled.

    Args:
        function: of the arguments that have domains, by position or name.
        domains: of its arguments.
        **options: of `measure`.

    Raises:
        TypeError, ValueError: as `measure`; or no result has an error.
    """
    try:
        found = measure(function, **{**options, **domains})
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("measure needs", "blame needs", 1)) from error
    kind = "all there are" if found.is_exhaustive else "a sample"
    tried = f"{counted(found.inputs, 'input')}, {kind}"
    if not found.worst:
        raise WrongValueError(
            f"blame needs an input at which {found.function} is off, found none among {tried}."
        )
    return Worst(found.worst[0].inputs, f"the worst of {tried}")


def noted(blame: Blame, found: Worst) -> Blame:
    """A blame that says how its input was found."""
    return dataclasses.replace(blame, notes=(*filter(None, [found.note]), *blame.notes))
