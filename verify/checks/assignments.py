"""Arguments as typed on a command line: x=0.5 is a number, x=-80:80 a domain."""

import ast
import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from verify.claims.domain import Domain, integers, positives, probabilities, reals
from verify.claims.simplex import simplex

_KINDS: Mapping[str, Callable[..., Domain]] = {
    "reals": reals,
    "positives": positives,
    "probabilities": probabilities,
}
_SHAPE = re.compile(r"(.*)@\s*(\d+(?:,\d+)*)")
_EXACT = 2**53  # integers up to here are floats
_CURE = (
    "write x=0.5 for a number, x=-80:80, x=0:inf, x=positives or x=integers:1:9 for a domain,"
    " x=-1:1@3 for arrays of 3 entries"
)


class Given(NamedTuple):
    """What was typed for a function's arguments.

    Attributes:
        numbers: by name; lists stand for arrays.
        domains: by name.
        texts: what was typed for each, in order.
    """

    numbers: dict[str, Any]
    domains: dict[str, Domain]
    texts: dict[str, str]


def given(assignments: Sequence[str], names: Sequence[str] | None, command: str) -> Given:
    """Numbers and domains by name; a name alone stands for all reals.

    Args:
        assignments: such as "x=17.3" or "x=-80:80".
        names: that there are; None where any will do.
        command: that they were typed for.

    Raises:
        ValueError: one is neither, has no such name, or is given twice.

    Example:
        >>> given(["x=0:1", "y=1/4", "z=[1,2.5]"], ["x", "y", "z"], "verify blame")[:2]
        ({'y': 0.25, 'z': [1, 2.5]}, {'x': Interval(low=0.0, high=1.0, is_open=False, shape=())})
    """
    found = Given({}, {}, {})
    for assignment in assignments:
        name, text = _split(assignment, command)
        _need_new(name, found, names, command)
        value = number(text)
        if value is None:
            found.domains[name] = domain(name, text, command)
        else:
            found.numbers[name] = value
        found.texts[name] = text or "reals"
    return found


def number(text: str) -> Any:
    """A number, or a list of numbers; an integer, True and False are kept as such.

    Returns:
        None for any other text.
    """
    with contextlib.suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        value = ast.literal_eval(text)
        if isinstance(value, list | bool) or (isinstance(value, int) and abs(value) <= _EXACT):
            return value
    with contextlib.suppress(ValueError, OverflowError, ZeroDivisionError):
        return float.fromhex(text) if "x" in text.lower() else float(Fraction(text))
    return None


def domain(name: str, text: str, command: str) -> Domain:
    """A set of numbers, or of arrays of the shape after an @.

    Example:
        >>> domain("x", "-1:1@3", "verify measure")
        Interval(low=-1.0, high=1.0, is_open=False, shape=(3,))
    """
    found = _SHAPE.fullmatch(text)
    kind, sizes = (found[1].strip(), found[2]) if found else (text, "")
    shape = tuple(map(int, sizes.split(","))) if sizes else ()
    try:
        made = _made(kind or "reals", shape)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{command} needs a domain for {name}, got {text!r}: {error}") from error
    if made is None:
        raise ValueError(f"{command} needs a number or a domain for {name}, got {text!r}; {_CURE}.")
    return made


def _made(kind: str, shape: tuple[int, ...]) -> Domain | None:
    """The domain of a kind and a shape; None where there is no such kind."""
    if kind in _KINDS:
        return _KINDS[kind](shape=shape)
    if kind == "simplex" and len(shape) == 1:
        return simplex(shape[0])
    named, colon, ends = kind.partition(":")
    is_named = bool(colon) and named in ("reals", "integers")
    between = _between(ends if is_named else kind)
    if between is None:
        return None
    low, high = between
    if is_named and named == "integers":
        return integers(low, high, shape=shape)  # pyright: ignore[reportArgumentType] - it says so
    return reals(low, high, shape=shape)


def _between(text: str) -> tuple[float, float] | None:
    """The ends of LOW:HIGH, of which one that is left out is infinite."""
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != 2:
        return None
    low, high = (_end(part or infinite) for part, infinite in zip(parts, ("-inf", "inf"),
                                                                  strict=True))  # fmt: skip
    return None if low is None or high is None else (low, high)


def _end(text: str) -> float | None:
    if text.lstrip("+-") == "inf":
        return float(text)
    value = number(text)
    return None if isinstance(value, list | bool) else value


def _split(assignment: str, command: str) -> tuple[str, str]:
    name, _, text = (part.strip() for part in assignment.partition("="))
    if not name.isidentifier():
        raise ValueError(
            f"{command} needs NAME=NUMBER or NAME=DOMAIN, got {assignment!r}; {_CURE}."
        )
    return name, text


def _need_new(name: str, found: Given, names: Sequence[str] | None, command: str) -> None:
    if names is not None and name not in names:
        known = ", ".join(names) or "none"
        raise ValueError(f"{command} needs arguments of the function, {known}; got {name}.")
    if name in found.texts:
        raise ValueError(f"{command} needs one value for {name}, got two; leave one out.")
