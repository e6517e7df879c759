"""A function and its domains, as typed on a command line."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from verify.arithmetic.errors import MistakeError, Unreadable, WrongValueError
from verify.arithmetic.ulps import Format, format_of
from verify.checks.accuracy.measure import measure
from verify.checks.accuracy.record import Accuracy
from verify.checks.assignments import Given, given
from verify.checks.effort import effort_of
from verify.checks.function_at import (
    function_at,
    in_order,
    is_variadic,
    needed,
    of_arguments,
    parameters,
)
from verify.claims.domain import Domain, reals

_COMMAND = "verify measure"


class Question(NamedTuple):
    """What is to be measured, found to make sense.

    Attributes:
        target: MODULE:FUNCTION, as typed.
        function: of the arguments that have domains.
        domains: theirs, in order.
        texts: what was typed for each argument, or stands for it.
        options: of `measure`.
    """

    target: str
    function: Callable[..., Any]
    domains: Mapping[str, Domain]
    texts: Mapping[str, str]
    options: Mapping[str, Any]

    def answer(self, progress: Any = None) -> Accuracy:
        """The accuracy of the function.

        Raises:
            ValueError: it cannot be measured, in one line.
        """
        try:
            options = {**self.options, **self.domains}
            return measure(self.function, progress=progress, **options)
        except (TypeError, ValueError, OSError, Unreadable) as error:
            if not is_mistake(error):
                raise
            raise WrongValueError(_told(error)) from error


def question(
    target: str, assignments: Sequence[str], *, dtype: str, reference: str | None = None,
    **options: Any,
) -> Question:  # fmt: skip
    """What was asked on a command line.

    Args:
        target: MODULE:FUNCTION, see `function_at`.
        assignments: such as "x=-80:80"; an argument that has no default ranges over all
            reals without one, and "y=2" keeps y fixed.
        dtype: of the inputs.
        reference: MODULE:FUNCTION.
        **options: other options of `measure`.

    Raises:
        ValueError: something is wrong with it, in one line.
    """
    effort_of(options.get("effort", "standard"), _COMMAND)
    try:
        format = format_of(_COMMAND, dtype)
    except TypeError as error:
        raise WrongValueError(str(error)) from error
    function = function_at(target, _COMMAND)
    found = arguments_of(function, assignments, _COMMAND)
    domains = domains_of(function, found, _COMMAND)
    fixed = {name: as_float(name, v, format, _COMMAND) for name, v in found.numbers.items()}
    names = in_order(function, {**found.texts, **domains})
    meant = None if reference is None else _reference(reference, names, fixed)
    return Question(
        target, of_arguments(function, names, fixed), domains,
        {name: found.texts.get(name, "reals") for name in names},
        {"dtype": dtype, "reference": meant, **options},
    )  # fmt: skip


def arguments_of(function: Callable[..., Any], assignments: Sequence[str], command: str) -> Given:
    """What was typed for a function's arguments.

    Raises:
        ValueError: something is wrong with it.
    """
    names = list(parameters(function, command))
    return given(assignments, None if is_variadic(function, command) else names, command)


def domains_of(function: Callable[..., Any], found: Given, command: str) -> dict[str, Domain]:
    """Domains in the function's order; what needs a value and has none ranges over all reals.

    Raises:
        ValueError: nothing is left to range over anything, or its name is taken.
    """
    without = [n for n in needed(function, command) if n not in found.numbers]
    domains = {**dict.fromkeys(without, reals()), **found.domains}
    if not domains:
        known = ", ".join(parameters(function, command)) or "none by name"
        numbers = ", ".join(f"{n}={found.texts[n]}" for n in found.numbers)
        got = f"only what stays as it is, {numbers}" if numbers else "none"
        name = next(iter(found.numbers), "x")
        raise WrongValueError(
            f"{command} needs a domain for an argument of the function, {known}; got {got};"
            f" write {name}=-80:80, say."
        )
    taken = [name for name in inspect.signature(measure).parameters if name in domains]
    if taken:
        raise WrongValueError(
            f"{command} needs arguments that are not called as its options are, got {taken[0]};"
            " give it a number, or wrap the function."
        )
    return {name: domains[name] for name in in_order(function, domains)}


def as_float(name: str, value: Any, format: Format, command: str) -> Any:
    """A number that was typed, as a float of a format; integers and truth values as they are.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool | int):
        return value
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(value, np.float64).astype(format.dtype)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if not np.isfinite(array).all():
        raise WrongValueError(
            f"{command} needs numbers that are finite in {format.name} for {name}, got {value!r}."
        )
    return array[()]


def _reference(target: str, names: Sequence[str], fixed: Mapping[str, Any]) -> Any:
    """The function that is meant, with those of the arguments that do not change that it has."""
    function = function_at(target, _COMMAND)
    known = parameters(function, _COMMAND)
    kept = {name: value for name, value in fixed.items() if name in known}
    if not kept:
        return function
    return of_arguments(function, [n for n in names if n in kept or n not in fixed], kept)


def is_mistake(error: Exception) -> bool:
    """Whether an error says what was needed of the caller, and is none of ours."""
    return isinstance(error, MistakeError | Unreadable)


def _told(error: Exception) -> str:
    """What is wrong, as of the command."""
    text = str(error)
    if isinstance(error, Unreadable):
        return f"{_COMMAND} needs a function that can be read in the reals: {text}"
    return text.replace("measure needs", f"{_COMMAND} needs", 1)
